package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Ids;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.store.TestEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Known traps of structure, time and transport, each by its number, from intake to the API; also
 * those of other parts that need more than one span or signal. {@code docs/gotchas.md} lists all.
 */
class StructureGotchasTest {
  private static final String LLM =
      "{'key':'gen_ai.operation.name','value':{'stringValue':'chat'}},"
          + "{'key':'gen_ai.request.model','value':{'stringValue':'gpt-4o'}},"
          + "{'key':'gen_ai.usage.input_tokens','value':{'intValue':'7'}},"
          + "{'key':'gen_ai.usage.output_tokens','value':{'intValue':'2'}}";
  private static final String MESSAGES =
      "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hello\"}]}]";
  private static final long NOW = System.currentTimeMillis();

  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;
  private static int traces;

  private final String trace = String.format("%032x", 0x70000 + traces++);
  private final Set<Integer> sent = new HashSet<>();

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "structure");
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  private static void post(String json) throws Exception {
    post("/v1/traces", json);
  }

  private static void post(String path, String json) throws Exception {
    server.send(
        new Recorded(
            false,
            "POST",
            path,
            List.of("Content-Type", "application/json"),
            json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
  }

  /** One span in a request of its own, readable when this returns. */
  private JsonNode send(int id, int parent, String name, String attributes, String more)
      throws Exception {
    post(request("shop", span(id, parent, name, attributes, more)));
    return stored();
  }

  /** The trace, once all spans that this test sent can be read. */
  private JsonNode stored() throws Exception {
    // The row of a trace may be a moment behind its spans.
    return await(
        found ->
            found.path("spans").size() >= sent.size()
                && found.at("/trace/span_count").asInt() >= sent.size());
  }

  private JsonNode await(Predicate<JsonNode> whole) throws Exception {
    return server.await(trace, Duration.ofMinutes(1), whole);
  }

  private static String request(String service, String spans) {
    return "{'resourceSpans':[{'resource':{'attributes':[{'key':'service.name','value':{'stringValue':'"
        + service
        + "'}}]},'scopeSpans':[{'scope':{'name':'test'},'spans':["
        + spans
        + "]}]}]}";
  }

  private String span(int id, int parent, String name, String attributes, String more) {
    sent.add(id);
    return "{'traceId':'"
        + trace
        + "','spanId':'"
        + String.format("%016x", id)
        + (parent == 0 ? "" : "','parentSpanId':'" + String.format("%016x", parent))
        + "','name':'"
        + name
        + "'"
        + (more.contains("startTime") ? "" : times(0, 1000))
        + more
        + ",'attributes':["
        + attributes
        + "]}";
  }

  private static String times(long from, long to) {
    return ",'startTimeUnixNano':'"
        + (NOW + from)
        + "000000','endTimeUnixNano':'"
        + (NOW + to)
        + "000000'";
  }

  private static String text(String key, String value) {
    return "{'key':'" + key + "','value':{'stringValue':'" + value + "'}}";
  }

  private JsonNode span(int id) throws Exception {
    return server.span(trace, String.format("%016x", id));
  }

  private static String exception(String type, boolean escaped) {
    return ",'events':[{'name':'exception','timeUnixNano':'"
        + NOW
        + "000000','attributes':["
        + text("exception.type", type)
        + ","
        + text("exception.escaped", Boolean.toString(escaped))
        + "]}]";
  }

  @Test
  void g51_a_trace_whose_root_never_comes_is_shown_from_its_top() throws Exception {
    JsonNode found = send(2, 1, "top", LLM, "");
    assertThat(found.at("/trace/root_missing").asBoolean()).isTrue();
    assertThat(found.at("/trace/name").asText()).isEqualTo("top");
    assertThat(found.at("/spans/0/parent_id").asText()).isEqualTo("0000000000000001");
  }

  @Test
  void g52_several_roots_are_one_trace() throws Exception {
    send(1, 0, "first", LLM, "");
    JsonNode found = send(2, 0, "second", LLM, times(10, 20));
    assertThat(found.at("/trace/root_missing").asBoolean()).isFalse();
    assertThat(found.at("/trace/name").asText()).isEqualTo("first");
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("14");
  }

  @Test
  void g53_an_orphan_finds_the_parent_that_comes_later() throws Exception {
    send(2, 1, "call", LLM, "");
    // The agent repeats the figures of its call: only where the call is below it is that known.
    JsonNode found = send(1, 0, "root", LLM.replace("chat", "invoke_agent"), "");
    assertThat(found.at("/trace/root_missing").asBoolean()).isFalse();
    assertThat(found.at("/trace/name").asText()).isEqualTo("root");
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("7");
  }

  @Test
  void g54_times_are_kept_where_a_child_outlives_its_parent() throws Exception {
    send(1, 0, "parent", LLM, times(100, 200));
    send(2, 1, "child", LLM, times(50, 900));
    assertThat(span(2).get("duration_ns").asText()).isEqualTo("850000000");
    assertThat(span(1).get("duration_ns").asText()).isEqualTo("100000000");
  }

  @Test
  void g55_a_span_of_three_days_ago_is_taken() throws Exception {
    long days = -3L * 24 * 3600 * 1000;
    JsonNode found = send(1, 0, "late", LLM, times(days, days + 10));
    assertThat(found.at("/spans/0/start_ns").asText()).isEqualTo(NOW + days + "000000");
  }

  @Test
  void g56_a_span_that_comes_twice_is_one() throws Exception {
    send(1, 0, "again", LLM, "");
    post(request("shop", span(1, 0, "the same again", LLM, "")));
    JsonNode found = await(one -> one.at("/trace/name").asText().equals("the same again"));
    assertThat(found.get("spans").size()).isEqualTo(1);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("7");
  }

  @Test
  void g58_vectors_are_counted_and_not_kept() throws Exception {
    send(
        1,
        0,
        "embed",
        text("openinference.span.kind", "EMBEDDING")
            + ","
            + text("embedding.embeddings.0.embedding.text", "Lyon")
            + ",{'key':'embedding.embeddings.0.embedding.vector','value':{'arrayValue':{'values':["
            + "{'doubleValue':0.123456},{'doubleValue':0.2},{'doubleValue':0.3}]}}}",
        "");
    assertThat(span(1).at("/output/value/text").asText())
        .isEqualTo("{\"vectors\":1,\"dimensions\":3}");
    String raw = server.get("/api/v1/traces/" + trace + "/spans/0000000000000001/raw").toString();
    assertThat(raw).doesNotContain("0.123456");
  }

  @Test
  void g59_the_tools_that_every_call_repeats_are_stored_in_the_room_of_few() throws Exception {
    // As large as some frameworks' schemas, and nothing in it repeats.
    byte[] noise = new byte[75_000];
    new Random(59).nextBytes(noise);
    String tools =
        "[{\\'name\\':\\'f\\',\\'description\\':\\'"
            + Base64.getEncoder().encodeToString(noise)
            + "\\'}]";
    int calls = 24;
    for (int id = 1; id <= calls; id++) {
      post(
          request(
              "shop", span(id, 0, "call", LLM + "," + text("gen_ai.tool.definitions", tools), "")));
    }
    stored();
    ClickHouse database =
        new ClickHouse(new ClickHouse.Options(engine.url(), "test", "secret", "structure"));
    Thread.sleep(2_000); // parts are made small when they are older than a second
    database.execute("OPTIMIZE TABLE spans FINAL", Map.of(), ClickHouse.Limits.DEFAULT);
    long stored =
        database
            .query(
                "SELECT sum(column_data_compressed_bytes) AS n FROM system.parts_columns WHERE active"
                    + " AND database = 'structure' AND table = 'spans' AND column = 'tool_definitions'",
                Map.of(),
                ClickHouse.Limits.DEFAULT,
                row -> row.int64("n"))
            .getFirst();
    assertThat(stored).isLessThan(calls * 100_000L / 6);
    assertThat(span(calls).at("/tool_definitions/0/description").asText().length())
        .isEqualTo(100_000);
  }

  @Test
  void g60_lists_with_gaps_and_cut_json_are_shown_as_far_as_they_came() throws Exception {
    send(
        1,
        0,
        "gaps",
        text("openinference.span.kind", "LLM")
            + ","
            + text("llm.input_messages.3.message.role", "user")
            + ","
            + text("llm.input_messages.3.message.content", "third")
            + ","
            + text("llm.input_messages.7.message.role", "user")
            + ","
            + text("llm.input_messages.7.message.content", "seventh"),
        "");
    JsonNode messages = span(1).at("/input/messages");
    assertThat(messages.size()).isEqualTo(2);
    assertThat(messages.at("/1/parts/0/text/text").asText()).isEqualTo("seventh");

    send(
        2,
        1,
        "cut",
        LLM + "," + text("gen_ai.input.messages", "[{\\'role\\':\\'user\\',\\'parts\\':[{\\'type"),
        "");
    assertThat(span(2).get("input").toString()).contains("parts");
    assertThat(span(2).get("warnings").toString()).contains("unreadable_messages");
  }

  @Test
  void g61_a_request_of_eighteen_megabytes_is_taken() throws Exception {
    JsonNode found =
        send(
            1,
            0,
            "large",
            LLM
                + ","
                + text("gen_ai.prompt", "x".repeat(15 << 20))
                + ","
                + text("gen_ai.completion", "y".repeat(3 << 20)),
            "");
    assertThat(found.get("spans").size()).isEqualTo(1);
    assertThat(span(1).at("/input/value/length").asInt()).isEqualTo(15 << 20);
    assertThat(span(1).at("/output/value/length").asInt()).isEqualTo(3 << 20);
  }

  @Test
  void g62_spans_of_http_and_databases_are_no_llm_work() throws Exception {
    send(1, 0, "chat", LLM, "");
    JsonNode found =
        send(2, 1, "POST", text("http.request.method", "POST"), ",'kind':3" + times(1, 2));
    assertThat(span(2).get("kind").asText()).isEqualTo("span");
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
  }

  @Test
  void g63_a_trace_over_services_belongs_to_the_application_of_its_root() throws Exception {
    post(request("tools", span(2, 1, "call", LLM, times(5, 6))));
    JsonNode found = send(1, 0, "root", LLM, "");
    assertThat(found.at("/trace/application").asText()).isEqualTo("shop");
    assertThat(span(2).get("service").asText()).isEqualTo("tools");
  }

  @Test
  void g65_links_are_shown_and_count_nothing() throws Exception {
    send(1, 0, "first", LLM, "");
    JsonNode found =
        send(
            2,
            1,
            "linked",
            text("gen_ai.operation.name", "plan"),
            ",'links':[{'traceId':'" + trace + "','spanId':'0000000000000001'}]" + times(1, 2));
    assertThat(span(2).at("/links/0/span_id").asText()).isEqualTo("0000000000000001");
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("7");
  }

  @Test
  void g66_messages_as_structure_text_or_bytes_are_the_same() throws Exception {
    String key = ",{'key':'gen_ai.input.messages','value':";
    send(1, 0, "text", LLM + key + "{'stringValue':'" + MESSAGES.replace("\"", "\\'") + "'}}", "");
    send(
        2,
        1,
        "structure",
        LLM
            + key
            + "{'arrayValue':{'values':[{'kvlistValue':{'values':["
            + text("role", "user")
            + ",{'key':'parts','value':{'arrayValue':{'values':[{'kvlistValue':{'values':["
            + text("type", "text")
            + ","
            + text("content", "Hello")
            + "]}}]}}}]}}]}}}",
        "");
    String bytes = Base64.getEncoder().encodeToString(MESSAGES.getBytes(StandardCharsets.UTF_8));
    send(3, 1, "bytes", LLM + key + "{'bytesValue':'" + bytes + "'}}", "");
    for (int id = 1; id <= 3; id++) {
      assertThat(span(id).at("/input/messages/0/parts/0/text/text").asText())
          .as("span " + id)
          .isEqualTo("Hello");
    }
  }

  @Test
  void g67_loose_json_is_read() throws Exception {
    String upper = "ABCDEF00000000000000000000070000";
    String base64 = Base64.getEncoder().encodeToString(new byte[] {0, 0, 0, 0, 0, 0, 0, 9});
    post(
        request(
            "shop",
            "{'traceId':'"
                + upper
                + "','spanId':'"
                + base64
                + "','name':'loose','kind':'SPAN_KIND_CLIENT','startTimeUnixNano':"
                + NOW
                + "000000,'endTimeUnixNano':"
                + (NOW + 5)
                + "000000,'status':{'code':'STATUS_CODE_ERROR'},'attributes':["
                + LLM
                + "]}"));
    server.traces(0);
    JsonNode found = server.span(upper, "0000000000000009");
    assertThat(found.get("status").asText()).isEqualTo("error");
    assertThat(found.get("parent_id").isNull()).isTrue();
    assertThat(found.get("duration_ns").asText()).isEqualTo("5000000");
  }

  @ParameterizedTest
  @CsvSource({
    "0, false, ok", // handled: the span says nothing of it
    "0, true, error",
    "2, false, error",
    "1, true, ok"
  })
  void g68_status_and_exceptions(int code, boolean escaped, String expected) throws Exception {
    send(
        1,
        0,
        "call",
        LLM,
        ",'status':{'code':" + code + "}" + exception("ValueError", escaped) + times(0, 1));
    assertThat(span(1).get("status").asText()).isEqualTo(expected);
    assertThat(span(1).get("warnings")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"langgraph.errors.GraphInterrupt", "GeneratorExit", "ParentCommand"})
  void g69_what_steers_a_graph_is_no_error(String type) throws Exception {
    send(1, 0, "node", LLM, ",'status':{'code':2}" + exception(type, true) + times(0, 1));
    assertThat(span(1).get("status").asText()).isEqualTo("ok");
  }

  @Test
  void g70_a_failed_tool_result_is_marked_and_fails_no_span() throws Exception {
    String messages =
        "[{\\'role\\':\\'user\\',\\'content\\':[{\\'type\\':\\'tool_result\\',\\'tool_use_id\\':\\'c1\\',"
            + "\\'content\\':\\'no such city\\',\\'is_error\\':true}]}]";
    send(1, 0, "call", LLM + "," + text("gen_ai.input.messages", messages), "");
    assertThat(span(1).get("status").asText()).isEqualTo("ok");
    assertThat(span(1).at("/input/messages/0/parts/0/error").asBoolean()).isTrue();
  }

  @Test
  void g87_a_call_of_a_tool_that_agent_client_and_server_report_is_one() throws Exception {
    send(1, 0, "agent", text("gen_ai.operation.name", "invoke_agent"), "");
    send(
        2,
        1,
        "execute_tool weather",
        text("gen_ai.operation.name", "execute_tool") + "," + text("gen_ai.tool.name", "weather"),
        times(1, 90));
    String mcp = text("mcp.method.name", "tools/call") + "," + text("gen_ai.tool.name", "weather");
    send(3, 2, "tools/call weather", mcp, ",'kind':3" + times(2, 80));
    send(4, 3, "POST", text("http.request.method", "POST"), ",'kind':3" + times(3, 70));
    JsonNode found = send(5, 4, "tools/call weather", mcp, ",'kind':2" + times(4, 60));
    for (int id : new int[] {2, 3, 5}) {
      assertThat(span(id).get("kind").asText()).isEqualTo("tool");
    }
    assertThat(found.at("/trace/tool_calls").asInt()).isEqualTo(1);
  }

  @Test
  void g30_metrics_and_log_records_add_nothing_to_what_spans_count() throws Exception {
    String claude =
        text("span.type", "llm_request")
            + ",{'key':'input_tokens','value':{'intValue':'7'}},{'key':'output_tokens','value':{'intValue':'2'}},"
            + text("model", "claude-sonnet-4-5");
    post(
        request("coding", span(1, 0, "claude_code.llm_request", claude, ""))
            .replace("'name':'test'", "'name':'com.anthropic.claude_code.tracing'"));
    String own = "'traceId':'" + trace + "','spanId':'0000000000000001','timeUnixNano':'" + NOW;
    post(
        "/v1/metrics",
        "{'resourceMetrics':[{'scopeMetrics':[{'scope':{'name':'com.anthropic.claude_code'},'metrics':[{"
            + "'name':'claude_code.token.usage','sum':{'aggregationTemporality':1,'isMonotonic':true,"
            + "'dataPoints':[{'asInt':'7','exemplars':[{"
            + own
            + "000000','asInt':'7'}]}]}}]}]}]}");
    post(
        "/v1/logs",
        "{'resourceLogs':[{'scopeLogs':[{'scope':{'name':'com.anthropic.claude_code.events'},'logRecords':[{"
            + own
            + "000000','attributes':["
            + text("event.name", "api_request")
            + ","
            + claude
            + ","
            + text("session.id", "s")
            + ","
            + text("prompt.id", "p")
            + "],'body':{'stringValue':'claude_code.api_request'}},{"
            + own
            + "000001','attributes':["
            + text("event.name", "assistant_response")
            + ","
            + text("session.id", "s")
            + ","
            + text("prompt.id", "p")
            + ","
            + text("response", "Done.")
            + "],'body':{'stringValue':'claude_code.assistant_response'}}]}]}]}");
    JsonNode found = await(one -> one.at("/trace/output").asText().equals("Done."));
    assertThat(found.get("spans").size()).isEqualTo(1);
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("7");
  }

  @Test
  void g57_of_a_span_that_two_exporters_send_the_one_that_came_last_is_kept() throws Exception {
    send(1, 0, "call", LLM, "");
    String rewritten =
        text("openinference.span.kind", "LLM")
            + ","
            + text("llm.model_name", "gpt-4o")
            + ",{'key':'llm.token_count.prompt','value':{'intValue':'7'}}";
    post(request("shop", span(1, 0, "rewritten", rewritten, "")));
    JsonNode found = await(one -> one.at("/trace/name").asText().equals("rewritten"));
    assertThat(span(1).get("dialects").toString()).isEqualTo("[\"openinference\"]");
    assertThat(found.get("spans").size()).isEqualTo(1);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("7");
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
  }

  @Test
  void g64_a_trace_that_a_browser_began_has_no_root_and_all_of_its_spans() throws Exception {
    // The browser's span is only named: by its sampled traceparent, as a remote parent.
    send(2, 1, "GET /cart", text("http.request.method", "GET"), ",'kind':2,'flags':769");
    send(3, 2, "chat", LLM, times(20, 90));
    JsonNode found =
        send(
            4,
            1,
            "GET /ask",
            text("http.request.method", "GET"),
            ",'kind':2,'flags':769" + times(-10, 90));
    assertThat(found.at("/trace/root_missing").asBoolean()).isTrue();
    assertThat(found.at("/trace/name").asText()).isEqualTo("GET /ask");
    assertThat(found.get("spans").size()).isEqualTo(3);
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(1);
  }

  @Test
  void g78_a_call_and_the_span_that_ran_it_have_one_id() throws Exception {
    String asked =
        "[{\\'role\\':\\'assistant\\',\\'parts\\':[{\\'type\\':\\'tool_call\\',\\'id\\':\\'c1\\',"
            + "\\'name\\':\\'weather\\',\\'arguments\\':{}}]}]";
    send(1, 0, "chat", LLM + "," + text("gen_ai.output.messages", asked), "");
    send(
        2,
        1,
        "execute_tool weather",
        text("gen_ai.operation.name", "execute_tool") + "," + text("gen_ai.tool.call.id", "c1"),
        times(1, 90));
    // As AWS's and the Vercel SDK name it.
    send(
        3,
        1,
        "ai.toolCall",
        text("ai.operationId", "ai.toolCall") + "," + text("ai.toolCall.id", "c1"),
        times(1, 90));
    assertThat(span(1).at("/output/messages/0/parts/0/id").asText()).isEqualTo("c1");
    assertThat(span(2).get("tool_call_id").asText()).isEqualTo("c1");
    assertThat(span(3).get("tool_call_id").asText()).isEqualTo("c1");
  }

  @Test
  void g97_of_a_call_that_names_the_answer_before_it_the_new_part_is_the_input() throws Exception {
    String first = text("gen_ai.response.id", "resp_0000000000000001");
    send(1, 0, "chat", LLM + "," + first, "");
    send(
        2,
        1,
        "chat",
        LLM
            + ","
            + text("gen_ai.response.id", "resp_0000000000000002")
            + ","
            + text("gen_ai.request.previous_response_id", "resp_0000000000000001")
            + ","
            + text("gen_ai.input.messages", MESSAGES.replace("\"", "\\'")),
        times(10, 20));
    assertThat(span(2).at("/input/messages").size()).isEqualTo(1);
    assertThat(span(2).at("/input/messages/0/parts/0/text/text").asText()).isEqualTo("Hello");
    assertThat(span(2).at("/parameters/previous_response_id").asText())
        .isEqualTo(span(1).get("response_id").asText());
  }

  @Test
  void g101_an_evaluation_that_names_an_answer_waits_for_its_span() throws Exception {
    String answer = text("gen_ai.response.id", "chatcmpl-gotcha-000101");
    post(
        "/v1/logs",
        // Who judges is another program.
        "{'resourceLogs':[{'resource':{'attributes':["
            + text("service.name", "judge")
            + "]},'scopeLogs':[{'logRecords':[{'eventName':'gen_ai.evaluation.result',"
            + "'timeUnixNano':'"
            + NOW
            + "000000','attributes':["
            + text("gen_ai.evaluation.name", "tone")
            + ","
            + text("gen_ai.evaluation.score.label", "friendly")
            + ","
            + answer
            + "]},{'eventName':'gen_ai.evaluation.result','timeUnixNano':'"
            + NOW
            + "000000','traceId':'"
            + trace
            + "','spanId':'0000000000000001','attributes':["
            + text("gen_ai.evaluation.name", "relevance")
            + ",{'key':'gen_ai.evaluation.score.value','value':{'doubleValue':0.5}}]}]}]}]}");
    send(1, 0, "chat", LLM + "," + answer, "");
    JsonNode found = await(one -> one.path("evaluations").size() == 2);
    assertThat(found.get("evaluations").toString()).contains("tone").contains("relevance");
    for (JsonNode evaluation : found.get("evaluations")) {
      assertThat(evaluation.get("span_key").asText()).isEqualTo("0000000000000001");
    }
  }

  @Test
  void g102_a_distance_is_no_score() throws Exception {
    String event =
        ",'events':[{'name':'db.query.result','timeUnixNano':'"
            + NOW
            + "000000','attributes':["
            + text("db.query.result.document", "Lyon")
            + ",{'key':'db.query.result.distance','value':{'doubleValue':0.25}}]},"
            + "{'name':'db.query.result','timeUnixNano':'"
            + NOW
            + "000000','attributes':["
            + text("db.query.result.document", "Nice")
            + ",{'key':'db.query.result.score','value':{'doubleValue':0.75}}]}]";
    send(
        1,
        0,
        "chroma.query",
        text("db.system", "chroma") + "," + text("db.operation", "query"),
        event + times(0, 9));
    JsonNode documents = span(1).get("documents");
    assertThat(documents.at("/0/text/text").asText()).isEqualTo("Lyon");
    assertThat(documents.at("/0/score").isNumber()).as(documents.toString()).isFalse();
    assertThat(documents.at("/0/metadata").toString()).contains("distance").contains("0.25");
    assertThat(documents.at("/1/score").asDouble()).isEqualTo(0.75);
  }

  @Test
  void g103_what_an_experiment_ran_is_told_by_its_environment() throws Exception {
    String langfuse =
        text("langfuse.observation.type", "generation")
            + ","
            + text("langfuse.environment", "sdk-experiment");
    send(1, 0, "item", LLM + "," + langfuse, "");
    assertThat(span(1).get("environment").asText()).isEqualTo("sdk-experiment");
    assertThat(found("trace:" + trace)).isEqualTo(1);
    assertThat(found("trace:" + trace + " -env:sdk-experiment")).isZero();
    assertThat(found("trace:" + trace + " env:sdk-experiment")).isEqualTo(1);
  }

  private static int found(String query) throws Exception {
    return server
        .get("/api/v1/traces", "q", query, "from", Long.toString(NOW - 3_600_000))
        .get("traces")
        .size();
  }

  @Test
  void g104_of_a_session_by_voice_the_answers_count_and_not_their_sum() throws Exception {
    String usage =
        ",{'key':'gen_ai.usage.input_tokens','value':{'intValue':'%d'}},"
            + "{'key':'gen_ai.usage.output_tokens','value':{'intValue':'%d'}}";
    String model = text("gen_ai.request.model", "gpt-realtime");
    String audio = ",{'key':'gen_ai.usage.audio.input_tokens','value':{'intValue':'5'}}";
    voice(1, 0, "agent_session", model + usage.formatted(100, 10), times(0, 9000));
    voice(2, 1, "llm_request", model + usage.formatted(7, 2) + audio, times(10, 20));
    voice(3, 1, "llm_request", model + usage.formatted(8, 3) + audio, times(30, 40));
    JsonNode found = stored();
    assertThat(span(1).get("kind").asText()).isEqualTo("workflow");
    assertThat(span(2).at("/usage/input_audio").asText()).isEqualTo("5");
    assertThat(found.at("/trace/llm_calls").asInt()).isEqualTo(2);
    assertThat(found.at("/trace/input_tokens").asText()).isEqualTo("15");
    assertThat(found.at("/trace/output_tokens").asText()).isEqualTo("5");
  }

  private void voice(int id, int parent, String name, String attributes, String times)
      throws Exception {
    post(
        request("voice", span(id, parent, name, attributes, times))
            .replace("'name':'test'", "'name':'livekit-agents'"));
  }

  @Test
  void g71_a_trace_is_found_by_every_form_of_its_id() throws Exception {
    send(1, 0, "call", LLM, "");
    String decimal = Ids.traceKey(trace).hex();
    for (String form :
        List.of(
            new java.math.BigInteger(decimal, 16).toString(),
            new UUID(0, Long.parseLong(trace.substring(16), 16)).toString(),
            trace.toUpperCase(java.util.Locale.ROOT),
            "tr-" + trace,
            "1-" + trace.substring(0, 8) + "-" + trace.substring(8))) {
      assertThat(server.get("/api/v1/traces/" + form).at("/trace/trace_id").asText())
          .as(form)
          .isEqualTo(trace);
    }
  }
}
