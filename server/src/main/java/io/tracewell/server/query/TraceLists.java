package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Ids;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.query.Query.Clause;
import io.tracewell.server.query.TextCheck.Verified;
import io.tracewell.server.query.TextSearch.Places;
import io.tracewell.server.query.TextSearch.Plan;
import java.math.BigInteger;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Lists of traces, sums of them, and the values to narrow them by. */
final class TraceLists {
  private static final int KEYS_A_QUERY = 250;
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final Duration MARKS_TIME = Duration.ofSeconds(2);
  private static final int MARKS = 20;
  private static final int FACET_ROWS = 5_000;
  private static final List<Long> BUCKET_SECONDS =
      List.of(
          1L, 2L, 5L, 10L, 15L, 20L, 30L, 40L, 60L, 120L, 300L, 600L, 900L, 1_200L, 1_800L, 3_600L,
          7_200L, 10_800L, 21_600L, 43_200L, 86_400L, 604_800L);

  private static final String PLACE =
      "trace_key, lkey, place_apps, arrayMap(x -> toUnixTimestamp(toStartOfHour(x)), place_minutes) AS place_hours";

  private static final String COLUMNS =
      PLACE
          + """
      , day, \
      trace_id, root_key, root_missing, application, environment, service_version, name, kind, \
      toUnixTimestamp64Nano(start) AS start_ns, toUnixTimestamp64Nano(end) AS end_ns, running, status, error_type, \
      error_message, first_cause_key, session_id, user_id, input_preview, output_preview, span_count, llm_calls, \
      tool_calls, error_count, input_tokens, output_tokens, cache_read_tokens, cost, unpriced_calls, ttft_ns, models, \
      tools, prompts, strip""";

  /** An order of the list: its name in the API and the value it sorts by. */
  enum Sort {
    START("start", "toUnixTimestamp64Nano(start)", "start"),
    DURATION("duration", Field.DURATION.traceSql(), null),
    COST("cost", "toInt64(ifNull(cost, toDecimal128(-1, 12)) * 1000000000000)", null),
    TOKENS("tokens", "toInt64(" + Field.TOKENS_SQL + ")", null);

    private final String wireName;
    private final String sql;
    // What to name in ORDER BY, so that the index on it helps.
    private final String orderSql;

    Sort(String wireName, @Nullable String sql, @Nullable String orderSql) {
      this.wireName = wireName;
      this.sql = Objects.requireNonNull(sql);
      this.orderSql = orderSql == null ? "sort_value" : orderSql;
    }

    static @Nullable Sort named(String name) {
      for (Sort sort : values()) {
        if (sort.wireName.equals(name)) {
          return sort;
        }
      }
      return null;
    }
  }

  /**
   * A trace by its key.
   *
   * @param minute that its row lies under ({@code place_minute}), seconds since the epoch; {@link
   *     TraceEvents.Changed#UNKNOWN} where it is to be looked for
   */
  record Key(BigInteger key, long minute) {}

  /** A trace with what is needed to read on. */
  record Found(Places places, Views.TraceRow row) {}

  /** A page of the list. */
  record Page(List<Views.TraceRow> rows, @Nullable Position next, @Nullable String partial) {}

  private static final int MEDIAN_TRACES = 1_000;

  private static final List<Facet> FACETS =
      List.of(
          new Facet(Field.APP, "Application"),
          new Facet(Field.STATUS, "Status"),
          new Facet(Field.KIND, "Root kind"),
          new Facet(Field.MODEL, "Model"),
          new Facet(Field.ERROR, "Error type"),
          new Facet(Field.PROMPT, "Prompt version"),
          new Facet(Field.USER, "User"),
          new Facet(Field.SESSION, "Session"),
          new Facet(Field.TOOL, "Tool"),
          new Facet(Field.NAME, "Name"),
          new Facet(Field.VERSION, "Application version"),
          new Facet(Field.ENV, "Environment"),
          new Facet(Field.TAG, "Tag"));

  private record Facet(Field field, String label) {}

  private final Reader reader;
  private final TextSearch search;
  private final String project;

  TraceLists(Reader reader, TextSearch search, String project) {
    this.reader = reader;
    this.search = search;
    this.project = project;
  }

