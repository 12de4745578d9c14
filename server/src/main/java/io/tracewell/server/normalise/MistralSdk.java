package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Mistral's own client for Python. Its versions 1 and 2 trace each request as soon as a program has
 * a tracer, under the name of the API's operation; from 3 they speak OpenTelemetry's conventions.
 */
final class MistralSdk extends Dialect {
  private static final String RULE = "mistral: name of an operation";
  private static final Kinds.Decision CALL = new Kinds.Decision(SpanKind.LLM, RULE);
  private static final Kinds.Decision EMBEDDING = new Kinds.Decision(SpanKind.EMBEDDING, RULE);

  MistralSdk() {
    super("mistral-sdk", "mistralai_sdk_tracer ");
    say(LAST, Field.TOTAL_TOKENS, "mistral_ai.request.total_tokens");
    say(LAST, Field.TOOL_ARGUMENTS, "mistral_ai.tool.call.arguments");
    say(LAST, Field.ERROR_TYPE, "mistral_ai.error.type");
    say(LAST, Field.ERROR_MESSAGE, "mistral_ai.error.message");
    inScope(LAST, Field.IGNORED, "agent.trace.public");
  }

  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (span.attributes.get("gen_ai.operation.name") != null
        || span.attributes.get("gen_ai.request.model") == null) {
      return null;
    }
    if (span.name.startsWith("embeddings_")) {
      return EMBEDDING;
    }
    return span.name.contains("_completion_") || span.name.startsWith("stream_") ? CALL : null;
  }
}
