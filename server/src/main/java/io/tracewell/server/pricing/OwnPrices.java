package io.tracewell.server.pricing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tracewell.core.ModelCall;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Prices that the user gives: for models that no list knows, contracts, and names such as Azure
 * deployments. They win over the list that comes with the build.
 */
final class OwnPrices {
  static final OwnPrices NONE = new OwnPrices(List.of(), "{\"prices\":[]}");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** What a row may say besides prices. */
  private static final Set<String> WORDS =
      Set.of("model", "regex", "provider", "service_tier", "from", "same_as", "comment");

  /** Names of prices, dollars a million tokens, and their keys in the list of the build. */
  private static final Map<String, String> PRICES =
      Map.ofEntries(
          Map.entry("input", "input_mtok"),
          Map.entry("output", "output_mtok"),
          Map.entry("cache_read", "cache_read_mtok"),
          Map.entry("cache_write", "cache_write_mtok"),
          Map.entry("cache_write_1h", "cache_write_1h_mtok"),
          Map.entry("reasoning", "output_reasoning_mtok"),
          Map.entry("input_audio", "input_audio_mtok"),
          Map.entry("output_audio", "output_audio_mtok"),
          Map.entry("cache_read_audio", "cache_audio_read_mtok"),
          Map.entry("input_image", "input_image_mtok"),
          Map.entry("output_image", "output_image_mtok"),
          // These two are dollars a thousand.
          Map.entry("requests", "requests_kcount"),
          Map.entry("web_searches", "web_searches_kcount"));

  private static final int MOST = 10_000;
  private static final BigDecimal MOST_DOLLARS = new BigDecimal(1_000_000);

  /** A row: which calls it prices, and by what. */
  record Own(
      String model,
      @Nullable Pattern regex,
      String provider,
      String tier,
      long fromEpochDay,
      String sameAs,
      PriceRow row) {
    boolean names(String name) {
      return regex == null ? model.equals(name) : regex.matcher(name).find();
    }
  }

  private final List<Own> rows;
  private final String json;

  private OwnPrices(List<Own> rows, String json) {
    this.rows = rows;
    this.json = json;
  }

  /** As it was given. */
  String json() {
    return json;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The row for a call: by what answered, else by what was asked for; the newest that is valid. */
  @Nullable Own find(ModelCall call, String tier, long startNanos) {
    Own found = find(call.provider(), call.responded(), tier, startNanos);
    return found != null ? found : find(call.provider(), call.requested(), tier, startNanos);
  }

  private @Nullable Own find(String provider, String model, String tier, long startNanos) {
    if (model.isEmpty()) {
      return null;
    }
    String name = model.toLowerCase(Locale.ROOT);
    long day = Math.floorDiv(startNanos, PriceRow.NANOS_A_DAY);
    Own best = null;
    for (Own row : rows) {
      boolean fits =
          row.fromEpochDay <= day
              && (row.provider.isEmpty() || row.provider.equals(provider))
              && (row.tier.isEmpty() || row.tier.equals(tier))
              && row.names(name);
      if (fits && (best == null || rank(row) >= rank(best))) {
        best = row;
      }
    }
    return best;
  }

  // A name beats a pattern, a tier beats none, a provider beats none, a later day an earlier one.
  private static long rank(Own row) {
    return (row.regex == null ? 1L << 62 : 0)
        + (row.tier.isEmpty() ? 0 : 1L << 61)
        + (row.provider.isEmpty() ? 0 : 1L << 60)
        + Math.clamp(row.fromEpochDay, 0, 1 << 30);
  }

  /**
   * Reads {@code {"prices": [{"model": …, "input": …, "output": …}]}}.
   *
   * @throws IllegalArgumentException with what is wrong, where, and what was expected
   */
  static OwnPrices parse(String json, GenAiPrices list) {
    JsonNode tree;
    try {
      tree = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "Prices must be JSON: {\"prices\": [{\"model\": \"…\", \"input\": 1.25, \"output\": 10}]}.",
          e);
    }
    JsonNode prices = tree == null ? null : tree.get("prices");
    if (prices == null || !prices.isArray() || prices.size() > MOST) {
      throw new IllegalArgumentException(
          "Expected an object with a list \"prices\" of at most " + MOST + " rows.");
    }
    List<Own> rows = new ArrayList<>();
    for (int i = 0; i < prices.size(); i++) {
      rows.add(row(prices.get(i), "prices[" + i + "]", list));
    }
    return new OwnPrices(rows, tree.toString());
  }

