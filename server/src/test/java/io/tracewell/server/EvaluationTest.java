package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.server.config.Config;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations and feedback from the request to what a page and Datadog's clients read. */
class EvaluationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String V2 = "/api/intake/llm-obs/v2/eval-metric";

  @TempDir Path dir;
  private App app;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void start() throws Exception {
    app =
        new App(
            Config.read(
                Map.of("listen", "127.0.0.1:0", "data-dir", dir.resolve("data").toString()),
                Map.of(),
                null),
            Clock.systemUTC());
    app.awaitReady(Duration.ofSeconds(120));
  }

  @AfterEach
  void stop() {
    app.close();
    client.close();
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + app.listeners().getFirst().port() + path);
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() == 200
        ? JSON.readTree(answer.body())
        : JSON.createObjectNode().put("failed", answer.body());
  }

  private JsonNode await(String path, Predicate<JsonNode> enough) throws Exception {
    JsonNode found = get(path);
    for (int i = 0; i < 200 && !enough.test(found); i++) {
      Thread.sleep(50);
      found = get(path);
    }
    assertThat(enough.test(found)).as("%s: %s", path, found).isTrue();
    return found;
  }

  private void evaluate(String... metrics) throws Exception {
    HttpResponse<String> answer =
        post(
            V2,
            "{\"data\":{\"type\":\"evaluation_metric\",\"attributes\":{\"tags\":[\"run:nightly\"],\"metrics\":["
                + String.join(",", metrics)
                + "]}}}");
    assertThat(answer.statusCode()).isEqualTo(202);
    JsonNode echoed = JSON.readTree(answer.body()).at("/data/attributes/metrics");
    assertThat(echoed).hasSize(metrics.length);
    echoed.forEach(metric -> assertThat(metric.path("id").asText()).isNotEmpty());
  }

  private static String metric(String label, String target, String value) {
    return "{\"label\":\""
        + label
        + "\",\"ml_app\":\"shop\",\"timestamp_ms\":1790000003000,"
        + target
        + ","
        + value
        + "}";
  }

  private static String join(String span) {
    return "\"join_on\":{\"span\":{\"trace_id\":\"9001\",\"span_id\":\"" + span + "\"}}";
  }

  private void spans() throws Exception {
    long now = System.currentTimeMillis() * 1_000_000L - 5_000_000_000L;
    List<String> spans = new ArrayList<>();
    spans.add(span("1", "undefined", "agent", now, "\"team:logistics\"", ""));
    spans.add(span("2", "1", "llm", now + 1000, "\"msg_id:m-18\"", ""));
    spans.add(
        span("3", "1", "tool", now + 2000, "\"pair:x\"", ",\"feedback_join_key\":\"order-7\""));
    spans.add(span("4", "1", "tool", now + 3000, "\"pair:x\"", ""));
    assertThat(
            post(
                    "/api/intake/llm-obs/v1/trace/spans",
                    "{\"data\":{\"type\":\"span\",\"attributes\":{\"ml_app\":\"shop\",\"session_id\":\"chat-77\",\"spans\":["
                        + String.join(",", spans)
                        + "]}}}")
                .statusCode())
        .isEqualTo(202);
  }

  private static String span(
      String id, String parent, String kind, long start, String tag, String more) {
    return "{\"name\":\"s"
        + id
        + "\",\"trace_id\":\"9001\",\"span_id\":\""
        + id
        + "\",\"parent_id\":\""
        + parent
        + "\",\"start_ns\":"
        + start
        + ",\"duration\":1000.0,\"tags\":["
        + tag
        + "],\"meta\":{\"kind\":\""
        + kind
        + "\",\"input\":{\"value\":\"q\"}}"
        + more
        + "}";
  }

  private static List<String> labels(JsonNode evaluations) {
    List<String> labels = new ArrayList<>();
    evaluations.forEach(one -> labels.add(one.path("label").asText()));
    return labels;
  }

  private static JsonNode named(JsonNode evaluations, String label) {
    for (JsonNode one : evaluations) {
      if (one.path("label").asText().equals(label)) {
        return one;
      }
    }
    throw new AssertionError("no " + label + " in " + evaluations);
  }

  @Test
  void what_is_said_is_shown_where_it_belongs_whichever_comes_first() throws Exception {
    // Before the spans, by their ids in another form, by tag, by session, by key.
    evaluate(
        metric(
            "quality",
            join("2") + ",\"eval_scope\":\"span\"",
            "\"metric_type\":\"score\",\"score_value\":0.8,\"assessment\":\"pass\",\"reasoning\":\"Covers"
                + " both days\",\"tags\":[\"judge:gpt\"],\"metadata\":{\"rubric\":2}"),
        metric(
            "by_hex",
            "\"join_on\":{\"span\":{\"trace_id\":\"00000000000000000000000000002329\",\"span_id\":\"0000000000000002\"}}",
            "\"metric_type\":\"boolean\",\"boolean_value\":false"),
        metric(
            "by_tag",
            "\"join_on\":{\"tag\":{\"key\":\"msg_id\",\"value\":\"m-18\"}}",
            "\"metric_type\":\"json\",\"json_value\":{\"grounded\":true,\"gaps\":[\"price\"]}"),
        metric(
            "by_shared_tag",
            "\"join_on\":{\"tag\":{\"key\":\"pair\",\"value\":\"x\"}}",
            "\"metric_type\":\"score\",\"score_value\":1"),
        metric(
            "goal_met",
            "\"eval_scope\":\"session\",\"session_id\":\"chat-77\"",
            "\"metric_type\":\"boolean\",\"boolean_value\":true"),
        metric(
            "whole",
            "\"eval_scope\":\"trace\"," + join("1"),
            "\"metric_type\":\"categorical\",\"categorical_value\":\"resolved\""));
    spans();
    evaluate(
        metric(
            "tone",
            join("2"),
            "\"metric_type\":\"categorical\",\"status\":\"ERROR\",\"error\":{\"type\":\"Timeout\",\"message\":\"judge"
                + " timed out\"}"),
        metric(
            "comment",
            "\"event_kind\":\"feedback\",\"feedback_join_key\":\"order-7\",\"submitter\":{\"id\":\"u-42\",\"type\":\"user\"}",
            "\"metric_type\":\"text\",\"text_value\":\"Too expensive\""),
        metric(
            "thumb",
            "\"event_kind\":\"feedback\",\"span_id\":\"2\",\"submitter\":{\"id\":\"u-1\"}",
            "\"metric_type\":\"boolean\",\"boolean_value\":true"));

    JsonNode trace = await("/api/v1/traces/9001", found -> found.path("evaluations").size() == 9);
    assertThat(labels(trace.path("evaluations")))
        .containsExactlyInAnyOrder(
            "quality",
            "by_hex",
            "by_tag",
            "by_shared_tag",
            "goal_met",
            "whole",
            "tone",
            "comment",
            "thumb");
    assertThat(named(trace.path("evaluations"), "by_shared_tag").path("ambiguous").asBoolean())
        .isTrue();
    assertThat(named(trace.path("evaluations"), "by_tag").path("ambiguous").asBoolean()).isFalse();
    assertThat(named(trace.path("evaluations"), "by_tag").path("span_key").asText())
        .isEqualTo("0000000000000002");

    JsonNode llm = get("/api/v1/traces/9001/spans/2").path("evaluations");
    assertThat(labels(llm))
        .containsExactlyInAnyOrder("quality", "by_hex", "by_tag", "tone", "thumb");
    JsonNode quality = named(llm, "quality");
    assertThat(quality.path("value").asDouble()).isEqualTo(0.8);
    assertThat(quality.path("type").asText()).isEqualTo("score");
    assertThat(quality.path("assessment").asText()).isEqualTo("pass");
    assertThat(quality.path("reasoning").asText()).isEqualTo("Covers both days");
    assertThat(quality.path("tags").toString()).isEqualTo("[\"judge:gpt\",\"run:nightly\"]");
    assertThat(quality.path("metadata").path("rubric").asInt()).isEqualTo(2);
    assertThat(quality.path("time").asText()).isEqualTo("2026-09-21T14:13:23Z");
    assertThat(named(llm, "tone").path("status").asText()).isEqualTo("error");
    assertThat(named(llm, "tone").path("error").path("type").asText()).isEqualTo("Timeout");
    assertThat(labels(get("/api/v1/traces/9001/spans/1").path("evaluations")))
        .containsExactlyInAnyOrder("goal_met", "whole");
    JsonNode comment = get("/api/v1/traces/9001/spans/3").path("evaluations");
    assertThat(labels(comment)).contains("comment");
    assertThat(named(comment, "comment").path("submitter").asText()).isEqualTo("u-42");
    assertThat(labels(get("/api/v1/traces/9001/spans/4").path("evaluations")))
        .doesNotContain("comment");

    JsonNode exported =
        get("/api/v2/llm-obs/v1/spans/events?filter[span_id]=2"
                .replace("[", "%5B")
                .replace("]", "%5D"))
            .at("/data/0/attributes/evaluation");
    assertThat(exported.at("/quality/value").asDouble()).isEqualTo(0.8);
    assertThat(exported.at("/quality/eval_metric_type").asText()).isEqualTo("score");
    assertThat(exported.at("/by_tag/value/gaps/0").asText()).isEqualTo("price");
    assertThat(exported.at("/tone/status").asText()).isEqualTo("ERROR");
    assertThat(exported.has("by_shared_tag")).isFalse();

    assertThat(found("evaluation.quality:>0.5")).isEqualTo(1);
    assertThat(found("evaluation.quality:>0.8")).isZero();
    assertThat(found("evaluation.quality.assessment:pass")).isEqualTo(1);
    assertThat(found("evaluation.goal_met:true")).isEqualTo(1);
    assertThat(found("evaluation.whole:(lost OR resolved)")).isEqualTo(1);
    assertThat(found("evaluation.by_tag:*")).isEqualTo(1);
    assertThat(found("-evaluation.quality:*")).isZero();
    assertThat(exported("@evaluation.quality.value:[0.7 TO 0.9]")).containsExactly("2");
    assertThat(exported("@evaluations.custom.tone.status:ERROR")).containsExactly("2");
    assertThat(exported("@evaluation.thumb.value:true")).containsExactly("2");
  }

  private int found(String q) throws Exception {
    JsonNode page = get("/api/v1/traces?q=" + URLEncoder.encode(q, StandardCharsets.UTF_8));
    assertThat(page.has("traces")).as(page.toString()).isTrue();
    return page.path("traces").size();
  }

  private List<String> exported(String query) throws Exception {
    HttpResponse<String> answer =
        post(
            "/api/v2/llm-obs/v1/spans/events/search",
            JSON.createObjectNode()
                .set(
                    "data",
                    JSON.createObjectNode()
                        .set(
                            "attributes",
                            JSON.createObjectNode()
                                .set("filter", JSON.createObjectNode().put("query", query))))
                .toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<String> ids = new ArrayList<>();
    JSON.readTree(answer.body()).path("data").forEach(span -> ids.add(span.path("id").asText()));
    return ids;
  }

  private static String said(String key, String value) {
    return "{\"key\":\"" + key + "\",\"value\":" + value + "}";
  }

  private static String text(String value) {
    return "{\"stringValue\":\"" + value + "\"}";
  }

  private HttpResponse<String> otlp(String path, String json) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String result(String name, String context, String... attributes) {
    return "{\"eventName\":\"gen_ai.evaluation.result\",\"timeUnixNano\":\"1790000003000000000\""
        + context
        + ",\"attributes\":["
        + said("gen_ai.evaluation.name", text(name))
        + ","
        + String.join(",", attributes)
        + "]}";
  }

  @Test
  void opentelemetrys_and_langfuses_evaluations_are_kept() throws Exception {
    long now = System.currentTimeMillis() * 1_000_000L - 5_000_000_000L;
    String trace = "6955b900000000003333333333333333";
    String ids = ",\"traceId\":\"" + trace + "\",\"spanId\":\"39a2241af62c0001\"";
    // Before the span: by its context, and by the id of its answer alone.
    HttpResponse<String> logs =
        otlp(
            "/v1/logs",
            "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":["
                + result(
                    "relevance",
                    ids,
                    said("gen_ai.evaluation.score.value", "{\"doubleValue\":0.75}"),
                    said("gen_ai.evaluation.score.label", text("pass")),
                    said("gen_ai.evaluation.explanation", text("On topic")))
                + ","
                + result(
                    "tone",
                    "",
                    said("gen_ai.evaluation.score.label", text("friendly")),
                    said("gen_ai.response.id", text("chatcmpl-eval-000001")))
                + ","
                + result("lost", "", said("gen_ai.evaluation.score.label", text("x")))
                + "]}]}]}");
    assertThat(logs.statusCode()).as(logs.body()).isEqualTo(200);
    assertThat(JSON.readTree(logs.body()).at("/partialSuccess/rejectedLogRecords").asInt())
        .isEqualTo(1);
    HttpResponse<String> spans =
        otlp(
            "/v1/traces",
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"chat m\",\"startTimeUnixNano\":\""
                + now
                + "\",\"endTimeUnixNano\":\""
                + (now + 9_000)
                + "\""
                + ids
                + ",\"attributes\":["
                + said("gen_ai.operation.name", text("chat"))
                + ","
                + said("gen_ai.response.id", text("chatcmpl-eval-000001"))
                + "],\"events\":[{\"name\":\"gen_ai.evaluation.result\",\"timeUnixNano\":\""
                + now
                + "\",\"attributes\":["
                + said("gen_ai.evaluation.name", text("safe"))
                + ","
                + said("gen_ai.evaluation.score.label", text("fail"))
                + "]}]}]}]}]}");
    assertThat(spans.statusCode()).as(spans.body()).isEqualTo(200);
    assertThat(
            post(
                    "/api/public/scores",
                    "{\"id\":\"sc-1\",\"traceId\":\""
                        + trace
                        + "\",\"observationId\":\"39a2241af62c0001\",\"name\":\"thumb\",\"value\":1,"
                        + "\"dataType\":\"BOOLEAN\",\"comment\":\"nice\"}")
                .statusCode())
        .isEqualTo(200);
    HttpResponse<String> batch =
        post(
            "/api/public/ingestion",
            "{\"batch\":[{\"id\":\"e1\",\"type\":\"score-create\",\"timestamp\":\"2026-09-21T14:13:23Z\","
                + "\"body\":{\"id\":\"sc-2\",\"traceId\":\""
                + trace
                + "\",\"name\":\"outcome\",\"value\":\"sold\"}},{\"id\":\"e2\",\"type\":\"trace-create\",\"body\":{}},"
                + "{\"id\":\"e3\",\"type\":\"score-create\",\"body\":{\"name\":\"lost\",\"value\":1}}]}");
    assertThat(batch.statusCode()).isEqualTo(207);
    assertThat(JSON.readTree(batch.body()).path("successes")).hasSize(1);
    assertThat(JSON.readTree(batch.body()).path("errors")).hasSize(2);
    assertThat(post("/api/public/scores", "{\"name\":\"lost\",\"value\":1}").statusCode())
        .isEqualTo(400);

    JsonNode found =
        await("/api/v1/traces/" + trace, one -> one.path("evaluations").size() == 5)
            .path("evaluations");
    JsonNode relevance = named(found, "relevance");
    assertThat(relevance.path("value").asDouble()).isEqualTo(0.75);
    assertThat(relevance.path("assessment").asText()).isEqualTo("pass");
    assertThat(relevance.path("reasoning").asText()).isEqualTo("On topic");
    assertThat(relevance.path("source").asText()).isEqualTo("otel");
    for (String label : List.of("relevance", "tone", "safe", "thumb")) {
      assertThat(named(found, label).path("span_key").asText())
          .as(label)
          .isEqualTo("39a2241af62c0001");
    }
    assertThat(named(found, "tone").path("value").asText()).isEqualTo("friendly");
    assertThat(named(found, "safe").path("assessment").asText()).isEqualTo("fail");
    assertThat(named(found, "thumb").path("value").asBoolean()).isTrue();
    assertThat(named(found, "thumb").path("source").asText()).isEqualTo("langfuse");
    assertThat(named(found, "outcome").path("span_key").isNull()).isTrue();
    assertThat(named(found, "outcome").path("time").asText()).isEqualTo("2026-09-21T14:13:23Z");

    // The same score again, with another value: it takes the place of the first.
    post(
        "/api/public/scores",
        "{\"id\":\"sc-1\",\"traceId\":\""
            + trace
            + "\",\"observationId\":\"39a2241af62c0001\",\"name\":\"thumb\",\"value\":0,\"dataType\":\"BOOLEAN\"}");
    JsonNode again =
        await(
            "/api/v1/traces/" + trace,
            one -> !named(one.path("evaluations"), "thumb").path("value").asBoolean());
    assertThat(again.path("evaluations")).hasSize(5);
    assertThat(found("evaluation.relevance:>0.5")).isEqualTo(1);
    assertThat(found("evaluation.thumb:false")).isEqualTo(1);
    // What names the answer alone is found and exported like what names the span.
    assertThat(found("evaluation.tone:friendly")).isEqualTo(1);
    assertThat(exported("@evaluation.tone.value:friendly")).hasSize(1);
    assertThat(
            get("/api/v2/llm-obs/v1/spans/events?filter[span_id]=39a2241af62c0001"
                    .replace("[", "%5B")
                    .replace("]", "%5D"))
                .at("/data/0/attributes/evaluation/tone/value")
                .asText())
        .isEqualTo("friendly");
  }

  @Test
  void a_trace_half_by_opentelemetry_and_half_by_datadog_is_one() throws Exception {
    long now = System.currentTimeMillis() * 1_000_000L - 5_000_000_000L;
    String trace = "6955b900000000002222222222222222";
    HttpResponse<String> otlp =
        client.send(
            HttpRequest.newBuilder(uri("/v1/traces"))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"front\"}}]},\"scopeSpans\":[{\"spans\":[{\"traceId\":\""
                            + trace
                            + "\",\"spanId\":\"29a2241af62c0001\",\"name\":\"invoke_agent front\",\"startTimeUnixNano\":\""
                            + now
                            + "\",\"endTimeUnixNano\":\""
                            + (now + 9_000)
                            + "\",\"attributes\":[{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"invoke_agent\"}}]}]}]}]}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(otlp.statusCode()).as(otlp.body()).isEqualTo(200);
    // As Java's tracer below it: the same trace id, span ids in decimal (0x29a2241af62c0001).
    assertThat(
            post(
                    "/evp_proxy/v2/api/v2/llmobs",
                    "[{\"event_type\":\"span\",\"spans\":[{\"trace_id\":\""
                        + trace
                        + "\",\"span_id\":\"3000000000000000002\",\"parent_id\":\"3000000000000000001\",\"name\":\"ask\",\"start_ns\":"
                        + (now + 1_000)
                        + ",\"duration\":1000,\"tags\":[\"ml_app:back\"],\"meta\":{\"span.kind\":\"llm\",\"input\":{\"value\":\"q\"}}}]}]")
                .statusCode())
        .isEqualTo(202);
    assertThat(Long.parseUnsignedLong("29a2241af62c0001", 16)).isEqualTo(3000000000000000001L);
    JsonNode whole = await("/api/v1/traces/" + trace, found -> found.path("spans").size() == 2);
    assertThat(whole.at("/spans/1/parent_key").asText()).isEqualTo("29a2241af62c0001");
    assertThat(whole.at("/trace/root_missing").asBoolean(true)).isFalse();
  }

  @Test
  void the_same_evaluation_twice_counts_once_and_the_last_wins() throws Exception {
    spans();
    for (String score : List.of("0.1", "0.1", "0.9")) {
      evaluate(metric("quality", join("2"), "\"metric_type\":\"score\",\"score_value\":" + score));
    }
    evaluate(
        metric(
            "thumb",
            "\"event_kind\":\"feedback\",\"span_id\":\"2\",\"submitter\":{\"id\":\"u-1\"}",
            "\"metric_type\":\"boolean\",\"boolean_value\":true"),
        metric(
            "thumb",
            "\"event_kind\":\"feedback\",\"span_id\":\"2\",\"submitter\":{\"id\":\"u-2\"}",
            "\"metric_type\":\"boolean\",\"boolean_value\":false"));
    JsonNode span =
        await(
            "/api/v1/traces/9001/spans/2",
            found ->
                labels(found.path("evaluations")).stream().filter("thumb"::equals).count() == 2);
    assertThat(labels(span.path("evaluations")))
        .containsExactlyInAnyOrder("quality", "thumb", "thumb");
    assertThat(named(span.path("evaluations"), "quality").path("value").asDouble()).isEqualTo(0.9);
  }

  @Test
  void what_was_acknowledged_is_there_after_a_restart() throws Exception {
    spans();
    evaluate(metric("quality", join("2"), "\"metric_type\":\"score\",\"score_value\":1"));
    app.close();
    start();
    await("/api/v1/traces/9001/spans/2", found -> found.path("evaluations").size() == 1);
  }

  @Test
  void an_evaluation_that_says_nothing_is_named_and_harms_no_other() throws Exception {
    HttpResponse<String> answer =
        post(
            V2,
            "{\"data\":{\"attributes\":{\"metrics\":[7,{\"label\":\"x\"},{\"label\":\"y\",\"span_id\":\"1\",\"trace_id\":\"1\"},"
                + metric("ok", join("2"), "\"metric_type\":\"score\",\"score_value\":1")
                + "]}}}");
    assertThat(answer.statusCode()).isEqualTo(202);
    JsonNode body = JSON.readTree(answer.body());
    assertThat(body.at("/data/attributes/metrics")).hasSize(1);
    assertThat(body.at("/meta/rejected").asInt()).isEqualTo(3);
    assertThat(body.at("/meta/reason").asText())
        .contains("no value", "names nothing", "not an object");
    assertThat(post(V2, "{\"data\":").statusCode()).isEqualTo(400);
    assertThat(post(V2, "[1]").statusCode()).isEqualTo(400);
  }
}
