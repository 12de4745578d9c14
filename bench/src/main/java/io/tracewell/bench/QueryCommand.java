package io.tracewell.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "query",
    mixinStandardHelpOptions = true,
    description = "Asks a running server what its pages ask, and prints how long that takes.")
final class QueryCommand implements Callable<Integer> {
  @Option(
      names = "--endpoint",
      defaultValue = "http://127.0.0.1:8080",
      description = "Server; default ${DEFAULT-VALUE}.")
  private URI endpoint = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--from",
      defaultValue = "now-25h",
      description = "How far back to look; default ${DEFAULT-VALUE}.")
  private String from = "now-25h";

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed with which the store was filled: it decides the words.")
  private long seed;

  @Option(names = "--runs", defaultValue = "30", description = "How often each query is asked.")
  private int runs;

  @Override
  public Integer call() throws IOException {
    Api api = new Api(endpoint);
    Corpus corpus = new Corpus(seed);
    LongList traces = traces(api, from);
    Table table = new Table("query", "p50 / p95", "rows", "partial", "wanted");
    for (QueryBench.Result result : new QueryBench(api, corpus, seed).run(from, traces, runs)) {
      table.row(
          result.name(),
          times(result),
          String.format("%.1f", result.rows()),
          Integer.toString(result.partial()),
          result.goal() == 0 ? "" : "< " + result.goal() + " ms");
    }
    System.out.print(table);
    return 0;
  }

  /** Pairs (high, low) of ids of the newest traces. */
  static LongList traces(Api api, String from) throws IOException {
    LongList traces = new LongList();
    var page = api.get("/api/v1/traces", java.util.Map.of("from", from, "limit", "500")).json();
    for (var trace : page.path("traces")) {
      String key = trace.path("trace_key").asText();
      traces.add(Long.parseUnsignedLong(key, 0, 16, 16));
      traces.add(Long.parseUnsignedLong(key, 16, 32, 16));
    }
    return traces;
  }

  static String times(QueryBench.Result result) {
    return Table.milliseconds(result.median())
        + " / "
        + Table.milliseconds(result.p95())
        + String.format(" (%.0f rows)", result.rows())
        + (result.partial() > 0 ? ", " + result.partial() + " partial" : "");
  }

  static void put(ArrayNode out, QueryBench.Result result) {
    out.addObject()
        .put("query", result.name())
        .put("p50_ms", result.median())
        .put("p95_ms", result.p95())
        .put("rows", result.rows())
        .put("partial", result.partial());
  }
}
