package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.Document;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.TraceShape;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.message.Messages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What real SDKs sent, replayed byte by byte, against what their programs did. The expectations
 * were written from the programs and from the log of the model provider, not from our reading.
 */
class DatadogReplayTest {
  private static final JsonNode EXPECTED = Recordings.expected("datadog");

  /** Recordings of one program, of which the provider's log says the same. */
  private static final Map<String, String> LIKE =
      Map.of(
          "py_ddtrace-3.19.9_agentless_openai", "py_ddtrace-3.19.9_agent_openai",
          "py_ddtrace-4.12.3_agentless_openai", "py_ddtrace-4.12.3_agent_openai");

  /** At most one fact in a hundred may be excepted. */
  private static final int FACTS_PER_EXCEPTION = 100;

  private static final String LITELLM = "py_litellm-1.106.2_datadog_llm_observability";
  private static final String NO_PARAMETERS =
      "\"metadata\": {\"model_name\": \"gpt-4o-mini\", \"model_provider\": \"openai\", \"id\":";
  private static final String WITH_IMAGE = "\"content\": \"Summarize this picture.\\n[image]\"";
  private static final String REPR = "\"categorical_value\": \"{'a': 1}\"";
  private static final String EMBEDDING =
      "\"input\": {\"messages\": [{\"role\": \"user\", \"content\": \"Paris is in France\"}]},"
          + " \"output\": {\"messages\": []}";

  /**
   * Facts that differ, as {@code recording span field}, each with the bytes that show that the
   * sender did not send what was expected.
   */
  private static final Map<String, String> EXCEPTIONS =
      Map.ofEntries(
          Map.entry(
              "py_ddtrace-3.19.9_agent_openai s19 input",
              "\"content\": \"[{'type': 'text', 'text': 'Summarize this picture.'}, {'type':"),
          Map.entry(
              "py_ddtrace-3.19.9_agentless_openai s19 input",
              "\"content\": \"[{'type': 'text', 'text': 'Summarize this picture.'}, {'type':"),
          Map.entry("py_ddtrace-4.12.3_agentless_openai s19 input", WITH_IMAGE),
          Map.entry("py_ddtrace-4.10.12_agent_openai s19 input", WITH_IMAGE),
          Map.entry("py_ddtrace-4.10.12_agentless_openai s19 input", WITH_IMAGE),
          Map.entry("py_ddtrace-4.12.3_agent_openai s19 input", "Summarize this picture.\n[image]"),
          Map.entry("py_ddtrace-3.19.9_agentless_experiment  evaluation js type", REPR),
          Map.entry("py_ddtrace-3.19.9_agentless_experiment  evaluation js value", REPR),
          Map.entry("py_ddtrace-3.19.9_override_experiment  evaluation js type", REPR),
          Map.entry("py_ddtrace-3.19.9_override_experiment  evaluation js value", REPR),
          Map.entry(LITELLM + " s1 parameters temperature", NO_PARAMETERS),
          Map.entry(LITELLM + " s1 finish_reason", NO_PARAMETERS),
          Map.entry(LITELLM + " s2 finish_reason", NO_PARAMETERS),
          Map.entry(LITELLM + " s3 finish_reason", NO_PARAMETERS),
          Map.entry(LITELLM + " s4 finish_reason", NO_PARAMETERS),
          Map.entry(LITELLM + " s5 input documents", EMBEDDING),
          Map.entry(LITELLM + " s5 embeddings", EMBEDDING),
          Map.entry(LITELLM + " s5 dimensions", EMBEDDING));

  private final Map<String, Span> matched = new LinkedHashMap<>();
  private Facts facts = new Facts("", Set.of());
  private static int allFacts;
  private static final Set<String> ran = new HashSet<>();
  private static final Set<String> needed = new TreeSet<>();

  static Stream<String> recordings() {
    Set<String> names = new TreeSet<>(LIKE.keySet());
    EXPECTED.fieldNames().forEachRemaining(names::add);
    return names.stream();
  }

