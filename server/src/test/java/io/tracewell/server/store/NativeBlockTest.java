package io.tracewell.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tracewell.server.clickhouse.ClickHouse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written as a block is what the engine then has. */
class NativeBlockTest {
  private static final List<String> NAMES =
      Rows.columns("text coded yes tiny day at id big uuid money score names many words map");
  // One value of each column as SQL of the number of the row: what the test expects.
  private static final Map<String, String> EXPECTED = new LinkedHashMap<>();

  static {
    EXPECTED.put("text", "if(n % 3 = 0, '', concat(repeat('世', n % 200), toString(n)))");
    EXPECTED.put("coded", "concat('value ', toString(n % keys))");
    EXPECTED.put("yes", "n % 2 = 1");
    EXPECTED.put("tiny", "toUInt8(n % 256)");
    EXPECTED.put("day", "toDate(n % 40000)");
    EXPECTED.put("at", "fromUnixTimestamp64Nano(toInt64(n * 1000000007), 'UTC')");
    EXPECTED.put("id", "toInt64(-n)");
    EXPECTED.put("big", "bitShiftLeft(toUInt128(n), 64) + 5");
    EXPECTED.put(
        "uuid",
        "toUUID(concat(leftPad(lower(hex(toUInt32(n))), 8, '0'), '-0000-0000-0000-00000000000c'))");
    EXPECTED.put("money", "if(n % 4 = 0, NULL, toDecimal128(n, 12))");
    EXPECTED.put("score", "if(n % 5 = 0, NULL, n / 2)");
    EXPECTED.put("names", "arrayMap(i -> concat('name ', toString(i)), range(n % 4))");
    EXPECTED.put("many", "arrayMap(i -> toUInt64(i + n), range(n % 3))");
    EXPECTED.put("words", "arrayMap(i -> toString(n), range(n % 2))");
    EXPECTED.put("map", "if(n % 7 = 0, map('images', toInt64(n)), map())");
  }

  @TempDir static Path directory;
  private static TestEngine engine;
  private static ClickHouse clickHouse;

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory);
    clickHouse = engine.client();
    clickHouse.execute(
        "CREATE TABLE blocks (text String, coded LowCardinality(String), yes Bool, tiny UInt8, day"
            + " Date, at DateTime64(9, 'UTC'), id Int64, big UInt128, uuid UUID, money"
            + " Nullable(Decimal(38, 12)), score Nullable(Float64), names"
            + " Array(LowCardinality(String)), many Array(UInt64), words Array(String), map"
            + " Map(LowCardinality(String), Int64)) ENGINE = MergeTree ORDER BY ()",
        Map.of(),
        ClickHouse.Limits.DEFAULT);
  }

  @AfterAll
  static void stop() {
    if (clickHouse != null) {
      clickHouse.close();
    }
    if (engine != null) {
      engine.close();
    }
  }

  private static NativeBlock block() {
    Map<String, String> types = new LinkedHashMap<>();
    clickHouse.query(
        "SELECT name, type FROM system.columns WHERE table = 'blocks'",
        Map.of(),
        ClickHouse.Limits.DEFAULT,
        row -> {
          types.put(row.string("name"), row.string("type"));
          return Boolean.TRUE;
        });
    return new NativeBlock(NAMES, types);
  }

  private static void write(NativeBlock block, int n, int keys) {
    block.begin();
    block.string(n % 3 == 0 ? "" : "世".repeat(n % 200) + n);
    block.string("value " + n % keys);
    block.int8(n % 2);
    block.int8(n % 256);
    block.int16(n % 40000);
    block.int64(n * 1_000_000_007L);
    block.int64(-n);
    block.int128(n, 5);
    block.uuid(new UUID((long) n << 32, 12));
    if (n % 4 == 0) {
      block.none();
    } else {
      block.int128(0, n * 1_000_000_000_000L);
    }
    if (n % 5 == 0) {
      block.none();
    } else {
      block.int64(Double.doubleToRawLongBits(n / 2.0));
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < n % 4; i++) {
      names.add("name " + i);
    }
    block.strings(names);
    NativeBlock.Column many = block.array(n % 3);
    for (int i = 0; i < n % 3; i++) {
      many.int64(i + n);
    }
    block.strings(n % 2 == 1 ? List.of(Integer.toString(n)) : List.of());
    block.map(n % 7 == 0 ? Map.of("images", (long) n) : Map.of());
  }

  /** Numbers of the rows that are not as they were written. */
  private static List<Long> different(int keys) {
    List<String> same = new ArrayList<>();
    EXPECTED.forEach(
        (name, sql) -> same.add("ifNull(" + name + " = (" + sql + "), (" + sql + ") IS NULL)"));
    String differs = "SELECT -id AS n FROM blocks WHERE NOT (" + String.join(" AND ", same) + ")";
    return clickHouse.query(
        "WITH -id AS n, " + keys + " AS keys " + differs + " ORDER BY n LIMIT 5",
        Map.of(),
        ClickHouse.Limits.DEFAULT,
        row -> row.int64("n"));
  }

  private static List<Long> numbers() {
    return clickHouse.query(
        "SELECT -id AS n FROM blocks ORDER BY n",
        Map.of(),
        ClickHouse.Limits.DEFAULT,
        row -> row.int64("n"));
  }

  private static void insert(NativeBlock block, int from, int to) {
    clickHouse.insert("blocks", NAMES, block.stream(from, to), "", Map.of());
  }

  private static void empty() {
    clickHouse.execute("TRUNCATE TABLE blocks", Map.of(), ClickHouse.Limits.DEFAULT);
  }

  @Test
  void valuesOfEveryTypeAreStoredHoweverManyAColumnHas() {
    NativeBlock block = block();
    // As many as one, two and four bytes can tell apart.
    for (int keys : new int[] {200, 5_000, 70_000}) {
      empty();
      block.clear();
      for (int n = 0; n < 71_000; n++) {
        write(block, n, keys);
      }
      insert(block, 0, block.rows());
      assertThat(numbers()).hasSize(71_000);
      assertThat(different(keys)).isEmpty();
    }
  }

  @Test
  void partsOfABlockAreItsRows() {
    NativeBlock block = block();
    for (int n = 0; n < 1_000; n++) {
      write(block, n, 30);
    }
    empty();
    for (int[] part : new int[][] {{0, 1}, {500, 501}, {3, 300}, {999, 1_000}}) {
      insert(block, part[0], part[1]);
    }
    assertThat(numbers()).hasSize(300).startsWith(0L, 3L).contains(500L, 999L);
    assertThat(different(30)).isEmpty();
  }

  @Test
  void aValueOfAnotherTypeOrARowThatIsNotWholeIsRefused() {
    NativeBlock block = block();
    block.begin();
    assertThatThrownBy(() -> block.int64(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Column text is of type String, not of 64 bits");
    assertThatThrownBy(block::begin).isInstanceOf(IllegalStateException.class);
    block.clear();
    write(block, 1, 1);
    assertThat(block.rows()).isEqualTo(1);
  }
}
