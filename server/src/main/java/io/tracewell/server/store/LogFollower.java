package io.tracewell.server.store;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.MessageText;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKeys;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.spool.SpanCodec;
import io.tracewell.server.spool.Spool;
import io.tracewell.server.spool.SpoolEntry;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Merges log records into spans that are already stored: reads both back and sends the merged span
 * through the spool as a new version. Merging again changes nothing, so a crash at most repeats
 * work.
 */
final class LogFollower {
  private static final String FOLLOWER = "span_logs";
  private static final ClickHouse.Limits LIMITS =
      new ClickHouse.Limits(Duration.ofMinutes(1), Map.of());
  // Records of one call come in several requests; wait for them a little.
  private static final long SETTLE_NANOS = 700_000_000L;
  private static final long SAVE_NANOS = 5_000_000_000L;
  private static final int MAX_WAITING = 500_000;
  private static final int ROUND = 500;

  private final ClickHouse clickHouse;
  private final Spool spool;
  private final StoredTraces stored;
  private final SpanLogMerger merger;

  // Guarded by this.
  private final LinkedHashMap<Writer.ToMerge, Long> waiting = new LinkedHashMap<>();
  private long lastSeq;
  private boolean overflowed;

  private long savedSeq;
  private long savedAt = System.nanoTime() - SAVE_NANOS;

  LogFollower(ClickHouse clickHouse, Spool spool, SpanLogMerger merger) {
    this.clickHouse = clickHouse;
    this.spool = spool;
    this.merger = merger;
    stored = new StoredTraces(clickHouse);
  }

  /** Takes what a batch left to be merged. */
  synchronized void add(Set<Writer.ToMerge> spans, long seq) {
    long now = System.nanoTime();
    for (Writer.ToMerge span : spans) {
      if (waiting.size() < MAX_WAITING) {
        waiting.remove(span);
        waiting.put(span, now);
      } else {
        overflowed = true;
      }
    }
    lastSeq = seq;
  }

