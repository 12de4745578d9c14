package io.tracewell.server.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ClientFaultCause;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.data_formats.ClickHouseBinaryFormatReader;
import com.clickhouse.client.api.data_formats.internal.BinaryStreamReader;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to the engine or to a ClickHouse server by the official client. Thread-safe; blocks. All
 * values go in as query parameters ({@code {name:Type}}) or blocks, never as literals.
 *
 * <p>Parameters: strings, numbers, booleans, UUIDs, {@link Instant} (for DateTime and DateTime64),
 * {@link LocalDate}, and lists of those for Array types. Null goes into Nullable types.
 */
public final class ClickHouse implements AutoCloseable {
  private static final Duration INSERT_TIMEOUT = Duration.ofMinutes(2);

  // The engine ends a statement at its time; the connection waits a little longer for its word.
  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final int CONNECTIONS = 32;
  private static final Pattern ERROR_NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]{2,60})\\)");

  // TIMEOUT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION, NETWORK_ERROR and
  // SOCKET_TIMEOUT,
  // MEMORY_LIMIT_EXCEEDED, TABLE_IS_READ_ONLY, NOT_ENOUGH_SPACE, TOO_MANY_PARTS,
  // ALL_CONNECTION_TRIES_FAILED,
  // UNKNOWN_STATUS_OF_INSERT, QUERY_WAS_CANCELLED, SYSTEM_ERROR, KEEPER_EXCEPTION,
  // CANNOT_SCHEDULE_TASK, ABORTED
  private static final Set<Integer> RETRYABLE =
      Set.of(159, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 319, 394, 425, 439, 999);

  private final Client client;

  /** Where and as whom. {@code url} is http(s)://host:port. */
  public record Options(String url, String user, String password, String database) {
    /** Without the password, so that it is in no log. */
    @Override
    public String toString() {
      return "ClickHouse[url=" + url + ", user=" + user + ", database=" + database + "]";
    }
  }

  /** Connects when first used. */
  public ClickHouse(Options options) {
    boolean loopback =
        options.url().startsWith("http://127.") || options.url().startsWith("http://localhost");
    client =
        new Client.Builder()
            .addEndpoint(options.url())
            .setUsername(options.user())
            .setPassword(options.password())
            .setDefaultDatabase(options.database())
            .setConnectTimeout(5, ChronoUnit.SECONDS)
            .setConnectionRequestTimeout(20, ChronoUnit.SECONDS)
            .setMaxConnections(CONNECTIONS)
            .setKeepAliveTimeout(60, ChronoUnit.SECONDS)
            // On loopback it costs processor time on both sides and saves nothing.
            .compressServerResponse(!loopback)
            .compressClientRequest(!loopback)
            .useServerTimeZone(false)
            .useTimeZone("UTC")
            // A kept connection that the other side has closed; the caller decides on all else.
            .retryOnFailures(ClientFaultCause.NoHttpResponse)
            .setMaxRetries(1)
            .setClientName("tracewell")
            .build();
  }

  /**
   * One row of a result; columns by name. Valid inside the mapper only. A NULL reads as an empty
   * string, zero, false or an empty list, except where the result can be null.
   */
  public interface Row {
    /** Strings, enums, UUIDs, and the text form of other scalars. */
    String string(String column);

    /** Bool, or a number other than zero. */
    boolean bool(String column);

    /** Signed and unsigned integers up to 64 bit; UInt64 above 2^63 wraps. */
    long int64(String column);

    /** Floats, integers and decimals. */
    double float64(String column);

    /** UInt128 and so on. */
    BigInteger bigInteger(String column);

    /** Null for NULL. */
    @Nullable BigDecimal decimal(String column);

    /** DateTime, DateTime64: nanoseconds since the epoch. */
    long epochNanos(String column);

    /** Array of strings. */
    List<String> strings(String column);

    /** Array of integers; UInt64 above 2^63 wraps. */
    long[] longs(String column);

    /** Any other value as the client gives it; arrays as lists. */
    @Nullable Object object(String column);
  }

  /** Settings and bounds of one statement. {@code timeout} is for the whole of it. */
  public record Limits(Duration timeout, Map<String, String> settings) {
    /** 30 s, nothing else. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(30), Map.of());

    /** Two minutes, one thread: beside inserts, a second one costs more than it saves. */
    public static final Limits BESIDE_INSERTS =
        new Limits(Duration.ofMinutes(2), Map.of("max_threads", "1"));
  }

  /** Runs a statement without a result. Throws {@link ClickHouseException}. */
  public void execute(String sql, Map<String, ?> parameters, Limits limits) {
    try (QueryResponse response = run(sql, parameters, limits)) {
      try (InputStream rest = response.getInputStream()) {
        rest.skipNBytes(0);
      }
    } catch (Exception e) {
      throw failure(e);
    }
  }

  /** Runs a query and maps each row as it arrives. Throws {@link ClickHouseException}. */
  public <T> List<T> query(
      String sql, Map<String, ?> parameters, Limits limits, Function<Row, T> mapper) {
    List<T> rows = new ArrayList<>();
    try (QueryResponse response = run(sql, parameters, limits);
        ClickHouseBinaryFormatReader reader = client.newBinaryFormatReader(response)) {
      Row row = new ReaderRow(reader);
      while (reader.hasNext()) {
        reader.next();
        rows.add(mapped(mapper, row));
      }
    } catch (MapperException e) {
      throw e.unwrapped();
    } catch (Exception e) {
      throw failure(e);
    }
    return rows;
  }

  /**
   * Inserts one block of the Native format, columns in the order given, durable when it returns
   * (given the settings of our tables). The same token is taken once. The stream should support
   * {@link InputStream#reset} from its start, for one retry on a connection that was closed.
   *
   * @param more settings of the engine
   */
  public void insert(
      String table,
      List<String> columns,
      InputStream block,
      String deduplicationToken,
      Map<String, String> more) {
    InsertSettings settings = new InsertSettings();
    settings.setDeduplicationToken(deduplicationToken);
    settings.setInputStreamCopyBufferSize(1 << 18);
    settings.setNetworkTimeout(INSERT_TIMEOUT.plus(GRACE).toMillis(), ChronoUnit.MILLIS);
    settings.serverSetting("max_execution_time", seconds(INSERT_TIMEOUT));
    settings.serverSetting("async_insert", "0");
    settings.serverSetting("insert_deduplicate", "1");
    // One block: the token covers the batch or nothing of it.
    settings.serverSetting("max_insert_block_size", "100000000");
    settings.serverSetting("min_insert_block_size_rows", "100000000");
    settings.serverSetting("min_insert_block_size_bytes", "4294967296");
    more.forEach(settings::serverSetting);
    List<String> quoted = columns.stream().map(column -> "`" + column + "`").toList();
    try (InsertResponse response =
        get(client.insert(table, quoted, block, ClickHouseFormat.Native, settings))) {
      response.getWrittenRows();
    } catch (Exception e) {
      throw failure(e);
    }
  }

  /** True where the engine answers. */
  public boolean ping() {
    try {
      return client.ping(2_000);
    } catch (RuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() {
    client.close();
  }

  private QueryResponse run(String sql, Map<String, ?> parameters, Limits limits) throws Exception {
    QuerySettings settings = new QuerySettings();
    settings.setFormat(ClickHouseFormat.RowBinaryWithNamesAndTypes);
    settings.setNetworkTimeout(limits.timeout().plus(GRACE).toMillis(), ChronoUnit.MILLIS);
    settings.serverSetting("max_execution_time", seconds(limits.timeout()));
    limits.settings().forEach(settings::serverSetting);
    return get(client.query(sql, values(parameters), settings));
  }

  private static Map<String, Object> values(Map<String, ?> parameters) {
    Map<String, Object> values = new HashMap<>();
    parameters.forEach((name, value) -> values.put(name, Parameters.text(value)));
    return values;
  }

  private static String seconds(Duration timeout) {
    return Long.toString(Math.max(1, (timeout.toMillis() + 999) / 1000));
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) throw cause;
      throw e;
    }
  }

  private static <T> T mapped(Function<Row, T> mapper, Row row) {
    try {
      return mapper.apply(row);
    } catch (RuntimeException e) {
      throw new MapperException(e);
    }
  }

  /** Carries what the caller's own code threw past our handling of the client's exceptions. */
  private static final class MapperException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final RuntimeException thrown;

    MapperException(RuntimeException thrown) {
      super(thrown);
      this.thrown = thrown;
    }

    RuntimeException unwrapped() {
      return thrown;
    }
  }

  /** Keeps code and name. The text, and so the cause, stays behind: it can hold a user's data. */
  private static ClickHouseException failure(Exception thrown) {
    if (thrown instanceof InterruptedException) Thread.currentThread().interrupt();
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (e instanceof ServerException server) {
        int code = server.getCode();
        boolean retryable = RETRYABLE.contains(code) || code == 0;
        return new ClickHouseException(
            code, retryable, "The engine refused the statement: code " + code + name(server) + ".");
      }
    }
    Throwable root =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    return new ClickHouseException(
        ClickHouseException.UNREACHABLE,
        true,
        "The engine did not answer: " + root.getClass().getSimpleName() + ".");
  }

  private static String name(ServerException e) {
    String name = "";
    Matcher matcher = ERROR_NAME.matcher(String.valueOf(e.getMessage()));
    while (matcher.find()) name = ", " + matcher.group(1);
    return name;
  }

  private record ReaderRow(ClickHouseBinaryFormatReader reader) implements Row {
    @Override
    public String string(String column) {
      Object value = value(column);
      return switch (value) {
        case null -> "";
        case String text -> text;
        case BigDecimal decimal -> decimal.toPlainString();
        default -> value.toString();
      };
    }

    @Override
    public boolean bool(String column) {
      return switch (value(column)) {
        case null -> false;
        case Boolean bool -> bool;
        case Number number -> number.longValue() != 0;
        case Object other -> throw wrong(column, other, "a boolean");
      };
    }

    @Override
    public long int64(String column) {
      return switch (value(column)) {
        case null -> 0;
        case Number number -> number.longValue();
        case Boolean bool -> bool ? 1 : 0;
        case Object other -> throw wrong(column, other, "an integer");
      };
    }

    @Override
    public double float64(String column) {
      return switch (value(column)) {
        case null -> 0;
        case Number number -> number.doubleValue();
        case Object other -> throw wrong(column, other, "a number");
      };
    }

    @Override
    public BigInteger bigInteger(String column) {
      return switch (value(column)) {
        case null -> BigInteger.ZERO;
        case BigInteger big -> big;
        case BigDecimal decimal -> decimal.toBigInteger();
        case Number number -> BigInteger.valueOf(number.longValue());
        case Object other -> throw wrong(column, other, "an integer");
      };
    }

    @Override
    public @Nullable BigDecimal decimal(String column) {
      return switch (value(column)) {
        case null -> null;
        case BigDecimal decimal -> decimal;
        case BigInteger big -> new BigDecimal(big);
        case Double number -> BigDecimal.valueOf(number);
        case Float number -> BigDecimal.valueOf(number);
        case Number number -> BigDecimal.valueOf(number.longValue());
        case Object other -> throw wrong(column, other, "a decimal");
      };
    }

    @Override
    public long epochNanos(String column) {
      return switch (value(column)) {
        case null -> 0;
        case ZonedDateTime time -> nanos(time.toInstant());
        case LocalDateTime time -> nanos(time.toInstant(ZoneOffset.UTC));
        case LocalDate date -> nanos(date.atStartOfDay().toInstant(ZoneOffset.UTC));
        case Object other -> throw wrong(column, other, "a time");
      };
    }

    private static long nanos(Instant instant) {
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }

    @Override
    public List<String> strings(String column) {
      List<?> items = list(column);
      List<String> strings = new ArrayList<>(items.size());
      for (Object item : items) strings.add(item == null ? "" : item.toString());
      return strings;
    }

    @Override
    public long[] longs(String column) {
      List<?> items = list(column);
      long[] longs = new long[items.size()];
      for (int i = 0; i < longs.length; i++) {
        Object item = items.get(i);
        if (item instanceof Number number) longs[i] = number.longValue();
        else if (item != null) throw wrong(column, item, "an integer");
      }
      return longs;
    }

    @Override
    public @Nullable Object object(String column) {
      Object value = value(column);
      return value instanceof BinaryStreamReader.ArrayValue array ? array.asList() : value;
    }

    private List<?> list(String column) {
      return switch (value(column)) {
        case null -> List.of();
        case BinaryStreamReader.ArrayValue array -> array.asList();
        case List<?> items -> items;
        case Object other -> throw wrong(column, other, "an array");
      };
    }

    private @Nullable Object value(String column) {
      return reader.readValue(column);
    }

    private static IllegalArgumentException wrong(String column, Object value, String wanted) {
      return new IllegalArgumentException(
          "Column "
              + column
              + " is a "
              + value.getClass().getSimpleName()
              + ", not "
              + wanted
              + ".");
    }
  }
}
