package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Logfire: its own keys are on every span of a process, LLM work or not. A streamed call comes as
 * two: a span of the request, which ends at once, and a record of the whole call when the stream
 * has ended.
 */
final class Logfire extends Dialect {
  private static final String STREAMED = "streaming response from ";

  private static final Kinds.Decision REQUEST =
      new Kinds.Decision(
          SpanKind.TASK, "logfire: request of a stream; the record after it is the call");
  private static final Kinds.Decision AROUND =
      new Kinds.Decision(SpanKind.WORKFLOW, "logfire.metrics: LLM work happened below");

  Logfire() {
    super("logfire", "logfire ", "logfire.");
    sayOnly(FIRST, Field.PENDING, "logfire.span_type");
    sayOnly(FIRST, Field.PENDING_PARENT, "logfire.pending_parent_id");
    sayOnly(LAST, Field.NAME, "logfire.msg");
    sayOnly(LAST, Field.TAGS, "logfire.tags");
    sayOnly(
        LAST,
        Field.IGNORED,
        "logfire.msg_template",
        "logfire.json_schema",
        "logfire.metrics",
        "logfire.exception.fingerprint",
        "logfire.level_num");
    sayOnly(LAST, Field.COST_TOTAL, "operation.cost");

    inScope(LAST, Field.EVENTS, "events");
    inScope(LAST, Field.NESTED, "request_data", "response_data");
    say(2 * LAST, Field.INPUT_TEXT, "request_data.messages", "request_data.input");
    say(2 * LAST, Field.SYSTEM, "request_data.system", "request_data.instructions");
    say(2 * LAST, Field.TOOL_DEFINITIONS, "request_data.tools");
    say(2 * LAST, Field.MODEL_REQUESTED, "request_data.model");
    named(Field.PARAMETER, "request_data.stream", "stream");
    named(Field.PARAMETER, "request_data.temperature", "temperature");
    named(Field.PARAMETER, "request_data.max_tokens", "max_tokens");
    named(Field.PARAMETER, "request_data.top_p", "top_p");
    say(2 * LAST, Field.OUTPUT_TEXT, "response_data.message");
    say(2 * LAST, Field.ANSWER_TEXT, "response_data.combined_chunk_content");
    say(2 * LAST, Field.INPUT_TOKENS, "response_data.usage.prompt_tokens");
    say(2 * LAST, Field.OUTPUT_TOKENS, "response_data.usage.completion_tokens");

    // The provider's own figures: what was cached stands nowhere else.
    String raw = "gen_ai.usage.raw";
    say(LAST, Field.NESTED, raw);
    say(
        LAST,
        Field.CACHE_READ_TOKENS,
        raw + ".prompt_tokens_details.cached_tokens",
        raw + ".input_tokens_details.cached_tokens",
        raw + ".cache_read_input_tokens");
    say(LAST, Field.CACHE_WRITE_TOKENS, raw + ".cache_creation_input_tokens");
    say(LAST, Field.CACHE_WRITE_5M_TOKENS, raw + ".cache_creation.ephemeral_5m_input_tokens");
    say(LAST, Field.CACHE_WRITE_1H_TOKENS, raw + ".cache_creation.ephemeral_1h_input_tokens");
    say(
        LAST,
        Field.REASONING_TOKENS,
        raw + ".completion_tokens_details.reasoning_tokens",
        raw + ".output_tokens_details.reasoning_tokens");
    say(LAST, Field.INPUT_AUDIO_TOKENS, raw + ".prompt_tokens_details.audio_tokens");
    say(LAST, Field.OUTPUT_AUDIO_TOKENS, raw + ".completion_tokens_details.audio_tokens");
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (scope.name.equals("logfire")) {
      return span.attributes.text("logfire.metrics").contains("gen_ai.") ? AROUND : null;
    }
    boolean request =
        span.statusCode == 0
            && span.attributes.text("gen_ai.operation.name").equals("chat")
            && span.attributes.get("gen_ai.response.id") == null
            && span.attributes.get("gen_ai.usage.input_tokens") == null
            && span.attributes.get("gen_ai.output.messages") == null
            && span.attributes.get("response_data") == null
            && !isRecord(span);
    return request ? REQUEST : null;
  }

  /** The record of a streamed call says how long it took: with that it is the call. */
  @Override
  public @Nullable Shape shape(Sent.Scope scope, Sent.Span span) {
    if (!isRecord(span) || span.endNanos != span.startNanos) {
      return null;
    }
    double nanos = Values.decimal(span.attributes.get("duration")) * 1e9;
    return nanos > 0 && nanos < span.startNanos
        ? new Shape(span.spanId, span.parentId, span.startNanos - (long) nanos, false)
        : null;
  }

  private static boolean isRecord(Sent.Span span) {
    return span.name.startsWith(STREAMED);
  }
}
