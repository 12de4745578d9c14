package io.tracewell.server.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Usage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenAiPricesTest {
  private static final String TABLE =
      """
      [{"id":"openai","provider_match":{"contains":"openai"},"model_match":{"or":[{"starts_with":"gpt-"},{"regex":"^o[134]"}]},"models":[
         {"id":"gpt-x","match":{"or":[{"equals":"gpt-x"},{"starts_with":"gpt-x-2"}]},
          "prices":{"input_mtok":2.5,"cache_read_mtok":1.25,"output_mtok":10,"input_audio_mtok":40,"output_audio_mtok":80}},
         {"id":"o3","match":{"equals":"o3"},"prices":[{"prices":{"input_mtok":10,"output_mtok":40}},
            {"constraint":{"start_date":"2025-06-10"},"prices":{"input_mtok":2,"output_mtok":8}}]},
         {"id":"embed","match":{"equals":"embed"},"prices":{"input_mtok":0.02}}]},
       {"id":"anthropic","provider_match":{"contains":"anthropic"},"model_match":{"contains":"claude"},"models":[
         {"id":"claude","match":{"contains":"claude"},
          "prices":{"input_mtok":{"base":3,"tiers":[{"start":200000,"price":6}]},"output_mtok":{"base":15,"tiers":[{"start":200000,"price":22.5}]},
                    "cache_read_mtok":{"base":0.3,"tiers":[{"start":200000,"price":0.6}]},"cache_write_mtok":3.75,"cache_write_1h_mtok":6}}]},
       {"id":"azure","fallback_model_providers":["openai"],"models":[]},
       {"id":"deepseek","model_match":{"starts_with":"deepseek"},"models":[{"id":"night","match":{"equals":"night"},"prices":[
            {"prices":{"input_mtok":1,"output_mtok":1}},
            {"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},"prices":{"input_mtok":2,"output_mtok":2}}]}]}]
      """;

  private static final long NOW = nanos("2026-11-24T12:00:00Z");

  private final GenAiPrices prices = table();

  private static GenAiPrices table() {
    try {
      return new GenAiPrices(new ByteArrayInputStream(TABLE.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long nanos(String instant) {
    return Instant.parse(instant).getEpochSecond() * 1_000_000_000L;
  }

  private static ModelCall call(String provider, String model) {
    return new ModelCall(provider, model, "", "", "chat", "", "", -1);
  }

  private static Usage usage(long in, long read, long write, long write1h, long out) {
    return new Usage(in, read, write, write1h, -1, out, -1, -1, "", "");
  }

  @Test
  void buckets_are_disjoint_and_sum_up() {
    Cost cost = prices.price(call("openai", "gpt-x"), usage(1000, 800, -1, -1, 50), NOW);
    assertThat(cost)
        .isEqualTo(
            new Cost(
                200L * 2_500_000 + 800L * 1_250_000 + 50L * 10_000_000,
                200L * 2_500_000,
                800L * 1_250_000,
                -1,
                50L * 10_000_000,
                "priced",
                "openai/gpt-x",
                ""));
  }

  @Test
  void cache_writes_by_lifetime() {
    Cost cost = prices.price(call("anthropic", "claude-3"), usage(5320, 5000, 300, 100, 10), NOW);
    assertThat(cost.input()).isEqualTo(20L * 3_000_000);
    assertThat(cost.cacheRead()).isEqualTo(5000L * 300_000);
    assertThat(cost.cacheWrite()).isEqualTo(200L * 3_750_000 + 100L * 6_000_000);
  }

  @Test
  void audio_is_a_bucket_of_its_own() {
    Usage usage = new Usage(100, -1, -1, -1, 40, 30, -1, 10, "", "");
    Cost cost = prices.price(call("openai", "gpt-x"), usage, NOW);
    assertThat(cost.input()).isEqualTo(60L * 2_500_000 + 40L * 40_000_000);
    assertThat(cost.output()).isEqualTo(20L * 10_000_000 + 10L * 80_000_000);
  }

  @ParameterizedTest
  @CsvSource({"200000,3000000,anthropic/claude", "200001,6000000,anthropic/claude above 200000"})
  void a_tier_prices_the_whole_request(long tokens, long price, String name) {
    Cost cost = prices.price(call("anthropic", "claude-3"), usage(tokens, -1, -1, -1, 0), NOW);
    assertThat(cost.input()).isEqualTo(tokens * price);
    assertThat(cost.price()).isEqualTo(name);
  }

  @Test
  void the_price_of_the_day_counts() {
    ModelCall o3 = call("openai", "o3");
    assertThat(prices.price(o3, usage(1, -1, -1, -1, 0), nanos("2025-06-09T23:59:59Z")).total())
        .isEqualTo(10_000_000);
    Cost later = prices.price(o3, usage(1, -1, -1, -1, 0), nanos("2025-06-10T00:00:00Z"));
    assertThat(later.total()).isEqualTo(2_000_000);
    assertThat(later.price()).isEqualTo("openai/o3 from 2025-06-10");
  }

  @Test
  void the_price_of_the_hour_counts() {
    ModelCall night = call("deepseek", "night");
    assertThat(prices.price(night, usage(1, -1, -1, -1, 0), nanos("2026-01-01T12:00:00Z")).total())
        .isEqualTo(2_000_000);
    assertThat(prices.price(night, usage(1, -1, -1, -1, 0), nanos("2026-01-01T20:00:00Z")).total())
        .isEqualTo(1_000_000);
  }

  @Test
  void a_missing_bucket_is_priced_as_input_and_said() {
    Cost cost = prices.price(call("openai", "o3"), usage(10, 5, -1, -1, 0), NOW);
    assertThat(cost.cacheRead()).isEqualTo(5L * 2_000_000);
    assertThat(cost.reason()).isEqualTo("no price for cache reads: input price");
  }

  @ParameterizedTest
  @CsvSource({
    "azure.ai.openai,gpt-x,openai/gpt-x",
    "'',gpt-x-2099-01-01,openai/gpt-x",
    "openai,openai/gpt-x,openai/gpt-x",
    "openai,ft:gpt-x:acme::id,openai/gpt-x",
    "openai,GPT-X,openai/gpt-x",
    "openai,o3-2030-01-01,openai/o3 from 2025-06-10",
    "anthropic,us.anthropic.claude-9-v1:0,anthropic/claude"
  })
  void names_are_recognised(String provider, String model, String row) {
    assertThat(prices.price(call(provider, model), usage(1, -1, -1, -1, 1), NOW).price())
        .isEqualTo(row);
  }

  @ParameterizedTest
  @CsvSource({
    "openai,nope,no price for this model",
    "acme,gpt-x,no prices for this provider",
    "ollama,llama3,ollama runs models on your own machine",
    "openai,'',no model was reported"
  })
  void what_has_no_price_says_why(String provider, String model, String reason) {
    assertThat(prices.price(call(provider, model), usage(1, -1, -1, -1, 1), NOW))
        .isEqualTo(Cost.unpriced(reason));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        // As OpenLLMetry names them.
        "nova-micro-v1:0",
        "llama3-8b-instruct-v1:0"
      })
  void the_vendored_table_knows_bedrock_ids(String model) {
    assertThat(
            GenAiPrices.vendored()
                .price(call("aws.bedrock", model), usage(1000, -1, -1, -1, 1000), NOW)
                .price())
        .startsWith("aws/");
  }

  @Test
  void the_vendored_table_prices_what_most_use() {
    GenAiPrices vendored = GenAiPrices.vendored();
    assertThat(
            vendored
                .price(call("openai", "gpt-4o-mini-2024-07-18"), usage(1000, 0, -1, -1, 1000), NOW)
                .total())
        .isEqualTo(1000L * 150_000 + 1000L * 600_000);
    for (String model :
        new String[] {
          "gpt-4o", "gpt-4.1-mini", "gpt-5-mini", "o4-mini", "text-embedding-3-small"
        }) {
      assertThat(vendored.price(call("openai", model), usage(10, -1, -1, -1, 0), NOW).total())
          .as(model)
          .isPositive();
    }
    assertThat(
            vendored
                .price(
                    call("anthropic", "claude-haiku-4-5-20251001"), usage(10, -1, -1, -1, 5), NOW)
                .total())
        .isPositive();
    assertThat(
            vendored
                .price(call("gcp.gemini", "gemini-2.5-pro"), usage(10, -1, -1, -1, 5), NOW)
                .total())
        .isPositive();
  }
}
