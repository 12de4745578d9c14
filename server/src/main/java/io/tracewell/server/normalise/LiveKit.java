package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** LiveKit Agents: what is said, in keys of its own; newer versions mark content as {@code pii}. */
final class LiveKit extends Dialect {
  private static final Map<String, Kinds.Decision> BY_NAME =
      Map.of(
          "llm_request", decision(SpanKind.LLM, "llm_request"),
          "llm_request_run", decision(SpanKind.TASK, "llm_request_run"),
          "function_tool", decision(SpanKind.TOOL, "function_tool"),
          "agent_session", decision(SpanKind.WORKFLOW, "agent_session"),
          "job_entrypoint", decision(SpanKind.WORKFLOW, "job_entrypoint"),
          "agent_turn", decision(SpanKind.AGENT, "agent_turn"),
          "user_turn", decision(SpanKind.TASK, "user_turn"));

  LiveKit() {
    super("livekit", "livekit-agents");
    for (String lk : new String[] {"lk.", "lk.pii."}) {
      say(LAST, Field.INPUT_TEXT, lk + "chat_ctx", lk + "user_input", lk + "input_text");
      say(FIRST, Field.ANSWER_TEXT, lk + "response.text");
      say(FIRST, Field.ANSWER_TOOL_CALLS, lk + "response.function_calls");
      say(LAST, Field.OUTPUT_TEXT, lk + "user_transcript");
      say(LAST, Field.SYSTEM, lk + "instructions");
      say(LAST, Field.TOOL_ARGUMENTS, lk + "function_tool.arguments");
      say(LAST, Field.TOOL_RESULT, lk + "function_tool.output");
    }
    say(LAST, Field.TOOL_NAME, "lk.function_tool.name");
    say(LAST, Field.TOOL_CALL_ID, "lk.function_tool.id");
    say(LAST, Field.AGENT_NAME, "lk.agent_name", "lk.agent_label");
    say(LAST, Field.TIME_TO_FIRST_TOKEN, "lk.response.ttft");
    prefix(Field.METADATA, "lk.");
  }

  private static Kinds.Decision decision(SpanKind kind, String name) {
    return new Kinds.Decision(kind, "livekit: " + name);
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    return BY_NAME.get(span.name);
  }
}
