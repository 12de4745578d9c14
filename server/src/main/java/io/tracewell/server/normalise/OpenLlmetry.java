package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * OpenLLMetry, of Traceloop. Its model calls spoke {@code gen_ai.prompt.N} until 0.54 to 0.61, and
 * in several packages still do; then OpenTelemetry's conventions, with no mark of their own.
 */
final class OpenLlmetry extends Dialect {
  private static final Kinds.Decision RETRIEVE =
      new Kinds.Decision(SpanKind.RETRIEVAL, "name of a span of LlamaIndex");
  private static final Kinds.Decision WORKFLOW =
      new Kinds.Decision(SpanKind.WORKFLOW, "traceloop.span.kind=workflow");

  OpenLlmetry() {
    super(
        "openllmetry",
        "traceloop.tracer",
        "@traceloop/",
        "opentelemetry.instrumentation.openai.v",
        "opentelemetry.instrumentation.mcp.instrumentation");
    say(FIRST, Field.KIND_HINT, "traceloop.span.kind");
    // Beside traceloop.span.kind=task on the calls of its LangChain package: the call is meant.
    say(FIRST - 1, Field.KIND_HINT, "llm.request.type");
    kind(SpanKind.WORKFLOW, "workflow");
    kind(SpanKind.TASK, "task");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.LLM, "chat", "completion", "acompletion");
    kind(SpanKind.EMBEDDING, "embedding", "aembedding");
    kind(SpanKind.RETRIEVAL, "rerank", "arerank");

    say(FIRST, Field.NAME, "traceloop.entity.name");
    say(FIRST, Field.INPUT_TEXT, "traceloop.entity.input");
    sayQuoted(FIRST, Field.OUTPUT_TEXT, "traceloop.entity.output");
    named(Field.METADATA, "traceloop.workflow.name", "workflow");
    named(Field.METADATA, "traceloop.entity.path", "entity_path");
    named(Field.METADATA, "traceloop.entity.version", "entity_version");
    String property = "traceloop.association.properties.";
    // Inherited by every span below, HTTP calls too: no sign of LLM work.
    sayOnly(-5, Field.SESSION, property + "session_id", property + "thread_id");
    sayOnly(5, Field.USER, property + "user_id");
    prefixOnly(Field.METADATA, property);

    say(LAST, Field.PROMPT_NAME, "traceloop.prompt.key");
    say(LAST, Field.PROMPT_VERSION, "traceloop.prompt.version", "traceloop.prompt.version_name");
    say(LAST, Field.PROMPT_TEMPLATE, "traceloop.prompt.template");
    prefix(Field.PROMPT_VARIABLE, "traceloop.prompt.template_variables.");

    flattened(LAST, Field.INPUT_MESSAGES, "gen_ai.prompt.");
    flattened(LAST, Field.OUTPUT_MESSAGES, "gen_ai.completion.", "llm.completions.");
    flattened(LAST, Field.TOOL_DEFINITIONS, "llm.request.functions.");
    say(LAST, Field.MODEL_REQUESTED, "llm.request.model");
    say(LAST, Field.MODEL_RESPONDED, "llm.response.model");
    say(LAST, Field.INPUT_TOKENS, "llm.usage.prompt_tokens");
    say(LAST, Field.OUTPUT_TOKENS, "llm.usage.completion_tokens");
    say(LAST, Field.TOTAL_TOKENS, "llm.usage.total_tokens");
    say(LAST, Field.USER, "llm.user", "gen_ai.user");
    named(Field.PARAMETER, "llm.is_streaming", "stream");
    named(Field.PARAMETER, "gen_ai.is_streaming", "stream");
    named(Field.PARAMETER, "llm.temperature", "temperature");
    named(Field.PARAMETER, "llm.top_p", "top_p");
    named(Field.PARAMETER, "llm.top_k", "top_k");
    named(Field.PARAMETER, "llm.request.max_tokens", "max_tokens");
    named(Field.PARAMETER, "llm.frequency_penalty", "frequency_penalty");
    named(Field.PARAMETER, "llm.presence_penalty", "presence_penalty");
    named(Field.PARAMETER, "llm.chat.stop_sequences", "stop_sequences");
    named(Field.PARAMETER, "gen_ai.openai.api_base", "api_base");
  }

  /**
   * Its package for LlamaIndex calls every step a task, that for LangChain gives workflows the
   * operation of agents.
   */
  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (scope.name.endsWith("llamaindex") && span.name.endsWith(".retrieve")) {
      return RETRIEVE;
    }
    return span.attributes.text("traceloop.span.kind").equals("workflow")
            && span.attributes.text("gen_ai.operation.name").equals("invoke_agent")
        ? WORKFLOW
        : null;
  }

  @Override
  public Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    if (!scope.name.endsWith("mcp.instrumentation")) {
      return null;
    }
    // The protocol's own traffic: the tools' spans stand beside it.
    return span.name.endsWith(".mcp") || span.name.equals("ResponseStreamWriter")
        ? Kinds.NOISE
        : null;
  }
}
