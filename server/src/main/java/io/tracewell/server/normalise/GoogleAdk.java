package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Google's Agent Development Kit. Older versions wrote the whole request and response as JSON and
 * told what a span is by its name alone.
 */
final class GoogleAdk extends Dialect {
  private static final String OWN = "gcp.vertex.agent.";

  private static final Kinds.Decision CALL =
      new Kinds.Decision(SpanKind.LLM, "google-adk: call_llm");
  private static final Kinds.Decision AGENT =
      new Kinds.Decision(SpanKind.AGENT, "google-adk: agent by name");
  private static final Kinds.Decision TOOL =
      new Kinds.Decision(SpanKind.TOOL, "google-adk: execute_tool");
  private static final Kinds.Decision MERGED =
      new Kinds.Decision(SpanKind.TASK, "google-adk: merged tools, no tool of its own");
  private static final Kinds.Decision INVOCATION =
      new Kinds.Decision(SpanKind.WORKFLOW, "google-adk: invocation");

  GoogleAdk() {
    super("google-adk", "gcp.vertex.agent");
    say(FIRST, Field.SESSION, OWN + "session_id");
    holding(LAST, Field.INPUT_TEXT, OWN + "llm_request");
    holding(LAST, Field.OUTPUT_TEXT, OWN + "llm_response");
    say(LAST, Field.SYSTEM, OWN + "llm_request.config.system_instruction");
    say(LAST, Field.TOOL_DEFINITIONS, OWN + "llm_request.config.tools");
    say(LAST, Field.MODEL_REQUESTED, OWN + "llm_request.model");
    say(LAST, Field.TOOL_ARGUMENTS, OWN + "tool_call_args");
    say(LAST, Field.TOOL_RESULT, OWN + "tool_response");
    say(LAST, Field.INPUT_TEXT, OWN + "data");
    // What the model's provider counted is right in every version; the mirror was not.
    for (String usage :
        new String[] {OWN + "llm_response.usage_metadata.", OWN + "llm_response.usageMetadata."}) {
      say(FIRST, Field.INPUT_TOKENS, usage + "prompt_token_count", usage + "promptTokenCount");
      say(
          FIRST,
          Field.OUTPUT_TOKENS,
          usage + "candidates_token_count",
          usage + "candidatesTokenCount");
      say(FIRST, Field.TOTAL_TOKENS, usage + "total_token_count", usage + "totalTokenCount");
      say(
          FIRST,
          Field.CACHE_READ_TOKENS,
          usage + "cached_content_token_count",
          usage + "cachedContentTokenCount");
      say(
          FIRST,
          Field.REASONING_TOKENS,
          usage + "thoughts_token_count",
          usage + "thoughtsTokenCount");
      say(
          FIRST,
          Field.USAGE_OTHER,
          usage + "tool_use_prompt_token_count",
          usage + "toolUsePromptTokenCount");
    }
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    String name = span.name;
    if (name.startsWith("execute_tool")) {
      return name.contains("(merged") ? MERGED : TOOL;
    }
    if (name.equals("call_llm")) {
      return CALL;
    }
    if (name.startsWith("agent_run") || name.startsWith("invoke_agent")) {
      return AGENT;
    }
    return name.equals("invocation") ? INVOCATION : null;
  }
}
