package io.tracewell.server.query;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.Span;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What arrives, by source: which service, instrumentation and protocol; what was mended of it, and
 * what was refused. The spans tell the first two, so that they are there after a restart; what was
 * refused is known since the start.
 */
public final class IngestHealth implements Routes {
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final int MOST_SOURCES = 500;
  private static final int MOST_WARNINGS = 2_000;

  // The table has each version of a span. Exact where there are few, and never much memory.
  private static final String SPANS = "uniqCombined64(trace_key, span_key";
  private static final String SPANS_IF = "uniqCombined64If(trace_key, span_key";

  private final Reader reader;
  private final IngestLog log;
  private final Clock clock;
  private final Instant started;

  /**
   * @param log what was refused
   */
  public IngestHealth(
      ClickHouse clickHouse, IngestLog log, Clock clock, ApiRoutes.Options options) {
    reader =
        new Reader(clickHouse, options.queryTimeout(), options.maxMemoryBytes(), options.maxRows());
    this.log = log;
    this.clock = clock;
    this.started = clock.instant();
  }

  /** Warnings of a source, by code. */
  private record Source(String service, String scope, String transport) {}

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/api/v1/ingest/health", this::health);
  }

  private void health(Context ctx) {
    TimeRange range =
        TimeRange.parse(ctx.queryParam("from"), ctx.queryParam("to"), "now-1d", clock.instant());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("from", Values.time(range.from()));
    answer.put("to", Values.time(range.to()));
    answer.put("sources", sources(range));
    answer.put("logs", logs(range));
    answer.put("refused_since", started.toString());
    answer.put("refusals", log.refusals().stream().map(IngestHealth::refusal).toList());
    ctx.json(answer);
  }

  private static String where(TimeRange range, Params params) {
    return " FROM spans WHERE project_id = "
        + params.string(Span.DEFAULT_PROJECT)
        // A trace lies where it began: one that began before the time may go on in it.
        + " AND place_bucket >= "
        + params.instant(range.from() - DAY_NANOS)
        + " AND start >= "
        + params.instant(range.from())
        + " AND start < "
        + params.instant(range.to());
  }

  private List<Map<String, Object>> sources(TimeRange range) {
    Params params = new Params();
    List<Source> keys = new ArrayList<>();
    List<Map<String, Object>> sources =
        reader.query(
            "SELECT service, scope, transport, argMax(sdk, start) AS newest_sdk,"
                + " argMax(dialects, start) AS spoken, "
                + SPANS
                + ") AS spans, "
                + SPANS_IF
                + ", kind != 'span') AS llm_work, "
                + SPANS_IF
                + ", status = 'error') AS errors, "
                + SPANS_IF
                + ", notEmpty(warnings)) AS warned,"
                + " max(toUnixTimestamp64Nano(start)) AS last"
                + where(range, params)
                + " GROUP BY service, scope, transport ORDER BY spans DESC, service, scope, transport"
                + " LIMIT "
                + MOST_SOURCES,
            params,
            row -> {
              Source source =
                  new Source(row.string("service"), row.string("scope"), row.string("transport"));
              int version = source.scope.lastIndexOf(' ');
              Map<String, Object> view = new LinkedHashMap<>();
              view.put("service", source.service);
              view.put("scope", version < 0 ? source.scope : source.scope.substring(0, version));
              view.put("scope_version", version < 0 ? "" : source.scope.substring(version + 1));
              view.put("transport", source.transport);
              view.put("sdk", row.string("newest_sdk"));
              view.put("dialects", split(row.string("spoken")));
              view.put("spans", row.int64("spans"));
              view.put("llm_spans", row.int64("llm_work"));
              view.put("errors", row.int64("errors"));
              view.put("warned", row.int64("warned"));
              view.put("last_ns", Long.toString(row.int64("last")));
              keys.add(source);
              return view;
            });
    // Read after the sources: what is told of a source as warned is told with its warnings.
    Map<Source, List<Map<String, Object>>> warnings = warnings(range);
    for (int i = 0; i < keys.size(); i++) {
      sources.get(i).put("warnings", warnings.getOrDefault(keys.get(i), List.of()));
    }
    return sources;
  }

  private static List<String> split(String dialects) {
    return dialects.isEmpty() ? List.of() : List.of(dialects.split(","));
  }

  private Map<Source, List<Map<String, Object>>> warnings(TimeRange range) {
    Params params = new Params();
    Map<Source, List<Map<String, Object>>> found = new HashMap<>();
    reader.query(
        "SELECT service, scope, transport, code, any(meaning) AS meaning, "
            + SPANS
            + ") AS spans FROM"
            + " (SELECT service, scope, transport, trace_key, span_key, arrayJoin(arrayDistinct(warnings)) AS warning,"
            + " substring(warning, 1, position(warning, ':') - 1) AS code,"
            + " substring(warning, position(warning, ':') + 2) AS meaning"
            + where(range, params)
            + ") GROUP BY service, scope, transport, code ORDER BY spans DESC, code LIMIT "
            + MOST_WARNINGS,
        params,
        row -> {
          Map<String, Object> warning = new LinkedHashMap<>();
          warning.put("code", row.string("code"));
          warning.put("meaning", row.string("meaning"));
          warning.put("spans", row.int64("spans"));
          found
              .computeIfAbsent(
                  new Source(row.string("service"), row.string("scope"), row.string("transport")),
                  source -> new ArrayList<>())
              .add(warning);
          return warning;
        });
    return found;
  }

  /** Log records that belong to spans: they say an application and no instrumentation. */
  private List<Map<String, Object>> logs(TimeRange range) {
    Params params = new Params();
    return reader.query(
        "SELECT application, event_name, count() AS records,"
            + " max(toUnixTimestamp64Nano(time)) AS last FROM span_logs FINAL WHERE project_id = "
            + params.string(Span.DEFAULT_PROJECT)
            + " AND time >= "
            + params.instant(range.from())
            + " AND time < "
            + params.instant(range.to())
            + " GROUP BY application, event_name ORDER BY records DESC, application, event_name"
            + " LIMIT "
            + MOST_SOURCES,
        params,
        row -> {
          Map<String, Object> view = new LinkedHashMap<>();
          view.put("application", row.string("application"));
          view.put("event", row.string("event_name"));
          view.put("records", row.int64("records"));
          view.put("last_ns", Long.toString(row.int64("last")));
          return view;
        });
  }

  private static Map<String, Object> refusal(IngestLog.Refusal refusal) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("transport", refusal.transport());
    view.put("path", refusal.path());
    view.put("status", refusal.status());
    view.put("reason", refusal.reason());
    view.put("requests", refusal.requests());
    view.put("rejected", refusal.rejected());
    view.put("first", refusal.first().toString());
    view.put("last", refusal.last().toString());
    return view;
  }
}
