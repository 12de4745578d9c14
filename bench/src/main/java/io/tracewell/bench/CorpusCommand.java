package io.tracewell.bench;

import com.github.luben.zstd.Zstd;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "corpus",
    description = "Says what the generated requests look like: sizes, compression, cost to make.")
final class CorpusCommand implements Callable<Integer> {
  @Option(names = "--seed", defaultValue = "1", description = "Seed (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--bodies",
      defaultValue = "60",
      description = "Requests of each shape (default ${DEFAULT-VALUE}).")
  private int bodies;

  /** Size and compression of requests. */
  record Sample(long spans, long bytes, long zstdBytes, int bodies) {
    double ratio() {
      return (double) bytes / zstdBytes;
    }
  }

  /** Makes requests and packs each with zstd -3. */
  static Sample sample(Corpus corpus, Shape shape, long seed, int count) {
    BodyGenerator generator = corpus.bodies(shape, seed, 60_000, "sample", 512, 1 << 20);
    long spans = 0;
    long bytes = 0;
    long packed = 0;
    for (int i = 0; i < count; i++) {
      BodyGenerator.Body body = generator.next(1_790_000_000_000_000_000L, Integer.MAX_VALUE);
      spans += body.spans;
      bytes += body.bytes.length;
      packed += Zstd.compress(body.bytes, 3).length;
    }
    return new Sample(spans, bytes, packed, count);
  }

  @Override
  public Integer call() {
    Corpus corpus = new Corpus(seed);
    Table table = new Table("shape", "spans/request", "bytes/span", "zstd -3", "us of CPU a span");
    for (Shape shape : Shape.values()) {
      Sample sample = sample(corpus, shape, seed, bodies);
      BodyGenerator generator = corpus.bodies(shape, seed, 60_000, "sample", 512, 1 << 20);
      long spans = 0;
      var threads = ManagementFactory.getThreadMXBean();
      long start = threads.getCurrentThreadCpuTime();
      while (threads.getCurrentThreadCpuTime() - start < 2_000_000_000L) {
        spans += generator.next(1_790_000_000_000_000_000L, Integer.MAX_VALUE).spans;
      }
      table.row(
          shape.title,
          Table.number(sample.spans / sample.bodies),
          Table.number(sample.bytes / sample.spans),
          String.format("%.2f x", sample.ratio()),
          String.format("%.1f", (threads.getCurrentThreadCpuTime() - start) / 1e3 / spans));
    }
    System.out.print(table);
    return 0;
  }
}
