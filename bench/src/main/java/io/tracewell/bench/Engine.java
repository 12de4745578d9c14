package io.tracewell.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The engine's own HTTP interface, past the server: what is really stored, and how fast. */
final class Engine {
  /** Name of the file in the data directory in which the server says how to reach its engine. */
  static final String FILE = "engine.json";

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI url;
  private final String user;
  private final String password;
  private final String database;

  private Engine(URI url, String user, String password, String database) {
    this.url = url;
    this.user = user;
    this.password = password;
    this.database = database;
  }

  /** The engine of the server with this data directory. */
  static Engine of(Path dataDir) throws IOException {
    Path file = dataDir.resolve(FILE);
    JsonNode json = new ObjectMapper().readTree(file.toFile());
    return new Engine(
        URI.create(json.path("url").asText()),
        json.path("user").asText("default"),
        json.path("password").asText(),
        json.path("database").asText("default"));
  }

  private InputStream send(String query, Map<String, String> settings, byte[] body)
      throws IOException {
    StringBuilder parameters = new StringBuilder("?database=").append(encode(database));
    parameters.append("&query=").append(encode(query));
    settings.forEach((k, v) -> parameters.append('&').append(k).append('=').append(encode(v)));
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/" + parameters))
            .timeout(Duration.ofMinutes(10))
            .header("X-ClickHouse-User", user)
            .header("X-ClickHouse-Key", password)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      HttpResponse<InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        try (InputStream in = response.body()) {
          String reason = new String(in.readNBytes(500), StandardCharsets.UTF_8);
          throw new IOException("the engine refused '" + query + "': " + reason);
        }
      }
      return response.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Rows of a query, cells by tabs. */
  List<String[]> rows(String query) throws IOException {
    try (InputStream in = stream(query + " FORMAT TabSeparated", Map.of())) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> line.split("\t", -1)).toList();
    }
  }

  /** One number. */
  long number(String query) throws IOException {
    return (long) Double.parseDouble(rows(query).getFirst()[0]);
  }

  /** The bytes of a result in the format that the query names. */
  InputStream stream(String query, Map<String, String> settings) throws IOException {
    return send(query, settings, new byte[0]);
  }

  /** A statement without a result. */
  void execute(String statement, Map<String, String> settings) throws IOException {
    send(statement, settings, new byte[0]).close();
  }

  /** Inserts rows in the Native format as one block. */
  void insert(String table, byte[] rows, String token) throws IOException {
    send(
            "INSERT INTO " + table + " FORMAT Native",
            Map.of("insert_deduplication_token", token, "async_insert", "0"),
            rows)
        .close();
  }
}
