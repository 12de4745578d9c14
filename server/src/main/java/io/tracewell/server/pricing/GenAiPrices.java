package io.tracewell.server.pricing;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Pricer;
import io.tracewell.core.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Prices of pydantic/genai-prices: by provider and model, dated, with tiers by the size of the
 * request. Money is picodollars; a price is picodollars a token, which is dollars a million tokens
 * times a million.
 *
 * <p>Which row prices a model is decided once and remembered: the table is searched by patterns,
 * and this runs for every span.
 */
public final class GenAiPrices implements Pricer {
  private static final int REMEMBERED = 10_000;

  /** So that eight of them can be added. */
  private static final long MOST = Long.MAX_VALUE / 8;

  private static final long NANOS_A_DAY = 86_400_000_000_000L;

  /** Names of ours that the table has by another name. */
  private static final Map<String, String> PROVIDER_IDS =
      Map.ofEntries(
          Map.entry("azure.ai.openai", "azure"),
          Map.entry("azure.ai.inference", "azure"),
          Map.entry("aws.bedrock", "aws"),
          Map.entry("gcp.vertex_ai", "google"),
          Map.entry("gcp.gemini", "google"),
          Map.entry("gcp.gen_ai", "google"),
          Map.entry("x_ai", "x-ai"),
          Map.entry("mistral_ai", "mistral"),
          Map.entry("moonshot_ai", "moonshotai"),
          Map.entry("together_ai", "together"),
          Map.entry("fireworks_ai", "fireworks"),
          Map.entry("voyage", "voyageai"));

  private static final Set<String> SELF_HOSTED =
      Set.of(
          "ollama", "vllm", "self_hosted", "llama.cpp", "llamacpp", "lmstudio", "localai", "tgi");

  private static final Pattern DATE_SUFFIX =
      Pattern.compile("[-@](?:\\d{4}-\\d{2}-\\d{2}|\\d{8}|latest|default)$");

  private static final Pattern AWS_REGION =
      Pattern.compile("^(?:us|us-gov|eu|apac|au|jp|ca|global)\\.");

  private record Provider(
      String id,
      @Nullable Predicate<String> providerMatch,
      @Nullable Predicate<String> modelMatch,
      List<String> fallbacks,
      List<Model> models) {}

  private record Model(String id, Predicate<String> match, List<Dated> prices) {}

  /** Prices from a day on, or within hours of each day; always where neither is set. */
  private record Dated(
      long fromEpochDay,
      long fromNanoOfDay,
      long toNanoOfDay,
      Map<String, Rate> rates,
      String name) {
    boolean holds(long startNanos) {
      return Math.floorDiv(startNanos, NANOS_A_DAY) >= fromEpochDay
          && Math.floorMod(startNanos, NANOS_A_DAY) >= fromNanoOfDay
          && Math.floorMod(startNanos, NANOS_A_DAY) < toNanoOfDay;
    }
  }

  /** A price with its tiers, ascending by start. */
  private record Rate(long base, long[] starts, long[] prices) {
    long at(long inputTokens) {
      for (int i = starts.length - 1; i >= 0; i--) {
        if (inputTokens > starts[i]) {
          return prices[i];
        }
      }
      return base;
    }
  }

  /** What prices a model: a row, or the reason why none does. */
  private record Decision(@Nullable Model model, Cost none) {}

  private record Key(String provider, String responded, String requested) {}

  private final List<Provider> providers = new ArrayList<>();
  private final Map<Key, Decision> remembered = new ConcurrentHashMap<>();

  /** Prices out of a table in the format of genai-prices v2. */
  GenAiPrices(InputStream json) throws IOException {
    JsonNode table =
        JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build()
            .readTree(json);
    for (JsonNode node : table) {
      List<Model> models = new ArrayList<>();
      String id = node.path("id").asText();
      for (JsonNode model : node.path("models")) {
        String modelId = model.path("id").asText();
        models.add(
            new Model(
                modelId,
                clause(model.path("match")),
                dated(model.path("prices"), id + "/" + modelId)));
      }
      List<String> fallbacks = new ArrayList<>();
      node.path("fallback_model_providers").forEach(name -> fallbacks.add(name.asText()));
      providers.add(
          new Provider(
              id,
              node.has("provider_match") ? clause(node.get("provider_match")) : null,
              node.has("model_match") ? clause(node.get("model_match")) : null,
              fallbacks,
              models));
    }
  }

