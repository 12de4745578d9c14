package io.tracewell.server.message;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One reader for the message shapes in use: OpenTelemetry parts, OpenAI chat and Responses,
 * Anthropic, Bedrock, Gemini, AI SDK, Datadog and our own. Fields that common shapes use are taken
 * from the stream; a tree is built only for the rest, because most spans are read here at intake.
 */
final class MessageReader {
  private static final Set<String> TYPED_RESULTS =
      Set.of("text", "json", "content", "error-text", "error-json");

  private static final int MAX_WRAPPERS = 6;

  /** Fields of a request or answer, or of a serialised object, that hold the messages. */
  private static final String[] WRAPPERS = {
    "inputs",
    "outputs",
    "messages",
    "message",
    "contents",
    "choices",
    "candidates",
    "generations",
    "replies",
    "kwargs",
    "data",
    "chat_history",
    "prompt",
    "prompts",
    "generated_text",
    "items"
  };

  private static final Pattern PYTHON_SUMMARY =
      Pattern.compile("Summary\\(text=(['\"])(.*)\\1, type='summary_text'\\)", Pattern.DOTALL);

  /** The fields of one JSON object that is a message, a part, or both. */
  private static final class Item {
    @Nullable String type;
    @Nullable String role;
    @Nullable String name;
    @Nullable String id;
    @Nullable String toolCallId;
    @Nullable String finishReason;
    @Nullable String text;
    @Nullable String content;
    // Content that was an array or object and could not be read at once, as JSON text.
    @Nullable String contentJson;
    @Nullable String arguments;
    @Nullable String result;
    boolean hasContent;
    boolean error;
    @Nullable List<Part> parts;
    @Nullable ObjectNode extra;
  }

  private final String defaultRole;
  private final List<Message> messages = new ArrayList<>();
  // Parts that stand in the list without a message around them.
  private List<Part> loose = new ArrayList<>();
  private String looseRole = "";

  private MessageReader(String defaultRole) {
    this.defaultRole = defaultRole;
  }

  /** The messages, or null where the text is not JSON of messages. */
  static @Nullable List<Message> read(String text, String defaultRole) {
    if (!Json.looksStructured(text)) {
      if (!text.startsWith("\"")) {
        return null;
      }
      JsonNode inner = Json.tree(text);
      return inner == null ? null : read(inner.toString(), defaultRole);
    }
    MessageReader reader = new MessageReader(defaultRole);
    try (JsonParser parser = Json.factory().createParser(text)) {
      parser.nextToken();
      reader.value(parser, 0);
      if (parser.nextToken() != null) {
        return null;
      }
    } catch (IOException e) {
      return null;
    }
    reader.closeLoose();
    return reader.messages;
  }

  private void value(JsonParser parser, int depth) throws IOException {
    switch (parser.currentToken()) {
      case START_ARRAY -> {
        if (depth >= MAX_WRAPPERS) {
          loose(new Part.Other("array", Json.copy(parser)));
          return;
        }
        list(parser, depth);
      }
      case START_OBJECT -> item(object(parser), depth);
      case VALUE_STRING -> {
        closeLoose();
        messages.add(Messages.text(defaultRole, parser.getText()));
      }
      case VALUE_NULL -> {}
      default -> loose(new Part.Text(parser.getText()));
    }
  }

  /** A list of messages; or one, as the name of its role and its text. */
  private void list(JsonParser parser, int depth) throws IOException {
    if (parser.nextToken() == JsonToken.VALUE_STRING && isRoleType(parser.getText())) {
      String role = parser.getText();
      boolean text = parser.nextToken() == JsonToken.VALUE_STRING;
      closeLoose();
      messages.add(
          text ? Messages.text(role(role), parser.getText()) : Messages.text(defaultRole, role));
      if (text) {
        parser.nextToken();
      }
    }
    while (parser.currentToken() != JsonToken.END_ARRAY) {
      value(parser, depth + 1);
      parser.nextToken();
    }
  }

