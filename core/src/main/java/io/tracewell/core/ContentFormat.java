package io.tracewell.core;

import java.util.Locale;

/**
 * How a {@link Content} text is to be read. Values are stored by their lower-case name: add freely,
 * rename never.
 */
public enum ContentFormat {
  /** Nothing was sent. */
  NONE,
  /** Plain text. */
  TEXT,
  /** Some JSON value that is not a list of messages. */
  JSON,
  /**
   * OpenTelemetry GenAI messages: {@code [{"role":…,"parts":[{"type":"text","content":…}]}]}; parts
   * alone for system instructions.
   */
  OTEL_MESSAGES,
  /**
   * Messages in OpenAI's chat shape: {@code [{"role":…,"content":…,"tool_calls":[…]}]}; Datadog's
   * messages are read the same way.
   */
  CHAT_MESSAGES,
  /**
   * Our canonical messages (a JSON array of {@link Message}), made where a convention spreads
   * messages over many attributes, events or log records.
   */
  MESSAGES,
  /**
   * A JSON array of documents: {@code [{"id","name","text","score"}]} or OpenTelemetry's retrieval
   * documents.
   */
  DOCUMENTS;

  /** The lower-case name used in storage and in the API. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The format of that name; {@link #TEXT} for a name this version does not know, so that text
   * stays readable.
   */
  public static ContentFormat fromWireName(String name) {
    for (ContentFormat format : values()) {
      if (format.wireName().equals(name)) {
        return format;
      }
    }
    return TEXT;
  }
}
