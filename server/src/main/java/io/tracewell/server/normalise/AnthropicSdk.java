package io.tracewell.server.normalise;

/**
 * Anthropic's own clients and platform. Their spans come beside or below those of any other
 * instrumentation of the same call, without messages.
 */
final class AnthropicSdk extends Dialect {
  AnthropicSdk() {
    super("anthropic-sdk", "com.anthropic.sdk.", "com.anthropic.claude-platform");
    say(
        LAST,
        Field.CACHE_WRITE_5M_TOKENS,
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens");
    say(
        LAST,
        Field.CACHE_WRITE_1H_TOKENS,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens");
    say(LAST, Field.FINISH_REASONS, "anthropic.message.stop_reason");
    named(Field.PARAMETER, "anthropic.response.service_tier", "response_service_tier");
  }
}
