package io.tracewell.examples;

import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.Clock;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One line of execution with a clock, chance and ids of its own. The applications wait and draw
 * lots only through it. A real strand waits and has the machine's time; a virtual one starts in the
 * past, and waiting moves its clock on at once, which is all that the back-fill changes.
 */
final class Strand {
  /** Time for which code without a wait in it is taken to run, per look at the clock. */
  private static final long STEP = 23_000;

  private static final ThreadLocal<@Nullable Strand> CURRENT = new ThreadLocal<>();
  private static final IdGenerator RANDOM_IDS = IdGenerator.random();

  private final boolean virtual;
  private final SplittableRandom random;
  private final @Nullable Consumer<SpanData> sink;
  private volatile long nanos;
  private volatile long firstToken;
  private int calls;

  private Strand(
      boolean virtual, long nanos, SplittableRandom random, @Nullable Consumer<SpanData> sink) {
    this.virtual = virtual;
    this.nanos = nanos;
    this.random = random;
    this.sink = sink;
  }

  /** Starts at {@code start}; spans that end in it go to {@code sink}. */
  static Strand virtual(Instant start, long seed, Consumer<SpanData> sink) {
    long nanos = start.getEpochSecond() * 1_000_000_000L + start.getNano();
    return new Strand(true, nanos, new SplittableRandom(seed), sink);
  }

  /** Lives in the machine's time. */
  static Strand real(long seed) {
    return new Strand(false, 0, new SplittableRandom(seed), null);
  }

  /** The strand of this thread; a real one where nobody has set any. */
  static Strand current() {
    Strand strand = CURRENT.get();
    if (strand == null) {
      strand = real(System.nanoTime());
      CURRENT.set(strand);
    }
    return strand;
  }

  /** Runs in this thread on this strand. */
  void run(Runnable body) {
    Strand before = CURRENT.get();
    CURRENT.set(this);
    try {
      body.run();
    } finally {
      if (before == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(before);
      }
    }
  }

  boolean isVirtual() {
    return virtual;
  }

  SplittableRandom random() {
    return random;
  }

  /** True with this probability. */
  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  Instant now() {
    return virtual
        ? Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L)
        : Instant.now();
  }

  /** Waits, or moves the virtual clock on. */
  void sleep(Duration duration) {
    if (virtual) {
      nanos += duration.toNanos();
      return;
    }
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting", e);
    }
  }

  /** Stands for work that takes between {@code min} and {@code max} milliseconds. */
  void work(int min, int max) {
    sleep(Duration.ofNanos((long) ((min + (max - min) * random.nextDouble()) * 1e6)));
  }

  /** Tells requests with the same body apart: a value that is the strand's own and counts up. */
  String nextCall() {
    return Long.toHexString(random.nextLong()) + "-" + calls++;
  }

  /** Notes when the first piece of a streamed answer came. */
  void markFirstToken() {
    firstToken = clockNanos();
  }

  /** When the newest stream began to answer, by {@link #CLOCK}'s {@code nanoTime}. */
  long firstToken() {
    return firstToken;
  }

  void accept(SpanData span) {
    if (sink != null) {
      sink.accept(span);
    }
  }

  /** Runs all at the same time, each on a strand of its own, and goes on when the last is done. */
  <T> List<T> parallel(List<Callable<T>> bodies) {
    Context context = Context.current();
    List<Strand> strands = new ArrayList<>();
    List<FutureTask<T>> tasks = new ArrayList<>();
    for (Callable<T> body : bodies) {
      Strand strand = new Strand(virtual, nanos, random.split(), sink);
      FutureTask<T> task = new FutureTask<>(context.wrap(body));
      strands.add(strand);
      tasks.add(task);
      Thread.ofVirtual().start(() -> strand.run(task));
    }
    List<T> results = new ArrayList<>();
    try {
      for (FutureTask<T> task : tasks) {
        results.add(task.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting", e);
    }
    for (Strand strand : strands) {
      nanos = Math.max(nanos, strand.nanos);
    }
    return results;
  }

  private long clockNanos() {
    if (!virtual) {
      return System.nanoTime();
    }
    nanos += STEP;
    return nanos;
  }

  /** What the SDK measures spans with. */
  static final Clock CLOCK =
      new Clock() {
        @Override
        public long now() {
          Strand strand = current();
          return strand.virtual ? strand.clockNanos() : Clock.getDefault().now();
        }

        @Override
        public long nanoTime() {
          return current().clockNanos();
        }
      };

  /** Ids from the strand's seed where it is virtual: the same slot gives the same trace. */
  static final IdGenerator IDS =
      new IdGenerator() {
        @Override
        public String generateSpanId() {
          Strand strand = current();
          return strand.virtual
              ? SpanId.fromLong(nonZero(strand.random))
              : RANDOM_IDS.generateSpanId();
        }

        @Override
        public String generateTraceId() {
          Strand strand = current();
          return strand.virtual
              ? TraceId.fromLongs(nonZero(strand.random), nonZero(strand.random))
              : RANDOM_IDS.generateTraceId();
        }
      };

  private static long nonZero(SplittableRandom random) {
    long value = random.nextLong();
    return value == 0 ? 1 : value;
  }
}