  /** Finds again what was left to be merged when the process ended. */
  void recover() {
    savedSeq = Cursors.read(clickHouse, FOLLOWER, spool.serverId());
    Set<Writer.ToMerge> found = new LinkedHashSet<>();
    clickHouse.query(
        "SELECT DISTINCT project_id, trace_key, span_key FROM span_logs"
            + " WHERE (server_id = {server:UUID} AND seq > {seq:UInt64}) OR (project_id, trace_key)"
            + " IN (SELECT project_id, arrayJoin(trace_keys) FROM ingest_log WHERE server_id ="
            + " {server:UUID} AND seq > {seq:UInt64}) LIMIT {limit:UInt64}",
        Map.of("server", spool.serverId().toString(), "seq", savedSeq, "limit", MAX_WAITING),
        LIMITS,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          return found.add(
              new Writer.ToMerge(
                  new TraceState.Id(
                      row.string("project_id"), key.shiftRight(64).longValue(), key.longValue()),
                  null,
                  row.int64("span_key")));
        });
    add(found, Math.max(savedSeq, 0));
  }

  /** Merges what has settled; true where there is more to do at once. */
  boolean round() throws OverloadedException {
    Map<TraceState.Id, List<Writer.ToMerge>> byTrace = new LinkedHashMap<>();
    List<Writer.ToMerge> taken = new ArrayList<>();
    long seq;
    synchronized (this) {
      long settled = System.nanoTime() - SETTLE_NANOS;
      for (Map.Entry<Writer.ToMerge, Long> span : waiting.entrySet()) {
        if (span.getValue() - settled > 0 || taken.size() >= ROUND) {
          break;
        }
        taken.add(span.getKey());
      }
      seq = lastSeq;
    }
    for (Writer.ToMerge span : taken) {
      byTrace.computeIfAbsent(span.trace(), t -> new ArrayList<>()).add(span);
    }
    for (Map.Entry<TraceState.Id, List<Writer.ToMerge>> trace : byTrace.entrySet()) {
      merge(trace.getKey(), trace.getValue());
    }
    synchronized (this) {
      for (Writer.ToMerge span : taken) {
        Long since = waiting.get(span);
        // Records that came meanwhile are merged in another round.
        if (since != null && since - (System.nanoTime() - SETTLE_NANOS) <= 0) {
          waiting.remove(span);
        }
      }
      if (!waiting.isEmpty() || overflowed) {
        return taken.size() >= ROUND;
      }
    }
    // After a crash, what was merged since is only merged again.
    if (seq > savedSeq && System.nanoTime() - savedAt > SAVE_NANOS) {
      Cursors.write(clickHouse, FOLLOWER, spool.serverId(), seq);
      savedSeq = seq;
      savedAt = System.nanoTime();
    }
    return false;
  }

  private void merge(TraceState.Id id, List<Writer.ToMerge> spans) throws OverloadedException {
    Place place = spans.getFirst().place();
    if (place == null) {
      List<TraceState> found = stored.load(List.of(id), true);
      if (found.isEmpty()) {
        return;
      }
      place = found.getFirst().place;
    }
    TraceState trace = new TraceState(id, place, "");
    List<Long> keys = spans.stream().map(Writer.ToMerge::spanKey).distinct().toList();
    Map<Long, List<SpanLog>> logs = readLogs(id, keys);
    List<Span> merged = new ArrayList<>();
    List<Long> hashes = new ArrayList<>();
    for (Map.Entry<Long, StoredSpan> entry : readSpans(trace, keys).entrySet()) {
      StoredSpan current = entry.getValue();
      List<SpanLog> own = logs.getOrDefault(entry.getKey(), List.of());
      if (own.isEmpty()) {
        continue;
      }
      Span result = merger.merge(current.span(), own);
      if (SpanCodec.contentHash(result) != SpanCodec.contentHash(current.span())) {
        merged.add(result);
        hashes.add(current.hash());
      }
    }
    if (!merged.isEmpty()) {
      spool.append(
          new SpoolEntry(
              merged, hashes.stream().mapToLong(Long::longValue).toArray(), List.of(), true));
    }
  }

  Map<Long, List<SpanLog>> readLogs(TraceState.Id id, List<Long> keys) {
    Map<Long, List<SpanLog>> logs = new HashMap<>();
    clickHouse.query(
        "SELECT span_key, time, sequence, event_name, hash, trace_id, span_id, application, body,"
            + " attributes FROM span_logs WHERE project_id = {project:String} AND trace_key ="
            + " {trace:UInt128} AND span_key IN {spans:Array(UInt64)} ORDER BY span_key, time,"
            + " sequence, hash LIMIT 1 BY span_key, time, sequence, hash",
        Map.of(
            "project", id.project(),
            "trace", StoredTraces.key(id),
            "spans", keys.stream().map(StoredTraces::unsigned).toList()),
        LIMITS,
        row ->
            logs.computeIfAbsent(row.int64("span_key"), k -> new ArrayList<>())
                .add(
                    new SpanLog(
                        id.project(),
                        row.string("trace_id"),
                        row.string("span_id"),
                        row.epochNanos("time"),
                        row.string("event_name"),
                        (int) row.int64("sequence"),
                        row.string("body"),
                        row.string("attributes"),
                        row.string("application"))));
    return logs;
  }

  /** A span read back. {@code hash} is that of what its sender sent. */
  record StoredSpan(Span span, long hash) {}

  Map<Long, StoredSpan> readSpans(TraceState trace, List<Long> keys) {
    Map<Long, Long> hashes = new HashMap<>();
    Map<String, Object> parameters = new HashMap<>(StoredTraces.placeParameters(trace, keys));
    parameters.put("minute", trace.place.minute());
    clickHouse.query(
        "SELECT span_key, content_hash FROM span_heads WHERE project_id = {project:String}"
            + " AND place_app = {app:String} AND place_minute = toDateTime({minute:UInt32}, 'UTC')"
            + " AND trace_key = {trace:UInt128} AND span_key IN {spans:Array(UInt64)} ORDER BY ver",
        parameters,
        LIMITS,
        row -> hashes.put(row.int64("span_key"), row.int64("content_hash")));
    Map<Long, StoredSpan> spans = new HashMap<>();
    clickHouse.query(
        "SELECT "
            + String.join(", ", Rows.SPANS)
            + " FROM spans WHERE "
            + StoredTraces.AT_PLACE
            + " ORDER BY ver",
        StoredTraces.placeParameters(trace, keys),
        LIMITS,
        row -> {
          long key = row.int64("span_key");
          Long hash = hashes.get(key);
          return hash == null ? null : spans.put(key, new StoredSpan(span(row), hash));
        });
    return spans;
  }

  private static Span span(ClickHouse.Row row) {
    String kindName = row.string("kind");
    SpanKind kind = SpanKind.fromWireName(kindName);
    String model = row.string("model");
    String requested = row.string("model_requested");
    return new Span(
        row.string("project_id"),
        row.string("trace_id"),
        row.string("span_id"),
        row.string("parent_id"),
        new SpanKeys(
            StoredTraces.traceKey(row.bigInteger("trace_key")),
            row.int64("span_key"),
            row.int64("parent_key"),
            null),
        new Origin(
            row.string("application"),
            row.string("service"),
            row.string("service_version"),
            row.string("environment"),
            row.string("host"),
            row.string("sdk"),
            row.string("scope"),
            row.string("dialects"),
            row.string("transport")),
        row.string("name"),
        kind == null ? SpanKind.SPAN : kind,
        row.string("kind_rule"),
        row.epochNanos("start"),
        row.epochNanos("end"),
        row.bool("pending"),
        SpanStatus.valueOf(row.string("status").toUpperCase(Locale.ROOT)),
        new SpanError(
            row.string("error_type"), row.string("error_message"), row.string("error_stack")),
        row.string("session_id"),
        row.string("user_id"),
        new ModelCall(
            row.string("provider"),
            requested,
            // The column holds what answered, else what was asked for.
            model.equals(requested) ? "" : model,
            row.string("response_id"),
            row.string("operation"),
            row.string("parameters"),
            row.string("finish_reasons"),
            row.int64("ttft_ns")),
        new Usage(
            row.int64("input_tokens"),
            row.int64("cache_read_tokens"),
            row.int64("cache_write_tokens"),
            row.int64("cache_write_1h_tokens"),
            row.int64("input_audio_tokens"),
            row.int64("output_tokens"),
            row.int64("reasoning_tokens"),
            row.int64("output_audio_tokens"),
            row.string("usage_rule"),
            row.string("usage_raw"),
            figures(row.object("usage_more"))),
        new Cost(
            StoredTraces.picodollars(row.decimal("cost")),
            StoredTraces.picodollars(row.decimal("cost_input")),
            StoredTraces.picodollars(row.decimal("cost_cache_read")),
            StoredTraces.picodollars(row.decimal("cost_cache_write")),
            StoredTraces.picodollars(row.decimal("cost_output")),
            row.string("cost_source"),
            row.string("cost_price"),
            row.string("cost_reason")),
        content(row, "system_format", "system"),
        content(row, "input_format", "input"),
        content(row, "output_format", "output"),
        content(row, "tools_format", "tool_definitions"),
        content(row, "documents_format", "documents"),
        row.string("input_preview"),
        row.string("output_preview"),
        row.longs("input_hashes"),
        texts(row.string("search_text")),
        row.string("tool_name"),
        row.string("tool_call_id"),
        row.string("agent_name"),
        new Prompt(
            row.string("prompt_id"),
            row.string("prompt_name"),
            row.string("prompt_version"),
            row.string("prompt_template"),
            row.string("prompt_variables")),
        row.strings("tags"),
        row.string("metadata"),
        links(row),
        row.strings("warnings"),
        row.string("raw"),
        (int) row.int64("size_bytes"));
  }

  // Which message each text came from is not stored; what the span made searchable stays so anyway.
  private static List<MessageText> texts(String searchText) {
    return List.of(new MessageText(MessageText.UNKNOWN, searchText));
  }

  private static Map<String, Long> figures(@Nullable Object map) {
    Map<String, Long> figures = new TreeMap<>();
    if (map instanceof Map<?, ?> entries) {
      entries.forEach(
          (name, value) -> {
            if (value instanceof Number number) {
              figures.put(String.valueOf(name), number.longValue());
            }
          });
    }
    return figures.isEmpty() ? Map.of() : figures;
  }

  private static Content content(ClickHouse.Row row, String format, String text) {
    String value = row.string(text);
    ContentFormat known = ContentFormat.fromWireName(row.string(format));
    return value.isEmpty() && known == ContentFormat.NONE
        ? Content.NONE
        : new Content(known, value);
  }

  private static List<SpanLink> links(ClickHouse.Row row) {
    List<String> traceIds = row.strings("link_trace_ids");
    List<String> spanIds = row.strings("link_span_ids");
    List<String> attributes = row.strings("link_attributes");
    List<SpanLink> links = new ArrayList<>(traceIds.size());
    for (int i = 0; i < traceIds.size(); i++) {
      links.add(new SpanLink(traceIds.get(i), spanIds.get(i), attributes.get(i)));
    }
    return links;
  }

  /** How many spans wait to be merged. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** For the state page: null where all is well. */
  synchronized @Nullable String trouble() {
    return overflowed
        ? "Too many log records wait for their spans; they are merged after a restart."
        : null;
  }
}
