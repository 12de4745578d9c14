package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** Laminar: OpenTelemetry's conventions for calls, keys of its own for the rest. */
final class Laminar extends Dialect {
  Laminar() {
    super("laminar", "lmnr");
    say(FIRST, Field.KIND, "lmnr.span.type");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.TASK, "executor", "evaluator", "evaluation", "human_evaluator");
    sayQuoted(LAST, Field.INPUT_TEXT, "lmnr.span.input");
    sayQuoted(LAST, Field.OUTPUT_TEXT, "lmnr.span.output");
    String property = "lmnr.association.properties.";
    say(LAST, Field.SESSION, property + "session_id");
    say(LAST, Field.USER, property + "user_id");
    say(LAST, Field.TAGS, property + "tags");
    prefixOnly(Field.METADATA, property + "metadata.", property);
    say(LAST, Field.IGNORED, "lmnr.span.path", "lmnr.span.ids_path");
  }
}
