package io.tracewell.server.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.tracewell.server.message.Json;
import io.tracewell.server.normalise.Attributes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON into the values of {@link Attributes}, as SDKs really write it: bare NaN and Infinity
 * (Python), and {@code \\u} that is followed by no number (dd-trace-js before 5.132 does not escape
 * the backslash of a text such as {@code C:\\users}). Whole numbers stay whole; those that no long
 * holds are {@link java.math.BigInteger}.
 */
final class LenientJson {
  private LenientJson() {}

  /** The one value that the bytes hold. */
  static @Nullable Object read(byte[] json, int length) throws DatadogUnreadable {
    try {
      return parse(json, length);
    } catch (IOException e) {
      byte[] mended = mendEscapes(json, length);
      if (mended.length == length) {
        throw unreadable(e);
      }
      try {
        return parse(mended, mended.length);
      } catch (IOException again) {
        throw unreadable(again);
      }
    }
  }

  private static DatadogUnreadable unreadable(IOException e) {
    // Not Jackson's message: it quotes what was sent.
    long at =
        e instanceof JsonProcessingException json && json.getLocation() != null
            ? Math.max(json.getLocation().getByteOffset(), json.getLocation().getCharOffset())
            : -1;
    return new DatadogUnreadable(
        "The JSON can't be read" + (at < 0 ? "" : " at byte " + at) + ". Expected one JSON value.");
  }

  private static @Nullable Object parse(byte[] json, int length) throws IOException {
    try (JsonParser parser = Json.factory().createParser(json, 0, length)) {
      if (parser.nextToken() == null) {
        return null;
      }
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new com.fasterxml.jackson.core.JsonParseException(
            parser, "more than one value", parser.currentLocation());
      }
      return value;
    }
  }

  // Recursion is bounded by the parser's own limit on nesting.
  private static @Nullable Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Attributes map = new Attributes(8);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String key = parser.currentName();
          parser.nextToken();
          map.add(key, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> {
        String text = parser.getText();
        yield text.length() > OtlpLimits.TEXT_BYTES ? DatadogDecoder.cut(text) : text;
      }
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default ->
                parser.getTextLength() > 40
                    ? (Object) parser.getDoubleValue()
                    : parser.getBigIntegerValue();
          };
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** Doubles the backslash of every {@code \\u} that is not followed by four hex digits. */
  private static byte[] mendEscapes(byte[] json, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 64);
    int from = 0;
    for (int i = 0; i + 1 < length; i++) {
      if (json[i] != '\\') {
        continue;
      }
      if (json[i + 1] == 'u' && !fourHex(json, i + 2, length)) {
        out.write(json, from, i - from);
        out.write('\\');
        from = i;
      }
      i++;
    }
    out.write(json, from, length - from);
    return out.toByteArray();
  }

  private static boolean fourHex(byte[] json, int from, int length) {
    if (from + 4 > length) {
      return false;
    }
    for (int i = from; i < from + 4; i++) {
      if (json[i] < 0 || Character.digit(json[i], 16) < 0) {
        return false;
      }
    }
    return true;
  }
}
