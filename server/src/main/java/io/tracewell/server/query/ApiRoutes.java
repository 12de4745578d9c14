package io.tracewell.server.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.Span;
import io.tracewell.core.SpanExplainer;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.query.Query.Clause;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The JSON API under /api/v1 and Datadog's export of spans. Reads only. */
public final class ApiRoutes implements Routes {
  private static final String OPENAPI = "/io/tracewell/server/http/openapi.yaml";
  private static final int MAX_BUCKETS = 500;
  private static final int MAX_FACET_VALUES = 200;

  /**
   * Bounds of what is read.
   *
   * @param queryTimeout longest a query may take
   * @param maxMemoryBytes most memory of the engine that a query may take
   * @param maxRows most rows that a query may return
   * @param maxLiveClients most pages that are told of new traces at a time
   */
  public record Options(
      Duration queryTimeout, long maxMemoryBytes, int maxRows, int maxLiveClients) {
    /** 10 s, 1 GiB, 300,000 rows, 64 pages. */
    public static final Options DEFAULT =
        new Options(Duration.ofSeconds(10), 1L << 30, 300_000, 64);
  }

  private final Clock clock;
  private final TraceLists traceLists;
  private final TraceDetails traceDetails;
  private final SpanLists spanLists;
  private final LiveTraces live;
  private final DatadogExport datadog;
  private final ExperimentResults experiments;

  /**
   * Reads by {@code clickHouse}; {@code events} tells of traces that changed, {@code explainer} how
   * spans were read.
   */
  public ApiRoutes(
      ClickHouse clickHouse,
      TraceEvents events,
      SpanExplainer explainer,
      Clock clock,
      Options options) {
    this.clock = clock;
    String project = Span.DEFAULT_PROJECT;
    Reader reader =
        new Reader(clickHouse, options.queryTimeout(), options.maxMemoryBytes(), options.maxRows());
    TextSearch search = new TextSearch(reader, project);
    this.traceLists = new TraceLists(reader, search, project);
    Evaluations evaluations = new Evaluations(reader, project);
    this.traceDetails = new TraceDetails(reader, traceLists, evaluations, explainer, project);
    this.spanLists = new SpanLists(reader, search, project);
    this.live = new LiveTraces(traceLists, events, options.maxLiveClients());
    this.experiments = new ExperimentResults(spanLists, evaluations, clock);
    this.datadog = new DatadogExport(spanLists, evaluations, clock);
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get(
        "/api/v1/openapi.yaml", ctx -> ctx.contentType("application/yaml").result(openApi()));
    routes.get(
        "/api/v1/openapi.json",
        ctx -> json(ctx, new Load(LoadSettings.builder().build()).loadFromString(openApi())));
    routes.get("/api/v1/traces", this::traces);
    routes.get("/api/v1/traces/summary", this::summary);
    routes.get("/api/v1/traces/facets", this::facets);
    routes.get("/api/v1/traces/live", this::live);
    routes.get("/api/v1/traces/{trace_id}", this::trace);
    routes.get("/api/v1/traces/{trace_id}/spans/{span_id}", this::span);
    routes.get("/api/v1/traces/{trace_id}/spans/{span_id}/raw", this::raw);
    routes.get("/api/v1/traces/{trace_id}/spans/{span_id}/mapping", this::mapping);
    routes.get("/api/v1/spans", this::spans);
    datadog.register(routes);
    experiments.register(routes);
  }

  private void traces(Context ctx) {
    long started = System.nanoTime();
    Query query = query(ctx);
    String order = Objects.requireNonNullElse(ctx.queryParam("sort"), "-start");
    boolean descending = order.startsWith("-");
    TraceLists.Sort sort = TraceLists.Sort.named(descending ? order.substring(1) : order);
    if (sort == null) {
      throw ApiException.badRequest(
          "“sort” must be start, duration, cost or tokens, with - before it for the greatest first.");
    }
    Listing listing = listing(ctx, order);
    TraceLists.Page page =
        traceLists.list(query, listing.range(), sort, descending, listing.limit(), listing.after());
    json(
        ctx,
        new Views.TracePage(
            page.rows(), listing.cursor(page.next()), page.partial(), millisSince(started)));
  }

