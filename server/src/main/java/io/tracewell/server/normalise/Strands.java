package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/** Strands Agents: OpenTelemetry's conventions, with times to the first token in milliseconds. */
final class Strands extends Dialect {
  private static final Kinds.Decision CYCLE =
      new Kinds.Decision(SpanKind.TASK, "strands: a cycle of an agent's loop");

  Strands() {
    // The second one's scope is that of TypeScript.
    super("strands", "strands.telemetry.tracer", "strands-agents ");
    inScopeHoldingQuoted(LAST, Field.SYSTEM, "system_prompt");
    inScope(FIRST, Field.TIME_TO_FIRST_TOKEN_MS, "gen_ai.server.time_to_first_token");
    inScope(LAST, Field.IGNORED, "gen_ai.event.start_time", "gen_ai.event.end_time");
  }

  /** Those of Python say it in the operation, those of TypeScript only by an id. */
  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    return span.attributes.get("agent_loop.cycle_id") == null ? null : CYCLE;
  }

  /** The span of an agent has what the agent object used since it was made, unless it opts out. */
  @Override
  public String ofUsage(Sent.Span span) {
    return span.attributes.text("gen_ai.operation.name").equals("invoke_agent")
        ? "; may hold what the agent used before"
        : "";
  }
}
