package io.tracewell.examples;

import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.tracewell.testkit.FakeProvider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Sends the traffic of four applications to a server: live at a gentle rate from the first second,
 * and at the same time the past days, newest first, which the same applications live through in
 * virtual time. Models, airline and web are fakes inside this process.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Sends traces of four example applications over OTLP/HTTP.")
public final class DemoMain implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(DemoMain.class);

  /** Spans in one request: some 2 MB. */
  private static final int BATCH = 400;

  /** Minutes that are run and noted together. */
  private static final int RUN = 10;

  @Option(names = "--endpoint", description = "OTLP/HTTP base URL (default ${DEFAULT-VALUE})")
  private URI endpoint = URI.create("http://127.0.0.1:4318");

  @Option(
      names = "--api-key",
      description =
          "Sent as a bearer token where the server wants one; also in TRACEWELL_DEMO_API_KEY")
  private @Nullable String apiKey = System.getenv("TRACEWELL_DEMO_API_KEY");

  @Option(
      names = "--provider-url",
      description = "Another fake provider; by default one runs inside this process")
  private @Nullable URI providerUrl;

  @Option(names = "--seed", description = "Same seed, same past (default ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(names = "--rate", description = "Live conversations a minute (default ${DEFAULT-VALUE})")
  private double rate = 12;

  @Option(names = "--backfill-days", description = "0 for none (default ${DEFAULT-VALUE})")
  private int backfillDays = 7;

  @Option(names = "--backfill-traces", description = "In seven days (default ${DEFAULT-VALUE})")
  private int backfillTraces = 20_000;

  @Option(
      names = "--backfill-threads",
      description = "How much of the past runs at a time (default ${DEFAULT-VALUE})")
  private int backfillThreads = 3;

  @Option(names = "--state-dir", description = "Where to note what has been sent")
  private Path stateDir = Path.of(".tracewell", "demo");

  @Option(names = "--exit-with-stdin", description = "End when standard input closes")
  private boolean exitWithStdin;

  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  public static void main(String[] args) {
    System.exit(new CommandLine(new DemoMain()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    // SIGTERM: what is under way is sent before the process ends.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  end.countDown();
                  try {
                    ended.await(8, TimeUnit.SECONDS);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    if (exitWithStdin) {
      Thread.ofPlatform().daemon().start(this::awaitStdin);
    }
    try {
      run();
    } finally {
      ended.countDown();
    }
    return 0;
  }

  private void awaitStdin() {
    try {
      while (System.in.read() >= 0) {
        // Only its end matters.
      }
    } catch (IOException e) {
      LOG.debug("standard input", e);
    }
    end.countDown();
  }

  private void run() throws IOException, InterruptedException {
    Instant now = Instant.now();
    long minute = now.getEpochSecond() / 60;
    long oldest = minute - backfillDays * 1440L;
    Cases cases = new Cases();
    try (Slots slots = Slots.open(stateDir, seed, oldest, now)) {
      Incident incident = slots.incident();
      Traffic traffic = new Traffic(seed, cases, incident, backfillTraces);
      try (FakeProvider fake =
              FakeProvider.start(
                  new FakeProvider.Options(0, seed, new DemoScript(cases, incident), 1, 0, null));
          Partners partners = new Partners(incident)) {
        URI provider = providerUrl == null ? fake.url() : providerUrl;
        Patient exporter = new Patient(exporter());
        try (Suite live = Suite.live(provider, partners.url(), incident, exporter)) {
          List<Thread> threads = new ArrayList<>();
          threads.add(Thread.ofPlatform().name("live").start(() -> live(traffic, live, slots)));
          if (backfillDays > 0) {
            threads.add(
                Thread.ofPlatform()
                    .name("backfill")
                    .start(
                        () -> {
                          awaitFirst();
                          try (Suite past = Suite.virtual(provider, partners.url(), incident)) {
                            backfill(traffic, past, slots, exporter, now, oldest);
                          }
                        }));
          }
          end.await();
          exporter.closing();
          for (Thread thread : threads) {
            thread.join(Duration.ofSeconds(5));
          }
        }
      }
    }
  }

  private SpanExporter exporter() {
    var builder =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint.resolve("/v1/traces").toString())
            .setTimeout(Duration.ofSeconds(20));
    if (apiKey != null) {
      builder.addHeader("Authorization", "Bearer " + apiKey);
    }
    return builder.build();
  }

  /** The first live trace has the machine to itself. */
  private void awaitFirst() {
    try {
      end.await(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean running() {
    return end.getCount() > 0;
  }

  private void live(Traffic traffic, Suite suite, Slots slots) {
    SplittableRandom random = new SplittableRandom(System.nanoTime());
    boolean first = true;
    while (running()) {
      Instant now = Instant.now();
      Traffic.Visit next = traffic.visit(now, random.split(), 0.06);
      while (first && !next.application().equals("support-bot")) {
        next = traffic.visit(now, random.split(), 0);
      }
      Traffic.Visit visit = next;
      first = false;
      Thread.ofVirtual()
          .start(
              () ->
                  Strand.real(visit.seed())
                      .run(() -> Traffic.run(visit, suite.get(visit.application()), Instant.MAX)));
      slots.done(List.of(now.getEpochSecond() / 60));
      long pause = (long) (60_000 / rate * (0.4 + 1.2 * random.nextDouble()));
      try {
        if (end.await(Math.min(pause, 60_000), TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void backfill(
      Traffic traffic, Suite suite, Slots slots, SpanExporter exporter, Instant now, long oldest) {
    List<List<Long>> missing = slots.missing(oldest, now.getEpochSecond() / 60, RUN);
    if (missing.isEmpty()) {
      return;
    }
    Queue<List<Long>> work = new ConcurrentLinkedQueue<>(missing);
    AtomicInteger traces = new AtomicInteger();
    AtomicInteger spans = new AtomicInteger();
    Instant started = Instant.now();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < backfillThreads; i++) {
      workers.add(
          Thread.ofPlatform()
              .name("backfill-" + i)
              .start(
                  () -> {
                    List<Long> minutes;
                    while (running() && (minutes = work.poll()) != null) {
                      List<SpanData> batch = Collections.synchronizedList(new ArrayList<>());
                      boolean sent = true;
                      for (long minute : minutes) {
                        for (Traffic.Visit visit : traffic.minute(minute)) {
                          traces.addAndGet(past(visit, suite, batch, now));
                          sent &= send(batch, exporter, BATCH, spans);
                        }
                      }
                      sent &= send(batch, exporter, 1, spans);
                      if (sent) {
                        slots.done(minutes);
                      }
                    }
                  }));
    }
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    LOG.info(
        "the past {} days are filled: {} traces, {} spans in {} s",
        backfillDays,
        traces,
        spans,
        Duration.between(started, Instant.now()).toSeconds());
  }

  /** Lives through one conversation; its spans go into {@code sink}. Returns its traces. */
  static int past(Traffic.Visit visit, Suite suite, List<SpanData> sink, Instant now) {
    int[] traces = new int[1];
    Strand.virtual(visit.start(), visit.seed(), sink::add)
        .run(() -> traces[0] = Traffic.run(visit, suite.get(visit.application()), now));
    return traces[0];
  }

  /** Sends what has gathered, where it is enough; false where the server did not take it. */
  private static boolean send(
      List<SpanData> batch, SpanExporter exporter, int enough, AtomicInteger spans) {
    boolean sent = true;
    while (batch.size() >= enough) {
      List<SpanData> part = new ArrayList<>(batch.subList(0, Math.min(BATCH, batch.size())));
      sent &= exporter.export(part).isSuccess();
      spans.addAndGet(part.size());
      batch.subList(0, part.size()).clear();
    }
    return sent;
  }
}
