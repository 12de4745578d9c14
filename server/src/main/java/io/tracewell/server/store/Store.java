package io.tracewell.server.store;

import io.tracewell.core.MessageText;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.SpanSink;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.spool.DiskFiles;
import io.tracewell.server.spool.Spool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes batches durably into the spool and brings them into the tables. The engine may be down when
 * it starts, and at any time: intake goes on as long as the spool has room.
 */
public final class Store implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);
  private static final Duration ROLLUP_EVERY = Duration.ofSeconds(5);
  // A busy minute is read whole, again and again: for at most so small a part of the time.
  private static final int ROLLUP_PART = 12;
  private static final Duration ROLLUP_AT_LEAST_EVERY = Duration.ofSeconds(30);
  private static final Duration A_MOMENT = Duration.ofMillis(250);
  // Of a burst too, there are moments in which nothing waits.
  private static final int QUIET_MOMENTS = 4;
  private static final Duration WORDS_EVERY = Duration.ofSeconds(5);
  // Behind by more, everything that is not intake waits.
  private static final int BUSY_SPANS = 20_000;
  // Those that came in while a batch was gathered: more than what can be indexed at once.
  private static final int BEHIND_SPANS = 750;
  private static final Duration PARTS_EVERY = Duration.ofSeconds(1);
  private static final Duration LOGS_EVERY = Duration.ofMillis(250);
  private static final Duration FLUSH = Duration.ofSeconds(10);

  private final ClickHouse clickHouse;
  private final Options options;
  private final Spool spool;
  private final Writer writer;
  private final LogFollower logFollower;
  private final Rollups rollups;
  private final Words words;
  private final SmallParts smallParts;
  private final List<Thread> threads = new ArrayList<>();

  // Of the writing thread: the batch of which the spans are being stored, and the one before, of
  // which the rest is.
  private @Nullable Storing inserting;
  private @Nullable Storing finishing;

  private volatile boolean started;
  private volatile boolean closing;
  // The tables are up to date and what the followers need is read.
  private volatile boolean open;
  private volatile boolean storing;
  private final AtomicLong batches = new AtomicLong();
  private volatile long flushDeadline;
  private volatile @Nullable String lastError;

  /**
   * Bounds.
   *
   * @param retentionDays how long spans are kept
   * @param rollupDays how long minute rollups are kept
   * @param windowSpans spans of the newest traces kept in memory, some 400 bytes each
   * @param batchSpans spans of one insert, at most
   * @param batchBytes size of one insert before compression, about. Larger ones cost less a span:
   *     half of what an insert of 3,000 small spans takes is the same for any number
   * @param linger how long spans wait for others to be inserted with
   * @param pace how much later senders are answered, at most, while more than half a batch waits to
   *     be stored
   * @param spool bounds of the spool
   */
  public record Options(
      int retentionDays,
      int rollupDays,
      int windowSpans,
      int batchSpans,
      long batchBytes,
      Duration linger,
      Duration pace,
      Spool.Options spool) {
    /** 30 days of spans, 15 months of rollups. */
    public static final Options DEFAULT =
        new Options(
            30,
            456,
            200_000,
            8_000,
            16 << 20,
            Duration.ofMillis(150),
            Duration.ofSeconds(1),
            Spool.Options.DEFAULT);
  }

  /**
   * How the store is.
   *
   * @param refusing true while intake is refused
   * @param storing true while the tables take what comes; false while the engine is down or
   *     starting
   * @param waitingSpans spans taken in but not stored yet
   * @param quarantined rows that the engine refused for good
   * @param lastError what is wrong, or null
   */
  public record State(
      long spoolBytes,
      long maxBytes,
      boolean refusing,
      boolean storing,
      long waitingSpans,
      long quarantined,
      @Nullable String lastError) {}

  /**
   * Opens the spool in {@code spoolDirectory}; intake works from here on.
   *
   * @param texts reads what search needs of a span from its content
   */
  public Store(
      ClickHouse clickHouse,
      Path spoolDirectory,
      Options options,
      TraceEvents events,
      SpanLogMerger merger,
      Function<Span, List<MessageText>> texts,
      Clock clock)
      throws IOException {
    this.clickHouse = clickHouse;
    this.options = options;
    spool = new Spool(new DiskFiles(spoolDirectory), options.spool(), texts, clock);
    writer =
        new Writer(
            clickHouse, spool, events, merger, options.retentionDays(), options.windowSpans());
    logFollower = new LogFollower(clickHouse, spool, merger);
    rollups = new Rollups(clickHouse, clock, options.retentionDays());
    words = new Words(clickHouse);
    smallParts = new SmallParts(clickHouse);
  }

  /** Where intake puts what it has read. Usable before {@link #start}. */
  public SpanSink sink() {
    return batch -> {
      spool.append(batch);
      pace();
    };
  }

  // Senders that wait for an answer before they send more would take the processor from the store
  // for as long as the spool has room. Where the store is down, there is nothing to wait for.
  private void pace() {
    if (storing && !closing) {
      spool.awaitWaiting(options.batchSpans() / 2, options.batchBytes() / 2, options.pace());
    }
  }

  /** Brings the tables up to date. Throws {@link ClickHouseException}. */
  public void migrate() {
    Migrations.run(clickHouse, options.retentionDays(), options.rollupDays());
  }

  /** Begins to store what was and is taken in. */
  public synchronized void start() {
    if (started) {
      throw new IllegalStateException("the store was started before");
    }
    started = true;
    threads.add(Thread.ofPlatform().name("store-writer").start(this::write));
    threads.add(Thread.ofPlatform().name("store-rollups").start(this::rollUp));
    threads.add(
        Thread.ofPlatform()
            .name("store-words")
            .start(() -> repeat("Copying words", this::copyWords, WORDS_EVERY)));
    threads.add(
        Thread.ofPlatform()
            .name("store-parts")
            .start(() -> repeat("Merging small parts", this::mergeParts, PARTS_EVERY)));
    threads.add(
        Thread.ofPlatform()
            .name("store-logs")
            .start(() -> repeat("Merging log records", logFollower::round, LOGS_EVERY)));
  }

  /** How the store is. */
  public State state() {
    Spool.State state = spool.state();
    String error = lastError;
    if (error == null) {
      error = state.lastError();
    }
    if (error == null) {
      error = logFollower.trouble();
    }
    return new State(
        state.bytes(),
        state.maxBytes(),
        state.refusing(),
        storing,
        state.waitingSpans(),
        state.quarantined(),
        error);
  }

  /**
   * Takes nothing more in, stores what it can within 10 s, and ends. What is left is stored after
   * the next start.
   */
  @Override
  public synchronized void close() {
    flushDeadline = System.nanoTime() + FLUSH.toNanos();
    closing = true;
    spool.stopIntake();
    for (Thread thread : List.copyOf(threads)) {
      try {
        thread.join(FLUSH.plusSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      thread.interrupt();
    }
    writer.close();
    try {
      spool.close();
    } catch (IOException e) {
      LOG.warn("The spool could not be closed: {}", e.toString());
    }
  }

  private void write() {
    if (!untilItWorks(this::open)) {
      return;
    }
    LOG.info("The store is ready");
    open = true;
    try (ExecutorService spans = thread("store-spans");
        ExecutorService others = thread("store-others")) {
      while (true) {
        try {
          if (!spool.waitsMore(options.batchSpans() / 2, options.batchBytes() / 2)) {
            // There is time to gather more.
            finishSpans(others);
          }
          if (spool.waitingSpans() == 0) {
            settle(others);
          }
          boolean busy = inserting != null || finishing != null;
          boolean hurry = closing || busy;
          Spool.Batch batch =
              spool.next(
                  options.batchSpans(),
                  options.batchBytes(),
                  hurry ? Duration.ZERO : options.linger(),
                  hurry ? Duration.ZERO : PATIENCE);
          if (batch != null) {
            store(batch, spans, others);
          } else if (busy) {
            settle(others);
          } else if (closing) {
            return;
          }
        } catch (InterruptedException e) {
          return;
        } catch (IOException e) {
          lastError = "The spool can't be read (" + e.getClass().getSimpleName() + ").";
          LOG.error("The spool can't be read: {}", e.toString());
          if (!pause(LAST_RETRY)) {
            return;
          }
        }
      }
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().name(name).factory());
  }

  private void open() {
    migrate();
    writer.open();
    logFollower.recover();
  }

  // Three batches are on their way where there is much to do: one is prepared, of one the spans are
  // inserted, of one the rest.
  private void store(Spool.Batch batch, ExecutorService spans, ExecutorService others)
      throws InterruptedException {
    Writer.Prepared prepared = insistOnPreparing(batch, others);
    if (!finishSpans(others)) {
      finish();
      writer.forget(prepared);
      prepared = insistOnPreparing(batch, others);
    }
    Writer.Prepared ready = prepared;
    inserting =
        new Storing(
            batch, ready, spans.submit(() -> untilItWorks(() -> writer.insertSpans(ready))));
  }

  private Writer.Prepared insistOnPreparing(Spool.Batch batch, ExecutorService others)
      throws InterruptedException {
    List<Writer.Prepared> prepared = new ArrayList<>(1);
    insist(() -> prepared.add(prepare(batch, others)));
    return prepared.getFirst();
  }

  private Writer.Prepared prepare(Spool.Batch batch, ExecutorService others)
      throws InterruptedException {
    try {
      int spans = batch.entries().stream().mapToInt(entry -> entry.spans().size()).sum();
      int most = Math.min(BEHIND_SPANS, options.batchSpans() / 4);
      boolean behind = spans + spool.waitingSpans() > most;
      return writer.prepare(batch, behind);
    } catch (RuntimeException e) {
      // What is tried again begins with what the tables say.
      settle(others);
      throw e;
    }
  }

  private void settle(ExecutorService others) throws InterruptedException {
    finishSpans(others);
    finish();
  }

  // Waits until the spans of a batch are stored, and begins with the rest; false where what was
  // prepared since must be prepared anew.
  private boolean finishSpans(ExecutorService others) throws InterruptedException {
    Storing storing = inserting;
    if (storing == null) {
      return true;
    }
    await(storing.stored());
    insist(() -> writer.spansInserted(storing.prepared()));
    inserting = null;
    finish();
    finishing =
        new Storing(
            storing.batch(),
            storing.prepared(),
            others.submit(() -> untilItWorks(() -> writer.insertOthers(storing.prepared()))));
    return !storing.prepared().withdrawn();
  }

  // Waits until all of a batch is stored, and notes it.
  private void finish() throws InterruptedException {
    Storing storing = finishing;
    if (storing == null) {
      return;
    }
    await(storing.stored());
    Set<Writer.ToMerge> toMerge = writer.written(storing.prepared());
    logFollower.add(toMerge, storing.batch().seq());
    insist(() -> spool.done(storing.batch()));
    finishing = null;
    batches.incrementAndGet();
  }

  private static void await(Future<Boolean> stored) throws InterruptedException {
    try {
      if (!stored.get()) {
        throw new InterruptedException("the store ends");
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private void insist(Attempt attempt) throws InterruptedException {
    if (!untilItWorks(attempt)) {
      throw new InterruptedException();
    }
  }

  /** {@code stored} is false where the store ended before. */
  private record Storing(Spool.Batch batch, Writer.Prepared prepared, Future<Boolean> stored) {}

  /** Something that may fail because the engine is away. */
  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException, InterruptedException;
  }

  // False where the store is to end before it worked.
  private boolean untilItWorks(Attempt attempt) {
    Duration retry = FIRST_RETRY;
    while (true) {
      try {
        attempt.run();
        storing = true;
        lastError = null;
        return true;
      } catch (InterruptedException e) {
        return false;
      } catch (ClickHouseException e) {
        report("The store can't be written", e.getMessage());
      } catch (IOException | RuntimeException e) {
        // Not the text: it may hold what a user sent.
        LOG.error(
            "A batch can't be stored", new IllegalStateException(e.getClass().getName(), cause(e)));
        report("The store can't be written", e.getClass().getSimpleName());
      }
      if (!pause(retry)) {
        return false;
      }
      retry = min(retry.multipliedBy(2), LAST_RETRY);
    }
  }

  private static Throwable cause(Exception e) {
    Throwable where = new Throwable("thrown at");
    where.setStackTrace(e.getStackTrace());
    return where;
  }

  private void report(String what, @Nullable String why) {
    String error = what + ": " + why;
    if (!error.equals(lastError)) {
      LOG.warn("{}; trying again", error);
    }
    lastError = error;
    storing = false;
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  // False where there is no more time.
  private boolean pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    try {
      while (System.nanoTime() - end < 0) {
        if (closing && System.nanoTime() - flushDeadline >= 0) {
          return false;
        }
        Thread.sleep(Math.clamp((end - System.nanoTime()) / 1_000_000, 1, 100));
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !(closing && System.nanoTime() - flushDeadline >= 0);
  }

  private void rollUp() {
    while (!closing) {
      long began = System.nanoTime();
      try {
        if (open) {
          rollups.round(false);
        }
      } catch (ClickHouseException e) {
        LOG.debug("Rollups wait: {}", e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("Rollups failed: {}", e.getClass().getName(), cause(e));
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      if (!sleep(ROLLUP_EVERY)) {
        return;
      }
      long rest = min(took.multipliedBy(ROLLUP_PART), ROLLUP_AT_LEAST_EVERY).toNanos();
      int quiet = 0;
      while (quiet < QUIET_MOMENTS && System.nanoTime() - began < rest) {
        if (!sleep(A_MOMENT)) {
          return;
        }
        quiet = spool.waitingSpans() > 0 ? 0 : quiet + 1;
      }
    }
  }

  private boolean copyWords() {
    return spool.state().waitingSpans() < BUSY_SPANS && words.round();
  }

  private boolean mergeParts() {
    smallParts.round(batches.get());
    return false;
  }

  /** A part of the work behind the inserts; true where there is more to do at once. */
  @FunctionalInterface
  private interface Round {
    boolean run() throws OverloadedException;
  }

  private void repeat(String what, Round round, Duration every) {
    while (!closing) {
      boolean more = false;
      try {
        more = open && round.run();
      } catch (OverloadedException | ClickHouseException e) {
        LOG.debug("{} waits: {}", what, e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("{} failed: {}", what, e.getClass().getName(), cause(e));
      }
      if (!more && !sleep(every)) {
        return;
      }
    }
  }

  private boolean sleep(Duration duration) {
    try {
      long end = System.nanoTime() + duration.toNanos();
      while (!closing && System.nanoTime() - end < 0) {
        Thread.sleep(50);
      }
      return !closing;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Reads stored spans anew, on demand. */
  public Rewrites rewrites(Map<String, Rewrites.Kind> kinds, SpanLogMerger merger, Clock clock) {
    return new Rewrites(
        clickHouse, spool, new LogFollower(clickHouse, spool, merger), kinds, merger, clock);
  }

  /** True where all that was taken in can be read. */
  boolean drained() {
    return spool.drained();
  }

  /** Copies all words that are not copied yet. For tests. */
  void copyWordsNow() {
    boolean more = true;
    while (more) {
      more = words.round();
    }
  }

  /** Computes all rollups that wait. For tests and for the end of a back-fill. */
  void rollUpNow() {
    rollups.round(true);
  }
}