  /** A page of traces. */
  Page list(
      Query query,
      TimeRange range,
      Sort sort,
      boolean descending,
      int limit,
      @Nullable Position after) {
    Plan plan = query.words().isEmpty() ? null : search.plan(query.words(), range.from());
    if (plan != null && plan.nothing()) {
      return new Page(List.of(), null, plan.leftOut());
    }
    Pager<Views.TraceRow> pager =
        new Pager<>(
            new TraceSource(query, range, sort, descending, limit, plan),
            descending,
            // Where the index leaves little, windows would only ask it again.
            sort == Sort.START && (plan == null || plan.many()),
            plan == null ? 0 : plan.window(limit));
    // Of a trace that has just changed, several versions may be candidates.
    int first = plan == null ? limit + limit / 2 + 16 : plan.candidates(limit);
    Pager.Page<Views.TraceRow> page =
        pager.page(after, range, limit, first, reader.timeout().dividedBy(2));
    String partial =
        page.partial() && page.next() != null
            ? "Stopped after "
                + reader.timeout().dividedBy(2).toSeconds()
                + " s. What is older was not looked at yet; the next page goes on from there."
            : plan == null ? null : plan.leftOut();
    return new Page(page.rows(), page.next(), partial);
  }

  private final class TraceSource implements Pager.Source<Views.TraceRow> {
    private final Query query;
    private final TimeRange range;
    private final Sort sort;
    private final boolean descending;
    private final int enough;
    private final @Nullable Plan plan;
    // Of the candidates: all versions of a trace lie in the same place.
    private final Map<BigInteger, Long> minutes = new HashMap<>();
    private final Map<BigInteger, Places> places = new HashMap<>();

    TraceSource(
        Query query,
        TimeRange range,
        Sort sort,
        boolean descending,
        int limit,
        @Nullable Plan plan) {
      this.query = query;
      this.range = range;
      this.sort = sort;
      this.descending = descending;
      // Some of what was found may turn out to stand elsewhere by now.
      enough = limit + 8;
      this.plan = plan;
    }

    @Override
    public List<Position> candidates(@Nullable Position after, TimeRange window, int limit) {
      Params params = new Params();
      String direction = descending ? " DESC" : "";
      boolean doubtful = plan != null && plan.doubtful();
      StringBuilder sql = new StringBuilder("SELECT ").append(doubtful ? PLACE : "trace_key");
      sql.append(", toUnixTimestamp(place_minute) AS minute, ");
      sql.append(sort.sql).append(" AS sort_value FROM trace_heads WHERE ");
      sql.append(within(window, params)).append(" AND ").append(conditions(query, window, params));
      if (after != null) {
        String value = params.int64(after.value());
        String key = params.traceKey(after.key());
        String compare = descending ? " < " : " > ";
        sql.append(" AND (sort_value").append(compare).append(value);
        sql.append(" OR (sort_value = ").append(value).append(" AND trace_key");
        sql.append(compare).append(key).append("))");
      }
      if (plan != null && !plan.common()) {
        sql.append(" AND ");
        sql.append(
            plan.inPlaces("(lkey, toStartOfHour(place_minute))", window.from(), params, project));
      }
      sql.append(" ORDER BY ").append(sort.orderSql).append(direction);
      sql.append(", trace_key").append(direction).append(" LIMIT ").append(limit);
      return reader.query(
          sql.toString(),
          params,
          row -> {
            BigInteger key = row.bigInteger("trace_key");
            minutes.put(key, row.int64("minute"));
            if (doubtful) {
              places.put(key, places(row));
            }
            return new Position(row.int64("sort_value"), key, BigInteger.ZERO);
          });
    }

