package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Merges small parts of the tables that lists read, where the engine does not come to it: while
 * spans keep coming in, its threads are busy for half a minute at a time with merging those, and a
 * list looks into every part.
 */
final class SmallParts {
  /** Batches after which it is worth to look. */
  static final int BATCHES = 8;

  // The engine merges ten by itself when it has time.
  private static final int MANY = 16;
  private static final List<String> TABLES = List.of("trace_heads", "span_heads");
  private static final ClickHouse.Limits LIMITS =
      new ClickHouse.Limits(Duration.ofMinutes(2), Map.of("max_threads", "1"));

  private final ClickHouse clickHouse;

  SmallParts(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /** Merges once in each table that has many parts of one day. */
  void round() {
    List<String> many =
        clickHouse.query(
            "SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase() AND active"
                + " AND table IN {tables:Array(String)} GROUP BY table, partition"
                + " HAVING count() >= {many:UInt64}",
            Map.of("tables", TABLES, "many", MANY),
            LIMITS,
            row -> row.string("table"));
    for (String table : many) {
      // Of a day, it takes small parts that lie beside one another, as the engine would.
      clickHouse.execute("OPTIMIZE TABLE " + table, Map.of(), LIMITS);
    }
  }
}