  /** The prices that come with this build. */
  public static GenAiPrices vendored() {
    try (InputStream in = GenAiPrices.class.getResourceAsStream("genai-prices.json")) {
      if (in == null) {
        throw new IllegalStateException("the build lacks genai-prices.json");
      }
      return new GenAiPrices(in);
    } catch (IOException e) {
      throw new UncheckedIOException("genai-prices.json can't be read", e);
    }
  }

  private static Predicate<String> clause(JsonNode node) {
    String kind = node.fieldNames().next();
    JsonNode value = node.get(kind);
    String text = value.asText();
    return switch (kind) {
      case "equals" -> name -> name.equals(text);
      case "starts_with" -> name -> name.startsWith(text);
      case "ends_with" -> name -> name.endsWith(text);
      case "contains" -> name -> name.contains(text);
      case "regex" -> {
        Pattern pattern = Pattern.compile(text);
        yield name -> pattern.matcher(name).find();
      }
      case "or", "and" -> {
        List<Predicate<String>> parts = new ArrayList<>();
        value.forEach(part -> parts.add(clause(part)));
        yield kind.equals("or")
            ? name -> parts.stream().anyMatch(part -> part.test(name))
            : name -> parts.stream().allMatch(part -> part.test(name));
      }
      default -> throw new IllegalArgumentException("unknown match clause " + kind);
    };
  }

  private static List<Dated> dated(JsonNode node, String name) {
    if (node.isObject()) {
      return List.of(new Dated(Long.MIN_VALUE, 0, NANOS_A_DAY, rates(node), name));
    }
    List<Dated> list = new ArrayList<>();
    for (JsonNode row : node) {
      JsonNode constraint = row.path("constraint");
      long day = Long.MIN_VALUE;
      long from = 0;
      long to = NANOS_A_DAY;
      String title = name;
      if (constraint.has("start_date")) {
        day = LocalDate.parse(constraint.get("start_date").asText()).toEpochDay();
        title = name + " from " + constraint.get("start_date").asText();
      }
      if (constraint.has("start_time")) {
        from = nanoOfDay(constraint.get("start_time").asText());
        to = nanoOfDay(constraint.get("end_time").asText());
        title = name + " " + constraint.get("start_time").asText();
      }
      list.add(new Dated(day, from, to, rates(row.path("prices")), title));
    }
    return list;
  }

  private static long nanoOfDay(String time) {
    return OffsetTime.parse(time).withOffsetSameInstant(ZoneOffset.UTC).toLocalTime().toNanoOfDay();
  }

  private static Map<String, Rate> rates(JsonNode node) {
    Map<String, Rate> rates = new java.util.HashMap<>();
    node.properties()
        .forEach(
            field -> {
              JsonNode value = field.getValue();
              JsonNode tiers = value.path("tiers");
              long[] starts = new long[tiers.size()];
              long[] prices = new long[tiers.size()];
              for (int i = 0; i < starts.length; i++) {
                starts[i] = tiers.get(i).path("start").asLong();
                prices[i] = picodollars(tiers.get(i).path("price"));
              }
              rates.put(
                  field.getKey(),
                  new Rate(
                      picodollars(value.isObject() ? value.path("base") : value), starts, prices));
            });
    return rates;
  }

  private static long picodollars(JsonNode dollarsAMillion) {
    BigDecimal dollars = dollarsAMillion.decimalValue();
    return dollars.movePointRight(6).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
  }

