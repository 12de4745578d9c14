package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Pydantic AI, instrumentation versions 1 to 6. Version 1 wrote messages as JSON of events; agent
 * spans hold the whole conversation and sums of their calls' usage.
 */
final class PydanticAi extends Dialect {
  private static final Kinds.Decision AGENT =
      new Kinds.Decision(SpanKind.AGENT, "pydantic-ai: agent run");
  private static final Kinds.Decision TOOLS =
      new Kinds.Decision(SpanKind.TASK, "pydantic-ai: running tools");

  PydanticAi() {
    super("pydantic-ai", "pydantic-ai");
    say(LAST, Field.CONVERSATION, "pydantic_ai.all_messages");
    say(LAST, Field.NEW_MESSAGES, "pydantic_ai.new_message_index");
    inScope(LAST, Field.EVENTS, "events");
    inScope(LAST + 1, Field.CONVERSATION, "all_messages_events");
    inScope(FIRST, Field.RESULT, "final_result");
    inScope(LAST, Field.AGENT_NAME, "agent_name");
    inScope(LAST, Field.TOOL_ARGUMENTS, "tool_arguments");
    inScope(LAST, Field.TOOL_RESULT, "tool_response");
    inScope(LAST, Field.NESTED, "model_request_parameters");
    say(2 * LAST, Field.TOOL_DEFINITIONS, "model_request_parameters.function_tools");
    // Sums of what stands below: never this span's own.
    prefix(Field.USAGE_OTHER, "gen_ai.aggregated_usage.");
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (span.attributes.get("gen_ai.operation.name") != null) {
      return null;
    }
    return switch (span.name) {
      case "agent run" -> AGENT;
      case "running tools", "running 1 tool" -> TOOLS;
      default -> null;
    };
  }
}
