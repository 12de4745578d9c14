package io.tracewell.server.normalise;

/** OpenLIT: OpenTelemetry's conventions with additions of its own. */
final class OpenLit extends Dialect {
  OpenLit() {
    super("openlit", "openlit");
    // The sum of what stands in gen_ai.usage.*.
    say(LAST, Field.IGNORED, "gen_ai.client.token.usage");
    say(LAST, Field.TOOL_ARGUMENTS, "gen_ai.tool.input", "gen_ai.tool.args");
    say(LAST, Field.TOOL_RESULT, "gen_ai.tool.output");
    named(Field.PARAMETER, "gen_ai.request.is_stream", "stream");
    say(LAST, Field.ENVIRONMENT, "gen_ai.environment");
    say(LAST, Field.INPUT_TEXT, "gen_ai.content.prompt");
    say(LAST, Field.OUTPUT_TEXT, "gen_ai.content.completion");
    // Its decorator's.
    inScope(2 * LAST, Field.INPUT_TEXT, "function.args");
    say(LAST, Field.DOCUMENTS, "gen_ai.rag.documents");
  }
}
