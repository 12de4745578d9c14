package io.tracewell.core;

/** Reads a stored span anew, by today's prices or rules. Pure: twice is as once. */
@FunctionalInterface
public interface SpanRewriter {
  /**
   * The span as it would be stored today, without what its log records add; the same span where
   * nothing can be told.
   */
  Span rewrite(Span stored);
}
