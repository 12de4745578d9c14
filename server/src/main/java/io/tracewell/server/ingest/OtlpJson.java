package io.tracewell.server.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tracewell.core.OverloadedException;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.normalise.Attributes;
import io.tracewell.server.normalise.Sent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decodes OTLP in JSON: ids in hex, 64-bit numbers as text or number, enumerations as number or
 * name, unknown fields ignored, camelCase and snake_case.
 *
 * <p>Resources and scopes are streamed; one span at a time is held as a tree, so that what is wrong
 * inside one rejects that one alone.
 */
final class OtlpJson {
  // Depth is bounded by us while the tree is read into values, with a warning instead of a refusal.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(100_000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(1 << 20)
                  .maxNumberLength(10_000)
                  .build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private static final ObjectMapper MAPPER = JsonMapper.builder(FACTORY).build();
  private static final Map<String, Integer> SPAN_KINDS =
      Map.of(
          "SPAN_KIND_UNSPECIFIED", 0,
          "SPAN_KIND_INTERNAL", 1,
          "SPAN_KIND_SERVER", 2,
          "SPAN_KIND_CLIENT", 3,
          "SPAN_KIND_PRODUCER", 4,
          "SPAN_KIND_CONSUMER", 5);
  private static final Map<String, Integer> STATUS_CODES =
      Map.of("STATUS_CODE_UNSET", 0, "STATUS_CODE_OK", 1, "STATUS_CODE_ERROR", 2);

  private final OtlpHandler handler;
  private final boolean traces;
  private Sent.Span span = new Sent.Span();
  private int values;

  private OtlpJson(OtlpHandler handler, boolean traces) {
    this.handler = handler;
    this.traces = traces;
  }

  /** Decodes a trace request. */
  static void traces(byte[] bytes, int length, OtlpHandler handler)
      throws Malformed, OverloadedException {
    read(bytes, length, new OtlpJson(handler, true));
  }

  /** Decodes a logs request. */
  static void logs(byte[] bytes, int length, OtlpHandler handler)
      throws Malformed, OverloadedException {
    read(bytes, length, new OtlpJson(handler, false));
  }

