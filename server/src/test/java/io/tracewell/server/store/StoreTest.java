package io.tracewell.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Ids;
import io.tracewell.core.MessageText;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.WordParts;
import io.tracewell.server.spool.Spool;
import io.tracewell.server.spool.TestSpans;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sent is what the tables say, once, wherever it came from and whatever fell over. */
class StoreTest {
  private static final long HOUR = 3_600_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  @TempDir static Path engineDirectory;
  private static TestEngine engine;
  private static ClickHouse clickHouse;

  @TempDir Path spoolDirectory;
  private Store store;
  private final TraceEvents events = new TraceEvents();
  private final Set<Ids.TraceKey> seen = Collections.synchronizedSet(new HashSet<>());
  private Store.Options options = Store.Options.DEFAULT;

  // Each test has traces of its own.
  private static long traces;
  private long trace;
  private final long now = System.currentTimeMillis() * 1_000_000L / HOUR * HOUR + 10 * SECOND;

  /** Puts the bodies of the records into the input, joined; no body twice. */
  private static final SpanLogMerger MERGER =
      (span, logs) -> {
        StringBuilder input = new StringBuilder();
        for (SpanLog log : logs) {
          input.append(log.eventName()).append('=').append(log.body()).append(';');
        }
        return withInput(span, input.toString());
      };

  @BeforeAll
  static void startEngine() throws IOException {
    engine = new TestEngine(engineDirectory);
    clickHouse = engine.client();
  }

  @AfterAll
  static void stopEngine() {
    clickHouse.close();
    engine.close();
  }

