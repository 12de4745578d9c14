package io.tracewell.core;

/** Puts a price on a model call. Pure: the same call always costs the same. */
@FunctionalInterface
public interface Pricer {
  /**
   * The cost of one call, or {@link Cost#unpriced} with the reason.
   *
   * @param model who answered
   * @param usage tokens, canonical and inclusive
   * @param startNanos when the call was made, Unix epoch: prices change over time
   */
  Cost price(ModelCall model, Usage usage, long startNanos);
}
