package io.tracewell.core;

import java.util.Locale;

/** Outcome of a span. A span that was never marked is {@link #UNSET}; readers show it as ok. */
public enum SpanStatus {
  UNSET,
  OK,
  ERROR;

  /** The lower-case name used in storage and in the API. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
