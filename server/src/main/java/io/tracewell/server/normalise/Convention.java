package io.tracewell.server.normalise;

import java.util.Map;

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
   * What an attribute says.
   *
   * @param field what
   * @param rank where several attributes of a span say the same, the lowest wins
   * @param marker true where the attribute alone shows that the span speaks the convention
   * @param keep true where it is also kept as metadata
   * @param parameter name of the request parameter, for {@link Field#PARAMETER}
   */
  record Key(Field field, int rank, boolean marker, boolean keep, String parameter) {}
}
