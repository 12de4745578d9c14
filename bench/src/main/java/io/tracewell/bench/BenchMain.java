package io.tracewell.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tracewell bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures Tracewell. Without a command: everything, see 'bench run --help'.",
    subcommands = {
      RunCommand.class,
      LoadCommand.class,
      QueryCommand.class,
      VerifyCommand.class,
      CrashCommand.class,
      CorpusCommand.class,
      ProtocolsCommand.class
    })
public final class BenchMain {
  private static final List<String> COMMANDS =
      List.of(
          "run",
          "load",
          "query",
          "verify",
          "crash",
          "corpus",
          "protocols",
          "-h",
          "--help",
          "-V",
          "--version");

  private BenchMain() {}

  /** Runs the command line and ends the process with its result: 0 if it went well. */
  public static void main(String[] args) {
    System.exit(execute(args));
  }

  static int execute(String... args) {
    boolean named = args.length > 0 && COMMANDS.contains(args[0]);
    String[] whole =
        named ? args : Stream.concat(Stream.of("run"), Arrays.stream(args)).toArray(String[]::new);
    return new CommandLine(new BenchMain())
        .setExecutionExceptionHandler(
            (e, command, parsed) -> {
              command.getErr().println("bench: " + e.getMessage());
              e.printStackTrace(command.getErr());
              return 2;
            })
        .execute(whole);
  }
}
