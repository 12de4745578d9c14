package io.tracewell.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends traces over several connections, one request after the other on each, until a time or a
 * number of spans is reached. A request whose outcome is unknown, or that the server wants later,
 * is sent again unchanged until it is acknowledged, as SDKs do.
 */
final class Load {
  /** How long a request is tried for when the server does not come back. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /**
   * What to send.
   *
   * @param run service.version of every span, by which they are found again
   * @param rate spans a second over all connections; 0 for as many as the server takes
   * @param spans stop after so many; {@link Long#MAX_VALUE} for no limit
   * @param spread how far back the first trace lies; the others follow evenly up to now; zero for
   *     traces of this moment
   * @param acks file that gets "trace_id span_id" of each acknowledged span; null for none
   */
  record Options(
      URI endpoint,
      Transport.Protocol protocol,
      int connections,
      Shape shape,
      long seed,
      String run,
      Duration duration,
      long rate,
      long spans,
      Duration spread,
      int batchSpans,
      int batchBytes,
      @Nullable Path acks) {}

  /**
   * What was acknowledged.
   *
   * @param latency microseconds from the first attempt of a request to its acknowledgement
   * @param resent requests that were sent again, for whatever reason
   * @param problems what was refused or rejected, at most a few
   */
  record Result(
      long spans,
      long bytes,
      long requests,
      double seconds,
      Histogram latency,
      LongList ids,
      LongList traces,
      long resent,
      long rejected,
      List<String> problems) {}

  private final Options options;
  private final Corpus corpus;
  private final VisibilityProbe probe;
  private final AtomicLong reserved = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean stop;

  Load(Options options, Corpus corpus, VisibilityProbe probe) {
    this.options = options;
    this.corpus = corpus;
    this.probe = probe;
  }

  /** Acknowledged so far; may be read while it runs. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** Ends the run early. */
  void stop() {
    stop = true;
  }

