package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import io.tracewell.core.Usage;

/**
 * Vercel's AI SDK, versions 3 to 6 and 7 with legacy telemetry. An outer span ({@code
 * ai.generateText}) repeats what its calls ({@code ai.generateText.doGenerate}) say; how usage is
 * written depends on version and operation, and is completed from the provider's own figures.
 */
final class VercelAi extends Dialect {
  VercelAi() {
    super("vercel-ai", "ai ", "gen_ai ");
    say(9, Field.KIND_HINT, "ai.operationId");
    for (String operation :
        new String[] {"generateText", "streamText", "generateObject", "streamObject"}) {
      kind(SpanKind.WORKFLOW, "ai." + operation);
      kind(SpanKind.LLM, "ai." + operation + ".doGenerate", "ai." + operation + ".doStream");
    }
    kind(SpanKind.WORKFLOW, "ai.rerank");
    kind(SpanKind.EMBEDDING, "ai.embed", "ai.embedMany");
    kind(SpanKind.EMBEDDING, "ai.embed.doEmbed", "ai.embedMany.doEmbed");
    kind(SpanKind.RETRIEVAL, "ai.rerank.doRerank");
    kind(SpanKind.TOOL, "ai.toolCall");
    kind(SpanKind.LLM, "ai.generateImage", "ai.transcribe", "ai.generateSpeech");

    say(LAST, Field.AGENT_NAME, "ai.telemetry.functionId");
    say(LAST, Field.PROVIDER, "ai.model.provider");
    say(LAST, Field.MODEL_REQUESTED, "ai.model.id");
    say(LAST, Field.MODEL_RESPONDED, "ai.response.model");
    say(LAST, Field.RESPONSE_ID, "ai.response.id");
    say(LAST, Field.FINISH_REASONS, "ai.response.finishReason", "ai.finishReason");
    say(
        FIRST,
        Field.TIME_TO_FIRST_TOKEN_MS,
        "ai.response.msToFirstChunk",
        "ai.stream.msToFirstChunk");
    say(FIRST, Field.INPUT_MESSAGES, "ai.prompt.messages");
    say(LAST, Field.INPUT_MESSAGES, "ai.prompt");
    say(FIRST, Field.ANSWER_TEXT, "ai.response.text", "ai.result.text");
    say(FIRST, Field.ANSWER_OBJECT, "ai.response.object", "ai.result.object");
    say(FIRST, Field.ANSWER_REASONING, "ai.response.reasoning");
    say(FIRST, Field.ANSWER_TOOL_CALLS, "ai.response.toolCalls", "ai.result.toolCalls");
    say(FIRST, Field.ANSWER_FILES, "ai.response.files");
    say(FIRST, Field.TOOL_DEFINITIONS, "ai.prompt.tools");
    named(Field.PARAMETER, "ai.prompt.toolChoice", "tool_choice");
    prefix(Field.PARAMETER, "ai.settings.");
    say(FIRST, Field.TOOL_NAME, "ai.toolCall.name");
    say(FIRST, Field.TOOL_CALL_ID, "ai.toolCall.id");
    sayQuoted(FIRST, Field.TOOL_ARGUMENTS, "ai.toolCall.args");
    sayQuoted(FIRST, Field.TOOL_RESULT, "ai.toolCall.result");
    say(FIRST, Field.EMBEDDED_TEXTS, "ai.values", "ai.value");
    say(LAST, Field.VECTORS, "ai.embedding", "ai.embeddings");
    say(FIRST, Field.DOCUMENTS, "ai.documents");

    // The outer spans have no gen_ai mirror, and only these keys tell what was cached.
    say(
        FIRST,
        Field.INPUT_TOKENS,
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens");
    say(FIRST, Field.OUTPUT_TOKENS, "ai.usage.outputTokens", "ai.usage.completionTokens");
    say(FIRST, Field.TOTAL_TOKENS, "ai.usage.totalTokens");
    say(FIRST, Field.NO_CACHE_TOKENS, "ai.usage.inputTokenDetails.noCacheTokens");
    String metadata = "ai.response.providerMetadata";
    say(
        FIRST,
        Field.CACHE_READ_TOKENS,
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.cachedInputTokens",
        metadata + ".anthropic.usage.cache_read_input_tokens",
        metadata + ".anthropic.cacheReadInputTokens",
        metadata + ".openai.cachedPromptTokens",
        metadata + ".bedrock.usage.cacheReadInputTokens");
    say(
        FIRST,
        Field.CACHE_WRITE_TOKENS,
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        metadata + ".anthropic.usage.cache_creation_input_tokens",
        metadata + ".anthropic.cacheCreationInputTokens",
        metadata + ".bedrock.usage.cacheWriteInputTokens");
    say(
        FIRST,
        Field.CACHE_WRITE_5M_TOKENS,
        metadata + ".anthropic.usage.cache_creation.ephemeral_5m_input_tokens");
    say(
        FIRST,
        Field.CACHE_WRITE_1H_TOKENS,
        metadata + ".anthropic.usage.cache_creation.ephemeral_1h_input_tokens");
    say(
        FIRST,
        Field.REASONING_TOKENS,
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
        metadata + ".openai.reasoningTokens");
    prefix(Field.USAGE_OTHER, "ai.usage.");
    say(LAST, Field.NESTED, metadata);
    say(LAST, Field.RESPONSE_ID, metadata + ".openai.responseId");
    named(Field.PARAMETER, metadata + ".openai.serviceTier", "response_service_tier");
    named(Field.PARAMETER, metadata + ".anthropic.usage.service_tier", "response_service_tier");

    for (String context : new String[] {"ai.telemetry.metadata.", "ai.settings.context."}) {
      say(LAST, Field.SESSION, context + "sessionId", context + "session_id");
      say(LAST, Field.USER, context + "userId", context + "user_id");
      say(LAST, Field.TAGS, context + "tags");
      prefix(Field.METADATA, context);
    }
    prefix(Field.HEADER, "ai.request.headers.");
    say(LAST, Field.IGNORED, "operation.name", "resource.name", "ai.request.headers.user-agent");
  }

  /** Before 6.0.119 the outer span repeats its last call only; its names of figures show it. */
  @Override
  public String ofUsage(Sent.Span span) {
    return span.attributes.text("ai.operationId").equals("ai.generateText")
            && span.attributes.get("ai.usage.promptTokens") != null
        ? Usage.LOWER_BOUND + "the last of its calls, of which there may be several"
        : "";
  }
}
