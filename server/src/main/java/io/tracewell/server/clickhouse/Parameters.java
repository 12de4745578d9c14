package io.tracewell.server.clickhouse;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes values of query parameters as ClickHouse reads them: escaped like tab-separated text, and
 * quoted inside arrays. The client (0.10) sends what {@code toString} gives.
 */
final class Parameters {
  private Parameters() {}

  /**
   * The text of {@code value}, which is a scalar, null, or an array or {@link Iterable} of them.
   */
  static String text(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    switch (value) {
      case null -> out.append("\\N");
      case Iterable<?> items -> array(items, out);
      case long[] items -> array(Arrays.stream(items).boxed().toList(), out);
      case Object[] items -> array(Arrays.asList(items), out);
      default -> escape(scalar(value), out);
    }
    return out.toString();
  }

  private static void array(Iterable<?> items, StringBuilder out) {
    String before = "[";
    for (Object item : items) {
      out.append(before);
      before = ",";
      switch (item) {
        case null -> out.append("NULL");
        case Iterable<?> inner -> array(inner, out);
        case Number number -> out.append(scalar(number));
        case Boolean bool -> out.append(bool);
        default -> {
          out.append('\'');
          escape(scalar(item), out);
          out.append('\'');
        }
      }
    }
    out.append(before.equals("[") ? "[]" : "]");
  }

  private static String scalar(Object value) {
    return switch (value) {
      // A number of seconds, which needs no time zone.
      case Instant instant ->
          BigDecimal.valueOf(instant.getEpochSecond())
              .add(BigDecimal.valueOf(instant.getNano(), 9))
              .toPlainString();
      case BigDecimal decimal -> decimal.toPlainString();
      default -> value.toString();
    };
  }

  private static void escape(String text, StringBuilder out) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\0' -> out.append("\\0");
        case '\'' -> out.append("\\'");
        default -> out.append(c);
      }
    }
  }
}
