package io.tracewell.server.normalise;

import java.util.Arrays;

/** The figures of one call as they were sent; -1 for none. */
final class Figures {
  /** What senders count. All but the last two are tokens. */
  enum Figure {
    INPUT,
    OUTPUT,
    TOTAL,
    CACHE_READ,
    CACHE_WRITE,
    CACHE_WRITE_5M,
    CACHE_WRITE_1H,
    REASONING,
    INPUT_AUDIO,
    OUTPUT_AUDIO,
    INPUT_IMAGE,
    OUTPUT_IMAGE,
    INPUT_VIDEO,
    OUTPUT_VIDEO,
    CACHE_READ_AUDIO,
    CACHE_READ_IMAGE,
    /** Prompt that a tool of the provider added (Google). */
    TOOL_USE,
    /** Input without what was cached. */
    NO_CACHE,
    /** Part of the output that quotes sources (Perplexity). */
    CITATION,
    /** Searches that the provider bills. */
    WEB_SEARCHES
  }

  private static final int COUNT = Figure.values().length;

  private final long[] values = new long[COUNT];

  Figures() {
    Arrays.fill(values, -1);
  }

  long get(Figure figure) {
    return values[figure.ordinal()];
  }

  /** The figure, or 0 where there is none. */
  long or0(Figure figure) {
    return Math.max(0, values[figure.ordinal()]);
  }

  /** Sets a figure; one that no call can have is none. */
  Figures set(Figure figure, long value) {
    values[figure.ordinal()] = value >= 0 && value <= Usages.MOST ? value : -1;
    return this;
  }

  /** Adds to a figure. */
  Figures add(Figure figure, long value) {
    return value < 0 ? this : set(figure, or0(figure) + value);
  }

  /** Takes over what {@code better} has. */
  void replaceBy(Figures better) {
    for (int i = 0; i < COUNT; i++) {
      if (better.values[i] >= 0) {
        values[i] = better.values[i];
      }
    }
  }

  /** True where nothing says what went in or came out. */
  boolean isEmpty() {
    return get(Figure.INPUT) < 0
        && get(Figure.OUTPUT) < 0
        && get(Figure.CACHE_READ) < 0
        && get(Figure.CACHE_WRITE) < 0
        && get(Figure.NO_CACHE) < 0;
  }

  /** True where all that was sent is zero: no call takes no input, so nothing was reported. */
  boolean isZero() {
    for (long value : values) {
      if (value > 0) {
        return false;
      }
    }
    return true;
  }
}
