package io.tracewell.server.pricing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Pricer;
import io.tracewell.core.Usage;
import io.tracewell.server.pricing.PriceRow.UnitPrice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Prices from the vendored genai-prices data. Usage is inclusive; it is taken apart into buckets
 * that don't overlap before it is multiplied, so that no token is paid for twice. A bucket without
 * a price of its own costs what its whole costs (cache reads as input, reasoning as output).
 *
 * @see <a href="https://github.com/pydantic/genai-prices">genai-prices</a>
 */
public final class PriceTable implements Pricer {
  private static final int CACHED_NAMES = 10_000;

  private record Model(String id, Match match, List<PriceRow> rows) {}

  private record Provider(
      String id, Match match, Match modelMatch, List<String> fallbacks, List<Model> models) {}

  private record Name(String provider, String model) {}

  private record Found(String price, List<PriceRow> rows) {}

  private final List<Provider> providers;
  private final Map<Name, Optional<Found>> names = new ConcurrentHashMap<>();

  private PriceTable(List<Provider> providers) {
    this.providers = providers;
  }

  /** The prices that come with Tracewell. */
  public static PriceTable bundled() {
    try (InputStream in = PriceTable.class.getResourceAsStream("genai-prices.json")) {
      if (in == null) {
        throw new IllegalStateException("genai-prices.json is not on the class path");
      }
      return new PriceTable(read(new ObjectMapper().readTree(in)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Provider> read(JsonNode document) {
    List<Provider> providers = new ArrayList<>();
    for (JsonNode provider : document) {
      List<Model> models = new ArrayList<>();
      for (JsonNode model : provider.path("models")) {
        List<PriceRow> rows = new ArrayList<>();
        JsonNode prices = model.path("prices");
        if (prices.isArray()) {
          prices.forEach(
              row -> rows.add(PriceRow.read(row.path("prices"), row.path("constraint"))));
        } else {
          rows.add(PriceRow.read(prices, model.path("none")));
        }
        models.add(new Model(model.path("id").asText(), Match.read(model.path("match")), rows));
      }
      List<String> fallbacks = new ArrayList<>();
      provider.path("fallback_model_providers").forEach(id -> fallbacks.add(id.asText()));
      providers.add(
          new Provider(
              provider.path("id").asText(),
              Match.read(provider.path("provider_match")),
              Match.read(provider.path("model_match")),
              fallbacks,
              models));
    }
    return providers;
  }

  @Override
  public Cost price(ModelCall model, Usage usage, long startNanos) {
    if (usage.isEmpty()) {
      return model.name().isEmpty() ? Cost.NONE : Cost.unpriced("no usage was reported");
    }
    if (model.name().isEmpty()) {
      return Cost.unpriced("no model was reported");
    }
    Found found = find(model.provider(), model.responded());
    if (found == null) {
      found = find(model.provider(), model.requested());
    }
    if (found == null) {
      return Cost.unpriced("no price for this model");
    }
    PriceRow row = rowAt(found.rows, startNanos);
    if (row == null) {
      return Cost.unpriced("no price for this model at that time");
    }
    return cost(found.price, row, usage);
  }

  private static Cost cost(String price, PriceRow row, Usage usage) {
    long whole = Math.max(usage.input(), 0);
    long cacheRead = Math.clamp(usage.cacheRead(), 0, whole);
    long cacheWrite = Math.clamp(usage.cacheWrite(), 0, whole - cacheRead);
    long cacheWrite1h = Math.clamp(usage.cacheWrite1h(), 0, cacheWrite);
    long audio = Math.clamp(usage.inputAudio(), 0, whole - cacheRead - cacheWrite);
    long uncached = whole - cacheRead - cacheWrite - audio;
    long allOutput = Math.max(usage.output(), 0);
    long reasoning = Math.clamp(usage.reasoning(), 0, allOutput);
    long outputAudio = Math.clamp(usage.outputAudio(), 0, allOutput - reasoning);
    long text = allOutput - reasoning - outputAudio;

    UnitPrice input = row.input();
    UnitPrice output = row.output();
    if ((input == null && whole > 0) || (output == null && allOutput > 0 && input == null)) {
      return Cost.unpriced("the price row of " + price + " has no price per token");
    }
    long inputCost =
        times(uncached, input, whole) + times(audio, or(row.inputAudio(), input), whole);
    long readCost = times(cacheRead, or(row.cacheRead(), input), whole);
    long writeCost =
        times(cacheWrite - cacheWrite1h, or(row.cacheWrite(), input), whole)
            + times(cacheWrite1h, or(row.cacheWrite1h(), or(row.cacheWrite(), input)), whole);
    long outputCost =
        times(text, output, whole)
            + times(reasoning, or(row.reasoning(), output), whole)
            + times(outputAudio, or(row.outputAudio(), output), whole);
    String reason = "";
    if (usage.output() < 0 && output != null) {
      reason = "output tokens were not reported";
    } else if (usage.input() < 0) {
      reason = "input tokens were not reported";
    }
    return new Cost(
        inputCost + readCost + writeCost + outputCost,
        inputCost,
        usage.cacheRead() < 0 ? -1 : readCost,
        usage.cacheWrite() < 0 ? -1 : writeCost,
        outputCost,
        "priced",
        price,
        reason);
  }

  private static @Nullable UnitPrice or(@Nullable UnitPrice own, @Nullable UnitPrice whole) {
    return own == null ? whole : own;
  }

  /** Absurd token counts must not overflow into a plausible price: they stop at the largest. */
  private static long times(long tokens, @Nullable UnitPrice price, long inputTokens) {
    if (tokens == 0 || price == null) {
      return 0;
    }
    long each = price.at(inputTokens);
    return each > 0 && tokens > Long.MAX_VALUE / 8 / each ? Long.MAX_VALUE / 8 : tokens * each;
  }

  private static @Nullable PriceRow rowAt(List<PriceRow> rows, long startNanos) {
    Instant start = Instant.ofEpochSecond(0, startNanos);
    LocalDate day = LocalDate.ofInstant(start, ZoneOffset.UTC);
    LocalTime time = LocalTime.ofInstant(start, ZoneOffset.UTC);
    // The last row that holds wins: the data lists them from the general to the special.
    for (int i = rows.size() - 1; i >= 0; i--) {
      PriceRow row = rows.get(i);
      LocalDate from = row.from();
      PriceRow.Hours hours = row.hours();
      if ((from == null || !day.isBefore(from)) && (hours == null || hours.contains(time))) {
        return row;
      }
    }
    return null;
  }

  private @Nullable Found find(String provider, String model) {
    if (model.isEmpty()) {
      return null;
    }
    Name name = new Name(provider, model);
    Optional<Found> known = names.get(name);
    if (known == null) {
      known = Optional.ofNullable(look(provider, model));
      // Model names come from outside: without a bound, a sender could fill the memory with them.
      if (names.size() < CACHED_NAMES) {
        names.put(name, known);
      }
    }
    return known.orElse(null);
  }

  private @Nullable Found look(String providerName, String modelName) {
    String provider = providerName.toLowerCase(Locale.ROOT);
    String model = modelName.toLowerCase(Locale.ROOT);
    Provider byName = null;
    for (Provider candidate : providers) {
      if (candidate.id.equals(provider)) {
        byName = candidate;
        break;
      }
      if (byName == null && !provider.isEmpty() && candidate.match.matches(provider)) {
        byName = candidate;
      }
    }
    if (byName != null) {
      Found found = inProvider(byName, model);
      if (found != null) {
        return found;
      }
      for (String fallback : byName.fallbacks) {
        for (Provider other : providers) {
          if (other.id.equals(fallback)) {
            found = inProvider(other, model);
            if (found != null) {
              return found;
            }
          }
        }
      }
    }
    // openai/gpt-4.1 and the like name the provider in the model.
    int slash = model.indexOf('/');
    if (slash > 0 && !model.substring(0, slash).equals(provider)) {
      Found found = look(model.substring(0, slash), model.substring(slash + 1));
      if (found != null) {
        return found;
      }
    }
    if (byName == null) {
      for (Provider candidate : providers) {
        if (candidate.modelMatch.matches(model)) {
          return inProvider(candidate, model);
        }
      }
    }
    return null;
  }

  private static @Nullable Found inProvider(Provider provider, String model) {
    for (Model candidate : provider.models) {
      if (candidate.match.matches(model)) {
        return new Found(provider.id + "/" + candidate.id, candidate.rows);
      }
    }
    return null;
  }
}
