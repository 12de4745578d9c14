package io.tracewell.server.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** JSON as senders write it: bare NaN and Infinity (Python), deep nesting, long strings. */
public final class Json {
  /** Deepest nesting that is read as JSON; deeper JSON stays text. */
  public static final int MAX_DEPTH = 500;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(256 << 20)
                  .maxNameLength(1 << 20)
                  .maxNumberLength(10_000)
                  .build())
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(2 * MAX_DEPTH).build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          // Names are the sender's: interning them would let him fill memory that is never freed.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          // Requests run on threads of their own, so buffers that are kept by thread are never used
          // again.
          .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
          .build();

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /** Parsers and generators with our bounds. */
  public static JsonFactory factory() {
    return FACTORY;
  }

  /** A mapper for trees, with our bounds. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /** True where the first character that is not white space could begin an object or array. */
  public static boolean looksStructured(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '{' || c == '[') {
        return true;
      }
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return false;
      }
    }
    return false;
  }

  /**
   * The tree of an object or array; null for what is neither, or is not JSON. A string that holds
   * JSON again is unwrapped, twice at most.
   */
  public static @Nullable JsonNode tree(String text) {
    String json = text;
    for (int i = 0; i < 3; i++) {
      if (!looksStructured(json) && !json.stripLeading().startsWith("\"")) {
        return null;
      }
      try (JsonParser parser = FACTORY.createParser(json)) {
        JsonNode node = MAPPER.readTree(parser);
        if (node == null || parser.nextToken() != null) {
          return null;
        }
        if (node.isContainerNode()) {
          return node;
        }
        if (!node.isTextual()) {
          return null;
        }
        json = node.textValue();
      } catch (IOException e) {
        return null;
      }
    }
    return null;
  }

  /** The text of a whole JSON string, or null. */
  public static @Nullable String string(String json) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        return null;
      }
      String text = parser.getText();
      return parser.nextToken() == null ? text : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** The value the parser stands on, as compact JSON text; the parser is left on its last token. */
  public static String copy(JsonParser parser) throws IOException {
    StringWriter out = new StringWriter(128);
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      generator.copyCurrentStructureExact(parser);
    }
    return out.toString();
  }

  /** True where {@code text} is one whole JSON object or array. */
  public static boolean isStructured(String text) {
    if (!looksStructured(text)) {
      return false;
    }
    if (JsonScan.isByTheBook(text)) {
      return true;
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.nextToken();
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  /** Something that writes JSON. */
  @FunctionalInterface
  public interface Writer {
    /** Writes one value. */
    void write(JsonGenerator generator) throws IOException;
  }

  /** JSON text of what {@code writer} writes. */
  public static String write(Writer writer) {
    StringWriter out = new StringWriter(256);
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      writer.write(generator);
    } catch (IOException e) {
      throw new UncheckedIOException("a string took no JSON", e);
    }
    return out.toString();
  }

  static void expect(JsonToken is, JsonToken wanted) throws IOException {
    if (is != wanted) {
      throw new IOException("expected " + wanted + ", not " + is);
    }
  }
}
