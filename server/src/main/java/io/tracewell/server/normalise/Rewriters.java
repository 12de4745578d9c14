package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Span;
import io.tracewell.core.SpanRewriter;
import io.tracewell.server.message.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads stored spans anew. */
public final class Rewriters {
  private final Normaliser normaliser;

  /** By the rules and prices of {@code normaliser}. */
  public Rewriters(Normaliser normaliser) {
    this.normaliser = normaliser;
  }

  /** Today's prices on stored usage. What a sender reported stays. */
  public SpanRewriter reprice() {
    return span -> {
      ModelCall call = span.model();
      if (span.cost().source().equals("reported")
          || span.usage().isEmpty()
          || call.name().isEmpty()) {
        return span;
      }
      Cost cost =
          normaliser
              .pricer()
              .price(DatadogNormaliser.priced(call), span.usage(), span.startNanos());
      return cost.equals(span.cost()) ? span : span.withCost(cost);
    };
  }

  /**
   * Today's rules on the span as it was sent. Spans of Datadog's SDKs, and spans whose raw copy
   * does not hold what was sent, stay as they are.
   */
  public SpanRewriter remap() {
    return span -> {
      JsonNode raw = Json.tree(span.raw());
      if (raw == null || !raw.has("resource") || !raw.has("attributes") || span.pending()) {
        return span;
      }
      Span again = new Raw(span, raw).normalised();
      boolean same = again.traceId().equals(span.traceId()) && again.spanId().equals(span.spanId());
      if (!same) {
        return span;
      }
      // Vectors are not kept; that they were sent, and how many, is only in the output.
      return span.raw().contains(Normaliser.VECTOR)
          ? again.withOutput(span.output(), span.outputPreview())
          : again;
    };
  }

  private final class Raw {
    private final Span span;
    private final JsonNode raw;
    private @Nullable JsonNode metadata;

    Raw(Span span, JsonNode raw) {
      this.span = span;
      this.raw = raw;
    }

    Span normalised() {
      JsonNode resource = raw.path("resource");
      JsonNode scope = raw.path("scope");
      Sent.Span sent = new Sent.Span();
      sent.traceId = span.traceId();
      sent.spanId = span.spanId();
      sent.parentId = raw.has("parentSpanId") ? raw.path("parentSpanId").asText() : span.parentId();
      sent.name = raw.path("name").asText("");
      sent.kind = raw.path("kind").asInt();
      sent.traceState = raw.path("traceState").asText("");
      sent.flags = raw.path("flags").asLong();
      sent.startNanos = time("startTimeUnixNano", span.startNanos());
      sent.endNanos = time("endTimeUnixNano", span.endNanos());
      sent.statusCode = raw.path("status").path("code").asInt();
      sent.statusMessage = raw.path("status").path("message").asText("");
      sent.attributes = attributes(raw.path("attributes"));
      List<Sent.Event> events = new ArrayList<>();
      for (JsonNode event : raw.path("events")) {
        events.add(
            new Sent.Event(
                Long.parseUnsignedLong(event.path("timeUnixNano").asText("0")),
                event.path("name").asText(""),
                attributes(event.path("attributes")),
                event.path("droppedAttributesCount").asInt()));
      }
      sent.events = events;
      List<Sent.Link> links = new ArrayList<>();
      for (JsonNode link : raw.path("links")) {
        links.add(
            new Sent.Link(
                link.path("traceId").asText(""),
                link.path("spanId").asText(""),
                link.path("traceState").asText(""),
                attributes(link.path("attributes")),
                link.path("droppedAttributesCount").asInt()));
      }
      sent.links = links;
      sent.droppedAttributes = raw.path("droppedAttributesCount").asInt();
      sent.droppedEvents = raw.path("droppedEventsCount").asInt();
      sent.droppedLinks = raw.path("droppedLinksCount").asInt();
      sent.sizeBytes = span.sizeBytes();
      return normaliser.normalise(
          new Sent.Resource(
              attributes(resource.path("attributes")), resource.path("schemaUrl").asText("")),
          new Sent.Scope(
              scope.path("name").asText(""),
              scope.path("version").asText(""),
              attributes(scope.path("attributes")),
              scope.path("schemaUrl").asText("")),
          sent,
          span.origin().transport(),
          span.startNanos());
    }

    private long time(String name, long otherwise) {
      return raw.has(name) ? Long.parseUnsignedLong(raw.path(name).asText("0")) : otherwise;
    }

    private Attributes attributes(JsonNode object) {
      Attributes attributes = new Attributes(object.size());
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        attributes.add(field.getKey(), value(field.getKey(), field.getValue()));
      }
      return attributes;
    }

    private @Nullable Object value(String key, JsonNode node) {
      if (node.isObject() && node.size() == 1) {
        if (node.has("$ref")) {
          String column = node.path("$ref").asText();
          return column.equals("metadata") ? metadata(key) : column(column);
        }
        if (node.has("$json")) {
          JsonNode tree = Json.tree(column(node.path("$json").asText()));
          return tree == null ? null : plain(tree);
        }
      }
      return plain(node);
    }

    private @Nullable Object metadata(String key) {
      if (metadata == null) {
        metadata = Json.tree(span.metadata());
      }
      JsonNode value = metadata == null ? null : metadata.get(key);
      return value == null ? null : plain(value);
    }

    private String column(String name) {
      return switch (name) {
        case "system" -> text(span.system());
        case "input" -> text(span.input());
        case "output" -> text(span.output());
        case "tool_definitions" -> text(span.toolDefinitions());
        case "documents" -> text(span.documents());
        case "error_message" -> span.error().message();
        case "error_stack" -> span.error().stack();
        default -> "";
      };
    }

    private String text(Content content) {
      return content.text();
    }

    private @Nullable Object plain(JsonNode node) {
      if (node.isObject()) {
        Attributes map = new Attributes(node.size());
        for (Map.Entry<String, JsonNode> field : node.properties()) {
          map.add(field.getKey(), plain(field.getValue()));
        }
        return map;
      }
      if (node.isArray()) {
        List<@Nullable Object> list = new ArrayList<>(node.size());
        for (JsonNode item : node) {
          list.add(plain(item));
        }
        return list;
      }
      if (node.isTextual()) {
        return node.textValue();
      }
      if (node.isBoolean()) {
        return node.booleanValue();
      }
      if (node.isIntegralNumber() && node.canConvertToLong()) {
        return node.longValue();
      }
      return node.isNumber() ? (Object) node.doubleValue() : null;
    }
  }
}
