package io.tracewell.server.pricing;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The prices of a model, from a date on or at certain hours. A unit price is per million tokens;
 * null where the data has none.
 *
 * @param from first day (UTC) it holds; null for always
 * @param hours hours of the day (UTC) it holds; null for all
 */
record PriceRow(
    @Nullable LocalDate from,
    @Nullable Hours hours,
    @Nullable UnitPrice input,
    @Nullable UnitPrice cacheRead,
    @Nullable UnitPrice cacheWrite,
    @Nullable UnitPrice cacheWrite1h,
    @Nullable UnitPrice inputAudio,
    @Nullable UnitPrice output,
    @Nullable UnitPrice reasoning,
    @Nullable UnitPrice outputAudio) {

  /** From {@code start} to before {@code end}, may pass midnight. */
  record Hours(LocalTime start, LocalTime end) {
    boolean contains(LocalTime time) {
      return start.isBefore(end)
          ? !time.isBefore(start) && time.isBefore(end)
          : !time.isBefore(start) || time.isBefore(end);
    }
  }

  /**
   * A price that may depend on the size of the whole input: above a tier's start every token costs
   * the tier's price.
   *
   * @param base picodollars a token
   */
  record UnitPrice(long base, List<Tier> tiers) {
    record Tier(long start, long price) {}

    /** Picodollars a token for a call with so much input, tokens. */
    long at(long inputTokens) {
      long price = base;
      for (Tier tier : tiers) {
        if (inputTokens > tier.start) {
          price = tier.price;
        }
      }
      return price;
    }

    static @Nullable UnitPrice read(JsonNode node) {
      if (node.isNumber()) {
        return new UnitPrice(picodollars(node), List.of());
      }
      if (!node.isObject()) {
        return null;
      }
      List<Tier> tiers = new ArrayList<>();
      for (JsonNode tier : node.path("tiers")) {
        tiers.add(new Tier(tier.path("start").asLong(), picodollars(tier.path("price"))));
      }
      tiers.sort(java.util.Comparator.comparingLong(Tier::start));
      return new UnitPrice(picodollars(node.path("base")), List.copyOf(tiers));
    }

    /** Dollars per million tokens are 10⁶ picodollars per token each. */
    private static long picodollars(JsonNode dollarsPerMillion) {
      return new BigDecimal(dollarsPerMillion.asText("0"))
          .movePointRight(6)
          .setScale(0, java.math.RoundingMode.HALF_UP)
          .longValueExact();
    }
  }

  static PriceRow read(JsonNode prices, JsonNode constraint) {
    return new PriceRow(
        constraint.hasNonNull("start_date")
            ? LocalDate.parse(constraint.path("start_date").asText())
            : null,
        constraint.hasNonNull("start_time")
            ? new Hours(
                time(constraint.path("start_time").asText()),
                time(constraint.path("end_time").asText()))
            : null,
        UnitPrice.read(prices.path("input_mtok")),
        UnitPrice.read(prices.path("cache_read_mtok")),
        UnitPrice.read(prices.path("cache_write_mtok")),
        UnitPrice.read(prices.path("cache_write_1h_mtok")),
        UnitPrice.read(prices.path("input_audio_mtok")),
        UnitPrice.read(prices.path("output_mtok")),
        UnitPrice.read(prices.path("output_reasoning_mtok")),
        UnitPrice.read(prices.path("output_audio_mtok")));
  }

  private static LocalTime time(String text) {
    return text.endsWith("Z") || text.indexOf('+') > 0
        ? OffsetTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC).toLocalTime()
        : LocalTime.parse(text);
  }
}
