package io.tracewell.server;

import io.tracewell.server.config.Config;
import io.tracewell.server.config.Setting;
import io.tracewell.server.config.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The command line: {@code up}, {@code demo}, {@code reprice}, {@code remap}, {@code version}. */
public final class Main {
  private Main() {}

  /** Runs a command; ends the process with 0, 1 (it failed) or 2 (it was called wrongly). */
  public static void main(String[] args) {
    CommandSpec root = CommandSpec.create().name("tracewell");
    root.usageMessage().description("LLM observability that you run yourself.");
    root.addSubcommand("up", serverCommand("Starts Tracewell in the foreground."));
    root.addSubcommand(
        "demo", serverCommand("Starts Tracewell with live traffic of four example applications."));
    root.addSubcommand(
        "reprice",
        rewriteCommand("Prices stored spans anew, by today's prices, on a running server."));
    root.addSubcommand(
        "remap", rewriteCommand("Reads stored spans anew, by today's rules, on a running server."));
    CommandSpec version = CommandSpec.create();
    version.usageMessage().description("Prints the version.");
    root.addSubcommand("version", version);
    CommandLine line = new CommandLine(root);
    line.setExecutionStrategy(Main::run);
    System.exit(line.execute(args));
  }

  private static int run(ParseResult parsed) {
    try {
      return runCommand(parsed);
    } catch (IllegalArgumentException e) {
      System.err.println("tracewell: " + e.getMessage());
      return 2;
    } catch (IOException | InterruptedException e) {
      System.err.println("tracewell: " + e.getMessage());
      return 1;
    }
  }

  private static int runCommand(ParseResult parsed) throws IOException, InterruptedException {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    if (!parsed.hasSubcommand()) {
      parsed.commandSpec().commandLine().usage(System.err);
      return 2;
    }
    ParseResult command = parsed.subcommand();
    String name = command.commandSpec().name();
    if (name.equals("version")) {
      System.out.println("tracewell " + App.version());
      return 0;
    }
    if (name.equals("reprice") || name.equals("remap")) {
      return new RewriteCommand(
              command.matchedOptionValue("--url", "http://127.0.0.1:8080"),
              command.matchedOptionValue("--api-key", ""))
          .run(name, command.matchedOptionValue("--since", ""));
    }
    Map<String, String> flags = new HashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      if (command.hasMatchedOption("--" + setting.name())) {
        flags.put(setting.name(), command.matchedOptionValue("--" + setting.name(), ""));
      }
    }
    boolean demo = name.equals("demo");
    if (demo) {
      // The demo's data stays apart from the user's own.
      flags.putIfAbsent(Settings.DATA_DIR.name(), ".tracewell/demo");
    }
    Path file = command.matchedOptionValue("--config", (Path) null);
    App.run(Config.read(flags, System.getenv(), file), demo);
    return 0;
  }

  private static CommandSpec rewriteCommand(String description) {
    CommandSpec spec = CommandSpec.create();
    spec.usageMessage().description(description).width(120);
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Shows this help.").build());
    spec.addOption(
        OptionSpec.builder("--since")
            .paramLabel("TIME")
            .type(String.class)
            .required(true)
            .description(
                "Spans that started since then: 30m, 24h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z.")
            .build());
    spec.addOption(
        OptionSpec.builder("--url")
            .paramLabel("URL")
            .type(String.class)
            .description("The running server. Default: http://127.0.0.1:8080")
            .build());
    spec.addOption(
        OptionSpec.builder("--api-key")
            .paramLabel("KEY")
            .type(String.class)
            .description("Its key, where it has one.")
            .build());
    return spec;
  }

  private static CommandSpec serverCommand(String description) {
    CommandSpec spec = CommandSpec.create();
    spec.usageMessage().description(description).width(120);
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Shows this help.").build());
    spec.addOption(
        OptionSpec.builder("--config")
            .paramLabel("FILE")
            .type(Path.class)
            .description(
                "File with the same keys; default " + Config.DEFAULT_FILE + " where there is one.")
            .build());
    for (Setting<?> setting : Settings.ALL) {
      spec.addOption(
          OptionSpec.builder("--" + setting.name())
              .paramLabel(setting.placeholder())
              .type(String.class)
              .description(
                  setting.description()
                      + (setting.defaultValue().isEmpty()
                          ? ""
                          : " Default: " + setting.defaultValue()))
              .build());
    }
    return spec;
  }
}