  @Test
  void every_recording_is_compared() throws IOException, URISyntaxException {
    Path folder =
        Path.of(Objects.requireNonNull(DatadogReplayTest.class.getResource("datadog")).toURI());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> file.endsWith(".jsonl.gz"))
                  .map(file -> file.substring(0, file.length() - ".jsonl.gz".length())))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(recordings(), DatadogOtherRecordingsTest.recordings()).toList());
    }
  }

  @AfterAll
  static void exceptions_are_few_and_needed() {
    System.out.println(allFacts + " facts, " + EXCEPTIONS.size() + " exceptions");
    Set<String> listed = new TreeSet<>();
    for (String exception : EXCEPTIONS.keySet()) {
      // As "recording span field"; a field may have spaces, a span of an experiment no name.
      String[] parts = exception.split(" ", 3);
      assertThat(parts[2])
          .as("what may never be excepted")
          .doesNotStartWith("tokens")
          .doesNotStartWith("cost")
          .doesNotStartWith("output cost")
          .doesNotStartWith("parent");
      assertThat(parts[1]).as("what may never be excepted").isNotEqualTo("totals");
      if (ran.contains(parts[0])) {
        listed.add(exception);
      }
    }
    assertThat(needed).as("exceptions that were needed").isEqualTo(listed);
    assertThat(ran.size() == recordings().count() ? listed.size() * FACTS_PER_EXCEPTION : 0)
        .as("exceptions are one in a hundred facts at most")
        .isLessThanOrEqualTo(allFacts);
  }

  private static boolean sent(String name, String bytes) throws IOException {
    String wanted = new String(bytes.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    for (Recorded request : DatadogServer.recording(name)) {
      byte[] body = request.body();
      if (body.length > 1 && body[0] == 0x1f && (body[1] & 0xff) == 0x8b) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
          body = in.readAllBytes();
        }
      }
      if (new String(body, StandardCharsets.ISO_8859_1).contains(wanted)) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void what_was_sent_is_what_is_kept(String name) throws Exception {
    facts = new Facts(name, EXCEPTIONS.keySet());
    JsonNode expected = EXPECTED.get(LIKE.getOrDefault(name, name));
    Replayed replayed = replayWhole(name);
    List<Span> spans = new ArrayList<>(replayed.spans());
    noDuplicates(spans);
    spans.sort(Comparator.comparingLong(Span::startNanos));
    if (expected.has("spans")) {
      Map<String, List<Span>> byParent = byParent(spans);
      match(expected.get("spans"), null, byParent.getOrDefault("", List.of()), byParent);
      for (JsonNode one : expected.get("spans")) {
        Span span = matched.get(one.get("id").asText());
        if (span != null) {
          compare(one, span, expected);
        }
      }
      links(expected.get("spans"));
      totals(expected.get("totals"), spans);
      dimmed(spans);
      evaluations(expected, replayed.evaluations());
    } else {
      experiments(expected, spans, replayed.evaluations());
    }
    System.out.println(facts);
    ran.add(name);
    allFacts += facts.count();
    needed.addAll(facts.excused());
    assertThat(facts.differences()).as("differences of %s facts", facts.count()).isEmpty();
    for (Map.Entry<String, String> exception : EXCEPTIONS.entrySet()) {
      if (exception.getKey().startsWith(name + " ")) {
        assertThat(sent(name, exception.getValue()))
            .as("the bytes quoted for " + exception + " are on the wire")
            .isTrue();
      }
    }
  }

  /** What a recording left. */
  record Replayed(List<Span> spans, List<Evaluation> evaluations) {}

  static List<Span> replay(String name) throws Exception {
    return replayWhole(name).spans();
  }

  static Replayed replayWhole(String name) throws Exception {
    try (DatadogServer server = new DatadogServer()) {
      for (Recorded request : DatadogServer.recording(name)) {
        if (DatadogServer.isForIntake(request.path())) {
          HttpResponse<String> answer = server.send(request);
          assertThat(answer.statusCode())
              .as(request.method() + " " + request.path() + " " + answer.body())
              .isBetween(200, 299);
        }
      }
      assertThat(server.log.newest(500)).allMatch(request -> request.rejected() == 0);
      return new Replayed(server.spans, server.evaluations);
    }
  }

  private static void noDuplicates(List<Span> spans) {
    Set<String> keys = new HashSet<>();
    for (Span span : spans) {
      assertThat(keys.add(key(span, span.spanId())))
          .as("span %s %s comes twice", span.name(), span.spanId())
          .isTrue();
    }
  }

  private static String key(Span span, String spanId) {
    return Ids.traceKey(span.traceId()).hex() + " " + Ids.hex16(Ids.spanKey(spanId));
  }

  /** LLM spans by the key of their parent; roots under the empty key. */
  private static Map<String, List<Span>> byParent(List<Span> spans) {
    Map<String, List<Span>> result = new LinkedHashMap<>();
    for (Span span : spans) {
      if (span.kind() != SpanKind.SPAN) {
        String parent = span.parentId().isEmpty() ? "" : key(span, span.parentId());
        result.computeIfAbsent(parent, p -> new ArrayList<>()).add(span);
      }
    }
    return result;
  }

  private void match(
      JsonNode all, String parent, List<Span> siblings, Map<String, List<Span>> byParent) {
    List<Span> left = new ArrayList<>(siblings);
    List<JsonNode> wanted = new ArrayList<>();
    for (JsonNode one : all) {
      String id = one.get("parent").isNull() ? null : one.get("parent").asText();
      if (Objects.equals(id, parent)) {
        wanted.add(one);
      }
    }
    for (JsonNode one : wanted) {
      Span found = best(one, left);
      if (!facts.check(
          one.get("id").asText(), "parent", found != null, "no such span under " + parent)) {
        continue;
      }
      left.remove(Objects.requireNonNull(found));
      matched.put(one.get("id").asText(), found);
      match(
          all,
          one.get("id").asText(),
          byParent.getOrDefault(key(found, found.spanId()), List.of()),
          byParent);
    }
    for (Span span : left) {
      facts.unexpected("under " + parent + ": " + span.kind() + " " + span.name());
    }
  }

  /** The first that has the same name and asked the same; else the first of that name. */
  private static Span best(JsonNode one, List<Span> left) {
    for (Span span : left) {
      if (span.name().equals(one.path("name").asText())
          && (!one.has("input") || input(span).equals(one.get("input").asText()))
          && (!one.has("output") || output(span).equals(one.get("output").asText()))) {
        return span;
      }
    }
    for (Span span : left) {
      if (span.name().equals(one.path("name").asText())) {
        return span;
      }
    }
    return null;
  }

  private void same(JsonNode one, String field, Object expected, Object actual) {
    facts.same(one.path("id").asText(), field, expected, actual);
  }

  private static List<Message> messages(Content content, String role) {
    return Messages.read(content, role);
  }

  private static String said(Message message) {
    StringBuilder text = new StringBuilder();
    for (Part part : message.parts()) {
      if (part instanceof Part.Text said) {
        text.append(text.isEmpty() ? "" : "\n").append(said.text());
      }
    }
    return text.toString();
  }

  /** The last user message, or the value. */
  private static String input(Span span) {
    List<Message> messages = messages(span.input(), "user");
    if (messages.isEmpty()) {
      return span.input().text();
    }
    String last = "";
    for (Message message : messages) {
      if ((message.role().equals("user") || message.role().isEmpty()) && !said(message).isEmpty()) {
        last = said(message);
      }
    }
    return last;
  }

  private static String output(Span span) {
    List<Message> messages = messages(span.output(), "assistant");
    if (messages.isEmpty()) {
      return span.output().text();
    }
    for (Message message : messages) {
      if (!said(message).isEmpty()) {
        return said(message);
      }
    }
    return "";
  }

  private void compare(JsonNode one, Span span, JsonNode expected) throws IOException {
    same(one, "kind", one.get("kind").asText(), span.kind().wireName());
    same(one, "name", one.get("name").asText(), span.name());
    same(
        one,
        "ml_app",
        one.path("ml_app").asText(expected.get("ml_app").asText()),
        span.origin().application());
    same(one, "service", expected.get("service").asText(), span.origin().service());
    same(one, "env", expected.get("env").asText(), span.origin().environment());
    if (expected.has("version")) {
      same(one, "version", expected.get("version").asText(), span.origin().serviceVersion());
    }
    same(one, "dialect", "datadog", span.origin().dialects());
    for (Map.Entry<String, JsonNode> field : one.properties()) {
      JsonNode value = field.getValue();
      switch (field.getKey()) {
        case "id",
            "parent",
            "name",
            "kind",
            "ml_app",
            "provider_call",
            "api",
            "stream",
            "not_on_wire",
            "case",
            "note",
            "kind_note",
            "tokens_note",
            "metadata_note",
            "span_links" -> {}
        case "model" -> same(one, "model", value.asText(), span.model().name());
        case "model_requested" -> {
          // Only the trace intake carries it beside the answering model.
          if (!span.model().requested().isEmpty()) {
            same(one, "model_requested", value.asText(), span.model().requested());
          }
        }
        case "model_on_wire" -> same(one, "model", "", span.model().name());
        case "provider" -> same(one, "provider", value.asText(), span.model().provider());
        case "provider_on_wire" -> same(one, "provider", "", span.model().provider());
        case "system" -> same(one, "system", value.asText(), system(span));
        case "input" -> same(one, "input", value.asText(), input(span));
        case "input_json" ->
            same(one, "input", value, DatadogServer.JSON.readTree(span.input().text()));
        case "output" -> same(one, "output", value.asText(), output(span));
        case "input_message_count" ->
            same(one, "messages", value.asInt(), messages(span.input(), "user").size());
        case "choices" ->
            same(one, "choices", value.asInt(), messages(span.output(), "assistant").size());
        case "reasoning_text" -> same(one, "reasoning", value.asText(), reasoning(span));
        case "tool_calls" -> calls(one, "tool_calls", value, messages(span.output(), "assistant"));
        case "input_tool_calls" ->
            calls(one, "input_tool_calls", value, messages(span.input(), "user"));
        case "input_tool_results" -> results(one, value, messages(span.input(), "user"));
        case "tokens" -> tokens(one, value, span);
        case "cost" -> {
          same(one, "cost source", "reported", span.cost().source());
          same(one, "cost", picodollars(value.get("total")), span.cost().total());
          if (value.has("output")) {
            same(one, "output cost", picodollars(value.get("output")), span.cost().output());
          }
        }
        case "ttft_s" ->
            same(
                one,
                "time to first token",
                Math.round(value.asDouble() * 1e9),
                span.model().timeToFirstTokenNanos());
        case "finish_reason" ->
            same(
                one,
                "finish_reason",
                value.asText().equals("end_turn") ? "stop" : value.asText(),
                span.model().finishReasons());
        case "params" -> contains(one, "parameters", value, span.model().parameters());
        case "metadata" -> contains(one, "metadata", value, span.metadata());
        case "metrics" -> contains(one, "metrics", value, span.usage().raw());
        case "tags" -> {
          for (Map.Entry<String, JsonNode> tag : value.properties()) {
            String wanted = tag.getKey() + ":" + tag.getValue().asText();
            same(one, "tag " + wanted, true, span.tags().contains(wanted));
          }
        }
        case "tags_contains" ->
            value.forEach(tag -> same(one, "tag " + tag, true, span.tags().contains(tag.asText())));
        case "session" -> same(one, "session", value.asText(), span.sessionId());
        case "status" ->
            same(
                one,
                "status",
                value.asText().equals("error") ? SpanStatus.ERROR : SpanStatus.OK,
                span.status());
        case "error" -> {
          if (value.has("type")) {
            same(one, "error type", value.get("type").asText(), span.error().type());
          }
          same(
              one,
              "error message",
              true,
              span.error().message().contains(value.get("message_contains").asText()));
        }
        case "prompt" -> prompt(one, value, span);
        case "tool_definitions" ->
            same(
                one,
                "tools",
                strings(value),
                Messages.toolDefinitions(span.toolDefinitions()).stream()
                    .map(Messages.ToolDefinition::name)
                    .toList());
        case "input_documents" ->
            same(
                one,
                "input documents",
                strings(value),
                Messages.documents(span.input()).stream().map(Document::text).toList());
        case "output_documents" -> documents(one, value, span);
        case "embedding_count" ->
            same(one, "embeddings", true, span.output().text().contains(value.asText()));
        case "embedding_dimensions" ->
            same(one, "dimensions", true, span.output().text().contains(value.asText()));
        case "trace_id_on_wire" -> same(one, "trace id", value.asText(), span.traceId());
        default -> facts.unexpected("field, not known to this test: " + field.getKey());
      }
    }
    if (!one.has("status") && !one.has("error")) {
      same(one, "status", SpanStatus.OK, span.status());
    }
    if (!one.has("tokens")) {
      same(one, "no tokens", true, span.usage().isEmpty());
    }
  }

  private static long picodollars(JsonNode dollars) {
    return Math.round(dollars.asDouble() * 1e12);
  }

  private static List<String> strings(JsonNode list) {
    List<String> strings = new ArrayList<>();
    list.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  private static String system(Span span) {
    for (Message message : messages(span.input(), "user")) {
      if (message.role().equals("system") || message.role().equals("developer")) {
        return said(message);
      }
    }
    return "";
  }

  private static String reasoning(Span span) {
    for (Message message : messages(span.output(), "assistant")) {
      for (Part part : message.parts()) {
        if (part instanceof Part.Reasoning thought) {
          return thought.text();
        }
      }
    }
    return "";
  }

  private void calls(JsonNode one, String field, JsonNode wanted, List<Message> messages)
      throws IOException {
    List<Part.ToolCall> calls = new ArrayList<>();
    for (Message message : messages) {
      for (Part part : message.parts()) {
        if (part instanceof Part.ToolCall call) {
          calls.add(call);
        }
      }
    }
    same(one, field, wanted.size(), calls.size());
    for (int i = 0; i < Math.min(wanted.size(), calls.size()); i++) {
      same(one, field + " id", wanted.get(i).get("id").asText(), calls.get(i).id());
      same(one, field + " name", wanted.get(i).get("name").asText(), calls.get(i).name());
      same(
          one,
          field + " arguments",
          wanted.get(i).get("arguments"),
          DatadogServer.JSON.readTree(calls.get(i).arguments()));
    }
  }

  private void results(JsonNode one, JsonNode wanted, List<Message> messages) {
    List<Part.ToolResult> results = new ArrayList<>();
    for (Message message : messages) {
      for (Part part : message.parts()) {
        if (part instanceof Part.ToolResult result) {
          results.add(result);
        }
      }
    }
    same(one, "tool results", wanted.size(), results.size());
    for (int i = 0; i < Math.min(wanted.size(), results.size()); i++) {
      same(one, "result id", wanted.get(i).get("id").asText(), results.get(i).id());
      same(one, "result name", wanted.get(i).get("name").asText(), results.get(i).name());
      same(one, "result", wanted.get(i).get("result").asText(), results.get(i).result());
    }
  }

  private void tokens(JsonNode one, JsonNode wanted, Span span) {
    for (Map.Entry<String, JsonNode> figure : wanted.properties()) {
      long actual =
          switch (figure.getKey()) {
            case "input" -> span.usage().input();
            case "output" -> span.usage().output();
            case "cache_read" -> span.usage().cacheRead();
            case "cache_write" -> span.usage().cacheWrite();
            case "reasoning" -> span.usage().reasoning();
            default -> -2;
          };
      long expected = figure.getValue().isNull() ? -1 : figure.getValue().asLong();
      // A part of a whole that was not sent is shown as not sent, which is not the zero it was.
      if (!(expected == 0 && actual == -1)) {
        same(one, "tokens " + figure.getKey(), expected, actual);
      }
    }
  }

  private void contains(JsonNode one, String field, JsonNode wanted, String json)
      throws IOException {
    JsonNode actual =
        json.isEmpty() ? DatadogServer.JSON.createObjectNode() : DatadogServer.JSON.readTree(json);
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      same(one, field + " " + entry.getKey(), entry.getValue(), actual.get(entry.getKey()));
    }
  }

  private void prompt(JsonNode one, JsonNode wanted, Span span) throws IOException {
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      switch (entry.getKey()) {
        case "id" -> same(one, "prompt id", entry.getValue().asText(), span.prompt().id());
        case "version" ->
            same(one, "prompt version", entry.getValue().asText(), span.prompt().version());
        case "template" ->
            same(one, "prompt template", entry.getValue().asText(), span.prompt().template());
        case "chat_template" ->
            same(
                one,
                "prompt template",
                entry.getValue(),
                DatadogServer.JSON.readTree(span.prompt().template()));
        case "variables" ->
            same(
                one,
                "prompt variables",
                entry.getValue(),
                DatadogServer.JSON.readTree(span.prompt().variables()));
        case "tags" ->
            same(
                one,
                "prompt tags",
                entry.getValue(),
                DatadogServer.JSON.readTree(span.raw()).at("/datadog/meta/input/prompt/tags"));
        default -> facts.unexpected("field of a prompt, not known to this test");
      }
    }
  }

  private void documents(JsonNode one, JsonNode wanted, Span span) {
    List<Document> documents = Messages.documents(span.documents());
    same(one, "documents", wanted.size(), documents.size());
    for (int i = 0; i < Math.min(wanted.size(), documents.size()); i++) {
      Document document = documents.get(i);
      JsonNode want = wanted.get(i);
      same(one, "document text", want.get("text").asText(), document.text());
      same(one, "document name", want.path("name").asText(null), document.name());
      same(one, "document id", want.path("id").asText(null), document.id());
      same(one, "document score", want.get("score").asDouble(), document.score());
    }
  }

  private void links(JsonNode all) throws IOException {
    for (JsonNode one : all) {
      for (JsonNode link : one.path("span_links")) {
        Span from = matched.get(one.get("id").asText());
        Span to =
            matched.values().stream()
                .filter(span -> span.name().equals(link.get("to").asText()))
                .findFirst()
                .orElse(null);
        if (from == null || to == null) {
          continue;
        }
        same(one, "links", 1, from.links().size());
        if (from.links().isEmpty()) {
          continue;
        }
        same(one, "link span", to.spanId(), from.links().getFirst().spanId());
        same(one, "link trace", to.traceId(), from.links().getFirst().traceId());
        same(
            one,
            "link attributes",
            link.get("attributes"),
            DatadogServer.JSON.readTree(from.links().getFirst().attributes()));
      }
    }
  }

  /** A span as the rules of the trace see it. */
  private record Node(Span span) implements TraceShape.Node {
    @Override
    public long key() {
      return Ids.spanKey(span.spanId());
    }

    @Override
    public long parentKey() {
      return span.parentId().isEmpty() ? 0 : Ids.spanKey(span.parentId());
    }

    @Override
    public SpanKind kind() {
      return span.kind();
    }

    @Override
    public String name() {
      return span.name();
    }

    @Override
    public long startNanos() {
      return span.startNanos();
    }

    @Override
    public long endNanos() {
      return span.endNanos();
    }

    @Override
    public boolean pending() {
      return span.pending();
    }

    @Override
    public boolean failed() {
      return span.status() == SpanStatus.ERROR;
    }

    @Override
    public String provider() {
      return span.model().provider();
    }

    @Override
    public String model() {
      return span.model().name();
    }

    @Override
    public String responseId() {
      return span.model().responseId();
    }

    @Override
    public String dialects() {
      return span.origin().dialects();
    }

    @Override
    public long inputTokens() {
      return span.usage().input();
    }

    @Override
    public long outputTokens() {
      return span.usage().output();
    }

    @Override
    public long cacheReadTokens() {
      return span.usage().cacheRead();
    }

    @Override
    public long cost() {
      return span.cost().total();
    }

    @Override
    public boolean priced() {
      return span.cost().source().equals("priced");
    }
  }

  private void totals(JsonNode wanted, List<Span> spans) {
    Map<String, List<Node>> traces = new LinkedHashMap<>();
    for (Span span : spans) {
      traces
          .computeIfAbsent(Ids.traceKey(span.traceId()).hex(), t -> new ArrayList<>())
          .add(new Node(span));
    }
    Map<String, Long> sums = new LinkedHashMap<>();
    for (List<Node> trace : traces.values()) {
      TraceShape shape = TraceShape.of(trace);
      for (int i = 0; i < shape.nodes().size(); i++) {
        Span span = ((Node) shape.nodes().get(i)).span();
        if (shape.counted(i)) {
          sums.merge("input", Math.max(0, span.usage().input()), Long::sum);
          sums.merge("output", Math.max(0, span.usage().output()), Long::sum);
          sums.merge("cache_read", Math.max(0, span.usage().cacheRead()), Long::sum);
          sums.merge("cache_write", Math.max(0, span.usage().cacheWrite()), Long::sum);
          sums.merge("reasoning", Math.max(0, span.usage().reasoning()), Long::sum);
        }
        if (shape.call(i)) {
          sums.merge("llm_and_embedding_calls", 1L, Long::sum);
          sums.merge("errors_in_calls", span.status() == SpanStatus.ERROR ? 1L : 0L, Long::sum);
        }
      }
    }
    for (Map.Entry<String, JsonNode> total : wanted.properties()) {
      facts.same(
          "totals",
          total.getKey(),
          total.getValue().asLong(),
          sums.getOrDefault(total.getKey(), 0L));
    }
  }

  private void evaluations(JsonNode expected, List<Evaluation> evaluations) throws IOException {
    List<Evaluation> left = new ArrayList<>(evaluations);
    for (Evaluation.Kind kind : Evaluation.Kind.values()) {
      String field = kind == Evaluation.Kind.FEEDBACK ? "feedback" : "evaluations";
      for (JsonNode one : expected.path(field)) {
        Evaluation found =
            left.stream()
                .filter(e -> e.kind() == kind && e.label().equals(one.path("label").asText()))
                .findFirst()
                .orElse(null);
        String label = one.path("label").asText();
        if (!facts.check(label, field, found != null, "not there")) {
          continue;
        }
        left.remove(found);
        evaluation(one, found, expected.path("ml_app").asText());
        joins(one, found);
      }
    }
    facts.check("all", "evaluations", left.isEmpty(), left.size() + " were not expected");
  }

  private void evaluation(JsonNode one, Evaluation found, String application) throws IOException {
    String label = "evaluation " + one.path("label").asText();
    same(one, label + " type", one.get("metric_type").asText(), found.type().wireName());
    same(
        one,
        label + " value",
        one.get("value").isNull() ? "" : number(one.get("value")),
        found.value().isEmpty() ? "" : number(DatadogServer.JSON.readTree(found.value())));
    same(one, label + " status", one.path("status").asText("OK"), found.status().name());
    if (!application.isEmpty()) {
      same(one, label + " ml_app", application, found.application());
    }
    for (Map.Entry<String, JsonNode> field : one.properties()) {
      JsonNode value = field.getValue();
      switch (field.getKey()) {
        case "label", "metric_type", "value", "status", "join", "note" -> {}
        case "reasoning" -> same(one, label + " reasoning", value.asText(), found.reasoning());
        case "assessment" -> same(one, label + " assessment", value.asText(), found.assessment());
        case "tags" -> same(one, label + " tags", true, found.tags().containsAll(strings(value)));
        case "metadata" ->
            same(one, label + " metadata", value, DatadogServer.JSON.readTree(found.metadata()));
        case "timestamp_ms" ->
            same(one, label + " time", value.asLong(), found.timeNanos() / 1_000_000);
        case "submitter" -> same(one, label + " submitter", value.asText(), found.submitter());
        case "submitter_type" ->
            same(one, label + " submitter type", value.asText(), found.submitterType());
        case "error" -> {
          same(one, label + " error type", value.get("type").asText(), found.error().type());
          same(
              one,
              label + " error message",
              value.get("message").asText(),
              found.error().message());
        }
        default ->
            facts.unexpected("field of evaluations, not known to this test: " + field.getKey());
      }
    }
  }

  // 1 and 1.0 are one number.
  private static Object number(JsonNode value) {
    return value.isNumber() ? (Object) value.asDouble() : value;
  }

  /**
   * {@code span:NAME}, {@code trace of NAME}, {@code session:ID}, {@code tag:KEY=VALUE (the span
   * NAME)}.
   */
  private void joins(JsonNode one, Evaluation found) {
    String join = one.get("join").asText();
    Evaluation.Target target = found.target();
    String label = "evaluation " + one.path("label").asText();
    if (join.startsWith("session:")) {
      same(one, label + " scope", Evaluation.Scope.SESSION, target.scope());
      same(one, label + " session", join.substring("session:".length()), target.sessionId());
      return;
    }
    boolean trace = join.startsWith("trace of ");
    same(
        one,
        label + " scope",
        trace ? Evaluation.Scope.TRACE : Evaluation.Scope.SPAN,
        target.scope());
    String name =
        trace
            ? join.substring("trace of ".length())
            : join.startsWith("span:")
                ? join.substring("span:".length())
                : join.replaceFirst(".*the span ([^)]*)\\).*", "$1");
    List<Span> named = matched.values().stream().filter(span -> span.name().equals(name)).toList();
    same(one, label + " names one span", 1, named.size());
    if (named.isEmpty()) {
      return;
    }
    Span span = named.getFirst();
    if (join.startsWith("tag:")) {
      String tag = join.substring("tag:".length(), join.indexOf(' ')).replaceFirst("=", ":");
      same(one, label + " tag", tag, target.tag());
      same(
          one,
          label + " spans with the tag",
          List.of(span.name()),
          matched.values().stream().filter(s -> s.tags().contains(tag)).map(Span::name).toList());
      return;
    }
    same(one, label + " span", Ids.spanKey(span.spanId()), Ids.spanKey(target.spanId()));
    // Feedback names its span alone.
    if (!target.traceId().isEmpty()) {
      same(one, label + " trace", Ids.traceKey(span.traceId()), Ids.traceKey(target.traceId()));
    }
  }

  /** Spans of the trace intake stand below the LLM span that made them, or alone. */
  private void dimmed(List<Span> spans) {
    Set<String> known = new HashSet<>();
    spans.forEach(span -> known.add(key(span, span.spanId())));
    for (Span span : spans) {
      if (span.kind() == SpanKind.SPAN && !span.parentId().isEmpty()) {
        facts.check(
            "dimmed",
            "parent",
            known.contains(key(span, span.parentId())),
            "the parent of " + span.name() + " is in another trace");
      }
    }
  }

  private void experiments(JsonNode expected, List<Span> spans, List<Evaluation> evaluations)
      throws IOException {
    List<Span> rows =
        spans.stream().filter(span -> span.kindRule().equals("datadog kind=experiment")).toList();
    Map<String, List<Span>> byParent = byParent(spans);
    int count = 0;
    List<String> ids = rows.stream().map(DatadogReplayTest::experimentId).distinct().toList();
    int at = 0;
    for (JsonNode experiment : expected.get("experiments")) {
      String id = at < ids.size() ? ids.get(at++) : "";
      String experimentId = id.substring(id.indexOf(':') + 1);
      for (Map.Entry<String, JsonNode> summary : experiment.path("summary").properties()) {
        Evaluation found =
            evaluations.stream()
                .filter(e -> e.target().scope() == Evaluation.Scope.EXPERIMENT)
                .filter(e -> e.experimentId().equals(experimentId))
                .filter(e -> e.label().equals(summary.getKey()))
                .findFirst()
                .orElse(null);
        same(
            experiment,
            "summary " + summary.getKey(),
            summary.getValue().asDouble(),
            found == null ? null : Double.valueOf(found.value()));
      }
      for (JsonNode row : experiment.path("rows")) {
        count++;
        Span found = null;
        for (Span span : rows) {
          JsonNode input = DatadogServer.JSON.readTree(span.input().text());
          if (input.equals(row.get("input")) && experimentId(span).equals(id)) {
            found = span;
          }
        }
        if (!facts.check(
            "row", "there", found != null, row.get("input") + " of " + experiment.get("name"))) {
          continue;
        }
        Objects.requireNonNull(found);
        if (row.has("output")) {
          same(row, "output", row.get("output").asText(), found.output().text());
        }
        same(
            row,
            "status",
            row.get("status").asText().equals("error") ? SpanStatus.ERROR : SpanStatus.OK,
            found.status());
        if (row.has("error")) {
          same(row, "error type", row.at("/error/type").asText(), found.error().type());
          same(row, "error message", row.at("/error/message").asText(), found.error().message());
        }
        same(
            row,
            "expected output",
            row.get("expected_output").asText(),
            DatadogServer.JSON.readTree(found.metadata()).path("expected_output").asText());
        rowEvaluations(row, found, experimentId, evaluations);
        List<Span> children = byParent.getOrDefault(key(found, found.spanId()), List.of());
        same(row, "children", row.path("children").size(), children.size());
        for (int i = 0; i < Math.min(row.path("children").size(), children.size()); i++) {
          child(row.get("children").get(i), children.get(i));
        }
      }
    }
    facts.same("experiments", "rows", count, rows.size());
    if (expected.has("prompt_used")) {
      JsonNode wanted = expected.get("prompt_used");
      Span prompted =
          spans.stream()
              .filter(span -> span.name().equals(wanted.at("/span/name").asText()))
              .findFirst()
              .orElseThrow();
      same(wanted, "prompt id", wanted.get("id").asText(), prompted.prompt().id());
      same(wanted, "prompt version", wanted.get("version").asText(), prompted.prompt().version());
      same(
          wanted,
          "prompt variables",
          wanted.get("variables"),
          DatadogServer.JSON.readTree(prompted.prompt().variables()));
      child(wanted.get("span"), prompted);
    }
  }

  private void rowEvaluations(
      JsonNode row, Span span, String experimentId, List<Evaluation> evaluations)
      throws IOException {
    for (JsonNode one : row.path("evaluations")) {
      List<Evaluation> found =
          evaluations.stream()
              .filter(e -> e.experimentId().equals(experimentId))
              .filter(e -> e.label().equals(one.get("label").asText()))
              .filter(e -> e.target().spanId().equals(span.spanId()))
              .filter(e -> Ids.traceKey(e.target().traceId()).equals(Ids.traceKey(span.traceId())))
              .toList();
      same(one, "evaluation " + one.get("label") + " of a row", 1, found.size());
      if (!found.isEmpty()) {
        evaluation(one, found.getFirst(), "");
      }
    }
  }

  private static String experimentId(Span span) {
    return span.tags().stream()
        .filter(tag -> tag.startsWith("experiment_id:"))
        .findFirst()
        .orElse("none");
  }

  private void child(JsonNode wanted, Span span) {
    same(wanted, "name", wanted.get("name").asText(), span.name());
    same(wanted, "kind", wanted.get("kind").asText(), span.kind().wireName());
    same(wanted, "input", wanted.get("input").asText(), input(span));
    same(wanted, "output", wanted.get("output").asText(), output(span));
    if (wanted.has("system")) {
      same(wanted, "system", wanted.get("system").asText(), system(span));
    }
    if (wanted.has("model")) {
      same(wanted, "model", wanted.get("model").asText(), span.model().name());
      same(wanted, "provider", wanted.get("provider").asText(), span.model().provider());
    }
    if (wanted.has("tokens")) {
      tokens(wanted, wanted.get("tokens"), span);
    }
  }
}
