package io.tracewell.server.ingest;

import io.tracewell.core.Evaluation;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanSink;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.normalise.Attributes;
import io.tracewell.server.normalise.CodingAgents;
import io.tracewell.server.normalise.DatadogEvaluations;
import io.tracewell.server.normalise.JsonText;
import io.tracewell.server.normalise.LogMerge;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.normalise.OtelEvaluations;
import io.tracewell.server.normalise.Sent;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From the bytes of an OTLP request to the sink, whatever it came by. Thread-safe. */
final class OtlpIntake {
  /** What a request carries. */
  enum Signal {
    TRACES,
    LOGS,
    METRICS
  }

  private final Normaliser normaliser;
  private final SpanSink sink;
  private final Clock clock;

  OtlpIntake(Normaliser normaliser, SpanSink sink, Clock clock) {
    this.normaliser = normaliser;
    this.sink = sink;
    this.clock = clock;
  }

  /**
   * Takes a request in; when it returns, what was accepted is durable.
   *
   * @throws Malformed if the body can't be read at all; nothing was stored
   * @throws OverloadedException if there is no room; the sender is to send all of it again
   */
  Taking.Result take(Signal signal, byte[] bytes, int length, boolean json, String transport)
      throws Malformed, OverloadedException {
    if (signal == Signal.METRICS) {
      return new Taking.Result(0, 0, "");
    }
    Receiver receiver = new Receiver(transport);
    if (json) {
      if (signal == Signal.TRACES) {
        OtlpJson.traces(bytes, length, receiver);
      } else {
        OtlpJson.logs(bytes, length, receiver);
      }
    } else if (signal == Signal.TRACES) {
      OtlpProtobuf.traces(bytes, length, receiver);
    } else {
      OtlpProtobuf.logs(bytes, length, receiver);
    }
    return receiver.taking.finish();
  }

  private final class Receiver implements OtlpHandler {
    private final String transport;
    private final long now;
    private final Set<Long> seen = new HashSet<>();
    private final Taking taking = new Taking(sink);
    private int sequence;

    Receiver(String transport) {
      this.transport = transport;
      Instant instant = clock.instant();
      this.now = instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Override
    public void span(Sent.Resource resource, Sent.Scope scope, Sent.Span span)
        throws OverloadedException {
      String problem = idProblem(span.traceId, 32, "trace id");
      if (problem == null) {
        problem = idProblem(span.spanId, 16, "span id");
      }
      if (problem != null) {
        taking.rejected(problem);
        return;
      }
      if (!span.parentId.isEmpty() && idProblem(span.parentId, 16, "") != null) {
        OtlpLimits.warn(
            span, "bad_parent_id", "the parent's id was not 8 bytes; the span is shown as a root");
        span.parentId = "";
      }
      if (!seen.add(mixed(span))) {
        OtlpLimits.warn(
            span,
            "duplicate_span_id",
            "the request had this span id more than once; the last one counts");
      }
      taking.add(normaliser.normalise(resource, scope, span, transport, now));
      for (Sent.Event event : span.events) {
        if (event.name().equals(OtelEvaluations.EVENT)) {
          evaluation(
              event.attributes(),
              span.traceId,
              span.spanId,
              resource.application(),
              event.timeNanos());
        }
      }
    }

    private void evaluation(
        Attributes event, String traceId, String spanId, String application, long timeNanos)
        throws OverloadedException {
      DatadogEvaluations.Reading reading =
          OtelEvaluations.read(
              event, traceId, spanId, application, timeNanos > 0 ? timeNanos : now);
      Evaluation evaluation = reading.evaluation();
      if (evaluation == null) {
        taking.rejected(reading.reason());
      } else {
        taking.add(evaluation);
      }
    }

    private long mixed(Sent.Span span) {
      return Long.parseUnsignedLong(span.spanId, 16) * 0x9E3779B97F4A7C15L
          ^ Long.parseUnsignedLong(span.traceId, 16, 32, 16)
          ^ Long.rotateLeft(Long.parseUnsignedLong(span.traceId, 0, 16, 16), 17);
    }

    @Override
    public void log(Sent.Resource resource, Sent.Log log) throws OverloadedException {
      String event = CodingAgents.nameOf(log);
      if (LogMerge.isMoved(log)) {
        event = LogMerge.MOVED;
      }
      CodingAgents.Made made = CodingAgents.read(resource, log, event, now, sequence);
      if (made != null) {
        sequence++;
        Sent.Span span = made.span();
        if (span != null) {
          taking.add(normaliser.normalise(resource, made.scope(), span, transport, now));
        }
        for (SpanLog said : made.logs()) {
          taking.add(said);
        }
        return;
      }
      if (!event.startsWith("gen_ai.")) {
        // Other logs are not what this server keeps; senders share one exporter for all.
        return;
      }
      if (event.equals(OtelEvaluations.EVENT)) {
        boolean trace = idProblem(log.traceId(), 32, "") == null;
        boolean span = trace && idProblem(log.spanId(), 16, "") == null;
        evaluation(
            // Before events had a name of their own some put all of it into the body.
            log.body() instanceof Attributes body && !body.text("gen_ai.evaluation.name").isEmpty()
                ? body
                : log.attributes(),
            trace ? log.traceId() : "",
            span ? log.spanId() : "",
            resource.application(),
            log.timeNanos());
        return;
      }
      if (idProblem(log.traceId(), 32, "") != null || idProblem(log.spanId(), 16, "") != null) {
        taking.rejected("A gen_ai log record has no trace id and span id to be joined by.");
        return;
      }
      taking.add(
          new SpanLog(
              Span.DEFAULT_PROJECT,
              log.traceId(),
              log.spanId(),
              log.timeNanos() > 0 ? log.timeNanos() : now,
              event,
              sequence++,
              JsonText.of(log.body()),
              JsonText.of(log.attributes()),
              resource.application()));
    }

    @Override
    public void rejected(String reason) {
      taking.rejected(reason);
    }
  }

  /** What is wrong with an id in hex, or null. */
  private static @Nullable String idProblem(String id, int digits, String what) {
    if (id.isEmpty()) {
      return "A span has no " + what + ", or only zeros.";
    }
    if (id.length() != digits) {
      return "A " + what + " has another length than " + digits / 2 + " bytes.";
    }
    for (int i = 0; i < digits; i++) {
      char c = id.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return "A " + what + " is not " + digits + " hex digits.";
      }
    }
    return null;
  }
}
