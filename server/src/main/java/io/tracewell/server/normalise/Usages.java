package io.tracewell.server.normalise;

import io.tracewell.core.Usage;
import java.util.List;

/**
 * From the figures as sent to canonical usage, in which input holds what was cached. Senders differ
 * in that, so it is decided by the figures where they tell, else by who sent them.
 */
final class Usages {
  /** More than this in one call is a mistake of the sender. */
  static final long MOST = 1_000_000_000L;

  /** Figures as sent; -1 for none. */
  record Figures(
      long input,
      long output,
      long total,
      long cacheRead,
      long cacheWrite,
      long cacheWrite5m,
      long cacheWrite1h,
      long reasoning,
      long inputAudio,
      long outputAudio) {}

  /** An instrumentation whose input does not hold what was cached. */
  private record Exclusive(String scopePrefix, String provider) {}

  private static final List<Exclusive> EXCLUSIVE =
      List.of(
          new Exclusive("opentelemetry.instrumentation.genai.bedrock", ""),
          new Exclusive("opentelemetry.instrumentation.botocore", ""),
          new Exclusive("org.springframework", "anthropic"),
          new Exclusive("org.springframework", "aws.bedrock"),
          new Exclusive("openlit", "anthropic"),
          new Exclusive("openlit", "aws.bedrock"),
          new Exclusive("agent_framework", "anthropic"),
          new Exclusive("agent_framework", "aws.bedrock"));

  private Usages() {}

  /**
   * Canonical usage.
   *
   * @param raw JSON of the figures as sent
   */
  static Usage read(Figures sent, String scope, String provider, String raw) {
    if (sent.input < 0 && sent.output < 0 && sent.cacheRead < 0 && sent.cacheWrite < 0) {
      return raw.isEmpty() ? Usage.NONE : new Usage(-1, -1, -1, -1, -1, -1, -1, -1, "none", raw);
    }
    long cacheWrite = sent.cacheWrite;
    long parts = Math.max(0, sent.cacheWrite5m) + Math.max(0, sent.cacheWrite1h);
    if (cacheWrite < parts && (sent.cacheWrite5m >= 0 || sent.cacheWrite1h >= 0)) {
      cacheWrite = parts;
    }
    long cached = Math.max(0, sent.cacheRead) + Math.max(0, cacheWrite);
    long input = sent.input;
    long output = sent.output;
    String rule = "inclusive";
    if (cached > 0) {
      boolean exclusive = false;
      rule = "inclusive: cache within input";
      if (input < 0 || cached > input) {
        exclusive = true;
        rule = "exclusive: cache greater than input";
      } else if (sent.total >= 0 && output >= 0 && sent.total == input + output + cached) {
        exclusive = true;
        rule = "exclusive: total is input + output + cache";
      } else if (sent.total < 0 || sent.total != input + output) {
        for (Exclusive row : EXCLUSIVE) {
          if (scope.startsWith(row.scopePrefix)
              && (row.provider.isEmpty() || row.provider.equals(provider))) {
            exclusive = true;
            rule = "exclusive: " + row.scopePrefix;
            break;
          }
        }
      }
      if (exclusive) {
        input = Math.max(0, input) + cached;
      }
    }
    long reasoning = sent.reasoning;
    if (reasoning > 0 && output >= 0) {
      boolean apart =
          reasoning > output
              || (sent.total >= 0
                  && sent.input >= 0
                  && sent.total == sent.input + output + reasoning
                  && sent.total != sent.input + output);
      if (apart) {
        output += reasoning;
        rule += "; reasoning added to output";
      }
    }
    return new Usage(
        input,
        sent.cacheRead,
        cacheWrite,
        sent.cacheWrite1h,
        sent.inputAudio,
        output,
        reasoning,
        sent.outputAudio,
        rule,
        raw);
  }
}
