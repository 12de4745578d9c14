package io.tracewell.server.clickhouse;

import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to the engine or to a ClickHouse server by the official client. Thread-safe; blocks. All
 * values go in as query parameters ({@code {name:Type}}) or RowBinary, never as literals.
 */
public final class ClickHouse implements AutoCloseable {
  private final Options options;

  /** Where and as whom. {@code url} is http(s)://host:port. */
  public record Options(String url, String user, String password, String database) {}

  /** Connects when first used. */
  public ClickHouse(Options options) {
    this.options = options;
  }

  /** One row of a result; columns by name. */
  public interface Row {
    String string(String column);

    boolean bool(String column);

    /** Signed and unsigned integers up to 64 bit; UInt64 above 2^63 wraps. */
    long int64(String column);

    double float64(String column);

    /** UInt128 and so on. */
    BigInteger bigInteger(String column);

    @Nullable BigDecimal decimal(String column);

    /** DateTime, DateTime64: nanoseconds since the epoch. */
    long epochNanos(String column);

    List<String> strings(String column);

    long[] longs(String column);

    /** Any other value as the client gives it. */
    @Nullable Object object(String column);
  }

  /** Settings and bounds of one statement. {@code timeout} is for the whole of it. */
  public record Limits(Duration timeout, Map<String, String> settings) {
    /** 30 s, nothing else. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(30), Map.of());
  }

  /** Runs a statement without a result. Throws {@link ClickHouseException}. */
  public void execute(String sql, Map<String, ?> parameters, Limits limits) {
    throw new UnsupportedOperationException("not written yet: " + options.url());
  }

  /** Runs a query and maps each row as it arrives. Throws {@link ClickHouseException}. */
  public <T> List<T> query(
      String sql, Map<String, ?> parameters, Limits limits, Function<Row, T> mapper) {
    throw new UnsupportedOperationException("not written yet");
  }

  /**
   * Inserts rows of RowBinary, columns in the order given, as one block, durable when it returns.
   * The same token is taken once.
   */
  public void insert(
      String table, List<String> columns, InputStream rowBinary, String deduplicationToken) {
    throw new UnsupportedOperationException("not written yet");
  }

  /** True where the engine answers. */
  public boolean ping() {
    return false;
  }

  @Override
  public void close() {}
}