    @Override
    public Pager.Looked<Views.TraceRow> newest(List<Position> candidates) {
      List<BigInteger> keys = candidates.stream().map(Position::key).distinct().toList();
      BigInteger next;
      List<Found> newest;
      if (plan != null && plan.doubtful()) {
        Verified verified = search.verify(plan, keys.stream().map(places::get).toList(), enough);
        next = verified.next();
        newest = rows(query, range, keyed(verified.traces()));
      } else {
        // Rows cost most, and most candidates stay.
        next = keys.size() > enough ? keys.get(enough) : null;
        newest = rows(query, range, keyed(keys.subList(0, Math.min(keys.size(), enough))));
        if (plan != null) {
          newest = verified(newest, plan);
        }
      }
      List<Pager.Found<Views.TraceRow>> result = new ArrayList<>();
      for (Found found : newest) {
        long value =
            switch (sort) {
              case START -> Long.parseLong(found.row().startNs());
              case DURATION -> Long.parseLong(found.row().durationNs());
              case TOKENS ->
                  found.row().tokens() == null ? -1 : Long.parseLong(found.row().tokens());
              case COST ->
                  found.row().cost() == null
                      ? -1_000_000_000_000L
                      : new java.math.BigDecimal(found.row().cost()).movePointRight(12).longValue();
            };
        result.add(
            new Pager.Found<>(
                new Position(value, found.places().traceKey(), BigInteger.ZERO), found.row()));
      }
      return new Pager.Looked<>(result, next == null ? candidates.size() : first(candidates, next));
    }

    private List<Key> keyed(Collection<BigInteger> keys) {
      return keys.stream()
          .map(key -> new Key(key, minutes.getOrDefault(key, TraceEvents.Changed.UNKNOWN)))
          .toList();
    }

    private static int first(List<Position> candidates, BigInteger key) {
      int at = 0;
      while (!candidates.get(at).key().equals(key)) {
        at++;
      }
      return at;
    }
  }

  /** The newest versions of these traces, those that fulfil all conditions. */
  List<Found> newest(Query query, List<Key> traces) {
    List<Found> found = rows(query, null, traces);
    return query.words().isEmpty() ? found : verified(found, Plan.ofText(query.words()));
  }

  private List<Found> verified(List<Found> traces, Plan plan) {
    Set<BigInteger> holding = search.verify(plan, traces.stream().map(Found::places).toList());
    return traces.stream().filter(trace -> holding.contains(trace.places().traceKey())).toList();
  }

  private List<Found> rows(Query query, @Nullable TimeRange range, List<Key> keys) {
    List<String> highlights = query.highlights();
    List<Found> found = new ArrayList<>();
    for (int from = 0; from < keys.size(); from += KEYS_A_QUERY) {
      Params params = new Params();
      StringBuilder sql = new StringBuilder("SELECT ").append(COLUMNS);
      sql.append(" FROM (SELECT * FROM trace_heads WHERE project_id = ")
          .append(params.string(project));
      sql.append(" AND ");
      sql.append(at(keys.subList(from, Math.min(keys.size(), from + KEYS_A_QUERY)), params));
      sql.append(" ORDER BY ver DESC LIMIT 1 BY trace_key) WHERE ");
      sql.append(
          conditions(query, range == null ? new TimeRange(0, Long.MAX_VALUE) : range, params));
      if (range != null) {
        sql.append(" AND start >= ").append(params.instant(range.from()));
        sql.append(" AND start < ").append(params.instant(range.to()));
      }
      found.addAll(reader.query(sql.toString(), params, row -> found(row, highlights)));
    }
    return found;
  }

  // The order of trace_heads is that of their minutes, and what is read of a page lies together.
  private static String at(List<Key> traces, Params params) {
    List<Key> placed =
        traces.stream().filter(trace -> trace.minute() != TraceEvents.Changed.UNKNOWN).toList();
    List<Key> others =
        traces.stream().filter(trace -> trace.minute() == TraceEvents.Changed.UNKNOWN).toList();
    List<String> conditions = new ArrayList<>();
    if (!placed.isEmpty()) {
      conditions.add(
          "place_minute IN (SELECT toDateTime(arrayJoin("
              + params.numbers("UInt32", placed.stream().map(Key::minute).distinct().toList())
              + "), 'UTC')) AND trace_key IN "
              + params.numbers("UInt128", placed.stream().map(Key::key).toList()));
    }
    if (!others.isEmpty()) {
      conditions.add(
          "trace_key IN " + params.numbers("UInt128", others.stream().map(Key::key).toList()));
    }
    return conditions.isEmpty() ? "0" : "((" + String.join(") OR (", conditions) + "))";
  }

