package io.tracewell.server.ingest;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.Message;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.server.ingest.OtlpIntake.Signal;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.message.Json;
import io.tracewell.server.message.Messages;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.LogMerge;
import io.tracewell.server.normalise.Normaliser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Whatever is sent, a decoder answers or refuses; it never fails in another way. The corpus beside
 * the test runs with every build; with {@code -Dfuzz} (see docs/intake.md) each test looks for new
 * input for a minute.
 */
class DecodeFuzzTest {
  private static void take(Signal signal, byte[] bytes, boolean json) throws Exception {
    List<SpanBatch> batches = new ArrayList<>();
    OtlpIntake intake =
        new OtlpIntake(
            new Normaliser((model, usage, start) -> Cost.NONE), batches::add, Harness.CLOCK);
    try {
      intake.take(signal, bytes, bytes.length, json, "otlp-http");
    } catch (Malformed e) {
      return;
    }
    LogMerge merge = new LogMerge();
    for (SpanBatch batch : batches) {
      for (Span span : batch.spans()) {
        check(span);
        check(merge.merge(span, batch.logs()));
      }
    }
  }

  /** What the store and the reader rely on. */
  private static void check(Span span) {
    if (span.endNanos() < span.startNanos()) {
      throw new AssertionError("end before start");
    }
    if (span.inputPreview().length() > Span.PREVIEW_CHARS
        || span.outputPreview().length() > Span.PREVIEW_CHARS) {
      throw new AssertionError("preview too long");
    }
    if (!Json.isStructured(span.raw())) {
      throw new AssertionError("raw is not JSON");
    }
    if (!span.metadata().isEmpty() && !Json.isStructured(span.metadata())) {
      throw new AssertionError("metadata is not JSON");
    }
    Messages.read(span.input(), "user");
    Messages.documents(span.documents());
    Messages.toolDefinitions(span.toolDefinitions());
  }

  @FuzzTest(maxDuration = "60s")
  void otlp_protobuf_traces(byte[] bytes) throws Exception {
    take(Signal.TRACES, bytes, false);
  }

  @FuzzTest(maxDuration = "60s")
  void otlp_protobuf_logs(byte[] bytes) throws Exception {
    take(Signal.LOGS, bytes, false);
  }

  @FuzzTest(maxDuration = "60s")
  void otlp_json_traces(byte[] bytes) throws Exception {
    take(Signal.TRACES, bytes, true);
  }

  @FuzzTest(maxDuration = "60s")
  void otlp_json_logs(byte[] bytes) throws Exception {
    take(Signal.LOGS, bytes, true);
  }

  private static void datadog(DatadogIntake.Format format, byte[] bytes) throws Exception {
    List<SpanBatch> batches = new ArrayList<>();
    DatadogIntake intake =
        new DatadogIntake(
            new DatadogNormaliser(new Normaliser((model, usage, start) -> Cost.NONE)),
            batches::add,
            Harness.CLOCK);
    try {
      intake.take(format, bytes, bytes.length, "");
    } catch (DatadogUnreadable e) {
      return;
    }
    for (SpanBatch batch : batches) {
      batch.spans().forEach(DecodeFuzzTest::check);
    }
  }

  @FuzzTest(maxDuration = "60s")
  void datadog_events(byte[] bytes) throws Exception {
    datadog(DatadogIntake.Format.EVENTS, bytes);
  }

  @FuzzTest(maxDuration = "60s")
  void datadog_traces(byte[] bytes) throws Exception {
    datadog(DatadogIntake.Format.TRACES, bytes);
  }

  @FuzzTest(maxDuration = "60s")
  void datadog_table(byte[] bytes) throws Exception {
    datadog(DatadogIntake.Format.TRACES_TABLE, bytes);
  }

  @FuzzTest(maxDuration = "60s")
  void datadog_logs(byte[] bytes) throws Exception {
    datadog(DatadogIntake.Format.LOGS, bytes);
  }

  @FuzzTest(maxDuration = "60s")
  void datadog_evaluations(byte[] bytes) throws Exception {
    DatadogIntake intake =
        new DatadogIntake(
            new DatadogNormaliser(new Normaliser((model, usage, start) -> Cost.NONE)),
            batch -> batch.spans().forEach(DecodeFuzzTest::check),
            Harness.CLOCK);
    try {
      intake.evaluations(bytes, bytes.length, "");
    } catch (DatadogUnreadable e) {
      // Refused, as it should be.
    }
  }

  @FuzzTest(maxDuration = "60s")
  void messages(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    List<Message> read = Messages.read(new Content(ContentFormat.CHAT_MESSAGES, text), "user");
    String written = Messages.write(read);
    List<Message> again = Messages.read(new Content(ContentFormat.MESSAGES, written), "user");
    if (!Messages.write(again).equals(written)) {
      throw new AssertionError("canonical messages are not stable");
    }
    Messages.documents(new Content(ContentFormat.DOCUMENTS, text));
    Messages.toolDefinitions(new Content(ContentFormat.JSON, text));
  }
}
