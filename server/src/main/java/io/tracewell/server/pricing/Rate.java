package io.tracewell.server.pricing;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * A price in picodollars a token, with its tiers by the size of the request. Dollars a million
 * tokens, as price lists have them, are as many millions of picodollars a token.
 *
 * @param starts input tokens above which the price of the same place counts, ascending
 */
record Rate(long base, long[] starts, long[] prices) {
  private static final long[] NONE = {};

  static Rate flat(long picodollars) {
    return new Rate(picodollars, NONE, NONE);
  }

  /** A number, or {@code {base, tiers: [{start, price}]}}. */
  static Rate of(JsonNode value) {
    if (value.isNumber()) {
      return flat(picodollars(value));
    }
    JsonNode tiers = value.path("tiers");
    long[] starts = new long[tiers.size()];
    long[] prices = new long[tiers.size()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = tiers.get(i).path("start").asLong();
      prices[i] = picodollars(tiers.get(i).path("price"));
    }
    return new Rate(picodollars(value.path("base")), starts, prices);
  }

  /** The price where the whole request took so much input: all its tokens cost the tier's price. */
  long at(long inputTokens) {
    for (int i = starts.length - 1; i >= 0; i--) {
      if (inputTokens > starts[i]) {
        return prices[i];
      }
    }
    return base;
  }

  private static long picodollars(JsonNode dollarsAMillion) {
    BigDecimal dollars = dollarsAMillion.decimalValue();
    return dollars.movePointRight(6).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
  }
}
