package io.tracewell.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tracewell bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures Tracewell.",
    subcommands = {CorpusCommand.class})
public final class BenchMain {
  private BenchMain() {}

  /** Runs the command line and ends the process with its result: 0 if it went well. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new BenchMain()).execute(args));
  }
}