  private static Places places(Row row) {
    List<Long> hours = new ArrayList<>();
    for (long hour : row.longs("place_hours")) {
      hours.add(hour);
    }
    return new Places(
        row.bigInteger("trace_key"),
        row.strings("place_apps"),
        hours,
        new BigInteger(Long.toUnsignedString(row.int64("lkey"))));
  }

  /** The trace that an id names; of several, the one that is stored under it. Null for none. */
  @Nullable Found byId(String traceId) {
    BigInteger traceKey = Filters.traceKey(traceId);
    Params params = new Params();
    String sql =
        "SELECT "
            + COLUMNS
            + " FROM trace_heads WHERE project_id = "
            + params.string(project)
            + " AND trace_key IN ("
            + Filters.named(traceId, params, project)
            + ") ORDER BY trace_key = "
            + params.traceKey(traceKey)
            + " DESC, ver DESC LIMIT 1";
    List<Found> found = reader.query(sql, params, row -> found(row, List.of()));
    return found.isEmpty() ? null : found.getFirst();
  }

  /**
   * Median duration in nanoseconds of the newest traces of the same application and name in the day
   * before this one, at most {@value #MEDIAN_TRACES}; null where there is none.
   */
  @Nullable String medianDuration(Views.TraceRow trace, Duration limit) {
    long end = Long.parseLong(trace.startNs()) / 1_000_000_000;
    Params params = new Params();
    String sql =
        "SELECT count() AS n, toInt64(ifNotFinite(median(took), 0)) AS median FROM"
            + " (SELECT argMax(took, ver) AS took FROM (SELECT trace_key, ver,"
            + " toUnixTimestamp64Nano(end) - toUnixTimestamp64Nano(start) AS took FROM trace_heads WHERE project_id = "
            + params.string(project)
            + " AND place_minute >= "
            + params.second(Math.max(0, end - 86_400))
            + " AND place_minute <= "
            + params.second(end)
            + " AND application = "
            + params.string(trace.application())
            + " AND name = "
            + params.string(trace.name())
            + " AND NOT running"
            // In the order of the table, so that it stops when it has enough.
            + " ORDER BY place_minute DESC LIMIT "
            + MEDIAN_TRACES
            + ") GROUP BY trace_key)";
    return reader
        .query(
            sql,
            params,
            limit,
            row -> row.int64("n") == 0 ? null : Long.toString(row.int64("median")))
        .getFirst();
  }

  private static Found found(Row row, List<String> highlights) {
    long start = row.int64("start_ns");
    long input = row.int64("input_tokens");
    long output = row.int64("output_tokens");
    long cause = row.int64("first_cause_key");
    JsonNode strip = Values.json(row.string("strip"));
    BigInteger key = row.bigInteger("trace_key");
    Views.TraceRow view =
        new Views.TraceRow(
            row.string("trace_id"),
            Values.traceKey(key),
            Ids.hex16(row.int64("root_key")),
            row.bool("root_missing"),
            row.string("application"),
            row.string("environment"),
            row.string("service_version"),
            row.string("name"),
            row.string("kind"),
            Values.time(start),
            Long.toString(start),
            Long.toString(row.int64("end_ns") - start),
            row.bool("running"),
            row.string("status").equals("error") ? "error" : "ok",
            Values.text(row.string("error_type")),
            Values.text(row.string("error_message")),
            cause == 0 ? null : Ids.hex16(cause),
            Values.text(row.string("session_id")),
            Values.text(row.string("user_id")),
            row.string("input_preview"),
            row.string("output_preview"),
            row.int64("span_count"),
            row.int64("llm_calls"),
            row.int64("tool_calls"),
            row.int64("error_count"),
            Values.tokens(input, output),
            Values.number(input),
            Values.number(output),
            Values.number(row.int64("cache_read_tokens")),
            Values.money(row.decimal("cost")),
            row.int64("unpriced_calls"),
            Values.number(row.int64("ttft_ns")),
            row.strings("models"),
            row.strings("tools"),
            row.strings("prompts"),
            strip == null || !strip.isArray() ? Values.JSON.createArrayNode() : strip,
            List.of(),
            highlights);
    return new Found(places(row), view);
  }

