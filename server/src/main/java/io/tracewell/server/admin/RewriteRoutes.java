package io.tracewell.server.admin;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.store.Rewrites;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Starts reading stored spans anew, and says how it stands. */
public final class RewriteRoutes implements Routes {
  private static final Pattern AGO = Pattern.compile("(\\d{1,5})([mhd])");

  private final Rewrites rewrites;
  private final Clock clock;

  /** Of {@code rewrites}. */
  public RewriteRoutes(Rewrites rewrites, Clock clock) {
    this.rewrites = rewrites;
    this.clock = clock;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/api/v1/rewrites", this::answer);
    routes.post("/api/v1/rewrites", this::begin);
  }

  private void begin(Context ctx) {
    String kind = ctx.queryParam("kind");
    if (kind == null || !rewrites.kinds().contains(kind)) {
      throw ApiException.badRequest("“kind” must be reprice or remap.");
    }
    if (!rewrites.begin(kind, since(ctx.queryParam("since")))) {
      throw new ApiException(
          409,
          "busy",
          "Spans are being read anew already. Wait until GET /api/v1/rewrites says that it has ended.");
    }
    answer(ctx.status(202));
  }

  private Instant since(@Nullable String text) {
    if (text != null) {
      Matcher ago = AGO.matcher(text);
      if (ago.matches()) {
        long count = Long.parseLong(ago.group(1));
        Duration duration =
            switch (ago.group(2)) {
              case "m" -> Duration.ofMinutes(count);
              case "h" -> Duration.ofHours(count);
              default -> Duration.ofDays(count);
            };
        return clock.instant().minus(duration);
      }
      try {
        return Instant.parse(text.length() == 10 ? text + "T00:00:00Z" : text);
      } catch (DateTimeParseException e) {
        // said below
      }
    }
    throw ApiException.badRequest(
        "“since” must say from when on: 30m, 24h, 7d, 2026-01-31 or 2026-01-31T12:00:00Z.");
  }

  private void answer(Context ctx) {
    Rewrites.State state = rewrites.state();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("running", state.running());
    answer.put("kind", state.kind());
    answer.put("since", text(state.since()));
    answer.put("started", text(state.started()));
    answer.put("finished", text(state.finished()));
    answer.put("traces", state.traces());
    answer.put("spans", state.spans());
    answer.put("changed", state.changed());
    answer.put("error", state.error());
    ctx.json(answer);
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
