package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Brings the tables of a database up to date. Every statement may run again: two servers may start
 * at once, and a crash may fall between a migration and the note that it ran.
 */
final class Migrations {
  /** In their order. */
  static final List<String> FILES =
      List.of(
          "001_spans.sql",
          "002_evaluations.sql",
          "003_usage.sql",
          "004_aliases.sql",
          "005_words.sql",
          "006_recompress.sql",
          "007_search.sql",
          "008_tokens.sql",
          "009_traces.sql",
          "010_traces.sql",
          "011_whole_days.sql");

  private static final ClickHouse.Limits LIMITS =
      // An index of all that is stored may have to be made anew.
      new ClickHouse.Limits(Duration.ofHours(12), Map.of());
  // Every part is synced, merged ones too, and parts that were merged stay until the new one is
  // safe.
  private static final String DURABLE =
      "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,"
          + " min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480,"
          + " non_replicated_deduplication_window = 10000,"
          // One file a part, not two a column: with every part synced, files are most of an insert.
          + " min_bytes_for_wide_part = 268435456, min_rows_for_wide_part = 1000000";

  // Only what stands between quotes in JSON may be read past: Writer sees to it that no other
  // escape is in a text which is indexed as it was sent. Of ASCII, the tokenizer joins words by
  // the last four alone.
  private static final String SEARCHABLE =
      "translate(lowerUTF8(replaceAll(replaceAll(replaceAll(if(empty(search_text), concat(system,"
          + " ' ', input, ' ', output, ' ', documents), search_text), '\\\\n', ' '), '\\\\t',"
          + " ' '), '\\\\r', ' ')), '_.:\\'', '    ')";

  private Migrations() {}

  /** Runs what has not run yet. */
  static void run(ClickHouse clickHouse, int spanDays, int rollupDays) {
    run(clickHouse, spanDays, rollupDays, FILES);
  }

  /** The same of the first files, as a server of some time ago did. */
  static void run(ClickHouse clickHouse, int spanDays, int rollupDays, List<String> files) {
    Map<String, String> values =
        Map.of(
            "merge_tree",
            "MergeTree",
            "replacing_merge_tree",
            "ReplacingMergeTree",
            "durable",
            DURABLE,
            "searchable",
            SEARCHABLE,
            "retention_spans_days",
            Integer.toString(spanDays),
            "retention_rollups_days",
            Integer.toString(rollupDays));
    clickHouse.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version UInt32, name String, applied"
            + " DateTime('UTC') DEFAULT now()) ENGINE = ReplacingMergeTree ORDER BY version",
        Map.of(),
        LIMITS);
    Set<Long> done =
        new HashSet<>(
            clickHouse.query(
                "SELECT version FROM schema_version",
                Map.of(),
                LIMITS,
                row -> row.int64("version")));
    for (String file : files) {
      long version = Long.parseLong(file.substring(0, 3));
      if (done.contains(version)) {
        continue;
      }
      for (String statement : statements(read(file))) {
        clickHouse.execute(fill(statement, values), Map.of(), LIMITS);
      }
      clickHouse.execute(
          "INSERT INTO schema_version (version, name) SELECT {version:UInt32}, {name:String}",
          Map.of("version", version, "name", file),
          LIMITS);
    }
  }

  /** The statements of a file; each ends with a semicolon at the end of a line. */
  static List<String> statements(String sql) {
    List<String> statements = new ArrayList<>();
    StringBuilder statement = new StringBuilder();
    for (String line : sql.split("\n")) {
      int comment = line.startsWith("--") ? 0 : line.indexOf(" -- ");
      String code = (comment < 0 ? line : line.substring(0, comment)).stripTrailing();
      if (code.endsWith(";")) {
        statement.append(code, 0, code.length() - 1);
        statements.add(statement.toString().strip());
        statement.setLength(0);
      } else if (!code.isEmpty()) {
        statement.append(code).append('\n');
      }
    }
    if (!statement.toString().isBlank()) {
      throw new IllegalStateException("a migration ends without a semicolon");
    }
    return statements;
  }

  private static String fill(String statement, Map<String, String> values) {
    String filled = statement;
    for (Map.Entry<String, String> value : values.entrySet()) {
      filled = filled.replace("${" + value.getKey() + "}", value.getValue());
    }
    if (filled.contains("${")) {
      throw new IllegalStateException("a migration names a value that nobody knows");
    }
    return filled;
  }

  private static String read(String file) {
    try (InputStream in = Migrations.class.getResourceAsStream("migrations/" + file)) {
      if (in == null) {
        throw new IllegalStateException("migration " + file + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
