package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import io.tracewell.core.Ids;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the routes for Datadog's SDKs do with what is unusual, wrong or hostile. */
class DatadogIntakeTest {
  private static final String LLMOBS = "/evp_proxy/v2/api/v2/llmobs";

  private DatadogServer server;

  @BeforeEach
  void start() throws IOException {
    server = new DatadogServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> post(String path, byte[] body, String... headers) throws Exception {
    return server.send("POST", path, body, headers);
  }

  private HttpResponse<String> post(String path, String json) throws Exception {
    return post(path, json.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
  }

  private static ObjectNode event(String spanId) throws IOException {
    return (ObjectNode)
        DatadogServer.JSON.readTree(
            """
            {"trace_id":"6a00000000000000aaaaaaaaaaaaaaaa","span_id":"%s","parent_id":"undefined",
             "name":"ask","start_ns":1767225600200000000,"duration":900000000,"status":"ok",
             "session_id":"s-9","ml_app":"app","service":"svc",
             "meta":{"span":{"kind":"llm"},"model_name":"gpt-4o-mini","model_provider":"openai",
              "input":{"messages":[{"role":"user","content":"Where?"}],
               "prompt":{"id":"p","version":"3","template":"t","variables":{"a":"b"}}},
              "output":{"messages":[{"role":"assistant","content":"Here",
               "tool_calls":[{"name":"find","arguments":{"id":77},"tool_id":"c1"}]}]},
              "metadata":{"temperature":0.2,"team":"x"},
              "tool_definitions":[{"name":"find","description":"d","schema":{"type":"object"}}],
              "intent":"locate","expected_output":"There",
              "agent_attribution":{"pagent_name":"router","pagent_span_id":"1"},
              "error":{"message":"late","type":"E","stack":"s"}},
             "metrics":{"input_tokens":9,"output_tokens":4,"total_tokens":13,"total_cost":0.5,
              "cache_read_input_tokens":1,"time_to_first_token":0.1},
             "tags":["env:dev","user_id:u"],
             "span_links":[{"span_id":"1","trace_id":"2","attributes":{"from":"output"}}],
             "collection_errors":["dropped_io"],"config":{"a":1},
             "_dd":{"span_id":"1","trace_id":"2","apm_trace_id":"2"}}
            """
                .formatted(spanId));
  }

  private static String envelope(JsonNode... spans) {
    ArrayNode list = DatadogServer.JSON.createArrayNode();
    for (JsonNode span : spans) {
      ObjectNode envelope = list.addObject();
      envelope.put("_dd.stage", "raw").put("event_type", "span");
      envelope.putArray("spans").add(span);
    }
    return list.toString();
  }

  private void worksStill() throws Exception {
    int before = server.spans.size();
    assertThat(post(LLMOBS, envelope(event("4242"))).statusCode()).isEqualTo(202);
    assertThat(server.spans).hasSize(before + 1);
  }

  @Test
  void info_names_the_endpoints_that_sdks_look_for() throws Exception {
    HttpResponse<String> answer = server.send("GET", "/info", new byte[0]);
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonNode info = DatadogServer.JSON.readTree(answer.body());
    List<String> endpoints = new ArrayList<>();
    info.get("endpoints").forEach(endpoint -> endpoints.add(endpoint.asText()));
    assertThat(endpoints).contains("/evp_proxy/v2/", "/evp_proxy/v4/", "/v0.4/traces");
    assertThat(endpoints).doesNotContain("/v0.6/stats", "/v0.7/config", "/v1.0/traces");
    assertThat(info.get("version").isTextual()).isTrue();
    assertThat(info.get("client_drop_p0s").asBoolean()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/telemetry/proxy/api/v2/apmtelemetry",
        "/v0.6/stats",
        "/v0.7/config",
        "/v0.1/pipeline_stats",
        "/debugger/v1/input",
        "/profiling/v1/input",
        "/symdb/v1/input",
        "/evp_proxy/v4/api/v2/errorsintake",
        "/evp_proxy/v2/api/v2/exposures"
      })
  void other_products_of_the_sdks_are_answered_and_forgotten(String path) throws Exception {
    HttpResponse<String> answer = post(path, "{\"a\":1}" + " ".repeat(200_000));
    assertThat(answer.statusCode()).isBetween(200, 299);
    assertThat(answer.body()).isEqualTo("{}");
    assertThat(server.spans).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v2/llmobs",
        "/evp_proxy/v1/api/v2/llmobs",
        "/evp_proxy/v2/api/v2/llmobs",
        "/evp_proxy/v3/api/v2/llmobs",
        "/evp_proxy/v4/api/v2/llmobs"
      })
  void the_proxy_is_a_prefix(String path) throws Exception {
    assertThat(post(path, envelope(event("1"))).statusCode()).isEqualTo(202);
    assertThat(server.spans).hasSize(1);
  }

  @Test
  void traces_are_answered_with_rates_that_are_json() throws Exception {
    for (String path : List.of("/v0.3/traces", "/v0.4/traces")) {
      HttpResponse<String> answer = server.send("PUT", path, new byte[] {(byte) 0x90});
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(
              DatadogServer.JSON
                  .readTree(answer.body())
                  .at("/rate_by_service/service:,env:")
                  .asDouble())
          .isEqualTo(1);
    }
    // The probe of the Java agent, and an empty v0.5.
    assertThat(
            server
                .send("PUT", "/v0.4/traces", new byte[] {(byte) 0x92, (byte) 0x90, (byte) 0x90})
                .statusCode())
        .isEqualTo(200);
    assertThat(
            post("/v0.5/traces", new byte[] {(byte) 0x92, (byte) 0x90, (byte) 0x90}).statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "[{}]", "null", "  [ ] "})
  void an_empty_payload_is_fine(String body) throws Exception {
    assertThat(post(LLMOBS, body).statusCode()).isEqualTo(202);
    assertThat(server.spans).isEmpty();
  }

  @Test
  void all_four_shapes_of_meta_say_the_same() throws Exception {
    ObjectNode nested = event("1");
    ObjectNode flat = event("2");
    ((ObjectNode) flat.get("meta")).remove("span");
    ((ObjectNode) flat.get("meta")).put("span.kind", "llm");
    ObjectNode plain = event("3");
    ((ObjectNode) plain.get("meta")).remove("span");
    ((ObjectNode) plain.get("meta")).put("kind", "llm");
    for (ObjectNode span : List.of(nested, flat, plain)) {
      span.put("status", "error");
    }
    ObjectNode meta = (ObjectNode) flat.get("meta");
    meta.remove("error");
    meta.put("error.message", "late").put("error.type", "E").put("error.stack", "s");
    assertThat(post(LLMOBS, envelope(nested, flat, plain)).statusCode()).isEqualTo(202);
    assertThat(server.spans).hasSize(3);
    for (Span span : server.spans) {
      assertThat(span.kind()).isEqualTo(SpanKind.LLM);
      assertThat(span.status()).isEqualTo(SpanStatus.ERROR);
      assertThat(span.error().message()).isEqualTo("late");
      assertThat(span.error().type()).isEqualTo("E");
      assertThat(span.error().stack()).isEqualTo("s");
      assertThat(span.cost().total()).isEqualTo(500_000_000_000L);
      assertThat(span.cost().source()).isEqualTo("reported");
      assertThat(span.userId()).isEqualTo("u");
      assertThat(span.agentName()).isEqualTo("router");
      assertThat(span.warnings()).anyMatch(warning -> warning.startsWith("dropped_io: "));
      JsonNode metadata = DatadogServer.JSON.readTree(span.metadata());
      assertThat(metadata.get("intent").asText()).isEqualTo("locate");
      assertThat(metadata.get("expected_output").asText()).isEqualTo("There");
    }
  }

  @Test
  void a_backslash_u_that_is_no_escape_is_read_as_text() throws Exception {
    String body = envelope(event("1")).replace("Where?", "C:\\users \\u00fc \\\\u1 \\ud83d\\ude00");
    assertThat(post(LLMOBS, body).statusCode()).isEqualTo(202);
    assertThat(server.spans.getFirst().inputPreview()).isEqualTo("C:\\users ü \\u1 😀");
  }

  @Test
  void bare_nan_and_infinity_are_kept_as_text_in_metadata() throws Exception {
    String body = envelope(event("1")).replace("0.2", "NaN").replace("\"x\"", "-Infinity");
    assertThat(post(LLMOBS, body).statusCode()).isEqualTo(202);
    Span span = server.spans.getFirst();
    assertThat(span.model().parameters()).isEqualTo("{\"temperature\":\"NaN\"}");
    assertThat(DatadogServer.JSON.readTree(span.metadata()).get("team").asText())
        .isEqualTo("-Infinity");
  }

  @Test
  void times_and_ids_keep_all_their_digits() throws Exception {
    ObjectNode span = event("18446744073709551615");
    span.put("start_ns", 1795419675287097301L).put("parent_id", "9223372036854775809");
    assertThat(post(LLMOBS, envelope(span)).statusCode()).isEqualTo(202);
    Span kept = server.spans.getFirst();
    assertThat(kept.spanId()).isEqualTo("18446744073709551615");
    assertThat(kept.parentId()).isEqualTo("9223372036854775809");
    assertThat(kept.startNanos()).isEqualTo(1795419675287097301L);
  }

  @Test
  void every_way_to_write_an_id_is_the_same_id() throws Exception {
    ObjectNode number = event("1");
    number.put("span_id", new java.math.BigInteger("9223372036854775809"));
    ObjectNode signed = event("-9223372036854775807");
    assertThat(post(LLMOBS, envelope(number, signed)).statusCode()).isEqualTo(202);
    assertThat(server.spans).extracting(Span::spanId).containsOnly("9223372036854775809");
    // Hex as OpenTelemetry sends it, decimal as Datadog does: one trace.
    String hex = "6a00000000000000aaaaaaaaaaaaaaaa";
    String decimal = new java.math.BigInteger(hex, 16).toString();
    assertThat(Ids.traceKey(decimal)).isEqualTo(Ids.traceKey(hex));
  }

  @Test
  void ids_above_two_to_the_63_join_in_the_trace_intake() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x91);
    out.write(0x92);
    apmSpan(out, -2L, -3L, 0, Map.of("_dd.p.tid", "6b04711b00000000"), "", 1);
    apmSpan(out, -2L, -4L, -3L, Map.of(), "", 1);
    assertThat(post("/v0.4/traces", out.toByteArray()).statusCode()).isEqualTo(200);
    assertThat(server.spans).hasSize(2);
    assertThat(server.spans)
        .extracting(Span::traceId)
        .containsOnly("6b04711b00000000fffffffffffffffe");
    assertThat(server.spans.get(1).parentId()).isEqualTo(server.spans.get(0).spanId());
    assertThat(server.spans.get(0).spanId()).isEqualTo("18446744073709551613");
    assertThat(server.spans).extracting(Span::kind).containsOnly(SpanKind.SPAN);
  }

  @Test
  void copies_are_not_doubled_and_calls_below_them_join_the_llm_trace() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x91);
    out.write(0x94);
    String trace = "6b04711b00000000f1081132dd7ccf8c";
    apmSpan(out, 5, 1, 0, Map.of("_dd.p.tid", "6b04711b00000000"), "web", 1);
    apmSpan(out, 5, 2, 1, Map.of("_dd.llmobs.submitted", "1", "llmobs_trace_id", trace), "llm", 1);
    apmSpan(out, 5, 3, 2, Map.of("_dd.llmobs.submitted", "1"), "llm", 1);
    apmSpan(out, 5, 4, 3, Map.of("http.method", "POST"), "http", 1);
    assertThat(post("/v0.4/traces", out.toByteArray()).statusCode()).isEqualTo(200);
    assertThat(server.spans).hasSize(2);
    Span http = server.spans.get(1);
    assertThat(http.traceId()).isEqualTo(trace);
    assertThat(http.parentId()).isEqualTo("3");
    assertThat(DatadogServer.JSON.readTree(http.metadata()).get("http.method").asText())
        .isEqualTo("POST");
    // What the LLM work was done for stays in the trace of the application.
    assertThat(server.spans.get(0).traceId()).isEqualTo("6b04711b000000000000000000000005");
  }

  @Test
  void a_trace_that_the_sampler_rejected_is_not_kept() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x91);
    out.write(0x91);
    apmSpan(out, 5, 1, 0, Map.of(), "web", -1);
    assertThat(post("/v0.4/traces", out.toByteArray()).statusCode()).isEqualTo(200);
    assertThat(server.spans).isEmpty();
  }

  @Test
  void compressed_bodies_are_known_by_their_bytes() throws Exception {
    byte[] json = envelope(event("1")).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(json);
    }
    assertThat(post(LLMOBS, gzip.toByteArray()).statusCode()).isEqualTo(202);
    assertThat(post(LLMOBS, gzip.toByteArray(), "Content-Encoding", "gzip").statusCode())
        .isEqualTo(202);
    assertThat(post(LLMOBS, Zstd.compress(json)).statusCode()).isEqualTo(202);
    assertThat(post(LLMOBS, json, "Content-Encoding", "gzip").statusCode()).isEqualTo(202);
    assertThat(server.spans).hasSize(4);
    byte[] cut = Arrays.copyOf(gzip.toByteArray(), gzip.size() / 2);
    assertThat(post(LLMOBS, cut).statusCode()).isEqualTo(400);
    assertThat(server.spans).hasSize(4);
  }

  @Test
  void a_body_that_cannot_be_read_is_refused_with_the_place_and_without_its_words()
      throws Exception {
    HttpResponse<String> json = post(LLMOBS, "[{\"spans\":[{\"secret word\" oops");
    assertThat(json.statusCode()).isEqualTo(400);
    assertThat(json.body()).contains("at byte").doesNotContain("secret").doesNotContain("oops");
    HttpResponse<String> msgpack = post("/v0.4/traces", new byte[] {(byte) 0x91, (byte) 0xc1});
    assertThat(msgpack.statusCode()).isEqualTo(400);
    assertThat(msgpack.body()).contains("MessagePack can't be read at byte 2");
    assertThat(post("/v0.4/traces", new byte[] {1}).statusCode()).isEqualTo(400);
    assertThat(post("/v0.5/traces", new byte[] {(byte) 0x90}).statusCode()).isEqualTo(400);
    assertThat(server.spans).isEmpty();
    assertThat(server.log.newest(1).getFirst().reason()).isNotNull();
    worksStill();
  }

  @Test
  void endless_nesting_and_claimed_sizes_cost_nothing() throws Exception {
    byte[] arrays = new byte[4 << 20];
    Arrays.fill(arrays, (byte) 0x91);
    byte[] maps = new byte[4 << 20];
    for (int i = 0; i + 2 < maps.length; i += 3) {
      maps[i] = (byte) 0x81;
      maps[i + 1] = (byte) 0xa1;
      maps[i + 2] = 'a';
    }
    byte[] keys = new byte[4 << 20];
    Arrays.fill(keys, (byte) 0x81);
    for (byte[] body : List.of(arrays, maps, keys)) {
      assertThat(post("/v0.4/traces", body).statusCode()).isEqualTo(400);
      assertThat(post(LLMOBS, body).statusCode()).isEqualTo(400);
      assertThat(post("/v0.5/traces", body).statusCode()).isEqualTo(400);
    }
    for (int type : new int[] {0xdd, 0xdf, 0xdb, 0xc6, 0xc9}) {
      byte[] claim = {(byte) type, -1, -1, -1, -1, 0};
      assertThat(post("/v0.4/traces", claim).statusCode()).isEqualTo(400);
    }
    assertThat(post(LLMOBS, "[".repeat(1 << 20)).statusCode()).isEqualTo(400);
    assertThat(post(LLMOBS, "{\"a\":".repeat(1 << 18)).statusCode()).isEqualTo(400);
    assertThat(server.spans).isEmpty();
    worksStill();
  }

  @Test
  void a_body_beyond_the_limit_is_refused_with_413() throws Exception {
    server.close();
    server = new DatadogServer(new IntakeLimits(10_000, 20_000, 40_000));
    HttpResponse<String> wire = post(LLMOBS, " ".repeat(10_001));
    assertThat(wire.statusCode()).isEqualTo(413);
    assertThat(wire.body()).contains("10000 bytes");
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(" ".repeat(100_000).getBytes(StandardCharsets.US_ASCII));
    }
    HttpResponse<String> decoded = post("/v0.4/traces", gzip.toByteArray());
    assertThat(decoded.statusCode()).isEqualTo(413);
    assertThat(decoded.body()).contains("20000 bytes when decompressed");
    worksStill();
  }

  /** Every field of a span, at any depth, replaced by every type there is. */
  @Test
  void a_wrong_type_in_any_field_harms_that_field_only() throws Exception {
    List<JsonNode> values = new ArrayList<>();
    for (String json :
        List.of(
            "null",
            "true",
            "-1",
            "1.5",
            "123456789012345678901234567890",
            "\"x\"",
            "\"\"",
            "[]",
            "[1,[2]]",
            "{}",
            "{\"a\":{\"b\":[1]}}",
            "\"🙂\"",
            "1e400")) {
      values.add(DatadogServer.JSON.readTree(json));
    }
    List<String> paths = new ArrayList<>();
    paths(event("1"), "", paths);
    assertThat(paths).hasSizeGreaterThan(60);
    for (String path : paths) {
      List<JsonNode> spans = new ArrayList<>();
      int id = 10;
      for (JsonNode value : values) {
        ObjectNode span = event(String.valueOf(id++));
        replace(span, path, value);
        spans.add(span);
      }
      spans.add(event("99"));
      server.spans.clear();
      HttpResponse<String> answer = post(LLMOBS, envelope(spans.toArray(new JsonNode[0])));
      assertThat(answer.statusCode()).as(path).isEqualTo(202);
      IngestLogRequest log = new IngestLogRequest(server);
      assertThat(log.accepted() + log.rejected()).as(path).isEqualTo(spans.size());
      if (!path.equals("/span_id") && !path.equals("/trace_id")) {
        assertThat(log.rejected()).as(path).isZero();
      }
      assertThat(server.spans).as(path).anyMatch(span -> span.spanId().equals("99"));
      for (Span span : server.spans) {
        DatadogServer.JSON.readTree(span.raw());
        assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
      }
    }
  }

  private record IngestLogRequest(int accepted, int rejected) {
    IngestLogRequest(DatadogServer server) {
      this(server.log.newest(1).getFirst().spans(), server.log.newest(1).getFirst().rejected());
    }
  }

  private static void paths(JsonNode node, String at, List<String> paths) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              entry -> {
                paths.add(at + "/" + entry.getKey());
                paths(entry.getValue(), at + "/" + entry.getKey(), paths);
              });
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        paths.add(at + "/" + i);
        paths(node.get(i), at + "/" + i, paths);
      }
    }
  }

  private static void replace(ObjectNode root, String path, JsonNode value) {
    int slash = path.lastIndexOf('/');
    JsonNode parent = root.at(path.substring(0, slash));
    String last = path.substring(slash + 1);
    if (parent instanceof ObjectNode object) {
      object.set(last, value);
    } else {
      ((ArrayNode) parent).set(Integer.parseInt(last), value);
    }
  }

  @Test
  void a_span_that_cannot_be_placed_is_rejected_and_the_rest_is_kept() throws Exception {
    ObjectNode lost = event("1");
    lost.remove("trace_id");
    assertThat(post(LLMOBS, envelope(lost, event("2"))).statusCode()).isEqualTo(202);
    assertThat(server.spans).hasSize(1);
    assertThat(server.log.newest(1).getFirst().reason()).contains("trace_id");
    assertThat(server.log.newest(1).getFirst().rejected()).isEqualTo(1);
  }

  @Test
  void the_public_api_gives_defaults_to_its_spans() throws Exception {
    String body =
        """
        {"data":{"type":"span","attributes":{"ml_app":"trip-planner","session_id":"chat-77",
          "tags":["env:prod","service:trip-api","user_id:42"],
          "spans":[
           {"name":"plan","trace_id":"9001","span_id":"1","parent_id":"undefined",
            "start_ns":1790000000000000000,"duration":2600000000.0,
            "meta":{"kind":"agent","input":{"value":"Weekend?"},"output":{"value":"A plan"}}},
           {"name":"find","trace_id":"9001","span_id":"2","parent_id":"1","ml_app":"other",
            "start_ns":1790000000200000000,"duration":310000000.0,"tags":["env:dev"],
            "meta":{"kind":"tool","input":{"value":"{\\"city\\":\\"Lyon\\"}"},"intent":"stay"}}]}}}
        """;
    HttpResponse<String> answer = post("/api/intake/llm-obs/v1/trace/spans", body);
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.body()).isEmpty();
    Span plan = server.spans.get(0);
    assertThat(plan.origin().application()).isEqualTo("trip-planner");
    assertThat(plan.origin().environment()).isEqualTo("prod");
    assertThat(plan.origin().service()).isEqualTo("trip-api");
    assertThat(plan.sessionId()).isEqualTo("chat-77");
    assertThat(plan.userId()).isEqualTo("42");
    assertThat(plan.durationNanos()).isEqualTo(2_600_000_000L);
    Span find = server.spans.get(1);
    assertThat(find.origin().application()).isEqualTo("other");
    assertThat(find.origin().environment()).isEqualTo("dev");
    assertThat(find.parentId()).isEqualTo("1");
  }

  /** A span of the trace intake as MessagePack. */
  private static void apmSpan(
      ByteArrayOutputStream out,
      long trace,
      long span,
      long parent,
      Map<String, String> meta,
      String type,
      double priority) {
    out.write(0x8b);
    text(out, "trace_id", trace);
    text(out, "span_id", span);
    text(out, "parent_id", parent);
    text(out, "start", 1767225600200000000L);
    text(out, "duration", 1000L);
    text(out, "error", 0L);
    text(out, "name");
    text(out, "request");
    text(out, "service");
    text(out, "svc");
    text(out, "type");
    text(out, type);
    text(out, "meta");
    out.write(0x80 | meta.size());
    meta.forEach(
        (key, value) -> {
          text(out, key);
          text(out, value);
        });
    text(out, "metrics");
    out.write(0x81);
    text(out, "_sampling_priority_v1");
    out.write(0xcb);
    out.writeBytes(ByteBuffer.allocate(8).putDouble(priority).array());
  }

  private static void text(ByteArrayOutputStream out, String key, long value) {
    text(out, key);
    out.write(0xcf);
    out.writeBytes(ByteBuffer.allocate(8).putLong(value).array());
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(0xd9);
    out.write(bytes.length);
    out.writeBytes(bytes);
  }
}
