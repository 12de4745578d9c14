package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tracewell.server.http.ApiException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader is told where the server can't answer. */
class UnwellTest {
  @TempDir static Path directory;

  @Test
  void says_what_is_the_matter_and_when_to_come_again() throws Exception {
    ApiRoutes.Options usual = ApiRoutes.Options.DEFAULT;
    ApiRoutes.Options oneLivePage =
        new ApiRoutes.Options(usual.queryTimeout(), usual.maxMemoryBytes(), usual.maxRows(), 1);
    try (TestServer server = new TestServer(directory, oneLivePage)) {
      server.send(List.of());

      HttpRequest live = HttpRequest.newBuilder(server.uri("/api/v1/traces/live")).build();
      HttpResponse<InputStream> open =
          server.client().send(live, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream events = open.body()) {
        assertThat(open.statusCode()).isEqualTo(200);
        assertThat(events.read()).isEqualTo('e');
        HttpResponse<String> refused = server.answer("/api/v1/traces/live");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("30");
        assertThat(refused.body()).contains("live pages").contains("(1)");
      }

      Reader reader = new Reader(server.clickHouse(), Duration.ofSeconds(10), 1 << 30, 1_000);
      assertThatThrownBy(
              () ->
                  reader.query(
                      "SELECT count() AS n FROM numbers(1000000) WHERE sleepEachRow(0.001) = 0"
                          + " SETTINGS function_sleep_max_microseconds_per_block = 0",
                      new Params(),
                      Duration.ofMillis(200),
                      row -> row.int64("n")))
          .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(504))
          .hasMessageContaining("200 ms")
          .hasMessageContaining("Narrow the time range");

      server.killEngine();
      for (String path :
          List.of(
              "/api/v1/traces",
              "/api/v1/traces/summary",
              "/api/v1/traces/facets",
              "/api/v1/traces/0123456789abcdef0123456789abcdef",
              "/api/v2/llm-obs/v1/spans/events")) {
        HttpResponse<String> answer = server.answer(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).as(path).contains("2");
      }
    }
  }
}
