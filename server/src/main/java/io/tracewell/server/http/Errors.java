package io.tracewell.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One shape for every refusal: {@code {"error":{"code","message","position","suggestion"}}}. */
final class Errors {
  private static final Logger log = LoggerFactory.getLogger(Errors.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Errors() {}

  static String body(
      String code, String message, @Nullable Integer position, @Nullable String suggestion) {
    Map<String, @Nullable Object> error = new LinkedHashMap<>();
    error.put("code", code);
    error.put("message", message);
    error.put("position", position);
    error.put("suggestion", suggestion);
    try {
      return JSON.writeValueAsString(Map.of("error", error));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers are always JSON", e);
    }
  }

  static void register(RoutesConfig routes) {
    routes.exception(ApiException.class, Errors::answer);
    routes.exception(
        HttpResponseException.class,
        (e, ctx) ->
            answer(
                ctx,
                e.getStatus(),
                e.getStatus() == 404 ? "not_found" : "bad_request",
                e.getStatus() == 404
                    ? "There is nothing at "
                        + ctx.method()
                        + " "
                        + ctx.path()
                        + ". The API is described at /api/v1/openapi.yaml."
                    : String.valueOf(e.getMessage())));
    routes.exception(
        Exception.class,
        (e, ctx) -> {
          // The type and the place, not the message: it could hold what a sender sent.
          StackTraceElement[] trace = e.getStackTrace();
          log.error(
              "{} {} failed: {} at {}",
              ctx.method(),
              ctx.path(),
              e.getClass().getName(),
              trace.length > 0 ? trace[0] : "unknown");
          log.debug("cause", e);
          answer(
              ctx,
              500,
              "internal",
              "The server failed on this request. Its log names the place; please report it.");
        });
  }

  private static void answer(ApiException e, Context ctx) {
    e.retryAfterSeconds()
        .ifPresent(seconds -> ctx.header("Retry-After", Integer.toString(seconds)));
    ctx.status(e.status())
        .contentType("application/json")
        .result(body(e.code(), String.valueOf(e.getMessage()), e.position(), e.suggestion()));
  }

  private static void answer(Context ctx, int status, String code, String message) {
    ctx.status(status).contentType("application/json").result(body(code, message, null, null));
  }
}
