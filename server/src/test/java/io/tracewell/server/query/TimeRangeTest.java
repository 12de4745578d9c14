package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeRangeTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "now-1h, 2026-11-24T11:00:00Z",
    "now-7d, 2026-11-17T12:00:00Z",
    "now-90s, 2026-11-24T11:58:30Z",
    "2026-11-24T10:00:00+01:00, 2026-11-24T09:00:00Z",
    "2026-11-20, 2026-11-20T00:00:00Z",
    "1795520000000, 2026-11-24T11:33:20Z"
  })
  void reads_every_form(String from, Instant expected) {
    TimeRange range = TimeRange.parse(from, null, "now-1h", NOW);

    assertThat(Instant.ofEpochSecond(0, range.from())).isEqualTo(expected);
    assertThat(Instant.ofEpochSecond(0, range.to())).isEqualTo(NOW);
  }

  @Test
  void says_what_is_expected() {
    assertThatThrownBy(() -> TimeRange.parse("yesterday", null, "now-1h", NOW))
        .hasMessageStartingWith("“from” can't be read. Use now-1h");
    assertThatThrownBy(() -> TimeRange.parse("now", "now-1h", "now-1h", NOW))
        .hasMessageContaining("The time range is empty");
    assertThatThrownBy(() -> TimeRange.parse("now-999999999w", null, "now-1h", NOW))
        .hasMessageStartingWith("“from” can't be read");
  }
}
