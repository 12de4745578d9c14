package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Span;
import io.tracewell.core.SpanRewriter;
import io.tracewell.server.message.Json;
import org.jspecify.annotations.Nullable;

/** Reads stored spans anew. */
public final class Rewriters {
  private final Normaliser normaliser;

  /** By the rules and prices of {@code normaliser}. */
  public Rewriters(Normaliser normaliser) {
    this.normaliser = normaliser;
  }

  /** Today's prices on stored usage. What a sender reported stays. */
  public SpanRewriter reprice() {
    return span -> {
      ModelCall call = span.model();
      if (span.cost().source().equals("reported")
          || span.usage().isEmpty()
          || call.name().isEmpty()) {
        return span;
      }
      Cost cost =
          normaliser
              .pricer()
              .price(DatadogNormaliser.priced(call), span.usage(), span.startNanos());
      return cost.equals(span.cost()) ? span : span.withCost(cost);
    };
  }

  /**
   * Today's rules on the span as it was sent. Spans of Datadog's SDKs, and spans whose raw copy
   * does not hold what was sent, stay as they are.
   */
  public SpanRewriter remap() {
    return span -> {
      RawSpans.Found found = span.pending() ? null : RawSpans.read(span.raw(), new Columns(span));
      if (found == null) {
        return span;
      }
      Sent.Span sent = found.span();
      sent.traceId = span.traceId();
      sent.spanId = span.spanId();
      sent.parentId = sent.parentId.isEmpty() ? span.parentId() : sent.parentId;
      if (!found.timed()) {
        sent.startNanos = span.startNanos();
        sent.endNanos = span.endNanos();
      }
      sent.sizeBytes = span.sizeBytes();
      Span again =
          normaliser.normalise(
              found.resource(), found.scope(), sent, span.origin().transport(), span.startNanos());
      // Vectors are not kept; that they were sent, and how many, is only in the output.
      return span.raw().contains(Normaliser.VECTOR)
          ? again.withOutput(span.output(), span.outputPreview())
          : again;
    };
  }

  private static final class Columns implements RawSpans.Columns {
    private final Span span;
    private @Nullable JsonNode metadata;

    Columns(Span span) {
      this.span = span;
    }

    @Override
    public String text(String column) {
      return switch (column) {
        case "system" -> span.system().text();
        case "input" -> span.input().text();
        case "output" -> span.output().text();
        case "tool_definitions" -> span.toolDefinitions().text();
        case "documents" -> span.documents().text();
        case "error_message" -> span.error().message();
        case "error_stack" -> span.error().stack();
        default -> "";
      };
    }

    @Override
    public @Nullable JsonNode metadata(String key) {
      if (metadata == null) {
        metadata = Json.tree(span.metadata());
      }
      return metadata == null ? null : metadata.get(key);
    }
  }
}
