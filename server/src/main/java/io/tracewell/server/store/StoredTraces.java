package io.tracewell.server.store;

import io.tracewell.core.Ids;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.TraceShape;
import io.tracewell.server.clickhouse.ClickHouse;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Reads traces back that the writer no longer has in memory. */
final class StoredTraces {
  private static final int MAX_REMEMBERED = 80_000_000;

  private final ClickHouse clickHouse;

  StoredTraces(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /** Tells the filter of the window of every trace that is stored. */
  void remember(TraceWindow window) {
    for (String table : List.of("trace_heads", "span_heads")) {
      // The second holds more only where a crash fell between the two; that can't be long ago.
      String where =
          table.equals("trace_heads") ? "" : " WHERE place_minute > now() - INTERVAL 2 DAY";
      clickHouse.query(
          "SELECT DISTINCT trace_key FROM " + table + where + " LIMIT " + MAX_REMEMBERED,
          Map.of(),
          ClickHouse.Limits.BESIDE_INSERTS,
          row -> {
            BigInteger key = row.bigInteger("trace_key");
            window.remember(key.shiftRight(64).longValue(), key.longValue());
            return Boolean.TRUE;
          });
    }
  }

  /**
   * The traces of these that are stored, with all their heads.
   *
   * @param searchHeads also finds a trace that has heads but no row of its own: a crash can leave
   *     that
   */
  List<TraceState> load(Collection<TraceState.Id> ids, boolean searchHeads) {
    return load(ids, searchHeads, "", Map.of());
  }

  /** The same of traces whose minutes ({@link Place#minute}) are known to lie between two. */
  List<TraceState> load(Collection<TraceState.Id> ids, long firstMinute, long lastMinute) {
    return load(
        ids,
        false,
        " AND place_minute BETWEEN toDateTime({first:UInt32}, 'UTC') AND toDateTime({last:UInt32}, 'UTC')",
        Map.of("first", firstMinute, "last", lastMinute));
  }

  private List<TraceState> load(
      Collection<TraceState.Id> ids, boolean searchHeads, String when, Map<String, Object> limits) {
    Map<String, List<TraceState.Id>> byProject = new HashMap<>();
    for (TraceState.Id id : ids) {
      byProject.computeIfAbsent(id.project(), p -> new ArrayList<>()).add(id);
    }
    List<TraceState> loaded = new ArrayList<>();
    byProject.forEach(
        (project, wanted) -> load(project, wanted, searchHeads, when, limits, loaded));
    return loaded;
  }

  private void load(
      String project,
      List<TraceState.Id> ids,
      boolean searchHeads,
      String when,
      Map<String, Object> limits,
      List<TraceState> loaded) {
    Map<TraceState.Id, TraceState> found = new HashMap<>();
    Map<String, Object> parameters = new HashMap<>(limits);
    parameters.put("project", project);
    parameters.put("keys", keys(ids));
    clickHouse
        .query(
            "SELECT trace_key, lkey, place_apps[1] AS app, place_minute AS minute, trace_id"
                + " FROM trace_heads WHERE project_id = {project:String}"
                + " AND trace_key IN {keys:Array(UInt128)}"
                + when
                + " ORDER BY ver",
            parameters,
            ClickHouse.Limits.BESIDE_INSERTS,
            row -> state(project, row, row.string("trace_id")))
        .forEach(state -> found.put(state.id, state));
    if (searchHeads && found.size() < ids.size()) {
      List<TraceState.Id> missing = new ArrayList<>(ids);
      missing.removeAll(found.keySet());
      clickHouse
          .query(
              "SELECT trace_key, any(lkey) AS lkey, any(place_app) AS app, any(place_minute) AS"
                  + " minute FROM span_heads WHERE project_id = {project:String}"
                  + " AND trace_key IN {keys:Array(UInt128)} GROUP BY trace_key",
              Map.of("project", project, "keys", keys(missing)),
              ClickHouse.Limits.BESIDE_INSERTS,
              row -> state(project, row, ""))
          .forEach(state -> found.put(state.id, state));
    }
    if (found.isEmpty()) {
      return;
    }
    Map<String, List<TraceState>> byApp = new HashMap<>();
    for (TraceState state : found.values()) {
      byApp.computeIfAbsent(state.place.app(), app -> new ArrayList<>()).add(state);
    }
    byApp.forEach(
        (app, states) -> {
          loadHeads(project, app, states, found);
          loadUncounted(project, app, states, found);
        });
    for (TraceState state : found.values()) {
      findElsewhere(state);
      loaded.add(state);
    }
  }

  // What does not count though its own trace has no reason for it has one in another.
  private static void findElsewhere(TraceState state) {
    if (state.uncounted.length == 0 || state.heads.isEmpty()) {
      return;
    }
    TraceShape shape = TraceShape.of(new ArrayList<>(state.heads.values()));
    Set<Long> elsewhere = new HashSet<>();
    for (int i = 0; i < shape.nodes().size(); i++) {
      TraceShape.Node node = shape.nodes().get(i);
      if ((shape.counted(i) || (shape.call(i) && !TraceShape.reportsUsage(node)))
          && TraceShape.isModel(node)
          && Arrays.binarySearch(state.uncounted, node.key()) >= 0) {
        elsewhere.add(node.key());
      }
    }
    state.elsewhere = elsewhere;
  }

  private void loadUncounted(
      String project, String app, List<TraceState> states, Map<TraceState.Id, TraceState> byId) {
    Map<TraceState, List<Long>> keys = new HashMap<>();
    clickHouse.query(
        "SELECT trace_key, span_key FROM span_uncounted FINAL WHERE project_id ="
            + " {project:String} AND place_app = {app:String}"
            + " AND toUnixTimestamp(place_minute) IN {minutes:Array(UInt32)}"
            + " AND trace_key IN {keys:Array(UInt128)} AND uncounted",
        Map.of(
            "project",
            project,
            "app",
            app,
            "minutes",
            states.stream().map(state -> state.place.minute()).distinct().toList(),
            "keys",
            keys(states.stream().map(state -> state.id).toList())),
        ClickHouse.Limits.BESIDE_INSERTS,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          TraceState state =
              byId.get(new TraceState.Id(project, key.shiftRight(64).longValue(), key.longValue()));
          return state != null
              && keys.computeIfAbsent(state, s -> new ArrayList<>()).add(row.int64("span_key"));
        });
    keys.forEach(
        (state, uncounted) ->
            state.uncounted = uncounted.stream().mapToLong(Long::longValue).sorted().toArray());
  }

