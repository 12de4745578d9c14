package io.tracewell.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.server.clickhouse.ClickHouse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
  private static final List<String> UNTIL_TOKENS = Migrations.FILES.subList(0, 8);

  @TempDir private Path directory;

  @Test
  void tracesOfAnEarlierServerStayWhenTheirTableIsOrderedAnew() throws IOException {
    try (TestEngine engine = new TestEngine(directory);
        ClickHouse clickHouse = engine.client()) {
      Migrations.run(clickHouse, 30, 456, UNTIL_TOKENS);
      // Two versions of one trace, and another day.
      execute(
          clickHouse,
          "INSERT INTO traces (project_id, day, trace_key, ver, place_minutes, name) VALUES"
              + " ('default', today(), 1, 1, [toDateTime(today()) + 60], 'old'),"
              + " ('default', today(), 1, 2, [toDateTime(today()) + 60], 'new'),"
              + " ('default', yesterday(), 2, 1, [toDateTime(yesterday())], 'other')");

      Migrations.run(clickHouse, 30, 456);
      // Once more, as after a crash between the statements and the note that they ran.
      execute(
          clickHouse,
          "ALTER TABLE schema_version DELETE WHERE version >= 10 SETTINGS mutations_sync = 1");
      Migrations.run(clickHouse, 30, 456);

      assertThat(
              clickHouse.query(
                  "SELECT concat(name, ' ', toString(toMinute(place_minute))) AS found"
                      + " FROM trace_heads FINAL ORDER BY trace_key",
                  Map.of(),
                  ClickHouse.Limits.DEFAULT,
                  row -> row.string("found")))
          .containsExactly("new 1", "other 0");
      assertThat(
              clickHouse.query(
                  "SELECT count() AS tables FROM system.tables WHERE database = currentDatabase()"
                      + " AND name = 'traces'",
                  Map.of(),
                  ClickHouse.Limits.DEFAULT,
                  row -> row.int64("tables")))
          .containsExactly(0L);
    }
  }

  private static void execute(ClickHouse clickHouse, String sql) {
    clickHouse.execute(sql, Map.of(), ClickHouse.Limits.DEFAULT);
  }
}
