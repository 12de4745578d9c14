package io.tracewell.bench;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Measures how long it takes from the acknowledgement of a trace until the list shows it with all
 * its spans. Few are looked at, and seldom: looking must not become the load.
 */
final class VisibilityProbe implements AutoCloseable {
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int AT_ONCE = 2;

  private final Api api;
  private final Histogram millis = new ConcurrentHistogram(3);
  private final AtomicLong last = new AtomicLong(System.nanoTime());
  private final AtomicLong never = new AtomicLong();
  private final Semaphore slots = new Semaphore(AT_ONCE);

  VisibilityProbe(Api api) {
    this.api = api;
  }

  /** Follows the trace if it is time for the next one. */
  void offer(String traceId, int spans, long acknowledged) {
    long before = last.get();
    if (acknowledged - before < EVERY.toNanos()
        || !last.compareAndSet(before, acknowledged)
        || !slots.tryAcquire()) {
      return;
    }
    Thread.ofVirtual().start(() -> follow(traceId, spans, acknowledged));
  }

  private void follow(String traceId, int spans, long acknowledged) {
    try {
      while (System.nanoTime() - acknowledged < PATIENCE.toNanos()) {
        if (api.spansListed(traceId) >= spans) {
          millis.recordValue((System.nanoTime() - acknowledged) / 1_000_000);
          return;
        }
        // As exact as the goal of a second wants it; later a tenth of the time is exact enough.
        long waited = (System.nanoTime() - acknowledged) / 1_000_000;
        Thread.sleep(Math.max(POLL.toMillis(), waited / 10));
      }
      never.incrementAndGet();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      slots.release();
    }
  }

  /** Milliseconds from acknowledged to visible. */
  Histogram millis() {
    return millis;
  }

  /** Traces that were not there after two minutes. */
  long never() {
    return never.get();
  }

  /** Waits for the traces that are being followed. */
  @Override
  public void close() {
    slots.acquireUninterruptibly(AT_ONCE);
    slots.release(AT_ONCE);
  }
}
