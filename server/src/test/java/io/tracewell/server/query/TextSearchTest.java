package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.server.clickhouse.WordParts.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TextSearchTest {
  private static final long MB = 1 << 20;

  @Test
  void after_a_burst_the_newest_parts_without_an_index_are_read_and_no_more_than_can_be() {
    List<Part> parts =
        List.of(
            new Part("2026-01-01", "yesterday", 900, 900, 0, 10 * MB),
            new Part("2026-01-02", "merged", 1, 40, 1, 4_000 * MB),
            new Part("2026-01-02", "newest", 43, 43, 0, 100 * MB),
            new Part("2026-01-02", "older", 41, 41, 0, 150 * MB),
            new Part("2026-01-02", "newer", 42, 42, 0, 150 * MB),
            new Part("2026-01-02", "", 1, 40, 0, 0));

    assertThat(TextSearch.tooMuch(parts)).containsExactly("older", "yesterday");
    assertThat(TextSearch.tooMuch(parts.subList(0, 3))).isEmpty();
  }
}
