package io.tracewell.server.pricing;

import java.util.Locale;

/**
 * How a provider served a call, which has its price.
 *
 * @param name lower-case, as providers write it
 * @param halves how often the standard price is halved where no price list has the tier
 * @param note what was done about it, for {@code cost.reason}; may be empty
 * @param partial why the cost may be too low; empty where it is not
 */
record ServiceTier(String name, int halves, String note, String partial) {
  static final ServiceTier STANDARD = new ServiceTier("", 0, "", "");

  private static final ServiceTier FLEX =
      new ServiceTier("flex", 1, "flex: half the standard price", "");
  private static final ServiceTier BATCH =
      new ServiceTier("batch", 1, "batch: half the standard price", "");
  private static final ServiceTier PRIORITY =
      new ServiceTier(
          "priority", 0, "", "the price table has no prices of the priority tier: standard price");
  private static final ServiceTier FAST =
      new ServiceTier(
          "fast", 0, "", "the price table has no prices of the fast mode: standard price");
  private static final ServiceTier SCALE =
      new ServiceTier("scale", 0, "provisioned throughput is paid by contract: standard price", "");

  /** The tier that served, else the one asked for, out of request parameters, a JSON object. */
  static ServiceTier of(String parameters) {
    if (!parameters.contains("tier")
        && !parameters.contains("batch")
        && !parameters.contains("speed")) {
      return STANDARD;
    }
    String served = value(parameters, "\"response_service_tier\":\"");
    String tier = served.isEmpty() ? value(parameters, "\"service_tier\":\"") : served;
    if (tier.isEmpty()) {
      tier = value(parameters, "\"speed\":\"");
    }
    if (tier.isEmpty() && parameters.contains("\"batch\":true")) {
      tier = "batch";
    }
    return switch (tier.toLowerCase(Locale.ROOT)) {
      case "flex" -> FLEX;
      case "batch" -> BATCH;
      case "priority" -> PRIORITY;
      case "fast" -> FAST;
      case "scale", "provisioned" -> SCALE;
      default -> STANDARD;
    };
  }

  private static String value(String parameters, String key) {
    int at = parameters.indexOf(key);
    if (at < 0) {
      return "";
    }
    int end = parameters.indexOf('"', at + key.length());
    return end < 0 ? "" : parameters.substring(at + key.length(), end);
  }

  /** A sum at the standard price, at this tier's. */
  long of(long picodollars) {
    return picodollars >> halves;
  }
}
