package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/** AgentOps: what its decorators mark; calls come by OpenTelemetry's conventions. */
final class AgentOps extends Dialect {
  AgentOps() {
    super("agentops", "agentops");
    say(FIRST, Field.KIND_HINT, "agentops.span.kind");
    kind(SpanKind.WORKFLOW, "session", "workflow");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.TASK, "task", "operation");
    kind(SpanKind.TOOL, "tool");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.GUARDRAIL, "guardrail");
    say(FIRST, Field.NAME, "agentops.entity.name");
    say(LAST, Field.INPUT_TEXT, "agentops.entity.input");
    say(LAST, Field.OUTPUT_TEXT, "agentops.entity.output");
  }
}
