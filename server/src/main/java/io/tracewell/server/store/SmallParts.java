package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import java.util.List;
import java.util.Map;

/**
 * Merges small parts of the tables that lists read, where the engine does not come to it: while
 * spans keep coming in, its threads are busy for half a minute at a time with merging those, and a
 * list looks into every part.
 */
final class SmallParts {
  // After so many it is worth to look.
  private static final int BATCHES = 8;
  // The engine merges ten by itself when it has time.
  private static final int MANY = 16;
  private static final List<String> TABLES = List.of("trace_heads", "span_heads");

  private final ClickHouse clickHouse;
  private long looked;

  SmallParts(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /**
   * Merges once in each table that has many parts of one day.
   *
   * @param batches stored so far
   */
  void round(long batches) {
    if (batches - looked < BATCHES) {
      return;
    }
    looked = batches;
    List<String> many =
        clickHouse.query(
            "SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase() AND active"
                + " AND table IN {tables:Array(String)} GROUP BY table, partition"
                + " HAVING count() >= {many:UInt64}",
            Map.of("tables", TABLES, "many", MANY),
            ClickHouse.Limits.BESIDE_INSERTS,
            row -> row.string("table"));
    for (String table : many) {
      // Of a day, it takes small parts that lie beside one another, as the engine would.
      clickHouse.execute("OPTIMIZE TABLE " + table, Map.of(), ClickHouse.Limits.BESIDE_INSERTS);
    }
  }
}
