package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * CrewAI, as others instrument it or by its own traces, which speak OpenTelemetry's conventions.
 */
final class CrewAi extends Dialect {
  private static final String OPENLLMETRY = "opentelemetry.instrumentation.crewai";

  private static final Kinds.Decision WORKFLOW =
      new Kinds.Decision(SpanKind.WORKFLOW, "crewai: workflow by name");
  private static final Kinds.Decision TASK =
      new Kinds.Decision(SpanKind.TASK, "crewai: task by name");

  CrewAi() {
    super("crewai", "openinference.instrumentation.crewai", OPENLLMETRY);
    // OpenInference: what came out stands in the object of the whole run.
    inScopeHolding(LAST + 5, Field.OUTPUT_TEXT, "output.value");
    say(FIRST, Field.RESULT, "output.value.raw");
    inScope(LAST + 6, Field.INPUT_TEXT, "crew_inputs", "flow_inputs");
    // Its own tracing names agents by a hash.
    say(FIRST, Field.AGENT_NAME, "crewai.agent.role");
    // OpenLLMetry.
    say(FIRST, Field.RESULT, "crewai.crew.result");
    say(LAST, Field.INPUT_TEXT, "crewai.task.description");
  }

  /** OpenLLMetry gives crews and tasks the operation of agents. */
  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (!scope.name.startsWith(OPENLLMETRY)) {
      return null;
    }
    return span.name.endsWith(".workflow") ? WORKFLOW : span.name.endsWith(".task") ? TASK : null;
  }
}
