package io.tracewell.server.query;

import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouse.Limits;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.http.ApiException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Runs queries within bounds, and says in the caller's terms what the engine refused. */
final class Reader {
  /** ClickHouse's TIMEOUT_EXCEEDED. */
  static final int TIMEOUT = 159;

  private static final int TOO_MANY_ROWS = 158;
  private static final int MEMORY = 241;
  private static final int TOO_MANY_ROWS_OR_BYTES = 396;
  private static final int TOO_SLOW = 160;

  private final ClickHouse clickHouse;
  private static final int READ_BUFFER_BYTES = 16 << 10;
  private static final int PIECE_ROWS = 8_192;
  private static final int PIECE_BYTES = 1 << 20;

  private final Duration timeout;
  private final long maxMemoryBytes;
  private final int maxRows;

  Reader(ClickHouse clickHouse, Duration timeout, long maxMemoryBytes, int maxRows) {
    this.clickHouse = clickHouse;
    this.timeout = timeout;
    this.maxMemoryBytes = maxMemoryBytes;
    this.maxRows = maxRows;
  }

  /** How long a query may take. */
  Duration timeout() {
    return timeout;
  }

  /** Runs a query within the default bounds. */
  <T> List<T> query(String sql, Params params, Function<Row, T> mapper) {
    return query(sql, params, timeout, mapper);
  }

  /**
   * Runs a query within a time of its own.
   *
   * @throws ApiException 503 where the engine does not answer, 504 where it took too long
   */
  <T> List<T> query(String sql, Params params, Duration limit, Function<Row, T> mapper) {
    try {
      return tryQuery(sql, params, limit, mapper);
    } catch (ClickHouseException e) {
      throw translate(e, limit);
    }
  }

  /** As {@link #query}, but the engine's refusal is left to the caller. */
  <T> List<T> tryQuery(String sql, Params params, Duration limit, Function<Row, T> mapper) {
    Duration bounded = limit.compareTo(timeout) < 0 ? limit : timeout;
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "max_execution_time", Double.toString(Math.max(0.05, bounded.toMillis() / 1000.0)));
    settings.put("max_result_rows", Integer.toString(maxRows));
    settings.put("max_memory_usage", Long.toString(maxMemoryBytes));
    settings.put("max_bytes_before_external_group_by", Long.toString(maxMemoryBytes / 2));
    settings.put("max_bytes_before_external_sort", Long.toString(maxMemoryBytes / 2));
    // Rows of a page lie scattered: with buffers of 128 KiB (the default), most of what is read is
    // not looked at.
    settings.put("max_read_buffer_size_local_fs", Integer.toString(READ_BUFFER_BYTES));
    if (sql.contains("FROM trace_heads")) {
      // Its parts are small and many when much comes in. The engine would start a thread for each,
      // which takes longer than to look at them.
      settings.put("max_threads_for_indexes", "1");
      // By default, threads share no fewer than 163,840 rows: as many as a day may have of traces.
      // Where the index narrows what is read, smaller pieces cost more than they save.
      if (sql.contains("GROUP BY")) {
        settings.put("merge_tree_min_rows_for_concurrent_read", Integer.toString(PIECE_ROWS));
        settings.put("merge_tree_min_bytes_for_concurrent_read", Integer.toString(PIECE_BYTES));
      }
    }
    // A filter that grows with the top rows keeps the word index from being used (157 against 12
    // ms).
    if (sql.contains("Tokens(")) {
      settings.put("use_top_k_dynamic_filtering", "0");
    }
    return clickHouse.query(
        sql, params.values(), new Limits(bounded.plusSeconds(2), settings), mapper);
  }

  static ApiException translate(ClickHouseException e, Duration limit) {
    return switch (e.code()) {
      case TIMEOUT, TOO_SLOW ->
          new ApiException(
              504,
              "timeout",
              "The query took longer than "
                  + seconds(limit)
                  + " and was stopped. Narrow the time range, or filter by application.");
      case MEMORY, TOO_MANY_ROWS, TOO_MANY_ROWS_OR_BYTES ->
          new ApiException(
              504,
              "too_large",
              "The query needs more memory or returns more rows than one query may. Narrow the time range, or filter"
                  + " by application.");
      default -> {
        if (e.retryable() || e.code() == ClickHouseException.UNREACHABLE) {
          yield ApiException.unavailable(
              "The store does not answer at the moment. What is sent is kept and will appear. Try again in 2 s.",
              2);
        }
        throw e;
      }
    };
  }

  private static String seconds(Duration limit) {
    return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
  }
}
