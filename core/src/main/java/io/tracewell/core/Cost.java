package io.tracewell.core;

/**
 * What a call cost, in picodollars (10⁻¹² USD), split by disjoint buckets. {@code -1} means "not
 * known".
 *
 * @param total sum of the buckets, or what the sender reported
 * @param input uncached input
 * @param cacheRead input read from a cache
 * @param cacheWrite input written to a cache
 * @param output output, reasoning included unless priced apart
 * @param source {@code priced} (our price table), {@code reported} (the sender's figure), {@code
 *     none}
 * @param price the price row that was used, for example {@code openai/gpt-4.1-mini}; empty for none
 * @param reason why there is no price, or what to know of it; empty where all is plain
 */
public record Cost(
    long total,
    long input,
    long cacheRead,
    long cacheWrite,
    long output,
    String source,
    String price,
    String reason) {
  /** Begins a {@link #reason} where the cost lacks something that is known to be missing. */
  public static final String PARTIAL = "partial: ";

  /** Nothing to price (no model call, or no usage). */
  public static final Cost NONE = new Cost(-1, -1, -1, -1, -1, "none", "", "");

  /** No price for the given reason. */
  public static Cost unpriced(String reason) {
    return new Cost(-1, -1, -1, -1, -1, "none", "", reason);
  }
}
