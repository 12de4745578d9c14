package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.message.Json;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads back what the raw copy of a span holds, with the types that {@link JsonText} kept. */
final class RawSpans {
  /** A span with what it stood in. */
  record Found(Sent.Resource resource, Sent.Scope scope, Sent.Span span) {}

  private RawSpans() {}

  /** The span, but for its ids and times, which are in columns; null where it is no OTLP span. */
  static @Nullable Found read(String raw) {
    JsonNode tree = Json.tree(raw);
    if (tree == null || !tree.has("scope") || !tree.has("attributes")) {
      return null;
    }
    Sent.Span span = new Sent.Span();
    span.name = tree.path("name").asText("");
    span.kind = tree.path("kind").asInt(0);
    span.traceState = tree.path("traceState").asText("");
    span.statusCode = tree.path("status").path("code").asInt(0);
    span.statusMessage = tree.path("status").path("message").asText("");
    span.attributes = attributes(tree.path("attributes"));
    List<Sent.Event> events = new ArrayList<>();
    for (JsonNode event : tree.path("events")) {
      events.add(
          new Sent.Event(
              event.path("timeUnixNano").asLong(0),
              event.path("name").asText(""),
              attributes(event.path("attributes")),
              event.path("droppedAttributesCount").asInt(0)));
    }
    span.events = events;
    JsonNode scope = tree.path("scope");
    JsonNode resource = tree.path("resource");
    return new Found(
        new Sent.Resource(
            attributes(resource.path("attributes")), resource.path("schemaUrl").asText("")),
        new Sent.Scope(
            scope.path("name").asText(""),
            scope.path("version").asText(""),
            attributes(scope.path("attributes")),
            scope.path("schemaUrl").asText("")),
        span);
  }

  private static Attributes attributes(JsonNode object) {
    Attributes attributes = new Attributes(object.size());
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String key = field.getKey();
      attributes.add(key.startsWith("$") ? key.substring(1) : key, value(field.getValue()));
    }
    return attributes;
  }

  private static @Nullable Object value(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber()) {
      return node.longValue();
    }
    if (node.isNumber()) {
      return node.doubleValue();
    }
    if (node.isArray()) {
      List<@Nullable Object> list = new ArrayList<>(node.size());
      node.forEach(item -> list.add(value(item)));
      return list;
    }
    if (!node.isObject()) {
      return null;
    }
    if (node.size() == 1 && node.path("$double").isTextual()) {
      return Double.valueOf(node.path("$double").textValue());
    }
    if (node.size() == 1 && node.path("$bytes").isTextual()) {
      return Base64.getDecoder().decode(node.path("$bytes").textValue());
    }
    return attributes(node);
  }
}
