package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.server.message.Json;
import io.tracewell.server.message.Messages;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages that were sent one by one, as span events or log records, in the order they happened.
 */
final class MessageEvents {
  private static final String PREFIX = "gen_ai.";
  private static final String SUFFIX = ".message";
  private static final String CHOICE = "gen_ai.choice";

  private final List<Message> input = new ArrayList<>();
  private final List<Message> output = new ArrayList<>();

  /** True for the names of events that carry one message. */
  static boolean isMessage(String event) {
    // Any role: OpenAI's developer messages come under a name that no convention lists.
    return event.equals(CHOICE)
        || (event.startsWith(PREFIX)
            && event.endsWith(SUFFIX)
            && event.length() > PREFIX.length() + SUFFIX.length());
  }

  /** Adds the message of such an event; {@code body} is JSON. */
  void add(String event, String body) {
    boolean choice = event.equals(CHOICE);
    String role =
        choice ? "assistant" : event.substring(PREFIX.length(), event.length() - SUFFIX.length());
    for (Message message : Messages.read(new Content(ContentFormat.CHAT_MESSAGES, body), role)) {
      // Without content capture the events come with nothing in them, or with an id alone.
      if (message.parts().stream()
          .anyMatch(part -> !(part instanceof Part.Other other && other.type().isEmpty()))) {
        (choice ? output : input).add(message);
      }
    }
  }

  /** Adds a JSON list of such events, which say their names in {@code event.name}. */
  void addAll(String json) {
    JsonNode list = json.isEmpty() ? null : Json.tree(json);
    if (list == null || !list.isArray()) {
      return;
    }
    for (JsonNode event : list) {
      String name = event.path("event.name").asText("");
      if (name.isEmpty() && event.path("role").isTextual()) {
        name = PREFIX + event.path("role").asText() + SUFFIX;
      }
      if (isMessage(name)) {
        add(name, event.toString());
      }
    }
  }

  /** What a tool was called with, where that came as a message; without the message around it. */
  Content toolInput() {
    return bare(input);
  }

  /** What a tool gave back, where that came as a message. */
  Content toolOutput() {
    return bare(output);
  }

  private static Content bare(List<Message> messages) {
    if (messages.size() != 1 || messages.getFirst().parts().size() != 1) {
      return Content.NONE;
    }
    String text =
        switch (messages.getFirst().parts().getFirst()) {
          case Part.Text said -> said.text();
          case Part.ToolResult result -> result.result();
          case Part.ToolCall call -> call.arguments();
          default -> "";
        };
    return text.isEmpty()
        ? Content.NONE
        : new Content(Json.isStructured(text) ? ContentFormat.JSON : ContentFormat.TEXT, text);
  }

  /** Canonical messages of what was asked; none where nothing was said. */
  Content input() {
    return content(input);
  }

  /** Canonical messages of what was answered. */
  Content output() {
    return content(output);
  }

  private static Content content(List<Message> messages) {
    return messages.isEmpty()
        ? Content.NONE
        : new Content(ContentFormat.MESSAGES, Messages.write(messages));
  }
}
