package io.tracewell.core;

/** There is no room for more at the moment; the sender is to come again later. */
public final class OverloadedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int retryAfterSeconds;

  /** {@code message} says what is full and what to do; it is shown to the sender. */
  public OverloadedException(String message, int retryAfterSeconds) {
    super(message, null, false, false);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** When to come again, seconds. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
