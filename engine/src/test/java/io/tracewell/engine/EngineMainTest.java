package io.tracewell.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.data.ClickHouseFormat;
import com.github.luben.zstd.Zstd;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process as a whole, spoken to by the official client as it comes and by plain HTTP. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EngineMainTest {
  private static final String BASIC =
      "Basic " + Base64.getEncoder().encodeToString("who:secret".getBytes(UTF_8));
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir static Path folder;
  private static @Nullable Engine shared;

  /** A running engine. The heap is small on purpose: results must pass through it. */
  private record Engine(Process process, int port) implements AutoCloseable {
    static Engine start(Path data) throws IOException {
      List<String> command =
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "--enable-native-access=ALL-UNNAMED",
              "-Xmx64m",
              "-XX:+UseSerialGC",
              "-cp",
              System.getProperty("java.class.path"),
              EngineMain.class.getName(),
              "--data-dir",
              data.toString(),
              "--max-memory",
              Long.toString(800L << 20));
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process.getOutputStream().write("who\nsecret\n".getBytes(UTF_8));
      process.getOutputStream().flush();
      String line =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
      if (line == null || !line.startsWith("ready ")) throw new IOException("not ready: " + line);
      return new Engine(process, Integer.parseInt(line.substring(6)));
    }

    String url() {
      return "http://127.0.0.1:" + port;
    }

    /** Its parent is gone: its input ends. */
    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
    }
  }

  @BeforeAll
  static void start() throws IOException {
    try {
      EngineLibrary.find();
    } catch (EngineLibrary.MissingException e) {
      assumeTrue(false, e.getMessage());
    }
    shared = Engine.start(folder.resolve("shared"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (shared == null) return;
    shared.close();
    assertThat(shared.process.waitFor()).as("exit code").isZero();
  }

  private static Engine engine() {
    if (shared == null) throw new IllegalStateException("not started");
    return shared;
  }

  private static HttpRequest.Builder request(Engine engine, String parameters) {
    return HttpRequest.newBuilder(URI.create(engine.url() + "/?" + parameters))
        .header("Authorization", BASIC);
  }

  private static String ask(Engine engine, String sql) throws Exception {
    HttpResponse<String> response =
        HTTP.send(
            request(engine, "").POST(HttpRequest.BodyPublishers.ofString(sql)).build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static void roundTrip(String table, UnaryOperator<Client.Builder> options)
      throws Exception {
    Random random = new Random(7);
    List<String> texts = new ArrayList<>();
    for (int size : new int[] {0, 1, 5, 9, 100, 127, 3000, 70_000, 3_000_000}) {
      byte[] bytes = new byte[size];
      for (int i = 0; i < size; i++) bytes[i] = (byte) ('a' + random.nextInt(26));
      texts.add(new String(bytes, ISO_8859_1));
    }
    Client.Builder builder =
        new Client.Builder().addEndpoint(engine().url()).setUsername("who").setPassword("secret");
    try (Client client = options.apply(builder).build()) {
      assertThat(client.ping()).isTrue();
      client
          .execute("CREATE TABLE " + table + " (n UInt32, s String) ENGINE = MergeTree ORDER BY n")
          .get()
          .close();
      StringBuilder rows = new StringBuilder();
      for (int i = 0; i < texts.size(); i++)
        rows.append("{\"n\":").append(i).append(",\"s\":\"").append(texts.get(i)).append("\"}\n");
      try (InsertResponse response =
          client
              .insert(
                  table,
                  new ByteArrayInputStream(rows.toString().getBytes(UTF_8)),
                  ClickHouseFormat.JSONEachRow,
                  new InsertSettings())
              .get()) {
        assertThat(response.getWrittenRows()).isEqualTo(texts.size());
      }
      List<String> stored = new ArrayList<>();
      for (GenericRecord row : client.queryAll("SELECT s FROM " + table + " ORDER BY n"))
        stored.add(row.getString("s"));
      assertThat(stored).isEqualTo(texts);
    }
  }

  @Test
  void theClientWorksAsItComes() throws Exception {
    roundTrip("as_it_comes", builder -> builder);
  }

  @Test
  void theClientWorksWithCompressedBodies() throws Exception {
    roundTrip("blocks", builder -> builder.compressClientRequest(true));
  }

  @Test
  void theClientWorksWithCompressionOfHttp() throws Exception {
    // Of the answers only: the client's own LZ4 frames take minutes for text that does not repeat.
    roundTrip("http", builder -> builder.useHttpCompression(true));
  }

  @Test
  void bodiesMayBeGzipOrZstd() throws Exception {
    ask(engine(), "CREATE TABLE packed (n UInt32) ENGINE = MergeTree ORDER BY n");
    String rows = "{\"n\": 7}\n".repeat(10_000);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write(rows.getBytes(UTF_8));
    }
    post("gzip", gzip.toByteArray());
    post("zstd", Zstd.compress(rows.getBytes(UTF_8)));
    assertThat(ask(engine(), "SELECT sum(n) FROM packed")).isEqualTo("140000\n");
  }

  private static void post(String encoding, byte[] body) throws Exception {
    HttpResponse<String> response =
        HTTP.send(
            request(engine(), "query=INSERT%20INTO%20packed%20FORMAT%20JSONEachRow")
                .header("Content-Encoding", encoding)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  @Test
  void theClientWorksWithoutCompression() throws Exception {
    roundTrip("plain", builder -> builder.compressServerResponse(false));
  }

  @Test
  void aLargeResultPassesThroughASmallHeap() throws Exception {
    String sql = "SELECT repeat('x', 1000) FROM numbers(300000)";
    String query = "default_format=RowBinary&query=" + URLEncoder.encode(sql, UTF_8);
    HttpResponse<InputStream> response =
        HTTP.send(request(engine(), query).build(), BodyHandlers.ofInputStream());
    long bytes;
    try (InputStream body = response.body()) {
      bytes = body.transferTo(OutputStream.nullOutputStream());
    }
    assertThat(bytes).isEqualTo(300_000L * 1002);
  }

  @Test
  void aQueryWhoseClientGoesAwayIsEnded() throws Exception {
    String sql = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 42";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), engine().port)) {
      String head =
          "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: "
              + BASIC
              + "\r\nContent-Length: "
              + sql.length()
              + "\r\n\r\n";
      socket.getOutputStream().write((head + sql).getBytes(ISO_8859_1));
      socket.getOutputStream().flush();
      while (!running().contains("sipHash64(number) = 42")) Thread.sleep(20);
    }
    // Ends only where the query was ended: by itself it would run for hours.
    while (running().contains("sipHash64(number) = 42")) Thread.sleep(20);
  }

  @Test
  void aQueryThatFailedIsNotListedAsRunning() throws Exception {
    // It ends after the failure, so that its connection is the next to be used and not the other.
    CompletableFuture<HttpResponse<String>> slow = asking("SELECT sleep(1.5)");
    while (!running().contains("sleep(1.5)")) Thread.sleep(20);
    assertThat(asking("SELECT max(throwIf(number = 3000000)) FROM numbers(9000000)").get().body())
        .startsWith("Code: 395.");
    assertThat(slow.get().statusCode()).isEqualTo(200);
    assertThat(running()).doesNotContain("throwIf");
  }

  private static CompletableFuture<HttpResponse<String>> asking(String sql) {
    return HTTP.sendAsync(
        request(engine(), "").POST(HttpRequest.BodyPublishers.ofString(sql)).build(),
        BodyHandlers.ofString());
  }

  private static String running() throws Exception {
    return ask(
        engine(), "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'");
  }

  @Test
  void anErrorHasItsCodeItsTextAndAStatus() throws Exception {
    HttpResponse<String> response =
        HTTP.send(
            request(engine(), "")
                .POST(HttpRequest.BodyPublishers.ofString("SELECT * FROM nowhere"))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).hasValue("60");
    assertThat(response.body()).startsWith("Code: 60. DB::Exception:").contains("UNKNOWN_TABLE");
  }

  @Test
  void onlyTheRightPasswordIsLetIn() throws Exception {
    HttpResponse<String> response =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(engine().url() + "/?query=SELECT%201")).build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(ask(engine(), "SELECT 1")).isEqualTo("1\n");
  }

  @Test
  void itEndsInOrderWithItsParentAndKeepsWhatItHad() throws Exception {
    Path data = folder.resolve("orderly");
    try (Engine first = Engine.start(data)) {
      ask(first, "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n");
      ask(first, "INSERT INTO t VALUES (1), (2)");
      first.close();
      assertThat(first.process.waitFor()).isZero();
    }
    try (Engine second = Engine.start(data)) {
      assertThat(ask(second, "SELECT count() FROM t")).isEqualTo("2\n");
      second.process.destroy();
      second.process.waitFor();
    }
    try (Engine third = Engine.start(data)) {
      assertThat(ask(third, "SELECT count() FROM t")).isEqualTo("2\n");
    }
  }
}
