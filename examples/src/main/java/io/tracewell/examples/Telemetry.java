package io.tracewell.examples;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;

/**
 * The OpenTelemetry SDK as an application sets it up: one tracer provider for each, its resource
 * says which. Session and user travel as baggage and are copied onto every span.
 */
final class Telemetry implements AutoCloseable {
  private final SdkTracerProvider provider;
  private final String scope;

  private Telemetry(SdkTracerProvider provider, String scope) {
    this.provider = provider;
    this.scope = scope;
  }

  /** Spans go out in batches while the application runs. */
  static Telemetry live(String application, String version, SpanExporter exporter) {
    return of(
        application,
        version,
        BatchSpanProcessor.builder(exporter)
            .setScheduleDelay(Duration.ofMillis(250))
            .setMaxQueueSize(20_000)
            .build());
  }

  /** Spans go to the sink of the strand they ended on. */
  static Telemetry collected(String application, String version) {
    return of(application, version, new ToStrand());
  }

  private static Telemetry of(String application, String version, SpanProcessor processor) {
    Resource resource =
        Resource.getDefault()
            .merge(
                Resource.create(
                    Attributes.builder()
                        .put("service.name", application)
                        .put("service.version", version)
                        .put("deployment.environment.name", "prod")
                        .build()));
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(resource)
            .setClock(Strand.CLOCK)
            .setIdGenerator(Strand.IDS)
            .setSpanLimits(SpanLimits.builder().setMaxNumberOfAttributes(256).build())
            .addSpanProcessor(new FromBaggage())
            .addSpanProcessor(processor)
            .build();
    return new Telemetry(provider, "io.tracewell.examples." + application.replace('-', '_'));
  }

  Tracer tracer() {
    return provider.get(scope);
  }

  /** The context of a request: every span in it carries the session and the user. */
  static Context request(String session, String user) {
    return Baggage.builder()
        .put("session.id", session)
        .put("user.id", user)
        .build()
        .storeInContext(Context.root());
  }

  @Override
  public void close() {
    provider.close();
  }

  private static final class FromBaggage implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
      Baggage.fromContext(parent)
          .forEach(
              (key, value) -> span.setAttribute(AttributeKey.stringKey(key), value.getValue()));
    }

    @Override
    public boolean isStartRequired() {
      return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {}

    @Override
    public boolean isEndRequired() {
      return false;
    }
  }

  private static final class ToStrand implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      Strand.current().accept(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }
}