  /** Counts, latency, cost and a histogram. */
  Views.TraceSummary summary(
      Query query, Query scope, TimeRange range, int buckets, long startedNanos) {
    Plan plan = query.words().isEmpty() ? null : search.plan(query.words(), range.from());
    long width = bucketSeconds(range, buckets);
    String[] partial = {plan == null ? null : plan.leftOut()};
    List<SummaryRow> rows =
        narrowing(range, plan, partial, part -> summaryRows(query, part, plan, width));
    SummaryRow total =
        rows.stream().filter(SummaryRow::total).findFirst().orElse(SummaryRow.NOTHING);
    TreeMap<Long, Views.Bucket> bars = new TreeMap<>();
    long first = Math.floorDiv(range.from(), width * 1_000_000_000L) * width;
    for (long at = first; at * 1_000_000_000L < range.to(); at += width) {
      bars.put(at, new Views.Bucket(Values.time(at * 1_000_000_000L), 0, 0));
    }
    for (SummaryRow row : rows) {
      if (!row.total()) {
        bars.put(
            row.bucket(),
            new Views.Bucket(
                Values.time(row.bucket() * 1_000_000_000L), row.count(), row.errors()));
      }
    }
    boolean none = total.count() == 0;
    return new Views.TraceSummary(
        Long.toString(total.count()),
        Long.toString(total.errors()),
        none ? null : Long.toString(total.quantiles().get(0)),
        none ? null : Long.toString(total.quantiles().get(1)),
        none ? null : Long.toString(total.quantiles().get(2)),
        none ? null : Long.toString(total.quantiles().get(3)),
        Values.number(total.tokens()),
        Values.money(total.cost()),
        Long.toString(total.unpriced()),
        Long.toString(total.llmCalls()),
        width,
        List.copyOf(bars.values()),
        marks(scope, range),
        partial[0],
        (System.nanoTime() - startedNanos) / 1_000_000);
  }

  private record SummaryRow(
      boolean total,
      long bucket,
      long count,
      long errors,
      List<Long> quantiles,
      long tokens,
      java.math.@Nullable BigDecimal cost,
      long unpriced,
      long llmCalls) {
    static final SummaryRow NOTHING =
        new SummaryRow(true, 0, 0, 0, List.of(0L, 0L, 0L, 0L), -1, null, 0, 0);
  }

  private List<SummaryRow> summaryRows(
      Query query, TimeRange range, @Nullable Plan plan, long width) {
    Params params = new Params();
    String duration = Objects.requireNonNull(Field.DURATION.traceSql());
    String sql =
        "SELECT grouping(bucket) AS is_total, toUnixTimestamp(bucket) AS bucket_second, count() AS traces_n,"
            + " countIf(status = 'error') AS errors_n, arrayMap(x -> toInt64(ifNotFinite(x, 0)), quantilesDD(0.001, 0.01, 0.5, 0.95,"
            + " 0.99)(toFloat64("
            + duration
            + "))) AS durations, max(tokens) < 0 ? -1 : sum(greatest(tokens, 0)) AS tokens_n, sum(cost) AS cost_n,"
            + " count(cost) AS priced_n, sum(unpriced_calls) AS unpriced_n, sum(llm_calls) AS llm_n FROM (SELECT *,"
            + " toInt64("
            + Field.TOKENS_SQL
            + ") AS tokens, toStartOfInterval(toDateTime(start, 'UTC'), INTERVAL "
            + width
            + " SECOND) AS bucket FROM trace_heads FINAL WHERE "
            + within(range, params)
            + " AND "
            + conditions(query, range, params)
            + textCondition(plan, params)
            + ") GROUP BY GROUPING SETS ((bucket), ())";
    return reader.tryQuery(
        sql,
        params,
        reader.timeout(),
        row -> {
          List<Long> quantiles = new ArrayList<>();
          for (long q : row.longs("durations")) {
            quantiles.add(q);
          }
          return new SummaryRow(
              row.int64("is_total") != 0,
              row.int64("bucket_second"),
              row.int64("traces_n"),
              row.int64("errors_n"),
              quantiles,
              row.int64("tokens_n"),
              row.int64("priced_n") == 0 ? null : row.decimal("cost_n"),
              row.int64("unpriced_n"),
              row.int64("llm_n"));
        });
  }

