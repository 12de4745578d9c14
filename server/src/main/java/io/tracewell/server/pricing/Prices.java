package io.tracewell.server.pricing;

import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Pricer;
import io.tracewell.core.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * All prices in their order: those given through the API, those of the user's file, the list of the
 * build. The first that knows a model prices it whole; buckets of several lists are never mixed.
 */
public final class Prices implements Pricer {
  private final GenAiPrices list;
  private final Path stored;
  private final OwnPrices ofFile;
  private volatile OwnPrices own;

  /**
   * Reads the user's prices.
   *
   * @param stored where prices given through the API are kept
   * @param file the user's own file; null for none
   * @throws IOException where one of them can't be read, with what is wrong
   */
  public Prices(GenAiPrices list, Path stored, @Nullable Path file) throws IOException {
    this.list = list;
    this.stored = stored;
    ofFile = file == null ? OwnPrices.NONE : read(file, list);
    own = Files.exists(stored) ? read(stored, list) : OwnPrices.NONE;
  }

  private static OwnPrices read(Path file, GenAiPrices list) throws IOException {
    String json;
    try {
      json = Files.readString(file);
    } catch (IOException e) {
      throw new IOException("The price file " + file + " can't be read.", e);
    }
    try {
      return OwnPrices.parse(json, list);
    } catch (IllegalArgumentException e) {
      throw new IOException("The price file " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Cost price(ModelCall call, Usage usage, long startNanos) {
    if (!usage.isEmpty()) {
      for (OwnPrices prices : new OwnPrices[] {own, ofFile}) {
        Cost cost = prices.isEmpty() ? null : price(prices, call, usage, startNanos);
        if (cost != null) {
          return cost;
        }
      }
    }
    return list.price(call, usage, startNanos);
  }

  private @Nullable Cost price(OwnPrices prices, ModelCall call, Usage usage, long startNanos) {
    ServiceTier tier = ServiceTier.of(call.parameters());
    OwnPrices.Own found = prices.find(call, tier.name(), startNanos);
    if (found == null) {
      return null;
    }
    if (found.sameAs().isEmpty()) {
      // What is said for the tier is the tier's price.
      return found.row().cost(usage, found.tier().isEmpty() ? tier : ServiceTier.STANDARD, "");
    }
    PriceRow row = list.row(found.sameAs(), startNanos);
    return row == null ? null : row.cost(usage, tier, "by your own row " + found.row().name());
  }

  /** The prices given through the API, as JSON. */
  public String given() {
    return own.json();
  }

  /**
   * Replaces the prices given through the API.
   *
   * @throws IllegalArgumentException where they can't be read, with what is wrong
   * @throws IOException where they can't be stored
   */
  public synchronized void give(String json) throws IOException {
    OwnPrices given = OwnPrices.parse(json, list);
    Path fresh = stored.resolveSibling(stored.getFileName() + ".new");
    Files.writeString(fresh, given.json());
    Files.move(fresh, stored, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    own = given;
  }
}
