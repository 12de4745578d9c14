package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.Ids;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.TraceEvents;
import io.tracewell.engine.EngineMain;
import io.tracewell.server.admin.PriceRoutes;
import io.tracewell.server.admin.RewriteRoutes;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.Routes;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.metadata.Metadata;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.normalise.SearchTexts;
import io.tracewell.server.pricing.GenAiPrices;
import io.tracewell.server.pricing.Prices;
import io.tracewell.server.spool.TestSpans;
import io.tracewell.server.store.Store;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The engine, the store and the API, as App wires them. */
final class TestServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process engine;
  private final ClickHouse clickHouse;
  private final TraceEvents events = new TraceEvents();
  private final Store store;
  private final Metadata metadata;
  private final HttpServer http;
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI base;
  private long marks;

  TestServer(Path directory) throws IOException {
    this(directory, ApiRoutes.Options.DEFAULT);
  }

  TestServer(Path directory, ApiRoutes.Options options) throws IOException {
    engine =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    EngineMain.class.getName(),
                    "--data-dir",
                    directory.resolve("engine").toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    OutputStream in = engine.getOutputStream();
    in.write("test\nsecret\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(engine.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null || !line.startsWith("ready ")) {
      throw new IOException("the engine did not start: " + line);
    }
    clickHouse =
        new ClickHouse(
            new ClickHouse.Options(
                "http://127.0.0.1:" + line.substring("ready ".length()),
                "test",
                "secret",
                "default"));
    SpanLogMerger noLogs = (span, logs) -> span;
    Clock clock = Clock.systemUTC();
    store =
        new Store(
            clickHouse,
            directory.resolve("spool"),
            Store.Options.DEFAULT,
            events,
            noLogs,
            SearchTexts::of,
            clock);
    store.start();
    metadata = new Metadata(directory.resolve("metadata.db"), clock);
    List<Routes> routes = new ArrayList<>(metadata.routes());
    routes.add(
        new ApiRoutes(clickHouse, events, new Normaliser(GenAiPrices.vendored()), clock, options));
    IngestLog log = new IngestLog(clock);
    routes.add(new IngestHealth(clickHouse, log, clock, ApiRoutes.Options.DEFAULT));
    routes.add(new UnpricedModels(clickHouse, clock, ApiRoutes.Options.DEFAULT));
    routes.add(
        new PriceRoutes(
            new Prices(GenAiPrices.vendored(), directory.resolve("prices.json"), null)));
    routes.add(new RewriteRoutes(store.rewrites(Map.of(), noLogs, clock), clock));
    http =
        new HttpServer(
            new HttpServer.Options(
                List.of(new Listen("127.0.0.1", 0)), false, List.of(), 1 << 20, 1 << 20),
            "test",
            clock,
            log,
            () -> new ServerState(() -> true, "ready", null, "embedded", 0, 0, false, 0, List.of()),
            routes,
            List.of());
    http.start();
    base = URI.create("http://127.0.0.1:" + http.listeners().getFirst().port());
  }

  /** Merges all parts of a table into one. */
  void merge(String table) {
    clickHouse.execute("OPTIMIZE TABLE " + table + " FINAL", Map.of(), ClickHouse.Limits.DEFAULT);
  }

  /** Sends spans as intake does and waits until they can be read. */
  void send(List<Span> spans) throws Exception {
    // What is sent twice changes nothing and is not told: a span of its own ends each batch.
    Span last =
        TestSpans.span(++marks | 1L << 60, 1, System.currentTimeMillis() * 1_000_000).build();
    Ids.TraceKey key = Ids.traceKey(last.traceId());
    CountDownLatch readable = new CountDownLatch(1);
    TraceEvents.Subscription told =
        events.subscribe(
            changed -> {
              if (changed.stream().anyMatch(one -> one.key().equals(key))) {
                readable.countDown();
              }
            });
    List<Span> all = new ArrayList<>(spans);
    all.add(last);
    sendOnly(all);
    boolean stored = readable.await(2, TimeUnit.MINUTES);
    told.close();
    if (!stored) {
      throw new AssertionError("not stored: " + store.state());
    }
  }

  /** Sends spans and does not wait. */
  void sendOnly(List<Span> spans) throws Exception {
    store.sink().accept(new SpanBatch(spans, List.of()));
  }

  ClickHouse clickHouse() {
    return clickHouse;
  }

  /** Ends the engine's process at once. */
  void killEngine() throws InterruptedException {
    engine.destroyForcibly().waitFor();
  }

  URI uri(String path, String... parameters) {
    StringBuilder uri = new StringBuilder(path);
    for (int i = 0; i < parameters.length; i += 2) {
      uri.append(i == 0 ? '?' : '&');
      uri.append(URLEncoder.encode(parameters[i], StandardCharsets.UTF_8)).append('=');
      uri.append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    return base.resolve(uri.toString());
  }

  HttpResponse<String> answer(String path, String... parameters) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path, parameters)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  JsonNode get(String path, String... parameters) throws Exception {
    HttpResponse<String> answer = answer(path, parameters);
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/vnd.api+json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpClient client() {
    return client;
  }

  @Override
  public void close() throws IOException {
    http.close();
    store.close();
    clickHouse.close();
    try {
      metadata.close();
    } catch (java.sql.SQLException e) {
      throw new IOException(e);
    }
    engine.getOutputStream().close();
    try {
      if (!engine.waitFor(10, TimeUnit.SECONDS)) {
        engine.destroyForcibly();
      }
    } catch (InterruptedException e) {
      engine.destroyForcibly();
    }
  }
}
