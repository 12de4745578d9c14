package io.tracewell.server.message;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Document;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link Content} by its format into the one shape that readers show. Never throws for what
 * a sender wrote: what can't be read as its format says is given back as one text part.
 */
public final class Messages {
  private Messages() {}

  /**
   * A tool offered to a model.
   *
   * @param schema JSON schema of its arguments, as text; null where none was sent
   */
  public record ToolDefinition(
      String name, @Nullable String description, @Nullable String schema) {}

  /**
   * The messages of a content in any of the message formats; one message with {@code defaultRole}
   * for text; none where there is no content, or it is JSON that is not messages.
   */
  public static List<Message> read(Content content, String defaultRole) {
    if (content.isEmpty()) {
      return List.of();
    }
    return switch (content.format()) {
      case NONE, JSON, DOCUMENTS -> List.of();
      case TEXT -> List.of(text(defaultRole, content.text()));
      case OTEL_MESSAGES, CHAT_MESSAGES, MESSAGES -> {
        List<Message> messages = MessageReader.read(content.text(), defaultRole);
        yield messages == null ? List.of(text(defaultRole, content.text())) : messages;
      }
    };
  }

  /** True where the text reads as messages: normalise warns where it does not. */
  public static boolean isReadable(Content content) {
    return switch (content.format()) {
      case OTEL_MESSAGES, CHAT_MESSAGES, MESSAGES ->
          MessageReader.read(content.text(), "user") != null;
      default -> true;
    };
  }

  /** A message, with its hash. */
  public static Message of(
      String role, @Nullable String name, List<Part> parts, @Nullable String finishReason) {
    return new Message(role, name, parts, finishReason, Hash.message(role, parts));
  }

  /** A message of one text part. */
  public static Message text(String role, String text) {
    return of(role, null, List.of(new Part.Text(text)), null);
  }

  /**
   * The text of a message for search and previews: what was said, thought, called and answered, one
   * part a line. Bytes and unknown parts are left out.
   */
  public static String searchText(Message message) {
    if (message.parts().size() == 1 && message.parts().getFirst() instanceof Part.Text only) {
      return only.text();
    }
    StringBuilder text = new StringBuilder();
    for (Part part : message.parts()) {
      String line =
          switch (part) {
            case Part.Text said -> said.text();
            case Part.Reasoning thought -> thought.text();
            case Part.ToolCall call ->
                isNone(call.arguments()) ? call.name() : call.name() + " " + call.arguments();
            case Part.ToolResult result -> result.result();
            case Part.Media media -> media.uri() == null ? "" : media.uri();
            case Part.Other other -> "";
          };
      if (!line.isEmpty()) {
        if (!text.isEmpty()) {
          text.append('\n');
        }
        text.append(line);
      }
    }
    return text.toString();
  }

  private static boolean isNone(String arguments) {
    return arguments.isEmpty() || arguments.equals("{}");
  }

  /** Documents of a content of format DOCUMENTS; else none. */
  public static List<Document> documents(Content content) {
    if (content.format() != ContentFormat.DOCUMENTS || content.isEmpty()) {
      return List.of();
    }
    JsonNode tree = Json.tree(content.text());
    if (tree == null) {
      return List.of(new Document(null, null, content.text(), null, null));
    }
    JsonNode list = tree.isArray() ? tree : tree.has("documents") ? tree.get("documents") : tree;
    List<Document> documents = new ArrayList<>();
    for (JsonNode node : list.isArray() ? list : List.of(list)) {
      documents.add(document(node));
    }
    return documents;
  }

  private static Document document(JsonNode sent) {
    JsonNode whole = sent;
    if (whole.isTextual() && whole.textValue().startsWith("{")) {
      JsonNode inner = Json.tree(whole.textValue());
      whole = inner != null && inner.isObject() ? inner : whole;
    }
    // LlamaIndex has the document beside its score.
    JsonNode node = whole.path("node").isObject() ? whole.get("node") : whole;
    if (!node.isObject()) {
      return new Document(
          null, null, node.isTextual() ? node.textValue() : node.toString(), null, null);
    }
    JsonNode said = first(node, "text", "content", "page_content", "document", "pageContent");
    // Genkit's is a list of parts.
    String text =
        string(said != null && said.path(0).has("text") ? said.path(0).get("text") : said);
    JsonNode metadata = node.get("metadata");
    JsonNode score = first(whole, "score", "relevance_score", "relevanceScore");
    return new Document(
        string(first(node, "id", "document_id", "id_")),
        string(first(node, "name", "title", "source")),
        text == null ? "" : text,
        score == null ? null : number(score),
        score == null && node.path("distance").isNumber()
            ? withDistance(metadata, node.get("distance"))
            : metadata == null || metadata.isNull() ? null : string(metadata));
  }

