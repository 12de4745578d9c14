package io.tracewell.server.query;

import io.tracewell.server.http.ApiException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of time, nanoseconds since the epoch.
 *
 * @param from included
 * @param to excluded
 */
record TimeRange(long from, long to) {
  private static final Pattern RELATIVE = Pattern.compile("now(?:([+-])(\\d{1,9})(ms|s|m|h|d|w))?");
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}");
  // DateTime64(9) ends in 2262.
  static final long MAX = 9_223_286_400_000_000_000L;

  /**
   * Reads bounds: {@code now-1h}, an ISO instant or date, epoch milliseconds.
   *
   * @throws ApiException 400 where one can't be read, or the range is turned round
   */
  static TimeRange parse(
      @Nullable String from, @Nullable String to, String defaultFrom, Instant now) {
    TimeRange range =
        new TimeRange(
            bound("from", from == null || from.isBlank() ? defaultFrom : from, now),
            bound("to", to == null || to.isBlank() ? "now" : to, now));
    if (range.from >= range.to) {
      throw ApiException.badRequest(
          "The time range is empty: “from” ("
              + Instant.ofEpochSecond(0, range.from)
              + ") is not before “to” ("
              + Instant.ofEpochSecond(0, range.to)
              + "). Swap them, or widen the range.");
    }
    return range;
  }

  private static long bound(String name, String written, Instant now) {
    String text = written.strip();
    try {
      Matcher relative = RELATIVE.matcher(text);
      if (relative.matches()) {
        long nanos = nanos(now);
        if (relative.group(1) == null) {
          return nanos;
        }
        long unit =
            switch (relative.group(3)) {
              case "ms" -> 1_000_000L;
              case "s" -> 1_000_000_000L;
              case "m" -> 60_000_000_000L;
              case "h" -> 3_600_000_000_000L;
              case "d" -> 86_400_000_000_000L;
              default -> 7 * 86_400_000_000_000L;
            };
        long shift = Math.multiplyExact(Long.parseLong(relative.group(2)), unit);
        return clamp(relative.group(1).equals("-") ? nanos - shift : nanos + shift);
      }
      if (NUMBER.matcher(text).matches()) {
        return clamp(Math.multiplyExact(Long.parseLong(text), 1_000_000L));
      }
      if (text.length() == 10) {
        return nanos(LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC));
      }
      return nanos(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException | ArithmeticException e) {
      throw ApiException.badRequest(
          "“"
              + name
              + "” can't be read. Use now-1h (ms, s, m, h, d or w), an ISO time such as 2026-11-23T15:04:05Z, or"
              + " milliseconds since 1970.");
    }
  }

  /** This range moved, nanoseconds. */
  TimeRange plus(long nanos) {
    return new TimeRange(clamp(from + nanos), clamp(to + nanos));
  }

  private static long nanos(Instant instant) {
    return clamp(
        Math.addExact(
            Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano()));
  }

  private static long clamp(long nanos) {
    return Math.clamp(nanos, 0, MAX);
  }
}
