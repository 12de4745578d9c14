package io.tracewell.server.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.Span;
import io.tracewell.core.SpanSink;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.pricing.GenAiPrices;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;

/** The real routes on a real port; what they take in is kept in a list. */
final class DatadogServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  final List<Span> spans = new CopyOnWriteArrayList<>();
  final IngestLog log = new IngestLog(Clock.systemUTC());
  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;

  DatadogServer() throws IOException {
    this(IntakeLimits.DEFAULT);
  }

  DatadogServer(IntakeLimits limits) throws IOException {
    SpanSink sink = batch -> spans.addAll(batch.spans());
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

  /** A request as it was recorded. */
  record Recorded(String method, String path, List<String> headers, byte[] body) {}

  static List<Recorded> recording(String name) throws IOException {
    List<Recorded> requests = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    Objects.requireNonNull(
                        DatadogServer.class.getResourceAsStream("datadog/" + name + ".jsonl.gz"),
                        name)),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode request = JSON.readTree(line);
        List<String> headers = new ArrayList<>();
        request
            .get("headers")
            .properties()
            .forEach(
                header -> {
                  headers.add(header.getKey());
                  headers.add(header.getValue().asText());
                });
        requests.add(
            new Recorded(
                request.get("method").asText(),
                request.get("path").asText(),
                headers,
                Base64.getDecoder().decode(request.get("body_base64").asText())));
      }
    }
    return requests;
  }

  HttpResponse<String> send(Recorded request) throws IOException, InterruptedException {
    return send(request.method, request.path, request.body, request.headers.toArray(new String[0]));
  }

  HttpResponse<String> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.listeners().getFirst().port() + path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      builder.headers(headers);
    }
    return client.send(builder.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** What belongs to evaluations and the control plane, which other tests replay. */
  static boolean isForSpans(String path) {
    Set<String> paths =
        Set.of("/info", "/v0.4/traces", "/v0.5/traces", "/v1/input", "/api/v2/spans");
    return paths.contains(path)
        || path.endsWith("/api/v2/llmobs")
        || path.endsWith("/trace/spans")
        || path.startsWith("/telemetry/")
        || path.equals("/v0.6/stats")
        || path.equals("/v0.7/config");
  }

  @Override
  public void close() {
    server.close();
  }
}
