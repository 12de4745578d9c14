package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Haystack's own tracing. What a component does is told by the end of its type's name. */
final class Haystack extends Dialect {
  private static final Map<String, Kinds.Decision> BY_END =
      Map.of(
          "Generator", decision(SpanKind.LLM, "Generator"),
          "Embedder", decision(SpanKind.EMBEDDING, "Embedder"),
          "Retriever", decision(SpanKind.RETRIEVAL, "Retriever"),
          "Ranker", decision(SpanKind.RETRIEVAL, "Ranker"),
          "Agent", decision(SpanKind.AGENT, "Agent"),
          "ToolInvoker", decision(SpanKind.TOOL, "ToolInvoker"));
  private static final Kinds.Decision OTHER =
      new Kinds.Decision(SpanKind.TASK, "haystack.component.type=other");
  private static final Kinds.Decision PIPELINE =
      new Kinds.Decision(SpanKind.WORKFLOW, "haystack.pipeline.run");
  private static final Kinds.Decision AGENT =
      new Kinds.Decision(SpanKind.AGENT, "haystack.agent.run");

  Haystack() {
    super("haystack", "haystack");
    String component = "haystack.component.";
    named(Field.METADATA, component + "type", component + "type");
    say(FIRST, Field.NAME, component + "name");
    say(
        LAST,
        Field.INPUT_TEXT,
        component + "input",
        "haystack.pipeline.input_data",
        "haystack.agent.input",
        "haystack.agent.step.llm.input");
    say(
        LAST,
        Field.OUTPUT_TEXT,
        component + "output",
        "haystack.pipeline.output_data",
        "haystack.agent.output",
        "haystack.agent.step.llm.output");
    say(LAST, Field.TOOL_NAME, "haystack.tool.name");
    say(LAST, Field.TOOL_ARGUMENTS, "haystack.agent.step.tool.input");
    say(LAST, Field.TOOL_RESULT, "haystack.agent.step.tool.output");
    say(LAST, Field.TOOL_DEFINITIONS, "haystack.agent.tools");
    prefix(Field.METADATA, "haystack.");
  }

  private static Kinds.Decision decision(SpanKind kind, String end) {
    return new Kinds.Decision(kind, "haystack.component.type=…" + end);
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    String type = span.attributes.text("haystack.component.type");
    if (!type.isEmpty()) {
      for (Map.Entry<String, Kinds.Decision> end : BY_END.entrySet()) {
        if (type.endsWith(end.getKey())) {
          return end.getValue();
        }
      }
      return OTHER;
    }
    return switch (span.name) {
      case "haystack.pipeline.run", "haystack.async_pipeline.run" -> PIPELINE;
      case "haystack.agent.run" -> AGENT;
      case "haystack.agent.step.llm" -> BY_END.get("Generator");
      case "haystack.agent.step.tool" -> BY_END.get("ToolInvoker");
      default -> null;
    };
  }
}
