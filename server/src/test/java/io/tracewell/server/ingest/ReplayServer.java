package io.tracewell.server.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.OverloadedException;
import io.tracewell.server.App;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.config.Config;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.normalise.Sent;
import io.tracewell.server.store.TestEngine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/**
 * The whole server from intake to API over a database of its own in a shared engine, so that what
 * one test sends is all that it sees.
 */
final class ReplayServer implements AutoCloseable {
  // Recordings stay as old as they are; 3650 days is the longest retention.
  private static final String LONGEST_RETENTION = "3650";
  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

  private final App app;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<String> sentSpans = new HashSet<>();
  private final Set<String> sentTraces = new HashSet<>();
  private boolean sentLogs;

  /** Starts it over the new database {@code name}; its spool lies in {@code directory}. */
  ReplayServer(TestEngine engine, Path directory, String name)
      throws IOException, InterruptedException {
    try (ClickHouse clickHouse = engine.client()) {
      clickHouse.execute("CREATE DATABASE " + name, Map.of(), ClickHouse.Limits.DEFAULT);
    }
    Path data = Files.createDirectories(directory.resolve(name));
    app =
        new App(
            Config.read(
                Map.of(
                    "listen",
                    "127.0.0.1:0",
                    "data-dir",
                    data.toString(),
                    "clickhouse-url",
                    engine.url(),
                    "clickhouse-user",
                    "test",
                    "clickhouse-password",
                    "secret",
                    "clickhouse-database",
                    name,
                    "retention-spans-days",
                    LONGEST_RETENTION),
                Map.of(),
                null),
            Clock.systemUTC());
    app.awaitReady(Duration.ofSeconds(120));
  }

  int port() {
    return app.listeners().getFirst().port();
  }

  HttpClient client() {
    return client;
  }

  /** Sends a recorded request again; throws where OTLP is not answered as the SDK expects. */
  void send(Recorded request) throws Exception {
    note(request);
    if (request.grpc()) {
      RecordingsTest.grpc(port(), request.path(), request.body());
      return;
    }
    HttpResponse<String> answer =
        Recordings.send(
            client,
            port(),
            request.method(),
            // Some of Datadog's SDKs send the whole address.
            request.path().replaceFirst("^https?://[^/]+", ""),
            request.body(),
            request.headers());
    if (isOtlp(request.path()) ? answer.statusCode() != 200 : answer.statusCode() >= 500) {
      throw new AssertionError(
          request.method() + " " + request.path() + ": " + answer.statusCode() + answer.body());
    }
  }

  private static boolean isOtlp(String path) {
    return path.endsWith("/v1/traces") || path.endsWith("/v1/logs") || path.endsWith("/v1/metrics");
  }

  // What must become readable, by our own decoders.
  private void note(Recorded request) throws IOException, Malformed, OverloadedException {
    boolean traces = request.path().endsWith("/v1/traces") || request.path().contains(".trace.v1.");
    boolean logs = request.path().endsWith("/v1/logs") || request.path().contains(".logs.v1.");
    sentLogs |= logs;
    if (!traces) {
      return;
    }
    byte[] body = request.body();
    boolean json = false;
    for (int i = 0; i < request.headers().size(); i += 2) {
      String value = request.headers().get(i + 1);
      switch (request.headers().get(i).toLowerCase(java.util.Locale.ROOT)) {
        case "content-encoding" -> {
          if (value.equals("gzip")) {
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
          }
        }
        case "content-type" -> json = value.startsWith("application/json");
        default -> {}
      }
    }
    OtlpHandler handler =
        new OtlpHandler() {
          @Override
          public void span(Sent.Resource resource, Sent.Scope scope, Sent.Span span) {
            sentSpans.add(span.traceId + " " + span.spanId);
            sentTraces.add(span.traceId);
          }

          @Override
          public void log(Sent.Resource resource, Sent.Log log) {}

          @Override
          public void rejected(String reason) {
            throw new AssertionError(reason);
          }
        };
    if (json) {
      OtlpJson.traces(body, body.length, handler);
    } else {
      OtlpProtobuf.traces(body, body.length, handler);
    }
  }

  /** True where log records were sent, which join their spans a little later. */
  boolean sentLogs() {
    return sentLogs;
  }

  /** Waits until every span that was sent can be read; {@code hidden} are not kept as spans. */
  List<JsonNode> traces(int hidden) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      List<JsonNode> traces = new ArrayList<>();
      int spans = 0;
      for (String trace : sentTraces) {
        HttpResponse<String> answer = answer("/api/v1/traces/" + trace);
        if (answer.statusCode() == 200) {
          JsonNode found = Recordings.JSON.readTree(answer.body());
          traces.add(found);
          spans += found.get("spans").size();
        }
      }
      if (spans >= sentSpans.size() - hidden) {
        return traces;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(spans + " of " + sentSpans.size() + " spans can be read");
      }
      Thread.sleep(50);
    }
  }

  /** Spans whole, by ids of trace and span; several are asked for at a time. */
  List<JsonNode> spans(List<String[]> ids) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<JsonNode>> answers = new ArrayList<>();
      for (String[] id : ids) {
        answers.add(threads.submit(() -> span(id[0], id[1])));
      }
      List<JsonNode> result = new ArrayList<>();
      for (Future<JsonNode> answer : answers) {
        result.add(answer.get());
      }
      return result;
    }
  }

  /** One span whole. */
  JsonNode span(String traceId, String spanId) throws Exception {
    return get("/api/v1/traces/" + traceId + "/spans/" + spanId, "max_chars", "0");
  }

  /**
   * JSON of a route that must answer 200; parameters are names and values in turn. Where the engine
   * is too busy to answer, the 503 says when to ask again; a page does that too.
   */
  JsonNode get(String path, String... parameters) throws Exception {
    HttpResponse<String> answer = answer(path, parameters);
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (answer.statusCode() == 503 && System.nanoTime() < deadline) {
      Thread.sleep(
          Duration.ofSeconds(answer.headers().firstValueAsLong("Retry-After").orElseThrow()));
      answer = answer(path, parameters);
    }
    if (answer.statusCode() != 200) {
      throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return Recordings.JSON.readTree(answer.body());
  }

  /** A trace, once it has so many spans and its row, which may be a moment behind, counts them. */
  JsonNode whole(String traceId, int spans) throws Exception {
    return await(
        traceId,
        Duration.ofSeconds(30),
        trace ->
            trace.path("spans").size() == spans && trace.at("/trace/span_count").asInt() >= spans);
  }

  /** A trace, once it is as wanted. */
  JsonNode await(String traceId, Duration patience, Predicate<JsonNode> wanted) throws Exception {
    JsonNode found = null;
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      HttpResponse<String> answer = answer("/api/v1/traces/" + traceId);
      found = Recordings.JSON.readTree(answer.body());
      if (answer.statusCode() == 200 && wanted.test(found)) {
        return found;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("not as expected: " + found);
  }

  /** What a route answers, whatever its status. */
  HttpResponse<String> answer(String path, String... parameters) throws Exception {
    StringBuilder uri = new StringBuilder("http://127.0.0.1:" + port() + path);
    for (int i = 0; i < parameters.length; i += 2) {
      uri.append(i == 0 ? '?' : '&')
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    return client.send(
        HttpRequest.newBuilder(URI.create(uri.toString())).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    app.close();
    client.close();
  }
}
