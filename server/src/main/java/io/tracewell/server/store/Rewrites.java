package io.tracewell.server.store;

import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.SpanRewriter;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.spool.SpanCodec;
import io.tracewell.server.spool.Spool;
import io.tracewell.server.spool.SpoolEntry;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads stored spans anew, trace by trace, and sends those that differ through the spool as new
 * versions, as merged log records go: spans, trace rows and rollups agree afterwards. A span that
 * its sender sent again meanwhile stays as he sent it. Doing it again changes nothing, so a run
 * that was cut off is simply started again.
 */
public final class Rewrites implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rewrites.class);
  private static final ClickHouse.Limits LIMITS =
      new ClickHouse.Limits(Duration.ofMinutes(2), Map.of());
  private static final int TRACES = 100;
  private static final int SPANS = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * A way of reading anew.
   *
   * @param usageOnly true where spans without usage can't change
   * @param withLogs true where the result is of the span alone, and its log records are to be
   *     merged into it again
   */
  public record Kind(SpanRewriter rewriter, boolean usageOnly, boolean withLogs) {}

  private final ClickHouse clickHouse;
  private final Spool spool;
  private final LogFollower spans;
  private final StoredTraces stored;
  private final Map<String, Kind> kinds;
  private final SpanLogMerger merger;
  private final Clock clock;
  private @Nullable Run run;

  private static final class Run {
    private final String kind;
    private final Instant since;
    private final Instant started;
    private volatile long traces;
    private volatile long looked;
    private volatile long changed;
    private volatile @Nullable Instant finished;
    private volatile @Nullable String error;
    private volatile boolean stop;
    private @Nullable Thread thread;

    Run(String kind, Instant since, Instant started) {
      this.kind = kind;
      this.since = since;
      this.started = started;
    }
  }

  Rewrites(
      ClickHouse clickHouse,
      Spool spool,
      LogFollower spans,
      Map<String, Kind> kinds,
      SpanLogMerger merger,
      Clock clock) {
    this.clickHouse = clickHouse;
    this.spool = spool;
    this.spans = spans;
    this.kinds = Map.copyOf(kinds);
    this.merger = merger;
    this.clock = clock;
    stored = new StoredTraces(clickHouse);
  }

  /** The names of the ways to read anew. */
  public Set<String> kinds() {
    return kinds.keySet();
  }

  /**
   * Starts a run; false where one is under way.
   *
   * @param kind one of {@link #kinds}
   * @param since spans that began earlier are left alone
   */
  public synchronized boolean begin(String kind, Instant since) {
    if (running()) {
      return false;
    }
    start(kind, since);
    return true;
  }

  /** Starts a run; for the tests too. */
  synchronized void start(String kind, Instant since) {
    Run next = new Run(kind, since, clock.instant());
    run = next;
    Kind how = kinds.get(kind);
    if (how == null) {
      throw new IllegalArgumentException(kind);
    }
    next.thread = Thread.ofPlatform().name("store-rewrite").start(() -> rewrite(next, how));
  }

  /**
   * How the newest run stands. All but the figures is null where there was none.
   *
   * @param traces traces read
   * @param spans spans looked at
   * @param changed spans of them that differ now
   */
  public record State(
      boolean running,
      @Nullable String kind,
      @Nullable Instant since,
      @Nullable Instant started,
      @Nullable Instant finished,
      long traces,
      long spans,
      long changed,
      @Nullable String error) {}

  /** How the newest run stands. */
  public synchronized State state() {
    Run now = run;
    return now == null
        ? new State(false, null, null, null, null, 0, 0, 0, null)
        : new State(
            now.finished == null,
            now.kind,
            now.since,
            now.started,
            now.finished,
            now.traces,
            now.looked,
            now.changed,
            now.error);
  }

  private void rewrite(Run run, Kind how) {
    try {
      Listed after = new Listed(new TraceState.Id("", 0, 0), 0);
      while (!run.stop) {
        List<Listed> listed = next(run.since, after);
        for (TraceState trace : load(listed)) {
          rewrite(run, how, trace);
          run.traces++;
        }
        if (listed.size() < TRACES) {
          break;
        }
        after = listed.getLast();
      }
      awaitStored(run);
      LOG.info("{}: {} spans looked at, {} changed", run.kind, run.looked, run.changed);
    } catch (InterruptedException e) {
      run.error = "Stopped.";
    } catch (ClickHouseException | OverloadedException e) {
      run.error = e.getMessage();
      LOG.warn("{} ended early: {}", run.kind, e.getMessage());
    } catch (RuntimeException e) {
      run.error = "It failed (" + e.getClass().getSimpleName() + "); the log says where.";
      // Not the text: it may hold what a user sent.
      LOG.error("{} failed: {} at {}", run.kind, e.getClass().getName(), e.getStackTrace()[0]);
    } finally {
      run.finished = clock.instant();
    }
  }

  /** A trace in the order of its table. */
  private record Listed(TraceState.Id id, long minute) {}

  private List<Listed> next(Instant since, Listed after) {
    return clickHouse.query(
        "SELECT DISTINCT project_id, toUnixTimestamp(place_minute) AS minute, trace_key FROM trace_heads WHERE"
            + " end >= fromUnixTimestamp64Milli({since:Int64}) AND project_id >= {project:String} AND"
            + " (project_id > {project:String} OR (place_minute >= toDateTime({minute:UInt32}, 'UTC') AND"
            + " (place_minute > toDateTime({minute:UInt32}, 'UTC') OR trace_key > {after:UInt128})))"
            + " ORDER BY project_id, place_minute, trace_key LIMIT "
            + TRACES,
        Map.of(
            "since",
            since.toEpochMilli(),
            "project",
            after.id().project(),
            "minute",
            after.minute(),
            "after",
            StoredTraces.key(after.id())),
        LIMITS,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          return new Listed(
              new TraceState.Id(
                  row.string("project_id"), key.shiftRight(64).longValue(), key.longValue()),
              row.int64("minute"));
        });
  }

  private List<TraceState> load(List<Listed> traces) {
    return traces.isEmpty()
        ? List.of()
        : stored.load(
            traces.stream().map(Listed::id).toList(),
            traces.stream().mapToLong(Listed::minute).min().getAsLong(),
            traces.stream().mapToLong(Listed::minute).max().getAsLong());
  }

  private void rewrite(Run run, Kind how, TraceState trace)
      throws OverloadedException, InterruptedException {
    long since = run.since.toEpochMilli() * 1_000_000L;
    List<Long> keys = new ArrayList<>();
    for (Head head : trace.heads.values()) {
      boolean usage = head.input >= 0 || head.output >= 0;
      if (head.start >= since && (usage || !how.usageOnly)) {
        keys.add(head.key);
      }
    }
    for (int i = 0; i < keys.size() && !run.stop; i += SPANS) {
      List<Long> page = keys.subList(i, Math.min(keys.size(), i + SPANS));
      Map<Long, List<SpanLog>> logs = how.withLogs ? spans.readLogs(trace.id, page) : Map.of();
      List<Span> changed = new ArrayList<>();
      List<Long> hashes = new ArrayList<>();
      for (Map.Entry<Long, LogFollower.StoredSpan> entry :
          spans.readSpans(trace, page).entrySet()) {
        run.looked++;
        Span before = entry.getValue().span();
        Span after = how.rewriter.rewrite(before);
        List<SpanLog> own = logs.getOrDefault(entry.getKey(), List.of());
        if (!own.isEmpty()) {
          after = merger.merge(after, own);
        }
        if (SpanCodec.contentHash(after) != SpanCodec.contentHash(before)) {
          changed.add(after);
          hashes.add(entry.getValue().hash());
        }
      }
      if (!changed.isEmpty()) {
        append(
            run,
            new SpoolEntry(changed, hashes.stream().mapToLong(h -> h).toArray(), List.of(), true));
        run.changed += changed.size();
      }
    }
  }

  // Senders go first: where the spool is full, this waits.
  private void append(Run run, SpoolEntry entry) throws OverloadedException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        spool.append(entry);
        return;
      } catch (OverloadedException e) {
        if (run.stop || System.nanoTime() - end > 0) {
          throw e;
        }
        Thread.sleep(500);
      }
    }
  }

  private void awaitStored(Run run) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!run.stop && !spool.drained() && System.nanoTime() - end < 0) {
      Thread.sleep(20);
    }
  }

  /** True while a run is under way. */
  synchronized boolean running() {
    return run != null && run.finished == null;
  }

  /** How many spans the last run changed. */
  synchronized long changed() {
    return run == null ? 0 : run.changed;
  }

  @Override
  public void close() {
    Thread thread;
    synchronized (this) {
      if (run == null || run.thread == null) {
        return;
      }
      run.stop = true;
      thread = run.thread;
    }
    try {
      thread.join(Duration.ofSeconds(10));
      thread.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
