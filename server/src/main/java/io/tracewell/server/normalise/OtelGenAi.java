package io.tracewell.server.normalise;

import java.util.HashMap;
import java.util.Map;

/**
 * OpenTelemetry's semantic conventions for generative AI, from 1.26 to the repository of their own.
 * Older names rank behind newer ones.
 */
final class OtelGenAi implements Convention {
  private final Map<String, Key> keys = new HashMap<>();
  private final Map<String, Key> prefixes = new HashMap<>();

  OtelGenAi() {
    say(Field.OPERATION, "gen_ai.operation.name");
    say(Field.PROVIDER, "gen_ai.provider.name", "gen_ai.system");
    say(Field.MODEL_REQUESTED, "gen_ai.request.model");
    say(Field.MODEL_RESPONDED, "gen_ai.response.model");
    say(Field.RESPONSE_ID, "gen_ai.response.id");
    // One reason, or several with commas: Semantic Kernel.
    say(Field.FINISH_REASONS, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason");
    say(
        Field.TIME_TO_FIRST_TOKEN,
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.server.time_to_first_token");
    say(Field.INPUT_TOKENS, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens");
    say(Field.OUTPUT_TOKENS, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens");
    say(Field.TOTAL_TOKENS, "gen_ai.usage.total_tokens");
    say(
        Field.CACHE_READ_TOKENS,
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_token_details.cache_read",
        "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.input_cached_tokens",
        "gen_ai.usage.cached_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.details.cached_tokens");
    say(
        Field.CACHE_WRITE_TOKENS,
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.input_token_details.cache_creation",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens");
    say(
        Field.CACHE_WRITE_5M_TOKENS,
        "gen_ai.usage.cache_write.input_tokens.ephemeral_5m",
        "gen_ai.usage.cache_creation.input_tokens.ephemeral_5m");
    say(
        Field.CACHE_WRITE_1H_TOKENS,
        "gen_ai.usage.cache_write.input_tokens.ephemeral_1h",
        "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h");
    say(
        Field.REASONING_TOKENS,
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.output_token_details.reasoning",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.details.thoughts_tokens");
    say(
        Field.INPUT_AUDIO_TOKENS,
        "gen_ai.usage.audio.input_tokens",
        "gen_ai.usage.audio_input_tokens",
        "gen_ai.usage.input_audio_tokens",
        "gen_ai.usage.details.input_audio_tokens");
    say(
        Field.OUTPUT_AUDIO_TOKENS,
        "gen_ai.usage.audio.output_tokens",
        "gen_ai.usage.audio_output_tokens",
        "gen_ai.usage.output_audio_tokens",
        "gen_ai.usage.details.output_audio_tokens");
    say(Field.INPUT_IMAGE_TOKENS, "gen_ai.usage.image.input_tokens");
    say(Field.OUTPUT_IMAGE_TOKENS, "gen_ai.usage.image.output_tokens");
    say(
        Field.CACHE_READ_AUDIO_TOKENS,
        "gen_ai.usage.audio.cache_read.input_tokens",
        "gen_ai.usage.details.cache_audio_read_tokens");
    say(Field.CACHE_READ_IMAGE_TOKENS, "gen_ai.usage.image.cache_read.input_tokens");
    say(Field.COST_TOTAL, "gen_ai.usage.cost", "gen_ai.usage.total_cost");
    say(Field.COST_INPUT, "gen_ai.usage.input_cost");
    say(Field.COST_OUTPUT, "gen_ai.usage.output_cost");
    say(Field.SYSTEM, "gen_ai.system_instructions");
    say(Field.INPUT_MESSAGES, "gen_ai.input.messages");
    say(Field.OUTPUT_MESSAGES, "gen_ai.output.messages");
    say(Field.INPUT_TEXT, "gen_ai.prompt");
    say(Field.OUTPUT_TEXT, "gen_ai.completion");
    say(Field.TOOL_DEFINITIONS, "gen_ai.tool.definitions", "gen_ai.agent.tools");
    say(Field.TOOL_NAME, "gen_ai.tool.name");
    say(Field.TOOL_CALL_ID, "gen_ai.tool.call.id", "gen_ai.tool.call_id");
    // Some write any value as JSON, a text in its quotes.
    keys.put(
        "gen_ai.tool.call.arguments",
        new Key(Field.TOOL_ARGUMENTS, 0, true, false, "", true, false));
    keys.put(
        "gen_ai.tool.call.result", new Key(Field.TOOL_RESULT, 0, true, false, "", true, false));
    say(Field.DOCUMENTS, "gen_ai.retrieval.documents");
    say(Field.RETRIEVAL_QUERY, "gen_ai.retrieval.query.text");
    say(Field.AGENT_NAME, "gen_ai.agent.name");
    say(Field.SESSION, "gen_ai.conversation.id");
    say(Field.PROMPT_ID, "gen_ai.prompt.id");
    say(Field.PROMPT_NAME, "gen_ai.prompt.name");
    say(Field.PROMPT_VERSION, "gen_ai.prompt.version");
    say(Field.PROMPT_TEMPLATE, "gen_ai.prompt.template");
    keys.put("gen_ai.output.type", new Key(Field.PARAMETER, 0, true, false, "output_type"));
    for (String vendor : new String[] {"openai.", "gen_ai.openai."}) {
      parameter(vendor + "request.service_tier", "service_tier");
      parameter(vendor + "response.service_tier", "response_service_tier");
      parameter(vendor + "request.response_format", "response_format");
      parameter(vendor + "request.seed", "seed");
      parameter(vendor + "api.type", "api_type");
      parameter(vendor + "response.system_fingerprint", "system_fingerprint");
    }
    prefixes.put("gen_ai.request.", new Key(Field.PARAMETER, 0, true, false, ""));
    prefixes.put("gen_ai.prompt.variable.", new Key(Field.PROMPT_VARIABLE, 0, true, false, ""));
    prefixes.put("gen_ai.usage.", new Key(Field.USAGE_OTHER, 9, true, false, ""));
  }

  private void say(Field field, String... names) {
    for (int rank = 0; rank < names.length; rank++) {
      keys.put(names[rank], new Key(field, rank, true, false, ""));
    }
  }

  private void parameter(String key, String name) {
    keys.put(key, new Key(Field.PARAMETER, 0, false, false, name));
  }

  @Override
  public String name() {
    return "otel-genai";
  }

  @Override
  public Map<String, Key> keys() {
    return keys;
  }

  @Override
  public Map<String, Key> prefixes() {
    return prefixes;
  }

  @Override
  public boolean speaks(String scopeName) {
    return scopeName.startsWith("opentelemetry.instrumentation.openai_v2")
        || scopeName.startsWith("opentelemetry.instrumentation.genai")
        || scopeName.startsWith("opentelemetry.util.genai");
  }
}
