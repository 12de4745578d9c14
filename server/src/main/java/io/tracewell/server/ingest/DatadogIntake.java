package io.tracewell.server.ingest;

import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanSink;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.DatadogSent.ApmSpan;
import io.tracewell.server.normalise.DatadogSent.Event;
import io.tracewell.server.normalise.DatadogSent.Place;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From the bytes of a request in one of Datadog's formats to the sink. Thread-safe. */
final class DatadogIntake {
  /** What a body holds. */
  enum Format {
    /** Span events of LLM Observability, in any envelope. */
    EVENTS("datadog-llmobs"),
    /** The same by the public API. */
    API("datadog-api"),
    /** Traces of the agent's intake. */
    TRACES("datadog-apm"),
    /** Traces with a table of strings (v0.5). */
    TRACES_TABLE("datadog-apm");

    /** As {@code Origin.transport}. */
    final String transport;

    Format(String transport) {
      this.transport = transport;
    }
  }

  /**
   * What became of a request.
   *
   * @param accepted spans that are durable now
   * @param rejected spans that were refused
   * @param reason why; empty where nothing was refused
   */
  record Result(int accepted, int rejected, String reason) {}

  private static final int REASONS = 5;

  /** Handed to the sink at once: a large request is taken in pieces. */
  private static final int CHUNK_BYTES = 8 << 20;

  private static final int SPAN_OVERHEAD_BYTES = 1024;

  private final DatadogNormaliser normaliser;
  private final SpanSink sink;
  private final Clock clock;

  DatadogIntake(DatadogNormaliser normaliser, SpanSink sink, Clock clock) {
    this.normaliser = normaliser;
    this.sink = sink;
    this.clock = clock;
  }

  /**
   * Takes a request in; when it returns, what was accepted is durable.
   *
   * @param sdk language and version of the tracer, for spans that do not say it themselves
   * @throws DatadogUnreadable if the body can't be read; nothing was stored
   * @throws OverloadedException if there is no room; the sender is to send all of it again
   */
  Result take(Format format, byte[] bytes, int length, String sdk)
      throws DatadogUnreadable, OverloadedException {
    Taking taking = new Taking(format.transport, sdk);
    DatadogDecoder decoder = new DatadogDecoder(bytes, length, taking);
    switch (format) {
      case EVENTS, API -> decoder.events();
      case TRACES -> decoder.traces();
      case TRACES_TABLE -> decoder.tracesWithTable();
    }
    taking.flush();
    return new Result(taking.accepted, taking.rejected, taking.reason());
  }

  private final class Taking implements DatadogDecoder.Handler {
    private final String transport;
    private final String sdk;
    private final long now;
    private final Map<String, Integer> reasons = new LinkedHashMap<>();
    private List<Span> spans = new ArrayList<>();
    private long pendingBytes;
    private int accepted;
    private int rejected;

    Taking(String transport, String sdk) {
      this.transport = transport;
      this.sdk = sdk;
      Instant instant = clock.instant();
      this.now = instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Override
    public void event(Event event) throws OverloadedException {
      Span span = normaliser.event(event, transport, now);
      if (span == null) {
        rejected("A span has no usable trace_id or span_id.");
      } else {
        add(span);
      }
    }

    @Override
    public void apm(ApmSpan span, Place place) throws OverloadedException {
      add(normaliser.apm(span, place, transport, sdk));
    }

    private void add(Span span) throws OverloadedException {
      spans.add(span);
      pendingBytes += span.sizeBytes() + SPAN_OVERHEAD_BYTES;
      if (pendingBytes > CHUNK_BYTES) {
        flush();
      }
    }

    private void flush() throws OverloadedException {
      if (!spans.isEmpty()) {
        sink.accept(new SpanBatch(spans, List.of()));
        accepted += spans.size();
        spans = new ArrayList<>();
        pendingBytes = 0;
      }
    }

    @Override
    public void rejected(String reason) {
      rejected++;
      if (reasons.size() < REASONS || reasons.containsKey(reason)) {
        reasons.merge(reason, 1, Integer::sum);
      }
    }

    private String reason() {
      StringBuilder text = new StringBuilder();
      reasons.forEach(
          (reason, count) ->
              text.append(text.isEmpty() ? "" : " ")
                  .append(reason)
                  .append(count > 1 ? " (" + count + " times)" : ""));
      return text.toString();
    }
  }
}