  /**
   * Tells of the model calls of the last hour that say the id of their answer or usage, or failed.
   */
  void recentAnswers(BiConsumer<TraceState.Id, Head> each) {
    clickHouse.query(
        // Of too many the newest.
        "SELECT * FROM ("
            + HEADS
            + " WHERE place_minute > now() - INTERVAL 1 HOUR AND kind IN ('llm', 'embedding')"
            + " AND (response_id != '' OR status = 'error' OR input_tokens > 0) ORDER BY ver DESC"
            + " LIMIT 100000) ORDER BY ver",
        Map.of(),
        ClickHouse.Limits.BESIDE_INSERTS,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          each.accept(
              new TraceState.Id(
                  row.string("project_id"), key.shiftRight(64).longValue(), key.longValue()),
              head(row));
          return Boolean.TRUE;
        });
  }

  private static final String HEADS =
      "SELECT project_id, trace_key, span_key, ver, place_start, parent_key, application,"
          + " service_version, environment, name, kind, start, end, pending, status, error_type,"
          + " session_id, user_id, provider, model, response_id, ttft_ns, input_tokens,"
          + " cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost,"
          + " cost_source, cost_reason, tool_name, agent_name, prompt_name, prompt_version,"
          + " dialects, tags, size_bytes, content_hash FROM span_heads";

  private void loadHeads(
      String project, String app, List<TraceState> states, Map<TraceState.Id, TraceState> byId) {
    TreeSet<Long> minutes = new TreeSet<>();
    for (TraceState state : states) {
      minutes.add(state.place.minute());
    }
    clickHouse.query(
        HEADS
            + " WHERE project_id = {project:String}"
            + " AND place_app = {app:String}"
            + " AND toUnixTimestamp(place_minute) IN {minutes:Array(UInt32)}"
            + " AND place_minute BETWEEN toDateTime({first:UInt32}, 'UTC') AND"
            + " toDateTime({last:UInt32}, 'UTC')"
            + " AND trace_key IN {keys:Array(UInt128)} ORDER BY ver",
        Map.of(
            "project", project,
            "app", app,
            "minutes", List.copyOf(minutes),
            "first", minutes.first(),
            "last", minutes.last(),
            "keys", keys(states.stream().map(state -> state.id).toList())),
        ClickHouse.Limits.BESIDE_INSERTS,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          TraceState state =
              byId.get(new TraceState.Id(project, key.shiftRight(64).longValue(), key.longValue()));
          if (state != null) {
            Head head = head(row);
            state.heads.put(head.key, head);
          }
          return Boolean.TRUE;
        });
  }

  private static TraceState state(String project, ClickHouse.Row row, String traceId) {
    BigInteger key = row.bigInteger("trace_key");
    return new TraceState(
        new TraceState.Id(project, key.shiftRight(64).longValue(), key.longValue()),
        new Place(
            row.string("app"),
            Math.floorDiv(row.epochNanos("minute"), 1_000_000_000L),
            row.int64("lkey")),
        traceId);
  }

  private static Head head(ClickHouse.Row row) {
    Head head = new Head();
    head.stored = true;
    head.key = row.int64("span_key");
    head.parentKey = row.int64("parent_key");
    head.ver = row.int64("ver");
    head.hash = row.int64("content_hash");
    head.placeStart = row.epochNanos("place_start");
    head.start = row.epochNanos("start");
    head.end = row.epochNanos("end");
    head.application = row.string("application");
    head.serviceVersion = row.string("service_version");
    head.environment = row.string("environment");
    head.name = row.string("name");
    SpanKind kind = SpanKind.fromWireName(row.string("kind"));
    head.kind = kind == null ? SpanKind.SPAN : kind;
    head.pending = row.bool("pending");
    head.status = SpanStatus.valueOf(row.string("status").toUpperCase(Locale.ROOT));
    head.errorType = row.string("error_type");
    head.sessionId = row.string("session_id");
    head.userId = row.string("user_id");
    head.provider = row.string("provider");
    head.model = row.string("model");
    head.responseId = row.string("response_id");
    head.ttft = row.int64("ttft_ns");
    head.input = row.int64("input_tokens");
    head.cacheRead = row.int64("cache_read_tokens");
    head.cacheWrite = row.int64("cache_write_tokens");
    head.output = row.int64("output_tokens");
    head.reasoning = row.int64("reasoning_tokens");
    head.cost = picodollars(row.decimal("cost"));
    head.costSource = row.string("cost_source");
    head.costReason = row.string("cost_reason");
    head.toolName = row.string("tool_name");
    head.agentName = row.string("agent_name");
    head.promptName = row.string("prompt_name");
    head.promptVersion = row.string("prompt_version");
    head.dialects = row.string("dialects");
    head.tags = row.strings("tags");
    head.sizeBytes = (int) row.int64("size_bytes");
    return head;
  }

  static long picodollars(@Nullable BigDecimal usd) {
    return usd == null ? -1 : usd.movePointRight(12).longValue();
  }

  /** Reads the texts that rows of traces show. */
  void loadPreviews(TraceState trace, List<Head> heads) {
    Map<Long, Head> wanted = new HashMap<>();
    heads.forEach(head -> wanted.put(head.key, head));
    Map<String, Object> parameters = placeParameters(trace, wanted.keySet());
    clickHouse.query(
        "SELECT span_key, input_preview, output_preview, substringUTF8(error_message, 1, 300) AS"
            + " error FROM spans WHERE "
            + AT_PLACE
            + " ORDER BY ver",
        parameters,
        ClickHouse.Limits.BESIDE_INSERTS,
        row -> {
          Head head = wanted.get(row.int64("span_key"));
          if (head != null) {
            head.previews =
                new Head.Previews(
                    row.string("input_preview"), row.string("output_preview"), row.string("error"));
          }
          return Boolean.TRUE;
        });
    for (Head head : heads) {
      if (head.previews == null) {
        head.previews = new Head.Previews("", "", "");
      }
    }
  }

  static final String AT_PLACE =
      "project_id = {project:String} AND place_app = {app:String}"
          + " AND place_bucket = toDateTime({bucket:UInt32}, 'UTC') AND lkey = {lkey:UInt64}"
          + " AND trace_key = {trace:UInt128} AND span_key IN {spans:Array(UInt64)}";

  static Map<String, Object> placeParameters(TraceState trace, Collection<Long> spanKeys) {
    return Map.of(
        "project", trace.id.project(),
        "app", trace.place.app(),
        "bucket", trace.place.bucket(),
        "lkey", Long.toUnsignedString(trace.place.localityKey()),
        "trace", key(trace.id),
        "spans", spanKeys.stream().map(StoredTraces::unsigned).toList());
  }

  static Ids.TraceKey traceKey(BigInteger key) {
    return new Ids.TraceKey(key.shiftRight(64).longValue(), key.longValue());
  }

  static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  static BigInteger key(TraceState.Id id) {
    return unsigned(id.high()).shiftLeft(64).or(unsigned(id.low()));
  }

  private static List<BigInteger> keys(Collection<TraceState.Id> ids) {
    return ids.stream().map(StoredTraces::key).toList();
  }
}
