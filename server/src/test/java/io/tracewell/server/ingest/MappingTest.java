package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.store.TestEngine;
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
}