  private void spans(Context ctx) {
    long started = System.nanoTime();
    Listing listing = listing(ctx, "spans");
    SpanLists.Page page =
        spanLists.list(query(ctx), listing.range(), true, listing.limit(), listing.after());
    json(
        ctx,
        new Views.SpanPage(
            page.rows().stream().map(SpanLists.Found::row).toList(),
            listing.cursor(page.next()),
            page.partial(),
            millisSince(started)));
  }

  private void summary(Context ctx) {
    long started = System.nanoTime();
    int buckets = integer(ctx, "buckets", 90, 1, MAX_BUCKETS);
    json(ctx, traceLists.summary(query(ctx), scope(Query.ALL, ctx), range(ctx), buckets, started));
  }

  private void facets(Context ctx) {
    String name = ctx.queryParam("field");
    Field field = name == null ? null : Field.named(name);
    if (name != null && field == null) {
      String nearest = Field.nearest(name);
      throw ApiException.badRequest(
          "“field” names no facet." + (nearest == null ? "" : " Did you mean “" + nearest + "”?"));
    }
    json(
        ctx,
        traceLists.facets(
            query(ctx),
            range(ctx),
            field,
            ctx.queryParam("contains"),
            integer(ctx, "values", 8, 1, MAX_FACET_VALUES)));
  }

  private void live(Context ctx) throws IOException {
    live.serve(ctx.res(), query(ctx));
  }

  private void trace(Context ctx) {
    json(ctx, traceDetails.trace(ctx.pathParam("trace_id"), ctx.queryParam("cursor")));
  }

  private void span(Context ctx) {
    json(
        ctx,
        traceDetails.span(
            ctx.pathParam("trace_id"),
            ctx.pathParam("span_id"),
            integer(ctx, "max_chars", 20_000, 0, Integer.MAX_VALUE)));
  }

  private void raw(Context ctx) {
    json(ctx, traceDetails.raw(ctx.pathParam("trace_id"), ctx.pathParam("span_id")));
  }

  private void mapping(Context ctx) {
    json(ctx, traceDetails.mapping(ctx.pathParam("trace_id"), ctx.pathParam("span_id")));
  }

  /** What all lists take. */
  private record Listing(TimeRange range, int limit, @Nullable Position after, int question) {
    @Nullable String cursor(@Nullable Position next) {
      return next == null ? null : new Position.Cursor(next, range, question).encode();
    }
  }

  private Listing listing(Context ctx, String order) {
    int question =
        Objects.hash(order, ctx.queryParam("q"), ctx.queryParam("app"), ctx.queryParam("env"));
    Position.Cursor cursor = Position.Cursor.decode(ctx.queryParam("cursor"), question);
    return new Listing(
        cursor == null ? range(ctx) : cursor.range(),
        integer(ctx, "limit", 50, 1, 1_000),
        cursor == null ? null : cursor.after(),
        question);
  }

  private TimeRange range(Context ctx) {
    return TimeRange.parse(ctx.queryParam("from"), ctx.queryParam("to"), "now-1h", clock.instant());
  }

  private static Query query(Context ctx) {
    return scope(QueryLanguage.parse(ctx.queryParam("q")), ctx);
  }

  private static Query scope(Query query, Context ctx) {
    Query result = query;
    for (Field field : List.of(Field.APP, Field.ENV)) {
      String value = ctx.queryParam(field.wireName());
      if (value != null && !value.isEmpty()) {
        result = result.and(new Clause.Is(field, value, false));
      }
    }
    return result;
  }

  private static int integer(Context ctx, String name, int otherwise, int least, int most) {
    String text = ctx.queryParam(name);
    if (text == null || text.isEmpty()) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw ApiException.badRequest(
        "“" + name + "” must be a whole number from " + least + " to " + most + ".");
  }

  private static long millisSince(long startedNanos) {
    return (System.nanoTime() - startedNanos) / 1_000_000;
  }

  static void json(Context ctx, Object view) {
    try {
      ctx.contentType("application/json").result(Values.JSON.writeValueAsBytes(view));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("views are always JSON", e);
    }
  }

  private static String openApi() {
    try (InputStream file = ApiRoutes.class.getResourceAsStream(OPENAPI)) {
      return new String(
          Objects.requireNonNull(file, OPENAPI).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
