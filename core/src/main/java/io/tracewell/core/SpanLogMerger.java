package io.tracewell.core;

import java.util.List;

/**
 * Puts what log records say of a span into it: messages, and what follows from them (previews,
 * hashes, texts). Pure.
 */
@FunctionalInterface
public interface SpanLogMerger {
  /**
   * The span with the content of its log records; the same span where they say nothing new. Merging
   * the result with the same records again gives an equal span: the store merges again whenever
   * another record of the span arrives.
   *
   * @param span as stored, possibly merged before
   * @param logs every record of the span that is known, by time and sequence
   */
  Span merge(Span span, List<SpanLog> logs);
}
