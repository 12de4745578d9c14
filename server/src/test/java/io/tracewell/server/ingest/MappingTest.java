package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.store.TestEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How spans of real SDKs were read, as the API explains it. */
class MappingTest {
  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;
  private static List<JsonNode> traces;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "mapping");
    for (String recording :
        List.of(
            "js_vercel-ai-5.0.277_otlpjson", "js_langfuse-5.11.1", "py_strands-1.62.0_latest")) {
      for (Recordings.Recorded request : Recordings.read("otlp", recording)) {
        server.send(request);
      }
    }
    traces = server.traces(0);
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  private static List<JsonNode> mappings(String name) throws Exception {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode trace : traces) {
      for (JsonNode span : trace.get("spans")) {
        if (span.get("name").asText().equals(name)) {
          found.add(
              server.get(
                  "/api/v1/traces/"
                      + trace.at("/trace/trace_id").asText()
                      + "/spans/"
                      + span.get("span_id").asText()
                      + "/mapping"));
        }
      }
    }
    return found;
  }

  private static JsonNode attribute(JsonNode mapping, String key) {
    for (JsonNode attribute : mapping.get("attributes")) {
      if (attribute.get("key").asText().equals(key)) {
        return attribute;
      }
    }
    throw new AssertionError("no " + key + " in " + mapping);
  }

  private static JsonNode empty(JsonNode mapping, String field) {
    for (JsonNode empty : mapping.get("empty")) {
      if (empty.get("field").asText().equals(field)) {
        return empty;
      }
    }
    throw new AssertionError(field + " is not empty in " + mapping);
  }

  @Test
  void says_which_field_an_attribute_became_and_by_whose_rule() throws Exception {
    JsonNode call = mappings("ai.generateText.doGenerate").getFirst();
    assertThat(call.get("rules").asBoolean()).isTrue();
    assertThat(call.get("kind").asText()).isEqualTo("llm");
    assertThat(call.get("kind_rule").asText())
        .isEqualTo("ai.operationId=ai.generateText.doGenerate");
    assertThat(call.at("/dialects/0/name").asText()).isEqualTo("vercel-ai");
    assertThat(call.at("/dialects/0/by").asText()).isEqualTo("scope");
    assertThat(call.at("/dialects/1/by").asText()).isEqualTo("gen_ai.system");

    JsonNode messages = attribute(call, "ai.prompt.messages");
    assertThat(messages.get("outcome").asText()).isEqualTo("field");
    assertThat(messages.get("field").asText()).isEqualTo("input");
    assertThat(messages.get("dialect").asText()).isEqualTo("vercel-ai");
  }

  @Test
  void long_texts_are_in_the_raw_span_under_their_own_names() throws Exception {
    String first = "first ".repeat(60);
    String second = "second ".repeat(60);
    String body =
        """
        {"resourceSpans":[{"scopeSpans":[{"scope":{"name":"logfire.openai_agents"},"spans":[{
          "traceId":"0000000000000000000000000000fa11","spanId":"000000000000fa11",
          "name":"Turn {turn}","startTimeUnixNano":"%d000000","endTimeUnixNano":"%d000000",
          "attributes":[{"key":"of_my_own","value":{"stringValue":"%s"}},
            {"key":"gen_ai.system","value":{"stringValue":"openai"}},
            {"key":"events","value":{"stringValue":"%s"}}]}]}]}]}
        """
            .formatted(System.currentTimeMillis(), System.currentTimeMillis(), first, second);
    server.send(
        new Recordings.Recorded(
            false,
            "POST",
            "/v1/traces",
            List.of("Content-Type", "application/json"),
            body.getBytes(StandardCharsets.UTF_8)));
    server.traces(0);
    JsonNode raw =
        server.get("/api/v1/traces/0000000000000000000000000000fa11/spans/000000000000fa11/raw");
    assertThat(raw.at("/attributes/of_my_own").asText()).isEqualTo(first);
    assertThat(raw.at("/attributes/events").asText()).isEqualTo(second);
  }

  @Test
  void says_what_counted_instead_of_an_attribute() throws Exception {
    JsonNode call = mappings("ai.generateText.doGenerate").getFirst();
    JsonNode mirror = attribute(call, "gen_ai.usage.input_tokens");
    assertThat(mirror.get("outcome").asText()).isEqualTo("shadowed");
    assertThat(mirror.get("field").asText()).isEqualTo("usage.input");
    assertThat(mirror.get("by").asText()).isEqualTo("ai.usage.promptTokens");
  }

  @Test
  void says_what_is_metadata_and_what_is_not_used() throws Exception {
    JsonNode call = mappings("ai.generateText.doGenerate").getFirst();
    assertThat(attribute(call, "ai.telemetry.metadata.tenant").get("outcome").asText())
        .isEqualTo("metadata");
    assertThat(attribute(call, "ai.response.timestamp").get("outcome").asText())
        .isEqualTo("metadata");
    assertThat(attribute(call, "operation.name").get("outcome").asText()).isEqualTo("ignored");
    assertThat(attribute(call, "ai.response.providerMetadata").get("outcome").asText())
        .isEqualTo("parts");
  }

  @Test
  void reads_attributes_inside_of_others_and_on_events() throws Exception {
    JsonNode ask = mappings("ask").getFirst();
    JsonNode figure = attribute(ask, "langfuse.observation.usage_details.input");
    assertThat(figure.get("field").asText()).isEqualTo("usage.input");

    JsonNode chat =
        mappings("chat").stream()
            .filter(mapping -> mapping.toString().contains("gen_ai.output.messages"))
            .findFirst()
            .orElseThrow();
    JsonNode output = attribute(chat, "gen_ai.output.messages");
    assertThat(output.get("event").asText()).isEqualTo("gen_ai.client.inference.operation.details");
    assertThat(output.get("field").asText()).isEqualTo("output");
  }

  @Test
  void says_why_a_field_is_empty_and_what_would_fill_it() throws Exception {
    JsonNode failed =
        mappings("ai.generateText.doGenerate").stream()
            .filter(mapping -> mapping.toString().contains("The call failed"))
            .findFirst()
            .orElseThrow();
    assertThat(empty(failed, "usage").get("keys").toString())
        .contains("ai.usage.inputTokens")
        .contains("gen_ai.usage.input_tokens");
    assertThat(empty(failed, "cost").get("why").asText()).contains("no usage to price");

    JsonNode tool = mappings("tool-1").getFirst();
    assertThat(tool.get("kind_rule").asText()).isEqualTo("langfuse.observation.type=tool");
  }

  private static JsonNode source(JsonNode health, String scope) {
    for (JsonNode source : health.get("sources")) {
      if (source.get("scope").asText().equals(scope)) {
        return source;
      }
    }
    throw new AssertionError("no " + scope + " in " + health);
  }

  @Test
  void ingest_health_tells_each_source_what_was_mended_and_what_was_refused() throws Exception {
    byte[] wrong =
        ("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"late\"}}]},"
                + "\"scopeSpans\":[{\"scope\":{\"name\":\"health\",\"version\":\"2.1\"},\"spans\":["
                + "{\"traceId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"spanId\":\"00000000000000a1\",\"name\":\"a\",\"startTimeUnixNano\":\"1790000000000000000\",\"endTimeUnixNano\":\"1780000000000000000\"},"
                + "{\"traceId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"spanId\":\"\",\"name\":\"b\"},"
                + "{\"traceId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"spanId\":\"\",\"name\":\"c\"}]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    List<String> json = List.of("Content-Type", "application/json");
    for (int i = 0; i < 2; i++) {
      assertThat(
              Recordings.send(server.client(), server.port(), "POST", "/v1/traces", wrong, json)
                  .statusCode())
          .isEqualTo(200);
    }
    assertThat(
            Recordings.send(
                    server.client(),
                    server.port(),
                    "POST",
                    "/v1/traces",
                    "not json".getBytes(StandardCharsets.UTF_8),
                    json)
                .statusCode())
        .isEqualTo(400);
    JsonNode health = server.get("/api/v1/ingest/health", "from", "now-3650d");
    for (int i = 0; i < 100 && !health.get("sources").toString().contains("\"late\""); i++) {
      Thread.sleep(50);
      health = server.get("/api/v1/ingest/health", "from", "now-3650d");
    }

    JsonNode late = source(health, "health");
    assertThat(late.get("service").asText()).isEqualTo("late");
    assertThat(late.get("scope_version").asText()).isEqualTo("2.1");
    assertThat(late.get("transport").asText()).isEqualTo("otlp-http-json");
    assertThat(late.get("spans").asInt()).as("a span that came twice").isEqualTo(1);
    assertThat(late.get("warned").asInt()).isEqualTo(1);
    assertThat(late.at("/warnings/0/code").asText()).isEqualTo("end_before_start");
    assertThat(late.at("/warnings/0/spans").asInt()).isEqualTo(1);
    assertThat(late.at("/warnings/0/meaning").asText()).startsWith("the end was before");
    assertThat(late.get("last_ns").asText()).isEqualTo("1790000000000000000");
    JsonNode strands = source(health, "strands.telemetry.tracer");
    assertThat(strands.get("dialects").toString()).contains("strands");
    assertThat(strands.get("llm_spans").asInt()).isPositive();

    List<JsonNode> refusals = new ArrayList<>();
    health.get("refusals").forEach(refusals::add);
    assertThat(refusals)
        .anySatisfy(
            refusal -> {
              assertThat(refusal.get("status").asInt()).isEqualTo(200);
              assertThat(refusal.get("reason").asText()).contains("no span id");
              assertThat(refusal.get("requests").asInt()).isEqualTo(2);
              assertThat(refusal.get("rejected").asInt()).isEqualTo(4);
            })
        .anySatisfy(
            refusal -> {
              assertThat(refusal.get("status").asInt()).isEqualTo(400);
              assertThat(refusal.get("path").asText()).isEqualTo("/v1/traces");
            });
    assertThat(health.toString()).doesNotContain("not json");
    assertThat(server.get("/api/v1/ingest/health").get("sources")).isEmpty();
  }
}