  private void item(Item item, int depth) throws IOException {
    ObjectNode extra = item.extra;
    if (extra != null && "constructor".equals(item.type)) {
      serialised(extra, depth);
      return;
    }
    if (item.role == null
        && (item.type == null || isWrapperType(item.type))
        && depth < MAX_WRAPPERS) {
      JsonNode wrapped = wrapped(item);
      if (wrapped != null) {
        if (extra != null && item.result == null) {
          instructions(extra);
        }
        if (wrapped.isTextual()) {
          closeLoose();
          messages.add(
              Messages.of(
                  defaultRole,
                  null,
                  List.of(new Part.Text(wrapped.textValue())),
                  item.finishReason));
          return;
        }
        int before = messages.size();
        walk(wrapped, depth + 1);
        String finish = item.finishReason;
        if (finish != null) {
          closeLoose();
        }
        if (finish != null && messages.size() == before + 1) {
          Message only = messages.removeLast();
          messages.add(new Message(only.role(), only.name(), only.parts(), finish, only.hash()));
        }
        return;
      }
    }
    String type = item.type;
    if (item.role == null && type != null && isRoleType(type)) {
      item.role = type;
      // LangChain's other form: the message lies beside its type.
      JsonNode data = extra == null ? null : extra.get("data");
      if (data != null && data.isObject() && !item.hasContent) {
        try (JsonParser parser = data.traverse()) {
          parser.nextToken();
          Item inner = object(parser);
          inner.role = type;
          closeLoose();
          messages.add(message(inner));
        }
        return;
      }
    }
    if (item.role == null
        && item.contentJson != null
        && item.contentJson.startsWith("{")
        && item.contentJson.contains("\"parts\"")) {
      // Gemini's candidates.
      try (JsonParser parser = Json.factory().createParser(item.contentJson)) {
        parser.nextToken();
        Item inner = object(parser);
        inner.finishReason = item.finishReason;
        item(inner, depth + 1);
      }
      return;
    }
    if (item.role == null
        && item.parts == null
        && (type != null
            ? !type.equals("message")
            : !item.hasContent && (extra == null || !extra.has("tool_calls")))) {
      loose(part(item));
      return;
    }
    closeLoose();
    messages.add(message(item));
  }

  /** What is inside of a request or answer that came whole; text only where that is a prompt. */
  private static @Nullable JsonNode wrapped(Item item) {
    if (item.extra != null) {
      JsonNode wrapped = Messages.first(item.extra, WRAPPERS);
      if (wrapped != null && wrapped.isTextual()) {
        JsonNode inner = Json.tree(wrapped.textValue());
        boolean says =
            item.extra.has("prompt")
                || item.extra.has("message")
                || item.extra.has("generated_text");
        return inner != null ? inner : says ? wrapped : null;
      }
      if (wrapped != null) {
        return wrapped.isContainerNode() ? wrapped : null;
      }
    }
    // Requests and answers of OpenAI's Responses API.
    for (String json : new String[] {item.arguments, item.result}) {
      if (json != null && json.startsWith("[") && !item.hasContent && item.name == null) {
        JsonNode list = Json.tree(json);
        if (list != null
            && list.isArray()
            && list.path(0).isObject()
            && (list.path(0).has("role") || list.path(0).has("type"))) {
          return list;
        }
      }
    }
    boolean provider = item.extra != null && (item.extra.has("model") || item.extra.has("object"));
    if (provider && !item.hasContent && item.name == null && item.type == null) {
      String text = item.result != null ? item.result : item.arguments;
      return text == null || Json.isStructured(text) ? null : TextNode.valueOf(text);
    }
    return null;
  }

  /** LangChain's serialised objects: the class is the role, the rest is in {@code kwargs}. */
  private void serialised(ObjectNode extra, int depth) throws IOException {
    JsonNode kwargs = extra.get("kwargs");
    JsonNode path = extra.get("id");
    if (kwargs == null || !kwargs.isObject() || depth >= MAX_WRAPPERS) {
      loose(new Part.Other("constructor", extra.toString()));
      return;
    }
    ObjectNode message = ((ObjectNode) kwargs).deepCopy();
    String name = path == null || path.isEmpty() ? "" : path.get(path.size() - 1).asText("");
    if (name.contains("Message")) {
      message.remove("type");
      message.put("role", role(name));
    }
    try (JsonParser parser = message.traverse()) {
      parser.nextToken();
      value(parser, depth + 1);
    }
  }

