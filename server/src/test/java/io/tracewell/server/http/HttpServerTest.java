package io.tracewell.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private HttpServer start(String listen, boolean skipTaken, String... keys) throws IOException {
    server =
        new HttpServer(
            new HttpServer.Options(
                Listen.parse(listen), skipTaken, List.of(keys), 1_000_000, 1_000_000),
            "test",
            Clock.systemUTC(),
            new IngestLog(Clock.systemUTC()),
            () ->
                new ServerState(() -> false, "ready", null, "embedded", 0, 1, false, 0, List.of()),
            List.of(routes -> routes.post("/echo", ctx -> ctx.result(ctx.bodyAsBytes()))),
            List.of());
    server.start();
    return server;
  }

  private HttpResponse<String> send(int listener, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.listeners().get(listener).port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** With a Host header of our own, which HttpClient does not allow. */
  private String raw(String host) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.listeners().getFirst().port())) {
      socket
          .getOutputStream()
          .write(
              ("GET /api/v1/status HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void every_listener_serves_every_route() throws Exception {
    start("127.0.0.1:0,127.0.0.1:0", false);
    for (int listener = 0; listener < 2; listener++) {
      assertThat(send(listener, "/healthz").statusCode()).isEqualTo(200);
      assertThat(send(listener, "/readyz").statusCode()).isEqualTo(200);
      assertThat(send(listener, "/api/v1/status").body()).contains("\"state\":\"ready\"");
    }
  }

  @Test
  void an_explicit_port_that_is_taken_is_an_error_and_a_default_one_is_left_out() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      String listen = "127.0.0.1:0,127.0.0.1:" + taken.getLocalPort();
      assertThatThrownBy(() -> start(listen, false))
          .hasMessageContaining("taken by another program")
          .hasMessageContaining("--listen");
      start(listen, true);
      assertThat(server.listeners()).hasSize(1);
      assertThat(send(0, "/api/v1/status").body())
          .contains("Port " + taken.getLocalPort() + " is taken");
    }
  }

  @Test
  void the_network_is_not_listened_on_without_a_key() {
    assertThatThrownBy(() -> start("0.0.0.0:0", false)).hasMessageContaining("--api-key");
  }

  @Test
  void another_name_or_another_sites_page_does_not_reach_a_server_without_keys() throws Exception {
    start("127.0.0.1:0", false);
    assertThat(raw("evil.example")).startsWith("HTTP/1.1 403");
    assertThat(raw("localhost")).startsWith("HTTP/1.1 200");
    assertThat(send(0, "/api/v1/status", "Origin", "https://evil.example").statusCode())
        .isEqualTo(403);
  }

  @Test
  void with_keys_every_route_but_health_and_pages_needs_one() throws Exception {
    start("127.0.0.1:0", false, "one", "two");
    assertThat(send(0, "/healthz").statusCode()).isEqualTo(200);
    HttpResponse<String> refused = send(0, "/api/v1/status");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).contains("Authorization: Bearer");
    assertThat(send(0, "/api/v1/status", "Authorization", "Bearer wrong").statusCode())
        .isEqualTo(401);
    for (String[] header :
        List.of(
            new String[] {"Authorization", "Bearer one"},
            new String[] {"DD-API-KEY", "two"},
            new String[] {"DD-APPLICATION-KEY", "one"},
            new String[] {"X-API-Key", "one"})) {
      assertThat(send(0, "/api/v1/status", header).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void a_body_beyond_the_limit_is_refused() throws Exception {
    start("127.0.0.1:0", false);
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.listeners().getFirst().port() + "/echo"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[2_000_000]))
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(413);
  }

  @Test
  void an_unknown_route_says_where_the_api_is_described() throws Exception {
    start("127.0.0.1:0", false);
    HttpResponse<String> answer = send(0, "/api/v1/nothing");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("openapi.yaml");
  }
}
