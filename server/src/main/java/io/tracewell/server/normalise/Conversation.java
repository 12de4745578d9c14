package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.server.message.Json;
import org.jspecify.annotations.Nullable;

/** A list that holds what was asked and what was answered, as agents keep it. */
final class Conversation {
  private Conversation() {}

  /**
   * What was asked, and what came after: the last message of the user ends the first, or, where the
   * sender says at which message this run begins, the first of the user's from there.
   */
  static Content[] split(String json, @Nullable Object newMessages) {
    JsonNode list = Json.tree(json);
    if (list == null || !list.isArray()) {
      return new Content[] {Content.NONE, Content.NONE};
    }
    long from = Values.number(newMessages);
    int asked = -1;
    for (int i = Math.max(0, (int) Math.min(from, list.size())); i < list.size(); i++) {
      if (isAsked(list.get(i))) {
        asked = i;
        if (from >= 0) {
          break;
        }
      }
    }
    ArrayNode input = Json.mapper().createArrayNode();
    ArrayNode output = Json.mapper().createArrayNode();
    for (int i = 0; i < list.size(); i++) {
      (i <= asked ? input : output).add(list.get(i));
    }
    return new Content[] {content(input), content(output)};
  }

  // Answers of tools may come in the role of the user.
  private static boolean isAsked(JsonNode message) {
    String role = message.path("role").asText("");
    if (!role.equals("user")) {
      return false;
    }
    if (!message.path("parts").isArray()) {
      return true;
    }
    for (JsonNode part : message.path("parts")) {
      if (!part.path("type").asText("").startsWith("tool_call")) {
        return true;
      }
    }
    return false;
  }

  private static Content content(ArrayNode messages) {
    return messages.isEmpty()
        ? Content.NONE
        : new Content(ContentFormat.OTEL_MESSAGES, messages.toString());
  }
}