  private void walk(JsonNode node, int depth) throws IOException {
    try (JsonParser parser = node.traverse()) {
      parser.nextToken();
      value(parser, depth);
    }
  }

  /** A request's instructions that stand beside its messages. */
  private void instructions(ObjectNode extra) throws IOException {
    JsonNode system =
        Messages.first(
            extra,
            "system",
            "instructions",
            "system_prompt",
            "system_instruction",
            "systemInstruction");
    if (system == null || system.isNumber()) {
      return;
    }
    String text = system.isTextual() ? system.textValue() : joined(content(system).toString());
    if (!text.isEmpty()) {
      closeLoose();
      messages.add(Messages.text("system", text));
    }
  }

  private static JsonNode content(JsonNode system) {
    JsonNode parts = Messages.first(system, "parts", "content");
    return parts == null ? system : parts;
  }

  private static boolean isWrapperType(String type) {
    return type.endsWith("Generation")
        || type.endsWith("GenerationChunk")
        || type.equals("LLMResult");
  }

  private static boolean isRoleType(String type) {
    return switch (type) {
      case "human", "ai", "system", "user", "assistant", "tool", "developer" -> true;
      default -> type.endsWith("Message") || type.endsWith("MessageChunk");
    };
  }

  private void loose(Part part) {
    String role =
        switch (part) {
          case Part.ToolCall call -> "assistant";
          case Part.Reasoning reasoning -> "assistant";
          case Part.ToolResult result -> "tool";
          default -> defaultRole;
        };
    if (!role.equals(looseRole)) {
      closeLoose();
      looseRole = role;
    }
    loose.add(part);
  }

  private void closeLoose() {
    if (!loose.isEmpty()) {
      messages.add(Messages.of(looseRole, null, loose, null));
      loose = new ArrayList<>();
    }
    looseRole = "";
  }

