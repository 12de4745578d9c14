package io.tracewell.core;

/** Tells how a stored span was read, by reading it again. Thread-safe. */
@FunctionalInterface
public interface SpanExplainer {
  /**
   * Explains a span.
   *
   * @param stored the span's ids, times and transport, which its raw form leaves to columns
   * @param raw {@link Span#raw} with its references put back
   */
  Mapping explain(Stored stored, String raw);

  /** What columns have of a span. */
  record Stored(
      String traceId,
      String spanId,
      String parentId,
      long startNanos,
      long endNanos,
      String transport,
      SpanKind kind,
      String kindRule,
      String dialects,
      java.util.List<String> warnings) {}
}
