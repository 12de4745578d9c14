package io.tracewell.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Compares what 'load --record-acks' wrote with what is stored; 1 where a span is lost or"
            + " there twice.")
final class VerifyCommand implements Callable<Integer> {
  @Option(names = "--acks", required = true, description = "File of --record-acks.")
  private Path acks = Path.of("acks");

  @Option(
      names = "--data-dir",
      required = true,
      description = "Data directory of the running server, on this machine.")
  private Path dataDir = Path.of(".");

  @Option(names = "--run", required = true, description = "service.version that 'load' printed.")
  private String run = "";

  @Override
  public Integer call() throws IOException {
    ReadBack.Findings found = ReadBack.compare(Engine.of(dataDir), run, read(acks).sorted());
    System.out.printf(
        "acknowledged %,d, stored %,d, lost %,d, doubled %,d, stored without acknowledgement %,d%n",
        found.acknowledged(), found.stored(), found.lost(), found.doubled(), found.extra());
    return found.lost() == 0 && found.doubled() == 0 ? 0 : 1;
  }

  /** Span keys of the file. A last line that was cut is left out. */
  static LongList read(Path file) throws IOException {
    LongList ids = new LongList();
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.length() == 49) {
          ids.add(Long.parseUnsignedLong(line, 33, 49, 16));
        }
      }
    }
    return ids;
  }
}
