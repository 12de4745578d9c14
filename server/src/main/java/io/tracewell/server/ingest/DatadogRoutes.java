package io.tracewell.server.ingest;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.tracewell.core.OverloadedException;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import io.tracewell.server.ingest.Bodies.Refused;
import io.tracewell.server.ingest.DatadogIntake.Format;
import io.tracewell.server.ingest.Taking.Result;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.List;
import java.util.Objects;

/**
 * What Datadog's SDKs speak: the protocol of their agent, the intakes it forwards to, and those
 * intakes under their own paths for senders that go without an agent. {@code /evp_proxy/vN/} is a
 * prefix of the latter.
 */
final class DatadogRoutes implements Routes {
  /**
   * What SDKs look for before they choose where to send. Left out on purpose: statistics and
   * client-side dropping, remote configuration, and version 1.0 of the trace format.
   */
  private static final String INFO =
      """
      {"version":"7.70.0",\
      "endpoints":["/v0.3/traces","/v0.4/traces","/v0.5/traces","/telemetry/proxy/",\
      "/evp_proxy/v1/","/evp_proxy/v2/","/evp_proxy/v3/","/evp_proxy/v4/"],\
      "client_drop_p0s":false,"span_meta_structs":true,"span_events":true,\
      "long_running_spans":false,\
      "evp_proxy_allowed_headers":["Content-Type","Accept-Encoding","Content-Encoding","User-Agent"],\
      "feature_flags":[],"config":{},"peer_tags":[]}
      """;

  /** Rates by service; the empty one is for all others. */
  private static final String RATES = "{\"rate_by_service\":{\"service:,env:\":1.0}}";

  private static final String JSON = "application/json";

  /** Other products of the same SDKs. They are answered so that nobody's log fills up. */
  private static final List<String> DISCARDED =
      List.of(
          "/telemetry/proxy/<path>",
          "/api/v2/apmtelemetry",
          "/v0.6/stats",
          "/v0.1/pipeline_stats",
          "/profiling/v1/input",
          "/debugger/v1/<path>",
          "/symdb/v1/input",
          "/tracer_flare/v1",
          "/dogstatsd/v2/proxy");

  private static final List<String> DISCARDED_BY_PROXY =
      List.of("errorsintake", "exposures", "citestcycle", "citestcov", "apmtelemetry");

  private final DatadogIntake intake;
  private final Bodies bodies;
  private final IngestLog log;

  DatadogRoutes(DatadogIntake intake, Bodies bodies, IngestLog log) {
    this.intake = intake;
    this.bodies = bodies;
    this.log = log;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/info", ctx -> ctx.contentType(JSON).result(INFO));
    for (String path : List.of("/v0.3/traces", "/v0.4/traces")) {
      routes.put(path, ctx -> take(ctx, Format.TRACES, 200, RATES));
      routes.post(path, ctx -> take(ctx, Format.TRACES, 200, RATES));
    }
    routes.put("/v0.5/traces", ctx -> take(ctx, Format.TRACES_TABLE, 200, RATES));
    routes.post("/v0.5/traces", ctx -> take(ctx, Format.TRACES_TABLE, 200, RATES));
    // Python without an agent; its host is Datadog's, so this takes a redirected name.
    routes.post("/v1/input", ctx -> take(ctx, Format.TRACES, 200, RATES));
    routes.post("/api/v2/spans", ctx -> take(ctx, Format.TRACES, 200, RATES));
    proxied(routes, "/api/v2/llmobs", ctx -> take(ctx, Format.EVENTS, 202, "{}"));
    proxied(routes, "/api/intake/llm-obs/v1/trace/spans", ctx -> take(ctx, Format.API, 202, ""));
    // LiteLLM sends again whatever is not answered by 202.
    proxied(routes, "/api/v2/logs", ctx -> take(ctx, Format.LOGS, 202, "{}"));
    for (String version : List.of("v1", "v2")) {
      proxied(routes, "/api/intake/llm-obs/" + version + "/eval-metric", this::evaluations);
    }
    for (String api : List.of("/api/unstable", "/api/v2")) {
      proxied(routes, api + "/llm-obs/v1/eval-metric", this::evaluations);
      proxied(
          routes,
          api + "/llm-obs/v1/experiments/{experiment_id}/events",
          ctx -> evaluations(ctx, Format.EXPERIMENT, ctx.pathParam("experiment_id")));
    }
    for (String path : DISCARDED) {
      routes.post(path, this::discard);
      routes.put(path, this::discard);
    }
    for (String path : DISCARDED_BY_PROXY) {
      routes.post("/evp_proxy/{version}/api/v2/" + path, this::discard);
    }
    // "Up to date": the SDK keeps what it has.
    routes.post(
        "/v0.7/config",
        ctx -> {
          bodies.drain(ctx.req().getInputStream());
          ctx.contentType(JSON).result("{}");
        });
  }

