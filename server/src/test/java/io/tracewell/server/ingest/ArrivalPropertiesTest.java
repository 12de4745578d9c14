package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.tracewell.server.pricing.GenAiPrices;
import io.tracewell.server.store.TestEngine;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the encoding, the order, the cut into requests and however often a span comes: the same
 * spans, the same trace, the same sums. By seeded chance, so that a failure can be repeated.
 */
class ArrivalPropertiesTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final String[] KINDS = {
    "chat", "embeddings", "execute_tool", "invoke_agent", "invoke_workflow", ""
  };

  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "arrival");
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  private static ByteString id(long high, long low, int bytes) {
    byte[] id = new byte[bytes];
    for (int i = 0; i < 8; i++) {
      id[bytes - 1 - i] = (byte) (low >>> (8 * i));
      if (bytes == 16) {
        id[7 - i] = (byte) (high >>> (8 * i));
      }
    }
    return ByteString.copyFrom(id);
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static KeyValue number(String key, long value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setIntValue(value))
        .build();
  }

  /** The spans of a trace that chance made; {@code number} gives it ids of its own. */
  private static List<Span> spans(Random random, long number) {
    List<Span> spans = new ArrayList<>();
    int count = 3 + random.nextInt(12);
    long start = System.currentTimeMillis() * 1_000_000L;
    for (int i = 0; i < count; i++) {
      String kind = KINDS[i == 0 ? 3 : random.nextInt(KINDS.length)];
      Span.Builder span =
          Span.newBuilder()
              .setTraceId(id(0xabc, number, 16))
              .setSpanId(id(0, i + 1, 8))
              .setName(kind + ' ' + i)
              .setStartTimeUnixNano(start + i * 7_000_000L)
              .setEndTimeUnixNano(start + i * 7_000_000L + random.nextInt(900_000_000));
      if (i > 0) {
        span.setParentSpanId(id(0, 1 + random.nextInt(i), 8));
      }
      if (!kind.isEmpty()) {
        span.addAttributes(text("gen_ai.operation.name", kind));
      }
      if (kind.equals("chat") || kind.equals("embeddings") || random.nextInt(4) == 0) {
        long cached = random.nextInt(3) == 0 ? random.nextInt(50) : 0;
        span.addAttributes(text("gen_ai.provider.name", "openai"))
            .addAttributes(text("gen_ai.request.model", "gpt-4.1-mini"))
            .addAttributes(number("gen_ai.usage.input_tokens", 50 + random.nextInt(50)))
            .addAttributes(number("gen_ai.usage.output_tokens", random.nextInt(50)))
            .addAttributes(number("gen_ai.usage.cache_read.input_tokens", cached))
            .addAttributes(
                text("gen_ai.response.id", "resp_of_" + number + "_call_" + random.nextInt(count)));
      }
      AnyValue.Builder list = AnyValue.newBuilder();
      list.getArrayValueBuilder()
          .addValues(AnyValue.newBuilder().setBoolValue(random.nextBoolean()))
          .addValues(AnyValue.newBuilder().setDoubleValue(random.nextInt(100) / 8.0 + 0.5))
          .addValues(AnyValue.newBuilder().setStringValue("é\n\"" + random.nextInt()));
      span.addAttributes(KeyValue.newBuilder().setKey("custom.list").setValue(list));
      spans.add(span.build());
    }
    return spans;
  }

  private static ExportTraceServiceRequest request(List<Span> spans) {
    ResourceSpans.Builder resource = ResourceSpans.newBuilder();
    resource.getResourceBuilder().addAttributes(text("service.name", "arrival"));
    ScopeSpans.Builder scope = resource.addScopeSpansBuilder();
    scope.getScopeBuilder().setName("opentelemetry.util.genai.handler").setVersion("1.0");
    scope.addAllSpans(spans);
    return ExportTraceServiceRequest.newBuilder().addResourceSpans(resource).build();
  }

  private static ObjectNode json(AnyValue value) {
    ObjectNode any = Recordings.JSON.createObjectNode();
    switch (value.getValueCase()) {
      case STRING_VALUE -> any.put("stringValue", value.getStringValue());
      case INT_VALUE -> any.put("intValue", Long.toString(value.getIntValue()));
      case DOUBLE_VALUE -> any.put("doubleValue", value.getDoubleValue());
      case BOOL_VALUE -> any.put("boolValue", value.getBoolValue());
      default -> {
        ArrayNode values = any.putObject("arrayValue").putArray("values");
        value.getArrayValue().getValuesList().forEach(item -> values.add(json(item)));
      }
    }
    return any;
  }

  private static void attributes(ArrayNode list, List<KeyValue> attributes) {
    for (KeyValue attribute : attributes) {
      list.addObject().put("key", attribute.getKey()).set("value", json(attribute.getValue()));
    }
  }

  private static byte[] json(ExportTraceServiceRequest request) throws Exception {
    ObjectNode body = Recordings.JSON.createObjectNode();
    for (ResourceSpans resource : request.getResourceSpansList()) {
      ObjectNode to = body.withArray("resourceSpans").addObject();
      attributes(
          to.putObject("resource").putArray("attributes"),
          resource.getResource().getAttributesList());
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        ObjectNode scoped = to.withArray("scopeSpans").addObject();
        scoped
            .putObject("scope")
            .put("name", scope.getScope().getName())
            .put("version", scope.getScope().getVersion());
        for (Span span : scope.getSpansList()) {
          ObjectNode one = scoped.withArray("spans").addObject();
          one.put("traceId", HEX.formatHex(span.getTraceId().toByteArray()))
              .put("spanId", HEX.formatHex(span.getSpanId().toByteArray()))
              .put("parentSpanId", HEX.formatHex(span.getParentSpanId().toByteArray()))
              .put("name", span.getName())
              .put("startTimeUnixNano", Long.toString(span.getStartTimeUnixNano()))
              .put("endTimeUnixNano", Long.toString(span.getEndTimeUnixNano()));
          attributes(one.putArray("attributes"), span.getAttributesList());
        }
      }
    }
    return Recordings.JSON.writeValueAsBytes(body);
  }

  @Test
  void protobuf_and_json_give_the_same_spans() throws Exception {
    try (Harness harness = new Harness(GenAiPrices.vendored(), IntakeLimits.DEFAULT)) {
      for (int seed = 0; seed < 40; seed++) {
        harness.spans.clear();
        ExportTraceServiceRequest request = request(spans(new Random(seed), seed));
        assertThat(
                harness
                    .post("/v1/traces", "application/x-protobuf", request.toByteArray())
                    .statusCode())
            .isEqualTo(200);
        List<io.tracewell.core.Span> first = List.copyOf(harness.spans);
        harness.spans.clear();
        assertThat(harness.post("/v1/traces", "application/json", json(request)).statusCode())
            .isEqualTo(200);
        assertThat(harness.spans)
            .as("seed %d", seed)
            .usingRecursiveComparison()
            // How it came, and how long that was.
            .ignoringFields("origin.transport", "sizeBytes")
            .isEqualTo(first);
      }
    }
  }

  @Test
  void order_repetition_and_cuts_change_nothing() throws Exception {
    for (int seed = 0; seed < 12; seed++) {
      JsonNode expected = null;
      for (int way = 0; way < 4; way++) {
        long number = 1000L * (seed + 1) + way;
        List<Span> sent = new ArrayList<>(spans(new Random(seed), number));
        int distinct = sent.size();
        Random chance = new Random(seed * 31L + way);
        if (way > 0) {
          for (int i = chance.nextInt(distinct); i >= 0; i--) {
            sent.add(sent.get(chance.nextInt(distinct)));
          }
          Collections.shuffle(sent, chance);
        }
        for (int at = 0; at < sent.size(); ) {
          int end = way == 0 ? sent.size() : Math.min(sent.size(), at + 1 + chance.nextInt(4));
          ExportTraceServiceRequest request = request(sent.subList(at, end));
          boolean asJson = chance.nextBoolean();
          post(
              asJson ? "application/json" : "application/x-protobuf",
              asJson ? json(request) : request.toByteArray());
          at = end;
        }
        JsonNode facts = facts(number, distinct);
        if (expected == null) {
          expected = facts;
        }
        assertThat(facts).as("seed %d, way %d", seed, way).isEqualTo(expected);
      }
    }
  }

  private static void post(String type, byte[] body) throws Exception {
    HttpResponse<String> answer =
        server
            .client()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + "/v1/traces"))
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** All that the API says of the trace but its ids, times and places on the screen. */
  private static JsonNode facts(long number, int spans) throws Exception {
    String traceId = String.format("%016x%016x", 0xabcL, number);
    JsonNode trace = server.whole(traceId, spans);
    ObjectNode facts = Recordings.JSON.createObjectNode();
    for (String name :
        List.of(
            "name",
            "kind",
            "span_count",
            "llm_calls",
            "tool_calls",
            "tokens",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cost",
            "unpriced_calls",
            "models")) {
      facts.set(name, trace.at("/trace/" + name));
    }
    TreeMap<String, String> counted = new TreeMap<>();
    for (JsonNode span : trace.get("spans")) {
      counted.put(
          span.path("span_id").asText(),
          span.path("kind").asText()
              + span.path("counted").asText()
              + span.path("tokens").asText()
              + span.path("cost").asText());
    }
    facts.put("spans", counted.toString());
    return facts;
  }
}
