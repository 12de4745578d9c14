package io.tracewell.server.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.message.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads and writes the JSON of this package. */
final class Documents {
  static final ObjectMapper JSON = Json.mapper();

  private Documents() {}

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** Stored JSON. */
  static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what is stored was written as JSON");
    }
  }

  /** A body that must be a JSON object. */
  static JsonNode body(byte[] bytes) {
    try {
      JsonNode body = JSON.readTree(bytes);
      if (body != null && body.isObject()) {
        return body;
      }
    } catch (IOException e) {
      // Refused below; Jackson's message quotes what was sent.
    }
    throw ApiException.badRequest("The body is not a JSON object.");
  }

  static String write(JsonNode node) {
    try {
      return JSON.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("trees are always JSON");
    }
  }

  /** The text at a field; null where there is none. */
  static @Nullable String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isValueNode() && !value.isNull() ? value.asText() : null;
  }

  static String text(JsonNode node, String field, String otherwise) {
    String text = text(node, field);
    return text == null ? otherwise : text;
  }

  /** A text that must be there. */
  static String required(JsonNode node, String field) {
    String text = text(node, field);
    if (text == null || text.isBlank()) {
      throw ApiException.badRequest("“" + field + "” is missing. It must be a text.");
    }
    return text;
  }

  /** JSON of a field that is an object; an empty one where it is not. */
  static String objectAt(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isObject() ? write(value) : "{}";
  }

  /** Texts of a list; empty where it is none. */
  static List<String> strings(JsonNode list) {
    List<String> result = new ArrayList<>();
    for (JsonNode item : list) {
      if (item.isValueNode() && !item.isNull()) {
        result.add(item.asText());
      }
    }
    return result;
  }

  static List<String> strings(String json) {
    return strings(read(json));
  }

  static String list(List<String> strings) {
    ArrayNode array = JSON.createArrayNode();
    strings.forEach(array::add);
    return write(array);
  }

  /** ISO instant. */
  static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
