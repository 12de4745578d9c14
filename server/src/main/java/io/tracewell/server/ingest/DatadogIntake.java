package io.tracewell.server.ingest;

import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanSink;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.DatadogSent.ApmSpan;
import io.tracewell.server.normalise.DatadogSent.Event;
import io.tracewell.server.normalise.DatadogSent.Place;
import java.time.Clock;
import java.time.Instant;

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
  Taking.Result take(Format format, byte[] bytes, int length, String sdk)
      throws DatadogUnreadable, OverloadedException {
    Receiver receiver = new Receiver(format.transport, sdk);
    DatadogDecoder decoder = new DatadogDecoder(bytes, length, receiver);
    switch (format) {
      case EVENTS, API -> decoder.events();
      case TRACES -> decoder.traces();
      case TRACES_TABLE -> decoder.tracesWithTable();
    }
    return receiver.taking.finish();
  }

  private final class Receiver implements DatadogDecoder.Handler {
    private final String transport;
    private final String sdk;
    private final long now;
    private final Taking taking = new Taking(sink);

    Receiver(String transport, String sdk) {
      this.transport = transport;
      this.sdk = sdk;
      Instant instant = clock.instant();
      this.now = instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Override
    public void event(Event event) throws OverloadedException {
      Span span = normaliser.event(event, transport, now);
      if (span == null) {
        taking.rejected("A span has no usable trace_id or span_id.");
      } else {
        taking.add(span);
      }
    }

    @Override
    public void apm(ApmSpan span, Place place) throws OverloadedException {
      taking.add(normaliser.apm(span, place, transport, sdk));
    }

    @Override
    public void rejected(String reason) {
      taking.rejected(reason);
    }
  }
}
