package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.config.Config;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Traces by Datadog's protocols, alone and together with OTLP, from the request to what is read.
 */
class DatadogTracesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path dir;
  private static App app;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    app =
        new App(
            Config.read(
                Map.of("listen", "127.0.0.1:0", "data-dir", dir.resolve("data").toString()),
                Map.of(),
                null),
            Clock.systemUTC());
    app.awaitReady(Duration.ofSeconds(120));
  }

  @AfterAll
  static void stop() {
    app.close();
    CLIENT.close();
  }

  /**
   * One request: an OpenTelemetry gateway calls a service with Datadog's SDK, whose model call goes
   * through another OpenTelemetry service.
   */
  private record Request(String high, String low, String llmTrace, long start) {
    static Request of(int n) {
      return new Request(
          String.format("6b04718%d00000000", n),
          // Above 2^63, as half of all are.
          String.format("bb77bc7b59bca7%02d", n),
          String.format("6a00000000000000aaaaaaaaaaaaaa%02d", n),
          System.currentTimeMillis() * 1_000_000L - 60_000_000_000L);
    }

    String shared() {
      return high + low;
    }

    /** The same where the SDK gives LLM work no trace of its own. */
    Request inOneTrace() {
      return new Request(high, low, shared(), start);
    }

    String lowDecimal() {
      return new BigInteger(low, 16).toString();
    }
  }

  private static final String GATEWAY = "a100000000000001";
  private static final long WORKFLOW = 0xd200000000000002L;
  private static final long MODEL = 0x5c00000000000003L;
  private static final String PROXY = "a400000000000004";

  private static String decimal(long id) {
    return Long.toUnsignedString(id);
  }

  private static String otlp(Request request) {
    return "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"gateway\"}}]},"
        + "\"scopeSpans\":[{\"spans\":["
        + otlpSpan(request, GATEWAY, "", "POST /ask", 0, 100)
        + ","
        + otlpSpan(request, PROXY, String.format("%016x", MODEL), "POST /proxy", 30, 40)
        + "]}]}]}";
  }

  private static String otlpSpan(
      Request request, String id, String parent, String name, int from, int to) {
    return "{\"traceId\":\""
        + request.shared()
        + "\",\"spanId\":\""
        + id
        + "\",\"parentSpanId\":\""
        + parent
        + "\",\"name\":\""
        + name
        + "\",\"kind\":2,\"startTimeUnixNano\":\""
        + (request.start() + from * 1_000_000L)
        + "\",\"endTimeUnixNano\":\""
        + (request.start() + to * 1_000_000L)
        + "\"}";
  }

  /** As ddtrace 4.11 and later sends it. */
  private static byte[] python(Request request) throws IOException {
    return MsgPackOut.of(
        List.of(
            List.of(
                apmSpan(
                    request,
                    WORKFLOW,
                    Long.parseUnsignedLong(GATEWAY, 16),
                    "answer",
                    llm(request, "undefined", "workflow")),
                apmSpan(request, MODEL, WORKFLOW, "ask", llm(request, decimal(WORKFLOW), "llm")))));
  }

  private static Map<String, Object> llm(Request request, String parent, String kind) {
    return Map.of(
        "trace_id",
        request.llmTrace(),
        "parent_id",
        parent,
        "ml_app",
        "shop",
        "tags",
        Map.of("ml_app", "shop"),
        "meta",
        Map.of("span", Map.of("kind", kind), "model_name", kind.equals("llm") ? "gpt-4o" : ""),
        "metrics",
        kind.equals("llm") ? Map.of("input_tokens", 9L) : Map.of());
  }

  private static Map<String, Object> apmSpan(
      Request request, long id, long parent, String name, Map<String, Object> llm)
      throws IOException {
    Map<String, Object> span = new LinkedHashMap<>();
    span.put("trace_id", new BigInteger(request.low(), 16));
    span.put("span_id", new BigInteger(decimal(id)));
    span.put("parent_id", new BigInteger(decimal(parent)));
    span.put("service", "shop");
    span.put("name", name);
    span.put("resource", name);
    span.put("type", "llm");
    span.put("start", request.start() + (id == MODEL ? 20_000_000L : 10_000_000L));
    span.put("duration", id == MODEL ? 40_000_000L : 80_000_000L);
    span.put("meta", id == WORKFLOW ? Map.of("_dd.p.tid", request.high()) : Map.of());
    span.put("meta_struct", Map.of("_llmobs", MsgPackOut.of(llm)));
    return span;
  }

  /** As dd-trace for Node sends it: its first span does not know what called it. */
  private static String node(Request request) {
    return "[{\"_dd.stage\":\"raw\",\"event_type\":\"span\",\"spans\":["
        + nodeSpan(request, WORKFLOW, "undefined", "answer", "workflow")
        + ","
        + nodeSpan(request, MODEL, decimal(WORKFLOW), "ask", "llm")
        + "]}]";
  }

  private static String nodeSpan(
      Request request, long id, String parent, String name, String kind) {
    return "{\"trace_id\":\""
        + request.llmTrace()
        + "\",\"span_id\":\""
        + decimal(id)
        + "\",\"parent_id\":\""
        + parent
        + "\",\"name\":\""
        + name
        + "\",\"start_ns\":"
        + (request.start() + (id == MODEL ? 20_000_000L : 10_000_000L))
        + ",\"duration\":40000000,\"status\":\"ok\",\"tags\":[\"ml_app:shop\"],\"meta\":{\"span.kind\":\""
        + kind
        + "\",\"model_name\":\""
        + (kind.equals("llm") ? "gpt-4o" : "")
        + "\"},\"metrics\":{"
        + (kind.equals("llm") ? "\"input_tokens\":9" : "")
        + "},\"_dd\":{\"span_id\":\""
        + decimal(id)
        + "\",\"trace_id\":\""
        + request.shared()
        + "\",\"apm_trace_id\":\""
        + request.shared()
        + "\"}}";
  }

  /** As Datadog's agent for Java sends it: its LLM spans are in the trace of the request. */
  private static byte[] java(Request request) throws IOException {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event_type", "span");
    event.put("_dd.stage", "raw");
    event.put(
        "spans",
        List.of(
            javaSpan(request, MODEL, decimal(WORKFLOW), "ask", "llm"),
            javaSpan(request, WORKFLOW, "undefined", "answer", "workflow")));
    return MsgPackOut.of(event);
  }

  private static Map<String, Object> javaSpan(
      Request request, long id, String parent, String name, String kind) {
    Map<String, Object> span = new LinkedHashMap<>();
    span.put("span_id", decimal(id));
    span.put("trace_id", request.shared());
    span.put("parent_id", parent);
    span.put("name", name);
    span.put("start_ns", request.start() + (id == MODEL ? 20_000_000L : 10_000_000L));
    span.put("duration", id == MODEL ? 40_000_000L : 80_000_000L);
    span.put("status", "ok");
    span.put(
        "_dd",
        Map.of(
            "span_id",
            decimal(id),
            "trace_id",
            request.shared(),
            "apm_trace_id",
            request.shared()));
    span.put("metrics", kind.equals("llm") ? Map.of("input_tokens", 9L) : Map.of());
    span.put("tags", List.of("language:jvm", "ml_app:shop"));
    span.put(
        "meta", Map.of("span.kind", kind, "model_name", kind.equals("llm") ? "gpt-4o" : "custom"));
    return span;
  }

  /** The copies of the same spans in Java's traces, which say what called them. */
  private static byte[] javaCopies(Request request) throws IOException {
    List<Map<String, Object>> copies = new ArrayList<>();
    for (long id : new long[] {WORKFLOW, MODEL}) {
      Map<String, Object> copy =
          apmSpan(
              request,
              id,
              id == WORKFLOW ? Long.parseUnsignedLong(GATEWAY, 16) : WORKFLOW,
              id == WORKFLOW ? "answer" : "ask",
              Map.of());
      copy.remove("meta_struct");
      copy.put(
          "meta",
          Map.of(
              "_dd.p.tid",
              request.high(),
              "_dd.llmobs.artificial_gen_ai_tags",
              "true",
              "_ml_obs_tag.span.kind",
              id == WORKFLOW ? "workflow" : "llm"));
      copies.add(copy);
    }
    return MsgPackOut.of(List.of(copies));
  }

  private static void sendDatadog(String sdk, Request request) throws Exception {
    switch (sdk) {
      case "python" -> post("/v0.4/traces", "application/msgpack", python(request), 200);
      case "java" -> {
        post("/evp_proxy/v4/api/v2/llmobs", "application/msgpack", java(request), 202);
        post("/v0.4/traces", "application/msgpack", javaCopies(request), 200);
      }
      default ->
          post(
              "/evp_proxy/v2/api/v2/llmobs",
              "application/json",
              node(request).getBytes(StandardCharsets.UTF_8),
              202);
    }
  }

  private static void sendOtlp(String body) throws Exception {
    post("/v1/traces", "application/json", body.getBytes(StandardCharsets.UTF_8), 200);
  }

  @ParameterizedTest
  @CsvSource({
    "python,true,1",
    "python,false,2",
    "node,true,3",
    "node,false,4",
    "java,true,7",
    "java,false,8"
  })
  void both_halves_are_one_trace(String sdk, boolean datadogFirst, int n) throws Exception {
    Request request = sdk.equals("java") ? Request.of(n).inOneTrace() : Request.of(n);
    if (datadogFirst) {
      sendDatadog(sdk, request);
    } else {
      sendOtlp(otlp(request));
    }
    awaitSpans(request.shared(), 2);
    if (datadogFirst) {
      sendOtlp(otlp(request));
    } else {
      sendDatadog(sdk, request);
    }
    JsonNode whole = awaitSpans(request.shared(), 4);

    // Each name of the trace opens it, and ids come back as they were sent.
    for (String id : List.of(request.llmTrace(), request.lowDecimal())) {
      assertThat(get("/api/v1/traces/" + id).path("spans")).as(id).hasSize(4);
    }
    assertThat(whole.at("/trace/trace_id").asText()).isEqualTo(request.shared());
    assertThat(whole.at("/trace/name").asText()).isEqualTo("POST /ask");
    Map<String, JsonNode> byName = new TreeMap<>();
    whole.path("spans").forEach(span -> byName.put(span.path("name").asText(), span));
    assertThat(byName.get("ask").path("span_id").asText()).isEqualTo(decimal(MODEL));
    assertThat(byName.get("POST /proxy").path("span_id").asText()).isEqualTo(PROXY);

    // A parent is found across the protocols.
    assertThat(byName.get("POST /proxy").path("parent_key")).isEqualTo(key(byName, "ask"));
    assertThat(byName.get("ask").path("parent_key")).isEqualTo(key(byName, "answer"));
    if (sdk.equals("python")) {
      assertThat(byName.get("answer").path("parent_key")).isEqualTo(key(byName, "POST /ask"));
    }

    // In the list, once.
    JsonNode list = get("/api/v1/traces?q=" + encode("trace:" + request.llmTrace()));
    assertThat(list.path("traces")).hasSize(1);
    assertThat(list.at("/traces/0/span_count").asInt()).isEqualTo(4);
    assertThat(list.at("/traces/0/input_tokens").asInt()).isEqualTo(9);

    // In the export, by each of its names.
    for (String id : List.of(request.shared(), request.llmTrace(), request.lowDecimal())) {
      Map<String, String> exported = new TreeMap<>();
      for (JsonNode span : export("filter[trace_id]=" + id)) {
        exported.put(
            span.at("/attributes/span_id").asText(), span.at("/attributes/trace_id").asText());
      }
      assertThat(exported)
          .as(id)
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  GATEWAY,
                  request.shared(),
                  PROXY,
                  request.shared(),
                  decimal(WORKFLOW),
                  request.llmTrace(),
                  decimal(MODEL),
                  request.llmTrace()));
    }
    // What Datadog takes for a root is still found as one.
    Set<String> roots = new TreeSet<>();
    for (JsonNode span :
        export(
            "filter[query]="
                + encode("@trace_id:" + request.llmTrace() + " @parent_id:undefined"))) {
      roots.add(span.at("/attributes/name").asText());
    }
    assertThat(roots).containsExactlyInAnyOrder("POST /ask", "answer");
  }

  private static JsonNode key(Map<String, JsonNode> byName, String name) {
    return byName.get(name).path("span_key");
  }

  @Test
  void evaluations_name_the_trace_by_any_of_its_ids() throws Exception {
    Request request = Request.of(5);
    String metrics =
        String.join(
            ",",
            metric("by_llm_id", request.llmTrace(), decimal(MODEL)),
            metric("by_shared_id", request.shared(), String.format("%016x", MODEL)),
            metric("by_half", request.lowDecimal(), decimal(MODEL)),
            metric("of_otel", request.shared(), PROXY));
    post(
        "/api/intake/llm-obs/v2/eval-metric",
        "application/json",
        ("{\"data\":{\"type\":\"evaluation_metric\",\"attributes\":{\"metrics\":["
                + metrics
                + "]}}}")
            .getBytes(StandardCharsets.UTF_8),
        202);
    sendDatadog("python", request);
    sendOtlp(otlp(request));
    JsonNode whole = awaitSpans(request.shared(), 4);
    Map<String, String> names = new TreeMap<>();
    whole
        .path("spans")
        .forEach(span -> names.put(span.path("span_key").asText(), span.path("name").asText()));
    Map<String, String> said = new TreeMap<>();
    whole
        .path("evaluations")
        .forEach(
            one -> said.put(one.path("label").asText(), names.get(one.path("span_key").asText())));
    Map<String, String> expected =
        Map.of(
            "by_llm_id", "ask",
            "by_shared_id", "ask",
            "by_half", "ask",
            "of_otel", "POST /proxy");
    assertThat(said).containsExactlyInAnyOrderEntriesOf(expected);

    Map<String, String> exported = new TreeMap<>();
    for (JsonNode span : export("filter[trace_id]=" + request.llmTrace())) {
      span.at("/attributes/evaluation")
          .fieldNames()
          .forEachRemaining(label -> exported.put(label, span.at("/attributes/name").asText()));
    }
    assertThat(exported).containsExactlyInAnyOrderEntriesOf(expected);

    String query = encode("evaluation.by_llm_id:>0.4");
    assertThat(get("/api/v1/traces?q=" + query).path("traces")).hasSize(1);
    assertThat(get("/api/v1/spans?q=" + query).at("/spans/0/name").asText()).isEqualTo("ask");
  }

  private static String metric(String label, String trace, String span) {
    return "{\"label\":\""
        + label
        + "\",\"ml_app\":\"shop\",\"timestamp_ms\":"
        + System.currentTimeMillis()
        + ",\"metric_type\":\"score\",\"score_value\":0.5,\"join_on\":{\"span\":{\"trace_id\":\""
        + trace
        + "\",\"span_id\":\""
        + span
        + "\"}}}";
  }

  /** Sixteen digits are decimal where Datadog sends them, and hex where OpenTelemetry does. */
  @Test
  void sixteen_digits_are_read_as_their_sender_means_them() throws Exception {
    Request request = Request.of(6);
    String digits = "1000000000000009";
    String child = "1000000000000010";
    ObjectNode envelope = JSON.createObjectNode();
    ArrayNode spans = envelope.putArray("spans");
    for (String id : List.of(digits, child)) {
      ObjectNode span = spans.addObject();
      span.put("trace_id", request.shared());
      span.put("span_id", id);
      span.put("parent_id", id.equals(child) ? digits : "undefined");
      span.put("name", "datadog " + id);
      span.put("start_ns", request.start());
      span.put("duration", 1000);
      span.putObject("meta").putObject("span").put("kind", "task");
    }
    sendOtlp(
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["
            + otlpSpan(request, digits, "", "otel", 0, 10)
            + ","
            // The child of what Datadog calls 1000000000000009.
            + otlpSpan(
                request,
                "00000000000000ff",
                String.format("%016x", Long.parseLong(digits)),
                "below datadog",
                0,
                10)
            + "]}]}]}");
    awaitSpans(request.shared(), 2);
    post("/api/v2/llmobs", "application/json", JSON.writeValueAsBytes(List.of(envelope)), 202);
    JsonNode whole = awaitSpans(request.shared(), 4);
    Map<String, JsonNode> byName = new TreeMap<>();
    whole.path("spans").forEach(span -> byName.put(span.path("name").asText(), span));
    assertThat(byName).hasSize(4);
    String datadog = "datadog " + digits;
    assertThat(byName.get("datadog " + child).path("parent_key")).isEqualTo(key(byName, datadog));
    assertThat(byName.get("below datadog").path("parent_key")).isEqualTo(key(byName, datadog));
    // Both have the id that was asked for.
    List<String> found = new ArrayList<>();
    export("filter[span_id]=" + digits)
        .forEach(span -> found.add(span.at("/attributes/name").asText()));
    assertThat(found).containsExactlyInAnyOrder(datadog, "otel");
  }

  private static String searched(String name, String parent, String more) {
    return "{\"trace_id\":\"777001\",\"span_id\":\""
        + name.hashCode()
        + "\",\"parent_id\":\""
        + (parent.isEmpty() ? "undefined" : String.valueOf(parent.hashCode()))
        + "\",\"name\":\""
        + name
        + "\",\"start_ns\":"
        + (System.currentTimeMillis() * 1_000_000L - 30_000_000_000L)
        + ",\"duration\":1000,"
        + more
        + "}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_exists_:@meta.model_name | call",
        "_missing_:team | call,lookup",
        "_exists_:team | flow",
        "_exists_:@meta.metadata.retries | flow",
        "@meta.metadata.retries:3 | flow",
        "@meta.metadata.nested.city:Ly* | flow",
        "@meta.metadata.temperature:0.2 | call",
        "@meta.metadata.city:* | lookup",
        "-@meta.metadata.city:* | flow,call",
        "@collection_errors:dropped_io | lookup",
        "@meta.span.kind IN [workflow, tool] | flow,lookup",
        "team IN [\"logistics\", billing] | flow",
        "@parent_id:undefined @child.@meta.span.kind:tool | flow",
        "@parent_id:undefined @child.@meta.span.kind:agent | ",
        "@parent_id:undefined @child.(@meta.span.kind:llm @meta.model_name:gpt-4o) | flow",
        "@child.@meta.metadata.city:Lyon @parent_id:undefined | flow",
        "@feedback.thumb.value:true | call",
        "@evaluation.helpful.reasoning:clear | call",
      })
  void the_export_is_searched_as_at_datadog(String query, @Nullable String names) throws Exception {
    synchronized (CLIENT) {
      if (get("/api/v1/traces/777001").path("spans").isEmpty()) {
        String body =
            "[{\"event_type\":\"span\",\"spans\":["
                + String.join(
                    ",",
                    searched(
                        "flow",
                        "",
                        "\"tags\":[\"ml_app:searched\",\"team:logistics\"],\"meta\":{\"span\":{\"kind\":\"workflow\"},\"metadata\":{\"retries\":3,\"nested\":{\"city\":\"Lyon\"}}}"),
                    searched(
                        "call",
                        "flow",
                        "\"tags\":[\"ml_app:searched\"],\"meta\":{\"span\":{\"kind\":\"llm\"},\"model_name\":\"gpt-4o\",\"metadata\":{\"temperature\":0.2}}"),
                    searched(
                        "lookup",
                        "flow",
                        "\"tags\":[\"ml_app:searched\"],\"collection_errors\":[\"dropped_io\"],\"meta\":{\"span\":{\"kind\":\"tool\"},\"metadata\":{\"city\":\"Lyon\"}}"))
                + "]}]";
        post("/api/v2/llmobs", "application/json", body.getBytes(StandardCharsets.UTF_8), 202);
        String span = String.valueOf("call".hashCode());
        String metrics =
            "{\"event_kind\":\"feedback\",\"span_id\":\""
                + span
                + "\",\"label\":\"thumb\",\"metric_type\":\"boolean\",\"boolean_value\":true,\"submitter\":{\"id\":\"u\"},\"timestamp_ms\":1},"
                + metric("helpful", "777001", span)
                    .replace("}}}", "}},\"reasoning\":\"It is Clear.\"}");
        post(
            "/api/intake/llm-obs/v2/eval-metric",
            "application/json",
            ("{\"data\":{\"attributes\":{\"metrics\":[" + metrics + "]}}}")
                .getBytes(StandardCharsets.UTF_8),
            202);
        awaitSpans("777001", 3);
      }
    }
    Set<String> found = new TreeSet<>();
    for (JsonNode span : export("filter[query]=" + encode("ml_app:searched " + query))) {
      found.add(span.at("/attributes/name").asText());
    }
    assertThat(found)
        .isEqualTo(names == null ? Set.of() : new TreeSet<>(Set.of(names.strip().split(","))));
  }

  private static List<JsonNode> export(String parameters) throws Exception {
    List<JsonNode> found = new ArrayList<>();
    get("/api/v2/llm-obs/v1/spans/events?page%5Blimit%5D=100&filter%5Bfrom%5D=now-1h&"
            + parameters.replace("[", "%5B").replace("]", "%5D"))
        .path("data")
        .forEach(found::add);
    return found;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static JsonNode awaitSpans(String trace, int count) throws Exception {
    JsonNode found = get("/api/v1/traces/" + trace);
    // The row of a trace is written after its spans.
    for (int i = 0; i < 400 && found.at("/trace/span_count").asInt() != count; i++) {
      Thread.sleep(50);
      found = get("/api/v1/traces/" + trace);
    }
    assertThat(found.path("spans")).as(found.toString()).hasSize(count);
    return found;
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + app.listeners().getFirst().port() + path);
  }

  private static void post(String path, String type, byte[] body, int status) throws Exception {
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(uri(path))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
  }

  private static JsonNode get(String path) throws Exception {
    return JSON.readTree(
        CLIENT
            .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString())
            .body());
  }

  /** Just enough MessagePack to say what Datadog's SDKs say. */
  private static final class MsgPackOut {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    static byte[] of(Object value) throws IOException {
      MsgPackOut pack = new MsgPackOut();
      pack.write(value);
      return pack.bytes.toByteArray();
    }

    private void write(Object value) throws IOException {
      switch (value) {
        case String text -> {
          byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
          out.writeByte(0xdb);
          out.writeInt(utf8.length);
          out.write(utf8);
        }
        case byte[] binary -> {
          out.writeByte(0xc6);
          out.writeInt(binary.length);
          out.write(binary);
        }
        case Number number -> {
          out.writeByte(0xcf);
          out.writeLong(number.longValue());
        }
        case List<?> list -> {
          out.writeByte(0xdd);
          out.writeInt(list.size());
          for (Object item : list) {
            write(item);
          }
        }
        case Map<?, ?> map -> {
          out.writeByte(0xdf);
          out.writeInt(map.size());
          for (Map.Entry<?, ?> entry : map.entrySet()) {
            write(entry.getKey());
            write(entry.getValue());
          }
        }
        default -> throw new IllegalArgumentException(value.getClass().getName());
      }
    }
  }
}
