package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code POST /v1/responses}. */
final class OpenAiResponsesWire implements Wire {
  @Override
  public Ask read(JsonNode body, Map<String, String> headers, int attempt) {
    List<Ask.Turn> turns = new ArrayList<>();
    if (body.path("instructions").isTextual()) {
      turns.add(new Ask.Turn("system", body.path("instructions").asText(), List.of(), ""));
    }
    JsonNode input = body.path("input");
    if (input.isTextual()) {
      turns.add(new Ask.Turn("user", input.asText(), List.of(), ""));
    }
    for (JsonNode item : input) {
      switch (item.path("type").asText("message")) {
        case "function_call" ->
            turns.add(
                new Ask.Turn(
                    "assistant",
                    "",
                    List.of(
                        new Ask.ToolCall(
                            item.path("name").asText(), item.path("arguments").asText())),
                    ""));
        case "function_call_output" ->
            turns.add(
                new Ask.Turn(
                    "tool",
                    Wire.text(item.path("output")),
                    List.of(),
                    item.path("call_id").asText()));
        case "message" ->
            turns.add(
                new Ask.Turn(
                    item.path("role").asText(), Wire.text(item.path("content")), List.of(), ""));
        default -> {}
      }
    }
    List<Ask.Tool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      if (tool.path("type").asText().equals("function")) {
        tools.add(
            new Ask.Tool(
                tool.path("name").asText(),
                tool.path("description").asText(),
                tool.path("parameters")));
      }
    }
    return new Ask(
        "openai",
        "responses",
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
    ObjectNode root = head(ask, id, reply.truncated() ? "incomplete" : "completed");
    if (reply.truncated()) {
      root.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    ArrayNode output = root.putArray("output");
    items(reply, id).forEach(output::add);
    ObjectNode tokens = root.putObject("usage");
    tokens.put("input_tokens", usage.input());
    tokens.putObject("input_tokens_details").put("cached_tokens", usage.cacheRead());
    tokens.put("output_tokens", usage.output());
    tokens.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoning());
    tokens.put("total_tokens", usage.input() + usage.output());
    return root;
  }

  @Override
  public List<Event> events(Ask ask, Reply reply, Reply.Usage usage, String id) {
    List<ObjectNode> events = new ArrayList<>();
    ObjectNode started = head(ask, id, "in_progress");
    started.putArray("output");
    started.putNull("usage");
    event(events, "response.created").set("response", started);
    event(events, "response.in_progress").set("response", started);
    List<ObjectNode> items = items(reply, id);
    for (int i = 0; i < items.size(); i++) {
      ObjectNode item = items.get(i);
      String itemId = item.path("id").asText();
      ObjectNode empty = item.deepCopy().put("status", "in_progress");
      switch (item.path("type").asText()) {
        case "function_call" -> {
          empty.put("arguments", "");
          event(events, "response.output_item.added").put("output_index", i).set("item", empty);
          String arguments = item.path("arguments").asText();
          for (String piece : Wire.pieces(arguments)) {
            event(events, "response.function_call_arguments.delta")
                .put("item_id", itemId)
                .put("output_index", i)
                .put("delta", piece);
          }
          event(events, "response.function_call_arguments.done")
              .put("item_id", itemId)
              .put("output_index", i)
              .put("arguments", arguments);
        }
        case "message" -> {
          empty.putArray("content");
          event(events, "response.output_item.added").put("output_index", i).set("item", empty);
          ObjectNode part = (ObjectNode) item.path("content").get(0);
          String field = reply.refusal() ? "refusal" : "text";
          String kind = reply.refusal() ? "response.refusal" : "response.output_text";
          event(events, "response.content_part.added")
              .put("item_id", itemId)
              .put("output_index", i)
              .put("content_index", 0)
              .set("part", part.deepCopy().put(field, ""));
          for (String piece : Wire.pieces(reply.text())) {
            event(events, kind + ".delta")
                .put("item_id", itemId)
                .put("output_index", i)
                .put("content_index", 0)
                .put("delta", piece)
                .putArray("logprobs");
          }
          event(events, kind + ".done")
              .put("item_id", itemId)
              .put("output_index", i)
              .put("content_index", 0)
              .put(field, reply.text())
              .putArray("logprobs");
          event(events, "response.content_part.done")
              .put("item_id", itemId)
              .put("output_index", i)
              .put("content_index", 0)
              .set("part", part);
        }
        default ->
            event(events, "response.output_item.added").put("output_index", i).set("item", item);
      }
      event(events, "response.output_item.done").put("output_index", i).set("item", item);
    }
    event(events, reply.truncated() ? "response.incomplete" : "response.completed")
        .set("response", answer(ask, reply, usage, id));
    return events.stream().map(e -> new Event(e.path("type").asText(), e.toString())).toList();
  }

  @Override
  public JsonNode error(int status, String message, String id) {
    return Wire.openAiError(status, message);
  }

  @Override
  public String requestIdHeader() {
    return "x-request-id";
  }

  private static ObjectNode event(List<ObjectNode> events, String type) {
    ObjectNode data = JSON.objectNode().put("type", type);
    events.add(data.put("sequence_number", events.size()));
    return data;
  }

  private static ObjectNode head(Ask ask, String id, String status) {
    ObjectNode root =
        JSON.objectNode()
            .put("id", "resp_" + id)
            .put("object", "response")
            .put("created_at", Wire.now())
            .put("status", status)
            .put("model", OpenAiChatWire.dated(ask.model()));
    root.putNull("error").putNull("incomplete_details");
    JsonNode instructions = ask.body().path("instructions");
    root.set("instructions", instructions.isTextual() ? instructions : JSON.nullNode());
    root.put("parallel_tool_calls", true).put("store", false).put("tool_choice", "auto");
    JsonNode tools = ask.body().path("tools");
    root.set("tools", tools.isArray() ? tools : JSON.arrayNode());
    root.putObject("metadata");
    root.putNull("previous_response_id").putNull("temperature").putNull("top_p");
    root.putObject("text").putObject("format").put("type", "text");
    root.putObject("reasoning").putNull("effort").putNull("summary");
    return root;
  }

  private static List<ObjectNode> items(Reply reply, String id) {
    List<ObjectNode> items = new ArrayList<>();
    if (!reply.reasoning().isEmpty()) {
      ObjectNode item = JSON.objectNode().put("id", "rs_" + id).put("type", "reasoning");
      item.putArray("summary")
          .addObject()
          .put("type", "summary_text")
          .put("text", reply.reasoning());
      items.add(item);
    }
    if (!reply.text().isEmpty() || reply.toolCalls().isEmpty()) {
      ObjectNode item =
          JSON.objectNode()
              .put("id", "msg_" + id)
              .put("type", "message")
              .put("status", "completed")
              .put("role", "assistant");
      ObjectNode part = item.putArray("content").addObject();
      if (reply.refusal()) {
        part.put("type", "refusal").put("refusal", reply.text());
      } else {
        part.put("type", "output_text").put("text", reply.text());
        part.putArray("annotations");
        part.putArray("logprobs");
      }
      items.add(item);
    }
    for (int i = 0; i < reply.toolCalls().size(); i++) {
      Ask.ToolCall call = reply.toolCalls().get(i);
      items.add(
          JSON.objectNode()
              .put("id", Wire.callId("fc_", id, i))
              .put("type", "function_call")
              .put("status", "completed")
              .put("call_id", Wire.callId("call_", id, i))
              .put("name", call.name())
              .put("arguments", call.arguments()));
    }
    return items;
  }
}
