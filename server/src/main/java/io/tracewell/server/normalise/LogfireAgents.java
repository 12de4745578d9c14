package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's Agents SDK as Logfire writes it: what a span is stands in its name alone, and what was
 * said under common names.
 */
final class LogfireAgents extends Dialect {
  private static final Map<String, Kinds.Decision> BY_NAME = new LinkedHashMap<>();

  static {
    name(SpanKind.WORKFLOW, "OpenAI Agents trace");
    name(SpanKind.AGENT, "Agent run");
    name(SpanKind.TOOL, "Function: ");
    name(SpanKind.LLM, "Responses API", "Chat completion with", "Speech → Text", "Text → Speech");
    name(SpanKind.GUARDRAIL, "Guardrail ");
    name(SpanKind.TASK, "Text → Speech group", "MCP: list tools");
  }

  LogfireAgents() {
    super("logfire-agents", "logfire.openai_agents");
    inScope(LAST, Field.NAMED, "name");
    inScope(LAST, Field.SESSION, "group_id");
    inScope(LAST, Field.INPUT_TEXT, "input", "raw_input");
    inScope(LAST, Field.OUTPUT_TEXT, "output");
    inScopeHolding(LAST, Field.OUTPUT_TEXT, "response");
    sayOnly(LAST, Field.SYSTEM, "response.instructions");
    inScope(LAST, Field.PARAMETERS, "model_settings", "model_config");
    // In it the answer stands among the questions; all of it is in the two above.
    inScope(LAST, Field.IGNORED, "events", "usage", "response_id");
    inScope(LAST, Field.NESTED, "error");
    sayOnly(LAST, Field.ERROR_MESSAGE, "error.data.error");
  }

  private static void name(SpanKind kind, String... beginnings) {
    for (String beginning : beginnings) {
      BY_NAME.put(
          beginning, new Kinds.Decision(kind, "logfire: " + beginning.strip() + " by name"));
    }
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    String longest = "";
    for (String beginning : BY_NAME.keySet()) {
      if (span.name.startsWith(beginning) && beginning.length() > longest.length()) {
        longest = beginning;
      }
    }
    return BY_NAME.get(longest);
  }
}
