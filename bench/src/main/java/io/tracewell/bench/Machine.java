package io.tracewell.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says on what it was measured. */
final class Machine {
  private Machine() {}

  static String describe() {
    String cpu = System.getProperty("os.arch");
    String memory = "";
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          cpu = line.substring(line.indexOf(':') + 1).strip();
          break;
        }
      }
      String first = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
      memory = Long.parseLong(first.replaceAll("\\D", "")) / 1_000_000 + " GB, ";
    } catch (IOException e) {
      // Not Linux: what the JVM knows has to do.
    }
    return Runtime.getRuntime().availableProcessors()
        + " cores ("
        + cpu
        + "), "
        + memory
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + ", Java "
        + Runtime.version().feature();
  }
}
