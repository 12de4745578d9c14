package io.tracewell.core;

import java.util.Map;

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
 * @param more figures that few calls have, each above 0, by the names below
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
    String raw,
    Map<String, Long> more) {
  /** Part of input that was images or documents. */
  public static final String INPUT_IMAGE = "input_image";

  /** Part of output that was images. */
  public static final String OUTPUT_IMAGE = "output_image";

  /** Part of input that was video. */
  public static final String INPUT_VIDEO = "input_video";

  /** Part of output that was video. */
  public static final String OUTPUT_VIDEO = "output_video";

  /** Part of cacheRead that was audio. */
  public static final String CACHE_READ_AUDIO = "cache_read_audio";

  /** Part of cacheRead that was images. */
  public static final String CACHE_READ_IMAGE = "cache_read_image";

  /** Part of output that quotes sources and has a price of its own. */
  public static final String CITATION = "citation";

  /** Searches that the provider bills; no tokens. */
  public static final String WEB_SEARCHES = "web_searches";

  /** In a {@link #rule}, before what the sender is known to leave out. */
  public static final String LOWER_BOUND = "; lower bound: ";

  /** In a {@link #rule}: the figures are no single request's, whose size may have its price. */
  public static final String SEVERAL = "; sum of several calls";

  /** Nothing was reported. */
  public static final Usage NONE = new Usage(-1, -1, -1, -1, -1, -1, -1, -1, "", "");

  /** Without rarer figures. */
  public Usage(
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
    this(
        input,
        cacheRead,
        cacheWrite,
        cacheWrite1h,
        inputAudio,
        output,
        reasoning,
        outputAudio,
        rule,
        raw,
        Map.of());
  }

  /** True where neither input nor output was reported. */
  public boolean isEmpty() {
    return input < 0 && output < 0;
  }

  /** The same, read by another rule. */
  public Usage withRule(String newRule) {
    return new Usage(
        input,
        cacheRead,
        cacheWrite,
        cacheWrite1h,
        inputAudio,
        output,
        reasoning,
        outputAudio,
        newRule,
        raw,
        more);
  }

  /** The same as the sum of several calls; what is known to be left out stands last. */
  public Usage ofSeveral() {
    int at = rule.indexOf(LOWER_BOUND);
    return at < 0
        ? withRule(rule + SEVERAL)
        : withRule(rule.substring(0, at) + SEVERAL + rule.substring(at));
  }

  /** True where the figures are those of several calls. */
  public boolean isOfSeveral() {
    return rule.contains(SEVERAL);
  }

  /** What the sender is known to leave out, in words; empty for nothing. */
  public String lacks() {
    int at = rule.indexOf(LOWER_BOUND);
    return at < 0 ? "" : rule.substring(at + LOWER_BOUND.length());
  }

  /** Input and output together, tokens; -1 where neither was reported. */
  public long total() {
    return isEmpty() ? -1 : Math.max(input, 0) + Math.max(output, 0);
  }

  /** One of {@link #more}; 0 where it was not reported. */
  public long more(String name) {
    return more.getOrDefault(name, 0L);
  }
}
