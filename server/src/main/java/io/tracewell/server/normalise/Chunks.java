package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.server.message.Json;
import java.util.List;
import java.util.TreeMap;

/**
 * An answer that was sent as the pieces of a stream, which MLflow leaves in events: its sum of them
 * forgets the tool calls.
 */
final class Chunks {
  private static final String EVENT = "mlflow.chunk.item.";
  private static final int MOST = 20_000;

  private static final class Call {
    String id = "";
    final StringBuilder name = new StringBuilder();
    final StringBuilder arguments = new StringBuilder();
  }

  private final TreeMap<Integer, Call> calls = new TreeMap<>();
  private String finishReason = "";

  private Chunks() {}

  static boolean isFirst(Sent.Event event) {
    return event.name().equals(EVENT + "0");
  }

  /** The tool calls of the pieces; none where there are none. */
  static Content answer(List<Sent.Event> events) {
    Chunks chunks = new Chunks();
    int count = 0;
    for (Sent.Event event : events) {
      if (event.name().startsWith(EVENT) && !event.attributes().isEmpty() && count++ < MOST) {
        JsonNode tree = Json.tree(Values.content(event.attributes().value(0)));
        if (tree != null) {
          tree.path("choices").forEach(chunks::add);
        }
      }
    }
    return chunks.content();
  }

  private void add(JsonNode choice) {
    if (choice.path("finish_reason").isTextual()) {
      finishReason = choice.path("finish_reason").textValue();
    }
    for (JsonNode piece : choice.path("delta").path("tool_calls")) {
      Call call = calls.computeIfAbsent(piece.path("index").asInt(), i -> new Call());
      if (piece.path("id").isTextual()) {
        call.id = piece.path("id").textValue();
      }
      call.name.append(piece.path("function").path("name").asText(""));
      call.arguments.append(piece.path("function").path("arguments").asText(""));
    }
  }

  private Content content() {
    if (calls.isEmpty()) {
      return Content.NONE;
    }
    StringBuilder out = new StringBuilder(128).append("{\"role\":\"assistant\"");
    JsonText.field(out, "finish_reason", finishReason);
    out.append(",\"tool_calls\":[");
    for (Call call : calls.values()) {
      out.append(out.charAt(out.length() - 1) == '[' ? "{" : ",{");
      JsonText.field(out, "id", call.id);
      JsonText.field(out, "name", call.name.toString());
      JsonText.field(out, "arguments", call.arguments.toString());
      out.append('}');
    }
    return new Content(ContentFormat.CHAT_MESSAGES, out.append("]}").toString());
  }
}
