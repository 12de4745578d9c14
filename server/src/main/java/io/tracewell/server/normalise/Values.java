package io.tracewell.server.normalise;

import io.tracewell.server.message.Json;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads attribute values, which senders type as they like. */
final class Values {
  private Values() {}

  /** Text of a scalar; empty for null, for what stands for null, and for structure. */
  static String text(@Nullable Object value) {
    return switch (value) {
      case String text -> isNothing(text) ? "" : text;
      case Long number -> number.toString();
      case Double number -> number.toString();
      case Boolean flag -> flag.toString();
      case null, default -> "";
    };
  }

  private static boolean isNothing(String text) {
    return switch (text) {
      case "None",
          "null",
          "undefined",
          "N/A",
          "<not specified>",
          "<not serializable>",
          "NOT_GIVEN" ->
          true;
      default -> false;
    };
  }

  /** True for what stands where content was left out: a mark, or Python's name of an object. */
  static boolean isNoContent(String text) {
    return text.equals("<REDACTED>")
        || text.equals("[REDACTED]")
        || text.equals("__REDACTED__")
        || (text.startsWith("<")
            && text.endsWith(">")
            && text.contains(" object at 0x")
            && text.length() < 200);
  }

  /** The text of a JSON string; the value as it is where it is none. */
  static @Nullable Object unquoted(@Nullable Object value) {
    if (value instanceof String text
        && text.length() > 1
        && text.charAt(0) == '"'
        && text.charAt(text.length() - 1) == '"') {
      String inner = Json.string(text);
      return inner == null ? value : inner;
    }
    return value;
  }

  /** A whole number, or {@link Long#MIN_VALUE} where the value is none. */
  static long number(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Double number ->
          number == Math.rint(number) && Math.abs(number) < 9e18
              ? number.longValue()
              : Long.MIN_VALUE;
      case String text -> parse(text);
      case null, default -> Long.MIN_VALUE;
    };
  }

  private static long parse(String text) {
    String digits = text.strip();
    if (digits.isEmpty() || digits.length() > 24) {
      return Long.MIN_VALUE;
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      try {
        return number((Object) Double.valueOf(digits));
      } catch (NumberFormatException again) {
        return Long.MIN_VALUE;
      }
    }
  }

  /** Unix nanoseconds of an ISO 8601 instant, or -1. */
  static long instant(String text) {
    if (text.isEmpty()) {
      return -1;
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      return -1;
    }
  }

  /** A finite number, or NaN. */
  static double decimal(@Nullable Object value) {
    double number =
        switch (value) {
          case Long whole -> whole;
          case Double real -> real;
          case String text -> {
            try {
              yield text.length() > 40 ? Double.NaN : new BigDecimal(text.strip()).doubleValue();
            } catch (NumberFormatException e) {
              yield Double.NaN;
            }
          }
          case null, default -> Double.NaN;
        };
    return Double.isFinite(number) ? number : Double.NaN;
  }

  /**
   * A content text: a string as it is, structure as JSON, so that both encodings of one message are
   * read alike.
   */
  static String content(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case String text -> text;
      case byte[] bytes -> utf8(bytes);
      case List<?> list -> JsonText.of(list);
      case Attributes map -> JsonText.of(map);
      default -> JsonText.of(value);
    };
  }

  /** The text that bytes hold; what stands for bytes in JSON where they hold none. */
  private static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return JsonText.of(bytes);
    }
  }
}
