package io.tracewell.server.metadata;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.metadata.Database.Session;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's lock for people who edit a dataset by hand: one at a time. It is a sign between them;
 * SDKs that write records are not held up by it, as they are not there.
 */
final class Drafts implements Routes {
  private final Database database;
  private final Datasets datasets;
  private final Clock clock;

  Drafts(Database database, Datasets datasets, Clock clock) {
    this.database = database;
    this.datasets = datasets;
    this.clock = clock;
  }

  /** Who has a dataset; {@code since} in milliseconds since the epoch. */
  private record Draft(String who, long since) {}

  @Override
  public void register(RoutesConfig routes) {
    for (String base : List.of("/datasets", "/{project}/datasets")) {
      String path = base + "/{dataset}/draft_state";
      ControlPlane.on(routes, HandlerType.GET, path, this::get);
      ControlPlane.on(routes, HandlerType.PATCH, path + "/lock", this::lock);
      ControlPlane.on(routes, HandlerType.PATCH, path + "/unlock", this::unlock);
    }
  }

  private void get(Context ctx) {
    String dataset = datasets.get(ctx.pathParam("dataset")).id();
    Draft draft =
        database.transact(
            session -> {
              Draft found = find(session, dataset);
              if (found == null) {
                throw ApiException.notFound("Nobody is editing this dataset.");
              }
              return found;
            });
    answer(ctx, dataset, draft);
  }

  private void lock(Context ctx) {
    String dataset = datasets.get(ctx.pathParam("dataset")).id();
    String who = caller(ctx);
    answer(
        ctx,
        dataset,
        database.transact(
            session -> {
              Draft draft = own(session, dataset, who);
              if (draft != null) {
                return draft;
              }
              long now = clock.millis();
              session.update(
                  "INSERT INTO dataset_drafts (dataset_id, who, since) VALUES (?, ?, ?)",
                  dataset,
                  who,
                  now);
              return new Draft(who, now);
            }));
  }

  private void unlock(Context ctx) {
    String dataset = datasets.get(ctx.pathParam("dataset")).id();
    String who = caller(ctx);
    Draft ended =
        database.transact(
            session -> {
              Draft draft = own(session, dataset, who);
              session.update("DELETE FROM dataset_drafts WHERE dataset_id = ?", dataset);
              return draft == null ? new Draft(who, clock.millis()) : draft;
            });
    answer(ctx, dataset, ended);
  }

  private static @Nullable Draft find(Session session, String dataset) throws SQLException {
    return session.first(
        "SELECT who, since FROM dataset_drafts WHERE dataset_id = ?",
        row -> new Draft(row.getString(1), row.getLong(2)),
        dataset);
  }

  /** The caller's own draft; null where nobody has one. */
  private static @Nullable Draft own(Session session, String dataset, String who)
      throws SQLException {
    Draft draft = find(session, dataset);
    if (draft != null && !draft.who().equals(who)) {
      throw new ApiException(
          409,
          "conflict",
          "Someone else is editing this dataset since "
              + Documents.time(draft.since())
              + ". It is free again when they unlock it.");
    }
    return draft;
  }

  private static void answer(Context ctx, String dataset, Draft draft) {
    ObjectNode attributes = Documents.object();
    attributes.put("drafting_since", Documents.time(draft.since()));
    attributes.putObject("user").put("id", draft.who());
    ControlPlane.answer(
        ctx, 200, ControlPlane.data(ControlPlane.item("draft_state_data", dataset, attributes)));
  }

  /** There are no users: whoever has the same key is the same. */
  private static String caller(Context ctx) {
    String key = "";
    for (String header : List.of("DD-APPLICATION-KEY", "DD-API-KEY", "Authorization")) {
      String sent = ctx.header(header);
      key = key.isEmpty() && sent != null ? sent : key;
    }
    try {
      ByteBuffer hash =
          ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
      return new UUID(hash.getLong(), hash.getLong()).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
