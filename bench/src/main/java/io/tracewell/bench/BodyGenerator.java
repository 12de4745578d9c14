package io.tracewell.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Packs spans into OTLP export requests, as the batch processor of one process does: a trace may
 * lie across two requests. Not thread-safe.
 */
final class BodyGenerator {
  /** One export request and whose spans are in it. */
  static final class Body {
    byte[] bytes = new byte[0];
    int spans;
    long[] traceHigh = new long[512];
    long[] traceLow = new long[512];
    long[] spanIds = new long[512];

    /** A trace that lies in this request as a whole: index of its first span, or -1. */
    int wholeTrace = -1;

    int wholeTraceSpans;

    private void add(long high, long low, long id) {
      if (spans == spanIds.length) {
        traceHigh = Arrays.copyOf(traceHigh, spans * 2);
        traceLow = Arrays.copyOf(traceLow, spans * 2);
        spanIds = Arrays.copyOf(spanIds, spans * 2);
      }
      traceHigh[spans] = high;
      traceLow[spans] = low;
      spanIds[spans++] = id;
    }
  }

  private final TraceGenerator traces;
  private final Bytes resource = new Bytes(512);
  private final Bytes scope = new Bytes(64);
  private final Bytes spans = new Bytes(1 << 20);
  private final int maxSpans;
  private final int maxBytes;
  private TraceGenerator.Trace trace = new TraceGenerator.Trace();
  private int position;

  /**
   * @param version service.version: read-back finds the spans of a run by it
   */
  BodyGenerator(
      TraceGenerator traces, String application, String version, int maxSpans, int maxBytes) {
    this.traces = traces;
    this.maxSpans = maxSpans;
    this.maxBytes = maxBytes;
    attribute("telemetry.sdk.language", "python");
    attribute("telemetry.sdk.name", "opentelemetry");
    attribute("telemetry.sdk.version", "1.45.2");
    attribute("service.name", application);
    attribute("service.version", version);
    attribute("deployment.environment.name", "bench");
    scope.bytesField(1, "opentelemetry.util.genai.handler".getBytes(StandardCharsets.US_ASCII));
    scope.bytesField(2, "0.4b0".getBytes(StandardCharsets.US_ASCII));
  }

  private void attribute(String name, String value) {
    byte[] key = new SpanWriter.Key(name).encoded;
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    int any = 1 + Bytes.varintSize(text.length) + text.length;
    resource.lengthField(1, key.length + 1 + Bytes.varintSize(any) + any);
    resource.raw(key);
    resource.lengthField(2, any);
    resource.bytesField(1, text);
  }

  /**
   * The next request.
   *
   * @param nanos when the traces in it end, Unix epoch
   * @param most at most so many spans
   */
  Body next(long nanos, int most) {
    Body body = new Body();
    spans.clear();
    int limit = Math.min(most, maxSpans);
    while (body.spans < limit && spans.length < maxBytes) {
      if (position == trace.count) {
        trace = traces.next(nanos);
        position = 0;
      }
      int first = body.spans;
      boolean fromStart = position == 0;
      while (position < trace.count && body.spans < limit && spans.length < maxBytes) {
        spans.bytesField(2, trace.spans[position]);
        body.add(trace.high, trace.low, trace.ids[position]);
        position++;
      }
      if (fromStart && position == trace.count) {
        body.wholeTrace = first;
        body.wholeTraceSpans = trace.count;
      }
    }
    body.bytes = request();
    return body;
  }

  private byte[] request() {
    int scopeSpans = 1 + Bytes.varintSize(scope.length) + scope.length + spans.length;
    int resourceSpans =
        1
            + Bytes.varintSize(resource.length)
            + resource.length
            + 1
            + Bytes.varintSize(scopeSpans)
            + scopeSpans;
    Bytes head = new Bytes(resource.length + scope.length + 32);
    head.lengthField(1, resourceSpans);
    head.bytesField(1, resource);
    head.lengthField(2, scopeSpans);
    head.bytesField(1, scope);
    byte[] whole = Arrays.copyOf(head.array, head.length + spans.length);
    System.arraycopy(spans.array, 0, whole, head.length, spans.length);
    return whole;
  }
}
