package io.tracewell.server.spool;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.MessageText;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKeys;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import java.util.List;

/** Spans for tests of spool and store. */
public final class TestSpans {
  private TestSpans() {}

  /** A builder with the parts that tests vary. */
  public static final class Builder {
    public String traceId;
    public String spanId;
    public String parentId = "";
    public String application = "shop";
    public String name = "chat gpt-4.1";
    public SpanKind kind = SpanKind.LLM;
    public long startNanos;
    public long endNanos;
    public boolean pending;
    public SpanStatus status = SpanStatus.UNSET;
    public SpanError error = new SpanError("", "", "");
    public String sessionId = "";
    public String userId = "";
    public String responseId = "";
    public String dialects = "otel-genai";
    public long cacheRead = -1;
    public long inputTokens = 10;
    public long outputTokens = 5;
    public Cost cost =
        new Cost(15_000_000, 10_000_000, 0, 0, 5_000_000, "priced", "openai/gpt-4.1", "");
    public String input = "";
    public String output = "";
    public List<MessageText> texts = List.of();
    public List<String> tags = List.of();
    public String toolName = "";
    public Prompt prompt = Prompt.NONE;
    public String metadata = "{}";
    public List<SpanLink> links = List.of();

    private Builder(String traceId, String spanId, long startNanos) {
      this.traceId = traceId;
      this.spanId = spanId;
      this.startNanos = startNanos;
      this.endNanos = startNanos + 1_000_000_000L;
    }

    /** The span. */
    public Span build() {
      return new Span(
          Span.DEFAULT_PROJECT,
          traceId,
          spanId,
          parentId,
          SpanKeys.of(traceId, spanId, parentId),
          new Origin(
              application,
              application,
              "1.0",
              "prod",
              "host",
              "python 1.38.0",
              "test 1",
              dialects,
              "otlp-http-protobuf"),
          name,
          kind,
          "test",
          startNanos,
          endNanos,
          pending,
          status,
          error,
          sessionId,
          userId,
          kind == SpanKind.LLM
              ? new ModelCall(
                  "openai",
                  "gpt-4.1",
                  "gpt-4.1-2025",
                  responseId,
                  "chat",
                  "{\"temperature\":0.5}",
                  "stop",
                  120_000_000)
              : ModelCall.NONE,
          kind == SpanKind.LLM
              ? new Usage(inputTokens, cacheRead, -1, -1, -1, outputTokens, -1, -1, "test", "{}")
              : Usage.NONE,
          kind == SpanKind.LLM ? cost : Cost.NONE,
          Content.NONE,
          input.isEmpty() ? Content.NONE : new Content(ContentFormat.CHAT_MESSAGES, input),
          Content.text(output),
          Content.NONE,
          Content.NONE,
          input,
          output,
          texts.stream().mapToLong(MessageText::hash).toArray(),
          texts,
          toolName,
          "",
          "",
          prompt,
          tags,
          metadata,
          links,
          List.of(),
          "{\"name\":\"raw\"}",
          100);
    }
  }

  /** An LLM span with ids of hex digits made of the numbers. */
  public static Builder span(long trace, long span, long startNanos) {
    return new Builder(String.format("%032x", trace), String.format("%016x", span), startNanos);
  }
}
