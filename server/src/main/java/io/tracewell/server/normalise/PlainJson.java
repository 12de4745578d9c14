package io.tracewell.server.normalise;

import java.math.BigInteger;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes attribute values as the JSON their sender would have written: for contents and metadata,
 * which readers parse. {@link JsonText} is for raw copies, which must keep types.
 */
public final class PlainJson {
  private PlainJson() {}

  /** JSON of a value. */
  public static String of(@Nullable Object value) {
    StringBuilder out = new StringBuilder(128);
    value(out, value);
    return out.toString();
  }

  /** Appends a value; numbers that JSON lacks become their names as text. */
  static void value(StringBuilder out, @Nullable Object value) {
    switch (value) {
      case null -> out.append("null");
      case String text -> JsonText.string(out, text);
      case Long number -> out.append(number.longValue());
      case Boolean flag -> out.append(flag.booleanValue());
      case Double number when Double.isFinite(number) -> out.append(number.doubleValue());
      case BigInteger number -> out.append(number);
      case byte[] bytes -> JsonText.string(out, Base64.getEncoder().encodeToString(bytes));
      case Attributes map -> {
        out.append('{');
        for (int i = 0; i < map.size(); i++) {
          if (i > 0) {
            out.append(',');
          }
          JsonText.string(out, map.key(i));
          out.append(':');
          value(out, map.value(i));
        }
        out.append('}');
      }
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
      default -> JsonText.string(out, value.toString());
    }
  }
}
