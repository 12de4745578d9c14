package io.tracewell.server.admin;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.pricing.Prices;
import java.io.IOException;

/** The user's own prices. */
public final class PriceRoutes implements Routes {
  private static final int MAX_CHARS = 4 << 20;

  private final Prices prices;

  /** Reads and replaces {@code prices}. */
  public PriceRoutes(Prices prices) {
    this.prices = prices;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/api/v1/prices", this::get);
    routes.put("/api/v1/prices", this::put);
  }

  private void get(Context ctx) {
    ctx.contentType("application/json").result(prices.given());
  }

  private void put(Context ctx) {
    String body = ctx.body();
    if (body.length() > MAX_CHARS) {
      throw new ApiException(413, "too_large", "Prices may be 4 MB at most.");
    }
    try {
      prices.give(body);
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new ApiException(
          500, "not_stored", "The prices could not be written to the data directory.");
    }
    get(ctx);
  }
}
