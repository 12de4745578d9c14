package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.store.TestEngine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Known traps in what instrumentations say and how, each by its number, from intake to the API. The
 * cases are data: {@code gotchas/content.yaml}.
 */
class ContentGotchasTest {
  private static final Duration LOGS = Duration.ofSeconds(20);

  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;
  private static JsonNode cases;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "content");
    cases = cases();
    for (int i = 0; i < cases.size(); i++) {
      post("/v1/traces", spans(cases.get(i), i));
      if (cases.get(i).has("logs")) {
        post("/v1/logs", logs(cases.get(i), i));
      }
    }
    server.traces(0);
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  static JsonNode cases() throws IOException {
    try (InputStream in = ContentGotchasTest.class.getResourceAsStream("gotchas/content.yaml")) {
      return Recordings.JSON.valueToTree(
          new Load(LoadSettings.builder().build()).loadFromInputStream(in));
    }
  }

  private static void post(String path, JsonNode body) throws Exception {
    server.send(
        new Recorded(
            false,
            "POST",
            path,
            List.of("Content-Type", "application/json"),
            Recordings.JSON.writeValueAsBytes(body)));
  }

  private static String trace(int number) {
    return String.format("%032x", 0x60000 + number);
  }

  private static ObjectNode spans(JsonNode one, int number) {
    ObjectNode body = Recordings.JSON.createObjectNode();
    ObjectNode scope =
        body.putArray("resourceSpans").addObject().putArray("scopeSpans").addObject();
    scope.putObject("scope").put("name", one.path("scope").asText("test"));
    ArrayNode spans = scope.putArray("spans");
    span(spans, one, one.get("attributes"), number, 1, "");
    if (one.has("child")) {
      span(spans, one, one.get("child"), number, 2, String.format("%016x", 1));
    }
    return body;
  }

  private static void span(
      ArrayNode spans, JsonNode one, JsonNode attributes, int number, int id, String parent) {
    long start = System.currentTimeMillis() - 10_000;
    ObjectNode span = spans.addObject();
    span.put("traceId", trace(number));
    span.put("spanId", String.format("%016x", id));
    span.put("parentSpanId", parent);
    span.put("name", one.path("span").asText("span"));
    span.put("startTimeUnixNano", start + "000000");
    span.put("endTimeUnixNano", start + 2_000 + "000000");
    span.set("attributes", attributes(attributes));
    ArrayNode events = span.putArray("events");
    for (JsonNode event : one.path("events")) {
      ObjectNode sent = events.addObject().put("name", event.get("name").asText());
      sent.put("timeUnixNano", start + 1_000 + "000000");
      sent.set("attributes", attributes(event.get("attributes")));
    }
  }

  private static ObjectNode logs(JsonNode one, int number) {
    ObjectNode body = Recordings.JSON.createObjectNode();
    ArrayNode records =
        body.putArray("resourceLogs")
            .addObject()
            .putArray("scopeLogs")
            .addObject()
            .putArray("logRecords");
    for (JsonNode log : one.get("logs")) {
      ObjectNode sent = records.addObject();
      sent.put("traceId", trace(number)).put("spanId", String.format("%016x", 1));
      sent.put("timeUnixNano", System.currentTimeMillis() + "000000");
      sent.put("eventName", log.get("event").asText());
      sent.set("body", value(log.get("body")));
    }
    return body;
  }

  private static ArrayNode attributes(JsonNode map) {
    ArrayNode list = Recordings.JSON.createArrayNode();
    for (Map.Entry<String, JsonNode> attribute : map.properties()) {
      list.addObject().put("key", attribute.getKey()).set("value", value(attribute.getValue()));
    }
    return list;
  }

  /** As OTLP writes it. */
  private static ObjectNode value(JsonNode value) {
    ObjectNode sent = Recordings.JSON.createObjectNode();
    if (value.isTextual()) {
      return sent.put("stringValue", value.asText());
    }
    if (value.isIntegralNumber()) {
      return sent.put("intValue", value.asText());
    }
    if (value.isNumber()) {
      return sent.put("doubleValue", value.asDouble());
    }
    if (value.isArray()) {
      ArrayNode values = sent.putObject("arrayValue").putArray("values");
      value.forEach(item -> values.add(value(item)));
      return sent;
    }
    sent.putObject("kvlistValue").set("values", attributes(value));
    return sent;
  }

  @TestFactory
  Stream<DynamicTest> gotchas() {
    return Stream.iterate(0, i -> i + 1)
        .limit(cases.size())
        .map(
            i ->
                DynamicTest.dynamicTest(
                    cases.get(i).get("name").asText(), () -> check(cases.get(i), i)));
  }

  private static void check(JsonNode one, int number) throws Exception {
    String path = "/api/v1/traces/" + trace(number);
    String spanPath = path + "/spans/" + String.format("%016x", 1);
    JsonNode span = server.span(trace(number), String.format("%016x", 1));
    long deadline = System.nanoTime() + LOGS.toNanos();
    while (one.has("logs") && !fits(one, span) && System.nanoTime() < deadline) {
      Thread.sleep(100);
      span = server.span(trace(number), String.format("%016x", 1));
    }
    for (Map.Entry<String, JsonNode> fact : one.path("expect").properties()) {
      JsonNode around = span.path(fact.getKey().split("/")[1]);
      assertThat(span.at(fact.getKey()).asText())
          .as("%s: %s in %s", one.get("name").asText(), fact.getKey(), around)
          .isEqualTo(fact.getValue().asText());
    }
    for (JsonNode nothing : one.path("none")) {
      JsonNode found = span.at(nothing.asText());
      assertThat(found.isMissingNode() || found.isNull())
          .as("nothing at %s, where %s is", nothing, found)
          .isTrue();
    }
    for (JsonNode text : one.path("lacks")) {
      assertThat(span.toString()).doesNotContain(text.asText());
      assertThat(server.get(spanPath + "/raw").toString()).doesNotContain(text.asText());
    }
    if (one.has("trace")) {
      JsonNode row = server.get(path).get("trace");
      for (Map.Entry<String, JsonNode> fact : one.get("trace").properties()) {
        assertThat(row.at(fact.getKey()).asText())
            .as("%s of the trace %s", fact.getKey(), row)
            .isEqualTo(fact.getValue().asText());
      }
    }
  }

  private static boolean fits(JsonNode one, JsonNode span) {
    for (Map.Entry<String, JsonNode> fact : one.get("expect").properties()) {
      if (!span.at(fact.getKey()).asText().equals(fact.getValue().asText())) {
        return false;
      }
    }
    return true;
  }
}
