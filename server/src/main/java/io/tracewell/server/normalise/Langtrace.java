package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Langtrace: OpenTelemetry's conventions of 1.27 with additions. Each function of a framework has a
 * span with the model's name in it; those that asked a model are told by their usage.
 */
final class Langtrace extends Dialect {
  private static final String RULE = "langtrace.service.type=framework";
  private static final Kinds.Decision CALL =
      new Kinds.Decision(SpanKind.LLM, RULE + ", with usage");
  private static final Kinds.Decision STEP = new Kinds.Decision(SpanKind.TASK, RULE);
  private static final Kinds.Decision ROOT =
      new Kinds.Decision(SpanKind.WORKFLOW, RULE + " and no parent");

  Langtrace() {
    super("langtrace", "langtrace_python_sdk.instrumentation");
    say(LAST, Field.TOOL_DEFINITIONS, "gen_ai.request.tools");
    say(LAST, Field.RESPONSE_ID, "gen_ai.response_id");
    // Not results: the calls that Anthropic's answer asks for.
    sayQuoted(LAST, Field.ANSWER_TOOL_CALLS, "gen_ai.request.tool_results");
    say(LAST, Field.IGNORED, "gen_ai.request.embedding_inputs");
    inScope(LAST, Field.SYSTEM, "instructions");
    say(LAST, Field.INPUT_TEXT, "langchain.inputs");
    say(LAST, Field.OUTPUT_TEXT, "langchain.outputs");
    say(LAST, Field.RETRIEVAL_QUERY, "db.query");
    named(Field.METADATA, "langtrace.service.name", "langtrace.service.name");
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (!span.attributes.text("langtrace.service.type").equals("framework")) {
      return null;
    }
    if (span.attributes.get("gen_ai.usage.input_tokens") != null) {
      return CALL;
    }
    return span.parentId.isEmpty() ? ROOT : STEP;
  }
}