  /** When a prompt version, model or application version was first seen. */
  private List<Views.Mark> marks(Query scope, TimeRange range) {
    long lookBack = Math.max(range.to() - range.from(), DAY_NANOS);
    TimeRange longer = new TimeRange(Math.max(0, range.from() - lookBack), range.to());
    Params params = new Params();
    String from = params.instant(range.from());
    String sql =
        "SELECT field, value, toUnixTimestamp64Nano(first_seen) AS first_ns FROM (SELECT application, pair.1 AS field,"
            + " pair.2 AS value, min(start) AS first_seen, min(first_seen) OVER (PARTITION BY application) AS app_seen"
            + " FROM trace_heads ARRAY JOIN arrayConcat(arrayMap(x -> ('prompt', x), prompts), arrayMap(x -> ('model',"
            + " toString(x)), models), [('version', toString(service_version))]) AS pair WHERE "
            + within(longer, params)
            + " AND "
            + conditions(scope, longer, params)
            + " AND pair.2 != '' GROUP BY application, field, value) WHERE first_seen >= "
            + from
            + " AND app_seen < "
            + from
            + " ORDER BY first_seen LIMIT "
            + MARKS;
    try {
      return reader.tryQuery(
          sql,
          params,
          MARKS_TIME,
          row ->
              new Views.Mark(
                  Values.time(row.int64("first_ns")), row.string("field"), row.string("value")));
    } catch (ClickHouseException e) {
      // Marks are an addition: a range too long for them keeps its figures.
      return List.of();
    }
  }

  /** Values of the fields to narrow by; each field's counts ignore its own conditions. */
  Views.Facets facets(
      Query query, TimeRange range, @Nullable Field only, @Nullable String contains, int values) {
    Plan plan = query.words().isEmpty() ? null : search.plan(query.words(), range.from());
    List<Facet> shared = new ArrayList<>();
    List<Views.Facet> result = new ArrayList<>();
    String[] partial = {plan == null ? null : plan.leftOut()};
    for (Facet facet : FACETS) {
      if (only == null || facet.field() == only) {
        shared.add(facet);
      }
    }
    Map<Field, Views.Facet> found = new java.util.EnumMap<>(Field.class);
    List<Facet> together = shared.stream().filter(facet -> !query.filters(facet.field())).toList();
    if (!together.isEmpty()) {
      found.putAll(count(together, query, range, plan, contains, values, partial));
    }
    for (Facet facet : shared) {
      if (query.filters(facet.field())) {
        found.putAll(
            count(
                List.of(facet),
                query.without(facet.field()),
                range,
                plan,
                contains,
                values,
                partial));
      }
    }
    for (Facet facet : shared) {
      result.add(
          found.getOrDefault(
              facet.field(),
              new Views.Facet(facet.field().wireName(), facet.label(), 0, List.of())));
    }
    return new Views.Facets(result, partial[0]);
  }

  private record Counted(String field, long distinct, Views.FacetValue value) {}

  private Map<Field, Views.Facet> count(
      List<Facet> facets,
      Query query,
      TimeRange range,
      @Nullable Plan plan,
      @Nullable String contains,
      int values,
      String[] partial) {
    List<Counted> rows =
        narrowing(
            range, plan, partial, part -> facetRows(facets, query, part, plan, contains, values));
    Map<Field, Views.Facet> result = new java.util.EnumMap<>(Field.class);
    for (Facet facet : facets) {
      List<Counted> own =
          rows.stream().filter(row -> row.field().equals(facet.field().wireName())).toList();
      result.put(
          facet.field(),
          new Views.Facet(
              facet.field().wireName(),
              facet.label(),
              own.isEmpty() ? 0 : own.getFirst().distinct(),
              own.stream().map(Counted::value).toList()));
    }
    return result;
  }

