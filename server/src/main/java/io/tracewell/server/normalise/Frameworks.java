package io.tracewell.server.normalise;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Frameworks whose own tracing says little in attributes: LlamaIndex, CrewAI and AutoGen. What
 * their model calls say comes from another instrumentation.
 */
final class Frameworks extends Dialect {
  private static final Map<String, Kinds.Decision> AUTOGEN =
      Map.of(
          "create", Kinds.NOISE,
          "process", Kinds.NOISE,
          "send", Kinds.NOISE,
          "publish", Kinds.NOISE,
          "receive", Kinds.NOISE,
          "ack", Kinds.NOISE);

  Frameworks() {
    super("framework", "llamaindex.opentelemetry.tracer", "crewai.telemetry", "autogen");
    prefix(Field.METADATA, "crewai.");
  }

  @Override
  public Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    if (scope.name.equals("crewai.telemetry")) {
      // Anonymous analytics of the vendor.
      return Kinds.NOISE;
    }
    if (span.name.startsWith("autogen ")) {
      // Messages passed between agents: "autogen process weather_agent".
      int end = span.name.indexOf(' ', 8);
      return AUTOGEN.get(span.name.substring(8, end < 0 ? span.name.length() : end));
    }
    return null;
  }
}
