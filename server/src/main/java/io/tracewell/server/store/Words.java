package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.WordParts;
import io.tracewell.server.clickhouse.WordParts.Part;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies the words of the index into a table that is fast to look through, part by part behind the
 * inserts. A search reads from the index what is not copied yet.
 */
final class Words {
  private final ClickHouse clickHouse;

  Words(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /**
   * Copies the words of one part.
   *
   * @return false where there is nothing to copy
   */
  boolean round() {
    Optional<Part> next =
        WordParts.unread(parts()).stream()
            .max(Comparator.comparingLong(part -> part.last() - part.first()));
    if (next.isEmpty()) {
      return false;
    }
    Part part = next.get();
    clickHouse.execute(
        "INSERT INTO words (day, word) SELECT DISTINCT toDate({day:String}), token FROM"
            + " mergeTreeTextIndex(currentDatabase(), 'spans', 'words') WHERE part_name ="
            + " {part:String}",
        Map.of("day", part.day(), "part", part.name()),
        ClickHouse.Limits.BESIDE_INSERTS);
    // A part that was merged meanwhile may have been gone before it was read.
    if (parts().stream().anyMatch(now -> now.name().equals(part.name()))) {
      clickHouse.execute(
          "INSERT INTO word_blocks (day, first, last) SELECT toDate({day:String}),"
              + " {first:UInt64}, {last:UInt64}",
          Map.of("day", part.day(), "first", part.first(), "last", part.last()),
          ClickHouse.Limits.BESIDE_INSERTS);
    }
    return true;
  }

  private List<Part> parts() {
    return clickHouse.query(
        WordParts.SQL,
        Map.of("day", "1970-01-01"),
        ClickHouse.Limits.BESIDE_INSERTS,
        WordParts::part);
  }
}
