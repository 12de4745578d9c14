package io.tracewell.server.query;

import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.query.TextSearch.Plan;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lists of single spans, in order of start. */
final class SpanLists {
  private static final int SPANS_A_QUERY = 200;

  /** Where a span lies. */
  record Place(String app, long hour, BigInteger lkey, BigInteger traceKey, BigInteger spanKey) {}

  /** A span in the list. */
  record Found(Position position, Place place, long sizeBytes, Views.SpanRow row) {}

  /** A page of the list. */
  record Page(List<Found> rows, @Nullable Position next, @Nullable String partial) {}

  private final Reader reader;
  private final TextSearch search;
  private final String project;

  SpanLists(Reader reader, TextSearch search, String project) {
    this.reader = reader;
    this.search = search;
    this.project = project;
  }

  /** A page of spans. */
  Page list(Query query, TimeRange range, boolean descending, int limit, @Nullable Position after) {
    // A span can lie in the hour of a trace that began long before it: no bound in time for words.
    Plan plan = query.words().isEmpty() ? null : search.plan(query.words(), 0);
    if (plan != null && plan.nothing()) {
      return new Page(List.of(), null, plan.leftOut());
    }
    Pager<Found> pager =
        new Pager<>(
            new Source(query, range, descending, plan),
            descending,
            // Where the index leaves little, windows would only ask it again.
            plan == null || plan.many(),
            plan == null ? 0 : plan.window(limit));
    int first = limit + 16;
    Pager.Page<Found> page = pager.page(after, range, limit, first, reader.timeout().dividedBy(2));
    String partial =
        page.partial() && page.next() != null
            ? "Stopped after "
                + reader.timeout().dividedBy(2).toSeconds()
                + " s. The rest was not looked at yet; the next page goes on from there."
            : plan == null ? null : plan.leftOut();
    return new Page(page.rows(), page.next(), partial);
  }

  private final class Source implements Pager.Source<Found> {
    private final Query query;
    private final TimeRange range;
    private final boolean descending;
    private final @Nullable Plan plan;
    private final Map<Position, Place> places = new HashMap<>();

    Source(Query query, TimeRange range, boolean descending, @Nullable Plan plan) {
      this.query = query;
      this.range = range;
      this.descending = descending;
      this.plan = plan;
    }

    @Override
    public List<Position> candidates(@Nullable Position after, TimeRange window, int limit) {
      Params params = new Params();
      String direction = descending ? " DESC" : "";
      StringBuilder sql =
          new StringBuilder(
              "SELECT toUnixTimestamp64Nano(start) AS start_ns, place_app, toUnixTimestamp(place_bucket) AS hour, lkey,"
                  + " trace_key, span_key FROM span_heads WHERE ");
      sql.append("project_id = ").append(params.string(project));
      sql.append(" AND start >= ").append(params.instant(window.from()));
      sql.append(" AND start < ").append(params.instant(window.to()));
      sql.append(" AND ").append(Filters.heads(query, params, project, window));
      if (after != null) {
        sql.append(" AND (start, trace_key, span_key)").append(descending ? " < (" : " > (");
        sql.append(params.instant(after.value())).append(", ");
        sql.append(params.traceKey(after.key())).append(", ");
        sql.append(params.key(after.subKey().longValue())).append(')');
      }
      if (plan != null && !plan.common()) {
        sql.append(" AND ").append(plan.inPlaces("(lkey, place_bucket)", 0, params, project));
      }
      sql.append(" ORDER BY start").append(direction).append(", trace_key").append(direction);
      sql.append(", span_key").append(direction).append(" LIMIT ").append(limit);
      places.clear();
      return reader.query(
          sql.toString(),
          params,
          row -> {
            Place place = place(row);
            Position position =
                new Position(row.int64("start_ns"), place.traceKey(), place.spanKey());
            places.put(position, place);
            return position;
          });
    }

