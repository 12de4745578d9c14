package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code POST /v1/chat/completions}. */
final class OpenAiChatWire implements Wire {
  @Override
  public Ask read(JsonNode body, Map<String, String> headers, int attempt) {
    List<Ask.Turn> turns = new ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      List<Ask.ToolCall> calls = new ArrayList<>();
      for (JsonNode call : message.path("tool_calls")) {
        JsonNode function = call.path("function");
        calls.add(
            new Ask.ToolCall(function.path("name").asText(), function.path("arguments").asText()));
      }
      turns.add(
          new Ask.Turn(
              message.path("role").asText(),
              Wire.text(message.path("content")),
              calls,
              message.path("tool_call_id").asText()));
    }
    List<Ask.Tool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      JsonNode function = tool.path("function");
      tools.add(
          new Ask.Tool(
              function.path("name").asText(),
              function.path("description").asText(),
              function.path("parameters")));
    }
    return new Ask(
        "openai",
        "chat.completions",
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
    ObjectNode root = head(ask, "chat.completion", id);
    ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
    ObjectNode message = choice.putObject("message").put("role", "assistant");
    boolean calls = !reply.toolCalls().isEmpty();
    if (reply.refusal()) {
      message.putNull("content").put("refusal", reply.text());
    } else if (calls && reply.text().isEmpty()) {
      message.putNull("content").putNull("refusal");
    } else {
      message.put("content", reply.text()).putNull("refusal");
    }
    message.putArray("annotations");
    if (calls) {
      ArrayNode list = message.putArray("tool_calls");
      for (int i = 0; i < reply.toolCalls().size(); i++) {
        list.add(call(reply, id, i));
      }
    }
    choice.putNull("logprobs").put("finish_reason", finish(reply));
    root.set("usage", usage(usage));
    return root;
  }

  @Override
  public List<Event> events(Ask ask, Reply reply, Reply.Usage usage, String id) {
    List<Event> events = new ArrayList<>();
    ObjectNode first = JSON.objectNode().put("role", "assistant").put("content", "");
    first.putNull("refusal");
    events.add(chunk(ask, id, first, ""));
    for (String piece : Wire.pieces(reply.text())) {
      events.add(
          chunk(
              ask, id, JSON.objectNode().put(reply.refusal() ? "refusal" : "content", piece), ""));
    }
    for (int i = 0; i < reply.toolCalls().size(); i++) {
      ObjectNode call = call(reply, id, i);
      call.put("index", i);
      ObjectNode function = (ObjectNode) call.path("function");
      String arguments = function.path("arguments").asText();
      function.put("arguments", "");
      ObjectNode delta = JSON.objectNode();
      delta.putArray("tool_calls").add(call);
      events.add(chunk(ask, id, delta, ""));
      for (String piece : Wire.pieces(arguments)) {
        ObjectNode more = JSON.objectNode();
        more.putArray("tool_calls")
            .addObject()
            .put("index", i)
            .putObject("function")
            .put("arguments", piece);
        events.add(chunk(ask, id, more, ""));
      }
    }
    events.add(chunk(ask, id, JSON.objectNode(), finish(reply)));
    if (ask.body().path("stream_options").path("include_usage").asBoolean()) {
      ObjectNode last = head(ask, "chat.completion.chunk", id);
      last.putArray("choices");
      last.set("usage", usage(usage));
      events.add(new Event("", last.toString()));
    }
    events.add(new Event("", "[DONE]"));
    return events;
  }

  @Override
  public JsonNode error(int status, String message, String id) {
    return Wire.openAiError(status, message);
  }

  @Override
  public String requestIdHeader() {
    return "x-request-id";
  }

  private static Event chunk(Ask ask, String id, ObjectNode delta, String finish) {
    ObjectNode root = head(ask, "chat.completion.chunk", id);
    ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
    choice.set("delta", delta);
    choice.putNull("logprobs");
    if (finish.isEmpty()) {
      choice.putNull("finish_reason");
    } else {
      choice.put("finish_reason", finish);
    }
    return new Event("", root.toString());
  }

  private static ObjectNode head(Ask ask, String object, String id) {
    return JSON.objectNode()
        .put("id", "chatcmpl-" + id)
        .put("object", object)
        .put("created", Wire.now())
        .put("model", dated(ask.model()))
        .put("service_tier", "default")
        .put("system_fingerprint", "fp_fake");
  }

  /** Providers answer with the dated name of a model. */
  static String dated(String model) {
    return switch (model) {
      case "gpt-4o" -> "gpt-4o-2024-08-06";
      case "gpt-4o-mini" -> "gpt-4o-mini-2024-07-18";
      case "gpt-4.1" -> "gpt-4.1-2025-04-14";
      case "gpt-4.1-mini" -> "gpt-4.1-mini-2025-04-14";
      default -> model;
    };
  }

  private static ObjectNode call(Reply reply, String id, int index) {
    Ask.ToolCall call = reply.toolCalls().get(index);
    ObjectNode node =
        JSON.objectNode().put("id", Wire.callId("call_", id, index)).put("type", "function");
    node.putObject("function").put("name", call.name()).put("arguments", call.arguments());
    return node;
  }

  private static String finish(Reply reply) {
    return !reply.toolCalls().isEmpty() ? "tool_calls" : reply.truncated() ? "length" : "stop";
  }

  private static ObjectNode usage(Reply.Usage usage) {
    ObjectNode node =
        JSON.objectNode()
            .put("prompt_tokens", usage.input())
            .put("completion_tokens", usage.output())
            .put("total_tokens", usage.input() + usage.output());
    node.putObject("prompt_tokens_details")
        .put("cached_tokens", usage.cacheRead())
        .put("audio_tokens", 0);
    node.putObject("completion_tokens_details")
        .put("reasoning_tokens", usage.reasoning())
        .put("audio_tokens", 0)
        .put("accepted_prediction_tokens", 0)
        .put("rejected_prediction_tokens", 0);
    return node;
  }
}
