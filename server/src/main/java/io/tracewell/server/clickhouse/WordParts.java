package io.tracewell.server.clickhouse;

import io.tracewell.server.clickhouse.ClickHouse.Row;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which parts of {@code spans} have their words in the table {@code words}. To look for a part of a
 * word, all words of the index must be looked at, and reading them from the index itself takes
 * twenty times as long as from a table.
 *
 * <p>What was read is noted by numbers of blocks: they stay when parts are merged.
 */
public final class WordParts {
  /**
   * Reads a {@link Part} a row: those of {@code spans} that are there, and, without a name, what
   * was read. Parameter {@code day}: the first, as 2026-01-31. A part from which all has expired
   * stays for a while, empty.
   */
  public static final String SQL =
      "SELECT partition AS place_day, name, min_block_number AS first, max_block_number AS last, level, data_uncompressed_bytes AS bytes"
          + " FROM system.parts WHERE active AND rows > 0 AND"
          + " database = currentDatabase() AND table = 'spans' AND partition >= {day:String} UNION"
          + " ALL SELECT toString(day) AS place_day, '' AS name, toInt64(first), toInt64(last), 0 AS level, 0 AS bytes"
          + " FROM word_blocks WHERE day >= toDate({day:String})";

  private WordParts() {}

  /**
   * A part, or a range of blocks that was read.
   *
   * @param name empty where it was read
   * @param level how often it was merged
   * @param bytes size of its columns before compression
   */
  public record Part(String day, String name, long first, long last, long level, long bytes) {
    /**
     * Whether it is a part that has the index. Those that were not merged yet may have been
     * inserted without.
     */
    public boolean indexed() {
      return level > 0;
    }
  }

  /** A row of {@link #SQL}. */
  public static Part part(Row row) {
    return new Part(
        row.string("place_day"),
        row.string("name"),
        row.int64("first"),
        row.int64("last"),
        row.int64("level"),
        row.int64("bytes"));
  }

  /** Those parts with an index and a block that was not read yet. */
  public static List<Part> unread(List<Part> rows) {
    Map<String, List<Part>> readByDay = new HashMap<>();
    List<Part> parts = new ArrayList<>();
    for (Part row : rows) {
      if (row.name().isEmpty()) {
        readByDay.computeIfAbsent(row.day(), day -> new ArrayList<>()).add(row);
      } else if (row.indexed()) {
        parts.add(row);
      }
    }
    readByDay.values().forEach(read -> read.sort(Comparator.comparingLong(Part::first)));
    return parts.stream()
        .filter(part -> !isRead(part, readByDay.getOrDefault(part.day(), List.of())))
        .toList();
  }

  private static boolean isRead(Part part, List<Part> read) {
    long next = part.first();
    for (Part range : read) {
      if (range.first() <= next && range.last() >= next) {
        next = range.last() + 1;
      }
    }
    return next > part.last();
  }
}
