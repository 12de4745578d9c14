package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.store.TestEngine;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What real SDKs sent over OTLP, replayed byte by byte, against what their programs did, as the API
 * gives it back. The expectations were written from the programs and from the log of the model
 * provider, not from our reading.
 *
 * <p>{@code otlp/exceptions.tsv} lists the facts that differ: recording, span, field, the bytes on
 * the wire that show that they were not sent, and why.
 */
class OtelReplayTest {
  private static final JsonNode EXPECTED = Recordings.expected("otlp");

  /** Recordings of the same program whose expectations stand under another's name. */
  private static final Map<String, String> LIKE =
      Map.of(
          "py_pydantic-ai-2.68.0_logfire_v3", "py_pydantic-ai-2.68.0_logfire_v5",
          "py_pydantic-ai-2.68.0_logfire_v4", "py_pydantic-ai-2.68.0_logfire_v5");

  /** At most one fact in a hundred may be excepted. */
  private static final int FACTS_PER_EXCEPTION = 100;

  /** Records of one call join their span within seconds. */
  private static final long LOGS_NANOS = Duration.ofSeconds(20).toNanos();

  private static final Map<String, Exception> EXCEPTIONS = exceptions();

  @TempDir static Path directory;
  private static TestEngine engine;
  private static int databases;
  private static int allFacts;
  private static final Set<String> ran = new HashSet<>();
  private static final Set<String> needed = new TreeSet<>();

  /** A fact that may differ. */
  private record Exception(String recording, String field, String bytes) {}

  private Facts facts = new Facts("", Set.of());
  private ReplayServer server;
  private final Map<String, Seen> matched = new LinkedHashMap<>();
  private List<Seen> all = List.of();

  /** Expectations that name an ancestor as the parent. */
  private final Set<String> passesOver = new HashSet<>();

  /** A span as the API gives it. */
  private record Seen(String traceId, JsonNode head, JsonNode span) {
    String key() {
      return head.get("span_key").asText();
    }

    String text(String field) {
      return span.path(field).asText("");
    }
  }

