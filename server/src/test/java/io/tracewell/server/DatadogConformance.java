package io.tracewell.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What real SDKs of Datadog were seen to do here, as the table of the documentation. */
final class DatadogConformance {
  private static final String BEGIN = "<!-- table: written by DatadogSdkTest -->";
  private static final String END = "<!-- end of table -->";

  /** The rows, in order. */
  static final List<String> FEATURES =
      List.of(
          "OpenAI client",
          "Anthropic client",
          "LangChain",
          "Vercel AI SDK",
          "streaming",
          "async",
          "failed calls",
          "spans by hand",
          "evaluations",
          "feedback",
          "10,000 spans, none lost",
          "datasets",
          "experiments",
          "prompts",
          "search of spans",
          "through the agent's port",
          "without an agent",
          "keys asked for");

  /** The columns, in order. */
  static final List<String> SDKS =
      List.of(
          "ddtrace 4.16.0",
          "ddtrace 4.10.12",
          "ddtrace 3.19.9",
          "dd-trace (Node) 5.132.0",
          "dd-trace (Node) 6.21.0",
          "dd-java-agent 1.68.1",
          "datadog-api-client 2.62.0",
          "LiteLLM 1.106.2");

  private final Map<String, String> cells = new LinkedHashMap<>();

  /** A test has shown it. */
  void shown(String sdk, String feature) {
    set(sdk, feature, "shown");
  }

  /** It can't be shown, for this reason. */
  void not(String sdk, String feature, String why) {
    set(sdk, feature, why);
  }

  private void set(String sdk, String feature, String text) {
    if (!SDKS.contains(sdk) || !FEATURES.contains(feature)) {
      throw new IllegalArgumentException(sdk + ", " + feature + ": no such cell");
    }
    cells.put(feature + "\n" + sdk, text);
  }

  String table() {
    StringBuilder table = new StringBuilder("| |");
    SDKS.forEach(sdk -> table.append(' ').append(sdk).append(" |"));
    table.append("\n|---|").append("---|".repeat(SDKS.size())).append('\n');
    for (String feature : FEATURES) {
      table.append("| ").append(feature).append(" |");
      for (String sdk : SDKS) {
        table.append(' ').append(cells.getOrDefault(feature + "\n" + sdk, "untested")).append(" |");
      }
      table.append('\n');
    }
    return table.toString();
  }

  /** Puts the table into the page; what is around it stays. */
  void writeInto(Path page) throws IOException {
    String text = Files.readString(page);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalStateException(page + " has no place for the table");
    }
    Files.writeString(
        page, text.substring(0, begin) + BEGIN + "\n\n" + table() + "\n" + text.substring(end));
  }
}
