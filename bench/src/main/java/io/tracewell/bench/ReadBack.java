package io.tracewell.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** Reads back which spans are stored and compares them with those that were acknowledged. */
final class ReadBack {
  private ReadBack() {}

  /**
   * What was found.
   *
   * @param lost acknowledged and not stored
   * @param doubled stored more than once, after replacing versions of the same row
   * @param extra stored and not acknowledged: the outcome of their request was unknown
   * @param inRollups spans that the minute rollups count; -1 where they were not looked at
   * @param inTraces spans that the traces count
   */
  record Findings(
      long acknowledged,
      long stored,
      long lost,
      long doubled,
      long extra,
      long inRollups,
      long inTraces) {}

  /** Compares all spans of a run. {@code run} is their service.version. */
  static Findings compare(Engine engine, String run, long[] acknowledgedSorted) throws IOException {
    LongList found = new LongList();
    String query =
        "SELECT span_key FROM spans WHERE service_version = '" + run + "' FORMAT RowBinary";
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(engine.stream(query, Map.of()), 1 << 16))) {
      while (true) {
        found.add(Long.reverseBytes(in.readLong()));
      }
    } catch (EOFException end) {
      // All of them are read.
    }
    long rollups =
        engine.number(
            "SELECT sum(spans) FROM metrics_1m WHERE service_version = '"
                + run
                + "' AND (project_id, application, minute, generation) IN"
                + " (SELECT project_id, application, minute, max(generation) FROM rollup_current"
                + " GROUP BY project_id, application, minute)");
    long traces =
        engine.number(
            "SELECT sum(span_count) FROM trace_heads FINAL WHERE service_version = '" + run + "'");
    return compare(acknowledgedSorted, found.sorted(), rollups, traces);
  }

  /** Compares two sorted lists of span keys. */
  static Findings compare(long[] acknowledged, long[] stored, long rollups, long traces) {
    long doubled = 0;
    long distinct = 0;
    for (int i = 0; i < stored.length; i++) {
      if (i > 0 && stored[i] == stored[i - 1]) {
        doubled++;
      } else {
        distinct++;
      }
    }
    long lost = 0;
    for (long id : acknowledged) {
      if (Arrays.binarySearch(stored, id) < 0) {
        lost++;
      }
    }
    return new Findings(
        acknowledged.length,
        stored.length,
        lost,
        doubled,
        distinct - (acknowledged.length - lost),
        rollups,
        traces);
  }

  /** Spans of a run that can be read now. */
  static long count(Engine engine, String run) throws IOException {
    return engine.number("SELECT count() FROM spans WHERE service_version = '" + run + "'");
  }
}
