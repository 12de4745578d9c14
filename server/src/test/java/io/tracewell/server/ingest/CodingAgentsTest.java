package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.store.TestEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Coding agents that send log records and no spans: as their source and their documentation write
 * them, from intake to the API.
 */
class CodingAgentsTest {
  private static final long NOW = System.currentTimeMillis();

  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "agents");
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  /** A record; attributes are names and values in turn. */
  private static ObjectNode record(long at, String body, Object... attributes) {
    ObjectNode record = Recordings.JSON.createObjectNode();
    record.put("timeUnixNano", NOW + at + "000000");
    record.putObject("body").put("stringValue", body);
    ArrayNode list = record.putArray("attributes");
    for (int i = 0; i < attributes.length; i += 2) {
      ObjectNode value = list.addObject().put("key", (String) attributes[i]).putObject("value");
      switch (attributes[i + 1]) {
        case Long number -> value.put("intValue", number.toString());
        case Double number -> value.put("doubleValue", number);
        case Boolean flag -> value.put("boolValue", flag);
        case Object text -> value.put("stringValue", text.toString());
      }
    }
    return record;
  }

  private static void send(String service, String scope, List<ObjectNode> records)
      throws Exception {
    ObjectNode body = Recordings.JSON.createObjectNode();
    ObjectNode resource = body.putArray("resourceLogs").addObject();
    resource
        .putObject("resource")
        .putArray("attributes")
        .addObject()
        .put("key", "service.name")
        .putObject("value")
        .put("stringValue", service);
    ObjectNode scoped = resource.putArray("scopeLogs").addObject();
    scoped.putObject("scope").put("name", scope);
    scoped.putArray("logRecords").addAll(records);
    server.send(
        new Recorded(
            false,
            "POST",
            "/v1/logs",
            List.of("Content-Type", "application/json"),
            Recordings.JSON.writeValueAsBytes(body)));
  }

  /** The one trace of an application, once it is as it should be. */
  private static JsonNode trace(String application, Predicate<JsonNode> whole) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    JsonNode found = null;
    while (System.nanoTime() < deadline) {
      JsonNode page =
          server.get(
              "/api/v1/spans",
              "app",
              application,
              "limit",
              "100",
              "from",
              Long.toString(NOW - 3_600_000));
      if (!page.get("spans").isEmpty()) {
        found = server.get("/api/v1/traces/" + page.at("/spans/0/trace_id").asText());
        if (whole.test(found)) {
          return found;
        }
      }
      Thread.sleep(100);
    }
    throw new AssertionError("not as expected: " + found);
  }

  private static JsonNode only(JsonNode trace, String kind) throws Exception {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode head : trace.get("spans")) {
      if (head.get("kind").asText().equals(kind)) {
        found.add(head);
      }
    }
    assertThat(found).as("spans of kind %s in %s", kind, trace).hasSize(1);
    return server.span(
        trace.at("/trace/trace_id").asText(), found.getFirst().get("span_id").asText());
  }

  private static ObjectNode claude(long at, String event, Object... more) {
    List<Object> attributes =
        new ArrayList<>(
            List.of(
                "event.name", event,
                "event.sequence", at,
                "session.id", "session-1",
                "prompt.id", "prompt-1",
                "user.account_uuid", "account-1"));
    Collections.addAll(attributes, more);
    return record(at, "claude_code." + event, attributes.toArray());
  }

  @Test
  void claude_code() throws Exception {
    List<ObjectNode> records =
        List.of(
            claude(0, "user_prompt", "prompt_length", "9", "prompt", "Fix it"),
            claude(
                3000,
                "api_request",
                "model",
                "claude-sonnet-4-5-20250929",
                "input_tokens",
                20L,
                "output_tokens",
                10L,
                "cache_read_tokens",
                5000L,
                "cache_creation_tokens",
                300L,
                "cost_usd",
                0.0123,
                "duration_ms",
                2500L,
                "ttft_ms",
                400L,
                "request_id",
                "req_0123456789"),
            claude(
                3010,
                "assistant_response",
                "response",
                "I will run it.",
                "request_id",
                "req_0123456789"),
            claude(
                4000,
                "tool_result",
                "tool_name",
                "Bash",
                "tool_use_id",
                "toolu_1",
                "success",
                "false",
                "error",
                "exit 1",
                "duration_ms",
                "700",
                "tool_parameters",
                "{\"bash_command\":\"make\"}"),
            claude(4001, "tool_decision", "tool_name", "Bash", "decision", "accept"));
    // Sent again in another order: nothing may come twice.
    List<ObjectNode> again = new ArrayList<>(records);
    Collections.reverse(again);
    send("claude-code", "com.anthropic.claude_code.events", again);
    send("claude-code", "com.anthropic.claude_code.events", records);
    JsonNode trace =
        trace(
            "claude-code",
            t ->
                t.get("spans").size() == 3
                    && t.at("/trace/output").asText().equals("I will run it."));
    assertThat(trace.at("/trace/session_id").asText()).isEqualTo("session-1");
    assertThat(trace.at("/trace/user_id").asText()).isEqualTo("account-1");
    assertThat(trace.at("/trace/input").asText()).isEqualTo("Fix it");
    assertThat(trace.at("/trace/llm_calls").asInt()).isEqualTo(1);
    assertThat(trace.at("/trace/input_tokens").asText()).isEqualTo("5320");

    JsonNode call = only(trace, "llm");
    assertThat(call.get("model").asText()).isEqualTo("claude-sonnet-4-5-20250929");
    assertThat(call.get("provider").asText()).isEqualTo("anthropic");
    assertThat(call.at("/usage/cache_write").asText()).isEqualTo("300");
    assertThat(call.at("/cost/total").asText()).isEqualTo("0.0123");
    assertThat(call.at("/cost/source").asText()).isEqualTo("reported");
    assertThat(call.get("duration_ns").asText()).isEqualTo("2500000000");
    assertThat(call.get("ttft_ns").asText()).isEqualTo("400000000");
    assertThat(call.at("/output/messages/0/parts/0/text/text").asText())
        .isEqualTo("I will run it.");
    JsonNode tool = only(trace, "tool");
    assertThat(tool.get("name").asText()).isEqualTo("Bash");
    assertThat(tool.get("status").asText()).isEqualTo("error");
    assertThat(tool.at("/error/message").asText()).isEqualTo("exit 1");
    assertThat(tool.at("/input/value/text").asText()).contains("make");
    JsonNode top = only(trace, "agent");
    assertThat(call.get("parent_id").asText()).isEqualTo(top.get("span_id").asText());
    assertThat(tool.get("parent_id").asText()).isEqualTo(top.get("span_id").asText());
  }

  private static ObjectNode codex(long at, String event, Object... more) {
    List<Object> attributes =
        new ArrayList<>(
            List.of(
                "event.name", "codex." + event,
                "conversation.id", "conversation-1",
                "user.email", "a@example.org",
                "model", "gpt-5",
                "slug", "gpt-5"));
    Collections.addAll(attributes, more);
    return record(at, "", attributes.toArray());
  }

  @Test
  void codex() throws Exception {
    send(
        "codex_cli_rs",
        "opentelemetry-appender-tracing",
        List.of(
            codex(0, "conversation_starts", "provider_name", "OpenAI"),
            codex(10, "user_prompt", "prompt_length", "9", "prompt", "Fix it"),
            codex(500, "api_request", "duration_ms", "400", "http.response.status_code", 200L),
            codex(900, "sse_event", "event.kind", "response.output_item.done", "duration_ms", "3"),
            codex(
                1000,
                "sse_event",
                "event.kind",
                "response.completed",
                "input_token_count",
                "1000",
                "output_token_count",
                "120",
                "cached_token_count",
                600L,
                "reasoning_token_count",
                64L,
                "tool_token_count",
                "1120"),
            codex(
                2000,
                "tool_result",
                "tool_name",
                "shell",
                "call_id",
                "call_1",
                "arguments",
                "{\"command\":[\"make\"]}",
                "duration_ms",
                "250",
                "success",
                "true",
                "output",
                "done")));
    JsonNode trace = trace("codex_cli_rs", t -> t.get("spans").size() == 4);
    assertThat(trace.at("/trace/session_id").asText()).isEqualTo("conversation-1");
    assertThat(trace.at("/trace/user_id").asText()).isEqualTo("a@example.org");
    JsonNode call = only(trace, "llm");
    assertThat(call.get("model").asText()).isEqualTo("gpt-5");
    assertThat(call.get("provider").asText()).isEqualTo("openai");
    assertThat(call.at("/usage/input").asText()).isEqualTo("1000");
    assertThat(call.at("/usage/cache_read").asText()).isEqualTo("600");
    assertThat(call.at("/usage/output").asText()).isEqualTo("120");
    assertThat(call.at("/usage/reasoning").asText()).isEqualTo("64");
    assertThat(call.at("/cost/source").asText()).isEqualTo("priced");
    JsonNode tool = only(trace, "tool");
    assertThat(tool.get("name").asText()).isEqualTo("shell");
    assertThat(tool.get("tool_call_id").asText()).isEqualTo("call_1");
    assertThat(tool.at("/output/value/text").asText()).isEqualTo("done");
    assertThat(tool.get("duration_ns").asText()).isEqualTo("250000000");
    assertThat(only(trace, "task").at("/input/value/text").asText()).isEqualTo("Fix it");
    assertThat(trace.at("/trace/root_missing").asBoolean()).isFalse();
  }

  @Test
  void gemini_cli() throws Exception {
    String instant = "2026-11-01T10:00:03.000Z";
    Object[] common = {"session.id", "session-2", "event.timestamp", instant};
    List<Object> response =
        new ArrayList<>(
            List.of(
                "event.name", "gemini_cli.api_response",
                "model", "gemini-2.5-pro",
                "prompt_id", "session-2########0",
                "duration_ms", 2000L,
                "input_token_count", 100L,
                "output_token_count", 20L,
                "cached_content_token_count", 40L,
                "thoughts_token_count", 30L,
                "tool_token_count", 0L,
                "total_token_count", 150L));
    Collections.addAll(response, common);
    List<Object> details =
        new ArrayList<>(
            List.of(
                "event.name", "gen_ai.client.inference.operation.details",
                "gen_ai.request.model", "gemini-2.5-pro",
                "gen_ai.input.messages",
                    "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Fix it\"}]}]",
                "gen_ai.output.messages",
                    "[{\"role\":\"assistant\",\"finish_reason\":\"stop\",\"parts\":[{\"type\":\"text\","
                        + "\"content\":\"Done.\"}]}]"));
    Collections.addAll(details, common);
    send(
        "gemini-cli",
        "gemini-cli",
        List.of(
            record(
                0,
                "User prompt.",
                "event.name",
                "gemini_cli.user_prompt",
                "session.id",
                "session-2",
                "prompt_id",
                "session-2########0",
                "prompt",
                "Fix it"),
            record(3000, "API response", response.toArray()),
            record(3000, "GenAI operation", details.toArray()),
            record(
                4000,
                "Tool call",
                "event.name",
                "gemini_cli.tool_call",
                "session.id",
                "session-2",
                "prompt_id",
                "session-2########0",
                "function_name",
                "read_file",
                "function_args",
                "{\"path\":\"a\"}",
                "duration_ms",
                5L,
                "success",
                true)));
    JsonNode trace =
        trace(
            "gemini-cli",
            t -> t.get("spans").size() == 3 && t.toString().contains("\"output\":\"Done.\""));
    JsonNode call = only(trace, "llm");
    assertThat(call.get("provider").asText()).isEqualTo("gcp.gemini");
    assertThat(call.at("/usage/input").asText()).isEqualTo("100");
    assertThat(call.at("/usage/cache_read").asText()).isEqualTo("40");
    assertThat(call.at("/usage/output").asText()).isEqualTo("50");
    assertThat(call.at("/input/messages/0/parts/0/text/text").asText()).isEqualTo("Fix it");
    assertThat(call.at("/finish_reasons/0").asText()).isEqualTo("stop");
    JsonNode tool = only(trace, "tool");
    assertThat(tool.get("name").asText()).isEqualTo("read_file");
    assertThat(tool.get("parent_id").asText())
        .isEqualTo(only(trace, "agent").get("span_id").asText());
    assertThat(trace.at("/trace/session_id").asText()).isEqualTo("session-2");
  }

  @Test
  void a_record_of_a_whole_call_without_a_span_is_a_call() throws Exception {
    send(
        "no-spans",
        "some.scope",
        List.of(
            record(
                0,
                "",
                "event.name",
                "gen_ai.client.inference.operation.details",
                "gen_ai.operation.name",
                "chat",
                "gen_ai.provider.name",
                "openai",
                "gen_ai.request.model",
                "gpt-4o-mini",
                "gen_ai.usage.input_tokens",
                12L,
                "gen_ai.usage.output_tokens",
                3L,
                "gen_ai.output.messages",
                "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi\"}]}]")));
    JsonNode call = only(trace("no-spans", t -> t.get("spans").size() == 1), "llm");
    assertThat(call.get("name").asText()).isEqualTo("chat gpt-4o-mini");
    assertThat(call.at("/usage/input").asText()).isEqualTo("12");
    assertThat(call.at("/cost/source").asText()).isEqualTo("priced");
    assertThat(call.at("/output/messages/0/parts/0/text/text").asText()).isEqualTo("Hi");
  }

  /** With spans, a record adds what was said to its span, and its call is not counted twice. */
  @Test
  void records_beside_spans_add_what_was_said() throws Exception {
    String trace = "000000000000000000000000000c0de1";
    String body =
        "{'resourceSpans':[{'resource':{'attributes':[{'key':'service.name','value':{'stringValue':"
            + "'with-spans'}}]},'scopeSpans':[{'scope':{'name':'com.anthropic.claude_code.tracing'},"
            + "'spans':[{'traceId':'"
            + trace
            + "','spanId':'0000000000000001','name':'claude_code.interaction','startTimeUnixNano':'"
            + NOW
            + "000000','endTimeUnixNano':'"
            + NOW
            + "000900','attributes':[{'key':'span.type','value':{'stringValue':'interaction'}}]},"
            + "{'traceId':'"
            + trace
            + "','spanId':'0000000000000002','parentSpanId':'0000000000000001','name':"
            + "'claude_code.llm_request','startTimeUnixNano':'"
            + NOW
            + "000100','endTimeUnixNano':'"
            + NOW
            + "000800','attributes':[{'key':'span.type','value':{'stringValue':'llm_request'}},"
            + "{'key':'model','value':{'stringValue':'claude-sonnet-4-5'}},"
            + "{'key':'input_tokens','value':{'intValue':'20'}},"
            + "{'key':'output_tokens','value':{'intValue':'10'}}]}]}]}]}";
    server.send(
        new Recorded(
            false,
            "POST",
            "/v1/traces",
            List.of("Content-Type", "application/json"),
            body.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    List<ObjectNode> records =
        List.of(
            claude(5, "api_request", "model", "claude-sonnet-4-5", "input_tokens", 20L),
            claude(6, "assistant_response", "response", "All done."));
    records.forEach(r -> r.put("traceId", trace).put("spanId", "0000000000000001"));
    send("with-spans", "com.anthropic.claude_code.events", records);
    JsonNode found = trace("with-spans", t -> t.at("/trace/output").asText().equals("All done."));
    assertThat(found.get("spans").size()).isEqualTo(2);
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("20");
  }
}