  private static void proxied(RoutesConfig routes, String path, Handler handler) {
    routes.post(path, handler);
    routes.post("/evp_proxy/{version}" + path, handler);
  }

  private void discard(Context ctx) throws IOException {
    bodies.drain(ctx.req().getInputStream());
    ctx.status(202).contentType(JSON).result("{}");
  }

  private void evaluations(Context ctx) throws IOException {
    evaluations(ctx, Format.EVALUATIONS, "");
  }

  private void evaluations(Context ctx, Format format, String experimentId) throws IOException {
    answer(
        ctx,
        format,
        202,
        body -> {
          DatadogIntake.Evaluated taken = intake.evaluations(body.bytes, body.length, experimentId);
          return new Answered(taken.result(), taken.answer());
        });
  }

  private void take(Context ctx, Format format, int status, String answer) throws IOException {
    answer(
        ctx,
        format,
        status,
        body -> new Answered(intake.take(format, body.bytes, body.length, sdk(ctx)), answer));
  }

  private record Answered(Result result, String answer) {}

  /** Takes a body in. */
  private interface Taker {
    Answered take(Bodies.Body body) throws DatadogUnreadable, OverloadedException;
  }

  private void answer(Context ctx, Format format, int status, Taker taker) throws IOException {
    String path = ctx.path();
    int port = ctx.req().getLocalPort();
    PushbackInputStream stream = new PushbackInputStream(ctx.req().getInputStream(), 4);
    try (Bodies.Body body =
        bodies.read(stream, encoding(stream), ctx.req().getContentLengthLong())) {
      try {
        Answered answered = taker.take(body);
        Result result = answered.result();
        log.record(
            port,
            format.transport,
            path,
            status,
            result.accepted(),
            result.rejected(),
            body.wireBytes,
            result.reason().isEmpty() ? null : result.reason());
        ctx.status(status).contentType(JSON).result(answered.answer());
      } catch (DatadogUnreadable e) {
        String message = e.getMessage() + ". Nothing of the request was stored.";
        log.record(port, format.transport, path, 400, 0, 0, body.wireBytes, message);
        throw ApiException.badRequest(message);
      } catch (OverloadedException e) {
        String message =
            Objects.requireNonNullElse(e.getMessage(), "There is no room at the moment.");
        log.record(port, format.transport, path, 503, 0, 0, body.wireBytes, message);
        throw ApiException.unavailable(message, e.retryAfterSeconds());
      }
    } catch (Refused e) {
      String message = String.valueOf(e.getMessage());
      log.record(
          port,
          format.transport,
          path,
          e.status,
          0,
          0,
          Math.max(0, ctx.req().getContentLengthLong()),
          message);
      if (e.retryAfterSeconds > 0) {
        ctx.header("Retry-After", Integer.toString(e.retryAfterSeconds));
      }
      if (e.status == 413 || e.status == 429) {
        // The rest of the body is not read.
        ctx.header("Connection", "close");
      }
      throw new ApiException(e.status, e.status == 413 ? "too_large" : "bad_request", message);
    }
  }

  /**
   * The encoding by the first bytes, whatever the header says: Java's tracer compresses without
   * saying so where the agent is an old one.
   */
  private static String encoding(PushbackInputStream stream) throws IOException {
    byte[] first = new byte[4];
    int read = readFully(stream, first);
    stream.unread(first, 0, read);
    if (read >= 2 && first[0] == 0x1f && first[1] == (byte) 0x8b) {
      return "gzip";
    }
    boolean zstd =
        read == 4
            && first[0] == 0x28
            && first[1] == (byte) 0xb5
            && first[2] == 0x2f
            && first[3] == (byte) 0xfd;
    return zstd ? "zstd" : "";
  }

  private static int readFully(InputStream stream, byte[] into) throws IOException {
    int length = 0;
    while (length < into.length) {
      int read = stream.read(into, length, into.length - length);
      if (read < 0) {
        break;
      }
      length += read;
    }
    return length;
  }

  private static String sdk(Context ctx) {
    String language = ctx.header("Datadog-Meta-Lang");
    String version = ctx.header("Datadog-Meta-Tracer-Version");
    return ((language == null ? "" : language) + " " + (version == null ? "" : version)).strip();
  }
}
