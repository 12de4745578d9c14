package io.tracewell.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "protocols",
    mixinStandardHelpOptions = true,
    description = {
      "Sends the same spans with the same texts as OTLP protobuf and as Datadog's MessagePack",
      "(/v0.4/traces) by turns, and compares the rates; 1 where Datadog's is the slower one."
    })
final class ProtocolsCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      description = "Folder of the launcher; default: where it started this.",
      defaultValue = "${sys:tracewell.home:-.}")
  private Path home = Path.of(".");

  @Option(names = "--runs", defaultValue = "5", description = "Runs; default ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--spans",
      defaultValue = "20000",
      description = "Spans a run and protocol; default ${DEFAULT-VALUE}.")
  private int spans;

  @Option(
      names = "--connections",
      defaultValue = "4",
      description = "Senders at once; default ${DEFAULT-VALUE}.")
  private int connections;

  @Option(names = "--seed", defaultValue = "1", description = "Seed; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--work-dir", description = "Where the store is made; default: a temporary one.")
  private @Nullable Path workDir;

  private enum Wire {
    OTLP("/v1/traces", "application/x-protobuf"),
    DATADOG("/v0.4/traces", "application/msgpack");

    private final String path;
    private final String type;

    Wire(String path, String type) {
      this.path = path;
      this.type = type;
    }
  }

  /** What one run of one protocol took, a span. */
  private record Took(double wallNanos, double cpuNanos) {}

  @Override
  public Integer call() throws Exception {
    Path dir = workDir == null ? Files.createTempDirectory("tracewell-protocols") : workDir;
    double[][] walls = new double[2][runs];
    double[][] cpus = new double[2][runs];
    try (ServerProcess server =
            ServerProcess.start(home, dir.resolve("data"), ServerProcess.freePort(), List.of());
        ExecutorService senders = Executors.newFixedThreadPool(connections)) {
      Corpus corpus = new Corpus(seed);
      // Run -1 warms both up.
      for (int run = -1; run < runs; run++) {
        List<byte[]> otlp = new ArrayList<>();
        List<byte[]> datadog = new ArrayList<>();
        BodyGenerator generator =
            corpus.bodies(Shape.UNIQUE, seed, run + 1, "protocols", 512, 4 << 20);
        for (int made = 0; made < spans; ) {
          BodyGenerator.Body body =
              generator.next(System.currentTimeMillis() * 1_000_000L, spans - made);
          otlp.add(body.bytes);
          datadog.add(DatadogBodies.of(body.bytes));
          made += body.spans;
        }
        for (Wire wire :
            run % 2 == 0 ? List.of(Wire.OTLP, Wire.DATADOG) : List.of(Wire.DATADOG, Wire.OTLP)) {
          Took took = run(server, senders, wire, wire == Wire.OTLP ? otlp : datadog);
          if (run >= 0) {
            walls[wire.ordinal()][run] = took.wallNanos;
            cpus[wire.ordinal()][run] = took.cpuNanos;
          }
        }
      }
    }
    Table table = new Table("protocol", "spans/s until acknowledged", "server CPU a span, µs");
    for (Wire wire : Wire.values()) {
      table.row(
          wire.name(),
          String.format("%.0f", 1e9 / median(walls[wire.ordinal()])),
          String.format("%.1f", median(cpus[wire.ordinal()]) / 1e3));
    }
    System.out.print(table);
    double ratio = ratio(walls);
    System.out.printf(
        "Datadog to OTLP, median of %d runs by turns: %.2f times the rate, %.2f times the CPU%n",
        runs, ratio, 1 / ratio(cpus));
    return ratio >= 1.0 ? 0 : 1;
  }

  private Took run(ServerProcess server, ExecutorService senders, Wire wire, List<byte[]> bodies)
      throws Exception {
    Api api = new Api(server.endpoint);
    Measurement.waitForSpool(api);
    ProcessWatch process =
        server.processes().stream()
            .filter(watch -> watch.name.equals("server"))
            .findFirst()
            .orElseThrow(() -> new IOException("the server is gone"));
    double cpu = process.cpuSeconds();
    long start = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      running.add(
          senders.submit(
              () -> {
                try (HttpClient client = HttpClient.newHttpClient()) {
                  for (int n = next.getAndIncrement();
                      n < bodies.size();
                      n = next.getAndIncrement()) {
                    send(client, server.endpoint, wire, bodies.get(n));
                  }
                }
                return null;
              }));
    }
    for (Future<?> one : running) {
      one.get();
    }
    double wall = System.nanoTime() - start;
    Measurement.waitForSpool(api);
    return new Took(wall / spans, (process.cpuSeconds() - cpu) * 1e9 / spans);
  }

  private static void send(HttpClient client, URI endpoint, Wire wire, byte[] body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(endpoint.resolve(wire.path))
                .header("Content-Type", wire.type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(wire + ": " + answer.statusCode() + " " + answer.body());
    }
  }

  // How often the rate of OTLP the other has: what it takes, the other way round.
  private static double ratio(double[][] took) {
    double[] ratios = new double[took[0].length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = took[Wire.OTLP.ordinal()][i] / took[Wire.DATADOG.ordinal()][i];
    }
    return median(ratios);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
