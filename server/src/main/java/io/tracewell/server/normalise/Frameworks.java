package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Frameworks whose own tracing says little in attributes: LlamaIndex, CrewAI, AutoGen and AG2. What
 * their model calls say comes from another instrumentation.
 */
final class Frameworks extends Dialect {
  private static final Map<String, Kinds.Decision> AUTOGEN =
      Map.of(
          "create", Kinds.NOISE,
          "process", Kinds.NOISE,
          "send", Kinds.NOISE,
          "publish", Kinds.NOISE,
          "receive", Kinds.NOISE,
          "ack", Kinds.NOISE);

  Frameworks() {
    super("framework", "llamaindex.opentelemetry.tracer", "crewai.telemetry", "autogen");
    say(LAST, Field.KIND_HINT, "ag2.span.type");
    kind(SpanKind.WORKFLOW, "conversation");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.TOOL, "tool", "code_execution");
    kind(SpanKind.TASK, "human_input", "speaker_selection");
    prefix(Field.METADATA, "ag2.", "crewai.");
  }

  @Override
  public Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    if (scope.name.equals("crewai.telemetry")) {
      // Anonymous analytics of the vendor.
      return Kinds.NOISE;
    }
    if (span.name.startsWith("autogen ")) {
      // Messages passed between agents: "autogen process weather_agent".
      int end = span.name.indexOf(' ', 8);
      return AUTOGEN.get(span.name.substring(8, end < 0 ? span.name.length() : end));
    }
    return null;
  }
}