  private static Own row(JsonNode node, String where, GenAiPrices list) {
    for (String word : (Iterable<String>) node::fieldNames) {
      if (!WORDS.contains(word) && !PRICES.containsKey(word) && !word.equals("tiers")) {
        throw new IllegalArgumentException(
            where
                + " has a field that is not known. Known are model, regex, provider,"
                + " service_tier, from, same_as, comment, tiers and the prices "
                + String.join(", ", new java.util.TreeSet<>(PRICES.keySet()))
                + ".");
      }
    }
    String model = text(node, "model", where).toLowerCase(Locale.ROOT);
    String expression = text(node, "regex", where);
    if (model.isEmpty() == expression.isEmpty()) {
      throw new IllegalArgumentException(
          where + " needs either \"model\", a whole name, or \"regex\", an expression.");
    }
    Pattern regex = null;
    if (!expression.isEmpty()) {
      try {
        regex = Pattern.compile(expression, Pattern.CASE_INSENSITIVE);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(where + ".regex is no regular expression.", e);
      }
    }
    long from = Long.MIN_VALUE;
    String day = text(node, "from", where);
    if (!day.isEmpty()) {
      try {
        from = LocalDate.parse(day).toEpochDay();
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(where + ".from must be a day such as 2026-01-31.", e);
      }
    }
    String title =
        "own: " + (model.isEmpty() ? expression : model) + (day.isEmpty() ? "" : " from " + day);
    String sameAs = text(node, "same_as", where);
    Map<String, Rate> rates = new HashMap<>();
    PRICES.forEach(
        (name, key) -> {
          if (node.has(name)) {
            rates.put(key, rate(node, name, where));
          }
        });
    if (sameAs.isEmpty() ? rates.isEmpty() : !rates.isEmpty()) {
      throw new IllegalArgumentException(
          where + " needs either prices, such as \"input\" and \"output\", or \"same_as\".");
    }
    if (!sameAs.isEmpty() && list.row(sameAs, 0) == null) {
      throw new IllegalArgumentException(
          where
              + ".same_as names no row of the price list; expected provider/model, as a span's cost"
              + " shows it, such as openai/gpt-4.1-mini.");
    }
    return new Own(
        model,
        regex,
        text(node, "provider", where),
        text(node, "service_tier", where).toLowerCase(Locale.ROOT),
        from,
        sameAs,
        new PriceRow(
            from, 0, PriceRow.NANOS_A_DAY, Map.copyOf(rates), title, model.contains("claude")));
  }

  // A price with the tiers of the row: {"tiers": [{"above": 200000, "input": 5, "output": 20}]}.
  private static Rate rate(JsonNode node, String name, String where) {
    JsonNode tiers = node.path("tiers");
    com.fasterxml.jackson.databind.node.ObjectNode rate = JSON.createObjectNode();
    rate.set("base", price(node.get(name), where + '.' + name));
    com.fasterxml.jackson.databind.node.ArrayNode list = rate.putArray("tiers");
    long before = -1;
    for (int i = 0; i < tiers.size(); i++) {
      JsonNode tier = tiers.get(i);
      long above = tier.path("above").asLong(-1);
      if (above <= before) {
        throw new IllegalArgumentException(
            where + ".tiers[" + i + "].above must be a number of input tokens, ascending.");
      }
      before = above;
      if (tier.has(name)) {
        list.addObject()
            .put("start", above)
            .set("price", price(tier.get(name), where + ".tiers[" + i + "]." + name));
      }
    }
    return Rate.of(rate);
  }

  private static JsonNode price(JsonNode value, String where) {
    if (!value.isNumber()
        || value.decimalValue().signum() < 0
        || value.decimalValue().compareTo(MOST_DOLLARS) > 0) {
      throw new IllegalArgumentException(
          where + " must be a number of US dollars, 0 to " + MOST_DOLLARS + ".");
    }
    return value;
  }

  private static String text(JsonNode node, String name, String where) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return "";
    }
    if (!value.isTextual() || value.textValue().length() > 500) {
      throw new IllegalArgumentException(where + '.' + name + " must be a text.");
    }
    return value.textValue().strip();
  }
}
