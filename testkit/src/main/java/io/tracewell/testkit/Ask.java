package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * One request to the fake provider, read into what a {@link Script} needs to know.
 *
 * @param provider {@code openai} or {@code anthropic}
 * @param api {@code chat.completions}, {@code responses}, {@code embeddings} or {@code messages}
 * @param model as asked for
 * @param stream whether the client wants server-sent events
 * @param turns the conversation, system prompt first
 * @param tools what the client offers
 * @param body the request as it came
 * @param headers lower-case names, first value
 * @param attempt 1 for the first time this exact body came, 2 for its first repetition, and so on
 */
public record Ask(
    String provider,
    String api,
    String model,
    boolean stream,
    List<Turn> turns,
    List<Tool> tools,
    JsonNode body,
    Map<String, String> headers,
    int attempt) {

  /** A message; {@code text} joins its text parts, {@code callId} is set on tool results. */
  public record Turn(String role, String text, List<ToolCall> calls, String callId) {}

  /** A tool that the client offers; {@code schema} is its JSON Schema. */
  public record Tool(String name, String description, JsonNode schema) {}

  /** A call of a tool; {@code arguments} is JSON text. */
  public record ToolCall(String name, String arguments) {}

  /** The system prompt, or an empty string. */
  public String system() {
    StringBuilder all = new StringBuilder();
    for (Turn turn : turns) {
      if (turn.role.equals("system") || turn.role.equals("developer")) {
        all.append(turn.text).append('\n');
      }
    }
    return all.toString().strip();
  }

  /** The newest message of the user, or an empty string. */
  public String lastUser() {
    for (Turn turn : turns.reversed()) {
      if (turn.role.equals("user")) {
        return turn.text;
      }
    }
    return "";
  }

  /** What tools answered since the newest message of the user. */
  public List<Turn> toolResults() {
    int start = 0;
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).role.equals("user")) {
        start = i;
      }
    }
    return turns.subList(start, turns.size()).stream().filter(t -> t.role.equals("tool")).toList();
  }
}