  private List<Counted> facetRows(
      List<Facet> facets,
      Query query,
      TimeRange range,
      @Nullable Plan plan,
      @Nullable String contains,
      int values) {
    Params params = new Params();
    List<String> pairs = new ArrayList<>();
    for (Facet facet : facets) {
      String name = params.string(facet.field().wireName());
      String column = Objects.requireNonNull(facet.field().traceSql());
      pairs.add(
          facet.field().type() == Field.Type.LIST
              ? "arrayMap(x -> (" + name + ", toString(x)), arrayDistinct(" + column + "))"
              : "[(" + name + ", toString(" + column + "))]");
    }
    String sql =
        "SELECT field, value, n, errors_n, count() OVER (PARTITION BY field) AS distinct_n FROM (SELECT pair.1 AS"
            + " field, pair.2 AS value, count() AS n, countIf(status = 'error') AS errors_n FROM (SELECT status,"
            + " arrayConcat("
            + String.join(", ", pairs)
            + ") AS pairs FROM trace_heads FINAL WHERE "
            + within(range, params)
            + " AND "
            + conditions(query, range, params)
            + textCondition(plan, params)
            + ") ARRAY JOIN pairs AS pair WHERE pair.2 != ''"
            + (contains == null || contains.isBlank()
                ? ""
                : " AND positionCaseInsensitiveUTF8(pair.2, " + params.string(contains) + ") > 0")
            + " GROUP BY field, value) ORDER BY n DESC, value LIMIT "
            + values
            + " BY field LIMIT "
            + FACET_ROWS;
    return reader.tryQuery(
        sql,
        params,
        reader.timeout(),
        row ->
            new Counted(
                row.string("field"),
                row.int64("distinct_n"),
                new Views.FacetValue(row.string("value"), row.int64("n"), row.int64("errors_n"))));
  }

  private interface Part<T> {
    List<T> read(TimeRange range);
  }

  // A word that is common can't be counted over a long range in time: the newest part is counted.
  private <T> List<T> narrowing(
      TimeRange range, @Nullable Plan plan, String[] partial, Part<T> part) {
    if (plan != null && plan.nothing()) {
      return List.of();
    }
    TimeRange read = range;
    for (int attempt = 0; ; attempt++) {
      try {
        List<T> rows = part.read(read);
        if (attempt > 0) {
          partial[0] =
              "The words are common, and not all of the range could be read in time: this is what began from "
                  + Values.time(read.from())
                  + " on. Narrow the time range, or filter by application.";
        }
        return rows;
      } catch (ClickHouseException e) {
        if (e.code() != Reader.TIMEOUT || plan == null || attempt == 2) {
          throw Reader.translate(e, reader.timeout());
        }
        read = new TimeRange(read.to() - Math.max(1, (read.to() - read.from()) / 16), read.to());
      }
    }
  }

  private String textCondition(@Nullable Plan plan, Params params) {
    return plan == null ? "" : " AND " + plan.holds(params, project);
  }

  private String within(TimeRange range, Params params) {
    return "project_id = "
        + params.string(project)
        + " AND day >= "
        + day(range.from(), params)
        + " AND start >= "
        + params.instant(range.from())
        + " AND start < "
        + params.instant(range.to());
  }

  // The day is that of the first span seen, which never starts before its trace.
  private static String day(long nanos, Params params) {
    return "toDate("
        + params.string(LocalDate.EPOCH.plusDays(Math.floorDiv(nanos, DAY_NANOS)).toString())
        + ")";
  }

  private String conditions(Query query, TimeRange range, Params params) {
    String filters = Filters.traces(query, params, project, range.from());
    // Traces of nothing but HTTP and database spans are shown only where they are asked for.
    boolean asked =
        query.clauses().stream()
            .anyMatch(
                clause ->
                    clause instanceof Clause.Is is
                        && (is.field() == Field.TRACE
                            || (is.field() == Field.KIND && is.value().equals("span"))));
    return asked ? filters : "llm_work_count > 0 AND " + filters;
  }

  private static long bucketSeconds(TimeRange range, int buckets) {
    double wanted = (range.to() - range.from()) / 1e9 / buckets;
    long best = BUCKET_SECONDS.getFirst();
    for (long width : BUCKET_SECONDS) {
      if (Math.abs(Math.log(width / wanted)) < Math.abs(Math.log(best / wanted))) {
        best = width;
      }
    }
    // A range of years has bars of weeks, and not more than the most that may be asked for.
    while ((range.to() - range.from()) / 1_000_000_000L / best > 1_000) {
      best *= 2;
    }
    return best;
  }
}
