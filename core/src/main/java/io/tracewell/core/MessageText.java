package io.tracewell.core;

/**
 * What search needs of one message or text of a span.
 *
 * @param hash the {@link Message#hash} (or hash of the text): the store indexes a text only where
 *     it is new in its conversation; {@link #UNKNOWN} for a text of several that are not told apart
 * @param text plain text to be searched
 */
public record MessageText(long hash, String text) {
  public static final long UNKNOWN = 0;
}
