package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Document;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.ingest.DatadogReplayTest.Replayed;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.message.Messages;
import io.tracewell.server.store.TestEngine;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@link DatadogReplayTest} and {@link DatadogOtherRecordingsTest} find to be read rightly is
 * what the JSON API and Datadog's export give back: every recording goes through one whole server.
 */
class DatadogReadBackTest {
  /** Of a recording with many spans alike, so many are looked at one by one. */
  private static final int LOOKED_AT = 30;

  @TempDir static Path dir;
  private static TestEngine engine;
  private static ReplayServer server;

  /** Ids of all spans that were sent, by their trace. */
  private static final Map<String, Set<String>> SENT = new LinkedHashMap<>();

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private int facts;

  /** One of each SDK and each way of sending; the others run with the long tests. */
  private static final List<String> ALWAYS =
      List.of(
          "py_ddtrace-4.16.0_agent_manual",
          "py_ddtrace-4.16.0_agent_anthropic",
          "py_ddtrace-4.16.0_override_experiment",
          "py_ddtrace-3.19.9_agentless_manual",
          "py_ddtrace-4.10.12_evponly_manual",
          "py_litellm-1.106.2_datadog_llm_observability",
          "py_litellm-1.106.2_datadog_logs",
          "js_6.21.0_agent_mode",
          "js_5.123.0_raw_invalid_json",
          "java_1.68.1_agent_mode",
          "java_1.68.1_agent_mode_full_info",
          "py_ddtrace-4.10.12_agent_langchain",
          "py_ddtrace-4.16.0_agent_openai",
          "py_ddtrace-4.10.12_agent_anthropic",
          "py_ddtrace-4.12.3_agent_manual",
          "py_ddtrace-3.19.9_override_experiment",
          "py_ddtrace-4.16.0_agent_6mb",
          "py_ddtrace-4.10.12_agent_6mb",
          "composed_ddtrace_v04_meta_struct",
          "composed_java_llmobs");

  static Stream<String> always() {
    return ALWAYS.stream();
  }

