package io.tracewell.core;

import java.util.List;

/** What one request brought. */
public record SpanBatch(List<Span> spans, List<SpanLog> logs) {}
