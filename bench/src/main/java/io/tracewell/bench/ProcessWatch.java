package io.tracewell.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time and memory of one process, from Linux's {@code /proc}. */
final class ProcessWatch {
  /** The kernel's unit of CPU time; 100 on every Linux that is built by a distribution. */
  private static final double TICKS_PER_SECOND = 100;

  final String name;
  private final long pid;
  private long peak;

  ProcessWatch(String name, long pid) {
    this.name = name;
    this.pid = pid;
  }

  /** CPU seconds since it started; 0 where it has ended. */
  double cpuSeconds() {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // The second field may hold spaces; those after its bracket do not.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Resident bytes now; 0 where it has ended. Remembered for {@link #peakBytes}. */
  long residentBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          long bytes = Long.parseLong(line.replaceAll("\\D", "")) * 1_024;
          peak = Math.max(peak, bytes);
          return bytes;
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }

  /** Most that {@link #residentBytes} has seen. */
  long peakBytes() {
    return peak;
  }
}
