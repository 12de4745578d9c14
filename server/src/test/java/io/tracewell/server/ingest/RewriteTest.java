package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.store.TestEngine;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stored spans are priced and read anew; spans, traces and sums agree afterwards. */
class RewriteTest {
  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;
  private static int databases;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "rewrite");
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  private static HttpResponse<String> ask(ReplayServer of, String method, String path, String body)
      throws Exception {
    return of.client()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + of.port() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode rewrite(ReplayServer of, String kind) throws Exception {
    HttpResponse<String> begun =
        ask(of, "POST", "/api/v1/rewrites?kind=" + kind + "&since=3000d", "");
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
    JsonNode state = Recordings.JSON.readTree(begun.body());
    while (state.path("running").asBoolean()) {
      Thread.sleep(50);
      state = of.get("/api/v1/rewrites");
    }
    assertThat(state.path("error").isNull()).as(state.toString()).isTrue();
    return state;
  }

  /** An agent and its call of a model that no price list knows. */
  private static void sendCall(String trace, String model) throws Exception {
    long now = System.currentTimeMillis() * 1_000_000L;
    String spans =
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
         "scopeSpans":[{"scope":{"name":"opentelemetry.util.genai.handler"},"spans":[
          {"traceId":"%1$s","spanId":"00000000000000a1","name":"invoke_agent","startTimeUnixNano":"%3$d","endTimeUnixNano":"%4$d",
           "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"invoke_agent"}},
            {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"100"}}]},
          {"traceId":"%1$s","spanId":"00000000000000a2","parentSpanId":"00000000000000a1","name":"chat","startTimeUnixNano":"%3$d","endTimeUnixNano":"%4$d",
           "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
            {"key":"gen_ai.provider.name","value":{"stringValue":"azure.ai.openai"}},
            {"key":"gen_ai.request.model","value":{"stringValue":"%2$s"}},
            {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"}},
            {"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"400"}},
            {"key":"gen_ai.usage.output_tokens","value":{"intValue":"100"}}]}]}]}]}
        """
            .formatted(trace, model, now, now + 1_000_000);
    HttpResponse<String> answer = ask(server, "POST", "/v1/traces", spans);
    assertThat(answer.statusCode()).isEqualTo(200);
    for (int i = 0; i < 600; i++) {
      JsonNode found =
          Recordings.JSON.readTree(ask(server, "GET", "/api/v1/traces/" + trace, "").body());
      if (found.path("spans").size() == 2) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("the spans can't be read");
  }

  private static JsonNode trace(String trace) throws Exception {
    return server.get("/api/v1/traces/" + trace);
  }

  @Test
  void a_price_that_is_given_later_prices_what_is_stored() throws Exception {
    String trace = "000000000000000000000000000000b1";
    sendCall(trace, "support-bot-gpt4");
    assertThat(trace(trace).at("/trace/cost").isNull()).isTrue();
    assertThat(trace(trace).at("/trace/unpriced_calls").asInt()).isEqualTo(1);
    assertThat(server.get("/api/v1/prices/unpriced").path("models"))
        .anySatisfy(
            model -> {
              assertThat(model.path("model").asText()).isEqualTo("support-bot-gpt4");
              assertThat(model.path("provider").asText()).isEqualTo("azure.ai.openai");
              assertThat(model.path("reason").asText()).isEqualTo("no price for this model");
              assertThat(model.path("calls").asInt()).isEqualTo(1);
              assertThat(model.path("input_tokens").asText()).isEqualTo("1000");
            });

    HttpResponse<String> put =
        ask(
            server,
            "PUT",
            "/api/v1/prices",
            """
            {"prices":[{"model":"Support-Bot-GPT4","provider":"azure.ai.openai","input":2,"output":8,"cache_read":0.5,"from":"2026-01-01"},
             {"model":"support-bot-gpt4","provider":"openai","input":99}]}
            """);
    assertThat(put.statusCode()).as(put.body()).isEqualTo(200);
    assertThat(rewrite(server, "reprice").path("changed").asInt()).isEqualTo(1);

    // 600 x 2 + 400 x 0.5 + 100 x 8 dollars a million.
    JsonNode cost = server.span(trace, "00000000000000a2").path("cost");
    assertThat(cost.path("total").asText()).isEqualTo("0.0022");
    assertThat(cost.path("input").asText()).isEqualTo("0.0012");
    assertThat(cost.path("cache_read").asText()).isEqualTo("0.0002");
    assertThat(cost.path("output").asText()).isEqualTo("0.0008");
    assertThat(cost.path("price").asText()).isEqualTo("own: support-bot-gpt4 from 2026-01-01");
    assertThat(trace(trace).at("/trace/cost").asText()).isEqualTo("0.0022");
    assertThat(trace(trace).at("/trace/unpriced_calls").asInt()).isZero();
    assertThat(rewrite(server, "reprice").path("changed").asInt()).isZero();
    try (ClickHouse clickHouse = engine.client()) {
      for (int i = 0; i < 600; i++) {
        List<String> sums =
            clickHouse.query(
                "SELECT toString(sum(cost)) AS cost, toString(sum(unpriced)) AS unpriced FROM"
                    + " rewrite.metrics_1m WHERE (project_id, application, minute, generation) IN"
                    + " (SELECT project_id, application, minute, generation FROM"
                    + " rewrite.rollup_current FINAL)",
                Map.of(),
                ClickHouse.Limits.DEFAULT,
                row -> row.string("cost") + " " + row.string("unpriced"));
        if (sums.equals(List.of("0.0022 0"))) {
          return;
        }
        Thread.sleep(100);
      }
    }
    throw new AssertionError("the rollup does not agree");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prices\":[{\"model\":\"a\",\"inptu\":1}]}|prices[0] has a field that is not known",
        "{\"prices\":[{\"input\":1}]}|needs either \"model\"",
        "{\"prices\":[{\"model\":\"a\",\"input\":-1}]}|prices[0].input must be a number of US dollars",
        "{\"prices\":[{\"model\":\"a\",\"from\":\"soon\",\"input\":1}]}|must be a day",
        "{\"prices\":[{\"model\":\"a\",\"same_as\":\"openai/none\"}]}|names no row",
        "{\"prices\":[{\"regex\":\"(\",\"input\":1}]}|is no regular expression",
        "[]|Expected an object with a list",
        "nonsense|Prices must be JSON"
      })
  void prices_that_can_not_be_read_are_refused_with_what_is_wrong(String body, String message)
      throws Exception {
    String before = server.get("/api/v1/prices").toString();
    HttpResponse<String> answer = ask(server, "PUT", "/api/v1/prices", body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(Recordings.JSON.readTree(answer.body()).at("/error/message").asText())
        .contains(message);
    assertThat(server.get("/api/v1/prices").toString()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"kind=reprice", "kind=reprice&since=yesterday", "kind=other&since=1d", "since=1d"})
  void a_run_that_does_not_say_what_is_refused(String query) throws Exception {
    assertThat(ask(server, "POST", "/api/v1/rewrites?" + query, "").statusCode()).isEqualTo(400);
  }

  /** Raw copies hold all that was sent: read anew by the same rules, nothing differs. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "py_otel-genai-1.3b0_span_and_event",
        "py_otel-openai-v2-2.0b0_events",
        "js_vercel-ai-5.0.277_otlpjson",
        "py_langfuse-5.0.4",
        "py_strands-1.62.0_events"
      })
  void what_is_read_anew_by_the_same_rules_is_the_same(String name) throws Exception {
    try (ReplayServer replay = new ReplayServer(engine, directory, "same" + databases++)) {
      for (Recorded request : Recordings.read("otlp", name)) {
        replay.send(request);
      }
      replay.traces(0);
      Thread.sleep(replay.sentLogs() ? 3000 : 0);
      Map<String, JsonNode> before = spans(replay);
      JsonNode run = rewrite(replay, "remap");
      assertThat(run.path("spans").asInt()).isEqualTo(before.size());
      Map<String, JsonNode> after = spans(replay);
      List<String> differences = new ArrayList<>();
      before.forEach(
          (id, span) ->
              span.properties()
                  .forEach(
                      field -> {
                        JsonNode now = after.get(id).get(field.getKey());
                        if (!field.getValue().equals(now) && !field.getKey().equals("received")) {
                          differences.add(
                              id + " " + field.getKey() + ": " + field.getValue() + " / " + now);
                        }
                      }));
      assertThat(differences).isEmpty();
      assertThat(rewrite(replay, "remap").path("changed").asInt()).as("the second time").isZero();
    }
  }

  private static Map<String, JsonNode> spans(ReplayServer replay) throws Exception {
    Map<String, JsonNode> spans = new HashMap<>();
    for (JsonNode trace : replay.traces(0)) {
      String traceId = trace.at("/trace/trace_id").asText();
      for (JsonNode head : trace.path("spans")) {
        String id = head.path("span_id").asText();
        spans.put(traceId + " " + id, replay.span(traceId, id));
      }
    }
    return new TreeMap<>(spans);
  }

  @Test
  void rules_of_today_mend_what_older_ones_read_wrongly() throws Exception {
    String trace = "000000000000000000000000000000b2";
    sendCall(trace, "gpt-4.1-mini");
    String right = trace(trace).at("/trace/cost").asText();
    try (ClickHouse clickHouse = engine.client()) {
      for (String table : List.of("spans", "span_heads")) {
        clickHouse.execute(
            "INSERT INTO rewrite."
                + table
                + " SELECT * REPLACE ('task' AS kind, toInt64(-1) AS input_tokens,"
                + " CAST(NULL, 'Nullable(Decimal(38, 12))') AS cost, ver + 1 AS ver) FROM rewrite."
                + table
                + " WHERE trace_key = 178 AND span_key = 162",
            Map.of(),
            ClickHouse.Limits.DEFAULT);
      }
    }
    assertThat(server.span(trace, "00000000000000a2").path("kind").asText()).isEqualTo("task");
    assertThat(rewrite(server, "remap").path("changed").asInt()).isEqualTo(1);
    JsonNode span = server.span(trace, "00000000000000a2");
    assertThat(span.path("kind").asText()).isEqualTo("llm");
    assertThat(span.at("/usage/input").asText()).isEqualTo("1000");
    assertThat(span.at("/cost/total").asText()).isEqualTo(right);
    assertThat(trace(trace).at("/trace/cost").asText()).isEqualTo(right);
  }
}
