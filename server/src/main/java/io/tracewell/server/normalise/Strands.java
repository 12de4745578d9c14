package io.tracewell.server.normalise;

/** Strands Agents: OpenTelemetry's conventions, with times to the first token in milliseconds. */
final class Strands extends Dialect {
  Strands() {
    super("strands", "strands.telemetry.tracer");
    inScope(FIRST, Field.TIME_TO_FIRST_TOKEN_MS, "gen_ai.server.time_to_first_token");
    inScope(LAST, Field.IGNORED, "gen_ai.event.start_time", "gen_ai.event.end_time");
  }
}