  @Override
  public Cost price(ModelCall call, Usage usage, long startNanos) {
    if (usage.isEmpty()) {
      return call.name().isEmpty() ? Cost.NONE : Cost.unpriced("no usage was reported");
    }
    Key key = new Key(call.provider(), call.responded(), call.requested());
    Decision decision = remembered.get(key);
    if (decision == null) {
      decision = decide(key);
      if (remembered.size() >= REMEMBERED) {
        remembered.clear();
      }
      remembered.put(key, decision);
    }
    if (decision.model == null) {
      return decision.none;
    }
    return cost(active(decision.model, startNanos), usage, call.parameters());
  }

  private static Dated active(Model model, long startNanos) {
    List<Dated> prices = model.prices;
    for (int i = prices.size() - 1; i >= 0; i--) {
      if (prices.get(i).holds(startNanos)) {
        return prices.get(i);
      }
    }
    return prices.getFirst();
  }

  private static Cost cost(Dated row, Usage usage, String parameters) {
    Rate input = row.rates.get("input_mtok");
    Rate output = row.rates.get("output_mtok");
    if ((input == null && usage.input() > 0)
        || (output == null && usage.output() > 0 && input == null)) {
      return Cost.unpriced("the price table has no price by token for " + row.name);
    }
    long in = Math.max(0, usage.input());
    long out = Math.max(0, usage.output());
    long read = Math.min(in, Math.max(0, usage.cacheRead()));
    long write = Math.min(in - read, Math.max(0, usage.cacheWrite()));
    long write1h = Math.min(write, Math.max(0, usage.cacheWrite1h()));
    long audioIn = Math.min(in - read - write, Math.max(0, usage.inputAudio()));
    long audioOut = Math.min(out, Math.max(0, usage.outputAudio()));
    long reasoning = Math.min(out - audioOut, Math.max(0, usage.reasoning()));
    String reason = "";

    long inputPrice = at(input, in, 0);
    long readPrice = inputPrice;
    if (read > 0) {
      Rate rate = row.rates.get("cache_read_mtok");
      readPrice = at(rate, in, inputPrice);
      reason = rate == null ? "no price for cache reads: input price" : reason;
    }
    long writePrice = inputPrice;
    long write1hPrice = inputPrice;
    if (write > 0) {
      Rate rate = row.rates.get("cache_write_mtok");
      writePrice = at(rate, in, inputPrice);
      write1hPrice = at(row.rates.get("cache_write_1h_mtok"), in, writePrice);
      reason = rate == null ? "no price for cache writes: input price" : reason;
    }
    long inputCost =
        times(in - read - write - audioIn, inputPrice)
            + times(audioIn, at(row.rates.get("input_audio_mtok"), in, inputPrice));
    long outputPrice = at(output, in, 0);
    long outputCost =
        times(out - audioOut - reasoning, outputPrice)
            + times(audioOut, at(row.rates.get("output_audio_mtok"), in, outputPrice))
            + times(reasoning, at(row.rates.get("output_reasoning_mtok"), in, outputPrice));
    long readCost = times(read, readPrice);
    long writeCost = times(write - write1h, writePrice) + times(write1h, write1hPrice);
    Rate requests = row.rates.get("requests_kcount");
    if (requests != null) {
      // Dollars a thousand requests are kept as if a million tokens: one request is a thousand.
      inputCost += requests.at(in) * 1000;
      reason = "input holds a fee for the request";
    }
    if (usage.input() < 0) {
      reason = "input tokens were not reported";
    } else if (usage.output() < 0 && output != null) {
      reason = "output tokens were not reported";
    }
    if (parameters.contains("service_tier\":\"") && isOtherTier(parameters)) {
      reason = "the price table has no service tiers: standard price";
    }
    String name = row.name;
    if (input != null && input.starts.length > 0 && in > input.starts[0]) {
      name = row.name + " above " + input.starts[0];
    }
    return new Cost(
        inputCost + readCost + writeCost + outputCost,
        inputCost,
        usage.cacheRead() < 0 ? -1 : readCost,
        usage.cacheWrite() < 0 ? -1 : writeCost,
        outputCost,
        "priced",
        name,
        reason);
  }

