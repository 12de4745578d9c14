package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import io.tracewell.core.Usage;
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

  /**
   * Attributes that say this only in a scope that {@link #speaks} the convention: names so common
   * that others mean something else by them, or that others give in another unit.
   */
  default Map<String, Key> scopedKeys() {
    return Map.of();
  }

  /** Kinds by the lower-case words of attributes that say {@link Field#KIND}. */
  default Map<String, SpanKind> kinds() {
    return Map.of();
  }

  /** As {@link #kinds}, for spans that have a parent, where the word then means something else. */
  default Map<String, SpanKind> kindsInside() {
    return Map.of();
  }

  /** {@link Kinds#NOISE} for a span that says more than it is; asked before all else. */
  default Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    return null;
  }

  /**
   * The kind by what no attribute says alone, such as the span's name; null where that does not
   * tell. Asked on spans that speak the convention; words of attributes come before it.
   */
  default Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    return null;
  }

  /**
   * What is to be known of the usage of this one span, as an end of {@link Usage#rule}; empty for
   * nearly all.
   */
  default String ofUsage(Sent.Span span) {
    return "";
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
   * @param holds true where the leaves of the value are attributes too, as for {@link Field#NESTED}
   * @param flattened true for a prefix whose attributes are the leaves of one list, which is the
   *     field's value
   * @param when another attribute, an equals sign and the value it must have, or several with bars
   *     between; empty where the attribute always says so
   */
  record Key(
      Field field,
      int rank,
      boolean marker,
      boolean keep,
      String parameter,
      boolean quoted,
      boolean holds,
      boolean flattened,
      String when) {
    Key(Field field, int rank, boolean marker, boolean keep, String parameter) {
      this(field, rank, marker, keep, parameter, false, false, false, "");
    }

    Key(
        Field field,
        int rank,
        boolean marker,
        boolean keep,
        String parameter,
        boolean quoted,
        boolean holds) {
      this(field, rank, marker, keep, parameter, quoted, holds, false, "");
    }
  }
}