  /** Less is better of a distance: it is no score, and stands in no field of its own. */
  private static @Nullable String withDistance(@Nullable JsonNode metadata, JsonNode distance) {
    JsonNode sent = metadata;
    if (sent != null && sent.isTextual()) {
      sent = Json.tree(sent.textValue());
    }
    ObjectNode whole = Json.mapper().createObjectNode();
    if (sent != null && sent.isObject()) {
      whole.setAll((ObjectNode) sent);
    } else if (metadata != null && !metadata.isNull()) {
      return string(metadata);
    }
    whole.set("distance", distance);
    return whole.toString();
  }

  private static @Nullable Double number(JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    try {
      return node.isTextual() ? Double.valueOf(node.textValue().strip()) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Tools of a tool definitions content, in any vendor's shape. */
  public static List<ToolDefinition> toolDefinitions(Content content) {
    JsonNode tree = content.isEmpty() ? null : Json.tree(content.text());
    if (tree == null) {
      return List.of();
    }
    List<ToolDefinition> tools = new ArrayList<>();
    addTools(tree, tools, 0);
    return tools;
  }

  private static void addTools(JsonNode node, List<ToolDefinition> tools, int depth) {
    if (depth > 4) {
      return;
    }
    if (node.isTextual()) {
      JsonNode inner = Json.tree(node.textValue());
      if (inner != null) {
        addTools(inner, tools, depth + 1);
      }
      return;
    }
    if (node.isArray()) {
      node.forEach(item -> addTools(item, tools, depth + 1));
      return;
    }
    JsonNode declarations = first(node, "function_declarations", "functionDeclarations", "tools");
    if (declarations != null && declarations.isArray()) {
      addTools(declarations, tools, depth + 1);
      return;
    }
    JsonNode wrapped = first(node, "function", "toolSpec", "tool");
    if (wrapped == null && !node.has("name")) {
      // Haystack's serialised tools.
      wrapped = node.get("data");
    }
    if (wrapped != null && wrapped.isObject()) {
      addTools(wrapped, tools, depth + 1);
      return;
    }
    String name = string(first(node, "name", "type"));
    if (name == null) {
      return;
    }
    JsonNode schema =
        first(
            node,
            "parameters",
            "input_schema",
            "inputSchema",
            "schema",
            "json_schema",
            "parametersJsonSchema");
    if (schema != null && schema.has("json")) {
      schema = schema.get("json");
    }
    tools.add(new ToolDefinition(name, string(node.get("description")), string(schema)));
  }

  static @Nullable JsonNode first(JsonNode node, String... names) {
    for (String name : names) {
      JsonNode value = node.get(name);
      if (value != null && !value.isNull()) {
        return value;
      }
    }
    return null;
  }

  /** Text of a string; JSON text of anything else; null for null. */
  static @Nullable String string(@Nullable JsonNode node) {
    if (node == null || node.isNull()) {
      return null;
    }
    return node.isTextual() ? node.textValue() : node.toString();
  }

  /** Canonical JSON of messages: the format MESSAGES. Read back by {@link #read}. */
  public static String write(List<Message> messages) {
    return Json.write(
        out -> {
          out.writeStartArray();
          for (Message message : messages) {
            write(out, message);
          }
          out.writeEndArray();
        });
  }

  private static void write(JsonGenerator out, Message message) throws IOException {
    out.writeStartObject();
    out.writeStringField("role", message.role());
    field(out, "name", message.name());
    out.writeArrayFieldStart("parts");
    for (Part part : message.parts()) {
      out.writeStartObject();
      switch (part) {
        case Part.Text text -> {
          out.writeStringField("type", "text");
          out.writeStringField("content", text.text());
        }
        case Part.Reasoning reasoning -> {
          out.writeStringField("type", "reasoning");
          out.writeStringField("content", reasoning.text());
        }
        case Part.ToolCall call -> {
          out.writeStringField("type", "tool_call");
          field(out, "id", call.id());
          out.writeStringField("name", call.name());
          out.writeStringField("arguments", call.arguments());
        }
        case Part.ToolResult result -> {
          out.writeStringField("type", "tool_call_response");
          field(out, "id", result.id());
          field(out, "name", result.name());
          out.writeStringField("response", result.result());
          if (result.error()) {
            out.writeBooleanField("is_error", true);
          }
        }
        case Part.Media media -> {
          out.writeStringField("type", "media");
          out.writeStringField("modality", media.modality());
          field(out, "mime_type", media.mimeType());
          field(out, "uri", media.uri());
          out.writeNumberField("byte_size", media.byteSize());
        }
        case Part.Other other -> {
          out.writeStringField("type", "other");
          out.writeStringField("raw_type", other.type());
          out.writeStringField("json", other.json());
        }
      }
      out.writeEndObject();
    }
    out.writeEndArray();
    field(out, "finish_reason", message.finishReason());
    out.writeEndObject();
  }

  private static void field(JsonGenerator out, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      out.writeStringField(name, value);
    }
  }
}
