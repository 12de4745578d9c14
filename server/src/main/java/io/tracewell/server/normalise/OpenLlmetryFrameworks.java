package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenLLMetry's packages for LangChain and LlamaIndex, which wrap what went in and came out. */
final class OpenLlmetryFrameworks extends Dialect {
  private static final String LLAMA_INDEX = "opentelemetry.instrumentation.llamaindex";

  /** LlamaIndex's classes: the span is named after the one that works, and says task. */
  private static final Map<String, Kinds.Decision> BY_END =
      Map.of(
          "Retriever", decision(SpanKind.RETRIEVAL, "Retriever"),
          "Rerank", decision(SpanKind.RETRIEVAL, "Rerank"),
          "Reranker", decision(SpanKind.RETRIEVAL, "Reranker"),
          "Embedding", decision(SpanKind.EMBEDDING, "Embedding"),
          "Tool", decision(SpanKind.TOOL, "Tool"));

  private static final Kinds.Decision AGENT = decision(SpanKind.AGENT, "Agent.workflow");

  OpenLlmetryFrameworks() {
    super("openllmetry-frameworks", "opentelemetry.instrumentation.langchain", LLAMA_INDEX);
    String input = "traceloop.entity.input";
    String output = "traceloop.entity.output";
    inScopeHoldingQuoted(FIRST, Field.INPUT_TEXT, input);
    inScopeHoldingQuoted(FIRST, Field.OUTPUT_TEXT, output);
    inScopeHoldingQuoted(FIRST, Field.TOOL_ARGUMENTS, "gen_ai.tool.call.arguments");
    inScopeHoldingQuoted(FIRST, Field.TOOL_RESULT, "gen_ai.tool.call.result");
    // Beside tags and metadata, which are attributes too.
    say(FIRST - 1, Field.INPUT_TEXT, input + ".inputs");
    say(FIRST - 1, Field.OUTPUT_TEXT, output + ".outputs");
    say(FIRST - 1, Field.TOOL_ARGUMENTS, "gen_ai.tool.call.arguments.inputs");
  }

  private static Kinds.Decision decision(SpanKind kind, String end) {
    return new Kinds.Decision(kind, "llama-index: a class …" + end);
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    int dot = span.name.lastIndexOf('.');
    if (dot < 0 || !scope.name.startsWith(LLAMA_INDEX)) {
      return null;
    }
    String type = span.name.substring(0, dot);
    if (type.endsWith("Agent") && span.name.endsWith(".workflow")) {
      return AGENT;
    }
    for (Map.Entry<String, Kinds.Decision> end : BY_END.entrySet()) {
      if (type.endsWith(end.getKey())) {
        return end.getValue();
      }
    }
    return null;
  }
}
