package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.testkit.Exchange;
import java.io.File;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Datadog's Python SDK as teams run it, pointed here by environment variables alone. What is
 * expected of model calls comes from the fake provider's own log.
 */
class DatadogSdkTest {
  @TempDir static Path dir;
  private static SdkPrograms programs;

  @BeforeAll
  static void start() throws Exception {
    programs = new SdkPrograms(dir);
  }

  @AfterAll
  static void stop() {
    if (programs != null) {
      programs.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace", "python-ddtrace-3"})
  void calls_of_the_openai_client_arrive_by_themselves(String version) throws Exception {
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
  }

  private static void compare(Exchange asked, JsonNode span) {
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

  private static String text(JsonNode message) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : message.path("parts")) {
      if (part.path("type").asText().equals("text")) {
        text.append(part.path("text").path("text").asText());
      }
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"python-ddtrace", "python-ddtrace-3"})
  void spans_of_every_kind_arrive_whole(String version) throws Exception {
    int tasks = 500;
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
    for (int attempt = 0; attempt < 100 && whole.path("spans").size() < tasks + 6; attempt++) {
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
    assertThat(detail(trace, byName.get("documents")).toString()).contains("Two days. 世界", "0.91");
    assertThat(detail(trace, byName.get("broken")).path("error").toString())
        .contains("ValueError", "parcel lost: ümlaut");
    assertThat(detail(trace, byName.get("answer")).path("tags").toString())
        .contains("team:logistics");
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

  private static void run(Path venv, String name, Path program, Map<String, String> more)
      throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PATH", venv.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
    environment.put("OPENAI_BASE_URL", programs.provider.url() + "/v1");
    environment.put("OPENAI_API_KEY", "sk-none");
    environment.put("DD_TRACE_AGENT_URL", programs.endpoint());
    environment.put("DD_LLMOBS_ENABLED", "1");
    environment.put("DD_LLMOBS_ML_APP", name);
    environment.put("DD_LLMOBS_AGENTLESS_ENABLED", "false");
    environment.put("DD_SERVICE", name);
    environment.put("DD_INSTRUMENTATION_TELEMETRY_ENABLED", "false");
    programs.run(
        List.of(
            venv.resolve("bin/ddtrace-run").toString(),
            venv.resolve("bin/python").toString(),
            program.toString()),
        SdkPrograms.SDK,
        environment);
  }
}
