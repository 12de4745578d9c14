package io.tracewell.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotsTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final long MINUTE = NOW.getEpochSecond() / 60;

  @TempDir private Path folder;

  @Test
  void aSecondStartFillsOnlyGaps() throws IOException {
    try (Slots slots = Slots.open(folder, 1, MINUTE - 100, NOW)) {
      assertThat(slots.missing(MINUTE - 4, MINUTE, 3))
          .containsExactly(List.of(MINUTE - 1, MINUTE - 2, MINUTE - 3), List.of(MINUTE - 4));
      slots.done(List.of(MINUTE - 2, MINUTE - 3));
      slots.done(List.of(MINUTE - 2));
    }
    try (Slots slots = Slots.open(folder, 1, MINUTE - 100, NOW)) {
      assertThat(slots.missing(MINUTE - 4, MINUTE, 3))
          .containsExactly(List.of(MINUTE - 1, MINUTE - 4));
    }
    // Another seed is another past.
    try (Slots slots = Slots.open(folder, 2, MINUTE - 100, NOW)) {
      assertThat(slots.missing(MINUTE - 4, MINUTE, 10).getFirst()).hasSize(4);
    }
  }

  @Test
  void aLineThatACrashCutIsLeftOut() throws IOException {
    try (Slots slots = Slots.open(folder, 1, MINUTE - 100, NOW)) {
      slots.done(List.of(MINUTE - 1));
    }
    Files.writeString(
        folder.resolve("demo-slots-1.txt"), "done " + MINUTE, StandardOpenOption.APPEND);
    try (Slots slots = Slots.open(folder, 1, MINUTE - 100, NOW)) {
      assertThat(slots.missing(MINUTE - 2, MINUTE, 3)).containsExactly(List.of(MINUTE - 2));
    }
  }

  @Test
  void theIncidentIsOverWhenItIsToldAndStaysWhereItWas() throws IOException {
    long week = MINUTE - 7 * 1440;
    try (Slots slots = Slots.open(folder, 1, week, NOW)) {
      assertThat(slots.incident().day()).hasToString("2026-11-23");
    }
    try (Slots slots = Slots.open(folder, 1, week + 1440, NOW.plusSeconds(86_400))) {
      assertThat(slots.incident().day()).hasToString("2026-11-23");
    }
    try (Slots slots = Slots.open(folder, 1, week + 8 * 1440, NOW.plusSeconds(8 * 86_400))) {
      assertThat(slots.incident().day()).hasToString("2026-12-01");
    }
    try (Slots slots = Slots.open(folder, 2, week, Instant.parse("2026-11-24T20:00:00Z"))) {
      assertThat(slots.incident().day()).hasToString("2026-11-24");
    }
  }
}
