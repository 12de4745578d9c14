package io.tracewell.server.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Usage;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Figures are the providers' published prices, worked out by hand. */
class PriceFiguresTest {
  private static final long NOW = Instant.parse("2026-08-01T12:00:00Z").toEpochMilli() * 1_000_000;
  private final GenAiPrices table = GenAiPrices.vendored();

  private static ModelCall call(String provider, String model) {
    return new ModelCall(provider, model, "", "", "chat", "", "", -1);
  }

  private static Usage usage(
      long input, long read, long write, long write1h, long output, long reasoning) {
    return new Usage(input, read, write, write1h, -1, output, reasoning, -1, "test", "");
  }

  private Cost price(String provider, String model, Usage usage) {
    return table.price(call(provider, model), usage, NOW);
  }

  @Test
  void cached_input_is_paid_for_once_at_its_own_price() {
    // gpt-4.1-mini: 0.40 input, 0.10 cache read, 1.60 output per million.
    Cost cost = price("openai", "gpt-4.1-mini-2025-04-14", usage(1000, 400, -1, -1, 100, 0));
    assertThat(cost.input()).isEqualTo(600 * 400_000L);
    assertThat(cost.cacheRead()).isEqualTo(400 * 100_000L);
    assertThat(cost.output()).isEqualTo(100 * 1_600_000L);
    assertThat(cost.total()).isEqualTo(240_000_000L + 40_000_000L + 160_000_000L);
    assertThat(cost.price()).isEqualTo("openai/gpt-4.1-mini");
    assertThat(cost.source()).isEqualTo("priced");
  }

  @Test
  void reasoning_is_part_of_output_and_not_added_to_it() {
    Cost with = price("openai", "gpt-4.1-mini", usage(10, -1, -1, -1, 100, 60));
    Cost without = price("openai", "gpt-4.1-mini", usage(10, -1, -1, -1, 100, -1));
    assertThat(with.total()).isEqualTo(without.total());
  }

  @Test
  void one_hour_cache_writes_cost_more_than_five_minute_ones() {
    // claude-sonnet-4-5: 3 input, 0.30 cache read, 3.75 cache write, 6 for an hour, 15 output.
    Cost cost =
        price("anthropic", "claude-sonnet-4-5-20250929", usage(1000, 500, 400, 100, 10, -1));
    assertThat(cost.input()).isEqualTo(100 * 3_000_000L);
    assertThat(cost.cacheRead()).isEqualTo(500 * 300_000L);
    assertThat(cost.cacheWrite()).isEqualTo(300 * 3_750_000L + 100 * 6_000_000L);
    assertThat(cost.output()).isEqualTo(10 * 15_000_000L);
  }

  @Test
  void above_a_tier_every_token_costs_the_tiers_price() {
    Cost below = price("google", "gemini-2.5-pro", usage(200_000, -1, -1, -1, 0, -1));
    Cost above = price("google", "gemini-2.5-pro", usage(200_001, -1, -1, -1, 0, -1));
    assertThat(below.total()).isEqualTo(200_000 * 1_250_000L);
    assertThat(above.total()).isEqualTo(200_001 * 2_500_000L);
  }

  @Test
  void the_provider_may_stand_in_the_models_name_or_be_left_out() {
    Usage usage = usage(1000, -1, -1, -1, 0, -1);
    long expected = price("openai", "gpt-4.1-mini", usage).total();
    assertThat(price("", "gpt-4.1-mini", usage).total()).isEqualTo(expected);
    assertThat(price("litellm", "openai/gpt-4.1-mini", usage).total()).isEqualTo(expected);
    assertThat(price("azure.ai.openai", "gpt-4.1-mini", usage).total()).isEqualTo(expected);
  }

  @Test
  void a_model_without_a_price_has_a_reason_and_no_zero() {
    Cost cost = price("openai", "our-own-model", usage(10, -1, -1, -1, 10, -1));
    assertThat(cost.total()).isEqualTo(-1);
    assertThat(cost.reason()).isEqualTo("no price for this model");
    assertThat(price("openai", "gpt-4.1-mini", Usage.NONE).reason())
        .isEqualTo("no usage was reported");
  }

  @Test
  void absurd_token_counts_do_not_turn_into_a_plausible_or_negative_price() {
    Cost cost = price("openai", "gpt-4.1", usage(Long.MAX_VALUE, 5, -1, -1, Long.MAX_VALUE, -1));
    assertThat(cost.total()).isGreaterThan(1_000_000_000_000L);
  }
}
