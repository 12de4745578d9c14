package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Keeps the minute rollups: reads from the commit log which minutes were touched and computes them
 * anew from the heads. Rows of a generation are written first; one row then names the generation,
 * so that readers never see half of it, and groups that are gone are gone.
 */
final class Rollups {
  private static final String FOLLOWER = "metrics_1m";
  private static final ClickHouse.Limits LIMITS =
      new ClickHouse.Limits(
          Duration.ofMinutes(2), Map.of("max_threads", "1", "max_execution_time", "110"));
  private static final Duration HOT = Duration.ofMinutes(3);
  private static final Duration LATE_DELAY = Duration.ofSeconds(60);
  private static final Duration CLEAN_EVERY = Duration.ofMinutes(5);
  private static final int MINUTES_A_STATEMENT = 240;
  private static final int ROWS_A_READ = 50_000;

  private final ClickHouse clickHouse;
  private final Clock clock;
  private final int retentionDays;
  private final Map<Minute, Dirty> dirty = new LinkedHashMap<>();
  private final Map<UUID, Long> read = new HashMap<>();
  private final Map<UUID, Long> saved = new HashMap<>();
  private long cleaned;
  private long lastGeneration;

  private record Minute(String project, String app, long minute) {}

  private record Touch(UUID server, long seq, Minute minute) {}

  // Since when it waits, and for which batches at the least.
  private record Dirty(long since, Map<UUID, Long> firstSeq) {}

  Rollups(ClickHouse clickHouse, Clock clock, int retentionDays) {
    this.clickHouse = clickHouse;
    this.clock = clock;
    this.retentionDays = retentionDays;
    cleaned = clock.millis();
  }

  /**
   * Computes what is due.
   *
   * @param all also what would wait otherwise
   */
  synchronized void round(boolean all) {
    readLog();
    long now = clock.millis();
    Map<String, Map<String, List<Long>>> due = new HashMap<>();
    Iterator<Map.Entry<Minute, Dirty>> entries = dirty.entrySet().iterator();
    List<Minute> taken = new ArrayList<>();
    while (entries.hasNext()) {
      Map.Entry<Minute, Dirty> entry = entries.next();
      Minute minute = entry.getKey();
      boolean hot = now - minute.minute() * 1000 < HOT.toMillis();
      if (minute.minute() * 1000 < now - Duration.ofDays(retentionDays).toMillis()) {
        // Its spans have expired: computed anew, history would become zero.
        entries.remove();
      } else if (all || hot || now - entry.getValue().since() >= LATE_DELAY.toMillis()) {
        taken.add(minute);
        due.computeIfAbsent(minute.project(), p -> new HashMap<>())
            .computeIfAbsent(minute.app(), a -> new ArrayList<>())
            .add(minute.minute());
      }
    }
    due.forEach(
        (project, apps) ->
            apps.forEach(
                (app, minutes) -> {
                  for (int i = 0; i < minutes.size(); i += MINUTES_A_STATEMENT) {
                    compute(
                        project,
                        app,
                        minutes.subList(i, Math.min(minutes.size(), i + MINUTES_A_STATEMENT)));
                  }
                }));
    taken.forEach(dirty::remove);
    saveCursors();
    if (now - cleaned > CLEAN_EVERY.toMillis()) {
      clean(now);
      cleaned = now;
    }
  }

  private void readLog() {
    List<UUID> servers =
        clickHouse.query(
            "SELECT DISTINCT toString(server_id) AS server FROM ingest_log",
            Map.of(),
            LIMITS,
            row -> UUID.fromString(row.string("server")));
    for (UUID server : servers) {
      long from =
          read.computeIfAbsent(
              server,
              s -> {
                long cursor = Cursors.read(clickHouse, FOLLOWER, s);
                saved.put(s, cursor);
                return cursor;
              });
      // A server's log is written by one thread in order, so nothing can appear before what is
      // there.
      List<Touch> touches =
          clickHouse.query(
              "SELECT seq, project_id, place_app, toUnixTimestamp(minute) AS at FROM ingest_log"
                  + " WHERE server_id = {server:UUID} AND seq > {seq:UInt64} ORDER BY seq"
                  + " LIMIT {limit:UInt64} WITH TIES",
              Map.of("server", server.toString(), "seq", from, "limit", ROWS_A_READ),
              LIMITS,
              row ->
                  new Touch(
                      server,
                      row.int64("seq"),
                      new Minute(
                          row.string("project_id"), row.string("place_app"), row.int64("at"))));
      long now = clock.millis();
      for (Touch touch : touches) {
        read.put(server, touch.seq());
        if (!touch.minute().project().isEmpty()) {
          dirty
              .computeIfAbsent(touch.minute(), m -> new Dirty(now, new HashMap<>()))
              .firstSeq()
              .putIfAbsent(server, touch.seq());
        }
      }
    }
  }

