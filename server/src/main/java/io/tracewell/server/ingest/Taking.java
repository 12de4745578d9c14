package io.tracewell.server.ingest;

import io.tracewell.core.Evaluation;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one request brings, on its way to the sink, and what was refused of it. A large request is
 * handed on in pieces, so that it never lies in memory as a whole.
 */
final class Taking {
  /**
   * What became of a request.
   *
   * @param accepted spans, records and evaluations that are durable now
   * @param rejected spans and records that were refused
   * @param reason why; empty where nothing was refused
   */
  record Result(int accepted, int rejected, String reason) {}

  /** Different reasons that are told to the sender. */
  private static final int REASONS = 5;

  private static final int CHUNK_BYTES = 8 << 20;
  private static final int OVERHEAD_BYTES = 1024;

  private final SpanSink sink;
  private final Map<String, Integer> reasons = new LinkedHashMap<>();
  private List<Span> spans = new ArrayList<>();
  private List<SpanLog> logs = new ArrayList<>();
  private List<Evaluation> evaluations = new ArrayList<>();
  private long pendingBytes;
  private int accepted;
  private int rejected;

  Taking(SpanSink sink) {
    this.sink = sink;
  }

  void add(Span span) throws OverloadedException {
    spans.add(span);
    grown(span.sizeBytes());
  }

  void add(SpanLog log) throws OverloadedException {
    logs.add(log);
    grown(log.body().length() + log.attributes().length());
  }

  void add(Evaluation evaluation) throws OverloadedException {
    evaluations.add(evaluation);
    grown(
        evaluation.value().length()
            + evaluation.reasoning().length()
            + evaluation.metadata().length());
  }

  /** One span or record that was refused; {@code reason} holds nothing that was sent. */
  void rejected(String reason) {
    rejected++;
    if (reasons.size() < REASONS || reasons.containsKey(reason)) {
      reasons.merge(reason, 1, Integer::sum);
    }
  }

  /** Hands on the rest; when it returns, all that was accepted is durable. */
  Result finish() throws OverloadedException {
    flush();
    StringBuilder text = new StringBuilder();
    reasons.forEach(
        (reason, count) -> {
          text.append(text.isEmpty() ? "" : " ").append(reason);
          if (count > 1) {
            text.append(" (").append(count).append(" times)");
          }
        });
    return new Result(accepted, rejected, text.toString());
  }

  private void grown(int bytes) throws OverloadedException {
    pendingBytes += bytes + OVERHEAD_BYTES;
    if (pendingBytes > CHUNK_BYTES) {
      flush();
    }
  }

  private void flush() throws OverloadedException {
    SpanBatch batch = new SpanBatch(spans, logs, evaluations);
    if (batch.isEmpty()) {
      return;
    }
    sink.accept(batch);
    accepted += spans.size() + logs.size() + evaluations.size();
    spans = new ArrayList<>();
    logs = new ArrayList<>();
    evaluations = new ArrayList<>();
    pendingBytes = 0;
  }
}
