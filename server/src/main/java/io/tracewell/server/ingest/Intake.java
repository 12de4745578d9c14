package io.tracewell.server.ingest;

import io.grpc.BindableService;
import io.tracewell.core.SpanSink;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.Normaliser;
import java.time.Clock;
import java.util.List;

/** Everything that listens to senders, over one bound on the bytes in memory. */
public final class Intake {
  private final List<Routes> routes;
  private final List<BindableService> grpcServices;

  /**
   * @param sink where spans go
   * @param log what senders did
   */
  public Intake(
      Normaliser normaliser, SpanSink sink, IngestLog log, IntakeLimits limits, Clock clock) {
    Bodies bodies = new Bodies(limits);
    OtlpIntake otlp = new OtlpIntake(normaliser, sink, clock);
    DatadogIntake datadog = new DatadogIntake(new DatadogNormaliser(normaliser), sink, clock);
    routes =
        List.of(
            new OtlpRoutes(otlp, bodies, log),
            new DatadogRoutes(datadog, bodies, log),
            new LangfuseRoutes(sink, bodies, log, clock));
    grpcServices = new OtlpGrpc(otlp, bodies, log).services();
  }

  /** Routes to be served by every listener. */
  public List<Routes> routes() {
    return routes;
  }

  /** gRPC services to be served by every listener. */
  public List<BindableService> grpcServices() {
    return grpcServices;
  }
}
