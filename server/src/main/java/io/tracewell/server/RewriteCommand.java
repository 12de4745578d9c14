package io.tracewell.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** {@code reprice} and {@code remap}: asks a running server to read stored spans anew. */
final class RewriteCommand {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String url;
  private final String apiKey;

  RewriteCommand(String url, String apiKey) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.apiKey = apiKey;
  }

  /** Starts it, tells how far it is, returns the exit code when it has ended. */
  int run(String kind, String since) throws IOException, InterruptedException {
    String query = "?kind=" + kind + "&since=" + URLEncoder.encode(since, StandardCharsets.UTF_8);
    JsonNode state = ask("POST", "/api/v1/rewrites" + query);
    long told = System.nanoTime();
    while (state.path("running").asBoolean()) {
      Thread.sleep(200);
      state = ask("GET", "/api/v1/rewrites");
      if (System.nanoTime() - told > Duration.ofSeconds(5).toNanos()) {
        System.out.println(figures(state));
        told = System.nanoTime();
      }
    }
    System.out.println(kind + ": " + figures(state));
    if (!state.path("error").isNull()) {
      System.err.println("tracewell: " + state.path("error").asText());
      return 1;
    }
    return 0;
  }

  private static String figures(JsonNode state) {
    return state.path("spans").asLong()
        + " spans of "
        + state.path("traces").asLong()
        + " traces looked at, "
        + state.path("changed").asLong()
        + " changed";
  }

  private JsonNode ask(String method, String path) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (!apiKey.isEmpty()) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    HttpResponse<String> answer;
    try {
      answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException(
          "no server answers at "
              + url
              + ". Start it with ./tracewell up, or name another address with --url.",
          e);
    }
    JsonNode body = JSON.readTree(answer.body());
    if (answer.statusCode() >= 400) {
      throw new IOException(body.path("error").path("message").asText("refused"));
    }
    return body;
  }
}
