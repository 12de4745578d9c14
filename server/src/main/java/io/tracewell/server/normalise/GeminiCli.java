package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Gemini CLI: its spans, and what {@link CodingAgents} makes of its log records. */
final class GeminiCli extends Dialect {
  GeminiCli() {
    super("gemini-cli", "gemini-cli");
    inScope(FIRST, Field.KIND, "event.name", "gen_ai.operation.name");
    kind(SpanKind.AGENT, "gemini_cli.user_prompt", "agent_call");
    kind(SpanKind.LLM, "gemini_cli.api_response", "gemini_cli.api_error", "llm_call");
    kind(SpanKind.TOOL, "gemini_cli.tool_call", "tool_call");
    kind(SpanKind.WORKFLOW, "user_prompt");
    kind(SpanKind.TASK, "schedule_tool_calls", "system_prompt");
    inScope(FIRST, Field.MODEL_REQUESTED, "model");
    inScope(FIRST, Field.INPUT_TEXT, "prompt");
    inScope(FIRST, Field.INPUT_TOKENS, "input_token_count");
    inScope(FIRST, Field.OUTPUT_TOKENS, "output_token_count");
    inScope(FIRST, Field.TOTAL_TOKENS, "total_token_count");
    inScope(FIRST, Field.CACHE_READ_TOKENS, "cached_content_token_count");
    inScope(FIRST, Field.REASONING_TOKENS, "thoughts_token_count");
    inScope(FIRST, Field.TOOL_USE_TOKENS, "tool_token_count");
    inScope(FIRST, Field.FINISH_REASONS, "finish_reasons");
    inScope(FIRST, Field.TOOL_NAME, "function_name");
    inScope(FIRST, Field.TOOL_ARGUMENTS, "function_args");
    inScope(LAST, Field.USER, "user.email");
    // Chunks of the answer, which the record of the conventions beside it has as messages.
    inScope(LAST, Field.IGNORED, "response_text", "event.timestamp", "duration_ms", "duration");
    inScope(LAST, Field.IGNORED, "model_name", "success", "error");
  }
}
