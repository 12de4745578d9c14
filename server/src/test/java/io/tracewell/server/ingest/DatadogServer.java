package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Span;
import io.tracewell.core.SpanSink;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.normalise.SearchTexts;
import io.tracewell.server.pricing.GenAiPrices;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** The real routes on a real port; what they take in is kept in a list. */
final class DatadogServer implements AutoCloseable {
  static final ObjectMapper JSON = Recordings.JSON;

  final List<Span> spans = new CopyOnWriteArrayList<>();
  final List<Evaluation> evaluations = new CopyOnWriteArrayList<>();
  final IngestLog log = new IngestLog(Clock.systemUTC());
  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;

  DatadogServer() throws IOException {
    this(IntakeLimits.DEFAULT);
  }

  DatadogServer(IntakeLimits limits) throws IOException {
    SpanSink sink =
        batch -> {
          for (Span span : batch.spans()) {
            // The spool keeps the content alone.
            assertThat(SearchTexts.of(span)).isEqualTo(span.texts());
          }
          spans.addAll(batch.spans());
          evaluations.addAll(batch.evaluations());
        };
    Intake intake =
        new Intake(new Normaliser(GenAiPrices.vendored()), sink, log, limits, Clock.systemUTC());
    server =
        new HttpServer(
            new HttpServer.Options(
                Listen.parse("127.0.0.1:0"), false, List.of(), 64 << 20, 64 << 20),
            "test",
            Clock.systemUTC(),
            log,
            () ->
                new ServerState(() -> false, "ready", null, "embedded", 0, 1, false, 0, List.of()),
            intake.routes(),
            intake.grpcServices());
    server.start();
  }

  static List<Recorded> recording(String name) throws IOException {
    return Recordings.read("datadog", name);
  }

  HttpResponse<String> send(Recorded request) throws IOException, InterruptedException {
    return send(
        request.method(), request.path(), request.body(), request.headers().toArray(new String[0]));
  }

  HttpResponse<String> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    return Recordings.send(
        client, port(), method, path.replaceFirst("^https?://[^/]+", ""), body, List.of(headers));
  }

  private int port() {
    return server.listeners().getFirst().port();
  }

  /** What is no part of the control plane, which another test replays. */
  static boolean isForIntake(String path) {
    Set<String> paths =
        Set.of(
            "/info", "/v0.4/traces", "/v0.5/traces", "/v1/input", "/api/v2/spans", "/api/v2/logs");
    return paths.contains(path)
        || path.endsWith("/api/v2/llmobs")
        || path.endsWith("/trace/spans")
        || path.endsWith("/eval-metric")
        || isEvents(path)
        || path.startsWith("/telemetry/")
        || path.equals("/v0.6/stats")
        || path.equals("/v0.7/config");
  }

  /** Where spans and evaluations of an experiment are posted to, in absolute form too. */
  static boolean isEvents(String path) {
    return path.contains("/experiments/") && path.endsWith("/events");
  }

  @Override
  public void close() {
    server.close();
  }
}
