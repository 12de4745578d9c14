package io.tracewell.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one load and looks at everything around it: how soon spans are visible, whether the spool
 * grows, what the processes take.
 */
final class Measurement {
  /**
   * Figures of a run.
   *
   * @param load what was acknowledged
   * @param visibleMedian milliseconds from acknowledged to visible; -1 where no trace was followed
   * @param neverVisible traces that were not visible after two minutes
   * @param spoolMiddle bytes in the spool halfway through
   * @param spoolEnd bytes in the spool when the load ended
   * @param catchUpSeconds from the end of the load until the spool no longer shrinks
   * @param cpu CPU seconds during the load
   * @param processes server and engine, with their peak of memory, and the generator
   */
  record Result(
      Load.Result load,
      double visibleMedian,
      double visibleP95,
      long visibleCount,
      long neverVisible,
      long spoolMiddle,
      long spoolEnd,
      long spoolMost,
      double catchUpSeconds,
      double[] cpu,
      List<ProcessWatch> processes) {}

  private Measurement() {}

  /** Runs the load. {@code processes} are those to be watched, without this one. */
  static Result run(
      Load.Options options, Corpus corpus, Api api, List<ProcessWatch> watched, boolean progress)
      throws IOException, InterruptedException {
    List<ProcessWatch> processes = new ArrayList<>(watched);
    processes.add(new ProcessWatch("generator", ProcessHandle.current().pid()));
    double[] cpu = processes.stream().mapToDouble(ProcessWatch::cpuSeconds).toArray();
    VisibilityProbe probe = new VisibilityProbe(api);
    Load load = new Load(options, corpus, probe);
    List<Long> spool = new ArrayList<>();
    Thread sampler =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (int second = 0; ; second++) {
                      processes.forEach(ProcessWatch::residentBytes);
                      spool.add(Math.max(0, api.spoolBytes()));
                      if (progress && second % 10 == 9) {
                        System.err.printf(
                            "    %3d s: %,d spans acknowledged, spool %s%n",
                            second + 1, load.acknowledged(), Table.megabytes(spool.getLast()));
                      }
                      Thread.sleep(1_000);
                    }
                  } catch (InterruptedException e) {
                    // The load has ended.
                  }
                });
    Load.Result result;
    double[] spent = new double[cpu.length];
    try (probe) {
      result = load.run();
      for (int i = 0; i < spent.length; i++) {
        spent[i] = processes.get(i).cpuSeconds() - cpu[i];
      }
    } finally {
      sampler.interrupt();
      sampler.join();
    }
    long end = Math.max(0, api.spoolBytes());
    double catchUp = waitForSpool(api);
    processes.forEach(ProcessWatch::residentBytes);
    boolean seen = probe.millis().getTotalCount() > 0;
    return new Result(
        result,
        seen ? probe.millis().getValueAtPercentile(50) : -1,
        seen ? probe.millis().getValueAtPercentile(95) : -1,
        probe.millis().getTotalCount(),
        probe.never(),
        spool.isEmpty() ? 0 : spool.get(spool.size() / 2),
        end,
        spool.stream().mapToLong(Long::longValue).max().orElse(0),
        catchUp,
        spent,
        processes);
  }

  /** Waits until the spool has been taken by the store, at most ten minutes. */
  static double waitForSpool(Api api) throws InterruptedException {
    long start = System.nanoTime();
    long least = Long.MAX_VALUE;
    long since = start;
    while (System.nanoTime() - start < Duration.ofMinutes(10).toNanos()) {
      long bytes = api.spoolBytes();
      if (bytes == 0) {
        since = System.nanoTime();
        break;
      }
      if (bytes > 0 && bytes < least) {
        least = bytes;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > 5_000_000_000L) {
        // An empty spool may keep the segment that it writes to.
        break;
      }
      Thread.sleep(100);
    }
    return (since - start) / 1e9;
  }
}
