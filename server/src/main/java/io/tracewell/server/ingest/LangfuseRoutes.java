package io.tracewell.server.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import io.tracewell.server.ingest.Bodies.Refused;
import io.tracewell.server.message.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;

/**
 * What Langfuse's SDKs call beside OTLP, whose spans {@link OtlpRoutes} takes under {@code
 * /api/public/otel}: scores and media. Neither is kept yet; the answers are those that let the SDK
 * go on, and the requests log says what was not kept.
 */
final class LangfuseRoutes implements Routes {
  private static final String TRANSPORT = "langfuse-api";
  private static final String SCORES = "Scores are answered and not kept.";

  private final Bodies bodies;
  private final IngestLog log;

  LangfuseRoutes(Bodies bodies, IngestLog log) {
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
    JsonNode score = body(ctx);
    JsonNode id = score.path("id");
    answer(
        ctx,
        200,
        Json.mapper()
            .createObjectNode()
            .put("id", id.isTextual() ? id.textValue() : UUID.randomUUID().toString())
            .toString());
    record(ctx, 200, score.isArray() ? score.size() : 1, SCORES);
  }

  /** The way before OpenTelemetry; since version 3 of the SDK only scores come this way. */
  private void batch(Context ctx) throws IOException {
    ObjectNode answer = Json.mapper().createObjectNode();
    ArrayNode taken = answer.putArray("successes");
    ArrayNode refused = answer.putArray("errors");
    for (JsonNode event : body(ctx).path("batch")) {
      String id = event.path("id").asText("");
      if (event.path("type").asText("").equals("score-create")) {
        taken.addObject().put("id", id).put("status", 201);
      } else {
        refused
            .addObject()
            .put("id", id)
            .put("status", 400)
            .put("message", "Only scores are taken here. Send spans with version 3 of the SDK.");
      }
    }
    answer(ctx, 207, answer.toString());
    record(
        ctx,
        207,
        taken.size() + refused.size(),
        refused.isEmpty()
            ? SCORES
            : "Langfuse's batches of before version 3 of its SDK are not taken: send spans with a"
                + " newer SDK.");
  }

  /** No address to upload to: to the SDK the bytes are there already. */
  private void media(Context ctx) throws IOException {
    body(ctx);
    ObjectNode answer = Json.mapper().createObjectNode();
    answer.put("mediaId", UUID.randomUUID().toString()).putNull("uploadUrl");
    answer(ctx, 201, answer.toString());
    record(ctx, 201, 1, "Media of messages are answered and not kept.");
  }

  private void uploaded(Context ctx) throws IOException {
    bodies.drain(ctx.req().getInputStream());
    answer(ctx, 200, "{}");
  }

  private static void answer(Context ctx, int status, String json) {
    ctx.status(status).contentType("application/json").result(json);
  }

  private void record(Context ctx, int status, int rejected, String reason) {
    long bytes = Math.max(0, ctx.req().getContentLengthLong());
    log.record(ctx.req().getLocalPort(), TRANSPORT, ctx.path(), status, 0, rejected, bytes, reason);
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
        record(ctx, 400, 0, reason);
        throw ApiException.badRequest(reason);
      }
      return tree;
    } catch (Refused e) {
      record(ctx, e.status, 0, String.valueOf(e.getMessage()));
      throw new ApiException(e.status, "bad_request", String.valueOf(e.getMessage()));
    }
  }
}
