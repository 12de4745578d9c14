package io.tracewell.server.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Health, readiness, what the server is and what its ports have received. */
final class StatusRoutes implements Routes {
  private record Status(
      String version,
      String started,
      String now,
      @JsonProperty("has_spans") boolean hasSpans,
      List<Listener> listeners,
      Map<String, @Nullable String> engine,
      Map<String, Object> spool,
      @JsonProperty("key_required") boolean keyRequired,
      List<String> notices) {}

  private record Listener(
      String host,
      int port,
      String purpose,
      String requests,
      String spans,
      String refused,
      @Nullable String last) {}

  private record IngestRequest(
      String time,
      int port,
      String transport,
      String path,
      int status,
      int spans,
      int rejected,
      long bytes,
      @Nullable String reason) {}

  private final String version;
  private final Instant started;
  private final Clock clock;
  private final Supplier<List<Listen>> listeners;
  private final IngestLog ingestLog;
  private final AccessFilter access;
  private final Supplier<ServerState> state;

  StatusRoutes(
      String version,
      Clock clock,
      Supplier<List<Listen>> listeners,
      IngestLog ingestLog,
      AccessFilter access,
      Supplier<ServerState> state) {
    this.version = version;
    this.clock = clock;
    this.started = clock.instant();
    this.listeners = listeners;
    this.ingestLog = ingestLog;
    this.access = access;
    this.state = state;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/healthz", ctx -> ctx.result("ok\n"));
    routes.get("/readyz", this::ready);
    routes.get("/api/v1/status", ctx -> ctx.json(status()));
    routes.get("/api/v1/ingest/requests", this::requests);
  }

  private void ready(Context ctx) {
    ServerState now = state.get();
    if (now.spoolRefusing()) {
      ctx.status(503)
          .header("Retry-After", "5")
          .result("not ready: the spool is full, the intake refuses\n");
    } else if (!now.engineState().equals("ready")) {
      ctx.status(503).header("Retry-After", "2").result("not ready: the engine is not answering\n");
    } else {
      ctx.result("ready\n");
    }
  }

  private void requests(Context ctx) {
    Integer limit = ctx.queryParamAsClass("limit", Integer.class).getOrDefault(50);
    if (limit < 1 || limit > IngestLog.KEPT) {
      throw ApiException.badRequest("limit is between 1 and " + IngestLog.KEPT + ".");
    }
    ctx.json(
        Map.of(
            "requests",
            ingestLog.newest(limit).stream()
                .map(
                    r ->
                        new IngestRequest(
                            r.time().toString(),
                            r.port(),
                            r.transport(),
                            r.path(),
                            r.status(),
                            r.spans(),
                            r.rejected(),
                            r.bytes(),
                            r.reason()))
                .toList()));
  }

  /** A browser's event streams can't send headers, so pages keep the key in a cookie. */
  private Status status() {
    ServerState now = state.get();
    Map<String, @Nullable String> engine = new java.util.LinkedHashMap<>();
    engine.put("state", now.engineState());
    engine.put("reason", now.engineReason());
    engine.put("url_kind", now.engineKind());
    return new Status(
        version,
        started.toString(),
        clock.instant().toString(),
        now.hasSpans().getAsBoolean(),
        listeners.get().stream().map(this::listener).toList(),
        engine,
        Map.of(
            "bytes", Long.toString(now.spoolBytes()),
            "max_bytes", Long.toString(now.spoolMaxBytes()),
            "refusing", now.spoolRefusing(),
            "quarantined", Long.toString(now.quarantined())),
        access.keyRequired(),
        now.notices());
  }

  private Listener listener(Listen listen) {
    IngestLog.PortSums sums = ingestLog.port(listen.port());
    Instant last = sums.last();
    return new Listener(
        listen.host(),
        listen.port(),
        listen.purpose(),
        Long.toString(sums.requests()),
        Long.toString(sums.spans()),
        Long.toString(sums.refused()),
        last == null ? null : last.toString());
  }
}
