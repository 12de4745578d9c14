package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Claude Code's traces: names without prefixes, which count in its scope only. */
final class ClaudeCode extends Dialect {
  ClaudeCode() {
    super("claude-code", "com.anthropic.claude_code");
    inScope(FIRST, Field.KIND, "span.type");
    for (String prefix : new String[] {"", "claude_code."}) {
      kind(SpanKind.AGENT, prefix + "interaction");
      kind(SpanKind.LLM, prefix + "llm_request");
      kind(SpanKind.TOOL, prefix + "tool");
      kind(SpanKind.TASK, prefix + "tool.execution", prefix + "tool.blocked_on_user");
    }
    inScope(FIRST, Field.INPUT_TOKENS, "input_tokens");
    inScope(FIRST, Field.OUTPUT_TOKENS, "output_tokens");
    inScope(FIRST, Field.CACHE_READ_TOKENS, "cache_read_tokens");
    inScope(FIRST, Field.CACHE_WRITE_TOKENS, "cache_creation_tokens");
    inScope(FIRST, Field.COST_TOTAL, "cost_usd");
    inScope(FIRST, Field.TIME_TO_FIRST_TOKEN_MS, "ttft_ms");
    inScope(FIRST, Field.MODEL_REQUESTED, "model");
    inScope(FIRST, Field.OUTPUT_TEXT, "response.model_output");
    inScope(FIRST, Field.INPUT_TEXT, "user_prompt", "new_context");
    inScope(FIRST, Field.TOOL_NAME, "tool_name");
    inScope(LAST, Field.TOOL_ARGUMENTS, "tool_input", "tool_parameters");
    inScope(LAST, Field.TOOL_RESULT, "tool_output");
    inScope(LAST, Field.USER, "user.account_uuid");
  }
}