  static Stream<String> others() {
    return Stream.concat(DatadogReplayTest.recordings(), DatadogOtherRecordingsTest.recordings())
        .filter(name -> !ALWAYS.contains(name));
  }

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(dir.resolve("engine"));
    server = new ReplayServer(engine, dir, "readback");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    engine.close();
  }

  @ParameterizedTest
  @MethodSource("always")
  void both_apis_give_back_what_was_read(String name) throws Exception {
    compare(name);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("others")
  void both_apis_give_back_what_was_read_of_the_others(String name) throws Exception {
    compare(name);
  }

  private void compare(String name) throws Exception {
    Replayed sent = DatadogReplayTest.replayWhole(name);
    for (Recorded request : DatadogServer.recording(name)) {
      if (DatadogServer.isForIntake(request.path())) {
        server.send(request);
      }
    }
    Map<String, List<Span>> traces = new LinkedHashMap<>();
    // What a sender repeats is one span.
    Map<String, Span> spans = new LinkedHashMap<>();
    sent.spans().forEach(span -> spans.put(span.traceId() + " " + span.spanId(), span));
    for (Span span : spans.values()) {
      traces.computeIfAbsent(span.traceId(), t -> new ArrayList<>()).add(span);
    }
    for (Map.Entry<String, List<Span>> trace : traces.entrySet()) {
      await(trace.getKey(), trace.getValue());
    }
    // What is said of an experiment as a whole has a page of its own.
    List<Evaluation> evaluations =
        sent.evaluations().stream()
            .filter(one -> one.target().scope() != Evaluation.Scope.EXPERIMENT)
            .toList();
    Map<String, JsonNode> said =
        awaitEvaluations(
            traces.keySet(),
            evaluations.stream().map(Evaluation::label).collect(Collectors.toSet()));
    Map<String, JsonNode> exported = new TreeMap<>();
    for (String trace : traces.keySet()) {
      for (JsonNode one :
          server
              .get(
                  "/api/v2/llm-obs/v1/spans/events",
                  "filter%5Btrace_id%5D",
                  trace,
                  "filter%5Bfrom%5D",
                  "2020-01-01",
                  "filter%5Bto%5D",
                  "2030-01-01",
                  "page%5Blimit%5D",
                  "5000")
              .path("data")) {
        exported.put(one.path("id").asText(), one.path("attributes"));
      }
    }
    int looked = 0;
    for (Span span : spans.values()) {
      if (looked++ < LOOKED_AT) {
        page(span, server.span(span.traceId(), span.spanId()));
        export(span, exported.get(span.spanId()));
      }
    }
    for (Evaluation one : evaluations) {
      evaluation(sent, one, said, exported);
    }
    System.out.println(name + ": " + facts + " facts by both APIs");
    assertThat(facts).isPositive();
  }

  /** By their labels; they are stored apart from the spans, so not at the same moment. */
  private static Map<String, JsonNode> awaitEvaluations(Set<String> traces, Set<String> labels)
      throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Map<String, JsonNode> said = new TreeMap<>();
      for (String trace : traces) {
        server
            .get("/api/v1/traces/" + trace, "limit", "5000")
            .path("evaluations")
            .forEach(one -> said.put(one.path("label").asText(), one));
      }
      if (said.keySet().containsAll(labels)) {
        return said;
      }
      assertThat(System.nanoTime()).as("%s of %s", said.keySet(), labels).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  private static void await(String trace, List<Span> spans) throws Exception {
    // Programs that were recorded several times may have named their trace themselves.
    Set<String> ids = SENT.computeIfAbsent(trace, t -> new LinkedHashSet<>());
    spans.forEach(span -> ids.add(span.spanId()));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      JsonNode found;
      try {
        found = server.get("/api/v1/traces/" + trace, "limit", "5000");
      } catch (AssertionError e) {
        found = Recordings.JSON.createObjectNode();
      }
      if (found.at("/trace/span_count").asInt() == ids.size()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            trace + ": " + found.at("/trace/span_count") + " of " + ids.size() + " spans");
      }
      Thread.sleep(50);
    }
  }

  private void same(Span span, String field, Object expected, Object actual) {
    facts++;
    assertThat(actual).as("%s %s %s", span.name(), span.spanId(), field).isEqualTo(expected);
  }

  private static String textOrNull(JsonNode node) {
    return node.isNull() || node.isMissingNode() ? "" : node.asText();
  }

  private void page(Span span, JsonNode page) {
    same(span, "id", span.spanId(), page.path("span_id").asText());
    same(span, "trace", span.traceId(), page.path("trace_id").asText());
    same(span, "parent", span.parentId(), textOrNull(page.path("parent_id")));
    same(span, "name", span.name(), page.path("name").asText());
    same(span, "kind", span.kind().wireName(), page.path("kind").asText());
    same(
        span,
        "status",
        span.status() == SpanStatus.ERROR ? "error" : "ok",
        page.path("status").asText());
    same(span, "error type", span.error().type(), textOrNull(page.at("/error/type")));
    same(span, "error message", span.error().message(), textOrNull(page.at("/error/message")));
    same(span, "error stack", span.error().stack(), textOrNull(page.at("/error/stack")));
    same(span, "model", span.model().name(), textOrNull(page.path("model")));
    same(span, "provider", span.model().provider(), textOrNull(page.path("provider")));
    same(span, "session", span.sessionId(), textOrNull(page.path("session_id")));
    same(span, "user", span.userId(), textOrNull(page.path("user_id")));
    same(span, "application", span.origin().application(), page.path("application").asText());
    same(span, "tags", span.tags(), strings(page.path("tags")));
    same(span, "input tokens", count(span.usage().input()), page.at("/usage/input").asText("null"));
    same(
        span,
        "output tokens",
        count(span.usage().output()),
        page.at("/usage/output").asText("null"));
    same(
        span,
        "cached tokens",
        count(span.usage().cacheRead()),
        page.at("/usage/cache_read").asText("null"));
    same(span, "cost", span.cost().total(), picodollars(textOrNull(page.at("/cost/total"))));
    if (isMessages(span.input())) {
      same(span, "input", texts(span.input()), pageTexts(page.at("/input/messages")));
      same(span, "input roles", roles(span.input()), strings(page.at("/input/messages"), "role"));
    } else {
      same(span, "input", span.input().text(), textOrNull(page.at("/input/value/text")));
    }
    if (isMessages(span.output())) {
      same(span, "output", texts(span.output()), pageTexts(page.at("/output/messages")));
      same(span, "tool calls", toolCalls(span.output()), pageToolCalls(page));
    } else if (span.output().format() != ContentFormat.DOCUMENTS) {
      same(span, "output", span.output().text(), textOrNull(page.at("/output/value/text")));
    }
    List<String> documents = new ArrayList<>();
    page.path("documents")
        .forEach(one -> documents.add(one.at("/text/text").asText() + " " + one.path("score")));
    same(span, "documents", documents(span), documents);
    same(span, "prompt", span.prompt().id(), textOrNull(page.at("/prompt/id")));
    same(
        span, "prompt template", span.prompt().template(), textOrNull(page.at("/prompt/template")));
    same(
        span,
        "tool definitions",
        Messages.toolDefinitions(span.toolDefinitions()).stream()
            .map(Messages.ToolDefinition::name)
            .toList(),
        strings(page.path("tool_definitions"), "name"));
    same(span, "links", span.links().size(), page.path("links").size());
    same(span, "warnings", span.warnings(), strings(page.path("warnings")));
  }

  private void export(Span span, JsonNode exported) {
    assertThat(exported).as("export of %s %s", span.name(), span.spanId()).isNotNull();
    same(span, "exported trace", span.traceId(), exported.path("trace_id").asText());
    same(
        span,
        "exported parent",
        span.parentId().isEmpty() ? "undefined" : span.parentId(),
        exported.path("parent_id").asText());
    same(span, "exported name", span.name(), exported.path("name").asText());
    same(span, "exported kind", span.kind().wireName(), exported.path("span_kind").asText());
    same(
        span,
        "exported status",
        span.status() == SpanStatus.ERROR ? "error" : "ok",
        exported.path("status").asText());
    same(span, "exported start", span.startNanos(), exported.path("start_ns").longValue());
    same(
        span,
        "exported duration",
        (double) span.durationNanos(),
        exported.path("duration").doubleValue());
    same(span, "exported app", span.origin().application(), exported.path("ml_app").asText());
    same(span, "exported model", span.model().name(), exported.path("model_name").asText());
    same(
        span,
        "exported provider",
        span.model().provider(),
        exported.path("model_provider").asText());
    same(span, "exported tags", span.tags(), strings(exported.path("tags")));
    JsonNode metrics = exported.path("metrics");
    same(
        span,
        "exported input tokens",
        count(span.usage().input()),
        metrics.path("input_tokens").asText("null"));
    same(
        span,
        "exported output tokens",
        count(span.usage().output()),
        metrics.path("output_tokens").asText("null"));
    same(
        span,
        "exported cost",
        span.cost().total(),
        picodollars(
            metrics.has("estimated_total_cost")
                ? metrics
                    .path("estimated_total_cost")
                    .decimalValue()
                    .movePointLeft(9)
                    .toPlainString()
                : ""));
    if (isMessages(span.input())) {
      same(
          span,
          "exported input",
          texts(span.input()),
          strings(exported.at("/input/messages"), "content"));
    } else {
      same(span, "exported input", span.input().text(), exported.at("/input/value").asText());
    }
    if (isMessages(span.output())) {
      same(
          span,
          "exported output",
          texts(span.output()),
          strings(exported.at("/output/messages"), "content"));
      List<String> calls = new ArrayList<>();
      for (JsonNode message : exported.at("/output/messages")) {
        message
            .path("tool_calls")
            .forEach(
                call ->
                    calls.add(call.path("name").asText() + " " + call.path("tool_id").asText()));
      }
      same(span, "exported tool calls", toolCalls(span.output()), calls);
    }
    List<String> documents = new ArrayList<>();
    exported
        .at("/output/documents")
        .forEach(one -> documents.add(one.path("text").asText() + " " + one.path("score")));
    same(span, "exported documents", documents(span).size(), documents.size());
    // The sender's own figures come back as they were sent.
    JsonNode raw = Recordings.JSON.valueToTree(Map.of());
    try {
      raw = Recordings.JSON.readTree(span.usage().raw().isEmpty() ? "{}" : span.usage().raw());
    } catch (java.io.IOException e) {
      // NaN, which is no JSON.
    }
    for (Map.Entry<String, JsonNode> figure : raw.properties()) {
      if (figure.getValue().isNumber() && figure.getKey().equals("latency_budget")) {
        same(
            span,
            "exported " + figure.getKey(),
            figure.getValue().asDouble(),
            metrics.path(figure.getKey()).asDouble());
      }
    }
  }

  private void evaluation(
      Replayed sent, Evaluation one, Map<String, JsonNode> said, Map<String, JsonNode> exported)
      throws Exception {
    JsonNode shown = said.get(one.label());
    assertThat(shown).as("evaluation %s", one.label()).isNotNull();
    // Of several with one label the last is looked at.
    boolean only =
        sent.evaluations().stream().filter(e -> e.label().equals(one.label())).count() == 1;
    if (!only) {
      return;
    }
    JsonNode value = one.value().isEmpty() ? null : Recordings.JSON.readTree(one.value());
    judged(one, "value", value == null ? "null" : value.toString(), shown.path("value").toString());
    judged(one, "type", one.type().wireName(), shown.path("type").asText());
    judged(one, "kind", one.kind().wireName(), shown.path("kind").asText());
    judged(one, "scope", one.target().scope().wireName(), shown.path("scope").asText());
    judged(
        one, "status", one.status().name().toLowerCase(Locale.ROOT), shown.path("status").asText());
    judged(one, "assessment", one.assessment(), textOrNull(shown.path("assessment")));
    judged(one, "reasoning", one.reasoning(), textOrNull(shown.path("reasoning")));
    judged(one, "submitter", one.submitter(), textOrNull(shown.path("submitter")));
    judged(one, "tags", one.tags(), strings(shown.path("tags")));
    judged(one, "error", one.error().message(), textOrNull(shown.at("/error/message")));
    if (one.target().scope() != Evaluation.Scope.SPAN || one.target().spanId().isEmpty()) {
      return;
    }
    JsonNode of = exported.get(one.target().spanId());
    assertThat(of).as("the span of %s", one.label()).isNotNull();
    JsonNode back = of.path("evaluation").path(one.label());
    judged(
        one,
        "exported value",
        value == null ? "null" : value.toString(),
        back.path("value").toString());
    judged(one, "exported type", one.type().wireName(), back.path("eval_metric_type").asText());
    judged(one, "exported assessment", one.assessment(), textOrNull(back.path("assessment")));
    judged(one, "exported reasoning", one.reasoning(), textOrNull(back.path("reasoning")));
    judged(one, "exported status", one.status().name(), back.path("status").asText());
    judged(one, "exported tags", one.tags(), strings(back.path("tags")));
  }

  private void judged(Evaluation one, String field, Object expected, Object actual) {
    facts++;
    assertThat(actual).as("%s %s", one.label(), field).isEqualTo(expected);
  }

  private static boolean isMessages(Content content) {
    return content.format() == ContentFormat.CHAT_MESSAGES;
  }

  private static String count(long tokens) {
    return tokens < 0 ? "null" : Long.toString(tokens);
  }

  private static long picodollars(String usd) {
    return usd.isEmpty() ? -1 : new BigDecimal(usd).movePointRight(12).longValue();
  }

  private static List<String> texts(Content content) {
    return Messages.read(content, "").stream()
        .map(
            message ->
                message.parts().stream()
                    .map(part -> part instanceof Part.Text text ? text.text() : "")
                    .filter(text -> !text.isEmpty())
                    .collect(Collectors.joining("\n")))
        .toList();
  }

  private static List<String> roles(Content content) {
    return Messages.read(content, "user").stream().map(Message::role).toList();
  }

  private static List<String> toolCalls(Content content) {
    List<String> calls = new ArrayList<>();
    for (Message message : Messages.read(content, "")) {
      for (Part part : message.parts()) {
        if (part instanceof Part.ToolCall call) {
          calls.add(call.name() + " " + (call.id() == null ? "" : call.id()));
        }
      }
    }
    return calls;
  }

  private static List<String> pageTexts(JsonNode messages) {
    List<String> texts = new ArrayList<>();
    for (JsonNode message : messages) {
      List<String> parts = new ArrayList<>();
      for (JsonNode part : message.path("parts")) {
        if (part.path("type").asText().equals("text")
            && part.at("/text/text").asText().length() > 0) {
          parts.add(part.at("/text/text").asText());
        }
      }
      texts.add(String.join("\n", parts));
    }
    return texts;
  }

  private static List<String> pageToolCalls(JsonNode page) {
    List<String> calls = new ArrayList<>();
    for (JsonNode message : page.at("/output/messages")) {
      for (JsonNode part : message.path("parts")) {
        if (part.path("type").asText().equals("tool_call")) {
          calls.add(part.path("name").asText() + " " + part.path("id").asText(""));
        }
      }
    }
    return calls;
  }

  private static List<String> documents(Span span) {
    List<String> documents = new ArrayList<>();
    for (Document one : Messages.documents(span.documents())) {
      documents.add(one.text() + " " + one.score());
    }
    return documents;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  private static List<String> strings(JsonNode array, String field) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.path(field).asText()));
    return strings;
  }
}
