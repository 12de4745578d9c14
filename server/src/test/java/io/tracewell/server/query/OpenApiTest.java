package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.tracewell.core.MessageText;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.spool.TestSpans;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real server answers as its own description, which it serves, says. */
class OpenApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRACE = "000000000000000000000000abcdef01";

  @TempDir static Path directory;
  private static TestServer server;
  private static JsonNode description;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(directory);
    description = server.get("/api/v1/openapi.json");
    long now = System.currentTimeMillis() * 1_000_000L - 10_000_000_000L;
    List<Span> spans = new ArrayList<>();
    TestSpans.Builder root = TestSpans.span(0xabcdef01L, 1, now);
    root.kind = SpanKind.AGENT;
    spans.add(root.build());
    TestSpans.Builder call = TestSpans.span(0xabcdef01L, 2, now + 1_000_000);
    call.parentId = "0000000000000001";
    call.input = "[{\"role\":\"user\",\"content\":\"refund\"}]";
    call.texts = List.of(new MessageText(1, "refund"));
    call.status = SpanStatus.ERROR;
    call.error = new SpanError("RateLimitError", "429", "at a");
    call.tags = List.of("env:prod");
    spans.add(call.build());
    server.send(spans);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static List<String> complaints(String path, HttpResponse<String> answer)
      throws Exception {
    JsonNode content =
        description.at(
            "/paths/"
                + path.replace("~", "~0").replace("/", "~1")
                + "/get/responses/"
                + answer.statusCode());
    if (content.has("$ref")) {
      content = description.at(content.path("$ref").asText().substring(1));
    }
    JsonNode schema = content.at("/content/application~1json/schema");
    assertThat(schema.isObject()).as("schema of %s %d", path, answer.statusCode()).isTrue();
    ObjectNode whole = JSON.createObjectNode();
    whole.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    whole.set("components", description.path("components"));
    whole.putArray("allOf").add(schema);
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(whole)
        .validate(JSON.readTree(answer.body()))
        .stream()
        .map(Object::toString)
        .toList();
  }

  /** Makes something by Datadog's API; its id. */
  private static String made(String path, String attributes) throws Exception {
    HttpResponse<String> answer =
        server.post("/api/v2/llm-obs/v1" + path, "{\"data\":{\"attributes\":" + attributes + "}}");
    assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201);
    return JSON.readTree(answer.body()).at("/data/id").asText();
  }

  @Test
  void every_answer_is_as_described() throws Exception {
    String project = made("/projects", "{\"name\":\"demo\"}");
    String dataset = made("/" + project + "/datasets", "{\"name\":\"capitals\"}");
    made(
        "/" + project + "/datasets/" + dataset + "/records",
        "{\"records\":[{\"input\":\"France\"}]}");
    String experiment = made("/experiments", "{\"name\":\"e\",\"project_id\":\"" + project + "\"}");
    made("/prompts", "{\"prompt_id\":\"planner\",\"template\":\"hi\"}");
    Map<String, String> addresses =
        Map.ofEntries(
            Map.entry("/status", "/api/v1/status"),
            Map.entry("/ingest/requests", "/api/v1/ingest/requests"),
            Map.entry("/ingest/health", "/api/v1/ingest/health?from=now-3650d"),
            Map.entry("/traces", "/api/v1/traces"),
            Map.entry("/traces/summary", "/api/v1/traces/summary"),
            Map.entry("/traces/facets", "/api/v1/traces/facets"),
            Map.entry("/traces/{trace_id}", "/api/v1/traces/" + TRACE),
            Map.entry("/traces/{trace_id}/spans/{span_id}", "/api/v1/traces/" + TRACE + "/spans/2"),
            Map.entry(
                "/traces/{trace_id}/spans/{span_id}/raw",
                "/api/v1/traces/" + TRACE + "/spans/2/raw"),
            Map.entry(
                "/traces/{trace_id}/spans/{span_id}/mapping",
                "/api/v1/traces/" + TRACE + "/spans/2/mapping"),
            Map.entry("/spans", "/api/v1/spans"),
            Map.entry("/projects", "/api/v1/projects"),
            Map.entry("/datasets", "/api/v1/datasets"),
            Map.entry("/datasets/{dataset_id}", "/api/v1/datasets/" + dataset),
            Map.entry("/datasets/{dataset_id}/records", "/api/v1/datasets/" + dataset + "/records"),
            Map.entry("/experiments", "/api/v1/experiments"),
            Map.entry("/experiments/{experiment_id}", "/api/v1/experiments/" + experiment),
            Map.entry(
                "/experiments/{experiment_id}/results",
                "/api/v1/experiments/" + experiment + "/results"),
            Map.entry("/prompts", "/api/v1/prompts"),
            Map.entry("/prompts/{prompt_id}", "/api/v1/prompts/planner"),
            Map.entry("/prices", "/api/v1/prices"),
            Map.entry("/prices/unpriced", "/api/v1/prices/unpriced"),
            Map.entry("/rewrites", "/api/v1/rewrites"));

    for (Map.Entry<String, String> address : addresses.entrySet()) {
      HttpResponse<String> answer = server.answer(address.getValue());
      assertThat(answer.statusCode()).as(address.getValue()).isEqualTo(200);
      assertThat(complaints(address.getKey(), answer)).as(address.getKey()).isEmpty();
    }
    assertThat(server.get("/api/v1/traces").path("traces")).isNotEmpty();
    assertThat(server.get("/api/v1/spans").path("spans")).isNotEmpty();
    // Every address of the description was asked for, but the ones that are no JSON.
    List<String> described = new ArrayList<>();
    description.path("paths").fieldNames().forEachRemaining(described::add);
    assertThat(addresses.keySet())
        .containsAll(
            described.stream()
                .filter(path -> !path.equals("/traces/live") && !path.equals("/openapi.yaml"))
                .toList());
  }

  @Test
  void every_refusal_is_as_described() throws Exception {
    assertThat(complaints("/traces", server.answer("/api/v1/traces", "q", "staus:a"))).isEmpty();
    assertThat(complaints("/spans", server.answer("/api/v1/spans", "q", "errors:>1"))).isEmpty();
    assertThat(complaints("/traces/{trace_id}", server.answer("/api/v1/traces/1"))).isEmpty();
  }
}