  /** The tree of a whole body; for small requests of other protocols. */
  static JsonNode tree(byte[] bytes, int length) throws Malformed {
    try (JsonParser parser = FACTORY.createParser(bytes, 0, length)) {
      JsonNode tree = MAPPER.readTree(parser);
      if (tree == null || parser.nextToken() != null) {
        throw new Malformed("it is not one JSON value");
      }
      return tree;
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  private static void read(byte[] bytes, int length, OtlpJson json)
      throws Malformed, OverloadedException {
    // Walked once before anything is stored: a body that was cut is refused whole.
    try (JsonParser parser = FACTORY.createParser(bytes, 0, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Malformed("a JSON object is expected");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw new Malformed("something follows the JSON object");
      }
    } catch (IOException e) {
      throw malformed(e);
    }
    try (JsonParser parser = FACTORY.createParser(bytes, 0, length)) {
      parser.nextToken();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String field = parser.currentName();
        boolean wanted =
            json.traces
                ? field.equals("resourceSpans") || field.equals("resource_spans")
                : field.equals("resourceLogs") || field.equals("resource_logs");
        if (parser.nextToken() == JsonToken.START_ARRAY && wanted) {
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() == JsonToken.START_OBJECT) {
              json.resource(parser);
            } else {
              parser.skipChildren();
            }
          }
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  /** Says where, not what: the parser's own message quotes what was sent. */
  private static Malformed malformed(IOException e) {
    if (e instanceof com.fasterxml.jackson.core.JsonProcessingException json
        && json.getLocation() != null) {
      return new Malformed(
          "it is not valid JSON at line "
              + json.getLocation().getLineNr()
              + ", column "
              + json.getLocation().getColumnNr());
    }
    return new Malformed("it is not valid JSON in UTF-8");
  }

  private void resource(JsonParser parser) throws IOException, OverloadedException {
    Sent.Resource resource = null;
    JsonNode node = null;
    String schema = "";
    List<JsonNode> waiting = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (field) {
        case "resource" -> node = MAPPER.readTree(parser);
        case "schemaUrl", "schema_url" -> schema = parser.getText();
        case "scopeSpans",
            "scope_spans",
            "instrumentationLibrarySpans",
            "scopeLogs",
            "scope_logs" -> {
          if (token != JsonToken.START_ARRAY) {
            parser.skipChildren();
          } else if (node == null) {
            // The resource may come behind its spans.
            waiting.add(MAPPER.readTree(parser));
          } else {
            resource = resource == null ? resource(node, schema) : resource;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              if (parser.currentToken() == JsonToken.START_OBJECT) {
                scope(resource, parser);
              } else {
                parser.skipChildren();
              }
            }
          }
        }
        default -> parser.skipChildren();
      }
    }
    if (!waiting.isEmpty()) {
      Sent.Resource late = resource(node, schema);
      for (JsonNode list : waiting) {
        for (JsonNode item : list) {
          if (item.isObject()) {
            try (JsonParser inner = item.traverse(MAPPER)) {
              inner.nextToken();
              scope(late, inner);
            }
          }
        }
      }
    }
  }

  private Sent.Resource resource(@Nullable JsonNode node, String schema) {
    span = new Sent.Span();
    values = 0;
    return new Sent.Resource(
        node == null ? Attributes.NONE : attributes(node.get("attributes"), 0), schema);
  }

  private void scope(Sent.Resource resource, JsonParser parser)
      throws IOException, OverloadedException {
    Sent.Scope scope = Sent.Scope.NONE;
    boolean known = false;
    List<JsonNode> waiting = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (field) {
        case "scope", "instrumentationLibrary" -> {
          JsonNode node = MAPPER.readTree(parser);
          scope =
              new Sent.Scope(
                  string(node.get("name")),
                  string(node.get("version")),
                  attributes(node.get("attributes"), 0),
                  "");
          known = true;
        }
        case "spans", "logRecords", "log_records" -> {
          if (token != JsonToken.START_ARRAY) {
            parser.skipChildren();
            continue;
          }
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            long from = parser.currentTokenLocation().getByteOffset();
            JsonNode node = MAPPER.readTree(parser);
            long to = parser.currentLocation().getByteOffset();
            if (known) {
              item(resource, scope, node, (int) Math.max(0, to - from));
            } else {
              waiting.add(node);
            }
          }
        }
        default -> parser.skipChildren();
      }
    }
    for (JsonNode node : waiting) {
      item(resource, scope, node, 0);
    }
  }

  private void item(Sent.Resource resource, Sent.Scope scope, JsonNode node, int size)
      throws OverloadedException {
    span = new Sent.Span();
    values = 0;
    try {
      if (!node.isObject()) {
        throw new Malformed("it is not a JSON object");
      }
      if (traces) {
        span.sizeBytes = size > 0 ? size : node.toString().length();
        handler.span(resource, scope, span(node));
      } else {
        handler.log(resource, log(scope, node));
      }
    } catch (Malformed e) {
      handler.rejected(
          (traces ? "A span" : "A log record") + " can't be read: " + e.getMessage() + ".");
    }
  }

  private Sent.Span span(JsonNode node) throws Malformed {
    Sent.Span read = span;
    read.traceId = id(get(node, "traceId", "trace_id"), 16);
    read.spanId = id(get(node, "spanId", "span_id"), 8);
    read.parentId = id(get(node, "parentSpanId", "parent_span_id"), 8);
    read.traceState = string(get(node, "traceState", "trace_state"));
    read.name = string(node.get("name"));
    read.kind = (int) enumeration(node.get("kind"), SPAN_KINDS, "kind");
    read.flags = number(node.get("flags"), "flags");
    read.startNanos =
        number(get(node, "startTimeUnixNano", "start_time_unix_nano"), "startTimeUnixNano");
    read.endNanos = number(get(node, "endTimeUnixNano", "end_time_unix_nano"), "endTimeUnixNano");
    read.attributes = attributes(node.get("attributes"), 0);
    read.droppedAttributes =
        (int) number(get(node, "droppedAttributesCount", "dropped_attributes_count"), "count");
    read.droppedEvents =
        (int) number(get(node, "droppedEventsCount", "dropped_events_count"), "count");
    read.droppedLinks =
        (int) number(get(node, "droppedLinksCount", "dropped_links_count"), "count");
    JsonNode events = node.get("events");
    if (events != null && events.isArray()) {
      read.events = new ArrayList<>();
      for (JsonNode event : events) {
        if (read.events.size() == OtlpLimits.EVENTS) {
          OtlpLimits.warn(
              read, "events_cut", "only the first " + OtlpLimits.EVENTS + " events were kept");
          break;
        }
        read.events.add(
            new Sent.Event(
                number(get(event, "timeUnixNano", "time_unix_nano"), "timeUnixNano"),
                string(event.get("name")),
                attributes(event.get("attributes"), 0),
                (int)
                    number(
                        get(event, "droppedAttributesCount", "dropped_attributes_count"),
                        "count")));
      }
    }
    JsonNode links = node.get("links");
    if (links != null && links.isArray()) {
      read.links = new ArrayList<>();
      for (JsonNode link : links) {
        if (read.links.size() == OtlpLimits.EVENTS) {
          OtlpLimits.warn(
              read, "links_cut", "only the first " + OtlpLimits.EVENTS + " links were kept");
          break;
        }
        read.links.add(
            new Sent.Link(
                id(get(link, "traceId", "trace_id"), 16),
                id(get(link, "spanId", "span_id"), 8),
                string(get(link, "traceState", "trace_state")),
                attributes(link.get("attributes"), 0),
                (int)
                    number(
                        get(link, "droppedAttributesCount", "dropped_attributes_count"), "count")));
      }
    }
    JsonNode status = node.get("status");
    if (status != null) {
      read.statusCode = (int) enumeration(status.get("code"), STATUS_CODES, "status code");
      read.statusMessage = string(status.get("message"));
    }
    return read;
  }

  private Sent.Log log(Sent.Scope scope, JsonNode node) throws Malformed {
    long time = number(get(node, "timeUnixNano", "time_unix_nano"), "timeUnixNano");
    if (time == 0) {
      time =
          number(
              get(node, "observedTimeUnixNano", "observed_time_unix_nano"), "observedTimeUnixNano");
    }
    return new Sent.Log(
        scope,
        time,
        string(get(node, "eventName", "event_name")),
        id(get(node, "traceId", "trace_id"), 16),
        id(get(node, "spanId", "span_id"), 8),
        value(node.get("body"), 0),
        attributes(node.get("attributes"), 0));
  }

  private static @Nullable JsonNode get(JsonNode node, String name, String alias) {
    JsonNode value = node.get(name);
    return value != null ? value : node.get(alias);
  }

  /**
   * Lower-case hex; empty for none and for zeros. Exporters that use protobuf's stock JSON write
   * base64: it is told from hex by its length.
   */
  private String id(@Nullable JsonNode node, int bytes) {
    String text = node != null && node.isTextual() ? node.textValue() : "";
    if (text.length() == (bytes + 2) / 3 * 4 && text.length() != bytes * 2) {
      try {
        byte[] raw = Base64.getDecoder().decode(text);
        if (raw.length == bytes) {
          OtlpLimits.warn(span, "base64_id", "an id was base64; OTLP's JSON has hex");
          text = HexFormat.of().formatHex(raw);
        }
      } catch (IllegalArgumentException e) {
        return text;
      }
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) != '0') {
        return text.toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  private static long number(@Nullable JsonNode node, String field) throws Malformed {
    if (node == null || node.isNull()) {
      return 0;
    }
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue().longValue();
    }
    if (node.isNumber() && Double.isFinite(node.doubleValue())) {
      return node.decimalValue().longValue();
    }
    if (node.isTextual()) {
      try {
        return Long.parseUnsignedLong(node.textValue().strip());
      } catch (NumberFormatException e) {
        try {
          return Long.parseLong(node.textValue().strip());
        } catch (NumberFormatException again) {
          throw new Malformed(field + " is not a number");
        }
      }
    }
    if (node.isObject() && node.has("low") && node.has("high")) {
      return node.path("high").asLong() << 32 | node.path("low").asLong() & 0xFFFF_FFFFL;
    }
    throw new Malformed(field + " is not a number");
  }

  private static long enumeration(@Nullable JsonNode node, Map<String, Integer> names, String field)
      throws Malformed {
    if (node != null && node.isTextual()) {
      Integer value = names.get(node.textValue());
      if (value != null) {
        return value;
      }
    }
    return number(node, field);
  }

  private String string(@Nullable JsonNode node) {
    if (node == null || node.isNull()) {
      return "";
    }
    return text(node.isTextual() ? node.textValue() : node.asText(""));
  }

  /** Bounds a text, and mends surrogates that JSON escapes allow and UTF-8 does not. */
  private String text(String text) {
    String whole = text;
    for (int i = 0; i < whole.length(); i++) {
      char c = whole.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < whole.length()
            && Character.isLowSurrogate(whole.charAt(i + 1))) {
          i++;
        } else {
          OtlpLimits.warn(
              span,
              "lone_surrogate",
              "half a character in a text (a lone surrogate) was replaced by U+FFFD");
          whole = mended(whole);
          break;
        }
      }
    }
    if (whole.length() > OtlpLimits.TEXT_BYTES / 4) {
      byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
      if (bytes.length > OtlpLimits.TEXT_BYTES) {
        return OtlpLimits.cut(bytes, 0, bytes.length, span);
      }
    }
    return whole;
  }

  private static String mended(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < out.length()
          && Character.isLowSurrogate(out.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        out.setCharAt(i, '\uFFFD');
      }
    }
    return out.toString();
  }

  private Attributes attributes(@Nullable JsonNode list, int depth) {
    if (list == null || !list.isArray() || list.isEmpty()) {
      return Attributes.NONE;
    }
    Attributes attributes = new Attributes(Math.min(list.size(), OtlpLimits.ATTRIBUTES));
    for (JsonNode node : list) {
      if (attributes.size() == OtlpLimits.ATTRIBUTES) {
        OtlpLimits.warn(
            span,
            "attributes_cut",
            "only the first " + OtlpLimits.ATTRIBUTES + " attributes were kept");
        break;
      }
      attributes.add(string(node.get("key")), value(node.get("value"), depth));
    }
    return attributes;
  }

  private @Nullable Object value(@Nullable JsonNode node, int depth) {
    if (node == null || node.isNull()) {
      return null;
    }
    if (depth >= OtlpLimits.DEPTH) {
      OtlpLimits.warn(
          span, "nesting_cut", "values nested deeper than " + OtlpLimits.DEPTH + " were left out");
      return null;
    }
    if (++values > OtlpLimits.VALUES) {
      OtlpLimits.warn(
          span, "values_cut", "only the first " + OtlpLimits.VALUES + " values were kept");
      return null;
    }
    JsonNode value;
    if ((value = get(node, "stringValue", "string_value")) != null) {
      return string(value);
    }
    if ((value = get(node, "boolValue", "bool_value")) != null) {
      return value.asBoolean();
    }
    if ((value = get(node, "intValue", "int_value")) != null) {
      try {
        return number(value, "intValue");
      } catch (Malformed e) {
        OtlpLimits.warn(span, "bad_number", "an intValue was not a number; kept as text");
        return string(value);
      }
    }
    if ((value = get(node, "doubleValue", "double_value")) != null) {
      if (value.isNumber()) {
        return value.doubleValue();
      }
      try {
        return Double.valueOf(value.asText().strip());
      } catch (NumberFormatException e) {
        OtlpLimits.warn(span, "bad_number", "a doubleValue was not a number; kept as text");
        return string(value);
      }
    }
    if ((value = get(node, "arrayValue", "array_value")) != null) {
      JsonNode items = value.get("values");
      List<@Nullable Object> list = new ArrayList<>(items == null ? 0 : items.size());
      if (items != null && items.isArray()) {
        for (JsonNode item : items) {
          if (values > OtlpLimits.VALUES) {
            break;
          }
          list.add(value(item, depth + 1));
        }
      }
      return list;
    }
    if ((value = get(node, "kvlistValue", "kvlist_value")) != null) {
      return attributes(value.get("values"), depth + 1);
    }
    if ((value = get(node, "bytesValue", "bytes_value")) != null) {
      try {
        return Base64.getDecoder().decode(value.asText());
      } catch (IllegalArgumentException e) {
        OtlpLimits.warn(span, "bad_bytes", "a bytesValue was not base64; kept as text");
        return string(value);
      }
    }
    return null;
  }
}
