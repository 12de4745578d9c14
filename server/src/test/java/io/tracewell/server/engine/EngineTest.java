package io.tracewell.server.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tracewell.engine.EngineLibrary;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouse.Limits;
import io.tracewell.server.clickhouse.ClickHouseException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The supervised engine as the server sees it: through the official client. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EngineTest {
  private static final AtomicInteger READY = new AtomicInteger();

  @TempDir static Path folder;
  private static @Nullable EngineSupervisor started;
  private static @Nullable ClickHouse client;

  @BeforeAll
  static void start() throws IOException {
    assumeEngine();
    EngineSupervisor supervisor =
        new EngineSupervisor(
            EngineSupervisor.Options.of(folder.resolve("engine"), 1_000L << 20),
            READY::incrementAndGet);
    started = supervisor;
    supervisor.start();
    client = client(supervisor, supervisor.password());
  }

  @AfterAll
  static void stop() {
    if (client != null) client.close();
    if (started != null) started.close();
  }

  private static void assumeEngine() {
    try {
      EngineLibrary.find();
    } catch (EngineLibrary.MissingException e) {
      assumeTrue(false, e.getMessage());
    }
  }

  private static ClickHouse client(EngineSupervisor engine, String password) {
    return new ClickHouse(new ClickHouse.Options(engine.url(), engine.user(), password, "default"));
  }

  private static EngineSupervisor engine() {
    if (started == null) throw new IllegalStateException("not started");
    return started;
  }

  private static ClickHouse clickHouse() {
    if (client == null) throw new IllegalStateException("not started");
    return client;
  }

  private static List<String> strings(String sql, Map<String, ?> parameters) {
    return clickHouse().query(sql, parameters, Limits.DEFAULT, row -> row.string("v"));
  }

  private static long count(String table) {
    return clickHouse()
        .query(
            "SELECT count() AS v FROM {t:Identifier}",
            Map.of("t", table),
            Limits.DEFAULT,
            row -> row.int64("v"))
        .getFirst();
  }

  private static void createRows(String table) {
    clickHouse()
        .execute(
            "CREATE TABLE {t:Identifier} (id UInt64, text String, at DateTime64(9, 'UTC'),"
                + " INDEX words text TYPE text(tokenizer = 'asciiCJK', preprocessor ="
                + " lowerUTF8(text))) ENGINE = ReplacingMergeTree(id) PARTITION BY toDate(at)"
                + " ORDER BY id SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,"
                + " non_replicated_deduplication_window = 1000",
            Map.of("t", table),
            Limits.DEFAULT);
  }

  /** A Native block of (id, text, at). */
  private static byte[] rows(int from, int count, String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, 3);
    varint(out, count);
    text(out, "id");
    text(out, "UInt64");
    for (int i = from; i < from + count; i++) {
      little(out, i);
    }
    text(out, "text");
    text(out, "String");
    for (int i = from; i < from + count; i++) {
      text(out, text);
    }
    text(out, "at");
    text(out, "DateTime64(9, 'UTC')");
    for (int i = from; i < from + count; i++) {
      little(out, 1_767_225_600_000_000_000L + i);
    }
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7f) {
      out.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void little(ByteArrayOutputStream out, long value) {
    for (int shift = 0; shift < 64; shift += 8) out.write((int) (value >>> shift));
  }

  private static void insert(String table, byte[] rows, String token) {
    clickHouse()
        .insert(
            table, List.of("id", "text", "at"), new ByteArrayInputStream(rows), token, Map.of());
  }

  @Test
  void valuesOfEveryTypeComeBackAsTheyWereSent() {
    String hostile =
        "it's \\ a \"test\"\n\twith `ticks` {x:String} \u0000 \u96ea \ud83d\ude00 '); --";
    Instant time = Instant.parse("2026-01-02T03:04:05.123456789Z");
    UUID uuid = UUID.randomUUID();
    BigInteger big = BigInteger.ONE.shiftLeft(127).add(BigInteger.TEN);
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("s", hostile);
    parameters.put("i", -5L);
    parameters.put("u", new BigInteger("18446744073709551615"));
    parameters.put("b", big);
    parameters.put("f", 0.1);
    parameters.put("d", new BigDecimal("12345678901234567890.000000000001"));
    parameters.put("t", time);
    parameters.put("yes", true);
    parameters.put("id", uuid);
    parameters.put("n", null);
    parameters.put("ss", List.of(hostile, "", "b,]"));
    parameters.put("us", List.of(1L, 2L, 3L));
    parameters.put("bs", List.of(big));
    List<Integer> seen =
        clickHouse()
            .query(
                "SELECT {s:String} AS s, {i:Int64} AS i, {u:UInt64} AS u, {b:UInt128} AS b,"
                    + " {f:Float64} AS f, {d:Decimal(38, 12)} AS d, {t:DateTime64(9, 'UTC')} AS t,"
                    + " {yes:Bool} AS yes, {id:UUID} AS id, {n:Nullable(String)} AS n,"
                    + " {ss:Array(String)} AS ss, {us:Array(UInt64)} AS us, {bs:Array(UInt128)}"
                    + " AS bs, toLowCardinality({s:String}) AS l",
                parameters,
                Limits.DEFAULT,
                row -> {
                  assertThat(row.string("s")).isEqualTo(hostile);
                  assertThat(row.string("l")).isEqualTo(hostile);
                  assertThat(row.int64("i")).isEqualTo(-5);
                  assertThat(row.int64("u")).isEqualTo(-1);
                  assertThat(row.bigInteger("b")).isEqualTo(big);
                  assertThat(row.float64("f")).isEqualTo(0.1);
                  assertThat(row.decimal("d"))
                      .isEqualByComparingTo("12345678901234567890.000000000001");
                  assertThat(row.epochNanos("t")).isEqualTo(1_767_323_045_123_456_789L);
                  assertThat(row.bool("yes")).isTrue();
                  assertThat(row.string("id")).isEqualTo(uuid.toString());
                  assertThat(row.object("n")).isNull();
                  assertThat(row.strings("ss")).containsExactly(hostile, "", "b,]");
                  assertThat(row.longs("us")).containsExactly(1, 2, 3);
                  assertThat(row.object("bs")).isEqualTo(List.of(big));
                  return 1;
                });
    assertThat(seen).hasSize(1);
  }

  @Test
  void parametersOfQueriesThatRunTogetherDoNotMix() throws Exception {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        String mine = "value-" + i;
        tasks.add(
            () ->
                strings(
                        "SELECT {mine:String} AS v FROM numbers({n:UInt32}) LIMIT {n:UInt32}",
                        Map.of("mine", mine, "n", 3))
                    .equals(List.of(mine, mine, mine)));
      }
      for (var result : executor.invokeAll(tasks)) assertThat(result.get()).isTrue();
    }
  }

  @Test
  void settingsAreThoseOfTheStatementAlone() {
    Limits one = new Limits(Duration.ofSeconds(30), Map.of("max_block_size", "77"));
    String sql = "SELECT toString(getSetting('max_block_size')) AS v";
    assertThat(clickHouse().query(sql, Map.of(), one, row -> row.string("v")))
        .containsExactly("77");
    for (int i = 0; i < 20; i++) assertThat(strings(sql, Map.of())).doesNotContain("77");
  }

  @Test
  void anInsertWithATokenThatWasTakenAddsNothing() {
    createRows("deduplicated");
    byte[] rows = rows(0, 50_000, "Some words that repeat");
    insert("deduplicated", rows, "server:segment:0-50000");
    insert("deduplicated", rows, "server:segment:0-50000");
    assertThat(count("deduplicated")).isEqualTo(50_000);
    assertThat(
            strings(
                "SELECT toString(count()) AS v FROM system.parts WHERE active AND table ="
                    + " 'deduplicated'",
                Map.of()))
        .as("one block, so one part")
        .containsExactly("1");
    insert("deduplicated", rows(50_000, 1, "x"), "server:segment:50000-50001");
    assertThat(count("deduplicated")).isEqualTo(50_001);
    assertThat(
            strings(
                "SELECT text AS v FROM deduplicated WHERE hasToken(lower(text), {w:String}) LIMIT 1",
                Map.of("w", "repeat")))
        .containsExactly("Some words that repeat");
  }

  @Test
  void aBlockOfManyMegabytesIsStillOneBlock() {
    createRows("large");
    byte[] rows = rows(0, 100, "word ".repeat(200_000));
    insert("large", rows, "large");
    insert("large", rows, "large");
    assertThat(count("large")).isEqualTo(100);
  }

  @Test
  void halfARowIsRefusedAndNothingIsKept() {
    createRows("half");
    byte[] rows = rows(0, 10, "text");
    byte[] cut = java.util.Arrays.copyOf(rows, rows.length - 3);
    assertThatThrownBy(() -> insert("half", cut, "half"))
        .isInstanceOfSatisfying(
            ClickHouseException.class, e -> assertThat(e.retryable()).isFalse());
    assertThat(count("half")).isZero();
    insert("half", rows, "half");
    assertThat(count("half")).isEqualTo(10);
  }

  @Test
  void errorsCarryCodeAndNameAndNothingOfTheData() {
    assertThatThrownBy(() -> strings("SELECT v FROM missing_table", Map.of()))
        .isInstanceOfSatisfying(
            ClickHouseException.class,
            e -> {
              assertThat(e.code()).isEqualTo(60);
              assertThat(e.retryable()).isFalse();
              assertThat(e).hasMessageContaining("UNKNOWN_TABLE");
            });
    assertThatThrownBy(
            () -> strings("SELECT toUInt32({s:String}) AS v", Map.of("s", "secret words")))
        .isInstanceOfSatisfying(
            ClickHouseException.class,
            e -> {
              assertThat(e.getMessage()).doesNotContain("secret");
              assertThat(e.getCause()).isNull();
            });
  }

  @Test
  void aWrongPasswordIsRefused() {
    try (ClickHouse stranger = client(engine(), "guess")) {
      assertThatThrownBy(() -> stranger.query("SELECT 1 AS v", Map.of(), Limits.DEFAULT, row -> 1))
          .isInstanceOfSatisfying(
              ClickHouseException.class, e -> assertThat(e.code()).isEqualTo(516));
    }
  }

  @Test
  void aStatementEndsAtItsTime() {
    Limits second = new Limits(Duration.ofSeconds(1), Map.of());
    assertThatThrownBy(
            () ->
                clickHouse()
                    .execute(
                        "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1",
                        Map.of(),
                        second))
        .isInstanceOfSatisfying(
            ClickHouseException.class,
            e -> {
              assertThat(e.code()).isEqualTo(159);
              assertThat(e.retryable()).isTrue();
            });
  }

  @Test
  void aQueryThatWantsTooMuchMemoryIsRefusedAndTheEngineLives() {
    assertThatThrownBy(
            () ->
                strings(
                    "SELECT arrayStringConcat(groupArray(repeat(toString(number), 1000))) AS v FROM"
                        + " numbers(10000000)",
                    Map.of()))
        .isInstanceOfSatisfying(
            ClickHouseException.class, e -> assertThat(e.code()).isEqualTo(241));
    assertThat(clickHouse().ping()).isTrue();
  }

  @Test
  void anEngineThatLivesButDoesNotAnswerIsStartedAgain(@TempDir Path own) throws Exception {
    EngineSupervisor.Options usual = EngineSupervisor.Options.of(own, 1 << 30);
    EngineSupervisor.Options impatient =
        new EngineSupervisor.Options(
            usual.javaHome(),
            usual.classPath(),
            usual.dataDir(),
            usual.maxMemory(),
            usual.maxQueryMemory(),
            usual.maxQueries(),
            Duration.ofMillis(500));
    try (EngineSupervisor engine = new EngineSupervisor(impatient, () -> {})) {
      engine.start();
      long stuck = engine.pid();
      new ProcessBuilder("kill", "-STOP", Long.toString(stuck)).start().waitFor();
      while (engine.pid() == stuck || engine.state() != EngineSupervisor.State.READY) sleep(20);
      assertThat(engine.reason()).contains("did not answer");
      try (ClickHouse client = client(engine, engine.password())) {
        assertThat(client.ping()).isTrue();
      }
    }
  }

  @Test
  void aKilledEngineComesBackAtTheSameAddressWithEveryAcknowledgedRow() throws Exception {
    createRows("killed");
    CountDownLatch some = new CountDownLatch(20);
    AtomicInteger acknowledged = new AtomicInteger();
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int i = 0; i < 40; i++) {
                    byte[] rows = rows(i * 100, 100, "row of batch");
                    while (true) {
                      try {
                        insert("killed", rows, "batch-" + i);
                        break;
                      } catch (ClickHouseException e) {
                        if (!e.retryable()) throw e;
                        sleep(50);
                      }
                    }
                    acknowledged.addAndGet(100);
                    some.countDown();
                  }
                });
    some.await();
    int ready = READY.get();
    long before = engine().pid();
    ProcessHandle.of(before).orElseThrow().destroyForcibly();
    writer.join();
    assertThat(acknowledged).hasValue(4000);
    assertThat(count("killed")).isEqualTo(4000);
    assertThat(engine().pid()).isNotEqualTo(before);
    assertThat(engine().state()).isEqualTo(EngineSupervisor.State.READY);
    assertThat(engine().reason()).contains("signal 9");
    while (READY.get() == ready) sleep(5);
  }

  @Test
  void theEngineEndsWithAServerThatWasKilled() throws Exception {
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                KilledServer.class.getName(),
                folder.resolve("orphan").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long engine;
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8))) {
      engine = Long.parseLong(out.readLine());
      assertThat(ProcessHandle.of(engine)).isPresent();
      server.destroyForcibly().waitFor();
    }
    while (ProcessHandle.of(engine).filter(ProcessHandle::isAlive).isPresent()) sleep(20);
  }

  /** A server as far as the engine sees one. */
  static final class KilledServer {
    private KilledServer() {}

    public static void main(String[] arguments) throws Exception {
      EngineSupervisor supervisor =
          new EngineSupervisor(
              EngineSupervisor.Options.of(Path.of(arguments[0]), 500L << 20), () -> {});
      supervisor.start();
      System.out.println(supervisor.pid());
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
