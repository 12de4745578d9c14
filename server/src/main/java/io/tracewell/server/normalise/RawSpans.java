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
  /**
   * A span with what it stood in.
   *
   * @param timed true where the raw copy says its times, because the columns hold others
   */
  record Found(Sent.Resource resource, Sent.Scope scope, Sent.Span span, boolean timed) {}

  /** What stands in a column and is only named in the raw copy. */
  interface Columns {
    /** The text of a column. */
    String text(String column);

    /** The metadata of that name as JSON; null for none. */
    @Nullable JsonNode metadata(String key);
  }

  private final @Nullable Columns columns;

  private RawSpans(@Nullable Columns columns) {
    this.columns = columns;
  }

  /**
   * The span, but for its ids. The parent is empty where the raw copy does not say it, because the
   * column does. Null where it is no OTLP span.
   *
   * @param columns null where the raw copy names no column any more
   */
  static @Nullable Found read(String raw, @Nullable Columns columns) {
    JsonNode tree = Json.tree(raw);
    return tree == null || !tree.has("scope") || !tree.has("attributes")
        ? null
        : new RawSpans(columns).found(tree);
  }

  private Found found(JsonNode tree) {
    Sent.Span span = new Sent.Span();
    span.parentId = tree.path("parentSpanId").asText("");
    span.name = tree.path("name").asText("");
    span.kind = tree.path("kind").asInt(0);
    span.traceState = tree.path("traceState").asText("");
    span.flags = tree.path("flags").asLong();
    span.startNanos = time(tree.path("startTimeUnixNano"));
    span.endNanos = time(tree.path("endTimeUnixNano"));
    span.statusCode = tree.path("status").path("code").asInt(0);
    span.statusMessage = tree.path("status").path("message").asText("");
    span.attributes = attributes(tree.path("attributes"));
    List<Sent.Event> events = new ArrayList<>();
    for (JsonNode event : tree.path("events")) {
      events.add(
          new Sent.Event(
              time(event.path("timeUnixNano")),
              event.path("name").asText(""),
              attributes(event.path("attributes")),
              event.path("droppedAttributesCount").asInt(0)));
    }
    span.events = events;
    List<Sent.Link> links = new ArrayList<>();
    for (JsonNode link : tree.path("links")) {
      links.add(
          new Sent.Link(
              link.path("traceId").asText(""),
              link.path("spanId").asText(""),
              link.path("traceState").asText(""),
              attributes(link.path("attributes")),
              link.path("droppedAttributesCount").asInt()));
    }
    span.links = links;
    span.droppedAttributes = tree.path("droppedAttributesCount").asInt();
    span.droppedEvents = tree.path("droppedEventsCount").asInt();
    span.droppedLinks = tree.path("droppedLinksCount").asInt();
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
        span,
        tree.has("startTimeUnixNano"));
  }

  private static long time(JsonNode node) {
    try {
      return Long.parseUnsignedLong(node.asText("0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private Attributes attributes(JsonNode object) {
    Attributes attributes = new Attributes(object.size());
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String key = field.getKey();
      String name = key.startsWith("$") ? key.substring(1) : key;
      attributes.add(name, referred(name, field.getValue()));
    }
    return attributes;
  }

  private @Nullable Object referred(String key, JsonNode node) {
    if (columns != null && node.isObject() && node.size() == 1) {
      if (node.path("$ref").isTextual()) {
        String column = node.path("$ref").asText();
        JsonNode metadata = column.equals("metadata") ? columns.metadata(key) : null;
        return column.equals("metadata")
            ? metadata == null ? null : value(metadata)
            : columns.text(column);
      }
      if (node.path("$json").isTextual()) {
        JsonNode tree = Json.tree(columns.text(node.path("$json").asText()));
        return tree == null ? null : value(tree);
      }
    }
    return value(node);
  }

  private @Nullable Object value(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
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
