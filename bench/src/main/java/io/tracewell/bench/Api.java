package io.tracewell.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;

/** Tracewell's JSON API, as its pages use it. */
final class Api {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final URI endpoint;

  /** An answer: status and body. */
  record Answer(int status, byte[] body) {
    JsonNode json() throws IOException {
      return JSON.readTree(body);
    }
  }

  Api(URI endpoint) {
    this.endpoint = endpoint;
  }

  Answer get(String path, Map<String, String> parameters) throws IOException {
    String query =
        parameters.entrySet().stream()
            .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    HttpRequest request =
        HttpRequest.newBuilder(endpoint.resolve(query.isEmpty() ? path : path + "?" + query))
            .timeout(Duration.ofSeconds(60))
            .build();
    try {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return new Answer(response.statusCode(), response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  /**
   * How many spans of a trace of the last minutes the list of traces tells; 0 where none, or where
   * the server is away.
   */
  int spansListed(String traceId) {
    try {
      Answer answer =
          get(
              "/api/v1/traces",
              Map.of(
                  "q",
                  "trace:" + traceId,
                  "from",
                  Instant.now().minus(Duration.ofMinutes(10)).toString(),
                  "limit",
                  "1"));
      return answer.status == 200
          ? answer.json().path("traces").path(0).path("span_count").asInt()
          : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Bytes in the spool; -1 where the server does not answer. */
  long spoolBytes() {
    try {
      Answer answer = get("/api/v1/status", Map.of());
      return answer.status == 200 ? answer.json().path("spool").path("bytes").asLong(-1) : -1;
    } catch (IOException e) {
      return -1;
    }
  }

  /** True where the server is able to store and to answer. */
  boolean ready() {
    try {
      return get("/readyz", Map.of()).status == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
