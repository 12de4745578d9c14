package io.tracewell.server.clickhouse;

/**
 * The engine refused or did not answer. Holds the code and the name of the error only: the engine's
 * text can contain the values of a span.
 */
public final class ClickHouseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** {@link #code()} where no answer came. */
  public static final int UNREACHABLE = -1;

  private final int code;
  private final boolean retryable;

  /** {@code summary} must not contain what the engine said of the data. */
  public ClickHouseException(int code, boolean retryable, String summary) {
    super(summary);
    this.code = code;
    this.retryable = retryable;
  }

  /** ClickHouse's error code, or {@link #UNREACHABLE}. */
  public int code() {
    return code;
  }

  /** True where the same statement may work later (no connection, too busy, disk full, memory). */
  public boolean retryable() {
    return retryable;
  }
}