  /** Sends everything; blocks until it is done. */
  Result run() throws IOException, InterruptedException {
    List<Worker> workers = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    try (BufferedWriter acks =
        options.acks == null ? null : Files.newBufferedWriter(options.acks)) {
      long start = System.nanoTime();
      for (int i = 0; i < options.connections; i++) {
        Worker worker = new Worker(i, start, acks);
        workers.add(worker);
        threads.add(Thread.ofPlatform().name("load-" + i).start(worker));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      Throwable cause = failure.get();
      if (cause != null) {
        throw new IOException("the load ended early: " + cause.getMessage(), cause);
      }
      Result sum =
          new Result(
              0, 0, 0, seconds, new Histogram(3), new LongList(), new LongList(), 0, 0, List.of());
      for (Worker worker : workers) {
        sum = worker.addTo(sum);
      }
      return sum;
    }
  }

  private Transport connect() {
    return switch (options.protocol) {
      case HTTP -> new HttpTransport(options.endpoint);
      case GRPC -> new GrpcTransport(options.endpoint);
    };
  }

  /** One connection. */
  private final class Worker implements Runnable {
    private final long start;
    private final @Nullable BufferedWriter acks;
    private final BodyGenerator[] generators;
    private final Histogram latency = new Histogram(3);
    private final LongList ids = new LongList();
    private final LongList traces = new LongList();
    private final List<String> problems = new ArrayList<>();
    private long spans;
    private long bytes;
    private long requests;
    private long resent;
    private long rejected;

    Worker(int number, long start, @Nullable BufferedWriter acks) {
      this.start = start;
      this.acks = acks;
      int each = Math.max(1, Corpus.APPLICATIONS.length / options.connections);
      generators = new BodyGenerator[each];
      for (int i = 0; i < each; i++) {
        generators[i] =
            corpus.bodies(
                options.shape,
                options.seed,
                number * each + i,
                options.run,
                options.batchSpans,
                options.batchBytes);
      }
    }

    Result addTo(Result sum) {
      sum.latency.add(latency);
      sum.ids.addAll(ids.array, ids.size);
      sum.traces.addAll(traces.array, traces.size);
      List<String> all = new ArrayList<>(sum.problems);
      all.addAll(problems);
      return new Result(
          sum.spans + spans,
          sum.bytes + bytes,
          sum.requests + requests,
          sum.seconds,
          sum.latency,
          sum.ids,
          sum.traces,
          sum.resent + resent,
          sum.rejected + rejected,
          all.subList(0, Math.min(5, all.size())));
    }

    @Override
    public void run() {
      try (Transport transport = connect()) {
        long deadline = start + options.duration.toNanos();
        for (int turn = 0; !stop && System.nanoTime() < deadline; turn++) {
          long left = options.spans - reserved.get();
          if (left <= 0) {
            break;
          }
          BodyGenerator.Body body =
              generators[turn % generators.length].next(
                  traceTime(), (int) Math.min(left, Integer.MAX_VALUE));
          if (!pace(reserved.getAndAdd(body.spans), deadline)) {
            break;
          }
          send(transport, body);
        }
      } catch (InterruptedException | InterruptedIOException e) {
        Thread.currentThread().interrupt();
      } catch (IOException | RuntimeException e) {
        failure.compareAndSet(null, e);
        stop = true;
      }
    }

    private long traceTime() {
      long now = System.currentTimeMillis() * 1_000_000;
      if (options.spread.isZero()) {
        return now;
      }
      double done = Math.min(1, (double) reserved.get() / options.spans);
      return now - (long) (options.spread.toNanos() * (1 - done));
    }

    /** Waits until it is time for the span of this number; false where that is after the end. */
    private boolean pace(long number, long deadline) throws InterruptedException {
      if (options.rate <= 0) {
        return true;
      }
      long due = start + (long) (number * (1e9 / options.rate));
      if (due >= deadline) {
        return false;
      }
      long wait = due - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(Duration.ofNanos(wait));
      }
      return true;
    }

    private void send(Transport transport, BodyGenerator.Body body)
        throws IOException, InterruptedException {
      long first = System.nanoTime();
      while (true) {
        int wait;
        try {
          switch (transport.send(body.bytes)) {
            case Transport.Reply.Accepted accepted -> {
              acknowledge(body, first, accepted);
              return;
            }
            case Transport.Reply.Refused refused -> {
              problems.add(refused.reason());
              rejected += body.spans;
              return;
            }
            case Transport.Reply.Later later -> wait = later.afterMillis();
          }
        } catch (InterruptedIOException e) {
          throw e;
        } catch (IOException e) {
          wait = 100;
          if (System.nanoTime() - first > PATIENCE.toNanos()) {
            throw e;
          }
        }
        if (stop) {
          return;
        }
        resent++;
        Thread.sleep(wait);
      }
    }

    private void acknowledge(BodyGenerator.Body body, long first, Transport.Reply.Accepted accepted)
        throws IOException {
      long now = System.nanoTime();
      latency.recordValue((now - first) / 1_000);
      requests++;
      if (accepted.rejected() > 0) {
        // Which ones is not said: none of this request counts as acknowledged.
        problems.add(accepted.rejected() + " rejected: " + accepted.reason());
        rejected += body.spans;
        return;
      }
      spans += body.spans;
      bytes += body.bytes.length;
      acknowledged.addAndGet(body.spans);
      ids.addAll(body.spanIds, body.spans);
      if (body.wholeTrace >= 0) {
        traces.add(body.traceHigh[body.wholeTrace]);
        traces.add(body.traceLow[body.wholeTrace]);
        probe.offer(
            Ids.trace(body.traceHigh[body.wholeTrace], body.traceLow[body.wholeTrace]),
            body.wholeTraceSpans,
            now);
      }
      if (acks != null) {
        record(body, acks);
      }
    }

    private void record(BodyGenerator.Body body, BufferedWriter out) {
      StringBuilder lines = new StringBuilder(body.spans * 50);
      for (int i = 0; i < body.spans; i++) {
        lines
            .append(Ids.trace(body.traceHigh[i], body.traceLow[i]))
            .append(' ')
            .append(Ids.hex(body.spanIds[i]))
            .append('\n');
      }
      synchronized (out) {
        try {
          out.append(lines).flush();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
