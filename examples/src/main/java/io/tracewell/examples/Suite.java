package io.tracewell.examples;

import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The four applications, each with its own tracing. */
final class Suite implements AutoCloseable {
  private static final Map<String, String> VERSIONS =
      Map.of(
          "support-bot",
          "4.12.0",
          "trip-planner",
          "2.8.1",
          "deep-research",
          "0.9.3",
          "ask-sql",
          "1.5.0");

  private final Map<String, Application> applications = new HashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  private Suite(
      URI provider,
      URI partners,
      Incident incident,
      BiFunction<String, String, Telemetry> tracing) {
    Function<String, Env> env =
        name -> {
          Telemetry telemetry = tracing.apply(name, VERSIONS.getOrDefault(name, "1"));
          opened.add(telemetry);
          return new Env(telemetry.tracer(), provider, partners, incident);
        };
    SupportBot support = new SupportBot(env.apply("support-bot"));
    AskSql sql = new AskSql(env.apply("ask-sql"));
    opened.add(sql);
    applications.put("support-bot", support);
    applications.put("ask-sql", sql);
    applications.put("trip-planner", new TripPlanner(env.apply("trip-planner")));
    applications.put("deep-research", new DeepResearch(env.apply("deep-research")));
  }

  /** In the machine's time; spans go out while the applications run. */
  static Suite live(URI provider, URI partners, Incident incident, SpanExporter exporter) {
    Suite suite = new Suite(provider, partners, incident, (n, v) -> Telemetry.live(n, v, exporter));
    suite.support().load();
    return suite;
  }

  /** On virtual strands; spans go to the sink of the strand. */
  static Suite virtual(URI provider, URI partners, Incident incident) {
    Suite suite = new Suite(provider, partners, incident, Telemetry::collected);
    // On a strand without a sink: the index is read once, and is no traffic of the past.
    Strand.virtual(incident.at(Incident.PEAK), 1, span -> {}).run(suite.support()::load);
    return suite;
  }

  private SupportBot support() {
    return (SupportBot) get("support-bot");
  }

  Application get(String name) {
    Application application = applications.get(name);
    if (application == null) {
      throw new IllegalArgumentException("no application " + name);
    }
    return application;
  }

  @Override
  public void close() {
    for (AutoCloseable one : opened.reversed()) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
