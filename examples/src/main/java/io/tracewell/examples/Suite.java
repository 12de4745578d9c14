package io.tracewell.examples;

import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** The four applications, each with its own tracing, each started when it is first asked for. */
final class Suite implements AutoCloseable {
  private static final Map<String, String> VERSIONS =
      Map.of(
          "support-bot", "4.12.0",
          "trip-planner", "2.8.1",
          "deep-research", "0.9.3",
          "ask-sql", "1.5.0");

  private final URI provider;
  private final URI partners;
  private final Incident incident;
  private final BiFunction<String, String, Telemetry> tracing;
  private final Map<String, Application> applications = new HashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  private Suite(
      URI provider,
      URI partners,
      Incident incident,
      BiFunction<String, String, Telemetry> tracing) {
    this.provider = provider;
    this.partners = partners;
    this.incident = incident;
    this.tracing = tracing;
  }

  /** In the machine's time; spans go out while the applications run. */
  static Suite live(URI provider, URI partners, Incident incident, SpanExporter exporter) {
    return new Suite(
        provider, partners, incident, (name, version) -> Telemetry.live(name, version, exporter));
  }

  /** On virtual strands; spans go to the sink of the strand. */
  static Suite virtual(URI provider, URI partners, Incident incident) {
    return new Suite(provider, partners, incident, Telemetry::collected);
  }

  synchronized Application get(String name) {
    Application running = applications.get(name);
    if (running != null) {
      return running;
    }
    String version = VERSIONS.get(name);
    if (version == null) {
      throw new IllegalArgumentException("no application " + name);
    }
    Telemetry telemetry = tracing.apply(name, version);
    opened.add(telemetry);
    Env env = new Env(telemetry.tracer(), provider, partners, incident);
    Application application =
        switch (name) {
          case "support-bot" -> {
            SupportBot bot = new SupportBot(env);
            // On a strand without a sink: what an application does at its start is no traffic.
            Strand.virtual(incident.at(Incident.PEAK), 1, span -> {}).run(bot::load);
            yield bot;
          }
          case "trip-planner" -> new TripPlanner(env);
          case "deep-research" -> new DeepResearch(env);
          default -> {
            AskSql sql = new AskSql(env);
            opened.add(sql);
            yield sql;
          }
        };
    applications.put(name, application);
    return application;
  }

  @Override
  public synchronized void close() {
    for (AutoCloseable one : opened.reversed()) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
