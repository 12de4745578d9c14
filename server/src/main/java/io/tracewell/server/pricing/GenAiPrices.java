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
import java.time.LocalDate;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Prices of pydantic/genai-prices: by provider and model, dated, with tiers by the size of the
 * request.
 *
 * <p>Which rows price a model is decided once and remembered: the table is searched by patterns,
 * and this runs for every span.
 */
public final class GenAiPrices implements Pricer {
  private static final int REMEMBERED = 10_000;

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

  private record Provider(
      String id,
      @Nullable Predicate<String> providerMatch,
      @Nullable Predicate<String> modelMatch,
      List<String> fallbacks,
      List<Model> models) {}

  private record Model(String id, Predicate<String> match, List<PriceRow> rows) {
    PriceRow at(long startNanos) {
      for (int i = rows.size() - 1; i >= 0; i--) {
        if (rows.get(i).holds(startNanos)) {
          return rows.get(i);
        }
      }
      return rows.getFirst();
    }
  }

  /** What prices a model: a row, or the reason why none does. */
  private record Decision(@Nullable Model model, String note, Cost none) {}

  /** What a gateway gives away. */
  private static final Model FREE =
      new Model(
          "free",
          name -> false,
          List.of(
              new PriceRow(
                  Long.MIN_VALUE,
                  0,
                  PriceRow.NANOS_A_DAY,
                  Map.of("input_mtok", Rate.flat(0), "output_mtok", Rate.flat(0)),
                  "a free model",
                  false)));

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

  private static List<PriceRow> dated(JsonNode node, String name) {
    boolean claude = name.contains("claude");
    if (node.isObject()) {
      return List.of(
          new PriceRow(Long.MIN_VALUE, 0, PriceRow.NANOS_A_DAY, rates(node), name, claude));
    }
    List<PriceRow> list = new ArrayList<>();
    for (JsonNode row : node) {
      JsonNode constraint = row.path("constraint");
      long day = Long.MIN_VALUE;
      long from = 0;
      long to = PriceRow.NANOS_A_DAY;
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
      list.add(new PriceRow(day, from, to, rates(row.path("prices")), title, claude));
    }
    return list;
  }

  private static long nanoOfDay(String time) {
    return OffsetTime.parse(time).withOffsetSameInstant(ZoneOffset.UTC).toLocalTime().toNanoOfDay();
  }

  private static Map<String, Rate> rates(JsonNode node) {
    Map<String, Rate> rates = new HashMap<>();
    node.properties().forEach(field -> rates.put(field.getKey(), Rate.of(field.getValue())));
    return rates;
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
    return decision
        .model
        .at(startNanos)
        .cost(usage, ServiceTier.of(call.parameters()), decision.note);
  }

  /** The row of that provider and model of the table, as it stands in {@code cost.price}. */
  @Nullable PriceRow row(String id, long startNanos) {
    for (Provider provider : providers) {
      if (id.startsWith(provider.id + '/')) {
        for (Model model : provider.models) {
          if (id.length() == provider.id.length() + 1 + model.id.length()
              && id.endsWith(model.id)) {
            return model.at(startNanos);
          }
        }
      }
    }
    return null;
  }

  private Decision decide(Key key) {
    String requested = key.requested;
    if (key.responded.isEmpty() && requested.isEmpty()) {
      return none("no model was reported");
    }
    if (SELF_HOSTED.contains(key.provider)) {
      return none(key.provider + " runs models on your own machine");
    }
    if (key.responded.endsWith(":free") || requested.endsWith(":free")) {
      return new Decision(FREE, "", Cost.NONE);
    }
    Map<String, String> names = new LinkedHashMap<>(ModelNames.of(key.responded));
    ModelNames.of(requested).forEach(names::putIfAbsent);
    Provider provider = key.provider.isEmpty() ? null : provider(key.provider);
    for (Map.Entry<String, String> entry : names.entrySet()) {
      String name = entry.getKey();
      Provider by = provider != null ? provider : vendor(name);
      if (by == null && key.provider.isEmpty()) {
        by = byModel(name);
      }
      Model model = by == null || name.isEmpty() ? null : model(by, name);
      if (model == null && by != null) {
        // A gateway's name for a model begins with the vendor's.
        model = model(by, name.substring(name.indexOf('/') + 1));
      }
      if (model != null) {
        return new Decision(model, entry.getValue(), Cost.NONE);
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
    return new Decision(null, "", Cost.unpriced(reason));
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
