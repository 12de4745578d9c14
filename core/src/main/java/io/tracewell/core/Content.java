package io.tracewell.core;

/**
 * A text of a span exactly as its sender wrote it, with the name of the format to read it by.
 *
 * <p>Large text is stored once: this is the stored copy. The raw span refers to it, and messages
 * are parsed out of it when they are read, so that neither a copy nor a lossy conversion is kept.
 *
 * @param format how to read {@code text}; see {@link ContentFormat}
 * @param text the text as sent (redacted where a rule says so); empty for none
 */
public record Content(ContentFormat format, String text) {
  /** No content. */
  public static final Content NONE = new Content(ContentFormat.NONE, "");

  /** Plain text. */
  public static Content text(String text) {
    return text.isEmpty() ? NONE : new Content(ContentFormat.TEXT, text);
  }

  /** True where nothing was sent. */
  public boolean isEmpty() {
    return text.isEmpty();
  }
}
