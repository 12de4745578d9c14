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

  @Test
  void every_answer_is_as_described() throws Exception {
    Map<String, String> addresses =
        Map.of(
            "/status", "/api/v1/status",
            "/ingest/requests", "/api/v1/ingest/requests",
            "/traces", "/api/v1/traces",
            "/traces/summary", "/api/v1/traces/summary",
            "/traces/facets", "/api/v1/traces/facets",
            "/traces/{trace_id}", "/api/v1/traces/" + TRACE,
            "/traces/{trace_id}/spans/{span_id}", "/api/v1/traces/" + TRACE + "/spans/2",
            "/traces/{trace_id}/spans/{span_id}/raw", "/api/v1/traces/" + TRACE + "/spans/2/raw",
            "/spans", "/api/v1/spans");

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
