package io.tracewell.server.normalise;

import org.jspecify.annotations.Nullable;

/** What Datadog's SDKs carry, decoded and not yet understood. */
public final class DatadogSent {
  private DatadogSent() {}

  /**
   * A span of LLM Observability.
   *
   * @param span the span event: {@code span_id, trace_id, parent_id, name, start_ns, duration,
   *     status, meta, metrics, tags …}, in any of the shapes its SDKs write
   * @param envelope what stood around it: {@code _dd.tracer_version}, and the defaults for all
   *     spans of the public API ({@code ml_app, session_id, tags})
   * @param apm the span of the trace intake that carried it; null where none did
   * @param sizeBytes its share of the decoded request
   */
  public record Event(Attributes span, Attributes envelope, @Nullable ApmSpan apm, int sizeBytes) {}

  /**
   * A span of the trace intake. Ids are 64 bits.
   *
   * @param parentId 0 for a root
   * @param traceIdHigh upper half of the trace id, shared by the spans of its chunk
   * @param meta text tags
   * @param metrics numeric tags
   */
  public record ApmSpan(
      long traceIdHigh,
      long traceId,
      long spanId,
      long parentId,
      String name,
      String resource,
      String service,
      String type,
      long start,
      long duration,
      boolean error,
      Attributes meta,
      Attributes metrics,
      int sizeBytes) {}

  /**
   * The LLM trace that a span of the trace intake belongs to. Empty strings: none is known, it is
   * shown in a trace of its own.
   */
  public record Place(String traceId, String application, String sessionId) {
    /** None is known. */
    public static final Place NONE = new Place("", "", "");
  }
}
