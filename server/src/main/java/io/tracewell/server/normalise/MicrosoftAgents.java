package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Microsoft's Agent Framework, Extensions.AI, Semantic Kernel, AutoGen and AG2: OpenTelemetry's
 * conventions, with spans of their own for workflows and for passing messages.
 */
final class MicrosoftAgents extends Dialect {
  private static final Kinds.Decision WORKFLOW =
      new Kinds.Decision(SpanKind.WORKFLOW, "agent-framework: workflow by name");
  private static final Kinds.Decision EXECUTOR =
      new Kinds.Decision(SpanKind.TASK, "agent-framework: executor.process");
  private static final Kinds.Decision TOOL_LOOP =
      new Kinds.Decision(SpanKind.TASK, "semantic-kernel: calls and their tools, by name");
  private static final Kinds.Decision PASSING =
      new Kinds.Decision(SpanKind.SPAN, "agent-framework: message passing");

  MicrosoftAgents() {
    super(
        "microsoft-agents",
        "agent_framework",
        "Microsoft.Agents.AI",
        "Microsoft.Extensions.AI",
        "Microsoft.SemanticKernel",
        "Experimental.Microsoft.",
        "semantic_kernel",
        "autogen");
    say(LAST, Field.KIND_HINT, "ag2.span.type");
    kind(SpanKind.WORKFLOW, "conversation");
    kind(SpanKind.AGENT, "agent");
    kind(SpanKind.LLM, "llm");
    kind(SpanKind.TOOL, "tool", "code_execution");
    kind(SpanKind.TASK, "human_input", "speaker_selection");
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    String name = span.name;
    if (name.startsWith("workflow.")) {
      return WORKFLOW;
    }
    if (name.startsWith("executor.process")) {
      return EXECUTOR;
    }
    if (name.equals("AutoFunctionInvocationLoop")) {
      return TOOL_LOOP;
    }
    return name.startsWith("edge_group.process") || name.startsWith("message.send")
        ? PASSING
        : null;
  }
}
