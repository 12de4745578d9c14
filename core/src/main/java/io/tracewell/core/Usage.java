package io.tracewell.core;

/**
 * Token usage, canonical and inclusive: {@code input} holds cache reads and writes, {@code output}
 * holds reasoning. {@code -1} means "not reported", which is not zero.
 *
 * @param input all prompt tokens, cache included
 * @param cacheRead part of input that was read from a cache
 * @param cacheWrite part of input that was written to a cache (5 minutes, 1 hour and unspecified
 *     together)
 * @param cacheWrite1h part of cacheWrite with a lifetime of one hour
 * @param inputAudio part of input that was audio
 * @param output all completion tokens, reasoning included
 * @param reasoning part of output
 * @param outputAudio part of output that was audio
 * @param rule which rule read these figures out of the sender's attributes
 * @param raw the figures as sent, a JSON object
 */
public record Usage(
    long input,
    long cacheRead,
    long cacheWrite,
    long cacheWrite1h,
    long inputAudio,
    long output,
    long reasoning,
    long outputAudio,
    String rule,
    String raw) {
  /** Nothing was reported. */
  public static final Usage NONE = new Usage(-1, -1, -1, -1, -1, -1, -1, -1, "", "");

  /** True where neither input nor output was reported. */
  public boolean isEmpty() {
    return input < 0 && output < 0;
  }

  /** Input and output together, tokens; -1 where neither was reported. */
  public long total() {
    return isEmpty() ? -1 : Math.max(input, 0) + Math.max(output, 0);
  }
}
