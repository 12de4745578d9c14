package io.tracewell.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Measures everything and prints one table: each shape of traffic on a fresh server of its own,",
      "the engine's own limit with the same rows, and queries over a store that it fills.",
      "This is what 'bench' without a command does."
    })
final class RunCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      description = "Folder of the launcher; default: where it started this.",
      defaultValue = "${sys:tracewell.home:-.}")
  private Path home = Path.of(".");

  @Option(
      names = "--shapes",
      split = ",",
      defaultValue = "unique,loops,small",
      description = "unique, loops, small; default all.")
  private List<String> shapes = List.of();

  @Option(names = "--seed", defaultValue = "1", description = "Seed; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--spans",
      defaultValue = "2000000",
      description = "Spans in the store for the queries; 0 for none. Default ${DEFAULT-VALUE}.")
  private long querySpans;

  @Option(
      names = "--spread",
      defaultValue = "24h",
      converter = Durations.class,
      description = "Past that the store for the queries covers; default ${DEFAULT-VALUE}.")
  private Duration spread = Duration.ofHours(24);

  @Option(
      names = "--runs",
      defaultValue = "30",
      description = "How often each query is asked; default ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--warm-up",
      defaultValue = "30s",
      converter = Durations.class,
      description =
          "Traffic before what is measured; default ${DEFAULT-VALUE}: for so long, with two cores,"
              + " the Java compiler takes a third of the server's time.")
  private Duration warmUp = Duration.ZERO;

  @Option(
      names = "--limit-duration",
      defaultValue = "30s",
      converter = Durations.class,
      description = "How long the engine's own limit is measured; 0s to leave it out.")
  private Duration limitDuration = Duration.ofSeconds(30);

  @Option(names = "--no-optimize", description = "Don't wait for merges before reading the disk.")
  private boolean noOptimize;

  @Option(
      names = "--work-dir",
      description =
          "Where the stores are made; default: a temporary one. The store for the queries is not"
              + " filled anew where it is there from a run with --keep.")
  private @Nullable Path workDir;

  @Option(names = "--keep", description = "Keep the stores.")
  private boolean keep;

  @Option(names = "--json", description = "Write the figures into this file too.")
  private @Nullable Path json;

  @Option(
      names = "--server-option",
      description = "Handed to 'tracewell up', for example --server-option=--engine-memory=1GB.")
  private List<String> serverOptions = List.of();

  @Mixin private LoadOptions loadOptions = new LoadOptions();

  /** Rows of the table by their name; one cell a column. */
  private final Map<String, Map<String, String>> rows = new LinkedHashMap<>();

  private final ObjectNode figures = new ObjectMapper().createObjectNode();
  private boolean sound = true;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path dir = workDir == null ? Files.createTempDirectory("tracewell-bench") : workDir;
    Files.createDirectories(dir);
    Corpus corpus = new Corpus(seed);
    List<Shape> wanted =
        shapes.stream()
            .map(name -> Shape.valueOf(name.strip().toUpperCase(java.util.Locale.ROOT)))
            .toList();
    figures.put("machine", Machine.describe());
    try {
      for (Shape shape : wanted) {
        ingest(dir, corpus, shape);
      }
      if (querySpans > 0) {
        queries(dir, corpus);
      }
    } finally {
      print();
      if (json != null) {
        Files.writeString(json, figures.toPrettyString());
      }
      if (keep) {
        System.out.println("The stores are in " + dir);
      } else {
        delete(dir);
      }
    }
    return sound ? 0 : 1;
  }

  private void cell(String row, Shape shape, String value) {
    rows.computeIfAbsent(row, k -> new LinkedHashMap<>()).put(shape.title, value);
  }

  private void wanted(String row, String value) {
    rows.computeIfAbsent(row, k -> new LinkedHashMap<>()).put("wanted", value);
  }

  private void ingest(Path dir, Corpus corpus, Shape shape)
      throws IOException, InterruptedException {
    System.err.println(shape.title + ": starting a server");
    ObjectNode out = figures.putObject(shape.option());
    CorpusCommand.Sample sample = CorpusCommand.sample(corpus, shape, seed, 30);
    cell("zstd -3 of the requests", shape, String.format("%.2f x", sample.ratio()));
    wanted("zstd -3 of the requests", "3-4 x (unique)");
    cell("protobuf a span", shape, Table.number(sample.bytes() / sample.spans()) + " B");
    out.put("zstd3_ratio", sample.ratio()).put("bytes_per_span", sample.bytes() / sample.spans());

    try (ServerProcess server =
        ServerProcess.start(
            home, dir.resolve(shape.option()), ServerProcess.freePort(), serverOptions)) {
      Api api = new Api(server.endpoint);
      Engine engine = Engine.of(server.dataDir);
      List<ProcessWatch> processes = server.processes();
      Thread.sleep(3_000);
      long idle = processes.stream().mapToLong(ProcessWatch::residentBytes).sum();
      String run = "bench-" + shape.option() + "-" + seed;
      warmUp(corpus, server, shape);

      System.err.printf("  sending for %d s%n", loadOptions.duration.toSeconds());
      Measurement.Result result =
          Measurement.run(
              loadOptions.load(
                  server.endpoint,
                  shape,
                  seed,
                  run,
                  loadOptions.duration,
                  Long.MAX_VALUE,
                  Duration.ZERO,
                  null),
              corpus,
              api,
              processes,
              true);
      report(shape, out, result, idle, server);

      System.err.println("  reading back");
      awaitStored(engine, run, result.load().spans());
      Thread.sleep(12_000); // the rollups of the last minutes
      ReadBack.Findings found = ReadBack.compare(engine, run, result.load().ids().sorted());
      sound &= found.lost() == 0 && found.doubled() == 0;
      cell("acknowledged / lost / doubled", shape, found(found));
      wanted("acknowledged / lost / doubled", "0 lost, 0 doubled");
      cell("counted in traces / in rollups", shape, counted(found));
      out.put("acknowledged", found.acknowledged())
          .put("stored", found.stored())
          .put("lost", found.lost())
          .put("doubled", found.doubled())
          .put("in_traces", found.inTraces())
          .put("in_rollups", found.inRollups());

      disk(shape, out, engine, result);
      if (!limitDuration.isZero()) {
        limit(shape, out, engine, processes, result);
      }
    }
    if (!keep) {
      delete(dir.resolve(shape.option()));
    }
  }

  /** Some of the same traffic, so that what is measured is compiled code. */
  private void warmUp(Corpus corpus, ServerProcess server, Shape shape)
      throws IOException, InterruptedException {
    System.err.println("  warming up for " + warmUp.toSeconds() + " s");
    Api api = new Api(server.endpoint);
    Load.Options options =
        loadOptions.load(
            server.endpoint,
            shape,
            seed + 1_000_000,
            "warm-up",
            warmUp,
            Long.MAX_VALUE,
            Duration.ZERO,
            null);
    Load.Result unused = Measurement.run(options, corpus, api, List.of(), false).load();
  }

  private void report(
      Shape shape, ObjectNode out, Measurement.Result result, long idle, ServerProcess server) {
    Load.Result load = result.load();
    double rate = load.spans() / load.seconds();
    Histogram latency = load.latency();
    cell("acknowledged spans/s", shape, Table.number(Math.round(rate)));
    wanted("acknowledged spans/s", "8,000 / 10,000 / 25,000");
    cell("acknowledged MB/s", shape, String.format("%.1f", load.bytes() / load.seconds() / 1e6));
    cell(
        "request to ack p50 / p95 / p99",
        shape,
        String.format(
            "%.0f / %.0f / %.0f ms",
            latency.getValueAtPercentile(50) / 1e3,
            latency.getValueAtPercentile(95) / 1e3,
            latency.getValueAtPercentile(99) / 1e3));
    cell(
        "ack to visible p50 / p95",
        shape,
        String.format(
            "%.0f / %.0f ms (n=%d)%s",
            result.visibleMedian(),
            result.visibleP95(),
            result.visibleCount(),
            result.neverVisible() > 0 ? ", " + result.neverVisible() + " never" : ""));
    wanted("ack to visible p50 / p95", "p95 < 1,000 ms");
    cell(
        "spool at half time / at the end",
        shape,
        Table.megabytes(result.spoolMiddle()) + " / " + Table.megabytes(result.spoolEnd()));
    wanted("spool at half time / at the end", "does not grow");
    cell("store has everything after", shape, String.format("%.1f s", result.catchUpSeconds()));
    cell(
        "sent again / refused",
        shape,
        Table.number(load.resent()) + " requests / " + Table.number(load.rejected()) + " spans");
    StringBuilder cpu = new StringBuilder();
    ObjectNode cpuOut = out.putObject("cpu_seconds");
    for (int i = 0; i < result.processes().size(); i++) {
      String name = result.processes().get(i).name;
      cpu.append(cpu.isEmpty() ? "" : " / ")
          .append(String.format("%.2f", result.cpu()[i] / load.seconds()));
      cpuOut.put(name, cpuOut.path(name).asDouble() + result.cpu()[i]);
    }
    cell("cores: server / engine / generator", shape, cpu.toString());
    long peak = 0;
    StringBuilder memory = new StringBuilder();
    ObjectNode memoryOut = out.putObject("peak_rss_bytes");
    for (ProcessWatch process : result.processes()) {
      memory.append(memory.isEmpty() ? "" : " / ").append(Table.megabytes(process.peakBytes()));
      memoryOut.put(process.name, process.peakBytes());
      peak += process.name.equals("generator") ? 0 : process.peakBytes();
    }
    cell("peak memory: server / engine / generator", shape, memory.toString());
    cell(
        "server + engine, idle / peak",
        shape,
        Table.megabytes(idle) + " / " + Table.megabytes(peak));
    wanted("server + engine, idle / peak", "700 MB / 3 GB");
    for (String problem : load.problems()) {
      System.err.println("  problem: " + problem);
    }
    out.put("seconds", load.seconds())
        .put("spans_per_second", rate)
        .put("bytes_per_second", load.bytes() / load.seconds())
        .put("bytes", load.bytes())
        .put("ack_p50_ms", latency.getValueAtPercentile(50) / 1e3)
        .put("ack_p95_ms", latency.getValueAtPercentile(95) / 1e3)
        .put("ack_p99_ms", latency.getValueAtPercentile(99) / 1e3)
        .put("visible_p50_ms", result.visibleMedian())
        .put("visible_p95_ms", result.visibleP95())
        .put("visible_count", result.visibleCount())
        .put("never_visible", result.neverVisible())
        .put("spool_middle_bytes", result.spoolMiddle())
        .put("spool_end_bytes", result.spoolEnd())
        .put("spool_most_bytes", result.spoolMost())
        .put("catch_up_seconds", result.catchUpSeconds())
        .put("resent", load.resent())
        .put("refused_spans", load.rejected())
        .put("idle_rss_bytes", idle)
        .put("start_seconds", server.startTime.toMillis() / 1e3);
  }

  static void awaitStored(Engine engine, String run, long spans)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
    while (ReadBack.count(engine, run) < spans && System.nanoTime() < deadline) {
      Thread.sleep(500);
    }
  }

  private static String found(ReadBack.Findings found) {
    return Table.number(found.acknowledged())
        + " / "
        + Table.number(found.lost())
        + " / "
        + Table.number(found.doubled());
  }

  private static String counted(ReadBack.Findings found) {
    return Table.number(found.inTraces()) + " / " + Table.number(found.inRollups());
  }

  private void disk(Shape shape, ObjectNode out, Engine engine, Measurement.Result result)
      throws IOException {
    List<String[]> tables =
        engine.rows(
            "SELECT DISTINCT table FROM system.parts WHERE active AND database = currentDatabase()");
    if (!noOptimize) {
      System.err.println("  merging");
      for (String[] table : tables) {
        engine.execute("OPTIMIZE TABLE " + table[0] + " FINAL", Map.of());
      }
    }
    long all = 0;
    ObjectNode byTable = out.putObject("disk_bytes");
    for (String[] row :
        engine.rows(
            "SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active AND database ="
                + " currentDatabase() GROUP BY table ORDER BY 2 DESC")) {
      byTable.put(row[0], Long.parseLong(row[1]));
      all += Long.parseLong(row[1]);
    }
    long spans = engine.number("SELECT count() FROM spans");
    // The store holds the warm-up too, so both sides are taken by the span.
    double perSpan = (double) all / spans;
    double share = perSpan / ((double) result.load().bytes() / result.load().spans());
    cell(
        "disk after merges, of the bytes received",
        shape,
        String.format("%.0f %% (%,.0f B a span)", share * 100, perSpan));
    wanted("disk after merges, of the bytes received", "50 % / 10 % / -");
    out.put("disk_bytes_per_span", perSpan).put("disk_share", share);
  }

  private void limit(
      Shape shape,
      ObjectNode out,
      Engine engine,
      List<ProcessWatch> processes,
      Measurement.Result result)
      throws IOException, InterruptedException {
    ProcessWatch process =
        processes.stream().filter(p -> p.name.equals("engine")).findFirst().orElseThrow();
    double rate = result.load().spans() / result.load().seconds();
    double best = 0;
    ArrayNode list = out.putArray("engine_limit");
    for (int connections : new int[] {1, 2}) {
      System.err.println("  the engine's own limit, inserting on " + connections);
      EngineLimit.Result limit = EngineLimit.measure(engine, limitDuration, connections, process);
      best = Math.max(best, limit.rowsPerSecond());
      list.addObject()
          .put("connections", connections)
          .put("rows_per_second", limit.rowsPerSecond())
          .put("batch_rows", limit.batchRows())
          .put("engine_cpu_seconds", limit.engineCpuSeconds());
    }
    cell("engine's own insert limit, rows/s", shape, Table.number(Math.round(best)));
    cell("acknowledged / engine's limit", shape, String.format("%.2f", rate / best));
    out.put("engine_limit_rows_per_second", best).put("ratio_to_engine_limit", rate / best);
  }

  private void queries(Path dir, Corpus corpus) throws IOException, InterruptedException {
    Path store = dir.resolve("queries");
    boolean filled = Files.exists(store);
    try (ServerProcess server =
        ServerProcess.start(home, store, ServerProcess.freePort(), serverOptions)) {
      Api api = new Api(server.endpoint);
      // A store that is there may have been filled days ago.
      String from = filled ? "now-7d" : "now-" + (spread.toHours() + 1) + "h";
      LongList traces;
      if (filled) {
        System.err.println("queries: asking the store that is there");
        traces = QueryCommand.traces(api, from);
      } else {
        traces = fill(server, api, corpus);
      }
      new QueryBench(api, corpus, seed).run(from, traces, 3); // warm, as peers were
      ArrayNode out = figures.putArray("queries");
      for (QueryBench.Result result :
          new QueryBench(api, corpus, seed + 1).run(from, traces, runs)) {
        QueryCommand.put(out, result);
        Map<String, String> row =
            rows.computeIfAbsent(result.name() + ", p50 / p95", k -> new LinkedHashMap<>());
        row.put(queryColumn(), QueryCommand.times(result));
        row.put("wanted", result.goal() == 0 ? "" : "< " + result.goal() + " ms");
      }
    }
  }

  private LongList fill(ServerProcess server, Api api, Corpus corpus)
      throws IOException, InterruptedException {
    System.err.printf("queries: filling a store with %,d spans%n", querySpans);
    Measurement.Result fill =
        Measurement.run(
            loadOptions.load(
                server.endpoint,
                Shape.UNIQUE,
                seed,
                "bench-queries",
                Duration.ofHours(3),
                querySpans,
                spread,
                null),
            corpus,
            api,
            server.processes(),
            true);
    awaitStored(Engine.of(server.dataDir), "bench-queries", fill.load().spans());
    Thread.sleep(30_000); // rollups, words and small merges
    return fill.load().traces();
  }

  private String queryColumn() {
    return String.format("store of %,d spans", querySpans);
  }

  private void print() {
    List<String> columns = new ArrayList<>();
    columns.add("measured");
    for (Shape shape : Shape.values()) {
      if (shapes.contains(shape.option())) {
        columns.add(shape.title);
      }
    }
    if (querySpans > 0) {
      columns.add(queryColumn());
    }
    columns.add("wanted");
    Table table = new Table(columns.toArray(new String[0]));
    rows.forEach(
        (name, cells) -> {
          String[] row = new String[columns.size()];
          row[0] = name;
          for (int i = 1; i < row.length; i++) {
            row[i] = cells.getOrDefault(columns.get(i), "");
          }
          table.row(row);
        });
    System.out.println(Machine.describe());
    System.out.printf(
        "%s, %d connections, requests of at most %d spans or about %,d bytes, %d s, seed %d;"
            + " the generator runs on the same machine%n%n",
        loadOptions.protocol,
        loadOptions.connections,
        loadOptions.batchSpans,
        loadOptions.batchBytes,
        loadOptions.duration.toSeconds(),
        seed);
    System.out.print(table);
  }

  static void delete(Path dir) throws IOException {
    if (!Files.exists(dir)) {
      return;
    }
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
