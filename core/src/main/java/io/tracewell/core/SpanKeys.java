package io.tracewell.core;

import org.jspecify.annotations.Nullable;

/**
 * What a span is stored under. Its sender's protocol decides: Datadog's SDKs write span ids in
 * decimal and give an LLM trace an id of its own beside the one that all services of a request
 * share; the latter is the key, so that what comes by OTLP and what comes by Datadog is one trace.
 *
 * @param trace of the trace
 * @param span of the span
 * @param parent of its parent; 0 for a root
 * @param alias key of the trace id that was sent, where that is another than {@code trace}; else
 *     null
 */
public record SpanKeys(Ids.TraceKey trace, long span, long parent, Ids.@Nullable TraceKey alias) {
  /** Keys of ids as OpenTelemetry writes them. */
  public static SpanKeys of(String traceId, String spanId, String parentId) {
    return new SpanKeys(
        Ids.traceKey(traceId),
        Ids.spanKey(spanId),
        parentId.isEmpty() ? 0 : Ids.spanKey(parentId),
        null);
  }
}
