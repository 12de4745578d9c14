package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import io.tracewell.core.Ids;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Log records of late, so that a span which comes soon after them is stored merged at once. What
 * does not fit is merged from the tables. Of one thread.
 */
final class LogWindow {
  private static final long MAX_BYTES = 32L << 20;
  private static final int KNOWN = 1 << 19;
  private static final Comparator<SpanLog> ORDER =
      Comparator.comparingLong(SpanLog::timeNanos).thenComparingInt(SpanLog::sequence);

  private final SpanLogMerger merger;
  private final LinkedHashMap<Key, Logs> newest = new LinkedHashMap<>();
  private final RecentKeys known = new RecentKeys(KNOWN);
  private long bytes;

  private record Key(TraceState.Id trace, long span) {}

  private static final class Logs {
    private final List<SpanLog> logs = new ArrayList<>(4);
    private final boolean complete;
    private boolean merged;
    private long bytes;

    private Logs(boolean complete) {
      this.complete = complete;
    }
  }

  LogWindow(SpanLogMerger merger) {
    this.merger = merger;
  }

  /** Notes that a span has records in the table. */
  void know(long traceHigh, long traceLow, long span) {
    known.add(hash(traceHigh, traceLow, span));
  }

  void add(SpanLog log) {
    Ids.TraceKey traceKey = Ids.traceKey(log.traceId());
    TraceState.Id trace = TraceState.Id.of(log.projectId(), traceKey);
    long span = Ids.spanKey(log.spanId());
    boolean first = known.add(hash(trace.high(), trace.low(), span));
    Logs logs = newest.computeIfAbsent(new Key(trace, span), k -> new Logs(first));
    logs.merged = false;
    if (logs.logs.contains(log)) {
      return;
    }
    logs.logs.add(log);
    long size = 200 + log.body().length() + log.attributes().length();
    logs.bytes += size;
    bytes += size;
    Iterator<Logs> oldest = newest.values().iterator();
    while (bytes > MAX_BYTES && oldest.hasNext()) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }

  /** The span with its records, where all of them are here. */
  Span merge(TraceState.Id trace, long key, Span span) {
    Logs logs = newest.get(new Key(trace, key));
    if (logs == null || !logs.complete) {
      return span;
    }
    logs.logs.sort(ORDER);
    Span merged = merger.merge(span, List.copyOf(logs.logs));
    logs.merged = true;
    return merged;
  }

  /** True where the span has records. */
  boolean isKnown(TraceState.Id trace, long span) {
    return known.contains(hash(trace.high(), trace.low(), span));
  }

  /** True where all records of the span have been merged into it. */
  boolean isMerged(TraceState.Id trace, long span) {
    Logs logs = newest.get(new Key(trace, span));
    return logs != null && logs.merged;
  }

  private static long hash(long traceHigh, long traceLow, long span) {
    return BinaryWriter.mix(traceHigh ^ BinaryWriter.mix(traceLow ^ BinaryWriter.mix(span)));
  }
}
