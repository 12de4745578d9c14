package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.message.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts together again what a convention spread over many attributes, such as {@code
 * llm.input_messages.0.message.content}. Indexes may have gaps or begin at any number: a limit on
 * attributes may have cut some.
 */
final class Flattened {
  private static final String FUNCTION = ".function.";

  private static final int MAX_ITEMS = 10_000;
  private static final int MAX_DEPTH = 16;

  /** Objects that stand around one other object and say nothing. */
  private static final Set<String> WRAPPERS =
      Set.of(
          "message",
          "message_content",
          "tool_call",
          "document",
          "embedding",
          "tool",
          "prompt",
          "completion",
          "image",
          "json_schema");

  /** Texts that hold JSON which belongs to the structure around them. */
  private static final Set<String> STRUCTURES =
      Set.of("json_schema", "metadata", "parameters", "contents", "content");

  /** An object, a list, or a leaf; a list or object may have a leaf beside it, which loses. */
  private static final class Node {
    final Map<String, Node> fields = new LinkedHashMap<>();
    final TreeMap<Integer, Node> items = new TreeMap<>();
    @Nullable Object leaf;
  }

  private final Node root = new Node();
  private int items;
  private boolean cut;

  /**
   * Takes in one attribute.
   *
   * @param path what follows the family's name and its dot; begins with an index
   * @return false where the path is none of a list; nothing was taken then
   */
  boolean add(String path, @Nullable Object value) {
    if (path.isEmpty() || path.charAt(0) < '0' || path.charAt(0) > '9') {
      return false;
    }
    int result = path.indexOf(FUNCTION);
    if (result > 0
        && result == path.indexOf('.')
        && value instanceof String json
        && addResult(path.substring(0, result), path.substring(result + FUNCTION.length()), json)) {
      return true;
    }
    Node at = root;
    int from = 0;
    for (int depth = 0; from <= path.length(); depth++) {
      int dot = path.indexOf('.', from);
      int to = dot < 0 ? path.length() : dot;
      int index = index(path, from, to);
      if (depth >= MAX_DEPTH || index >= MAX_ITEMS || items > 4 * MAX_ITEMS) {
        cut = true;
        return true;
      }
      items++;
      at =
          index >= 0
              ? at.items.computeIfAbsent(index, i -> new Node())
              : at.fields.computeIfAbsent(path.substring(from, to), f -> new Node());
      from = to + 1;
    }
    at.leaf = value;
    return true;
  }

  /** OpenInference for AutoGen has what tools gave back as JSON beside the message. */
  private boolean addResult(String message, String index, String json) {
    JsonNode result = Json.tree(json);
    if (result == null || !result.has("call_id") || index.isEmpty()) {
      return false;
    }
    String part = message + ".message.contents." + index + ".message_content.";
    JsonNode content = result.path("content");
    add(part + "type", "tool_result");
    add(part + "tool_use_id", result.path("call_id").asText(""));
    add(part + "name", result.path("name").asText(""));
    add(part + "is_error", result.path("is_error").asBoolean(false));
    add(part + "content", content.isTextual() ? content.textValue() : content.toString());
    return true;
  }

  private static int index(String path, int from, int to) {
    int index = 0;
    if (from == to || to - from > 6) {
      return -1;
    }
    for (int i = from; i < to; i++) {
      char c = path.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      index = index * 10 + c - '0';
    }
    return index;
  }

  /** True where there was more than is kept. */
  boolean isCut() {
    return cut;
  }

  /** JSON of the list. */
  String json() {
    StringBuilder out = new StringBuilder(256);
    write(out, root, "");
    return out.toString();
  }

  private static void write(StringBuilder out, Node sent, String name) {
    Node node = sent;
    while (node.fields.size() == 1 && node.items.isEmpty()) {
      Map.Entry<String, Node> only = node.fields.entrySet().iterator().next();
      if (!WRAPPERS.contains(only.getKey())
          || (isLeaf(only.getValue()) && !only.getKey().equals("json_schema"))) {
        break;
      }
      node = only.getValue();
      name = only.getKey();
    }
    if (!node.fields.isEmpty()) {
      object(out, node);
    } else if (!node.items.isEmpty()) {
      out.append('[');
      for (Node item : node.items.values()) {
        out.append(out.charAt(out.length() - 1) == '[' ? "" : ",");
        write(out, item, "");
      }
      out.append(']');
    } else if (node.leaf instanceof String text
        && STRUCTURES.contains(name)
        && Json.isStructured(text)
        && (!name.startsWith("content") || text.contains("\"type\""))) {
      out.append(text);
    } else {
      JsonText.value(out, node.leaf);
    }
  }

  private static boolean isLeaf(Node node) {
    return node.fields.isEmpty() && node.items.isEmpty();
  }

  private static void object(StringBuilder out, Node node) {
    Node content = node.fields.get("message_content");
    Node call = node.fields.get("tool_call");
    if (content != null && call != null) {
      // A part that is a call: what stands around each of them says nothing.
      content.fields.putAll(call.fields);
      object(out, content);
      return;
    }
    boolean parts = node.fields.containsKey("contents");
    Node function = node.fields.get("function_call_name");
    Node arguments = node.fields.get("function_call_arguments_json");
    out.append('{');
    if (function != null) {
      JsonText.name(out, "function_call");
      out.append("{\"name\":");
      JsonText.value(out, function.leaf);
      out.append(",\"arguments\":");
      JsonText.value(out, arguments == null ? "" : arguments.leaf);
      out.append('}');
    }
    for (Map.Entry<String, Node> field : node.fields.entrySet()) {
      String name = field.getKey();
      if ((parts && name.equals("content")) || name.startsWith("function_call_")) {
        continue;
      }
      if (name.equals("contents")) {
        name = "content";
      }
      if (out.charAt(out.length() - 1) != '{') {
        out.append(',');
      }
      JsonText.string(out, name);
      out.append(':');
      write(out, field.getValue(), name);
    }
    out.append('}');
  }
}