    @Override
    public Pager.Looked<Found> newest(List<Position> candidates) {
      Set<Place> wanted = new LinkedHashSet<>();
      candidates.forEach(position -> wanted.add(Objects.requireNonNull(places.get(position))));
      List<Place> all = List.copyOf(wanted);
      List<Pager.Found<Found>> result = new ArrayList<>();
      for (int from = 0; from < all.size(); from += SPANS_A_QUERY) {
        Params params = new Params();
        StringBuilder sql =
            new StringBuilder(
                "SELECT place_app, toUnixTimestamp(place_bucket) AS hour, lkey, trace_key, span_key,"
                    + " toUnixTimestamp64Nano(start) AS start_ns, toUnixTimestamp64Nano(end) AS end_ns, size_bytes,"
                    + " trace_id, span_id, application, environment, name, kind, status, error_type, model,"
                    + " input_tokens, output_tokens, cost, input_preview, output_preview, session_id, user_id FROM"
                    + " (SELECT * FROM spans WHERE ");
        String place = at(all.subList(from, Math.min(all.size(), from + SPANS_A_QUERY)), params);
        sql.append(place);
        sql.append(" ORDER BY ver DESC LIMIT 1 BY trace_key, span_key) WHERE start >= ");
        sql.append(params.instant(range.from()));
        sql.append(" AND start < ").append(params.instant(range.to()));
        sql.append(" AND ").append(Filters.spans(query, params, project, range.from()));
        if (plan != null) {
          if (Needles.anyRequired(query.words())) {
            sql.append(" AND (trace_key, span_key, ver) IN (");
            sql.append(String.join(" UNION ALL ", plan.rows(place, params))).append(')');
          }
          if (query.words().stream().anyMatch(Query.Words::negated)) {
            sql.append(" AND NOT ").append(Needles.excluded(query.words(), params));
          }
        }
        reader
            .query(sql.toString(), params, SpanLists::found)
            .forEach(found -> result.add(new Pager.Found<>(found.position(), found)));
      }
      return new Pager.Looked<>(result, candidates.size());
    }
  }

  /**
   * Reads more of spans that were found: rows of {@code spans} in any order, newest versions.
   *
   * @param columns SQL
   */
  <T> List<T> read(List<Found> spans, String columns, Function<Row, T> mapper) {
    Params params = new Params();
    return reader.query(
        "SELECT "
            + columns
            + " FROM spans WHERE "
            + at(spans.stream().map(Found::place).toList(), params)
            + " ORDER BY ver DESC LIMIT 1 BY trace_key, span_key",
        params,
        mapper);
  }

  private String at(List<Place> places, Params params) {
    Set<String> apps = new LinkedHashSet<>();
    Set<Long> hours = new LinkedHashSet<>();
    Set<BigInteger> lkeys = new LinkedHashSet<>();
    List<BigInteger> traceKeys = new ArrayList<>();
    List<BigInteger> spanKeys = new ArrayList<>();
    for (Place place : places) {
      apps.add(place.app());
      hours.add(place.hour());
      lkeys.add(place.lkey());
      traceKeys.add(place.traceKey());
      spanKeys.add(place.spanKey());
    }
    return "project_id = "
        + params.string(project)
        + " AND place_app IN "
        + params.strings(apps)
        + " AND place_bucket IN (SELECT toDateTime(arrayJoin("
        + params.numbers("UInt32", hours)
        + "), 'UTC')) AND lkey IN "
        + params.numbers("UInt64", lkeys)
        + " AND (trace_key, span_key) IN (SELECT arrayJoin(arrayZip("
        + params.numbers("UInt128", traceKeys)
        + ", "
        + params.numbers("UInt64", spanKeys)
        + ")))";
  }

  private static Place place(Row row) {
    return new Place(
        row.string("place_app"),
        row.int64("hour"),
        unsigned(row.int64("lkey")),
        row.bigInteger("trace_key"),
        unsigned(row.int64("span_key")));
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  private static Found found(Row row) {
    Place place = place(row);
    long start = row.int64("start_ns");
    return new Found(
        new Position(start, place.traceKey(), place.spanKey()),
        place,
        row.int64("size_bytes"),
        new Views.SpanRow(
            row.string("trace_id"),
            row.string("span_id"),
            row.string("application"),
            row.string("environment"),
            row.string("name"),
            row.string("kind"),
            Values.time(start),
            Long.toString(start),
            Long.toString(row.int64("end_ns") - start),
            row.string("status").equals("error") ? "error" : "ok",
            Values.text(row.string("error_type")),
            Values.text(row.string("model")),
            Values.tokens(row.int64("input_tokens"), row.int64("output_tokens")),
            Values.money(row.decimal("cost")),
            row.string("input_preview"),
            row.string("output_preview"),
            Values.text(row.string("session_id")),
            Values.text(row.string("user_id"))));
  }
}
