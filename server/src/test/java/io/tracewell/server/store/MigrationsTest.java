package io.tracewell.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.server.clickhouse.ClickHouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

  @Test
  void aDayThatIsOverBecomesOnePart() throws Exception {
    try (TestEngine engine = new TestEngine(directory);
        ClickHouse clickHouse = engine.client()) {
      Migrations.run(clickHouse, 30, 456);
      // So large beside the other that merging them would not pay by itself.
      for (int traces : new int[] {40_000, 1}) {
        execute(
            clickHouse,
            "INSERT INTO trace_heads (project_id, day, trace_key, place_minute, input_preview)"
                + " SELECT 'default', yesterday(), number, toDateTime(yesterday()),"
                + " randomString(2000) FROM numbers("
                + traces
                + ")");
      }
      assertThat(parts(clickHouse)).isEqualTo(2);
    }
    // The age of a part is that of its folder.
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path part :
          files
              .filter(file -> file.getFileName().toString().matches("\\d{8}_\\d+_\\d+_\\d+"))
              .toList()) {
        Files.setLastModifiedTime(part, FileTime.from(Instant.now().minus(Duration.ofHours(7))));
      }
    }
    try (TestEngine engine = new TestEngine(directory);
        ClickHouse clickHouse = engine.client()) {
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (parts(clickHouse) > 1 && System.nanoTime() < end) {
        Thread.sleep(200);
      }
      assertThat(parts(clickHouse)).isEqualTo(1);
    }
  }

  private static long parts(ClickHouse clickHouse) {
    return clickHouse
        .query(
            "SELECT count() AS parts FROM system.parts WHERE active AND table = 'trace_heads' AND"
                + " database = currentDatabase()",
            Map.of(),
            ClickHouse.Limits.DEFAULT,
            row -> row.int64("parts"))
        .getFirst();
  }

  private static void execute(ClickHouse clickHouse, String sql) {
    clickHouse.execute(sql, Map.of(), ClickHouse.Limits.DEFAULT);
  }
}
