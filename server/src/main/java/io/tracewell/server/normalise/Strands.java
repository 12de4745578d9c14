package io.tracewell.server.normalise;

/** Strands Agents: OpenTelemetry's conventions, with times to the first token in milliseconds. */
final class Strands extends Dialect {
  Strands() {
    super("strands", "strands.telemetry.tracer");
    inScope(FIRST, Field.TIME_TO_FIRST_TOKEN_MS, "gen_ai.server.time_to_first_token");
    inScope(LAST, Field.IGNORED, "gen_ai.event.start_time", "gen_ai.event.end_time");
  }

  /** The span of an agent has what the agent object used since it was made, unless it opts out. */
  @Override
  public String ofUsage(Sent.Span span) {
    return span.attributes.text("gen_ai.operation.name").equals("invoke_agent")
        ? "; may hold what the agent used before"
        : "";
  }
}
