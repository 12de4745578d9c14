package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.MessageText;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.TraceEvents;
import io.tracewell.core.TraceShape;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.spool.Spool;
import io.tracewell.server.spool.SpoolEntry;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores one batch of the spool: decides where each span lies and which version it is, drops what
 * was sent twice, and inserts. Everything it decides follows from the batch and the tables, so that
 * a batch which is stored again after a crash adds nothing. Of one thread.
 */
final class Writer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
  private static final int SCHEMA_VERSION = 1;
  private static final long VERSION_EPOCH_MILLIS = 1_704_067_200_000L; // 2024
  private static final long FINAL = 1L << 62;
  private static final int ERROR_CHARS = 300;
  private static final int SEEN_TEXTS = 1 << 20;
  private static final int MAX_SEARCH_TEXT = 16 << 20;
  // Not empty, and no word of it.
  private static final String NOTHING = "\n";
  // No word of it either, and no white space: a phrase does not go on in the next text.
  private static final String BETWEEN_TEXTS = "\u001f";
  private static final int[] NO_KEYS = {};
  private static final int MAX_TEXT_KEYS = 4_096;
  private static final int INTERNED = 20_000;
  // So many single rows refused without one accepted: it is not the rows.
  private static final int GIVE_UP_ROWS = 16;
  // The word index is two thirds of an insert. Parts without it get it when they are merged.
  private static final Map<String, String> WITHOUT_WORDS =
      Map.of("exclude_materialize_skip_indexes_on_insert", "words");
  private static final long DAY_MILLIS = 86_400_000L;

  private final ClickHouse clickHouse;
  private final Spool spool;
  private final TraceEvents events;
  private final int retentionDays;
  private final StoredTraces stored;
  private final TraceWindow window;
  private final LogWindow logs;
  private final Answers answers = new Answers();
  private final RecentKeys seenTexts = new RecentKeys(SEEN_TEXTS);
  private final Map<String, String> interned = new HashMap<>();
  // Of the columns, by table and name.
  private final Map<String, Map<String, String>> types = new HashMap<>();
  private final ExecutorService inserts = Executors.newVirtualThreadPerTaskExecutor();

  // Rows of one batch are inserted while the next is prepared.
  private final ArrayDeque<Rows> freeSpanRows = new ArrayDeque<>();
  private final ArrayDeque<OtherRows> freeOtherRows = new ArrayDeque<>();
  // Its texts are not in seenTexts until its spans are inserted.
  private @Nullable Prepared last;

  private final String life = Long.toString(System.nanoTime(), 36);

  /** A span whose log records are to be merged into it; {@code place} is null where not known. */
  record ToMerge(TraceState.Id trace, @Nullable Place place, long spanKey) {}

  Writer(
      ClickHouse clickHouse,
      Spool spool,
      TraceEvents events,
      SpanLogMerger merger,
      int retentionDays,
      int windowSpans) {
    this.clickHouse = clickHouse;
    this.spool = spool;
    this.events = events;
    this.retentionDays = retentionDays;
    stored = new StoredTraces(clickHouse);
    window = new TraceWindow(windowSpans);
    logs = new LogWindow(merger);
  }

  private Rows rows(String table, List<String> columns) {
    return new Rows(table, columns, types.getOrDefault(table, Map.of()));
  }

  /** Learns what is stored; before the first batch. */
  void open() {
    clickHouse.query(
        "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()",
        Map.of(),
        ClickHouse.Limits.DEFAULT,
        row -> {
          types
              .computeIfAbsent(row.string("table"), table -> new HashMap<>())
              .put(row.string("name"), row.string("type"));
          return Boolean.TRUE;
        });
    warnOfOthers();
    stored.remember(window);
    // What was stored before was judged before.
    stored.recentAnswers((trace, head) -> answers.add(trace, head, Answers.Traces.NONE));
    clickHouse.query(
        "SELECT DISTINCT trace_key, span_key FROM span_logs WHERE received > now() - INTERVAL 1 DAY"
            + " LIMIT 1000000",
        Map.of(),
        ClickHouse.Limits.DEFAULT,
        row -> {
          BigInteger key = row.bigInteger("trace_key");
          logs.know(key.shiftRight(64).longValue(), key.longValue(), row.int64("span_key"));
          return Boolean.TRUE;
        });
  }

  // A row of a trace says what the server that wrote it knows: of two, each knows its own spans.
  private void warnOfOthers() {
    long others =
        clickHouse
            .query(
                "SELECT uniqExact(server_id) AS servers FROM ingest_log WHERE committed > now() -"
                    + " INTERVAL 1 MINUTE AND server_id != {server:UUID}",
                Map.of("server", spool.serverId()),
                ClickHouse.Limits.DEFAULT,
                row -> row.int64("servers"))
            .getFirst();
    if (others > 0) {
      LOG.warn(
          "Another server wrote to this database within the last minute. A trace that two servers"
              + " receive parts of is listed with the spans of one: let one server write to a"
              + " database (docs/operations.md)");
    }
  }

  /** Rows of the tables that are written after the spans. */
  private final class OtherRows {
    private final Rows heads = rows("span_heads", Rows.HEADS);
    private final Rows logs = rows("span_logs", Rows.LOGS);
    private final Rows evaluations = rows("evaluations", Rows.EVALUATIONS);
    private final Rows uncounted = rows("span_uncounted", Rows.UNCOUNTED);
    private final Rows aliases = rows("trace_aliases", Rows.ALIASES);
    private final Rows traces = rows("trace_heads", TraceRows.COLUMNS);
    private final Rows committed = rows("ingest_log", Rows.INGEST_LOG);

    private void clear() {
      for (Rows rows : List.of(heads, logs, evaluations, uncounted, aliases, traces, committed)) {
        rows.clear();
      }
    }
  }

  /** A batch of which everything is decided, with its rows. */
  final class Prepared {
    private final Spool.Batch batch;
    private final Rows spanRows;
    private final OtherRows rows;
    // Rows of spans that the engine refused for good, until they are withdrawn.
    private List<Integer> refused = List.of();
    private boolean withdrawn;
    private final String token;
    private final Set<TraceState> touched = new LinkedHashSet<>();
    private final List<SpanOf> spans = new ArrayList<>();
    private final Set<Long> newTexts = new HashSet<>();
    private final Set<ToMerge> toMerge = new LinkedHashSet<>();
    private final List<Evaluation> evaluations = new ArrayList<>();
    private final Map<String, String> spanSettings;
    private int logCount;

    private Prepared(Spool.Batch batch, boolean behind) {
      this.batch = batch;
      Rows free = freeSpanRows.poll();
      spanRows = free == null ? rows("spans", Rows.SPANS) : free;
      OtherRows freeOthers = freeOtherRows.poll();
      rows = freeOthers == null ? new OtherRows() : freeOthers;
      spanRows.clear();
      rows.clear();
      spanSettings = behind ? WITHOUT_WORDS : Map.of();
      token = batch.token() + ":" + SCHEMA_VERSION;
    }

    /**
     * True where some spans were refused for good: what was prepared since must be {@link #forget
     * forgotten}.
     */
    boolean withdrawn() {
      return withdrawn;
    }
  }

  /** Which span a row of spans and span_heads is of. */
  private static final class SpanOf {
    private final TraceState trace;
    private final Head head;
    private final long hash;
    // Null when it is stored.
    private @Nullable Span span;

    private SpanOf(TraceState trace, Head head, Span span, long hash) {
      this.trace = trace;
      this.head = head;
      this.span = span;
      this.hash = hash;
    }
  }

  private static final class Item {
    private final Span span;
    private final long hash;
    private final boolean merged;
    private final TraceState.Id trace;
    private final long key;

    private Item(Span span, long hash, boolean merged) {
      this.span = span;
      this.hash = hash;
      this.merged = merged;
      trace = TraceState.Id.of(span.projectId(), span.keys().trace());
      key = span.keys().span();
    }
  }

  /**
   * Decides everything about a batch. Then its spans must be {@link #insertSpans inserted}, which
   * must be {@link #spansInserted noted} before those of another are, and then {@link #insertOthers
   * the rest}, which must be {@link #written noted} before that of another is inserted. The next
   * batch may be prepared before either is. Where this throws, all that was prepared before must be
   * written before it is tried again.
   *
   * @param behind whether more comes in than is stored: what can wait is left for later
   */
  Prepared prepare(Spool.Batch batch, boolean behind) {
    Prepared prepared = new Prepared(batch, behind);
    try {
      prepare(prepared);
    } catch (RuntimeException e) {
      // What was decided half is forgotten; another try reads it back from the tables.
      forget(prepared);
      throw e;
    }
    last = prepared;
    return prepared;
  }

  /** Takes back what was decided; only where all that was prepared before has been written. */
  void forget(Prepared prepared) {
    for (TraceState trace : prepared.touched) {
      window.forget(trace.id);
    }
    freeSpanRows.add(prepared.spanRows);
    freeOtherRows.add(prepared.rows);
    if (last == prepared) {
      last = null;
    }
  }

  private void prepare(Prepared prepared) {
    Spool.Batch batch = prepared.batch;
    List<Item> items = new ArrayList<>();
    for (SpoolEntry entry : batch.entries()) {
      for (int i = 0; i < entry.spans().size(); i++) {
        items.add(new Item(entry.spans().get(i), entry.hashes()[i], entry.merged()));
      }
    }
    loadCold(items, batch.recovered());

    OtherRows rows = prepared.rows;
    List<SpanLog> batchLogs = new ArrayList<>();
    for (SpoolEntry entry : batch.entries()) {
      for (SpanLog log : entry.logs()) {
        rows.logs.log(log, spool.serverId(), batch.seq(), batch.millis());
        logs.add(log);
        batchLogs.add(log);
        prepared.logCount++;
      }
    }
    evaluations(prepared);
    List<SpanOf> accepted = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      accept(prepared, items.get(i), i, accepted);
    }
    for (SpanOf span : accepted) {
      if (span.trace.heads.get(span.head.key) != span.head) {
        // A later version of it came in the same batch.
        continue;
      }
      Span sent = Objects.requireNonNull(span.span);
      Searchable searchable = searchable(prepared, span.trace, sent);
      prepared.spanRows.span(
          sent, span.trace, span.head, spool.serverId(), batch.seq(), batch.millis(), searchable);
      rows.heads.head(span.trace, span.head, spool.serverId(), batch.seq());
      prepared.spans.add(span);
    }
    for (SpanLog log : batchLogs) {
      TraceState trace = window.get(TraceState.Id.of(log.projectId(), Ids.traceKey(log.traceId())));
      long key = Ids.spanKey(log.spanId());
      if (trace == null) {
        TraceState.Id id = TraceState.Id.of(log.projectId(), Ids.traceKey(log.traceId()));
        if (window.known(id.high(), id.low())) {
          prepared.toMerge.add(new ToMerge(id, null, key));
        }
      } else if (trace.heads.containsKey(key) && !logs.isMerged(trace.id, key)) {
        prepared.toMerge.add(new ToMerge(trace.id, trace.place, key));
      }
    }
    findAnswers(prepared, accepted);
    derive(prepared);
    logCommit(prepared);
  }

  // A call that another trace has a record of too changes what counts, here or there.
  private void findAnswers(Prepared prepared, List<SpanOf> accepted) {
    Answers.Traces traces =
        new Answers.Traces() {
          @Override
          public @Nullable TraceState load(TraceState.Id id) {
            TraceState trace = window.get(id);
            if (trace == null) {
              for (TraceState found : stored.load(List.of(id), false)) {
                window.put(found);
                trace = found;
              }
            }
            return trace;
          }

          @Override
          public void changed(TraceState trace) {
            trace.touched = prepared.batch.seq();
            prepared.touched.add(trace);
          }
        };
    for (SpanOf span : accepted) {
      if (TraceShape.isModel(span.head)) {
        answers.add(span.trace.id, span.head, traces);
      }
    }
  }

  private void evaluations(Prepared prepared) {
    Spool.Batch batch = prepared.batch;
    int index = 0;
    for (SpoolEntry entry : batch.entries()) {
      for (Evaluation evaluation : entry.evaluations()) {
        prepared.rows.evaluations.evaluation(
            evaluation,
            version(false, batch.millis(), index++),
            spool.serverId(),
            batch.seq(),
            batch.millis());
        prepared.evaluations.add(evaluation);
      }
    }
  }

  private void loadCold(List<Item> items, boolean recovered) {
    Set<TraceState.Id> cold = new HashSet<>();
    for (Item item : items) {
      if (window.get(item.trace) == null && window.known(item.trace.high(), item.trace.low())) {
        cold.add(item.trace);
      }
    }
    if (!cold.isEmpty()) {
      for (TraceState state : stored.load(cold, recovered)) {
        window.put(state);
      }
    }
  }

  private void accept(Prepared prepared, Item item, int index, List<SpanOf> accepted) {
    Spool.Batch batch = prepared.batch;
    TraceState trace = window.get(item.trace);
    if (trace == null) {
      trace = new TraceState(item.trace, place(item, batch.millis()), item.span.traceId());
      window.put(trace);
    }
    trace.touched = batch.seq();
    long ver = version(item.span.pending(), batch.millis(), index);
    Head existing = trace.head(item.key);
    boolean again = existing != null && existing.ver == ver;
    if (existing != null && !again) {
      // A merged span replaces what it was made of, not what the sender has sent since.
      boolean useless = item.merged != (existing.hash == item.hash);
      if (useless || existing.ver > ver) {
        if (batch.recovered()) {
          prepared.touched.add(trace);
        }
        return;
      }
    }
    Span span = item.span;
    if (!item.merged) {
      span = logs.merge(trace.id, item.key, span);
    }
    Head head = head(span, item.key);
    head.ver = ver;
    head.hash = item.hash;
    head.placeStart =
        existing == null ? placeStart(span.startNanos(), batch.millis()) : existing.placeStart;
    if (existing == null) {
      window.grew();
    }
    // Of several roots the first names the trace, in whichever order they come.
    if (trace.traceId.isEmpty() || (head.parentKey == 0 && trace.isFirstRoot(head))) {
      trace.traceId = span.traceId();
    }
    noteAlias(prepared, trace, span);
    trace.heads.put(item.key, head);
    prepared.touched.add(trace);
    accepted.add(new SpanOf(trace, head, span, item.hash));
    if (!item.merged && logs.isKnown(trace.id, item.key) && !logs.isMerged(trace.id, item.key)) {
      prepared.toMerge.add(new ToMerge(trace.id, trace.place, item.key));
    }
  }

  // Another id of the trace, once; and each span that its sender takes for a root of its own.
  private void noteAlias(Prepared prepared, TraceState trace, Span span) {
    Ids.TraceKey alias = span.keys().alias();
    boolean top = span.keys().parent() != 0 && span.parentId().isEmpty();
    if (top || (alias != null && !alias.equals(trace.alias))) {
      trace.alias = alias;
      prepared.rows.aliases.alias(
          trace,
          alias == null ? trace.id.key() : alias,
          top ? span.keys().span() : 0,
          prepared.batch.millis());
    }
  }

  private long version(boolean pending, long millis, int index) {
    long server = BinaryWriter.mix(spool.serverId().getLeastSignificantBits()) & 0x3F;
    long time = millis - VERSION_EPOCH_MILLIS;
    return (pending ? 0 : FINAL) | (time << 22) | ((long) Math.min(index, 0xFFFF) << 6) | server;
  }

  private Place place(Item item, long millis) {
    Span span = item.span;
    long start = placeStart(span.startNanos(), millis);
    long minute = Math.floorDiv(start, 60_000_000_000L) * 60;
    long localityKey =
        span.sessionId().isEmpty()
            ? BinaryWriter.mix(item.trace.high() ^ BinaryWriter.mix(item.trace.low()))
            : hash(span.sessionId());
    return new Place(span.origin().application(), minute, localityKey);
  }

  // One bad clock must not open thousands of partitions, nor hide a span behind the retention.
  private long placeStart(long startNanos, long millis) {
    long startMillis = Math.floorDiv(startNanos, 1_000_000L);
    boolean absurd =
        startMillis < millis - retentionDays * DAY_MILLIS || startMillis > millis + DAY_MILLIS;
    return absurd ? millis * 1_000_000L : startNanos;
  }

  private static long hash(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return BinaryWriter.hash(bytes, 0, bytes.length);
  }

  private Head head(Span span, long key) {
    Head head = new Head();
    head.key = key;
    head.parentKey = span.keys().parent();
    head.start = span.startNanos();
    head.end = span.endNanos();
    head.application = intern(span.origin().application());
    head.serviceVersion = intern(span.origin().serviceVersion());
    head.environment = intern(span.origin().environment());
    head.name = intern(span.name());
    head.kind = span.kind();
    head.pending = span.pending();
    head.status = span.status();
    head.errorType = intern(span.error().type());
    head.sessionId = span.sessionId();
    head.userId = span.userId();
    head.provider = intern(span.model().provider());
    head.model = intern(span.model().name());
    head.responseId = span.model().responseId();
    head.ttft = span.model().timeToFirstTokenNanos();
    head.input = span.usage().input();
    head.cacheRead = span.usage().cacheRead();
    head.cacheWrite = span.usage().cacheWrite();
    head.output = span.usage().output();
    head.reasoning = span.usage().reasoning();
    head.cost = span.cost().total();
    head.costSource = intern(span.cost().source());
    head.costReason = intern(span.cost().reason());
    head.toolName = intern(span.toolName());
    head.agentName = intern(span.agentName());
    head.promptName = intern(span.prompt().name());
    head.promptVersion = intern(span.prompt().version());
    head.dialects = intern(span.origin().dialects());
    head.tags = span.tags();
    head.sizeBytes = span.sizeBytes();
    String error = span.error().message();
    head.previews =
        new Head.Previews(
            span.inputPreview(),
            span.outputPreview(),
            error.length() <= ERROR_CHARS ? error : error.substring(0, ERROR_CHARS));
    return head;
  }

  private String intern(String value) {
    if (value.isEmpty()) {
      return "";
    }
    if (interned.size() >= INTERNED) {
      interned.clear();
    }
    String known = interned.putIfAbsent(value, value);
    return known == null ? value : known;
  }

  /**
   * What the span is found by: empty where its columns say it, else what is new within its
   * conversation. What an earlier version of it was found by stays in that version's row.
   */
  private Searchable searchable(Prepared prepared, TraceState trace, Span span) {
    List<MessageText> texts = span.texts();
    if (texts.isEmpty()) {
      // What has columns but no texts (tool schemas, vectors) is not looked for.
      return new Searchable(NOTHING, NO_KEYS, 0);
    }
    long where = trace.place.localityKey() ^ BinaryWriter.mix(trace.place.bucket());
    List<String> fresh = new ArrayList<>();
    long length = 0;
    boolean known = texts.size() <= MAX_TEXT_KEYS;
    int[] keys = new int[known ? texts.size() : 0];
    int first = 0;
    int last = keys.length;
    for (MessageText text : texts) {
      long key = BinaryWriter.mix(where ^ BinaryWriter.mix(text.hash()));
      known &= text.hash() != MessageText.UNKNOWN;
      boolean seen = text.hash() != MessageText.UNKNOWN && isSeen(prepared, key);
      if (known) {
        keys[seen ? --last : first++] = (int) key;
      }
      if (!seen && length + text.text().length() < MAX_SEARCH_TEXT) {
        fresh.add(text.text());
        length += text.text().length();
      }
    }
    return new Searchable(
        Searchable.asStored(span, length) ? "" : String.join(BETWEEN_TEXTS, fresh) + NOTHING,
        known ? keys : NO_KEYS,
        known ? first : Searchable.UNKNOWN);
  }

  // Whether a text was found in its place before; from now on it is.
  private boolean isSeen(Prepared prepared, long key) {
    return seenTexts.contains(key)
        || (last != null && last.newTexts.contains(key))
        || !prepared.newTexts.add(key);
  }

  private void derive(Prepared prepared) {
    long ver = version(true, prepared.batch.millis(), 0);
    for (TraceState trace : prepared.touched) {
      TraceRows.Derived derived = new TraceRows.Derived(trace);
      List<Head> missing = derived.missingPreviews();
      if (!missing.isEmpty()) {
        stored.loadPreviews(trace, missing);
      }
      TraceRows.write(prepared.rows.traces.row(), derived, ver);
      derived.dropPreviews();
      long[] uncounted = derived.uncounted();
      TraceRows.changes(
          trace.uncounted,
          uncounted,
          (key, on) -> prepared.rows.uncounted.uncounted(trace, key, ver, on));
      trace.uncounted = uncounted;
    }
  }

  private void logCommit(Prepared prepared) {
    record At(String project, String app, long minute) {}
    Map<At, List<TraceState>> places = new LinkedHashMap<>();
    for (TraceState trace : prepared.touched) {
      places
          .computeIfAbsent(
              new At(trace.id.project(), trace.place.app(), trace.place.minute()),
              at -> new ArrayList<>())
          .add(trace);
    }
    Map<TraceState, Integer> spans = new HashMap<>();
    for (SpanOf span : prepared.spans) {
      spans.merge(span.trace, 1, Integer::sum);
    }
    long seq = prepared.batch.seq();
    long millis = prepared.batch.millis();
    if (places.isEmpty() || prepared.logCount > 0) {
      prepared.rows.committed.committed(
          spool.serverId(), seq, "", "", 0, List.of(), 0, prepared.logCount, millis);
    }
    places.forEach(
        (at, traces) ->
            prepared.rows.committed.committed(
                spool.serverId(),
                seq,
                at.project(),
                at.app(),
                at.minute(),
                traces,
                traces.stream().mapToInt(trace -> spans.getOrDefault(trace, 0)).sum(),
                0,
                millis));
  }

  /**
   * Inserts the spans that were prepared. Throws a retryable {@link ClickHouseException} where it
   * has to be called again. May run beside everything but this and {@link #forget}.
   */
  void insertSpans(Prepared prepared) throws IOException {
    prepared.refused = insert(prepared, prepared.spanRows, prepared.token, true);
  }

  /**
   * Notes that the spans are inserted. Throws a {@link ClickHouseException} where it has to be
   * called again.
   */
  void spansInserted(Prepared prepared) {
    if (!prepared.refused.isEmpty()) {
      withdraw(prepared);
    }
    if (prepared.withdrawn) {
      decideAgain(prepared);
    }
    for (long key : prepared.newTexts) {
      seenTexts.add(key);
    }
    freeSpanRows.add(prepared.spanRows);
    // Nearly all of the memory that is held for what is on its way.
    prepared.spans.forEach(span -> span.span = null);
    prepared.batch.release();
  }

  /**
   * Inserts all the rest, which makes the spans visible. Throws as {@link #insertSpans}. May run
   * beside everything but this.
   */
  void insertOthers(Prepared prepared) throws IOException, InterruptedException {
    OtherRows all = prepared.rows;
    List<Future<?>> others = new ArrayList<>();
    for (Rows rows : List.of(all.heads, all.logs, all.evaluations, all.uncounted, all.aliases)) {
      if (rows.count() > 0) {
        others.add(
            inserts.submit(
                () -> {
                  insert(prepared, rows, prepared.token, false);
                  return null;
                }));
      }
    }
    // Derived again after a crash, a row may say more than the first time: it is never dropped.
    insert(prepared, all.traces, prepared.token + ":" + life, false);
    for (Future<?> other : others) {
      join(other);
    }
    insert(prepared, all.committed, prepared.token, false);
  }

  /**
   * Notes that all of it is stored, and tells those who watch.
   *
   * @return spans whose log records are still to be merged
   */
  Set<ToMerge> written(Prepared prepared) {
    for (SpanOf span : prepared.spans) {
      span.head.stored = true;
      if (!span.head.shown) {
        span.head.previews = null;
      }
    }
    window.shrink(prepared.batch.seq());
    freeOtherRows.add(prepared.rows);
    List<TraceEvents.Changed> changed = new ArrayList<>(prepared.touched.size());
    for (TraceState trace : prepared.touched) {
      changed.add(new TraceEvents.Changed(trace.id.key(), trace.place.minute()));
    }
    for (Evaluation evaluation : prepared.evaluations) {
      if (!evaluation.target().traceId().isEmpty()) {
        changed.add(
            new TraceEvents.Changed(
                Ids.traceKey(evaluation.target().traceId()), TraceEvents.Changed.UNKNOWN));
      }
    }
    if (!changed.isEmpty()) {
      events.publish(changed);
    }
    return prepared.toMerge;
  }

  private static void join(Future<?> insert) throws IOException, InterruptedException {
    try {
      insert.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case ClickHouseException failure -> throw failure;
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  // A span that could not be stored is in no table.
  private void withdraw(Prepared prepared) {
    for (int row : prepared.refused.reversed()) {
      SpanOf span = prepared.spans.remove(row);
      span.trace.heads.remove(span.head.key);
      prepared.touched.remove(span.trace);
      window.forget(span.trace.id);
      if (!span.trace.heads.isEmpty()) {
        window.put(span.trace);
        prepared.touched.add(span.trace);
      }
    }
    prepared.refused = List.of();
    prepared.withdrawn = true;
  }

  private void decideAgain(Prepared prepared) {
    OtherRows rows = prepared.rows;
    rows.heads.clear();
    rows.uncounted.clear();
    rows.traces.clear();
    rows.committed.clear();
    for (SpanOf span : prepared.spans) {
      rows.heads.head(span.trace, span.head, spool.serverId(), prepared.batch.seq());
    }
    derive(prepared);
    logCommit(prepared);
  }

  // The rows that were refused for good.
  private List<Integer> insert(Prepared prepared, Rows rows, String token, boolean spans)
      throws IOException {
    if (rows.count() == 0) {
      return List.of();
    }
    Map<String, String> settings = spans ? prepared.spanSettings : Map.of();
    try {
      clickHouse.insert(
          rows.table(), rows.columns(), rows.stream(0, rows.count()), token, settings);
      return List.of();
    } catch (ClickHouseException e) {
      if (e.retryable()) {
        throw e;
      }
      LOG.warn(
          "The engine refuses a batch for table {} (error {}); looking for the row",
          rows.table(),
          e.code());
      int[] counts = new int[2];
      List<Integer> refused = new ArrayList<>();
      bisect(rows, 0, rows.count(), token, counts, refused, e);
      for (int row : refused) {
        quarantine(prepared, rows, row, spans);
      }
      return refused;
    }
  }

  private void bisect(
      Rows rows,
      int from,
      int to,
      String token,
      int[] counts,
      List<Integer> refused,
      ClickHouseException why) {
    if (to - from == 1) {
      counts[1]++;
      if (counts[0] == 0 && counts[1] >= GIVE_UP_ROWS) {
        throw new ClickHouseException(
            why.code(),
            true,
            "The engine refuses every row of table "
                + rows.table()
                + " (error "
                + why.code()
                + ")");
      }
      refused.add(from);
      return;
    }
    int middle = (from + to) >>> 1;
    for (int[] part : new int[][] {{from, middle}, {middle, to}}) {
      try {
        clickHouse.insert(
            rows.table(),
            rows.columns(),
            rows.stream(part[0], part[1]),
            token + ":" + part[0] + "-" + part[1],
            Map.of());
        counts[0]++;
      } catch (ClickHouseException e) {
        if (e.retryable()) {
          throw e;
        }
        bisect(rows, part[0], part[1], token, counts, refused, e);
      }
    }
  }

  private void quarantine(Prepared prepared, Rows rows, int row, boolean spans) throws IOException {
    LOG.error("A row of table {} was refused and is set aside", rows.table());
    if (spans) {
      SpanOf span = prepared.spans.get(row);
      Span sent = Objects.requireNonNull(span.span);
      spool.quarantine(new SpoolEntry(List.of(sent), new long[] {span.hash}, List.of(), true));
    } else {
      List<Evaluation> evaluations =
          rows == prepared.rows.evaluations ? List.of(prepared.evaluations.get(row)) : List.of();
      spool.quarantine(new SpoolEntry(List.of(), new long[0], List.of(), evaluations, true));
    }
  }

  @Override
  public void close() {
    inserts.shutdownNow();
  }
}
