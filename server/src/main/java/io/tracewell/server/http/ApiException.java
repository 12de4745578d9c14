package io.tracewell.server.http;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A refused request. Its message says what was wrong, what was expected and what to do; it is shown
 * to the caller as {@code {"error":{"code","message","position","suggestion"}}}.
 */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable Integer position;
  private final @Nullable String suggestion;
  private final int retryAfterSeconds;

  private ApiException(
      int status,
      String code,
      String message,
      @Nullable Integer position,
      @Nullable String suggestion,
      int retryAfterSeconds) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.position = position;
    this.suggestion = suggestion;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** A refusal with the given HTTP status. */
  public ApiException(int status, String code, String message) {
    this(status, code, message, null, null, 0);
  }

  /** 400: {@code q} can't be read; {@code position} is the offset in it. */
  public static ApiException badQuery(String message, int position, @Nullable String suggestion) {
    return new ApiException(400, "bad_query", message, position, suggestion, 0);
  }

  /** 400. */
  public static ApiException badRequest(String message) {
    return new ApiException(400, "bad_request", message);
  }

  /** 404. */
  public static ApiException notFound(String message) {
    return new ApiException(404, "not_found", message);
  }

  /** 503 with Retry-After. */
  public static ApiException unavailable(String message, int retryAfterSeconds) {
    return new ApiException(503, "unavailable", message, null, null, retryAfterSeconds);
  }

  /** HTTP status. */
  public int status() {
    return status;
  }

  /** Short stable name of what was wrong. */
  public String code() {
    return code;
  }

  /** Offset in the query, or null. */
  public @Nullable Integer position() {
    return position;
  }

  /** The query as it was probably meant, or null. */
  public @Nullable String suggestion() {
    return suggestion;
  }

  /** When to come again, or empty. */
  public OptionalInt retryAfterSeconds() {
    return retryAfterSeconds > 0 ? OptionalInt.of(retryAfterSeconds) : OptionalInt.empty();
  }
}
