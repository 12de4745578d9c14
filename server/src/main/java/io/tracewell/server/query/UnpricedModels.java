package io.tracewell.server.query;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.Span;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Models that were called and have no price: on demand, and looked for every six hours. */
public final class UnpricedModels implements Routes, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UnpricedModels.class);
  private static final int MOST = 500;
  private static final Duration FIRST = Duration.ofMinutes(10);
  private static final Duration EVERY = Duration.ofHours(6);

  private final Reader reader;
  private final Clock clock;
  private final ScheduledExecutorService check =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("unpriced-models").unstarted(task));

  /** Begins to look. */
  public UnpricedModels(ClickHouse clickHouse, Clock clock, ApiRoutes.Options options) {
    reader =
        new Reader(clickHouse, options.queryTimeout(), options.maxMemoryBytes(), options.maxRows());
    this.clock = clock;
    check.scheduleWithFixedDelay(
        this::look, FIRST.toSeconds(), EVERY.toSeconds(), TimeUnit.SECONDS);
  }

  private void look() {
    try {
      int count = models(TimeRange.parse("now-1d", null, "now-1d", clock.instant())).size();
      if (count > 0) {
        // Not their names: they are what was sent.
        LOG.warn(
            "{} models that were called in the last day have no price; GET /api/v1/prices/unpriced"
                + " lists them, PUT /api/v1/prices gives prices",
            count);
      }
    } catch (ApiException e) {
      LOG.debug("Models without a price can't be looked for: {}", e.getMessage());
    }
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/api/v1/prices/unpriced", this::unpriced);
  }

  private void unpriced(Context ctx) {
    TimeRange range =
        TimeRange.parse(ctx.queryParam("from"), ctx.queryParam("to"), "now-1d", clock.instant());
    ctx.json(Map.of("models", models(range)));
  }

  private List<Map<String, Object>> models(TimeRange range) {
    Params params = new Params();
    String sql =
        "SELECT provider, model, cost_reason, count() AS calls,"
            + " sum(greatest(input_tokens, 0)) AS input, sum(greatest(output_tokens, 0)) AS output,"
            + " max(toUnixTimestamp64Nano(start)) AS last FROM span_heads FINAL WHERE project_id = "
            + params.string(Span.DEFAULT_PROJECT)
            + " AND start >= "
            + params.instant(range.from())
            + " AND start < "
            + params.instant(range.to())
            + " AND cost IS NULL AND model != '' AND (input_tokens >= 0 OR output_tokens >= 0)"
            + " GROUP BY provider, model, cost_reason ORDER BY calls DESC, provider, model LIMIT "
            + MOST;
    return reader.query(
        sql,
        params,
        row -> {
          Map<String, Object> model = new LinkedHashMap<>();
          String provider = row.string("provider");
          model.put("provider", provider.isEmpty() ? null : provider);
          model.put("model", row.string("model"));
          model.put("reason", row.string("cost_reason"));
          model.put("calls", row.int64("calls"));
          model.put("input_tokens", Long.toString(row.int64("input")));
          model.put("output_tokens", Long.toString(row.int64("output")));
          model.put("last_ns", Long.toString(row.int64("last")));
          return model;
        });
  }

  @Override
  public void close() {
    check.shutdownNow();
  }
}
