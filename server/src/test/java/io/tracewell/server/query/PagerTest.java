package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of a list, on rows of several versions in memory. */
class PagerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final TimeRange DAY = new TimeRange(0, 86_400 * SECOND);

  private record Version(long key, long version, long start, boolean matches) {}

  /** A table of versions; the highest of a key counts. */
  private static final class Table implements Pager.Source<Long> {
    private final List<Version> rows = new ArrayList<>();
    private final boolean descending;

    Table(boolean descending) {
      this.descending = descending;
    }

    // Looks at no more once so many are found.
    private int enough = Integer.MAX_VALUE;
    private long leastWindow;

    void add(long key, long version, long start, boolean matches) {
      rows.add(new Version(key, version, start, matches));
    }

    Map<Long, Version> newest() {
      Map<Long, Version> newest = new HashMap<>();
      for (Version row : rows) {
        newest.merge(row.key(), row, (a, b) -> a.version() > b.version() ? a : b);
      }
      return newest;
    }

    private static Position position(Version row) {
      return new Position(row.start(), BigInteger.valueOf(row.key()), BigInteger.ZERO);
    }

    @Override
    public List<Position> candidates(@Nullable Position after, TimeRange window, int limit) {
      Comparator<Position> order =
          descending ? Comparator.reverseOrder() : Comparator.naturalOrder();
      return rows.stream()
          .filter(row -> row.matches() && row.start() >= window.from() && row.start() < window.to())
          .map(Table::position)
          .filter(position -> after == null || order.compare(position, after) > 0)
          .sorted(order)
          .limit(limit)
          .toList();
    }

    @Override
    public Pager.Looked<Long> newest(List<Position> candidates) {
      Map<Long, Version> newest = newest();
      List<Pager.Found<Long>> result = new ArrayList<>();
      int looked = 0;
      for (Position candidate : candidates) {
        if (result.size() >= enough) {
          break;
        }
        looked++;
        Version row = newest.get(candidate.key().longValue());
        if (row != null && row.matches()) {
          result.add(new Pager.Found<>(position(row), row.key()));
        }
      }
      return new Pager.Looked<>(result, looked);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_every_row_once_in_the_order_of_its_newest_version(boolean descending) {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      Table table = new Table(descending);
      table.enough = seed % 2 == 0 ? 3 : Integer.MAX_VALUE;
      table.leastWindow = seed % 3 * 3_600 * SECOND;
      for (int i = 0; i < 600; i++) {
        table.add(random.nextInt(200), i, random.nextLong(86_400) * SECOND, random.nextInt(4) > 0);
      }
      List<Long> expected =
          table.newest().values().stream()
              .filter(Version::matches)
              .sorted(
                  descending
                      ? Comparator.comparing(Table::position).reversed()
                      : Comparator.comparing(Table::position))
              .map(Version::key)
              .toList();

      assertThat(read(table, descending, 7, () -> {})).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void neither_skips_nor_repeats_while_rows_arrive() {
    Table table = new Table(true);
    Random random = new Random(1);
    Set<Long> before = new HashSet<>();
    for (long key = 0; key < 500; key++) {
      table.add(key, 0, random.nextLong(80_000) * SECOND, true);
      before.add(key);
    }
    long[] next = {1_000};

    List<Long> read =
        read(
            table,
            true,
            20,
            () -> {
              for (int i = 0; i < 15; i++) {
                table.add(next[0]++, 0, random.nextLong(86_400) * SECOND, true);
              }
            });

    assertThat(read).doesNotHaveDuplicates().containsAll(before);
  }

  private static List<Long> read(
      Table table, boolean descending, int limit, Runnable betweenPages) {
    Pager<Long> pager = new Pager<>(table, descending, true, table.leastWindow);
    List<Long> all = new ArrayList<>();
    Position after = null;
    for (int page = 0; page < 1_000; page++) {
      Pager.Page<Long> result = pager.page(after, DAY, limit, 10, Duration.ofMinutes(1));
      all.addAll(result.rows());
      after = result.next();
      if (after == null) {
        return all;
      }
      betweenPages.run();
    }
    throw new AssertionError("paging does not end");
  }
}
