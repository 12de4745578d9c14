package io.tracewell.server.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/** What unmodified SDKs sent, to the byte, and what a correct reader makes of it. */
final class Recordings {
  static final ObjectMapper JSON = new ObjectMapper();

  // Set by the client that sends; it refuses to be told.
  private static final Set<String> CLIENT_OWN =
      Set.of("host", "content-length", "transfer-encoding", "connection", "upgrade", "expect");

  private Recordings() {}

  /**
   * A request as it was recorded.
   *
   * @param grpc true where {@code path} is a gRPC method and {@code body} one message
   */
  record Recorded(boolean grpc, String method, String path, List<String> headers, byte[] body) {}

  private static InputStream open(String folder, String file) throws IOException {
    return new GZIPInputStream(
        Objects.requireNonNull(Recordings.class.getResourceAsStream(folder + "/" + file), file));
  }

  /** The expectations of every recording in a folder, by name. */
  static JsonNode expected(String folder) {
    try (InputStream in = open(folder, "expected.json.gz")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The requests of a recording, in order. */
  static List<Recorded> read(String folder, String name) throws IOException {
    List<Recorded> requests = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(open(folder, name + ".jsonl.gz"), StandardCharsets.UTF_8))) {
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
                request.path("listener").asText().equals("otlp_grpc"),
                request.get("method").asText(),
                request.get("path").asText(),
                headers,
                Base64.getDecoder().decode(request.get("body_base64").asText())));
      }
    }
    return requests;
  }

  /** Sends one request again over HTTP. */
  static HttpResponse<String> send(
      HttpClient client, int port, String method, String path, byte[] body, List<String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.size(); i += 2) {
      if (!CLIENT_OWN.contains(headers.get(i).toLowerCase(Locale.ROOT))) {
        builder.header(headers.get(i), headers.get(i + 1));
      }
    }
    return client.send(builder.build(), HttpResponse.BodyHandlers.ofString());
  }
}
