package io.tracewell.server.spool;

import io.tracewell.core.Evaluation;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import java.util.List;

/**
 * What one record of the spool holds: spans, logs and evaluations of one request.
 *
 * @param spans spans in the order they came
 * @param hashes content hash of each span as its sender sent it: equal for a retry
 * @param logs log records
 * @param evaluations evaluations and feedback in the order they came
 * @param merged true where the spans are stored ones into which their logs were merged; their
 *     hashes are those of the sender's spans
 */
public record SpoolEntry(
    List<Span> spans,
    long[] hashes,
    List<SpanLog> logs,
    List<Evaluation> evaluations,
    boolean merged) {
  /** Without evaluations. */
  public SpoolEntry(List<Span> spans, long[] hashes, List<SpanLog> logs, boolean merged) {
    this(spans, hashes, logs, List.of(), merged);
  }
}
