package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Codex CLI: what {@link CodingAgents} makes of its log records. */
final class Codex extends Dialect {
  Codex() {
    super("codex", "codex");
    inScope(FIRST, Field.KIND, "event.name");
    kind(SpanKind.AGENT, "codex.conversation_starts");
    kind(SpanKind.TASK, "codex.user_prompt");
    kind(SpanKind.LLM, "codex.sse_event", "codex.api_request", "codex.websocket_request");
    kind(SpanKind.TOOL, "codex.tool_result");
    inScope(FIRST, Field.SESSION, "conversation.id");
    inScope(LAST, Field.USER, "user.email", "user.account_id");
    inScope(FIRST, Field.MODEL_REQUESTED, "model", "slug");
    inScope(FIRST, Field.INPUT_TEXT, "prompt");
    inScope(FIRST, Field.INPUT_TOKENS, "input_token_count");
    inScope(FIRST, Field.OUTPUT_TOKENS, "output_token_count");
    inScope(FIRST, Field.CACHE_READ_TOKENS, "cached_token_count");
    inScope(FIRST, Field.REASONING_TOKENS, "reasoning_token_count");
    // The sum of all, by another name.
    inScope(FIRST, Field.TOTAL_TOKENS, "tool_token_count");
    inScope(FIRST, Field.TOOL_NAME, "tool_name");
    inScope(FIRST, Field.TOOL_CALL_ID, "call_id");
    inScope(FIRST, Field.TOOL_ARGUMENTS, "arguments");
    inScope(FIRST, Field.TOOL_RESULT, "output");
    inScope(LAST, Field.IGNORED, "event.timestamp", "event.kind", "duration_ms", "success");
  }
}