  /** Absurd counts must not overflow into a plausible price: they stop at the largest. */
  private static long times(long tokens, long price) {
    return price > 0 && tokens > MOST / price ? MOST : tokens * price;
  }

  private static boolean isOtherTier(String parameters) {
    return parameters.contains("service_tier\":\"flex\"")
        || parameters.contains("service_tier\":\"priority\"")
        || parameters.contains("service_tier\":\"batch\"");
  }

  private static long at(@Nullable Rate rate, long inputTokens, long otherwise) {
    return rate == null ? otherwise : rate.at(inputTokens);
  }

  private Decision decide(Key key) {
    String requested = key.requested;
    if (key.responded.isEmpty() && requested.isEmpty()) {
      return none("no model was reported");
    }
    if (SELF_HOSTED.contains(key.provider)) {
      return none(key.provider + " runs models on your own machine");
    }
    Set<String> names = new LinkedHashSet<>();
    addNames(names, key.responded);
    addNames(names, requested);
    Provider provider = key.provider.isEmpty() ? null : provider(key.provider);
    for (String name : names) {
      Provider by = provider != null ? provider : vendor(name);
      if (by == null && key.provider.isEmpty()) {
        by = byModel(name);
      }
      Model model = by == null ? null : model(by, name);
      if (model == null && by != null) {
        // A gateway's name for a model begins with the vendor's.
        model = model(by, name.substring(name.indexOf('/') + 1));
      }
      if (model != null) {
        return new Decision(model, Cost.NONE);
      }
    }
    return none(
        provider == null && !key.provider.isEmpty()
            ? "no prices for this provider"
            : "no price for this model");
  }

  private @Nullable Provider vendor(String name) {
    int slash = name.indexOf('/');
    return slash > 0 ? provider(name.substring(0, slash)) : null;
  }

  private static Decision none(String reason) {
    return new Decision(null, Cost.unpriced(reason));
  }

  /** The name as sent first, then what is left of it when wrappings are taken off. */
  private static void addNames(Set<String> names, String sent) {
    if (sent.isEmpty()) {
      return;
    }
    String name = sent.strip().toLowerCase(Locale.ROOT);
    names.add(name);
    if (name.startsWith("arn:")) {
      name = name.substring(name.lastIndexOf('/') + 1);
      names.add(name);
    }
    int models = name.lastIndexOf("models/");
    if (models >= 0 && !name.startsWith("accounts/")) {
      name = name.substring(models + "models/".length());
      names.add(name);
    }
    if (name.startsWith("ft:")) {
      String[] parts = name.split(":", 3);
      name = parts[1];
      names.add(name);
    }
    String bare = AWS_REGION.matcher(name).replaceFirst("");
    names.add(bare);
    int slash = bare.indexOf('/');
    if (slash > 0 && !bare.startsWith("accounts/")) {
      bare = bare.substring(slash + 1);
      names.add(bare);
    }
    names.add(DATE_SUFFIX.matcher(bare).replaceFirst(""));
  }

  private @Nullable Provider provider(String name) {
    String id = PROVIDER_IDS.getOrDefault(name, name);
    for (Provider provider : providers) {
      if (provider.id.equals(id)) {
        return provider;
      }
    }
    for (Provider provider : providers) {
      if (provider.providerMatch != null && provider.providerMatch.test(id)) {
        return provider;
      }
    }
    return null;
  }

  private @Nullable Provider byModel(String name) {
    for (Provider provider : providers) {
      if (provider.modelMatch != null && provider.modelMatch.test(name)) {
        return provider;
      }
    }
    return null;
  }

  private @Nullable Model model(Provider provider, String name) {
    for (Model model : provider.models) {
      if (model.match.test(name)) {
        return model;
      }
    }
    for (String id : provider.fallbacks) {
      for (Provider other : providers) {
        if (other.id.equals(id)) {
          for (Model model : other.models) {
            if (model.match.test(name)) {
              return model;
            }
          }
        }
      }
    }
    return null;
  }
}
