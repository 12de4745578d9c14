package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/**
 * Claude Code: its spans, and what {@link CodingAgents} makes of its log records. Names without
 * prefixes, which count in its scopes only.
 */
final class ClaudeCode extends Dialect {
  ClaudeCode() {
    super("claude-code", "com.anthropic.claude_code");
    inScope(FIRST, Field.KIND, "span.type", "event.name");
    for (String prefix : new String[] {"", "claude_code."}) {
      kind(SpanKind.AGENT, prefix + "interaction", prefix + "user_prompt");
      kind(SpanKind.LLM, prefix + "llm_request", prefix + "api_request", prefix + "api_error");
      kind(SpanKind.TOOL, prefix + "tool", prefix + "tool_result");
      kind(SpanKind.TASK, prefix + "tool.execution", prefix + "tool.blocked_on_user");
    }
    inScope(FIRST, Field.INPUT_TOKENS, "input_tokens");
    inScope(FIRST, Field.OUTPUT_TOKENS, "output_tokens");
    inScope(FIRST, Field.CACHE_READ_TOKENS, "cache_read_tokens");
    inScope(FIRST, Field.CACHE_WRITE_TOKENS, "cache_creation_tokens");
    inScope(FIRST, Field.COST_TOTAL, "cost_usd");
    inScope(FIRST, Field.TIME_TO_FIRST_TOKEN_MS, "ttft_ms");
    inScope(FIRST, Field.MODEL_REQUESTED, "model");
    // Its spans give it as gen_ai.response.id too.
    inScope(LAST, Field.RESPONSE_ID, "request_id");
    inScope(LAST, Field.FINISH_REASONS, "stop_reason");
    inScope(FIRST, Field.OUTPUT_TEXT, "response.model_output");
    inScope(FIRST, Field.INPUT_TEXT, "user_prompt", "new_context", "prompt");
    inScope(FIRST, Field.TOOL_NAME, "tool_name");
    inScope(FIRST, Field.TOOL_CALL_ID, "tool_use_id");
    inScope(LAST, Field.TOOL_ARGUMENTS, "tool_input", "tool_parameters", "full_command");
    inScope(LAST, Field.TOOL_ARGUMENTS, "file_path");
    inScope(LAST, Field.TOOL_RESULT, "tool_output");
    inScope(LAST, Field.ERROR_TYPE, "error_type", "error_class");
    inScope(LAST, Field.ERROR_MESSAGE, "error");
    inScope(LAST, Field.USER, "user.account_uuid");
    inScope(LAST, Field.IGNORED, "event.timestamp", "cost_usd_micros", "duration_ms", "success");
  }
}
