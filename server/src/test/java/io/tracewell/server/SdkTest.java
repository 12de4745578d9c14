package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.testkit.Exchange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real programs with real SDKs, which know nothing of Tracewell, against the fake
 * programs.provider. What is expected comes from the provider's own log.
 */
class SdkTest {
  private static final ObjectMapper JSON = new ObjectMapper();

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

  @Test
  void python_openai_over_grpc() throws Exception {
    python("grpc");
  }

  @Test
  void python_openai_over_http() throws Exception {
    python("http/protobuf");
  }

  @Test
  void node_openai_over_http() throws Exception {
    node("http/protobuf");
  }

  @Test
  void node_openai_over_grpc() throws Exception {
    node("grpc");
  }

  private static void python(String protocol) throws Exception {
    Path venv = programs.python("python-openai");
    runAndCompare(
        "python-" + protocol.replace('/', '-'),
        protocol,
        List.of(
            venv.resolve("bin/opentelemetry-instrument").toString(),
            venv.resolve("bin/python").toString(),
            SdkPrograms.SDK.resolve("python-openai/app.py").toString()),
        SdkPrograms.SDK);
  }

  private static void node(String protocol) throws Exception {
    Path modules = SdkPrograms.HOME.resolve(".tracewell/sdk/node-openai");
    Files.createDirectories(modules);
    for (String file : List.of("package.json", "package-lock.json", "app.cjs")) {
      Files.copy(
          SdkPrograms.SDK.resolve("node-openai").resolve(file),
          modules.resolve(file),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    programs.install(
        modules.resolve("node_modules"),
        SdkPrograms.SDK.resolve("node-openai/package-lock.json"),
        "Node with the SDK's packages",
        List.of("npm", "ci", "--no-audit", "--no-fund", "--prefix", modules.toString()));
    runAndCompare(
        "node-" + protocol.replace('/', '-'),
        protocol,
        List.of(
            "node",
            "--require",
            "@opentelemetry/auto-instrumentations-node/register",
            modules.resolve("app.cjs").toString()),
        modules);
  }

  private static void runAndCompare(
      String name, String protocol, List<String> command, Path workingDir) throws Exception {
    int before = programs.provider.exchanges().size();
    Instant began = Instant.now();
    Map<String, String> environment = new HashMap<>();
    environment.put("OPENAI_BASE_URL", programs.provider.url() + "/v1");
    environment.put("OPENAI_API_KEY", "sk-none");
    environment.put("OTEL_SERVICE_NAME", name);
    environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", programs.endpoint());
    environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    // The instrumentation's own switch for message content; Python's newer ones want a place.
    environment.put(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        name.startsWith("python") ? "SPAN_AND_EVENT" : "true");
    programs.run(command, workingDir, environment);

    List<Exchange> asked =
        programs.provider.exchanges().subList(before, programs.provider.exchanges().size());
    assertThat(asked).hasSizeGreaterThanOrEqualTo(4);
    List<JsonNode> spans = awaitModelSpans(name, began, asked.size());
    assertThat(spans.size()).as("spans of %s", name).isEqualTo(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      compare(asked.get(i), spans.get(i));
    }
  }

  /** The application's LLM and embedding spans, whole, in order of start, once all have arrived. */
  private static List<JsonNode> awaitModelSpans(String application, Instant from, int expected)
      throws Exception {
    List<JsonNode> found = List.of();
    for (int attempt = 0; attempt < 100; attempt++) {
      JsonNode page =
          programs.get(
              "/api/v1/spans?limit=200&from="
                  + from.minusSeconds(60).toEpochMilli()
                  + "&app="
                  + application);
      List<JsonNode> spans = new ArrayList<>();
      for (JsonNode row : page.path("spans")) {
        String kind = row.path("kind").asText();
        if (kind.equals("llm") || kind.equals("embedding")) {
          spans.add(
              programs.get(
                  "/api/v1/traces/"
                      + row.path("trace_id").asText()
                      + "/spans/"
                      + row.path("span_id").asText()));
        }
      }
      spans.sort(java.util.Comparator.comparing(span -> span.path("start_ns").asText()));
      found = spans;
      // Messages that came as log records join their span a moment later.
      boolean whole =
          found.size() >= expected
              && found.stream()
                  .filter(span -> span.path("kind").asText().equals("llm"))
                  .allMatch(span -> !span.path("input").path("messages").isEmpty());
      if (whole) {
        return found;
      }
      Thread.sleep(200);
    }
    return found;
  }

  private static void compare(Exchange asked, JsonNode span) {
    String what = asked.api() + " " + asked.n();
    boolean embedding = asked.api().contains("embeddings");
    assertThat(span.path("kind").asText()).as(what).isEqualTo(embedding ? "embedding" : "llm");
    assertThat(span.path("provider").asText()).as(what).isEqualTo("openai");
    assertThat(span.path("model_requested").asText()).as(what).isEqualTo(asked.model());
    if (asked.status() != 200) {
      assertThat(span.path("status").asText()).as(what).isEqualTo("error");
      assertThat(span.path("error").path("type").asText()).as(what).isNotEmpty();
      return;
    }
    assertThat(span.path("status").asText()).as(what).isEqualTo("ok");
    JsonNode usage = asked.response().path("usage");
    assertThat(span.path("usage").path("input").asText())
        .as(what)
        .isEqualTo(usage.path("prompt_tokens").asText());
    if (!embedding) {
      assertThat(span.path("usage").path("output").asText())
          .as(what)
          .isEqualTo(usage.path("completion_tokens").asText());
      compareMessages(what, asked.request().path("messages"), span.path("input"));
      JsonNode answer = asked.response().path("choices").path(0).path("message");
      compareMessages(what, JSON.createArrayNode().add(answer), span.path("output"));
    }
    assertThat(span.path("cost").path("total").asText(null)).as(what).isNotNull();
    assertThat(new java.math.BigDecimal(span.path("cost").path("total").asText()))
        .as(what)
        .isPositive();
  }

  private static void compareMessages(String what, JsonNode sent, JsonNode body) {
    JsonNode shown = body.path("messages");
    assertThat(shown.size()).as(what + " " + body).isEqualTo(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      JsonNode message = sent.get(i);
      JsonNode read = shown.get(i);
      assertThat(read.path("role").asText()).as(what).isEqualTo(message.path("role").asText());
      String content = message.path("content").asText("");
      StringBuilder text = new StringBuilder();
      List<String> calls = new ArrayList<>();
      for (JsonNode part : read.path("parts")) {
        switch (part.path("type").asText()) {
          case "text", "tool_result" -> text.append(part.path("text").path("text").asText());
          case "tool_call" -> calls.add(part.path("name").asText());
          default -> {}
        }
      }
      if (!message.path("content").isNull() && !content.isEmpty()) {
        assertThat(text.toString().replaceAll("\\s", ""))
            .as(what)
            .isEqualTo(content.replaceAll("\\s", ""));
      }
      List<String> asked = new ArrayList<>();
      message
          .path("tool_calls")
          .forEach(call -> asked.add(call.path("function").path("name").asText()));
      assertThat(calls).as(what).isEqualTo(asked);
    }
  }
}
