package io.tracewell.server.query;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a page of a list whose rows may have several versions: candidates of any version in order,
 * then the newest version of each, looked at again. What is not yet known to be complete (behind
 * the last candidate) is left for the next step, so that no row is skipped or given twice.
 */
final class Pager<R> {
  private static final long MINUTE = 60_000_000_000L;
  private static final long[] WINDOWS = {15 * MINUTE, 60 * MINUTE, 360 * MINUTE, 1440 * MINUTE};
  private static final int MAX_CANDIDATES = 4_000;

  /** A row at its place. */
  record Found<R>(Position position, R row) {}

  /** What a list is read from. */
  interface Source<R> {
    /**
     * Positions of rows of any version that fulfil the conditions and come after a position, in
     * order.
     *
     * @param window start of the row
     */
    List<Position> candidates(@Nullable Position after, TimeRange window, int limit);

    /** The newest versions of those rows, where they (still) fulfil all conditions. */
    Looked<R> newest(List<Position> candidates);
  }

  /**
   * What was found of candidates.
   *
   * @param candidates how many of the first of them were looked at: enough were found
   */
  record Looked<R>(List<Found<R>> found, int candidates) {}

  /** A page; {@code partial} where time ran out before it was full. */
  record Page<R>(List<R> rows, @Nullable Position next, boolean partial) {}

  private final Source<R> source;
  private final boolean descending;
  private final boolean byStart;
  private final long leastWindow;
  private final Comparator<Position> order;

  /**
   * Pages of a source.
   *
   * @param byStart whether the sorted value is the start: then the newest windows are read first
   * @param leastWindow nanoseconds; in less, too little is to be expected
   */
  Pager(Source<R> source, boolean descending, boolean byStart, long leastWindow) {
    this.source = source;
    this.descending = descending;
    this.byStart = byStart;
    this.leastWindow = leastWindow;
    this.order = descending ? Comparator.reverseOrder() : Comparator.naturalOrder();
  }

  /**
   * Reads a page.
   *
   * @param firstCandidates how many candidates to take at first: more than the limit where many
   *     fail the second look
   * @param budget time after which what was found is given back with the place to go on from
   */
  Page<R> page(
      @Nullable Position after, TimeRange range, int limit, int firstCandidates, Duration budget) {
    long deadline = System.nanoTime() + budget.toNanos();
    List<R> rows = new ArrayList<>();
    List<TimeRange> windows = windows(after, range);
    for (int w = 0; w < windows.size(); w++) {
      TimeRange window = windows.get(w);
      boolean lastWindow = w == windows.size() - 1;
      Position position = after;
      int wanted = firstCandidates;
      while (true) {
        List<Position> candidates = source.candidates(position, window, wanted);
        if (candidates.isEmpty()) {
          break;
        }
        Looked<R> looked = source.newest(candidates);
        Position boundary =
            looked.candidates() < candidates.size()
                ? candidates.get(looked.candidates() - 1)
                : candidates.size() < wanted ? null : candidates.getLast();
        List<Found<R>> found = inside(looked.found(), position, boundary, window);
        for (int i = 0; i < found.size(); i++) {
          rows.add(found.get(i).row());
          if (rows.size() == limit) {
            boolean more = i < found.size() - 1 || boundary != null || !lastWindow;
            return new Page<>(rows, more ? found.get(i).position() : null, false);
          }
        }
        if (boundary == null) {
          break;
        }
        position = boundary;
        wanted = Math.min(wanted * 2, MAX_CANDIDATES);
        if (System.nanoTime() > deadline) {
          return new Page<>(rows, boundary, true);
        }
      }
      if (!lastWindow && System.nanoTime() > deadline) {
        Position edge = descending ? Position.first(window.from()) : Position.last(window.to() - 1);
        return new Page<>(rows, edge, true);
      }
    }
    return new Page<>(rows, null, false);
  }

  // A version that is newer than the candidate may stand elsewhere: it is found there.
  private List<Found<R>> inside(
      List<Found<R>> looked,
      @Nullable Position after,
      @Nullable Position boundary,
      TimeRange window) {
    List<Found<R>> result = new ArrayList<>();
    Set<Position> seen = new HashSet<>();
    for (Found<R> found : looked) {
      Position position = found.position();
      boolean inWindow =
          !byStart || (position.value() >= window.from() && position.value() < window.to());
      if (inWindow
          && (after == null || order.compare(position, after) > 0)
          && (boundary == null || order.compare(position, boundary) <= 0)
          && seen.add(position)) {
        result.add(found);
      }
    }
    result.sort((a, b) -> order.compare(a.position(), b.position()));
    return result;
  }

  private List<TimeRange> windows(@Nullable Position after, TimeRange range) {
    if (!byStart) {
      return List.of(range);
    }
    List<TimeRange> result = new ArrayList<>();
    long[] widths = LongStream.of(WINDOWS).filter(width -> width >= leastWindow).toArray();
    if (descending) {
      long end = after == null ? range.to() : Math.min(range.to(), after.value() + 1);
      long done = end;
      for (long width : widths) {
        long from = Math.max(range.from(), end - width);
        if (from < done) {
          result.add(new TimeRange(from, done));
          done = from;
        }
      }
      if (range.from() < done) {
        result.add(new TimeRange(range.from(), done));
      }
    } else {
      long begin = after == null ? range.from() : Math.max(range.from(), after.value());
      long done = begin;
      for (long width : widths) {
        long to = Math.min(range.to(), begin + width);
        if (to > done) {
          result.add(new TimeRange(done, to));
          done = to;
        }
      }
      if (range.to() > done) {
        result.add(new TimeRange(done, range.to()));
      }
    }
    return result;
  }
}