  @BeforeEach
  void open() throws IOException {
    traces += 1000;
    trace = traces;
    events.subscribe(changed -> changed.forEach(one -> seen.add(one.key())));
    start();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void start() throws IOException {
    start(Clock.systemUTC());
  }

  private void start(Clock clock) throws IOException {
    store = new Store(clickHouse, spoolDirectory, options, events, MERGER, Span::texts, clock);
    store.start();
  }

  private void restart() throws IOException {
    store.close();
    start();
  }

  private TestSpans.Builder span(long key) {
    return TestSpans.span(trace, key, now);
  }

  private void send(TestSpans.Builder... spans) throws OverloadedException {
    List<Span> built = new ArrayList<>();
    for (TestSpans.Builder span : spans) {
      built.add(span.build());
    }
    store.sink().accept(new SpanBatch(built, List.of()));
  }

  private void sendAndWait(TestSpans.Builder... spans) throws OverloadedException {
    seen.clear();
    send(spans);
    settle();
  }

  private void settle() {
    await(store::drained);
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited for a minute").isLessThan(end);
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static <T> List<T> query(
      String sql, Map<String, ?> parameters, java.util.function.Function<ClickHouse.Row, T> row) {
    return clickHouse.query(sql, parameters, ClickHouse.Limits.DEFAULT, row);
  }

  private String key(long number) {
    return Long.toString(number);
  }

  private long count(String sql) {
    // Batches are published before the next one is read, so one that is half stored is over soon.
    return query(sql, Map.of("trace", key(trace)), row -> row.int64("n")).getFirst();
  }

  private long spans() {
    // A version is stored once, and all versions of a span lie at one place.
    return count(
        "SELECT if(count() = uniqExact(span_key, ver), toInt64(uniqExact(place_app, place_bucket,"
            + " lkey, place_start, span_key)), -1) AS n FROM spans WHERE trace_key ="
            + " {trace:UInt128}");
  }

  private record TraceRow(
      long spans,
      long calls,
      long input,
      long output,
      BigDecimal cost,
      String status,
      String name,
      String session,
      boolean rootMissing,
      boolean running,
      String inputPreview,
      String outputPreview,
      String errorType,
      String errorMessage,
      String strip) {}

  private TraceRow traceRow() {
    List<TraceRow> rows =
        query(
            "SELECT * FROM trace_heads FINAL WHERE trace_key = {trace:UInt128}",
            Map.of("trace", key(trace)),
            row ->
                new TraceRow(
                    row.int64("span_count"),
                    row.int64("llm_calls"),
                    row.int64("input_tokens"),
                    row.int64("output_tokens"),
                    row.decimal("cost"),
                    row.string("status"),
                    row.string("name"),
                    row.string("session_id"),
                    row.bool("root_missing"),
                    row.bool("running"),
                    row.string("input_preview"),
                    row.string("output_preview"),
                    row.string("error_type"),
                    row.string("error_message"),
                    row.string("strip")));
    assertThat(rows).hasSize(1);
    return rows.getFirst();
  }

  private static Span withInput(Span s, String input) {
    return new Span(
        s.projectId(),
        s.traceId(),
        s.spanId(),
        s.parentId(),
        s.keys(),
        s.origin(),
        s.name(),
        s.kind(),
        s.kindRule(),
        s.startNanos(),
        s.endNanos(),
        s.pending(),
        s.status(),
        s.error(),
        s.sessionId(),
        s.userId(),
        s.model(),
        s.usage(),
        s.cost(),
        s.system(),
        new Content(ContentFormat.MESSAGES, input),
        s.output(),
        s.toolDefinitions(),
        s.documents(),
        input,
        s.outputPreview(),
        s.inputHashes(),
        List.of(new MessageText(input.hashCode(), input)),
        s.toolName(),
        s.toolCallId(),
        s.agentName(),
        s.prompt(),
        s.tags(),
        s.metadata(),
        s.links(),
        s.warnings(),
        s.raw(),
        s.sizeBytes());
  }

  @Test
  void theSameSpanTwiceCountsOnce() throws Exception {
    TestSpans.Builder root = span(1);
    root.kind = SpanKind.WORKFLOW;
    TestSpans.Builder call = span(2);
    call.parentId = "0000000000000001";
    sendAndWait(root, call, call);
    sendAndWait(call, root);
    restart();
    sendAndWait(root, call);
    assertThat(count("SELECT count() AS n FROM spans WHERE trace_key = {trace:UInt128}"))
        .as("a retry is not even stored")
        .isEqualTo(2);
    assertThat(count("SELECT count() AS n FROM span_heads WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(2);
    TraceRow row = traceRow();
    assertThat(row.spans()).isEqualTo(2);
    assertThat(row.calls()).isEqualTo(1);
    assertThat(row.input()).isEqualTo(10);
    assertThat(row.output()).isEqualTo(5);
    assertThat(row.cost()).isEqualByComparingTo("0.000015");
    assertThat(row.strip()).startsWith("[[\"llm\",0,1000,false]");
  }

  @Test
  void aSpanThatComesAgainChangedIsOneSpanWithTheNewFacts() throws Exception {
    TestSpans.Builder root = span(1);
    root.startNanos = (now / (24 * HOUR) + 1) * 24 * HOUR - SECOND;
    root.endNanos = root.startNanos + SECOND;
    sendAndWait(root);
    root.startNanos += 2 * SECOND; // now past midnight
    root.endNanos = root.startNanos + 3 * SECOND;
    root.sessionId = "late-session";
    root.application = "renamed";
    root.name = "other";
    root.inputTokens = 100;
    sendAndWait(root);
    assertThat(spans()).isEqualTo(1);
    assertThat(count("SELECT count() AS n FROM span_heads FINAL WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(1);
    TraceRow row = traceRow();
    assertThat(row.spans()).isEqualTo(1);
    assertThat(row.name()).isEqualTo("other");
    assertThat(row.session()).isEqualTo("late-session");
    assertThat(row.input()).isEqualTo(100);
    restart();
    root.name = "third";
    sendAndWait(root);
    assertThat(spans()).as("also when its place is read from the tables").isEqualTo(1);
    assertThat(traceRow().name()).isEqualTo("third");
  }

  @Test
  void twoSpansWithOneStartAreTwo() throws Exception {
    sendAndWait(span(1), span(2));
    assertThat(spans()).isEqualTo(2);
    assertThat(traceRow().spans()).isEqualTo(2);
  }

  @Test
  void aSpanThatWasAnnouncedIsReplacedByItsEndWhicheverComesFirst() throws Exception {
    TestSpans.Builder pending = span(1);
    pending.pending = true;
    pending.endNanos = pending.startNanos;
    sendAndWait(pending);
    assertThat(traceRow().running()).isTrue();
    sendAndWait(span(1));
    assertThat(traceRow().running()).isFalse();
    sendAndWait(pending);
    assertThat(traceRow().running()).as("a late announcement changes nothing").isFalse();
    assertThat(
            count("SELECT argMax(pending, ver) AS n FROM spans WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(0);
  }

  @Test
  void aSpanOfATraceThatLeftTheMemoryFindsItsPlace() throws Exception {
    store.close();
    options =
        new Store.Options(
            30, 456, 2, 5_000, 1 << 20, Duration.ofMillis(10), Duration.ZERO, options.spool());
    start();
    TestSpans.Builder root = span(1);
    root.kind = SpanKind.AGENT;
    root.input = "what the user asked";
    root.output = "what the agent answered";
    sendAndWait(root);
    for (int i = 0; i < 5; i++) {
      sendAndWait(TestSpans.span(trace + 100 + i, 1, now));
    }
    TestSpans.Builder late = span(2);
    late.parentId = "0000000000000001";
    late.startNanos += 2 * HOUR;
    late.endNanos += 2 * HOUR;
    late.status = SpanStatus.ERROR;
    late.error = new io.tracewell.core.SpanError("Timeout", "took too long", "");
    sendAndWait(late);
    assertThat(
            count(
                "SELECT uniqExact(place_bucket, lkey, place_app) AS n FROM spans"
                    + " WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(1);
    TraceRow row = traceRow();
    assertThat(row.spans()).isEqualTo(2);
    assertThat(row.rootMissing()).isFalse();
    assertThat(row.inputPreview()).isEqualTo("what the user asked");
    assertThat(row.outputPreview()).isEqualTo("what the agent answered");
    assertThat(row.errorType()).isEqualTo("Timeout");
    assertThat(row.errorMessage()).isEqualTo("took too long");
  }

  @Test
  void anAbsurdClockOpensNoPartition() throws Exception {
    TestSpans.Builder ancient = span(1);
    ancient.startNanos = SECOND;
    ancient.endNanos = 2 * SECOND;
    sendAndWait(ancient);
    List<Long> starts =
        query(
            "SELECT start, place_bucket FROM spans WHERE trace_key = {trace:UInt128}",
            Map.of("trace", key(trace)),
            row -> row.epochNanos("start") == SECOND ? row.epochNanos("place_bucket") : 0);
    assertThat(starts).hasSize(1);
    assertThat(starts.getFirst()).isGreaterThan(now - 2 * HOUR);
  }

  @Test
  void whatIsOlderThanTheRetentionIsGoneAndTheRestStays() throws Exception {
    store.close();
    // Stored by a server of that time: 31 days ago, where 30 are kept, and 29.
    for (int days : new int[] {31, 29}) {
      trace++;
      start(Clock.offset(Clock.systemUTC(), Duration.ofDays(-days)));
      TestSpans.Builder past = TestSpans.span(trace, 1, now - days * 24 * HOUR);
      past.texts = List.of(new MessageText(40 + days, "kept for " + days));
      sendAndWait(past);
      store.close();
    }
    start();
    TestSpans.Builder today = TestSpans.span(++trace, 1, now);
    sendAndWait(today);
    for (String table : List.of("spans", "span_heads", "trace_heads")) {
      // The engine looks every four hours, and when it has just begun.
      execute("ALTER TABLE " + table + " MODIFY SETTING merge_with_ttl_timeout = 0");
      await(() -> kept(table).size() < 3);
      assertThat(kept(table)).as(table).containsExactly(trace - 1, trace);
      execute("ALTER TABLE " + table + " RESET SETTING merge_with_ttl_timeout");
      // Other tests look at all there is.
      for (int days : new int[] {31, 29}) {
        LocalDate day = LocalDate.ofInstant(Instant.ofEpochSecond(0, now), ZoneOffset.UTC);
        String partition = day.minusDays(days).format(DateTimeFormatter.BASIC_ISO_DATE);
        execute("ALTER TABLE " + table + " DROP PARTITION ID '" + partition + "'");
      }
    }
  }

  /** Those of the last three traces that a table has. */
  private List<Long> kept(String table) {
    return query(
        "SELECT DISTINCT toInt64(trace_key) AS n FROM "
            + table
            + " WHERE trace_key BETWEEN {first:UInt128} AND {last:UInt128} ORDER BY n",
        Map.of("first", key(trace - 2), "last", key(trace)),
        row -> row.int64("n"));
  }

  @Test
  void aWordOfTheHistoryIsFoundWhereItWasNewAndInNoOtherPlace() throws Exception {
    MessageText first = new MessageText(11, "the Wombat sleeps");
    MessageText second = new MessageText(12, "and wakes");
    TestSpans.Builder one = span(1);
    one.sessionId = "chat-" + trace;
    one.texts = List.of(first);
    sendAndWait(one);
    long history = trace;
    trace++;
    TestSpans.Builder two = span(1);
    two.sessionId = one.sessionId;
    two.texts = List.of(first, second);
    sendAndWait(two);
    List<String> holders =
        query(
            "SELECT toString(trace_key) AS t FROM spans WHERE lkey IN (SELECT lkey FROM"
                + " spans WHERE trace_key = {trace:UInt128}) AND hasToken(searchable,"
                + " 'wombat')",
            Map.of("trace", key(trace)),
            row -> row.string("t"));
    assertThat(holders).containsExactly(Long.toString(history));
    List<String> found =
        query(
            "SELECT toString(trace_key) AS t FROM spans WHERE (place_app, lkey, place_bucket) IN"
                + " (SELECT place_app, lkey, place_bucket FROM spans WHERE search_text ILIKE"
                + " '%wombat%' AND place_bucket = toDateTime({bucket:UInt32}, 'UTC'))"
                + " AND trace_key IN ({trace:UInt128}, {history:UInt128}) ORDER BY trace_key",
            Map.of(
                "trace", key(trace),
                "history", key(history),
                "bucket", now / HOUR * 3600),
            row -> row.string("t"));
    assertThat(found).containsExactly(Long.toString(history), Long.toString(trace));
    // A new version of the holder must not take the word out of the index.
    TestSpans.Builder again = TestSpans.span(history, 1, now);
    again.sessionId = one.sessionId;
    again.name = "renamed";
    again.texts = List.of();
    sendAndWait(again);
    trace = history;
    assertThat(
            count(
                "SELECT countIf(hasToken(searchable, 'wombat')) AS n FROM spans"
                    + " WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(1);
  }

  @Test
  void theWordsOfTheIndexAreCopiedOnceEachPartIsRead() throws Exception {
    TestSpans.Builder one = span(1);
    one.texts = List.of(new MessageText(21, "a quokka smiles"));
    sendAndWait(one);
    merge();
    store.copyWordsNow();
    String words = "SELECT count() AS n FROM words FINAL WHERE word IN ('quokka', 'numbat')";
    assertThat(count(words)).isEqualTo(1);
    assertThat(unread()).isEmpty();

    trace++;
    TestSpans.Builder two = span(1);
    two.texts = List.of(new MessageText(22, "a numbat digs"));
    sendAndWait(two);
    assertThat(unread()).as("a part that was not merged is not read from the index").isEmpty();
    merge();
    assertThat(unread())
        .as("a new part is read from the index until its words are copied")
        .isNotEmpty();
    store.copyWordsNow();
    assertThat(count(words)).isEqualTo(2);

    merge();
    assertThat(unread()).as("merging parts brings no new words").isEmpty();
  }

  private static void merge() {
    execute("OPTIMIZE TABLE spans FINAL");
  }

  @Test
  void whatIsStoredInAHurryIsIndexedWhenItIsMerged() throws Exception {
    store.close();
    options =
        new Store.Options(
            30, 456, 200_000, 10, 1 << 20, Duration.ofMillis(5), Duration.ZERO, options.spool());
    start();
    execute("SYSTEM STOP MERGES spans");
    for (int request = 0; request < 10; request++) {
      TestSpans.Builder[] spans = new TestSpans.Builder[20];
      for (int i = 0; i < spans.length; i++) {
        int number = request * spans.length + i + 1;
        spans[i] = span(number);
        spans[i].texts = List.of(new MessageText(1_000 + number, "hurried" + number + "x"));
      }
      send(spans);
    }
    settle();
    await(() -> spans() == 200);
    String words =
        "SELECT uniqExact(token) AS n FROM mergeTreeTextIndex(currentDatabase(), 'spans', 'words')"
            + " WHERE startsWith(token, 'hurried')";
    assertThat(count(words)).as("some parts wait for their index").isLessThan(200);
    execute("SYSTEM START MERGES spans");
    merge();
    assertThat(count(words)).isEqualTo(200);
  }

  @Test
  void smallPartsOfWhatListsReadAreMergedWhereTheEngineDoesNotComeToIt() throws Exception {
    List<String> tables = List.of("trace_heads", "span_heads");
    int batches = 28;
    sendAndWait(span(1));
    for (String table : tables) {
      // The engine itself merges no parts of about the same size any more.
      execute("ALTER TABLE " + table + " MODIFY SETTING merge_selector_base = 1000");
    }
    try {
      for (int batch = 2; batch <= batches; batch++) {
        sendAndWait(span(batch));
      }
      for (String table : tables) {
        await(
            () ->
                count(
                        "SELECT count() AS n FROM system.parts WHERE active AND database ="
                            + " currentDatabase() AND table = '"
                            + table
                            + "'")
                    < batches * 3 / 4);
      }
    } finally {
      for (String table : tables) {
        execute("ALTER TABLE " + table + " RESET SETTING merge_selector_base");
      }
    }
    assertThat(traceRow().spans()).isEqualTo(batches);
  }

  @Test
  void textsAreMadeSmallWhenPartsAreMerged() throws Exception {
    String text = "the same words again and again, as prompts are; ".repeat(2_000);
    for (int i = 1; i <= 3; i++) {
      TestSpans.Builder span = span(i);
      span.input = text + i;
      sendAndWait(span);
    }
    Thread.sleep(2_000); // what is older than a second
    merge();
    assertThat(
            query(
                "SELECT DISTINCT default_compression_codec AS codec FROM system.parts WHERE active"
                    + " AND rows > 0 AND table = 'spans' AND database = currentDatabase()",
                Map.of(),
                row -> row.string("codec")))
        .containsExactly("ZSTD(3)");
    assertThat(
            query(
                "SELECT input FROM spans WHERE trace_key = {trace:UInt128} ORDER BY span_key",
                Map.of("trace", key(trace)),
                row -> row.string("input")))
        .containsExactly(text + 1, text + 2, text + 3);
  }

  private static void execute(String sql) {
    clickHouse.execute(sql, Map.of(), ClickHouse.Limits.DEFAULT);
  }

  private List<WordParts.Part> unread() {
    return WordParts.unread(query(WordParts.SQL, Map.of("day", "1970-01-01"), WordParts::part));
  }

  @Test
  void whatTheEngineMissedWhileItWasDownIsStoredOnce() throws Exception {
    sendAndWait(span(1));
    engine.kill();
    for (int i = 2; i <= 50; i++) {
      send(span(i));
    }
    await(() -> !store.state().storing());
    assertThat(store.state().lastError()).contains("did not answer");
    engine.restart();
    settle();
    await(() -> spans() == 50);
    assertThat(count("SELECT count() AS n FROM spans WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(50);
    assertThat(traceRow().spans()).isEqualTo(50);
  }

  @Test
  void whateverIsKilledInTheMiddleEverythingIsStoredOnce() throws Exception {
    store.close();
    options =
        new Store.Options(
            30, 456, 200_000, 50, 1 << 20, Duration.ofMillis(5), Duration.ZERO, options.spool());
    start();
    int sent = 0;
    for (int round = 0; round < 4; round++) {
      for (int i = 0; i < 300; i++) {
        TestSpans.Builder span = span(++sent);
        span.parentId = sent % 10 == 1 ? "" : String.format("%016x", (sent - 1) / 10 * 10 + 1);
        span.kind = sent % 10 == 1 ? SpanKind.AGENT : SpanKind.LLM;
        send(span);
      }
      engine.kill();
      if (round % 2 == 1) {
        // The spool is left as it is, as a crash of the server leaves it.
        store.close();
        engine.restart();
        start();
      } else {
        engine.restart();
      }
    }
    settle();
    int all = sent;
    await(() -> spans() == all);
    settle();
    assertThat(
            count("SELECT uniqExact(span_key) AS n FROM spans WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(all);
    assertThat(count("SELECT count() AS n FROM spans WHERE trace_key = {trace:UInt128}"))
        .as("none twice, even before merges")
        .isEqualTo(all);
    assertThat(count("SELECT count() AS n FROM span_heads WHERE trace_key = {trace:UInt128}"))
        .isEqualTo(all);
    await(() -> traceRow().spans() == all);
    assertThat(traceRow().input()).isEqualTo(all * 9L);
    assertThat(
            query(
                "SELECT max(seq) = uniqExact(seq) AND min(seq) = 1 AS whole FROM ingest_log"
                    + " WHERE server_id = (SELECT any(server_id) FROM spans WHERE trace_key ="
                    + " {trace:UInt128})",
                Map.of("trace", key(trace)),
                row -> row.bool("whole")))
        .as("the commit log has no holes")
        .containsExactly(true);
  }

  // Batches of so many spans, one behind the other as soon as the engine is there.
  private void sendWhileTheEngineIsDown(int batchSpans, List<TestSpans.Builder> spans)
      throws Exception {
    store.close();
    options =
        new Store.Options(
            30,
            456,
            200_000,
            batchSpans,
            1 << 20,
            Duration.ofMillis(5),
            Duration.ZERO,
            options.spool());
    engine.kill();
    start();
    for (TestSpans.Builder span : spans) {
      send(span);
    }
    engine.restart();
    settle();
  }

  @Test
  void aTraceShowsTheTextOfASpanThatIsOnlyBeingStored() throws Exception {
    TestSpans.Builder shown = span(1);
    shown.startNanos = now + SECOND;
    shown.input = "the question";
    shown.output = "the answer";
    TestSpans.Builder earlier = span(2);
    earlier.input = "another question";
    TestSpans.Builder moved = span(2);
    moved.input = "another question";
    moved.startNanos = now + 5 * SECOND;
    moved.endNanos = now + 6 * SECOND;
    TestSpans.Builder tool = span(3);
    tool.kind = SpanKind.TOOL;
    tool.parentId = shown.spanId;
    // In the first batch the second span is the first root; in the next it no longer is.
    sendWhileTheEngineIsDown(2, List.of(shown, earlier, moved, tool));
    await(() -> spans() > 0 && traceRow().spans() == 3);
    await(() -> traceRow().inputPreview().equals("the question"));
    assertThat(traceRow().outputPreview()).isEqualTo("the answer");
  }

  @Test
  void aSpanThatTheEngineRefusesHoldsNoOtherUp() throws Exception {
    sendAndWait(span(1));
    execute("ALTER TABLE spans ADD CONSTRAINT no_poison CHECK name != 'poison'");
    try {
      List<TestSpans.Builder> spans = new ArrayList<>();
      for (int i = 2; i <= 41; i++) {
        TestSpans.Builder span = span(i);
        span.name = i == 14 ? "poison" : "chat";
        span.parentId = i == 2 ? "" : String.format("%016x", 2);
        spans.add(span);
      }
      sendWhileTheEngineIsDown(8, spans);
      await(() -> spans() == 40);
      await(() -> traceRow().spans() == 40);
      assertThat(store.state().quarantined()).isEqualTo(1);
      assertThat(traceRow().input()).as("what it used does not count").isEqualTo(39 * 10);
      restart();
      sendAndWait(span(42));
      assertThat(traceRow().spans()).isEqualTo(41);
      assertThat(store.state().quarantined()).as("it is kept").isEqualTo(1);
    } finally {
      execute("ALTER TABLE spans DROP CONSTRAINT no_poison");
    }
  }

  private record Rollup(String name, long spans, long input, long roots) {}

  private List<Rollup> rollups(String app) {
    store.rollUpNow();
    return query(
        "SELECT name, sum(m.spans) AS spans, sum(m.input_tokens) AS input, sumIf(m.spans, is_root)"
            + " AS roots FROM metrics_1m AS m INNER JOIN (SELECT project_id, application, minute,"
            + " generation FROM rollup_current FINAL) AS c USING (project_id, application, minute,"
            + " generation) WHERE application = {app:String} GROUP BY name ORDER BY name",
        Map.of("app", app),
        row ->
            new Rollup(
                row.string("name"), row.int64("spans"), row.int64("input"), row.int64("roots")));
  }

  @Test
  void aGroupOfTheRollupThatVanishesIsGone() throws Exception {
    String app = "rollup-" + trace;
    TestSpans.Builder root = span(1);
    root.application = app;
    root.kind = SpanKind.AGENT;
    root.name = "agent";
    TestSpans.Builder call = span(2);
    call.application = app;
    call.parentId = "0000000000000001";
    call.name = "old name";
    sendAndWait(root, call);
    assertThat(rollups(app))
        .containsExactly(new Rollup("agent", 1, 0, 1), new Rollup("old name", 1, 10, 0));
    call.name = "new name";
    sendAndWait(call);
    assertThat(rollups(app))
        .containsExactly(new Rollup("agent", 1, 0, 1), new Rollup("new name", 1, 10, 0));
    // A wrapper of the call reports the same usage: it counts once, and the rollup agrees.
    TestSpans.Builder inner = span(3);
    inner.application = app;
    inner.parentId = "0000000000000002";
    inner.name = "inner";
    sendAndWait(inner);
    assertThat(rollups(app))
        .containsExactly(
            new Rollup("agent", 1, 0, 1),
            new Rollup("inner", 1, 10, 0),
            new Rollup("new name", 1, 0, 0));
    assertThat(traceRow().input()).isEqualTo(10);
  }

  private void sendLog(long spanKey, int sequence, String body) throws OverloadedException {
    Span span = span(spanKey).build();
    store
        .sink()
        .accept(
            new SpanBatch(
                List.of(),
                List.of(
                    new SpanLog(
                        "default",
                        span.traceId(),
                        span.spanId(),
                        now,
                        "gen_ai.user.message",
                        sequence,
                        body,
                        "{}",
                        "shop"))));
  }

  private String input() {
    return query(
            "SELECT argMax(input, ver) AS input FROM spans WHERE trace_key = {trace:UInt128}",
            Map.of("trace", key(trace)),
            row -> row.string("input"))
        .getFirst();
  }

  @Test
  void logsBeforeAndAfterTheirSpanAreMergedIntoIt() throws Exception {
    String both = "gen_ai.user.message=a;gen_ai.user.message=b;";
    sendLog(1, 0, "a");
    sendLog(1, 1, "b");
    settle();
    sendAndWait(span(1));
    await(() -> input().equals(both));
    assertThat(traceRow().inputPreview()).isEqualTo(both);

    trace++;
    sendAndWait(span(1));
    sendLog(1, 0, "a");
    settle();
    restart();
    sendLog(1, 1, "b");
    await(() -> input().equals(both));
    sendLog(1, 1, "b");
    sendAndWait(span(1));
    settle();
    assertThat(input()).as("a retry of the sender undoes nothing").isEqualTo(both);
    assertThat(spans()).isEqualTo(1);
    await(() -> traceRow().inputPreview().equals(both));

    trace++;
    sendLog(1, 0, "a");
    settle();
    restart();
    sendAndWait(span(1));
    await(() -> input().equals("gen_ai.user.message=a;"));
  }

  /** The provider's own client below an instrumentation makes a trace of its own. */
  private TestSpans.Builder client(long otherTrace, long key) {
    TestSpans.Builder span = TestSpans.span(otherTrace, key, now + 1);
    span.responseId = "msg_0123456789" + trace;
    span.dialects = "anthropic-sdk";
    return span;
  }

  private TestSpans.Builder instrumented(long key) {
    TestSpans.Builder span = span(key);
    span.responseId = "msg_0123456789" + trace;
    return span;
  }

  private List<String> countedCost() {
    return query(
        "SELECT toString(trace_id) AS id, ifNull(toString(cost), 'none') AS cost, llm_calls"
            + " FROM trace_heads FINAL WHERE trace_id IN ({a:String}, {b:String}) ORDER BY trace_id",
        Map.of("a", String.format("%032x", trace), "b", String.format("%032x", trace + 1)),
        row -> row.string("cost") + " in " + row.int64("llm_calls"));
  }

  @Test
  void aCallThatTwoTracesRecordCountsOnceInWhicheverOrderTheyCome() throws Exception {
    sendAndWait(instrumented(1));
    sendAndWait(client(trace + 1, 2));
    List<String> once = List.of("0.000015 in 1", "none in 0");
    assertThat(countedCost()).isEqualTo(once);

    trace += 10;
    sendAndWait(client(trace + 1, 2));
    sendAndWait(instrumented(1));
    assertThat(countedCost()).isEqualTo(once);

    trace += 10;
    sendAndWait(client(trace + 1, 2), instrumented(1));
    assertThat(countedCost()).isEqualTo(once);

    // Sent again, also after a restart, nothing changes.
    restart();
    sendAndWait(client(trace + 1, 2), instrumented(1));
    assertThat(countedCost()).isEqualTo(once);
  }

  @Test
  void aCallIsFoundInAnotherTraceAfterARestart() throws Exception {
    sendAndWait(client(trace + 1, 2));
    restart();
    sendAndWait(instrumented(1));
    assertThat(countedCost()).containsExactly("0.000015 in 1", "none in 0");
  }

  @Test
  void aClientWhoseRecordIsKnownByIdTakesNoOther() throws Exception {
    // Two calls with the same figures, 20 ms each, one after the other: the record of the first has
    // the id of its answer, that of the second has none.
    long start = now;
    for (List<Integer> order :
        List.of(List.of(1, 0, 3, 2), List.of(0, 3, 1, 2), List.of(1, 0, 2, 3))) {
      trace += 10;
      List<TestSpans.Builder> spans = new ArrayList<>();
      for (int call = 0; call < 2; call++) {
        TestSpans.Builder record = TestSpans.span(trace + 2 * call, 1, start);
        TestSpans.Builder client = TestSpans.span(trace + 2 * call + 1, 2, start);
        client.dialects = "anthropic-sdk";
        client.responseId = "msg_" + call + "123456789" + trace;
        record.responseId = call == 0 ? client.responseId : "";
        for (TestSpans.Builder span : List.of(record, client)) {
          span.application = "calls " + trace;
          span.startNanos = start + call * 21_000_000L;
          span.endNanos = span.startNanos + 20_000_000L;
        }
        client.startNanos += 1_000_000;
        client.endNanos -= 1_000_000;
        spans.add(record);
        spans.add(client);
      }
      for (int one : order) {
        sendAndWait(spans.get(one));
      }
      assertThat(
              query(
                  "SELECT llm_calls FROM trace_heads FINAL WHERE application = {app:String} ORDER BY trace_key",
                  Map.of("app", "calls " + trace),
                  row -> row.int64("llm_calls")))
          .as("in the order %s", order)
          .containsExactly(1L, 0L, 1L, 0L);
    }
  }

  @Test
  void theRecordThatKnowsOfTheCacheCounts() throws Exception {
    TestSpans.Builder client = client(trace + 1, 2);
    client.cacheRead = 7;
    sendAndWait(instrumented(1));
    sendAndWait(client);
    assertThat(countedCost()).containsExactly("none in 0", "0.000015 in 1");
  }

  @Test
  void aFailedCallThatTwoTracesRecordIsOneCall() throws Exception {
    TestSpans.Builder call = span(1);
    TestSpans.Builder client = TestSpans.span(trace + 1, 2, now + 1);
    client.dialects = "anthropic-sdk";
    for (TestSpans.Builder span : List.of(call, client)) {
      span.application = "failing " + trace;
      span.status = SpanStatus.ERROR;
      span.inputTokens = -1;
      span.outputTokens = -1;
      span.cost = io.tracewell.core.Cost.NONE;
    }
    sendAndWait(client);
    sendAndWait(call);
    assertThat(countedCost()).containsExactly("none in 1", "none in 0");
  }

  @Test
  void rollupsCountACallOnceToo() throws Exception {
    TestSpans.Builder call = instrumented(1);
    TestSpans.Builder client = client(trace + 1, 2);
    call.application = "once " + trace;
    client.application = "once " + trace;
    sendAndWait(client);
    store.rollUpNow();
    sendAndWait(call);
    store.rollUpNow();
    assertThat(
            query(
                "SELECT toString(sum(cost)) AS cost FROM metrics_1m WHERE application ="
                    + " {app:String} AND (project_id, application, minute, generation) IN (SELECT"
                    + " project_id, application, minute, generation FROM rollup_current FINAL)",
                Map.of("app", "once " + trace),
                row -> row.string("cost")))
        .containsExactly("0.000015");
  }

  @Test
  void migrationsMayRunAgain() {
    store.migrate();
    store.migrate();
    assertThat(
            query(
                "SELECT count() = max(version) AS whole FROM schema_version FINAL",
                Map.of(),
                row -> row.bool("whole")))
        .containsExactly(true);
  }

  @Test
  void thoseWhoWatchAreToldWhenTheRowsCanBeRead() throws Exception {
    Ids.TraceKey traceKey = Ids.traceKey(span(1).traceId);
    List<Long> readable = Collections.synchronizedList(new ArrayList<>());
    events.subscribe(
        changed -> {
          if (changed.stream().anyMatch(one -> one.key().equals(traceKey))) {
            readable.add(spans());
          }
        });
    send(span(1));
    await(() -> !readable.isEmpty());
    assertThat(readable).containsExactly(1L);
  }

  @Test
  void aFullSpoolRefusesWhileTheStoreIsDown() throws Exception {
    store.close();
    options =
        new Store.Options(
            30,
            456,
            1000,
            5_000,
            1 << 20,
            Duration.ofMillis(5),
            Duration.ZERO,
            new Spool.Options(20_000, 5_000, 0));
    engine.kill();
    start();
    int taken = 0;
    boolean refused = false;
    for (int i = 1; i < 2_000 && !refused; i++) {
      try {
        send(span(i));
        taken++;
      } catch (OverloadedException e) {
        refused = true;
        assertThat(e.retryAfterSeconds()).isPositive();
      }
    }
    assertThat(refused).isTrue();
    assertThat(store.state().refusing()).isTrue();
    engine.restart();
    int all = taken;
    settle();
    await(() -> spans() == all);
    send(span(5_000));
  }
}
