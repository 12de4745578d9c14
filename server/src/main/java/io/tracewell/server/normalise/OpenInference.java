package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * OpenInference, of Arize: everything flattened into attributes of primitive values. The whole
 * request and response stand beside it in {@code input.value} and {@code output.value}.
 */
final class OpenInference extends Dialect {
  OpenInference() {
    super(
        "openinference", "openinference.instrumentation.", "@arizeai/openinference-", "com.arize");
    say(FIRST, Field.KIND, "openinference.span.kind");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.EMBEDDING, "embedding");
    kind(SpanKind.RETRIEVAL, "retriever", "reranker");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.WORKFLOW, "chain");
    kindInside(SpanKind.TASK, "chain");
    kind(SpanKind.GUARDRAIL, "guardrail");
    kind(SpanKind.TASK, "evaluator", "prompt");

    flattened(FIRST, Field.INPUT_MESSAGES, "llm.input_messages.", "llm.prompts.");
    flattened(FIRST, Field.OUTPUT_MESSAGES, "llm.output_messages.", "llm.choices.");
    flattened(FIRST, Field.TOOL_DEFINITIONS, "llm.tools.");
    flattened(FIRST, Field.DOCUMENTS, "retrieval.documents.", "reranker.output_documents.");
    flattened(FIRST, Field.EMBEDDED_TEXTS, "embedding.embeddings.");
    say(FIRST, Field.EMBEDDED_TEXTS, "embedding.text");
    say(FIRST, Field.VECTORS, "embedding.vector");

    say(LAST, Field.PROVIDER, "llm.provider", "llm.system");
    say(LAST, Field.MODEL_RESPONDED, "llm.response.model_name");
    // The answering model where the provider named it, else the one asked for.
    say(LAST, Field.MODEL_NAMED, "llm.model_name", "embedding.model_name", "reranker.model_name");
    say(LAST, Field.MODEL_REQUESTED, "llm.request.model_name");
    say(LAST, Field.PARAMETERS, "llm.invocation_parameters", "embedding.invocation_parameters");
    say(LAST, Field.FINISH_REASONS, "llm.finish_reason");
    named(Field.PARAMETER, "llm.function_call", "function_call");

    String count = "llm.token_count.";
    say(LAST, Field.INPUT_TOKENS, count + "prompt");
    say(LAST, Field.OUTPUT_TOKENS, count + "completion");
    say(LAST, Field.TOTAL_TOKENS, count + "total");
    say(LAST, Field.CACHE_READ_TOKENS, count + "prompt_details.cache_read");
    say(LAST, Field.CACHE_WRITE_TOKENS, count + "prompt_details.cache_write");
    say(LAST, Field.INPUT_AUDIO_TOKENS, count + "prompt_details.audio");
    say(LAST, Field.REASONING_TOKENS, count + "completion_details.reasoning");
    say(LAST, Field.OUTPUT_AUDIO_TOKENS, count + "completion_details.audio");
    prefix(Field.USAGE_OTHER, count);
    say(LAST, Field.COST_TOTAL, "llm.cost.total");
    say(LAST, Field.COST_INPUT, "llm.cost.prompt");
    say(LAST, Field.COST_OUTPUT, "llm.cost.completion");
    prefix(Field.USAGE_OTHER, "llm.cost.");

    sayOnly(LAST + 5, Field.INPUT_TEXT, "input.value");
    sayOnly(LAST + 5, Field.OUTPUT_TEXT, "output.value");
    sayOnly(LAST, Field.IGNORED, "input.mime_type", "output.mime_type");
    say(LAST, Field.RETRIEVAL_QUERY, "reranker.query");
    named(Field.PARAMETER, "reranker.top_k", "top_k");
    say(LAST, Field.TOOL_USED, "tool.name");
    say(LAST, Field.TOOL_CALL_ID, "tool_call.id", "tool.id");
    say(LAST, Field.TOOL_ARGUMENTS, "tool_call.function.arguments");
    named(Field.METADATA, "tool.description", "tool.description");
    named(Field.METADATA, "tool.parameters", "tool.parameters");
    named(Field.METADATA, "tool.json_schema", "tool.json_schema");
    sayOnly(LAST, Field.AGENT_NAME, "agent.name");
    String kind = "openinference.span.kind";
    sayWhen(kind, "AGENT", LAST + 2, Field.AGENT_NAME, "graph.node.name");
    sayWhen(kind, "AGENT", LAST + 3, Field.AGENT_NAME, "graph.node.id");
    sayOnly(LAST, Field.TAGS, "tag.tags");
    sayOnly(LAST, Field.METADATA_OBJECT, "metadata");

    say(LAST, Field.PROMPT_TEMPLATE, "llm.prompt_template.template");
    say(LAST, Field.PROMPT_VERSION, "llm.prompt_template.version");
    say(LAST, Field.PROMPT_VARIABLES, "llm.prompt_template.variables");
    sayOnly(LAST, Field.PROMPT_ID, "prompt.id");
  }

  @Override
  public Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    // Says LLM and asks nobody.
    return span.name.endsWith("._prepare_chat_with_tools") ? Kinds.NOISE : null;
  }
}
