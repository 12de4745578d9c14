package io.tracewell.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    description = "Sends traffic to a running server.")
final class LoadCommand implements Callable<Integer> {
  @Option(
      names = "--endpoint",
      defaultValue = "http://127.0.0.1:8080",
      description = "Server; default ${DEFAULT-VALUE}.")
  private URI endpoint = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--shape",
      defaultValue = "unique",
      description = "unique, loops or small; default ${DEFAULT-VALUE}.")
  private String shape = "unique";

  @Option(
      names = "--seed",
      description =
          "Seed of texts and ids; default: another one each time, as the same seed sends the same"
              + " ids again.")
  private @Nullable Long seed;

  @Option(
      names = "--spans",
      defaultValue = "9223372036854775807",
      description = "Stop after so many spans; default: no limit.")
  private long spans;

  @Option(
      names = "--spread",
      defaultValue = "0s",
      converter = Durations.class,
      description = "With --spans: how far back the first trace lies; default: all of this moment.")
  private Duration spread = Duration.ZERO;

  @Option(
      names = "--record-acks",
      description = "Write 'trace_id span_id' of each acknowledged span into this file.")
  private @Nullable Path acks;

  @Option(
      names = "--data-dir",
      description = "Data directory of the server, on this machine: everything is read back.")
  private @Nullable Path dataDir;

  @Option(names = "--server-pid", description = "Process of the server: its CPU time and memory.")
  private @Nullable Long serverPid;

  @Mixin private LoadOptions loadOptions = new LoadOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    long chosen = seed == null ? System.currentTimeMillis() % 100_000_000 : seed;
    Shape kind = Shape.valueOf(shape.toUpperCase(Locale.ROOT));
    String run = "bench-" + kind.option() + "-" + chosen;
    System.err.println("seed " + chosen + ", service.version " + run);
    Api api = new Api(endpoint);
    List<ProcessWatch> processes =
        serverPid == null
            ? List.of()
            : ServerProcess.processes(ProcessHandle.of(serverPid).orElseThrow());
    Measurement.Result result =
        Measurement.run(
            loadOptions.load(
                endpoint, kind, chosen, run, loadOptions.duration, spans, spread, acks),
            new Corpus(chosen),
            api,
            processes,
            true);
    Load.Result load = result.load();
    Histogram latency = load.latency();
    Table table = new Table("measured", kind.title);
    table.row("acknowledged spans", Table.number(load.spans()));
    table.row("acknowledged spans/s", Table.number(Math.round(load.spans() / load.seconds())));
    table.row("acknowledged MB/s", String.format("%.1f", load.bytes() / load.seconds() / 1e6));
    table.row(
        "request to ack p50 / p95 / p99",
        String.format(
            "%.0f / %.0f / %.0f ms",
            latency.getValueAtPercentile(50) / 1e3,
            latency.getValueAtPercentile(95) / 1e3,
            latency.getValueAtPercentile(99) / 1e3));
    table.row(
        "ack to visible p50 / p95",
        String.format(
            "%.0f / %.0f ms (n=%d, %d never)",
            result.visibleMedian(),
            result.visibleP95(),
            result.visibleCount(),
            result.neverVisible()));
    table.row(
        "spool half way / end / most",
        Table.megabytes(result.spoolMiddle())
            + " / "
            + Table.megabytes(result.spoolEnd())
            + " / "
            + Table.megabytes(result.spoolMost()));
    table.row("store has everything after", String.format("%.1f s", result.catchUpSeconds()));
    table.row("sent again", Table.number(load.resent()) + " requests");
    table.row("refused", Table.number(load.rejected()) + " spans");
    for (int i = 0; i < result.processes().size(); i++) {
      ProcessWatch process = result.processes().get(i);
      table.row(
          process.name + ": cores, peak memory",
          String.format("%.2f", result.cpu()[i] / load.seconds())
              + ", "
              + Table.megabytes(process.peakBytes()));
    }
    boolean sound = true;
    if (dataDir != null) {
      ReadBack.Findings found = ReadBack.compare(Engine.of(dataDir), run, load.ids().sorted());
      sound = found.lost() == 0 && found.doubled() == 0;
      table.row(
          "lost / doubled", Table.number(found.lost()) + " / " + Table.number(found.doubled()));
      table.row(
          "counted in traces / in rollups",
          Table.number(found.inTraces()) + " / " + Table.number(found.inRollups()));
    }
    System.out.print(table);
    load.problems().forEach(problem -> System.out.println("problem: " + problem));
    return sound ? 0 : 1;
  }
}
