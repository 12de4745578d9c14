package io.tracewell.server.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.Evaluation;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.SpanSink;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import io.tracewell.server.ingest.Bodies.Refused;
import io.tracewell.server.message.Json;
import io.tracewell.server.normalise.DatadogEvaluations;
import io.tracewell.server.normalise.LangfuseScores;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What Langfuse's SDKs call beside OTLP, whose spans {@link OtlpRoutes} takes under {@code
 * /api/public/otel}: scores, which are kept as evaluations, and media, which are not: the answer
 * lets the SDK go on, and the requests log says what was not kept.
 */
final class LangfuseRoutes implements Routes {
  private static final String TRANSPORT = "langfuse-api";
  private static final String ONLY_SCORES =
      "Only scores are taken here. Send spans with version 3 of the SDK, or a later one.";

  private final SpanSink sink;
  private final Bodies bodies;
  private final IngestLog log;
  private final Clock clock;

  LangfuseRoutes(SpanSink sink, Bodies bodies, IngestLog log, Clock clock) {
    this.sink = sink;
    this.clock = clock;
    this.bodies = bodies;
    this.log = log;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.post("/api/public/scores", this::scores);
    routes.post("/api/public/ingestion", this::batch);
    routes.post("/api/public/media", this::media);
    routes.patch("/api/public/media/{id}", this::uploaded);
    // What auth_check() asks.
    routes.get(
        "/api/public/projects",
        ctx -> answer(ctx, 200, "{\"data\":[{\"id\":\"default\",\"name\":\"default\"}]}"));
    routes.get(
        "/api/public/health", ctx -> answer(ctx, 200, "{\"status\":\"OK\",\"version\":\"3\"}"));
  }

  private void scores(Context ctx) throws IOException {
    JsonNode body = body(ctx);
    Taking taking = new Taking(sink);
    for (JsonNode score : body.isArray() ? body : List.of(body)) {
      take(score, "", taking);
    }
    Taking.Result result = finish(ctx, taking);
    if (result.accepted() == 0 && result.rejected() > 0) {
      record(ctx, 400, result);
      throw ApiException.badRequest(result.reason());
    }
    JsonNode id = body.path("id");
    answer(
        ctx,
        200,
        Json.mapper()
            .createObjectNode()
            .put("id", id.isTextual() ? id.textValue() : UUID.randomUUID().toString())
            .toString());
    record(ctx, 200, result);
  }

  /** Takes one score; the reason why not, or null. */
  private @Nullable String take(JsonNode score, String time, Taking taking) {
    Instant now = clock.instant();
    DatadogEvaluations.Reading reading =
        LangfuseScores.read(score, time, now.getEpochSecond() * 1_000_000_000L + now.getNano());
    Evaluation evaluation = reading.evaluation();
    if (evaluation == null) {
      taking.rejected(reading.reason());
      return reading.reason();
    }
    try {
      taking.add(evaluation);
      return null;
    } catch (OverloadedException e) {
      throw overloaded(e);
    }
  }

  private Taking.Result finish(Context ctx, Taking taking) {
    try {
      return taking.finish();
    } catch (OverloadedException e) {
      ApiException refusal = overloaded(e);
      record(ctx, 503, new Taking.Result(0, 0, String.valueOf(refusal.getMessage())));
      throw refusal;
    }
  }

  private static ApiException overloaded(OverloadedException e) {
    return ApiException.unavailable(
        Objects.requireNonNullElse(e.getMessage(), "There is no room at the moment."),
        e.retryAfterSeconds());
  }

  /** The way before OpenTelemetry; since version 3 of the SDK only scores come this way. */
  private void batch(Context ctx) throws IOException {
    ObjectNode answer = Json.mapper().createObjectNode();
    ArrayNode taken = answer.putArray("successes");
    ArrayNode refused = answer.putArray("errors");
    Taking taking = new Taking(sink);
    for (JsonNode event : body(ctx).path("batch")) {
      String id = event.path("id").asText("");
      String problem = ONLY_SCORES;
      if (event.path("type").asText("").equals("score-create")) {
        problem = take(event.path("body"), event.path("timestamp").asText(""), taking);
      } else {
        taking.rejected(ONLY_SCORES);
      }
      if (problem == null) {
        taken.addObject().put("id", id).put("status", 201);
      } else {
        refused.addObject().put("id", id).put("status", 400).put("message", problem);
      }
    }
    Taking.Result result = finish(ctx, taking);
    answer(ctx, 207, answer.toString());
    record(ctx, 207, result);
  }

  /** No address to upload to: to the SDK the bytes are there already. */
  private void media(Context ctx) throws IOException {
    body(ctx);
    ObjectNode answer = Json.mapper().createObjectNode();
    answer.put("mediaId", UUID.randomUUID().toString()).putNull("uploadUrl");
    answer(ctx, 201, answer.toString());
    record(ctx, 201, new Taking.Result(0, 1, "Media of messages are answered and not kept."));
  }

  private void uploaded(Context ctx) throws IOException {
    bodies.drain(ctx.req().getInputStream());
    answer(ctx, 200, "{}");
  }

  private static void answer(Context ctx, int status, String json) {
    ctx.status(status).contentType("application/json").result(json);
  }

  private void record(Context ctx, int status, Taking.Result result) {
    log.record(
        ctx.req().getLocalPort(),
        TRANSPORT,
        ctx.path(),
        status,
        result.accepted(),
        result.rejected(),
        Math.max(0, ctx.req().getContentLengthLong()),
        result.reason().isEmpty() ? null : result.reason());
  }

  private JsonNode body(Context ctx) throws IOException {
    try (Bodies.Body body =
        bodies.read(
            ctx.req().getInputStream(),
            Objects.requireNonNullElse(ctx.header("Content-Encoding"), ""),
            ctx.req().getContentLengthLong())) {
      JsonNode tree = Json.tree(new String(body.bytes, 0, body.length, StandardCharsets.UTF_8));
      if (tree == null) {
        String reason = "The body is not a JSON object or list.";
        record(ctx, 400, new Taking.Result(0, 0, reason));
        throw ApiException.badRequest(reason);
      }
      return tree;
    } catch (Refused e) {
      record(ctx, e.status, new Taking.Result(0, 0, String.valueOf(e.getMessage())));
      throw new ApiException(e.status, "bad_request", String.valueOf(e.getMessage()));
    }
  }
}
