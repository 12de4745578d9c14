package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/**
 * LangSmith's exporter. Its run type is right where the operation it writes beside it is not: a
 * retriever comes as {@code embeddings}, a prompt as {@code chat}.
 */
final class LangSmith extends Dialect {
  LangSmith() {
    super("langsmith", "langsmith");
    say(FIRST, Field.KIND, "langsmith.span.kind");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.WORKFLOW, "chain");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.RETRIEVAL, "retriever");
    kind(SpanKind.EMBEDDING, "embedding");
    kind(SpanKind.TASK, "prompt", "parser");

    String metadata = "langsmith.metadata.";
    say(
        FIRST,
        Field.SESSION,
        metadata + "session_id",
        metadata + "thread_id",
        metadata + "conversation_id");
    say(LAST, Field.USER, metadata + "user_id");
    say(LAST, Field.PROVIDER, metadata + "ls_provider");
    say(LAST, Field.MODEL_REQUESTED, metadata + "ls_model_name");
    named(Field.PARAMETER, metadata + "ls_temperature", "temperature");
    named(Field.PARAMETER, metadata + "ls_max_tokens", "max_tokens");
    prefix(Field.METADATA, metadata);
    say(LAST, Field.TAGS, "langsmith.span.tags");
    say(LAST, Field.IGNORED, "langsmith.span.dotted_order", "langsmith.is_root");
    sayOnly(LAST, Field.HEADER, "langsmith.request.headers");
    String usage = "langsmith.usage_metadata";
    say(LAST, Field.NESTED, usage, "gen_ai.usage.input_token_details");
    say(LAST, Field.NESTED, "gen_ai.usage.output_token_details");
    say(2 * LAST, Field.INPUT_TOKENS, usage + ".input_tokens");
    say(2 * LAST, Field.OUTPUT_TOKENS, usage + ".output_tokens");
    say(2 * LAST, Field.TOTAL_TOKENS, usage + ".total_tokens");
    say(2 * LAST, Field.CACHE_READ_TOKENS, usage + ".input_token_details.cache_read");
    say(2 * LAST, Field.CACHE_WRITE_TOKENS, usage + ".input_token_details.cache_creation");
    say(2 * LAST, Field.REASONING_TOKENS, usage + ".output_token_details.reasoning");
  }
}
