package io.tracewell.bench;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How fast the engine alone takes the rows that the server has just stored: the same batches, in
 * the Native format as the server sends them, into a table with the same columns, indexes and
 * syncing, with nothing else running. What is left out is everything the server does: decoding,
 * normalising, pricing, spool, heads, traces, rollups.
 */
final class EngineLimit {
  private static final String TABLE = "bench_limit";

  /** Bytes on the wire of the spans that are inserted again and again. */
  private static final long MAX_BYTES = 100_000_000;

  /** Rows of them: a small span is several times as large in a row as on the wire. */
  private static final long MAX_ROWS = 50_000;

  /**
   * Figures of a run.
   *
   * @param batchRows rows a batch, on average
   */
  record Result(double rowsPerSecond, long rows, int batchRows, double engineCpuSeconds) {}

  private EngineLimit() {}

  /**
   * Measures.
   *
   * @param connections inserts at a time
   * @param watch the engine's process
   */
  static Result measure(Engine engine, Duration duration, int connections, ProcessWatch watch)
      throws IOException, InterruptedException {
    List<byte[]> batches = new ArrayList<>();
    int rowsInBatches = read(engine, batches);
    if (batches.isEmpty()) {
      throw new IOException("there is nothing in the table spans to insert again");
    }
    engine.execute("DROP TABLE IF EXISTS " + TABLE, Map.of());
    engine.execute("CREATE TABLE " + TABLE + " AS spans", Map.of());
    try {
      double cpu = watch.cpuSeconds();
      long start = System.nanoTime();
      long deadline = start + duration.toNanos();
      AtomicInteger next = new AtomicInteger();
      AtomicLong done = new AtomicLong();
      AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      while (System.nanoTime() < deadline && failure.get() == null) {
                        int number = next.getAndIncrement();
                        try {
                          // A token of its own each time, or the repetition would be dropped.
                          engine.insert(
                              TABLE, batches.get(number % batches.size()), "bench:" + number);
                          done.incrementAndGet();
                        } catch (IOException e) {
                          failure.compareAndSet(null, e);
                        }
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      IOException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      double perBatch = (double) rowsInBatches / batches.size();
      long rows = (long) (done.get() * perBatch);
      return new Result(rows / seconds, rows, (int) perBatch, watch.cpuSeconds() - cpu);
    } finally {
      engine.execute("DROP TABLE IF EXISTS " + TABLE + " SYNC", Map.of());
    }
  }

  /** Fills {@code batches} with the newest ones the server wrote; returns the number of rows. */
  private static int read(Engine engine, List<byte[]> batches) throws IOException {
    // The newest batches, as many as fit: (server_id, seq) is one batch of the server.
    long bytes = 0;
    int rows = 0;
    for (String[] row :
        engine.rows(
            "SELECT seq, sum(size_bytes), count() FROM spans GROUP BY seq ORDER BY seq DESC LIMIT"
                + " 5000")) {
      String query = "SELECT * FROM spans WHERE seq = " + row[0] + " FORMAT Native";
      try (InputStream in = engine.stream(query, Map.of("max_threads", "1"))) {
        batches.add(in.readAllBytes());
      }
      bytes += Long.parseLong(row[1]);
      rows += Integer.parseInt(row[2]);
      if (bytes > MAX_BYTES || rows > MAX_ROWS) {
        break;
      }
    }
    return rows;
  }
}
