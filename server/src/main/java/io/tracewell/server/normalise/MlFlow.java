package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** MLflow's tracing: every value is JSON, plain texts too. */
final class MlFlow extends Dialect {
  MlFlow() {
    super("mlflow", "mlflow");
    sayQuoted(FIRST, Field.KIND, "mlflow.spanType");
    kind(SpanKind.LLM, "llm", "chat_model");
    kind(SpanKind.WORKFLOW, "chain", "workflow");
    kindInside(SpanKind.TASK, "chain");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.RETRIEVAL, "retriever", "reranker");
    kind(SpanKind.EMBEDDING, "embedding");
    kind(SpanKind.GUARDRAIL, "guardrail");
    kind(SpanKind.TASK, "parser", "memory", "task", "evaluator");

    sayQuoted(LAST, Field.INPUT_TEXT, "mlflow.spanInputs");
    sayQuoted(LAST, Field.OUTPUT_TEXT, "mlflow.spanOutputs");
    sayQuoted(LAST, Field.MODEL_NAMED, "mlflow.llm.model");
    sayQuoted(LAST, Field.PROVIDER, "mlflow.llm.provider");
    say(LAST, Field.TOOL_DEFINITIONS, "mlflow.chat.tools");
    String usage = "mlflow.chat.tokenUsage";
    say(LAST, Field.NESTED, usage, "mlflow.llm.cost");
    say(LAST, Field.INPUT_TOKENS, usage + ".input_tokens");
    say(LAST, Field.OUTPUT_TOKENS, usage + ".output_tokens");
    say(LAST, Field.TOTAL_TOKENS, usage + ".total_tokens");
    say(LAST, Field.CACHE_READ_TOKENS, usage + ".cache_read_input_tokens");
    say(LAST, Field.CACHE_WRITE_TOKENS, usage + ".cache_creation_input_tokens");
    say(LAST, Field.COST_TOTAL, "mlflow.llm.cost.total_cost");
    say(LAST, Field.COST_INPUT, "mlflow.llm.cost.input_cost");
    say(LAST, Field.COST_OUTPUT, "mlflow.llm.cost.output_cost");
    sayQuoted(LAST, Field.SESSION, "mlflow.trace.session");
    sayQuoted(LAST, Field.USER, "mlflow.trace.user");
    namedQuoted(Field.METADATA, "mlflow.traceRequestId", "mlflow.traceRequestId");
    namedQuoted(Field.METADATA, "mlflow.experimentId", "mlflow.experimentId");
    say(LAST, Field.IGNORED, "mlflow.spanFunctionName", "mlflow.message.format");
    prefixQuoted(true, Field.METADATA, "mlflow.traceTag.");
  }
}