  /** Reads the object the parser stands on. */
  private Item object(JsonParser parser) throws IOException {
    Item item = new Item();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (field) {
        case "type" -> item.type = scalar(parser, item, field, item.type);
        case "role", "_role" -> item.role = scalar(parser, item, field, item.role);
        case "name" -> item.name = scalar(parser, item, field, item.name);
        case "id" -> item.id = scalar(parser, item, field, item.id);
        case "tool_call_id", "tool_use_id", "toolCallId", "toolUseId", "call_id", "tool_id" ->
            item.toolCallId = scalar(parser, item, field, item.toolCallId);
        case "finish_reason", "stop_reason", "finishReason" ->
            item.finishReason = scalar(parser, item, field, item.finishReason);
        case "text" -> item.text = scalar(parser, item, field, item.text);
        case "is_error" -> item.error |= token == JsonToken.VALUE_TRUE || skip(parser);
        case "content", "_content" -> {
          item.hasContent = true;
          if (token == JsonToken.VALUE_STRING) {
            item.content = parser.getText();
          } else if (token == JsonToken.START_ARRAY && item.role != null) {
            item.parts = parts(parser, item.parts);
          } else if (token != JsonToken.VALUE_NULL) {
            item.contentJson = Json.copy(parser);
          }
        }
        case "parts" -> {
          if (token == JsonToken.START_ARRAY) {
            item.parts = parts(parser, item.parts);
          } else {
            extra(parser, item, field);
          }
        }
        case "arguments", "args", "input" -> item.arguments = json(parser);
        case "response", "result", "output" -> item.result = json(parser);
        default -> extra(parser, item, field);
      }
    }
    return item;
  }

  private static boolean skip(JsonParser parser) throws IOException {
    parser.skipChildren();
    return false;
  }

  private static @Nullable String scalar(
      JsonParser parser, Item item, String field, @Nullable String before) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return before;
    }
    if (token.isScalarValue()) {
      return parser.getText();
    }
    extra(parser, item, field);
    return before;
  }

  private static @Nullable String json(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> parser.getText();
      default -> Json.copy(parser);
    };
  }

  private static void extra(JsonParser parser, Item item, String field) throws IOException {
    JsonNode value = Json.mapper().readTree(parser);
    if (item.extra == null) {
      item.extra = Json.mapper().createObjectNode();
    }
    item.extra.set(field, value);
  }

  private List<Part> parts(JsonParser parser, @Nullable List<Part> before) throws IOException {
    List<Part> parts = before == null ? new ArrayList<>(2) : before;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      switch (parser.currentToken()) {
        case START_OBJECT -> {
          Part part = part(object(parser));
          if (!(part instanceof Part.Text text && text.text().isEmpty())) {
            parts.add(part);
          }
        }
        case START_ARRAY -> parts.add(new Part.Other("array", Json.copy(parser)));
        case VALUE_NULL -> {}
        default -> parts.add(new Part.Text(parser.getText()));
      }
    }
    return parts;
  }

  private List<Part> parts(String json) throws IOException {
    try (JsonParser parser = Json.factory().createParser(json)) {
      parser.nextToken();
      return switch (parser.currentToken()) {
        case START_ARRAY -> parts(parser, null);
        case START_OBJECT -> new ArrayList<>(List.of(part(object(parser))));
        default -> new ArrayList<>(List.of(new Part.Text(json)));
      };
    }
  }

  private Message message(Item item) throws IOException {
    String role = role(item.role == null || item.role.equals("unknown") ? defaultRole : item.role);
    List<Part> parts = new ArrayList<>(2);
    ObjectNode extra = item.extra;
    if (extra != null) {
      String reasoning =
          Messages.string(Messages.first(extra, "reasoning_content", "reasoning", "thinking"));
      if (reasoning != null && !reasoning.isEmpty()) {
        parts.add(new Part.Reasoning(reasoning));
      }
    }
    if (role.equals("reasoning") && item.content != null) {
      parts.add(new Part.Reasoning(summary(item.content)));
      return Messages.of("assistant", item.name, parts, item.finishReason);
    }
    boolean ofCall = role.equals("tool") || (role.equals("user") && item.toolCallId != null);
    boolean toolAnswer = ofCall && item.parts == null && !hasResults(extra);
    if (toolAnswer && item.toolCallId == null && isDefinition(item.contentJson)) {
      // Langfuse's callback for LangChain puts the tools that were offered behind the messages.
      parts.add(new Part.Other("tool_definition", String.valueOf(item.contentJson)));
    } else if (toolAnswer) {
      role = "tool";
      String result =
          item.content != null ? item.content : item.result != null ? item.result : item.text;
      if (result == null && item.contentJson != null) {
        result = joined(item.contentJson);
      }
      parts.add(
          new Part.ToolResult(
              item.toolCallId != null ? item.toolCallId : item.id,
              item.name,
              result == null ? "" : result,
              item.error));
    } else {
      if (item.content != null && !item.content.isEmpty()) {
        parts.add(new Part.Text(item.content));
      } else if (item.contentJson != null) {
        parts.addAll(parts(item.contentJson));
      } else if (item.content == null && item.text != null && !item.text.isEmpty()) {
        parts.add(new Part.Text(item.text));
      }
      if (item.parts != null) {
        parts.addAll(item.parts);
      }
      if (role.equals("user")
          && !parts.isEmpty()
          && parts.stream().allMatch(Part.ToolResult.class::isInstance)) {
        role = "tool";
      }
    }
    if (extra != null) {
      addExtras(extra, parts);
    }
    return Messages.of(role, item.name, parts, item.finishReason);
  }

  /**
   * ddtrace writes the reasoning of OpenAI's Responses API as JSON of the provider's object; what
   * is to be read is in its summary (its first versions wrote Python's notation into it).
   */
  private static String summary(String content) {
    JsonNode object = content.startsWith("{") ? Json.tree(content) : null;
    if (object == null || !object.path("summary").isArray() || object.path("summary").isEmpty()) {
      return content;
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode line : object.path("summary")) {
      String said = Messages.string(line.isObject() ? line.get("text") : line);
      if (said == null) {
        return content;
      }
      Matcher python = PYTHON_SUMMARY.matcher(said);
      text.append(text.isEmpty() ? "" : "\n").append(python.matches() ? python.group(2) : said);
    }
    return text.toString();
  }

  private static boolean isDefinition(@Nullable String json) {
    JsonNode tree = json == null || !json.contains("\"function\"") ? null : Json.tree(json);
    return tree != null && tree.path("function").has("name");
  }

  private static boolean hasResults(@Nullable ObjectNode extra) {
    return extra != null && extra.has("tool_results");
  }

  private void addExtras(ObjectNode extra, List<Part> parts) throws IOException {
    JsonNode refusal = extra.get("refusal");
    if (refusal != null && refusal.isTextual() && !refusal.textValue().isEmpty()) {
      parts.add(new Part.Text(refusal.textValue()));
    }
    JsonNode calls = Messages.first(extra, "tool_calls", "toolCalls", "function_call");
    if (calls != null && calls.isTextual()) {
      calls = Json.tree(calls.textValue());
    }
    if (calls != null) {
      for (JsonNode call : calls.isArray() ? calls : List.of(calls)) {
        if (call.isObject()) {
          addCall(call, parts);
        }
      }
    }
    JsonNode results = extra.get("tool_results");
    if (results != null && results.isArray()) {
      for (JsonNode result : results) {
        String text = Messages.string(Messages.first(result, "result", "output", "content"));
        parts.add(
            new Part.ToolResult(
                Messages.string(Messages.first(result, "tool_id", "id", "tool_call_id")),
                Messages.string(result.get("name")),
                text == null ? "" : text,
                false));
      }
    }
    for (String modality : new String[] {"image", "audio"}) {
      JsonNode media = extra.get(modality + "_parts");
      if (media != null && media.isArray()) {
        media.forEach(node -> parts.add(media(modality, node)));
      }
    }
    JsonNode audio = extra.get("audio");
    if (audio != null && audio.isObject()) {
      JsonNode transcript = audio.get("transcript");
      if (transcript != null && transcript.isTextual()) {
        parts.add(new Part.Text(transcript.textValue()));
      }
      parts.add(media("audio", audio));
    }
  }

  private static void addCall(JsonNode call, List<Part> parts) {
    JsonNode function = call.get("function");
    JsonNode body = function != null && function.isObject() ? function : call;
    String id =
        Messages.string(Messages.first(call, "id", "tool_id", "tool_call_id", "toolCallId"));
    for (Part part : parts) {
      // Some senders write a call both as a part and in the list.
      if (id != null && part instanceof Part.ToolCall before && id.equals(before.id())) {
        return;
      }
    }
    String name = Messages.string(Messages.first(body, "name", "toolName"));
    String arguments = Messages.string(Messages.first(body, "arguments", "args", "input"));
    parts.add(
        new Part.ToolCall(
            id, name == null ? "" : name, arguments == null ? "" : unwrap(arguments)));
  }

  /** Arguments that were encoded twice, or that are none, which some write as no text. */
  private static String unwrap(String arguments) {
    if (arguments.isEmpty()) {
      return "{}";
    }
    if (arguments.length() > 3 && arguments.charAt(0) == '"') {
      try (JsonParser parser = Json.factory().createParser(arguments)) {
        if (parser.nextToken() == JsonToken.VALUE_STRING) {
          String inner = parser.getText();
          if (parser.nextToken() == null && Json.looksStructured(inner)) {
            return inner;
          }
        }
      } catch (IOException e) {
        return arguments;
      }
    }
    return arguments;
  }

  /** The text of result content that came as parts; its JSON where there is more than text. */
  private String joined(String json) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Part part : parts(json)) {
      if (!(part instanceof Part.Text said)) {
        return json;
      }
      text.append(text.isEmpty() ? "" : "\n").append(said.text());
    }
    return text.toString();
  }

  private Part part(Item item) throws IOException {
    String type = item.type == null ? "" : item.type;
    return switch (type) {
      case "text", "input_text", "output_text", "summary_text" -> text(item);
      case "reasoning", "thinking" -> reasoning(item);
      case "refusal" -> new Part.Text(string(item, "refusal", item.content));
      case "tool_call",
          "tool-call",
          "tool_use",
          "toolUse",
          "function_call",
          "server_tool_use",
          "mcp_call",
          "mcp_tool_use",
          "server_tool_call",
          "custom_tool_call",
          "function" ->
          toolCall(item);
      case "web_search_call",
          "file_search_call",
          "computer_call",
          "code_interpreter_call",
          "image_generation_call",
          "local_shell_call",
          "shell_call",
          "executable_code" ->
          builtIn(type, item);
      case "tool_call_response",
          "tool-result",
          "tool_result",
          "toolResult",
          "function_call_output",
          "server_tool_call_response",
          "custom_tool_call_output",
          "computer_call_output",
          "local_shell_call_output",
          "shell_call_output",
          "code_execution_result",
          "code_execution_tool_result",
          "web_search_tool_result",
          "mcp_tool_result" ->
          toolResult(item);
      case "media" -> ownMedia(item);
      case "image_url", "input_image", "image", "image-url" -> media("image", node(item));
      case "input_audio", "audio", "audio-url" -> media("audio", node(item));
      case "video", "video-url" -> media("video", node(item));
      case "blob", "uri", "file", "input_file", "document", "document-url", "binary" -> {
        ObjectNode node = node(item);
        String modality = Messages.string(node.get("modality"));
        yield media(modality == null ? "file" : modality, node);
      }
      case "other" -> {
        String raw = string(item, "raw_type", "other");
        yield new Part.Other(raw, string(item, "json", "{}"));
      }
      case "" -> untyped(item);
      default -> new Part.Other(type, node(item).toString());
    };
  }

  private Part text(Item item) throws IOException {
    if (item.content == null && item.text == null) {
      if (item.contentJson != null) {
        return new Part.Text(joined(item.contentJson));
      }
      return new Part.Other("text", node(item).toString());
    }
    return new Part.Text(item.content != null ? item.content : item.text == null ? "" : item.text);
  }

  private static Part reasoning(Item item) {
    String text = item.content != null ? item.content : item.text;
    if (text == null && item.extra != null) {
      text = Messages.string(Messages.first(item.extra, "thinking", "reasoning"));
    }
    if (text == null && item.extra != null && item.extra.path("summary").isArray()) {
      StringBuilder summary = new StringBuilder();
      for (JsonNode line : item.extra.path("summary")) {
        String said = Messages.string(line.isObject() ? line.get("text") : line);
        if (said != null) {
          summary.append(summary.isEmpty() ? "" : "\n").append(said);
        }
      }
      text = summary.isEmpty() ? null : summary.toString();
    }
    return text == null
        ? new Part.Other("reasoning", node(item).toString())
        : new Part.Reasoning(
            text.startsWith("[{") && text.contains("\"summary_text\"") ? lines(text) : text);
  }

  /** A summary that is JSON of its lines. */
  private static String lines(String json) {
    JsonNode lines = Json.tree(json);
    if (lines == null) {
      return json;
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode line : lines) {
      String said = Messages.string(line.isObject() ? line.get("text") : line);
      text.append(text.isEmpty() ? "" : "\n").append(said == null ? "" : said);
    }
    return text.toString();
  }

  /** A tool of the provider's own: what it was called with stands under names of its own. */
  private static Part builtIn(String type, Item item) {
    String arguments = item.arguments;
    if (arguments == null && item.extra != null) {
      JsonNode asked = Messages.first(item.extra, "action", "queries", "code", "query");
      arguments = asked == null ? null : Messages.string(asked);
    }
    String name = type.endsWith("_call") ? type.substring(0, type.length() - 5) : type;
    return new Part.ToolCall(
        item.toolCallId != null ? item.toolCallId : item.id,
        name,
        arguments == null ? "" : arguments);
  }

  private static Part toolCall(Item item) {
    ObjectNode extra = item.extra;
    String name = item.name;
    String arguments = item.arguments;
    if (extra != null) {
      JsonNode function = Messages.first(extra, "function", "server_tool_call");
      if (name == null) {
        name = Messages.string(Messages.first(extra, "toolName", "tool_name"));
      }
      if (function != null && function.isObject()) {
        if (name == null) {
          name = Messages.string(function.get("name"));
        }
        if (arguments == null) {
          arguments =
              Messages.string(function.has("arguments") ? function.get("arguments") : function);
        }
      }
    }
    String id = item.id;
    if (item.toolCallId != null) {
      id = item.toolCallId;
    }
    return new Part.ToolCall(
        id, name == null ? "" : name, arguments == null ? "" : unwrap(arguments));
  }

  private Part toolResult(Item item) throws IOException {
    String name = item.name;
    String result = item.result != null ? item.result : item.content;
    boolean error = item.error;
    if (item.extra != null) {
      if (name == null) {
        name = Messages.string(Messages.first(item.extra, "toolName", "tool_name"));
      }
      if (result == null) {
        result = Messages.string(item.extra.get("server_tool_call_response"));
      }
      error |= item.extra.path("isError").asBoolean(false);
    }
    if (result == null) {
      result = item.contentJson != null ? joined(item.contentJson) : item.text;
    }
    if (result != null && result.startsWith("{\"type\":\"")) {
      // AI SDK from 5: what came out, and of which type it is.
      JsonNode typed = Json.tree(result);
      String type = typed == null || typed.size() > 3 ? null : Messages.string(typed.get("type"));
      JsonNode value = typed == null ? null : typed.get("value");
      if (type != null && value != null && TYPED_RESULTS.contains(type)) {
        result = value.isTextual() ? value.textValue() : value.toString();
        error |= type.startsWith("error-");
      }
    }
    return new Part.ToolResult(
        item.toolCallId != null ? item.toolCallId : item.id,
        name,
        result == null ? "" : result,
        error);
  }

  private static Part ownMedia(Item item) {
    ObjectNode node = node(item);
    String modality = Messages.string(node.get("modality"));
    return new Part.Media(
        modality == null ? "file" : modality,
        Messages.string(node.get("mime_type")),
        Messages.string(node.get("uri")),
        node.path("byte_size").asLong(-1));
  }

  private Part untyped(Item item) throws IOException {
    ObjectNode extra = item.extra;
    if (item.text != null && (extra == null || !extra.path("thought").asBoolean(false))) {
      return new Part.Text(item.text);
    }
    if (item.text != null) {
      return new Part.Reasoning(item.text);
    }
    if (extra != null) {
      JsonNode use =
          Messages.first(
              extra, "toolUse", "functionCall", "function_call", "tool_call", "toolRequest");
      if (use != null && use.isObject()) {
        return toolCallOf(use);
      }
      JsonNode result =
          Messages.first(
              extra,
              "toolResult",
              "functionResponse",
              "function_response",
              "tool_call_result",
              "toolResponse");
      if (result != null && result.isObject()) {
        return toolResultOf(result);
      }
      JsonNode reasoning = extra.get("reasoningContent");
      if (reasoning != null) {
        String text = Messages.string(reasoning.path("reasoningText").get("text"));
        if (text != null) {
          return new Part.Reasoning(text);
        }
      }
      if (extra.path("reasoning").isTextual()) {
        return new Part.Reasoning(extra.path("reasoning").textValue());
      }
      if (extra.path("reasoning").has("reasoning_text")) {
        return new Part.Reasoning(extra.path("reasoning").path("reasoning_text").asText());
      }
      JsonNode data =
          Messages.first(extra, "inlineData", "inline_data", "fileData", "file_data", "media");
      if (data != null && data.isObject()) {
        return media("file", data);
      }
    }
    if (item.content != null) {
      return new Part.Text(item.content);
    }
    return new Part.Other("", node(item).toString());
  }

  private static Part toolCallOf(JsonNode node) {
    String name = Messages.string(Messages.first(node, "name", "tool_name"));
    String arguments = Messages.string(Messages.first(node, "input", "args", "arguments"));
    return new Part.ToolCall(
        Messages.string(Messages.first(node, "toolUseId", "id", "ref")),
        name == null ? "" : name,
        arguments == null ? "" : arguments);
  }

  private Part toolResultOf(JsonNode node) throws IOException {
    JsonNode content = Messages.first(node, "content", "response", "result", "output");
    String result = content == null ? "" : Messages.string(content);
    // Haystack has the call itself beside its result.
    JsonNode call = node.path("origin").isObject() ? node.get("origin") : node;
    return new Part.ToolResult(
        Messages.string(Messages.first(call, "toolUseId", "id", "ref")),
        Messages.string(Messages.first(call, "name", "tool_name")),
        content != null && content.isArray()
            ? joined(content.toString())
            : result == null ? "" : result,
        "error".equals(Messages.string(node.get("status"))) || node.path("error").asBoolean(false));
  }

  /** An image, sound or file in any vendor's wrapping: where it is, or how large. */
  private static Part.Media media(String modality, JsonNode node) {
    JsonNode body = node;
    for (String wrapper :
        new String[] {"image_url", "input_audio", "source", "file", "image", "audio"}) {
      JsonNode inner = node.get(wrapper);
      if (inner != null && (inner.isObject() || inner.isTextual())) {
        body = inner;
        break;
      }
    }
    String uri;
    String mime = null;
    String data = null;
    if (body.isTextual()) {
      uri = body.textValue();
    } else {
      uri = Messages.string(Messages.first(body, "url", "uri", "file_uri", "fileUri"));
      if (uri == null) {
        uri = Messages.string(Messages.first(body, "file_id", "attachment_key"));
      }
      mime =
          Messages.string(
              Messages.first(
                  body, "mime_type", "media_type", "mediaType", "mimeType", "contentType"));
      data = Messages.string(Messages.first(body, "data", "content", "file_data", "bytes"));
      if (mime == null && body.path("format").isTextual()) {
        mime = modality + "/" + body.path("format").textValue();
      }
    }
    if (mime == null) {
      mime = Messages.string(Messages.first(node, "mime_type", "mediaType"));
    }
    if (uri != null && uri.startsWith("data:")) {
      int comma = uri.indexOf(',');
      int semicolon = uri.indexOf(';');
      if (comma > 0) {
        mime = uri.substring(5, semicolon > 0 && semicolon < comma ? semicolon : comma);
        data = uri.substring(comma + 1);
      }
      uri = null;
    }
    String kind = modality;
    if (mime != null && modality.equals("file")) {
      int slash = mime.indexOf('/');
      String family = slash > 0 ? mime.substring(0, slash) : "";
      if (family.equals("image") || family.equals("audio") || family.equals("video")) {
        kind = family;
      }
    }
    return new Part.Media(kind, mime, uri, data == null ? -1 : data.length() * 3L / 4);
  }

  /** All fields of the item as one tree, for shapes that the stream did not know. */
  private static ObjectNode node(Item item) {
    ObjectNode node = Json.mapper().createObjectNode();
    put(node, "type", item.type);
    put(node, "id", item.id);
    put(node, "name", item.name);
    put(node, "text", item.text);
    put(node, "content", item.content);
    put(node, "tool_call_id", item.toolCallId);
    put(node, "arguments", item.arguments);
    put(node, "result", item.result);
    if (item.contentJson != null) {
      JsonNode content = Json.tree(item.contentJson);
      node.set("content", content);
    }
    if (item.extra != null) {
      node.setAll(item.extra);
    }
    return node;
  }

  private static void put(ObjectNode node, String name, @Nullable String value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  private static String string(Item item, String field, @Nullable String otherwise) {
    String value = item.extra == null ? null : Messages.string(item.extra.get(field));
    return value != null ? value : otherwise != null ? otherwise : "";
  }

  /** Roles by their usual names. */
  static String role(String raw) {
    return switch (raw) {
      case "user", "assistant", "system", "tool", "developer", "reasoning" -> raw;
      default -> {
        String role = raw.substring(raw.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        yield switch (role) {
          // smolagents tells a tool's answer to the model as the user's word.
          case "human", "humanmessage", "user", "tool-response" -> "user";
          case "ai", "model", "bot", "aimessage", "aimessagechunk", "assistant", "tool-call" ->
              "assistant";
          case "function", "toolmessage", "functionmessage", "tool" -> "tool";
          case "systemmessage", "system" -> "system";
          case "developer" -> "developer";
          default -> raw;
        };
      }
    };
  }
}
