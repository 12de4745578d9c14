package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One provider's form of requests, answers, streams and errors. */
interface Wire {
  JsonNodeFactory JSON = JsonNodeFactory.instance;
  Wire OPENAI_CHAT = new OpenAiChatWire();
  Wire OPENAI_RESPONSES = new OpenAiResponsesWire();
  Wire ANTHROPIC = new AnthropicWire();

  /** A server-sent event; the name is empty where the protocol has none. */
  record Event(String name, String data) {}

  Ask read(JsonNode body, Map<String, String> headers, int attempt);

  JsonNode answer(Ask ask, Reply reply, Reply.Usage usage, String id);

  List<Event> events(Ask ask, Reply reply, Reply.Usage usage, String id);

  JsonNode error(int status, String message, String id);

  String requestIdHeader();

  /** The text parts of a content field, which is a string or an array of parts. */
  static String text(JsonNode content) {
    if (content.isTextual()) {
      return content.asText();
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode part : content) {
      if (part.path("text").isTextual()) {
        texts.add(part.path("text").asText());
      } else if (part.isTextual()) {
        texts.add(part.asText());
      }
    }
    return String.join("\n", texts);
  }

  /** Pieces of a few letters, as models stream them; never half a surrogate pair. */
  static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int end = Math.min(text.length(), at + 12);
      if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
        end++;
      }
      pieces.add(text.substring(at, end));
      at = end;
    }
    return pieces;
  }

  static long now() {
    return System.currentTimeMillis() / 1000;
  }

  /** Names of tool calls, in the order of the calls; derived, so that a stream has the same. */
  static String callId(String prefix, String id, int index) {
    return prefix + id + index;
  }

  static ObjectNode models() {
    ObjectNode list = JSON.objectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    for (String model :
        List.of(
            "gpt-4.1",
            "gpt-4.1-mini",
            "gpt-4o",
            "gpt-4o-mini",
            "claude-sonnet-4-5",
            "claude-haiku-4-5",
            "text-embedding-3-small")) {
      data.addObject()
          .put("id", model)
          .put("object", "model")
          .put("created", 1_744_000_000)
          .put("owned_by", model.startsWith("claude") ? "anthropic" : "openai");
    }
    return list;
  }

  static ObjectNode openAiError(int status, String message) {
    ObjectNode body = JSON.objectNode();
    ObjectNode error = body.putObject("error").put("message", message);
    error.put(
        "type",
        switch (status) {
          case 429 -> "tokens";
          case 400, 404 -> "invalid_request_error";
          case 401 -> "invalid_request_error";
          default -> "server_error";
        });
    error.putNull("param");
    if (status == 429) {
      error.put("code", "rate_limit_exceeded");
    } else if (status == 401) {
      error.put("code", "invalid_api_key");
    } else {
      error.putNull("code");
    }
    return body;
  }
}
