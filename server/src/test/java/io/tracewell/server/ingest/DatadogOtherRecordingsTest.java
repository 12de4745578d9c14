package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Document;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.message.Messages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recordings without an expectation in a file: what their programs did is written out here. */
class DatadogOtherRecordingsTest {
  /** All of them; a test below tells of each what must come out. */
  static Stream<String> recordings() {
    return Stream.of(
        "java_1.68.1_agent_mode",
        "java_1.68.1_agent_mode_full_info",
        "java_1.68.1_evp_v2_only",
        "js_5.123.0_raw_invalid_json",
        "js_6.21.0_agent_mode",
        "js_6.21.0_annotate_variants",
        "js_6.21.0_experiment",
        "js_6.21.0_raw_unicode",
        "composed_ddtrace_v04_meta_struct",
        "composed_java_llmobs",
        "py_ddtrace-3.19.9_agent_langchain",
        "py_ddtrace-4.10.12_agent_6mb",
        "py_ddtrace-4.10.12_agent_langchain",
        "py_ddtrace-4.16.0_agent_6mb",
        "py_ddtrace-4.16.0_agent_langchain",
        "py_ddtrace-4.16.0_agent_noise",
        "py_litellm-1.106.2_datadog_logs");
  }

  private static Map<String, Span> byName(List<Span> spans) {
    Map<String, Span> result = new HashMap<>();
    spans.forEach(span -> assertThat(result.put(span.name(), span)).as(span.name()).isNull());
    return result;
  }

