package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Genkit: every action's input and output as JSON; the name of a model's action is the model. */
final class Genkit extends Dialect {
  Genkit() {
    super("genkit", "genkit");
    String subtype = "genkit:metadata:subtype";
    say(FIRST, Field.KIND, subtype);
    say(FIRST, Field.KIND_HINT, "genkit:type");
    kind(SpanKind.LLM, "model", "background-model");
    kind(SpanKind.TOOL, "tool", "tool.v2");
    kind(SpanKind.RETRIEVAL, "retriever", "reranker");
    kind(SpanKind.EMBEDDING, "embedder");
    kind(SpanKind.WORKFLOW, "flow");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.TASK, "prompt", "executable-prompt", "evaluator", "indexer", "custom");
    // Its own generate(), around the calls and the tools that they ask for.
    kind(SpanKind.WORKFLOW, "util");
    kindInside(SpanKind.TASK, "util");
    kind(SpanKind.TASK, "flowStep", "flowstep", "promptTemplate", "prompttemplate");
    sayWhen(subtype, "model|embedder", FIRST, Field.MODEL_REQUESTED, "genkit:name");
    sayQuoted(LAST, Field.INPUT_TEXT, "genkit:input");
    holdingQuoted(LAST, Field.OUTPUT_TEXT, "genkit:output");
    String answer = "genkit:output.raw.";
    say(LAST, Field.RESPONSE_ID, answer + "id", answer + "responseId");
    say(LAST, Field.MODEL_RESPONDED, answer + "model", answer + "modelVersion");
    String usage = "genkit:output.usage.";
    say(LAST, Field.INPUT_TOKENS, usage + "inputTokens");
    say(LAST, Field.OUTPUT_TOKENS, usage + "outputTokens");
    say(LAST, Field.TOTAL_TOKENS, usage + "totalTokens");
    say(LAST, Field.CACHE_READ_TOKENS, usage + "cachedContentTokens");
    say(LAST, Field.REASONING_TOKENS, usage + "thoughtsTokens");
    say(LAST, Field.FINISH_REASONS, "genkit:output.finishReason");
    say(LAST, Field.SESSION, "genkit:sessionId");
    say(LAST, Field.IGNORED, "genkit:path", "genkit:qualifiedPath", "genkit:state");
    say(LAST, Field.IGNORED, "genkit:isRoot", "genkit:isFailureSource");
    say(LAST, Field.IGNORED, "genkit:metadata:context", "genkit:metadata:flow:id");
    say(LAST, Field.ERROR_MESSAGE, "genkit:error");
  }
}
