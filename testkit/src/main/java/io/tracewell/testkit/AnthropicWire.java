package io.tracewell.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code POST /v1/messages}. */
final class AnthropicWire implements Wire {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Override
  public Ask read(JsonNode body, Map<String, String> headers, int attempt) {
    List<Ask.Turn> turns = new ArrayList<>();
    String system = Wire.text(body.path("system"));
    if (!system.isEmpty()) {
      turns.add(new Ask.Turn("system", system, List.of(), ""));
    }
    for (JsonNode message : body.path("messages")) {
      List<Ask.ToolCall> calls = new ArrayList<>();
      List<Ask.Turn> results = new ArrayList<>();
      for (JsonNode block : message.path("content")) {
        switch (block.path("type").asText()) {
          case "tool_use" ->
              calls.add(
                  new Ask.ToolCall(block.path("name").asText(), block.path("input").toString()));
          case "tool_result" ->
              results.add(
                  new Ask.Turn(
                      "tool",
                      Wire.text(block.path("content")),
                      List.of(),
                      block.path("tool_use_id").asText()));
          default -> {}
        }
      }
      turns.addAll(results);
      String text = Wire.text(message.path("content"));
      if (results.isEmpty() || !text.isEmpty()) {
        turns.add(new Ask.Turn(message.path("role").asText(), text, calls, ""));
      }
    }
    List<Ask.Tool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      tools.add(
          new Ask.Tool(
              tool.path("name").asText(),
              tool.path("description").asText(),
              tool.path("input_schema")));
    }
    return new Ask(
        "anthropic",
        "messages",
        body.path("model").asText(),
        body.path("stream").asBoolean(),
        turns,
        tools,
        body,
        headers,
        attempt);
  }

  @Override
  public JsonNode answer(Ask ask, Reply reply, Reply.Usage usage, String id) {
    ObjectNode root = head(ask, id);
    ArrayNode content = root.putArray("content");
    blocks(reply, id).forEach(content::add);
    root.put("stop_reason", stop(reply)).putNull("stop_sequence");
    root.set("usage", usage(usage));
    return root;
  }

  @Override
  public List<Event> events(Ask ask, Reply reply, Reply.Usage usage, String id) {
    List<Event> events = new ArrayList<>();
    ObjectNode message = head(ask, id);
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    message.set("usage", usage(usage).put("output_tokens", 1));
    ObjectNode start = JSON.objectNode().put("type", "message_start");
    start.set("message", message);
    add(events, start);
    List<ObjectNode> blocks = blocks(reply, id);
    for (int i = 0; i < blocks.size(); i++) {
      ObjectNode block = blocks.get(i);
      ObjectNode opening = block.deepCopy();
      List<ObjectNode> deltas = new ArrayList<>();
      switch (block.path("type").asText()) {
        case "tool_use" -> {
          opening.putObject("input");
          for (String piece : Wire.pieces(block.path("input").toString())) {
            deltas.add(
                JSON.objectNode().put("type", "input_json_delta").put("partial_json", piece));
          }
        }
        case "thinking" -> {
          opening.put("thinking", "").put("signature", "");
          for (String piece : Wire.pieces(block.path("thinking").asText())) {
            deltas.add(JSON.objectNode().put("type", "thinking_delta").put("thinking", piece));
          }
          deltas.add(
              JSON.objectNode()
                  .put("type", "signature_delta")
                  .put("signature", block.path("signature").asText()));
        }
        default -> {
          opening.put("text", "");
          for (String piece : Wire.pieces(block.path("text").asText())) {
            deltas.add(JSON.objectNode().put("type", "text_delta").put("text", piece));
          }
        }
      }
      ObjectNode open = JSON.objectNode().put("type", "content_block_start").put("index", i);
      open.set("content_block", opening);
      add(events, open);
      if (i == 0) {
        add(events, JSON.objectNode().put("type", "ping"));
      }
      for (ObjectNode delta : deltas) {
        ObjectNode event = JSON.objectNode().put("type", "content_block_delta").put("index", i);
        event.set("delta", delta);
        add(events, event);
      }
      add(events, JSON.objectNode().put("type", "content_block_stop").put("index", i));
    }
    ObjectNode end = JSON.objectNode().put("type", "message_delta");
    end.putObject("delta").put("stop_reason", stop(reply)).putNull("stop_sequence");
    end.set("usage", usage(usage));
    add(events, end);
    add(events, JSON.objectNode().put("type", "message_stop"));
    return events;
  }

  @Override
  public JsonNode error(int status, String message, String id) {
    ObjectNode root = JSON.objectNode().put("type", "error");
    root.putObject("error")
        .put(
            "type",
            switch (status) {
              case 400 -> "invalid_request_error";
              case 401 -> "authentication_error";
              case 404 -> "not_found_error";
              case 429 -> "rate_limit_error";
              case 529 -> "overloaded_error";
              default -> "api_error";
            })
        .put("message", message);
    return root.put("request_id", "req_" + id);
  }

  @Override
  public String requestIdHeader() {
    return "request-id";
  }

  private static void add(List<Event> events, ObjectNode data) {
    events.add(new Event(data.path("type").asText(), data.toString()));
  }

  private static ObjectNode head(Ask ask, String id) {
    return JSON.objectNode()
        .put("id", "msg_" + id)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", dated(ask.model()));
  }

  private static String dated(String model) {
    return switch (model) {
      case "claude-sonnet-4-5" -> "claude-sonnet-4-5-20250929";
      case "claude-haiku-4-5" -> "claude-haiku-4-5-20251001";
      default -> model;
    };
  }

  private static List<ObjectNode> blocks(Reply reply, String id) {
    List<ObjectNode> blocks = new ArrayList<>();
    if (!reply.reasoning().isEmpty()) {
      blocks.add(
          JSON.objectNode()
              .put("type", "thinking")
              .put("thinking", reply.reasoning())
              .put("signature", "c2lnbmF0dXJl" + id));
    }
    if (!reply.text().isEmpty() || reply.toolCalls().isEmpty()) {
      blocks.add(JSON.objectNode().put("type", "text").put("text", reply.text()));
    }
    for (int i = 0; i < reply.toolCalls().size(); i++) {
      Ask.ToolCall call = reply.toolCalls().get(i);
      ObjectNode block =
          JSON.objectNode()
              .put("type", "tool_use")
              .put("id", Wire.callId("toolu_", id, i))
              .put("name", call.name());
      block.set("input", parse(call.arguments()));
      blocks.add(block);
    }
    return blocks;
  }

  private static JsonNode parse(String arguments) {
    try {
      JsonNode node = MAPPER.readTree(arguments);
      return node.isObject() ? node : JSON.objectNode();
    } catch (JsonProcessingException e) {
      return JSON.objectNode().put("malformed", arguments);
    }
  }

  private static String stop(Reply reply) {
    if (reply.refusal()) {
      return "refusal";
    }
    return !reply.toolCalls().isEmpty()
        ? "tool_use"
        : reply.truncated() ? "max_tokens" : "end_turn";
  }

  /** Anthropic's input tokens leave out what the cache gave or took. */
  private static ObjectNode usage(Reply.Usage usage) {
    ObjectNode node =
        JSON.objectNode()
            .put("input_tokens", usage.input() - usage.cacheRead() - usage.cacheWrite())
            .put("cache_creation_input_tokens", usage.cacheWrite())
            .put("cache_read_input_tokens", usage.cacheRead());
    node.putObject("cache_creation")
        .put("ephemeral_5m_input_tokens", usage.cacheWrite() - usage.cacheWrite1h())
        .put("ephemeral_1h_input_tokens", usage.cacheWrite1h());
    return node.put("output_tokens", usage.output()).put("service_tier", "standard");
  }
}