  private static void call(Span call, String application) {
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.origin().application()).isEqualTo(application);
    assertThat(call.model().name()).isEqualTo("gpt-4o");
    assertThat(call.model().provider()).isEqualTo("openai");
    assertThat(call.model().parameters()).isEqualTo("{\"temperature\":0.1}");
    assertThat(call.usage().input()).isEqualTo(10);
    assertThat(call.usage().output()).isEqualTo(5);
    assertThat(call.usage().cacheRead()).isEqualTo(2);
    assertThat(call.cost().price()).isEqualTo("openai/gpt-4o");
    List<Message> asked = Messages.read(call.input(), "user");
    assertThat(asked).extracting(Message::role).containsExactly("system", "user");
    assertThat(call.inputPreview()).isEqualTo("hi");
    List<Part> said = Messages.read(call.output(), "assistant").getFirst().parts();
    assertThat(said)
        .containsExactly(new Part.Text("yo"), new Part.ToolCall("t1", "f", "{\"x\":1}"));
    assertThat(call.prompt().id()).isEqualTo("p1");
    assertThat(call.prompt().version()).isEqualTo("1.0");
    assertThat(call.prompt().template()).isEqualTo("hi {{name}}");
    assertThat(call.prompt().variables()).isEqualTo("{\"name\":\"bob\"}");
    assertThat(Messages.toolDefinitions(call.toolDefinitions()))
        .containsExactly(new Messages.ToolDefinition("f", "d", "{\"type\":\"object\"}"));
  }

  private static void others(Map<String, Span> spans, String errorType) {
    assertThat(Messages.documents(spans.get("ret").documents()))
        .containsExactly(new Document("1", "n", "doc", 0.9, null));
    assertThat(spans.get("ret").kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(spans.get("emb").kind()).isEqualTo(SpanKind.EMBEDDING);
    assertThat(spans.get("emb").model().name()).isEqualTo("ada");
    assertThat(spans.get("boom").kind()).isEqualTo(SpanKind.TOOL);
    assertThat(spans.get("boom").status()).isEqualTo(SpanStatus.ERROR);
    assertThat(spans.get("boom").error().type()).isEqualTo(errorType);
    assertThat(spans.get("boom").error().message()).isEqualTo("bad");
    assertThat(spans.get("boom").error().stack()).isNotEmpty();
    assertThat(spans.get("ag").kind()).isEqualTo(SpanKind.AGENT);
    assertThat(spans.get("inagent").parentId()).isEqualTo(spans.get("ag").spanId());
    assertThat(spans.get("inagent").agentName()).isEqualTo("ag");
  }

  /** Both programs judged one span twice, and had a user's thumb for it. */
  private static void judged(String recording, String application) throws Exception {
    DatadogReplayTest.Replayed replayed = DatadogReplayTest.replayWhole(recording);
    Map<String, Evaluation> found = new TreeMap<>();
    replayed.evaluations().forEach(one -> found.put(one.label(), one));
    assertThat(found.keySet()).containsExactly("cat", "quality", "thumb");
    Evaluation quality = found.get("quality");
    assertThat(quality.type()).isEqualTo(Evaluation.Type.SCORE);
    assertThat(quality.value()).isEqualTo("0.8");
    assertThat(quality.tags()).contains("t:1");
    assertThat(found.get("cat").value()).isEqualTo("\"good\"");
    Evaluation thumb = found.get("thumb");
    assertThat(thumb.kind()).isEqualTo(Evaluation.Kind.FEEDBACK);
    assertThat(thumb.value()).isEqualTo("true");
    assertThat(thumb.submitter()).isEqualTo("u1");
    for (Evaluation one : replayed.evaluations()) {
      assertThat(one.application()).isEqualTo(application);
      assertThat(replayed.spans()).anyMatch(span -> span.spanId().equals(one.target().spanId()));
    }
  }

  @Test
  void node_in_agent_mode() throws Exception {
    List<Span> all = DatadogReplayTest.replay("js_6.21.0_agent_mode");
    Map<String, Span> spans = byName(all);
    assertThat(spans.keySet())
        .containsExactlyInAnyOrder("wf", "call", "ret", "emb", "boom", "ag", "inagent");
    Span workflow = spans.get("wf");
    assertThat(workflow.parentId()).isEmpty();
    assertThat(workflow.inputPreview()).isEqualTo("hello C:\\users é");
    assertThat(workflow.metadata()).isEqualTo("{\"k\":\"v\"}");
    assertThat(workflow.tags()).contains("team:x");
    assertThat(workflow.origin().sdk()).isEqualTo("javascript 6.21.0");
    assertThat(all).extracting(Span::sessionId).containsOnly("sess-1");
    assertThat(spans.get("call").startNanos()).isEqualTo(1795419675287097300L);
    assertThat(spans.get("call").parentId()).isEqualTo(workflow.spanId());
    call(spans.get("call"), "js-app");
    judged("js_6.21.0_agent_mode", "js-app");
    others(spans, "TypeError");
  }

  @Test
  void node_annotations_in_every_shape() throws Exception {
    Map<String, Span> spans = byName(DatadogReplayTest.replay("js_6.21.0_annotate_variants"));
    assertThat(spans.keySet()).containsExactlyInAnyOrder("m", "t", "m2");
    assertThat(spans.get("m").tags()).contains("a:x", "a:y", "b:1", "global:yes");
    assertThat(spans.get("m").metadata()).isEqualTo("{\"nested\":{\"a\":[1,{\"b\":2}]}}");
    assertThat(spans.get("m").usage().raw()).contains("\"my.custom\":7");
    assertThat(spans.get("t").input().text()).isEqualTo("{\"a\":1}");
    assertThat(spans.get("t").output().text()).isEqualTo("[\"x\"]");
    assertThat(Messages.read(spans.get("m2").input(), "user").get(1).parts())
        .containsExactly(new Part.ToolResult("t1", "f", "42", false));
  }

  @Test
  void node_experiment() throws Exception {
    List<Span> spans = DatadogReplayTest.replay("js_6.21.0_experiment");
    assertThat(spans).hasSize(2);
    assertThat(spans).allMatch(span -> span.kindRule().equals("datadog kind=experiment"));
    assertThat(spans).extracting(span -> span.output().text()).containsOnly("out");
    assertThat(spans).allMatch(span -> span.tags().contains("experiment_name:exp1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"js_5.123.0_raw_invalid_json", "js_6.21.0_raw_unicode"})
  void node_text_with_backslash_u(String recording) throws Exception {
    List<Span> spans = DatadogReplayTest.replay(recording);
    assertThat(spans).hasSize(1);
    assertThat(spans.getFirst().input().text()).isEqualTo("path C:\\users ünï 😀");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "java_1.68.1_agent_mode",
        "java_1.68.1_agent_mode_full_info",
        "java_1.68.1_evp_v2_only"
      })
  void java_in_agent_mode(String recording) throws Exception {
    Map<String, Span> spans = byName(DatadogReplayTest.replay(recording));
    assertThat(spans.keySet())
        .containsExactlyInAnyOrder("wf", "call", "ret", "emb", "boom", "ag", "inagent");
    assertThat(spans.get("wf").inputPreview()).isEqualTo("hello é");
    assertThat(spans.get("wf").sessionId()).isEqualTo("sess-1");
    assertThat(spans.get("wf").tags()).contains("team:x", "num:3");
    assertThat(spans.get("wf").origin().sdk()).startsWith("jvm ");
    call(spans.get("call"), "java-app");
    if (!recording.endsWith("full_info")) {
      judged(recording, "java-app");
    }
    others(spans, "java.lang.RuntimeException");
  }

  /** Spans of every LangChain program: calls and their tokens from the provider's log. */
  @ParameterizedTest
  @CsvSource({
    "py_ddtrace-4.16.0_agent_langchain, 11, 10, 236, 67",
    "py_ddtrace-4.10.12_agent_langchain, 11, 10, 236, 67",
    "py_ddtrace-3.19.9_agent_langchain, 9, 8, 164, 44"
  })
  void langchain_wraps_calls_that_are_counted_once(
      String recording, int models, int answered, long input, long output) throws Exception {
    List<Span> spans = DatadogReplayTest.replay(recording);
    Set<String> keys = new HashSet<>();
    for (Span span : spans) {
      assertThat(keys.add(Ids.traceKey(span.traceId()).hex() + Ids.spanKey(span.spanId())))
          .isTrue();
    }
    List<Span> calls = new ArrayList<>();
    for (Span span : spans) {
      if (span.kind() == SpanKind.LLM || span.kind() == SpanKind.EMBEDDING) {
        calls.add(span);
      } else {
        assertThat(span.usage().isEmpty()).as(span.name()).isTrue();
      }
      if (!span.parentId().isEmpty()) {
        assertThat(spans)
            .as("parent of " + span.name())
            .anyMatch(
                parent ->
                    parent.spanId().equals(span.parentId())
                        && parent.traceId().equals(span.traceId()));
      }
    }
    assertThat(calls).hasSize(models);
    assertThat(calls.stream().filter(call -> call.status() == SpanStatus.OK)).hasSize(answered);
    assertThat(calls.stream().mapToLong(call -> Math.max(0, call.usage().input())).sum())
        .isEqualTo(input);
    assertThat(calls.stream().mapToLong(call -> Math.max(0, call.usage().output())).sum())
        .isEqualTo(output);
    assertThat(spans.stream().filter(span -> span.kind() == SpanKind.SPAN)).hasSize(models);
  }

  @Test
  void six_megabytes_come_whole_by_the_trace_intake() throws Exception {
    List<Span> spans = new ArrayList<>(DatadogReplayTest.replay("py_ddtrace-4.16.0_agent_6mb"));
    spans.sort(Comparator.comparing(Span::name));
    assertThat(spans).extracting(Span::name).containsExactly("huge", "one-megabyte");
    assertThat(spans.getFirst().input().text().length()).isGreaterThan(6_000_000);
    assertThat(spans.getFirst().warnings()).isEmpty();
  }

  @Test
  void what_the_sdk_dropped_is_said() throws Exception {
    Span huge = byName(DatadogReplayTest.replay("py_ddtrace-4.10.12_agent_6mb")).get("huge");
    assertThat(huge.warnings()).singleElement().asString().startsWith("dropped_io: ");
  }

  @Test
  void telemetry_leaves_nothing_but_the_span() throws Exception {
    List<Span> spans = DatadogReplayTest.replay("py_ddtrace-4.16.0_agent_noise");
    assertThat(spans).extracting(Span::name).containsExactly("only");
  }

  /** LiteLLM's other logger: each call as JSON in a log line; what was not taken came again. */
  @Test
  void calls_in_the_log_lines_of_litellm() throws Exception {
    Map<String, Span> calls = new TreeMap<>();
    for (Span span : DatadogReplayTest.replay("py_litellm-1.106.2_datadog_logs")) {
      Span before = calls.put(span.model().responseId(), span);
      assertThat(before == null || before.spanId().equals(span.spanId())).isTrue();
      assertThat(span.origin().application()).isEqualTo("capture-svc");
      assertThat(span.origin().environment()).isEqualTo("dev");
      assertThat(span.warnings()).isEmpty();
      assertThat(span.raw()).contains("\"litellm_call_id\"");
    }
    assertThat(calls).hasSize(7);
    Span first = calls.get("chatcmpl-fake0001");
    assertThat(first.traceId()).isEqualTo("sess-ll");
    assertThat(first.kind()).isEqualTo(SpanKind.LLM);
    assertThat(first.startNanos()).isEqualTo(1795454808475287000L);
    assertThat(first.durationNanos()).isEqualTo(1_246_991_000L);
    assertThat(first.model().provider()).isEqualTo("openai");
    assertThat(first.model().requested()).isEqualTo("gpt-4o-mini");
    assertThat(first.model().responded()).isEqualTo("gpt-4o-mini-2024-07-18");
    assertThat(first.model().finishReasons()).isEqualTo("stop");
    assertThat(first.model().parameters()).isEqualTo("{\"temperature\":0.2}");
    assertThat(first.model().timeToFirstTokenNanos()).isNegative();
    assertThat(first.userId()).isEqualTo("u-9");
    assertThat(first.tags()).contains("request_tag:a");
    assertThat(Messages.read(first.input(), "user"))
        .extracting(Message::role)
        .containsExactly("system", "user");
    assertThat(first.inputPreview()).isEqualTo("What is the capital of France?");
    assertThat(first.outputPreview()).isEqualTo("The capital of France is Paris.");
    assertThat(first.usage().input()).isEqualTo(28);
    assertThat(first.usage().output()).isEqualTo(6);
    assertThat(first.cost().source()).isEqualTo("reported");
    assertThat(first.cost().total()).isEqualTo(7_800_000L);
    assertThat(calls.get("chatcmpl-fake0007").outputPreview())
        .isEqualTo("The capital of Japan is Tokyo.");

    Span tool = calls.get("chatcmpl-fake0002");
    assertThat(Messages.read(tool.output(), "assistant").getFirst().parts())
        .containsExactly(new Part.ToolCall("call_00020", "get_weather", "{\"city\": \"Paris\"}"));
    assertThat(tool.model().finishReasons()).isEqualTo("tool_calls");
    assertThat(Messages.toolDefinitions(tool.toolDefinitions()))
        .extracting(Messages.ToolDefinition::name)
        .containsExactly("get_weather");

    Span stream = calls.get("chatcmpl-fake0003");
    assertThat(stream.outputPreview()).startsWith("Old silent pond");
    assertThat(stream.usage().isEmpty()).isTrue();
    assertThat(stream.model().timeToFirstTokenNanos()).isEqualTo(143_948_000L);

    Span claude =
        calls.values().stream()
            .filter(span -> span.model().provider().equals("anthropic"))
            .findFirst()
            .orElseThrow();
    assertThat(claude.usage().input()).isEqualTo(2323);
    assertThat(claude.usage().cacheRead()).isEqualTo(2000);
    assertThat(claude.usage().cacheWrite()).isEqualTo(300);
    assertThat(claude.usage().output()).isEqualTo(5);
    assertThat(claude.cost().cacheRead()).isEqualTo(600_000_000L);
    assertThat(claude.cost().total()).isEqualTo(1_869_000_000L);

    Span embedding =
        calls.values().stream()
            .filter(span -> span.kind() == SpanKind.EMBEDDING)
            .findFirst()
            .orElseThrow();
    assertThat(Messages.documents(embedding.input()))
        .extracting(Document::text)
        .containsExactly("Paris is in France");
    assertThat(embedding.output().text()).isEqualTo("[1 embedding(s) returned with size 8]");

    Span failed =
        calls.values().stream()
            .filter(span -> span.status() == SpanStatus.ERROR)
            .findFirst()
            .orElseThrow();
    assertThat(failed.error().type()).isEqualTo("ContextWindowExceededError");
    assertThat(failed.error().message()).contains("128000 tokens");
    assertThat(failed.inputPreview()).isEqualTo("Please trigger_400 now.");
  }

  @Test
  void composed_payloads() throws Exception {
    Map<String, Span> python = byName(DatadogReplayTest.replay("composed_ddtrace_v04_meta_struct"));
    assertThat(python.get("ask").error().message()).isEqualTo("late");
    assertThat(python.get("ask").parentId()).isEqualTo(python.get("answer").spanId());
    Map<String, Span> java = byName(DatadogReplayTest.replay("composed_java_llmobs"));
    assertThat(java.get("lookup").durationNanos()).isEqualTo(2_500_000);
    assertThat(java.get("lookup").kind()).isEqualTo(SpanKind.TOOL);
  }
}
