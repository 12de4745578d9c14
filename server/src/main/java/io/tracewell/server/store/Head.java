package io.tracewell.server.store;

import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.TraceShape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A span without its text, as it stands in span_heads: what the writer keeps of a recent trace. */
final class Head implements TraceShape.Node {
  long key;
  long parentKey;
  long ver;
  long hash;
  long placeStart;
  long start;
  long end;
  String application = "";
  String serviceVersion = "";
  String environment = "";
  String name = "";
  SpanKind kind = SpanKind.SPAN;
  boolean pending;
  SpanStatus status = SpanStatus.UNSET;
  String errorType = "";
  String sessionId = "";
  String userId = "";
  String provider = "";
  String model = "";
  String responseId = "";
  long ttft = -1;
  long input = -1;
  long cacheRead = -1;
  long cacheWrite = -1;
  long output = -1;
  long reasoning = -1;
  long cost = -1;
  String costSource = "";
  String costReason = "";
  String toolName = "";
  String agentName = "";
  String promptName = "";
  String promptVersion = "";
  String dialects = "";
  List<String> tags = List.of();
  int sizeBytes;

  /** Texts that a trace row may show; null where they were let go and have to be read. */
  @Nullable Previews previews;

  /** Whether the trace's row shows the texts. */
  boolean shown;

  /** Whether the span is in the tables, so that the texts can be read back. */
  boolean stored;

  /** First characters of input, output and error. */
  record Previews(String input, String output, String error) {}

  @Override
  public long key() {
    return key;
  }

  @Override
  public long parentKey() {
    return parentKey;
  }

  @Override
  public SpanKind kind() {
    return kind;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long startNanos() {
    return start;
  }

  @Override
  public long endNanos() {
    return end;
  }

  @Override
  public boolean pending() {
    return pending;
  }

  @Override
  public boolean failed() {
    return status == SpanStatus.ERROR;
  }

  @Override
  public String provider() {
    return provider;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public String responseId() {
    return responseId;
  }

  @Override
  public String dialects() {
    return dialects;
  }

  @Override
  public long inputTokens() {
    return input;
  }

  @Override
  public long outputTokens() {
    return output;
  }

  @Override
  public long cacheReadTokens() {
    return cacheRead;
  }

  @Override
  public long cost() {
    return cost;
  }

  @Override
  public boolean priced() {
    return costSource.equals("priced");
  }
}
