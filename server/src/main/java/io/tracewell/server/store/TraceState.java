package io.tracewell.server.store;

import io.tracewell.core.Ids;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the writer knows of one trace: its place and the heads of all its spans. */
final class TraceState {
  final Id id;
  final Place place;
  String traceId;
  final Map<Long, Head> heads = new HashMap<>(8);

  /** Keys of spans whose call another trace has a better record of. */
  Set<Long> elsewhere = Set.of();

  /** Keys of spans whose usage does not count, as last written; sorted. */
  long[] uncounted = {};

  /** Where another id of the trace was noted last. */
  Ids.@Nullable TraceKey alias;

  private long firstRoot = Long.MAX_VALUE;

  /** Sequence number of the batch that touched it last. */
  long touched;

  /** Identity of a trace. */
  record Id(String project, long high, long low) {
    static Id of(String project, Ids.TraceKey key) {
      return new Id(project, key.high(), key.low());
    }

    Ids.TraceKey key() {
      return new Ids.TraceKey(high, low);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(high * 31 + low);
    }
  }

  TraceState(Id id, Place place, String traceId) {
    this.id = id;
    this.place = place;
    this.traceId = traceId;
  }

  /** Whether this root began before every other one that was seen, and notes that it did. */
  boolean isFirstRoot(Head root) {
    if (firstRoot == Long.MAX_VALUE) {
      for (Head head : heads.values()) {
        if (head.parentKey == 0 && head.key != root.key) {
          firstRoot = Math.min(firstRoot, head.start);
        }
      }
    }
    boolean first = root.start <= firstRoot;
    firstRoot = Math.min(firstRoot, root.start);
    return first;
  }

  @Nullable Head head(long key) {
    return heads.get(key);
  }
}
