package io.tracewell.server.ingest;

import io.tracewell.core.Evaluation;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanSink;
import io.tracewell.server.normalise.Attributes;
import io.tracewell.server.normalise.DatadogEvaluations;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.DatadogSent.ApmSpan;
import io.tracewell.server.normalise.DatadogSent.Event;
import io.tracewell.server.normalise.DatadogSent.Place;
import io.tracewell.server.normalise.PlainJson;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** From the bytes of a request in one of Datadog's formats to the sink. Thread-safe. */
final class DatadogIntake {
  /** What a body holds. */
  enum Format {
    /** Span events of LLM Observability, in any envelope. */
    EVENTS("datadog-llmobs"),
    /** The same by the public API. */
    API("datadog-api"),
    /** Log lines, LLM calls among them. */
    LOGS("datadog-logs"),
    /** Evaluations and feedback. */
    EVALUATIONS("datadog-evaluations"),
    /** Spans and evaluations of an experiment. */
    EXPERIMENT("datadog-experiment"),
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
      case LOGS -> decoder.logs();
      case TRACES -> decoder.traces();
      case TRACES_TABLE -> decoder.tracesWithTable();
      case EVALUATIONS, EXPERIMENT ->
          throw new IllegalArgumentException("evaluations have a method of their own");
    }
    return receiver.taking.finish();
  }

  /**
   * What became of evaluations.
   *
   * @param result as for spans
   * @param answer what Datadog answers: the request with an id for each that was taken
   */
  record Evaluated(Taking.Result result, String answer) {}

  /**
   * Takes evaluations and feedback in; when it returns, what was accepted is durable. What they are
   * about need not have arrived.
   *
   * @param experimentId experiment whose spans and evaluations these are; empty for none
   * @throws DatadogUnreadable if the body can't be read; nothing was stored
   * @throws OverloadedException if there is no room; the sender is to send all of it again
   */
  Evaluated evaluations(byte[] bytes, int length, String experimentId)
      throws DatadogUnreadable, OverloadedException {
    Format format = experimentId.isEmpty() ? Format.EVALUATIONS : Format.EXPERIMENT;
    Receiver receiver = new Receiver(format.transport, "");
    Attributes around = new DatadogDecoder(bytes, length, receiver).attributes();
    if (!experimentId.isEmpty()) {
      for (Object sent : list(around.get("spans"))) {
        if (sent instanceof Attributes span) {
          int share = length / Math.max(1, list(around.get("spans")).size());
          receiver.event(experimentSpan(span, around, experimentId, share));
        } else {
          receiver.rejected("A span is not an object.");
        }
      }
    }
    List<Object> echo = new ArrayList<>();
    for (Object sent : list(around.get("metrics"))) {
      if (!(sent instanceof Attributes metric)) {
        receiver.rejected("An evaluation is not an object.");
        continue;
      }
      DatadogEvaluations.Reading reading =
          DatadogEvaluations.read(metric, around, experimentId, receiver.now);
      Evaluation evaluation = reading.evaluation();
      if (evaluation == null) {
        receiver.rejected(reading.reason());
        continue;
      }
      receiver.taking.add(evaluation);
      Attributes answered = new Attributes(metric.size() + 1);
      for (int i = 0; i < metric.size(); i++) {
        if (!metric.key(i).equals("id")) {
          answered.add(metric.key(i), metric.value(i));
        }
      }
      answered.add("id", UUID.randomUUID().toString());
      echo.add(answered);
    }
    Taking.Result result = receiver.taking.finish();
    Attributes attributes = new Attributes(2);
    attributes.add("metrics", echo);
    Attributes data = new Attributes(3);
    data.add("id", UUID.randomUUID().toString());
    data.add("type", experimentId.isEmpty() ? "evaluation_metric" : "events");
    data.add("attributes", attributes);
    Attributes answer = new Attributes(2);
    answer.add("data", data);
    if (result.rejected() > 0) {
      Attributes meta = new Attributes(2);
      meta.add("rejected", (long) result.rejected());
      meta.add("reason", result.reason());
      answer.add("meta", meta);
    }
    return new Evaluated(result, PlainJson.of(answer));
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  /** As the SDKs send such a span with all others: of kind experiment, with the ids as tags. */
  private static Event experimentSpan(
      Attributes sent, Attributes around, String experimentId, int share) {
    Attributes span = new Attributes(sent.size() + 2);
    Attributes meta = new Attributes(8);
    boolean kind = false;
    for (int i = 0; i < sent.size(); i++) {
      if (sent.key(i).equals("meta") && sent.value(i) instanceof Attributes map) {
        for (int j = 0; j < map.size(); j++) {
          kind |= List.of("span", "span.kind", "kind").contains(map.key(j));
          meta.add(map.key(j), map.value(j));
        }
      } else if (!sent.key(i).equals("tags")) {
        span.add(sent.key(i), sent.value(i));
      }
    }
    if (!kind) {
      meta.add("span.kind", "experiment");
    }
    span.add("meta", meta);
    List<Object> tags = new ArrayList<>(list(sent.get("tags")));
    tags.add("experiment_id:" + experimentId);
    for (String key : List.of("project_id", "dataset_id")) {
      String value = DatadogNormaliser.id(sent.get(key));
      if (!value.isEmpty()) {
        tags.add(key + ':' + value);
      }
    }
    span.add("tags", tags.stream().distinct().toList());
    Attributes envelope = new Attributes(1);
    envelope.add("tags", around.get("tags"));
    return new Event(span, envelope, null, share);
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