  private void compute(String project, String app, List<Long> minutes) {
    long generation = Math.max(clock.millis(), lastGeneration + 1);
    lastGeneration = generation;
    Map<String, Object> parameters =
        Map.of(
            "project",
            project,
            "app",
            app,
            "minutes",
            List.copyOf(minutes),
            "first",
            minutes.stream().mapToLong(Long::longValue).min().orElseThrow(),
            "last",
            minutes.stream().mapToLong(Long::longValue).max().orElseThrow(),
            "generation",
            generation);
    String where =
        " project_id = {project:String} AND place_app = {app:String} AND place_minute BETWEEN"
            + " toDateTime({first:UInt32}, 'UTC') AND toDateTime({last:UInt32}, 'UTC')"
            + " AND toUnixTimestamp(place_minute) IN {minutes:Array(UInt32)}";
    clickHouse.execute(
        "INSERT INTO metrics_1m (project_id, application, minute, generation, name, kind, model,"
            + " provider, environment, service_version, status, error_type, is_root, spans, errors,"
            + " input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,"
            + " reasoning_tokens, cost, unpriced, duration, ttft)"
            + " SELECT project_id, place_app, place_minute, {generation:UInt64}, name, kind, model,"
            + " provider, environment, service_version, status, error_type, parent_key = 0, count(),"
            + " countIf(status = 'error'),"
            + " sumIf(greatest(input_tokens, 0), counted),"
            + " sumIf(greatest(cache_read_tokens, 0), counted),"
            + " sumIf(greatest(cache_write_tokens, 0), counted),"
            + " sumIf(greatest(output_tokens, 0), counted),"
            + " sumIf(greatest(reasoning_tokens, 0), counted),"
            + " sumIf(ifNull(cost, toDecimal128(0, 12)), counted),"
            + " countIf(counted AND cost IS NULL AND (input_tokens >= 0 OR output_tokens >= 0)),"
            + " quantilesDDState(0.01, 0.5, 0.95, 0.99)(toFloat64(toUnixTimestamp64Nano(end) -"
            + " toUnixTimestamp64Nano(start))),"
            + " quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(toFloat64(ttft_ns), ttft_ns >= 0)"
            + " FROM (SELECT *, (trace_key, span_key) NOT IN (SELECT trace_key, span_key FROM"
            + " span_uncounted FINAL WHERE"
            + where
            + " AND uncounted) AS counted FROM span_heads FINAL WHERE"
            + where
            + ") GROUP BY project_id, place_app, place_minute, name, kind, model, provider,"
            + " environment, service_version, status, error_type, parent_key = 0",
        parameters,
        LIMITS);
    clickHouse.execute(
        "INSERT INTO rollup_current (project_id, application, minute, generation)"
            + " SELECT {project:String}, {app:String}, toDateTime(arrayJoin("
            + "{minutes:Array(UInt32)}), 'UTC'), {generation:UInt64}",
        parameters,
        LIMITS);
  }

  private void saveCursors() {
    read.forEach(
        (server, seq) -> {
          long done = seq;
          for (Dirty waiting : dirty.values()) {
            done = Math.min(done, waiting.firstSeq().getOrDefault(server, Long.MAX_VALUE) - 1);
          }
          if (done > saved.getOrDefault(server, 0L)) {
            Cursors.write(clickHouse, FOLLOWER, server, done);
            saved.put(server, done);
          }
        });
  }

  // Rows of generations that no longer count. A query that began before a switch still finds its
  // rows.
  private void clean(long now) {
    clickHouse.execute(
        "DELETE FROM metrics_1m WHERE generation < {before:UInt64} AND generation > {after:UInt64}"
            + " AND (project_id, application, minute, generation) NOT IN (SELECT project_id,"
            + " application, minute, generation FROM rollup_current FINAL)",
        Map.of(
            "before", now - Duration.ofMinutes(2).toMillis(),
            "after", now - Duration.ofDays(1).toMillis()),
        new ClickHouse.Limits(
            Duration.ofMinutes(2), Map.of("lightweight_deletes_sync", "0", "max_threads", "1")));
  }
}