  private static Map<String, Exception> exceptions() {
    Map<String, Exception> result = new LinkedHashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    OtelReplayTest.class.getResourceAsStream("otlp/exceptions.tsv")),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] columns = line.split("\t", 5);
          result.put(
              columns[0] + " " + columns[1] + " " + columns[2],
              new Exception(columns[0], columns[2], columns[3]));
        }
      }
      return result;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeAll
  static void start() throws IOException {
    engine = new TestEngine(directory.resolve("engine"));
  }

  @AfterAll
  static void stop() {
    engine.close();
    System.out.println(allFacts + " facts, " + EXCEPTIONS.size() + " exceptions");
    Set<String> listed = new TreeSet<>();
    EXCEPTIONS.forEach(
        (name, exception) -> {
          assertThat(exception.field())
              .as("what may never be excepted")
              .doesNotStartWith("tokens")
              .doesNotStartWith("cost")
              .doesNotStartWith("parent")
              .doesNotStartWith("counted")
              .doesNotStartWith("total");
          if (ran.contains(exception.recording())) {
            listed.add(name);
          }
        });
    assertThat(needed).as("exceptions that were needed").containsExactlyElementsOf(listed);
    if (System.getProperty("recordings") == null) {
      assertThat(listed.size() * FACTS_PER_EXCEPTION)
          .as("exceptions are one in a hundred facts at most")
          .isLessThanOrEqualTo(allFacts);
    }
  }

  private static Set<String> names() {
    Set<String> names = new TreeSet<>(LIKE.keySet());
    EXPECTED.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void every_recording_is_compared() throws IOException, URISyntaxException {
    Path folder = Path.of(Objects.requireNonNull(OtelReplayTest.class.getResource("otlp")).toURI());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> file.endsWith(".jsonl.gz"))
                  .map(file -> file.substring(0, file.length() - ".jsonl.gz".length())))
          .containsExactlyInAnyOrderElementsOf(names());
    }
  }

  /** All, or with -Drecordings=vercel those whose name holds that. */
  static Stream<String> recordings() {
    String only = System.getProperty("recordings", "");
    return names().stream().filter(name -> name.matches(".*(" + only + ").*"));
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void what_was_sent_is_what_the_api_gives_back(String name) throws java.lang.Exception {
    JsonNode expected = EXPECTED.get(LIKE.getOrDefault(name, name));
    List<Recorded> requests = Recordings.read("otlp", name);
    try (ReplayServer replay = new ReplayServer(engine, directory, "r" + databases++)) {
      server = replay;
      for (Recorded request : requests) {
        replay.send(request);
      }
      long sent = System.nanoTime();
      while (true) {
        facts = new Facts(name, EXCEPTIONS.keySet());
        compare(expected);
        if (facts.differences().isEmpty()
            || !(replay.sentLogs() || expected.has("evaluations"))
            || System.nanoTime() - sent > LOGS_NANOS) {
          break;
        }
        Thread.sleep(250);
      }
    }
    System.out.println(facts);
    if (Boolean.getBoolean("differences")) {
      facts.differences().forEach(difference -> System.out.println("  " + difference));
    }
    ran.add(name);
    allFacts += facts.count();
    needed.addAll(facts.excused());
    assertThat(facts.differences()).as("differences of %s facts", facts.count()).isEmpty();
    for (Exception exception : EXCEPTIONS.values()) {
      if (exception.recording().equals(name)) {
        assertThat(requests.stream().anyMatch(request -> contains(request, exception.bytes())))
            .as("the bytes quoted for " + exception + " are on the wire")
            .isTrue();
      }
    }
  }

  private static boolean contains(Recorded request, String bytes) {
    byte[] body = request.body();
    if (body.length > 1 && body[0] == 0x1f && (body[1] & 0xff) == 0x8b) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
        body = in.readAllBytes();
      } catch (IOException e) {
        return false;
      }
    }
    return new String(body, StandardCharsets.ISO_8859_1)
        .contains(new String(bytes.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
  }

  private void compare(JsonNode expected) throws java.lang.Exception {
    List<JsonNode> traces = server.traces(0);
    List<Seen> spans = new ArrayList<>();
    List<String[]> ids = new ArrayList<>();
    List<JsonNode> heads = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (JsonNode trace : traces) {
      String traceId = trace.at("/trace/trace_id").asText();
      for (JsonNode head : trace.get("spans")) {
        facts.check(
            head.get("span_id").asText(),
            "once",
            keys.add(traceId + head.get("span_key").asText()),
            "the span comes twice");
        ids.add(new String[] {traceId, head.get("span_id").asText()});
        heads.add(head);
      }
    }
    List<JsonNode> whole = server.spans(ids);
    for (int i = 0; i < whole.size(); i++) {
      spans.add(new Seen(ids.get(i)[0], heads.get(i), whole.get(i)));
    }
    spans.sort(Comparator.comparing(seen -> new BigDecimal(seen.text("start_ns"))));
    all = spans;
    matched.clear();
    passesOver.clear();
    List<Seen> left = new ArrayList<>(spans);
    for (JsonNode one : expected.get("spans")) {
      String id = one.get("id").asText();
      if (one.path("parent_is").asText().equals("ancestor")) {
        passesOver.add(id);
      }
      Seen found = best(one, left);
      if (facts.check(id, "there", found != null, "no such span")) {
        left.remove(found);
        matched.put(id, Objects.requireNonNull(found));
      }
    }
    for (JsonNode one : expected.get("spans")) {
      Seen seen = matched.get(one.get("id").asText());
      if (seen != null) {
        one(one, seen, expected);
      }
    }
    if (!expected.has("open")) {
      for (Seen seen : left) {
        if (!seen.text("kind").equals("span") && !isBetween(seen) && !isPairOfEmbeddings(seen)) {
          facts.unexpected(
              "span: " + seen.text("kind") + " " + seen.text("name") + " " + seen.text("scope"));
        }
      }
    }
    List<Seen> said = new ArrayList<>();
    for (JsonNode one : expected.get("spans")) {
      Seen seen = matched.get(one.get("id").asText());
      if (one.has("usage_sent") && seen != null && seen.head().get("counted").asBoolean()) {
        said.add(seen);
      }
    }
    totals(expected.get("totals"), traces, said, facts.excused(" there"));
    for (JsonNode one : expected.path("evaluations")) {
      evaluation(one, traces);
    }
  }

  // --- which span is which ---

  /** By everything that tells calls apart; the earliest of those that fit best. */
  private Seen best(JsonNode one, List<Seen> left) {
    Seen best = null;
    int most = 0;
    for (Seen seen : left) {
      if (one.has("provider_call") && !isCall(seen)) {
        continue;
      }
      int score = 0;
      if (one.has("response_id")) {
        score += seen.text("response_id").equals(one.get("response_id").asText()) ? 16 : 0;
      }
      score += one.has("name") && seen.text("name").equals(one.get("name").asText()) ? 8 : 0;
      score +=
          one.has("raw_name") && seen.text("name").equals(one.get("raw_name").asText()) ? 8 : 0;
      score +=
          one.has("scope") && seen.text("scope").startsWith(one.get("scope").asText()) ? 32 : 0;
      score +=
          !one.has("scope")
                  && !same(one, "name", seen, "name")
                  && seen.text("scope").startsWith("com.anthropic.sdk")
              ? -32
              : 0;
      score += kinds(one).contains(seen.text("kind")) ? 8 : 0;
      score += isParent(one, seen) ? 8 : 0;
      score += same(one, "model_requested", seen, "model_requested") ? 3 : 0;
      score += same(one, "model", seen, "model") ? 1 : 0;
      if (one.has("input")) {
        score += input(seen).equals(one.get("input").asText()) ? 6 : 0;
      }
      if (one.has("output")) {
        score += output(seen).equals(one.get("output").asText()) ? 6 : 0;
      }
      score +=
          one.path("input_message_count").asInt(-1) == seen.span().at("/input/messages").size()
              ? 2
              : 0;
      if (one.has("tool_calls")) {
        List<JsonNode> calls = parts(seen.span().at("/output/messages"), "tool_call");
        score +=
            !calls.isEmpty() && calls.getFirst().path("id").equals(one.at("/tool_calls/0/id"))
                ? 6
                : 0;
      }
      if (one.has("status")) {
        score += same(one, "status", seen, "status") ? 4 : 0;
      }
      if (one.path("tokens").has("input")) {
        score +=
            one.at("/tokens/input").asText().equals(seen.span().at("/usage/input").asText())
                ? 2
                : 0;
      }
      if (one.has("tool")) {
        score += one.get("tool").asText().equals(seen.text("tool_name")) ? 4 : 0;
      }
      if (one.has("input_json")) {
        score += Objects.equals(one.get("input_json"), json(value(seen, "input"))) ? 6 : 0;
      }
      if (score > most) {
        most = score;
        best = seen;
      }
    }
    return most < 8 ? null : best;
  }

  private static boolean same(JsonNode one, String wanted, Seen seen, String field) {
    return one.has(wanted) && one.get(wanted).asText().equals(seen.text(field));
  }

  private static List<String> kinds(JsonNode one) {
    List<String> kinds = new ArrayList<>(strings(one.path("kind_any_of")));
    if (kinds.isEmpty()) {
      kinds.add(one.get("kind").asText());
    }
    // Evaluators are a kind of task here.
    if (kinds.contains("evaluator")) {
      kinds.add("task");
    }
    return kinds;
  }

  private Seen parentOf(Seen seen) {
    String parent = seen.head().path("parent_key").asText("");
    for (Seen other : all) {
      if (other.key().equals(parent) && other.traceId().equals(seen.traceId())) {
        return other;
      }
    }
    return null;
  }

  private boolean isParent(JsonNode one, Seen seen) {
    Seen parent = parentOf(seen);
    if (one.get("parent").isNull()) {
      return parent == null
          || one.path("parent_is").asText().equals("ancestor")
          || (isPairOfEmbeddings(parent) && parentOf(parent) == null);
    }
    Seen wanted = matched.get(one.get("parent").asText());
    if (one.path("parent_is").asText().equals("ancestor")) {
      while (parent != null && !parent.equals(wanted)) {
        parent = parentOf(parent);
      }
    }
    return wanted != null && wanted.equals(parent);
  }

  /** A step that the expectations pass over: they name an ancestor as the parent. */
  private boolean isBetween(Seen seen) {
    return (seen.text("kind").equals("task") || seen.text("kind").equals("workflow"))
        && matched.entrySet().stream()
            .anyMatch(
                below -> passesOver.contains(below.getKey()) && isAbove(seen, below.getValue()));
  }

  /** One of two spans of a call to embed: the AI SDK sends an outer and an inner one. */
  private boolean isPairOfEmbeddings(Seen seen) {
    Seen parent = parentOf(seen);
    return seen.text("kind").equals("embedding")
        && (parent != null && parent.text("kind").equals("embedding")
            || all.stream()
                .anyMatch(
                    other ->
                        other.text("kind").equals("embedding") && seen.equals(parentOf(other))));
  }

  // --- one span ---

  private void one(JsonNode one, Seen seen, JsonNode expected) throws java.lang.Exception {
    String id = one.get("id").asText();
    JsonNode span = seen.span();
    facts.check(
        id,
        "kind",
        kinds(one).contains(seen.text("kind")),
        "expected "
            + kinds(one)
            + ", was "
            + seen.text("kind")
            + " by "
            + seen.text("kind_rule")
            + " ("
            + seen.text("name")
            + ")");
    facts.check(
        id,
        "parent",
        isParent(one, seen),
        "expected " + one.get("parent") + " above " + seen.text("name"));
    if (expected.has("service")) {
      facts.same(id, "service", expected.get("service").asText(), seen.text("service"));
    }
    if (expected.has("project")) {
      facts.same(id, "application", expected.get("project").asText(), seen.text("application"));
    }
    if (expected.has("env")) {
      facts.same(id, "env", expected.get("env").asText(), seen.text("environment"));
    }
    if (expected.has("version") || expected.has("release")) {
      facts.same(
          id,
          "version",
          expected.path("version").asText(expected.path("release").asText()),
          seen.text("service_version"));
    }
    for (Map.Entry<String, JsonNode> field : one.properties()) {
      JsonNode value = field.getValue();
      String text = value.asText();
      switch (field.getKey()) {
        // For the reader, or compared elsewhere.
        case "id",
            "parent",
            "parent_is",
            "kind",
            "kind_any_of",
            "case",
            "note",
            "tokens_note",
            "tool_calls_note",
            "api",
            "stream",
            "provider_call",
            "provider_on_wire",
            "not_on_wire" -> {}
        case "name" -> facts.same(id, "name", text, seen.text("name"));
        case "raw_name" ->
            facts.same(
                id,
                "raw name",
                text,
                server
                    .get(
                        "/api/v1/traces/"
                            + seen.traceId()
                            + "/spans/"
                            + seen.text("span_id")
                            + "/raw")
                    .findPath("name")
                    .asText());
        case "scope" ->
            facts.check(id, "scope", seen.text("scope").startsWith(text), seen.text("scope"));
        case "model" -> facts.same(id, "model", text, seen.text("model"));
        // Langfuse has one field for the name of a model, and its wrappers put the dated one there.
        case "model_requested" ->
            facts.same(
                id,
                "model_requested",
                span.path("dialects").toString().contains("langfuse") && one.has("model")
                    ? one.get("model").asText()
                    : text,
                seen.text("model_requested"));
        case "provider" -> facts.same(id, "provider", text, seen.text("provider"));
        case "system" -> facts.same(id, "system", text, system(seen));
        case "input" -> facts.same(id, "input", text, input(seen));
        case "input_contains" ->
            facts.check(id, "input", whole(seen, "input").contains(text), "was " + input(seen));
        case "input_json" -> facts.same(id, "input", value, json(value(seen, "input")));
        case "input_args" ->
            facts.same(id, "input args", value, json(value(seen, "input")).path("args"));
        case "input_kwargs" ->
            facts.same(id, "input kwargs", value, json(value(seen, "input")).path("kwargs"));
        case "output" -> {
          String output = output(seen);
          // Strands ends the answer of an agent with a line feed.
          boolean ended = seen.text("scope").startsWith("strands") && output.endsWith("\n");
          facts.same(id, "output", text, ended ? output.substring(0, output.length() - 1) : output);
        }
        case "output_contains" ->
            facts.check(id, "output", whole(seen, "output").contains(text), "was " + output(seen));
        case "output_json" -> facts.same(id, "output", value, json(value(seen, "output")));
        case "input_message_count" ->
            facts.same(id, "messages", value.asInt(), span.at("/input/messages").size());
        case "choices" ->
            facts.same(id, "choices", value.asInt(), span.at("/output/messages").size());
        case "reasoning_text" ->
            facts.same(
                id,
                "reasoning",
                text,
                parts(span.at("/output/messages"), "reasoning").stream()
                    .map(part -> part.at("/text/text").asText())
                    .findFirst()
                    .orElse(""));
        case "tool_calls" -> calls(id, value, seen);
        case "tokens" -> tokens(id, value, span);
        case "absent" ->
            strings(value)
                .forEach(
                    what ->
                        facts.check(
                            id,
                            what + " absent",
                            what.equals("tokens") && span.at("/usage/total").isNull(),
                            "there"));
        case "usage_sent" -> contains(id, "usage sent", value, span.at("/usage/raw"));
        case "cost" -> {
          for (Map.Entry<String, JsonNode> bucket : value.properties()) {
            facts.check(
                id,
                "cost " + bucket.getKey(),
                number(bucket.getValue()).compareTo(number(span.path("cost").path(bucket.getKey())))
                    == 0,
                "expected " + bucket.getValue() + ", was " + span.path("cost"));
          }
          facts.same(id, "cost source", "reported", span.at("/cost/source").asText());
        }
        case "finish_reason" ->
            facts.same(
                id, "finish_reason", canonical(text), span.at("/finish_reasons/0").asText(""));
        case "response_id" -> facts.same(id, "response_id", text, seen.text("response_id"));
        case "params" -> contains(id, "parameter", value, span.path("parameters"));
        case "metadata" -> contains(id, "metadata", value, span.path("metadata"));
        case "level", "status_message" ->
            facts.same(
                id, field.getKey(), text, span.path("metadata").path(field.getKey()).asText());
        case "function_id" ->
            facts.check(id, "function id", span.toString().contains(text), "nowhere");
        case "tags" ->
            strings(value)
                .forEach(
                    tag ->
                        facts.check(
                            id,
                            "tag " + tag,
                            strings(span.path("tags")).contains(tag),
                            "was " + span.path("tags")));
        case "session" -> facts.same(id, "session", text, seen.text("session_id"));
        case "user" -> facts.same(id, "user", text, seen.text("user_id"));
        case "status" -> facts.same(id, "status", text, seen.text("status"));
        case "error" -> {
          if (value.has("type")) {
            facts.same(
                id, "error type", value.get("type").asText(), span.at("/error/type").asText());
          }
          if (value.has("message_contains")) {
            facts.check(
                id,
                "error message",
                span.at("/error/message").asText().contains(value.get("message_contains").asText()),
                "was " + span.path("error"));
          }
        }
        case "prompt" -> {
          for (Map.Entry<String, JsonNode> part : value.properties()) {
            facts.same(
                id,
                "prompt " + part.getKey(),
                part.getValue(),
                span.path("prompt").path(part.getKey()));
          }
        }
        case "tool" -> facts.same(id, "tool", text, seen.text("tool_name"));
        case "input_documents" -> facts.same(id, "input documents", strings(value), texts(seen));
        case "output_documents" -> {
          facts.same(id, "documents", value.size(), span.path("documents").size());
          for (int i = 0; i < value.size(); i++) {
            JsonNode document = span.path("documents").path(i);
            JsonNode wanted = value.get(i);
            facts.same(
                id,
                "document text",
                wanted.isTextual() ? wanted.asText() : wanted.path("text").asText(),
                document.at("/text/text").asText());
            if (wanted.has("id")) {
              facts.same(id, "document id", wanted.get("id"), document.path("id"));
            }
          }
        }
        case "output_documents_any_order" -> {
          Set<String> found = new TreeSet<>();
          span.path("documents").forEach(d -> found.add(d.at("/text/text").asText()));
          facts.same(id, "documents", new TreeSet<>(strings(value)), found);
        }
        case "embedding_count", "embedding_dimensions" ->
            facts.check(
                id,
                field.getKey(),
                whole(seen, "output").contains(text),
                "was " + whole(seen, "output"));
        case "not_counted" -> {
          if (!one.has("duplicate_of")) {
            facts.same(id, "counted", false, seen.head().get("counted").asBoolean());
          }
        }
        case "duplicate_of" -> {
          Seen other = matched.get(text);
          boolean usage = !seen.span().at("/usage/total").isNull();
          facts.same(
              id,
              "counted once of two",
              usage ? 1 : 0,
              (seen.head().get("counted").asBoolean() ? 1 : 0)
                  + (other != null && other.head().get("counted").asBoolean() ? 1 : 0));
        }
        case "duration_ns_max" ->
            facts.check(
                id,
                "duration",
                Long.parseLong(seen.text("duration_ns")) <= value.asLong(),
                "was " + seen.text("duration_ns"));
        default -> facts.unexpected("field, not known to this test: " + field.getKey());
      }
    }
    if (!one.has("status")) {
      facts.same(id, "status", "ok", seen.text("status"));
    }
  }

  private static String canonical(String reason) {
    return switch (reason) {
      case "end_turn" -> "stop";
      case "tool_use" -> "tool_calls";
      case "max_tokens" -> "length";
      default -> reason;
    };
  }

  private static BigDecimal number(JsonNode node) {
    try {
      return new BigDecimal(node.asText());
    } catch (NumberFormatException e) {
      return BigDecimal.ONE.negate();
    }
  }

  private static List<String> strings(JsonNode list) {
    List<String> strings = new ArrayList<>();
    list.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  private static List<JsonNode> parts(JsonNode messages, String type) {
    List<JsonNode> parts = new ArrayList<>();
    for (JsonNode message : messages) {
      for (JsonNode part : message.path("parts")) {
        if (part.path("type").asText().equals(type)) {
          parts.add(part);
        }
      }
    }
    return parts;
  }

  private static String said(JsonNode message) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : message.path("parts")) {
      if (part.path("type").asText().equals("text")) {
        text.append(text.isEmpty() ? "" : "\n").append(part.at("/text/text").asText());
      }
    }
    return text.toString();
  }

  private static String value(Seen seen, String side) {
    return seen.span().path(side).at("/value/text").asText("");
  }

  private static String whole(Seen seen, String side) {
    StringBuilder all = new StringBuilder(value(seen, side));
    for (JsonNode message : seen.span().path(side).path("messages")) {
      for (JsonNode part : message.path("parts")) {
        all.append('\n').append(part.at("/text/text").asText());
      }
    }
    return all.toString();
  }

  /** The last user message, or the value. */
  private static String input(Seen seen) {
    String last = value(seen, "input");
    for (JsonNode message : seen.span().at("/input/messages")) {
      if (message.path("role").asText().equals("user") && !said(message).isEmpty()) {
        last = said(message);
      }
    }
    return last;
  }

  private static String output(Seen seen) {
    for (JsonNode message : seen.span().at("/output/messages")) {
      if (!said(message).isEmpty()) {
        return said(message);
      }
    }
    return value(seen, "output");
  }

  private static String system(Seen seen) {
    for (JsonNode message : seen.span().at("/input/messages")) {
      String role = message.path("role").asText();
      if (role.equals("system") || role.equals("developer")) {
        return said(message);
      }
    }
    return "";
  }

  private static JsonNode json(String text) {
    try {
      return text.isEmpty() ? NullNode.instance : Recordings.JSON.readTree(text);
    } catch (IOException e) {
      return NullNode.instance;
    }
  }

  /** What was to be embedded. */
  private static List<String> texts(Seen seen) {
    List<String> texts = new ArrayList<>();
    String value = value(seen, "input");
    JsonNode list = json(value);
    if (list.isArray()) {
      list.forEach(
          item -> texts.add(item.isTextual() ? item.asText() : item.path("text").asText()));
    } else if (!value.isEmpty()) {
      texts.add(value);
    }
    if (value.isEmpty()) {
      seen.span().at("/input/messages").forEach(message -> texts.add(said(message)));
    }
    return texts;
  }

  private void calls(String id, JsonNode wanted, Seen seen) {
    List<JsonNode> calls = parts(seen.span().at("/output/messages"), "tool_call");
    facts.same(id, "tool_calls", wanted.size(), calls.size());
    for (int i = 0; i < Math.min(wanted.size(), calls.size()); i++) {
      if (wanted.get(i).has("id")) {
        facts.same(
            id,
            "tool_calls id",
            wanted.get(i).get("id").asText(),
            calls.get(i).path("id").asText());
      }
      facts.same(
          id,
          "tool_calls name",
          wanted.get(i).get("name").asText(),
          calls.get(i).path("name").asText());
      facts.same(
          id,
          "tool_calls arguments",
          wanted.get(i).get("arguments"),
          json(calls.get(i).at("/text/text").asText()));
    }
  }

  private void tokens(String id, JsonNode wanted, JsonNode span) {
    if (wanted.isNull()) {
      facts.check(id, "tokens", span.at("/usage/total").isNull(), "was " + span.path("usage"));
    }
    for (Map.Entry<String, JsonNode> figure : wanted.properties()) {
      if (figure.getKey().endsWith("_as_sent")) {
        continue;
      }
      JsonNode actual = span.path("usage").path(figure.getKey());
      long expected = figure.getValue().isNull() ? -1 : figure.getValue().asLong();
      long was = actual.isNull() || actual.isMissingNode() ? -1 : actual.asLong();
      // A part of a whole that was not sent is shown as not sent, which is not the zero it was.
      facts.check(
          id,
          "tokens " + figure.getKey(),
          expected == was
              || (expected == 0 && was == -1)
              // A sender that counts wrong: its figure is kept as it is.
              || wanted.path(figure.getKey() + "_as_sent").asLong(-2) == was,
          "expected " + expected + ", was " + was + " by " + span.at("/usage/rule"));
    }
  }

  private void contains(String id, String field, JsonNode wanted, JsonNode actual) {
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      JsonNode value = actual.path(entry.getKey());
      boolean same =
          entry.getValue().isNumber()
              ? number(entry.getValue()).compareTo(number(value)) == 0
              : entry.getValue().equals(value);
      facts.check(
          id,
          field + " " + entry.getKey(),
          same,
          "expected " + entry.getValue() + ", was " + value + " in " + actual);
    }
  }

  // --- all of it ---

  private void totals(JsonNode wanted, List<JsonNode> traces, List<Seen> said, int unseen) {
    Map<String, Long> sums = new HashMap<>();
    Set<String> withoutCalls = new HashSet<>();
    for (JsonNode trace : traces) {
      JsonNode row = trace.get("trace");
      sums.merge("llm_and_embedding_calls", row.get("llm_calls").asLong(), Long::sum);
      if (row.get("llm_calls").asLong() == 0) {
        withoutCalls.add(row.get("trace_id").asText());
      }
      sums.merge("input", row.path("input_tokens").asLong(), Long::sum);
      sums.merge("output", row.path("output_tokens").asLong(), Long::sum);
      sums.merge("cache_read", row.path("cache_read_tokens").asLong(), Long::sum);
    }
    for (Seen seen : all) {
      if (seen.head().get("counted").asBoolean()) {
        sums.merge("cache_write", seen.span().at("/usage/cache_write").asLong(), Long::sum);
        sums.merge("reasoning", seen.span().at("/usage/reasoning").asLong(), Long::sum);
      }
      if (isCall(seen) && all.stream().noneMatch(other -> isCall(other) && isAbove(seen, other))) {
        // The row counts the calls of language models alone; one without a model was no call.
        boolean embedding = seen.text("kind").equals("embedding") && !seen.text("model").isEmpty();
        sums.merge("llm_and_embedding_calls", embedding ? 1L : 0L, Long::sum);
        // A call that another trace records too counts there.
        boolean failed =
            seen.text("status").equals("error")
                && (embedding || !withoutCalls.contains(seen.traceId()));
        sums.merge("errors_in_calls", failed ? 1L : 0L, Long::sum);
      }
    }
    // What the program itself said was used, beside the calls that the totals were written from.
    for (Seen seen : said) {
      sums.merge("input", -seen.span().at("/usage/input").asLong(), Long::sum);
      sums.merge("output", -seen.span().at("/usage/output").asLong(), Long::sum);
      sums.merge("cache_read", -seen.span().at("/usage/cache_read").asLong(), Long::sum);
    }
    // Calls without a span: attempts that an SDK makes inside of one.
    sums.merge("llm_and_embedding_calls", (long) unseen, Long::sum);
    sums.merge("errors_in_calls", (long) unseen, Long::sum);
    for (Map.Entry<String, JsonNode> total : wanted.properties()) {
      facts.same(
          "totals",
          "total " + total.getKey(),
          total.getValue().asLong(),
          sums.getOrDefault(total.getKey(), 0L));
    }
  }

  private void evaluation(JsonNode one, List<JsonNode> traces) {
    String label = one.get("label").asText();
    String[] join = one.get("join").asText().split(":| of ");
    JsonNode found = NullNode.instance;
    String traceId = "";
    for (JsonNode trace : traces) {
      for (JsonNode evaluation : trace.get("evaluations")) {
        if (evaluation.get("label").asText().equals(label)) {
          found = evaluation;
          traceId = trace.at("/trace/trace_id").asText();
        }
      }
    }
    if (!facts.check(label, "evaluation", !found.isNull(), "no such evaluation")) {
      return;
    }
    facts.same(label, "evaluation value", one.get("value"), found.get("value"));
    facts.same(
        label,
        "evaluation comment",
        one.path("comment").asText(""),
        found.path("reasoning").asText(""));
    facts.same(
        label,
        "evaluation type",
        one.path("metric_type").asText("score"),
        found.get("type").asText());
    for (Seen seen : all) {
      if (seen.text("name").equals(join[1]) && seen.traceId().equals(traceId)) {
        facts.same(
            label,
            "evaluated",
            join[0].equals("span") ? seen.key() : "",
            found.path("span_key").asText(""));
        return;
      }
    }
    facts.unexpected("place of the evaluation " + label + ": no span " + join[1]);
  }

  private static boolean isCall(Seen seen) {
    return seen.text("kind").equals("llm") || seen.text("kind").equals("embedding");
  }

  private boolean isAbove(Seen above, Seen below) {
    Seen at = parentOf(below);
    while (at != null && !at.equals(above)) {
      at = parentOf(at);
    }
    return at != null;
  }
}
