package io.tracewell.core;

import java.util.List;

/** What one request brought. */
public record SpanBatch(List<Span> spans, List<SpanLog> logs, List<Evaluation> evaluations) {
  /** Without evaluations. */
  public SpanBatch(List<Span> spans, List<SpanLog> logs) {
    this(spans, logs, List.of());
  }

  /** True where it holds nothing. */
  public boolean isEmpty() {
    return spans.isEmpty() && logs.isEmpty() && evaluations.isEmpty();
  }
}
