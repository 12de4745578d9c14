package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes attribute values as JSON into a builder. By hand, because the raw copy of every span is
 * written with it and most of its text needs no escape.
 *
 * <p>Types survive: a double always has a point or an exponent, bytes are {@code
 * {"$bytes":base64}}, numbers that JSON lacks are {@code {"$double":"NaN"}}. A sender's own key
 * that begins with $ gets another one.
 */
public final class JsonText {
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final int SHORT = 64;
  private static final int BLOCK = 512;
  private static final int LONGEST_ESCAPE = 6;

  private JsonText() {}

  /** JSON of a value. */
  public static String of(@Nullable Object value) {
    StringBuilder out = new StringBuilder(64);
    value(out, value);
    return out.toString();
  }

  /** Appends any attribute value. */
  public static void value(StringBuilder out, @Nullable Object value) {
    switch (value) {
      case null -> out.append("null");
      case String text -> string(out, text);
      case Long number -> out.append(number.longValue());
      case Boolean flag -> out.append(flag.booleanValue());
      case Double number -> {
        if (Double.isFinite(number)) {
          out.append(number.doubleValue());
        } else {
          out.append("{\"$double\":\"").append(number.doubleValue()).append("\"}");
        }
      }
      case byte[] bytes ->
          out.append("{\"$bytes\":\"")
              .append(Base64.getEncoder().encodeToString(bytes))
              .append("\"}");
      case Attributes map -> map(out, map);
      case JsonNode tree -> out.append(tree);
      case List<?> list -> {
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
          if (i > 0) {
            out.append(',');
          }
          value(out, list.get(i));
        }
        out.append(']');
      }
      default -> string(out, value.toString());
    }
  }

  /** Appends an object. */
  public static void map(StringBuilder out, Attributes map) {
    out.append('{');
    for (int i = 0; i < map.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      key(out, map.key(i));
      value(out, map.value(i));
    }
    out.append('}');
  }

  /** Appends a sender's key and its colon. */
  static void key(StringBuilder out, String key) {
    if (key.startsWith("$")) {
      string(out, "$" + key);
    } else {
      string(out, key);
    }
    out.append(':');
  }

  /** Appends a field of a fixed name, with a comma before it where it is not the first. */
  static void field(StringBuilder out, String name, String value) {
    if (!value.isEmpty()) {
      name(out, name);
      string(out, value);
    }
  }

  /** Appends a fixed name and colon, with a comma before it where it is not the first. */
  static void name(StringBuilder out, String name) {
    if (out.charAt(out.length() - 1) != '{') {
      out.append(',');
    }
    out.append('"').append(name).append("\":");
  }

  /** Appends a quoted string. */
  public static void string(StringBuilder out, String text) {
    int length = text.length();
    out.append('"');
    if (length <= SHORT) {
      int i = 0;
      while (i < length && !isEscaped(text.charAt(i))) {
        i++;
      }
      if (i == length) {
        out.append(text).append('"');
        return;
      }
    }
    // Block by block out of the string and into the builder: character by character costs more
    // than both copies.
    char[] block = new char[Math.min(length, BLOCK)];
    char[] escaped = new char[block.length * 2 + LONGEST_ESCAPE];
    for (int start = 0; start < length; start += BLOCK) {
      int size = Math.min(length - start, BLOCK);
      text.getChars(start, start + size, block, 0);
      int at = 0;
      for (int i = 0; i < size; i++) {
        char c = block[i];
        if (!isEscaped(c)) {
          escaped[at++] = c;
        } else {
          at = escape(escaped, at, c);
          if (at > escaped.length - LONGEST_ESCAPE) {
            out.append(escaped, 0, at);
            at = 0;
          }
        }
      }
      out.append(escaped, 0, at);
    }
    out.append('"');
  }

  private static boolean isEscaped(char c) {
    return c < 0x20 || c == '"' || c == '\\';
  }

  /** Where it ends. */
  private static int escape(char[] out, int at, char c) {
    out[at] = '\\';
    switch (c) {
      case '"', '\\' -> out[at + 1] = c;
      case '\n' -> out[at + 1] = 'n';
      case '\r' -> out[at + 1] = 'r';
      case '\t' -> out[at + 1] = 't';
      default -> {
        out[at + 1] = 'u';
        out[at + 2] = '0';
        out[at + 3] = '0';
        out[at + 4] = HEX[c >> 4 & 0xF];
        out[at + 5] = HEX[c & 0xF];
        return at + LONGEST_ESCAPE;
      }
    }
    return at + 2;
  }
}
