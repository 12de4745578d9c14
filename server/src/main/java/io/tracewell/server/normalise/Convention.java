package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A way of writing LLM work into span attributes, as data: which attribute says what. A new
 * convention is a new implementation in {@link Conventions}.
 */
interface Convention {
  /** Name in {@code Origin.dialects}. */
  String name();

  /**
   * Attributes by their whole key. A key that several conventions know is read by the first that
   * declares it.
   */
  Map<String, Key> keys();

  /** Attributes by a prefix that ends with a dot; the rest of the key is the name. */
  Map<String, Key> prefixes();

  /** True where the scope alone tells that its spans speak this convention. */
  boolean speaks(String scopeName);

  /** Kinds by the lower-case words of attributes that say {@link Field#KIND}. */
  default Map<String, SpanKind> kinds() {
    return Map.of();
  }

  /**
   * The kind by what no attribute says alone, such as the span's name; null where that does not
   * tell. Asked on spans that speak the convention, after what attributes say.
   */
  default Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    return null;
  }

  /** What the span is, where it is not simply one that ended; null for nearly all. */
  default @Nullable Shape shape(Sent.Scope scope, Sent.Span span) {
    return null;
  }

  /**
   * Another id, parent or start than the span was sent with.
   *
   * @param pending true for a span that was announced and has not ended
   */
  record Shape(String spanId, String parentId, long startNanos, boolean pending) {}

  /**
   * What an attribute says.
   *
   * @param field what
   * @param rank where several attributes of a span say the same, the lowest wins
   * @param marker true where the attribute alone shows that the span speaks the convention
   * @param keep true where it is also kept as metadata
   * @param parameter name of the request parameter, for {@link Field#PARAMETER}; of the metadata,
   *     for {@link Field#METADATA}; empty for the key, or for what follows the prefix
   * @param quoted true where a text comes as JSON, in quotes
   */
  record Key(
      Field field, int rank, boolean marker, boolean keep, String parameter, boolean quoted) {
    Key(Field field, int rank, boolean marker, boolean keep, String parameter) {
      this(field, rank, marker, keep, parameter, false);
    }
  }
}
