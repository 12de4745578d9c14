package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Mastra: OpenTelemetry's conventions for calls and tools, keys of its own for all else. */
final class Mastra extends Dialect {
  Mastra() {
    super("mastra", "@mastra/");
    say(FIRST, Field.KIND, "mastra.span.type");
    kind(SpanKind.AGENT, "agent_run");
    // A model_generation is a call by its operation, or what holds the steps of several.
    kind(SpanKind.LLM, "llm_generation");
    kind(SpanKind.TOOL, "tool_call", "mcp_tool_call", "provider_tool_call");
    kind(SpanKind.WORKFLOW, "workflow_run");
    kind(SpanKind.EMBEDDING, "rag_embedding");
    for (String type :
        new String[] {
          "agent_run",
          "workflow_run",
          "workflow_step",
          "workflow_conditional",
          "workflow_conditional_eval",
          "workflow_parallel",
          "workflow_loop",
          "workflow_sleep",
          "workflow_wait_event",
          "processor_run",
          "model_generation",
          "model_step",
          "model_inference",
          "model_chunk",
          "rag_embedding",
          "rag_ingestion",
          "rag_action",
          "rag_vector_operation",
          "memory_operation",
          "workspace_action",
          "scorer_run",
          "scorer_step",
          "generic"
        }) {
      say(LAST, Field.INPUT_TEXT, "mastra." + type + ".input");
      say(LAST, Field.OUTPUT_TEXT, "mastra." + type + ".output");
    }
    String generation = "mastra.model_generation.input";
    say(FIRST, Field.INPUT_MESSAGES, "mastra.model_step.input", generation);
    // Before version 1.
    inScope(2 * LAST, Field.INPUT_TEXT, "input");
    inScope(2 * LAST, Field.OUTPUT_TEXT, "output");
    say(LAST, Field.COMPLETION_START, "mastra.completion_start_time");
    String metadata = "mastra.metadata.";
    say(LAST, Field.SESSION, metadata + "sessionId", metadata + "threadId");
    say(LAST, Field.USER, metadata + "userId", metadata + "resourceId");
    say(LAST, Field.TAGS, "mastra.tags");
    prefix(Field.METADATA, metadata);
    say(LAST, Field.IGNORED, "mastra.trace_id", "mastra.span_id", "mastra.parent_span_id");
  }
}
