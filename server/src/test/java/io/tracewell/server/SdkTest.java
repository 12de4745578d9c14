package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.server.config.Config;
import io.tracewell.testkit.Exchange;
import io.tracewell.testkit.FakeProvider;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real programs with real SDKs, which know nothing of Tracewell, against the fake provider. What is
 * expected comes from the provider's own log.
 */
class SdkTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path HOME = Path.of(System.getProperty("tracewell.home"));
  private static final Path SDK = HOME.resolve("server/src/test/sdk");

  @TempDir static Path dir;
  private static App app;
  private static FakeProvider provider;

  @BeforeAll
  static void start() throws Exception {
    provider = FakeProvider.start(FakeProvider.Options.standard());
    app =
        new App(
            Config.read(
                Map.of("listen", "127.0.0.1:0", "data-dir", dir.resolve("data").toString()),
                Map.of(),
                null),
            Clock.systemUTC());
    app.awaitReady(Duration.ofSeconds(60));
  }

  @AfterAll
  static void stop() {
    if (app != null) {
      app.close();
    }
    if (provider != null) {
      provider.close();
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
    Path venv = HOME.resolve(".tracewell/sdk/python-openai");
    install(
        venv,
        SDK.resolve("python-openai/requirements.txt"),
        "Python 3.11 with the SDK's packages",
        List.of("python3", "-m", "venv", venv.toString()),
        List.of(
            venv.resolve("bin/pip").toString(),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            SDK.resolve("python-openai/requirements.txt").toString()));
    runAndCompare(
        "python-" + protocol.replace('/', '-'),
        protocol,
        List.of(
            venv.resolve("bin/opentelemetry-instrument").toString(),
            venv.resolve("bin/python").toString(),
            SDK.resolve("python-openai/app.py").toString()),
        SDK);
  }

  private static void node(String protocol) throws Exception {
    Path modules = HOME.resolve(".tracewell/sdk/node-openai");
    Files.createDirectories(modules);
    for (String file : List.of("package.json", "package-lock.json", "app.cjs")) {
      Files.copy(
          SDK.resolve("node-openai").resolve(file),
          modules.resolve(file),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    install(
        modules.resolve("node_modules"),
        SDK.resolve("node-openai/package-lock.json"),
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

  /** Installs once per content of {@code lock}; skips the test where that can't be done. */
  @SafeVarargs
  private static void install(Path target, Path lock, String what, List<String>... commands)
      throws Exception {
    Path stamp = target.resolve(".tracewell-installed");
    String wanted = Files.readString(lock);
    if (Files.exists(stamp) && Files.readString(stamp).equals(wanted)) {
      return;
    }
    for (List<String> command : commands) {
      Run run;
      try {
        run = run(command, HOME, Map.of(), Duration.ofMinutes(5));
      } catch (IOException e) {
        assumeTrue(false, what + " is not to be had here: " + e.getMessage());
        return;
      }
      assumeTrue(
          run.exit == 0,
          what
              + " could not be installed (is the package registry reachable?): "
              + tail(run.output));
    }
    Files.writeString(stamp, wanted);
  }

  private static void runAndCompare(
      String name, String protocol, List<String> command, Path workingDir) throws Exception {
    int before = provider.exchanges().size();
    Instant began = Instant.now();
    String endpoint = "http://127.0.0.1:" + app.listeners().getFirst().port();
    Map<String, String> environment = new HashMap<>();
    environment.put("OPENAI_BASE_URL", provider.url() + "/v1");
    environment.put("OPENAI_API_KEY", "sk-none");
    environment.put("OTEL_SERVICE_NAME", name);
    environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    // The instrumentation's own switch for message content; Python's newer ones want a place.
    environment.put(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        name.startsWith("python") ? "SPAN_AND_EVENT" : "true");
    Run run = run(command, workingDir, environment, Duration.ofMinutes(2));
    assertThat(run.exit).as(run.output).isZero();

    List<Exchange> asked = provider.exchanges().subList(before, provider.exchanges().size());
    assertThat(asked).as(run.output).hasSizeGreaterThanOrEqualTo(4);
    List<JsonNode> spans = awaitModelSpans(endpoint, name, began, asked.size());
    assertThat(spans.size()).as("spans of %s", name).isEqualTo(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      compare(asked.get(i), spans.get(i));
    }
  }

  /** The application's LLM and embedding spans, whole, in order of start, once all have arrived. */
  private static List<JsonNode> awaitModelSpans(
      String endpoint, String application, Instant from, int expected) throws Exception {
    List<JsonNode> found = List.of();
    for (int attempt = 0; attempt < 100; attempt++) {
      JsonNode page =
          get(
              endpoint
                  + "/api/v1/spans?limit=200&from="
                  + from.minusSeconds(60).toEpochMilli()
                  + "&app="
                  + application);
      List<JsonNode> spans = new ArrayList<>();
      for (JsonNode row : page.path("spans")) {
        String kind = row.path("kind").asText();
        if (kind.equals("llm") || kind.equals("embedding")) {
          spans.add(
              get(
                  endpoint
                      + "/api/v1/traces/"
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

  private static JsonNode get(String url) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(url)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    }
  }

  private record Run(int exit, String output) {}

  private static Run run(
      List<String> command, Path workingDir, Map<String, String> environment, Duration most)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(dir, "run", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workingDir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().keySet().removeIf(key -> key.startsWith("OTEL_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended = process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    return new Run(ended ? process.exitValue() : -1, Files.readString(output));
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 300)).replace('\n', ' ');
  }
}
