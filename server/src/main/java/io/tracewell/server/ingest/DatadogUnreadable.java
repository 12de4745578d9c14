package io.tracewell.server.ingest;

/** A body that can't be read. The message says what and where; it holds nothing that was sent. */
final class DatadogUnreadable extends Exception {
  private static final long serialVersionUID = 1L;

  DatadogUnreadable(String message) {
    super(message, null, false, false);
  }
}
