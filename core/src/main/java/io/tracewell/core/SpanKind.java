package io.tracewell.core;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a span does. {@link #SPAN} is work that is not LLM work (HTTP, database): stored, shown
 * dimmed, never counted.
 */
public enum SpanKind {
  WORKFLOW,
  AGENT,
  LLM,
  TOOL,
  RETRIEVAL,
  EMBEDDING,
  TASK,
  GUARDRAIL,
  SPAN;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  /** The lower-case name used in storage, in the API and in queries. */
  public String wireName() {
    return wireName;
  }

  /** True for everything but {@link #SPAN}. */
  public boolean isLlmWork() {
    return this != SPAN;
  }

  /** The kind with this {@link #wireName}, or null where there is none. */
  public static @Nullable SpanKind fromWireName(String name) {
    for (SpanKind kind : values()) {
      if (kind.wireName.equals(name)) {
        return kind;
      }
    }
    return null;
  }
}
