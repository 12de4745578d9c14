package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Cost;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Pricer;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanLog;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.normalise.SearchTexts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** A server with nothing but intake, whose sink keeps what it is given. */
final class Harness implements AutoCloseable {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC);

  final List<Span> spans = new ArrayList<>();
  final List<SpanLog> logs = new ArrayList<>();
  final IngestLog log = new IngestLog(CLOCK);
  volatile boolean full;

  private final HttpServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  Harness() throws IOException {
    this((model, usage, start) -> Cost.unpriced("no prices in this test"), IntakeLimits.DEFAULT);
  }

  Harness(Pricer pricer, IntakeLimits limits) throws IOException {
    Intake intake = new Intake(new Normaliser(pricer), this::accept, log, limits, CLOCK);
    server =
        new HttpServer(
            new HttpServer.Options(
                Listen.parse("127.0.0.1:0"), false, List.of(), 1L << 30, 256 << 20),
            "test",
            CLOCK,
            log,
            () ->
                new ServerState(() -> false, "ready", null, "embedded", 0, 1, false, 0, List.of()),
            intake.routes(),
            intake.grpcServices());
    server.start();
  }

  private synchronized void accept(SpanBatch batch) throws OverloadedException {
    if (full) {
      throw new OverloadedException("The spool is full.", 7);
    }
    for (Span span : batch.spans()) {
      // The spool keeps the content alone.
      assertThat(SearchTexts.of(span)).isEqualTo(span.texts());
    }
    spans.addAll(batch.spans());
    logs.addAll(batch.logs());
  }

  int port() {
    return server.listeners().getFirst().port();
  }

  HttpResponse<byte[]> post(String path, String contentType, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!contentType.isEmpty()) {
      request.header("Content-Type", contentType);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  /** A test resource, decompressed. */
  static byte[] resource(String name) throws IOException {
    try (InputStream in = Harness.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("no resource " + name);
      }
      return new GZIPInputStream(in).readAllBytes();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
