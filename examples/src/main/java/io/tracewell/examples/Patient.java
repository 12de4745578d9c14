package io.tracewell.examples;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An exporter that does not give up: it tries again until the server has taken the spans. */
final class Patient implements SpanExporter {
  private static final Logger LOG = LoggerFactory.getLogger(Patient.class);
  private static final int ATTEMPT_SECONDS = 30;

  private final SpanExporter inner;
  private volatile boolean closing;

  Patient(SpanExporter inner) {
    this.inner = inner;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    for (int attempt = 0; ; attempt++) {
      if (inner.export(spans).join(ATTEMPT_SECONDS, TimeUnit.SECONDS).isSuccess()) {
        return CompletableResultCode.ofSuccess();
      }
      if (closing) {
        return CompletableResultCode.ofFailure();
      }
      if (attempt == 2) {
        LOG.warn("the server does not take spans; trying again until it does");
      }
      try {
        Thread.sleep(Math.min(10_000, 500L << Math.min(attempt, 5)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return CompletableResultCode.ofFailure();
      }
    }
  }

  /** From now on a failed attempt is the last. */
  void closing() {
    closing = true;
  }

  @Override
  public CompletableResultCode flush() {
    return inner.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    closing = true;
    return inner.shutdown();
  }
}
