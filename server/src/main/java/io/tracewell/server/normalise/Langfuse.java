package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Langfuse's SDKs, which write their observations into OpenTelemetry spans. */
final class Langfuse extends Dialect {
  private static final int OWN = 2 * FIRST;

  Langfuse() {
    super("langfuse", "langfuse-sdk");
    String observation = "langfuse.observation.";
    say(OWN, Field.KIND, observation + "type");
    kind(SpanKind.LLM, "generation");
    kind(SpanKind.EMBEDDING, "embedding");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.WORKFLOW, "chain");
    kindInside(SpanKind.TASK, "chain");
    kind(SpanKind.RETRIEVAL, "retriever");
    kind(SpanKind.GUARDRAIL, "guardrail");
    // A span may be anything: the other rules know better.
    kind(SpanKind.TASK, "evaluator", "event");

    say(OWN, Field.INPUT_TEXT, observation + "input", "langfuse.trace.input");
    say(OWN, Field.OUTPUT_TEXT, observation + "output", "langfuse.trace.output");
    say(OWN, Field.MODEL_REQUESTED, observation + "model.name");
    say(OWN, Field.PARAMETERS, observation + "model.parameters");
    sayQuoted(OWN, Field.COMPLETION_START, observation + "completion_start_time");
    say(OWN, Field.PROMPT_NAME, observation + "prompt.name");
    say(OWN, Field.PROMPT_VERSION, observation + "prompt.version");
    sayKept(OWN, Field.LEVEL, observation + "level", "level");
    sayKept(OWN, Field.ERROR_MESSAGE, observation + "status_message", "status_message");
    say(OWN, Field.SESSION, "langfuse.session.id");
    say(OWN, Field.USER, "langfuse.user.id");
    // On every span of a context, whoever made it: they do not make it Langfuse's.
    sayOnly(OWN, Field.ENVIRONMENT, "langfuse.environment");
    sayOnly(OWN, Field.RELEASE, "langfuse.release", "langfuse.version");
    sayOnly(OWN, Field.TAGS, "langfuse.tags", "langfuse.trace.tags");
    sayOnly(
        OWN,
        Field.IGNORED,
        "langfuse.internal.as_root",
        "langfuse.internal.is_app_root",
        "langfuse.trace.public");
    named(false, Field.METADATA, "langfuse.trace.name", "trace_name");
    named(false, Field.METADATA, "langfuse.trace.metadata", "trace_metadata");
    named(Field.METADATA, observation + "metadata", "metadata");
    // What the OpenAI wrapper writes there.
    sayKeptQuoted(
        OWN, Field.FINISH_REASONS, observation + "metadata.finish_reason", "finish_reason");
    sayKeptQuoted(OWN, Field.SYSTEM, observation + "metadata.instructions", "instructions");
    sayKeptQuoted(OWN, Field.RESPONSE_ID, observation + "metadata.id", "id");
    // What the LangChain callback is told with a call.
    sayKeptQuoted(
        OWN + 1,
        Field.SESSION,
        observation + "metadata.langfuse_session_id",
        "langfuse_session_id");
    sayKeptQuoted(
        OWN + 1, Field.USER, observation + "metadata.langfuse_user_id", "langfuse_user_id");
    prefixQuoted(false, Field.METADATA, "langfuse.trace.metadata.");
    prefixQuoted(true, Field.METADATA, observation + "metadata.");

    // Buckets apart from one another, by Langfuse's names; or the provider's object.
    String usage = observation + "usage_details";
    say(OWN, Field.NESTED, usage, observation + "cost_details");
    say(
        OWN,
        Field.INPUT_TOKENS,
        usage + ".input",
        usage + ".input_tokens",
        usage + ".prompt_tokens",
        usage + ".promptTokens",
        usage + ".inputTokens");
    say(
        OWN,
        Field.OUTPUT_TOKENS,
        usage + ".output",
        usage + ".output_tokens",
        usage + ".completion_tokens",
        usage + ".completionTokens",
        usage + ".outputTokens");
    say(OWN, Field.TOTAL_TOKENS, usage + ".total", usage + ".total_tokens", usage + ".totalTokens");
    say(
        OWN,
        Field.CACHE_READ_TOKENS,
        usage + ".input_cached_tokens",
        usage + ".input_cache_read",
        usage + ".cache_read_input_tokens",
        usage + ".prompt_tokens_details.cached_tokens",
        usage + ".input_tokens_details.cached_tokens");
    say(
        OWN,
        Field.CACHE_WRITE_TOKENS,
        usage + ".input_cache_creation",
        usage + ".cache_creation_input_tokens");
    say(OWN, Field.CACHE_WRITE_5M_TOKENS, usage + ".input_cache_creation_5m");
    say(OWN, Field.CACHE_WRITE_1H_TOKENS, usage + ".input_cache_creation_1h");
    say(
        OWN,
        Field.REASONING_TOKENS,
        usage + ".output_reasoning_tokens",
        usage + ".output_reasoning",
        usage + ".completion_tokens_details.reasoning_tokens",
        usage + ".output_tokens_details.reasoning_tokens");
    say(
        OWN,
        Field.INPUT_AUDIO_TOKENS,
        usage + ".input_audio_tokens",
        usage + ".prompt_tokens_details.audio_tokens");
    say(
        OWN,
        Field.OUTPUT_AUDIO_TOKENS,
        usage + ".output_audio_tokens",
        usage + ".completion_tokens_details.audio_tokens");
    say(OWN, Field.COST_TOTAL, observation + "cost_details.total");
    say(OWN, Field.COST_INPUT, observation + "cost_details.input");
    say(OWN, Field.COST_OUTPUT, observation + "cost_details.output");
  }
}
