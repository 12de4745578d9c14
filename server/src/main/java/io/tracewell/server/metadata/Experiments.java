package io.tracewell.server.metadata;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.metadata.Database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Experiments: what was run on which version of which dataset, and how it ended. Their spans and
 * evaluations are stored as all others and carry the experiment's id.
 */
final class Experiments {
  private static final String COLUMNS =
      "seq, id, project_id, dataset_id, dataset_version, experiment, name, description, config,"
          + " metadata, run_count, parent_id, status, error, created, updated, deleted,"
          + " coalesce((SELECT name FROM datasets WHERE datasets.id = experiments.dataset_id), '')";

  private final Database database;
  private final Clock clock;

  Experiments(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * An experiment; times are milliseconds since the epoch.
   *
   * @param experiment the name that was given
   * @param name the name of this run of it, unique in the project where that was asked for
   * @param config JSON object
   * @param metadata JSON object
   * @param parentId experiment that it is compared with; empty for none
   * @param status {@code running}, {@code completed}, {@code failed}, {@code interrupted} or empty
   * @param deleted null where it is there
   */
  record Experiment(
      long seq,
      String id,
      String projectId,
      String datasetId,
      int datasetVersion,
      String experiment,
      String name,
      String description,
      String config,
      String metadata,
      int runCount,
      String parentId,
      String status,
      String error,
      long created,
      long updated,
      @Nullable Long deleted,
      String datasetName) {}

  /** What is asked of a list; null: anything. */
  record Filter(
      Collection<String> ids,
      @Nullable String projectId,
      @Nullable String datasetId,
      @Nullable String name,
      @Nullable String experiment,
      Collection<String> parentIds,
      boolean deleted) {}

  /** Makes one; its version of the dataset is the current one where none is given. */
  Experiment create(
      String name,
      String projectId,
      String datasetId,
      @Nullable Integer datasetVersion,
      String description,
      String config,
      String metadata,
      boolean unique,
      int runCount,
      String parentId) {
    return database.transact(
        session -> {
          Integer version = datasetVersion;
          if (version == null) {
            version =
                session.first(
                    "SELECT current_version FROM datasets WHERE id = ?",
                    row -> row.getInt(1),
                    datasetId);
          }
          String id = UUID.randomUUID().toString();
          long now = clock.millis();
          session.update(
              "INSERT INTO experiments (id, project_id, dataset_id, dataset_version, experiment, name,"
                  + " description, config, metadata, run_count, parent_id, status, error, created,"
                  + " updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, ?)",
              id,
              projectId,
              datasetId,
              Objects.requireNonNullElse(version, 0),
              name,
              unique ? uniqueName(session, projectId, name) : name,
              description,
              config,
              metadata,
              runCount,
              parentId,
              now,
              now);
          return get(session, id);
        });
  }

  private static String uniqueName(Session session, String projectId, String name)
      throws SQLException {
    String candidate = name;
    for (int run = 2; taken(session, projectId, candidate); run++) {
      candidate = name + "-" + run;
    }
    return candidate;
  }

  private static boolean taken(Session session, String projectId, String name) throws SQLException {
    return session.first(
            "SELECT id FROM experiments WHERE project_id = ? AND name = ?",
            row -> row.getString(1),
            projectId,
            name)
        != null;
  }

  /**
   * The experiment, also where it was deleted.
   *
   * @throws ApiException 404 where there is none
   */
  Experiment get(String id) {
    return database.transact(session -> get(session, id));
  }

  private static Experiment get(Session session, String id) throws SQLException {
    Experiment found =
        session.first(
            "SELECT " + COLUMNS + " FROM experiments WHERE id = ?", Experiments::experiment, id);
    if (found == null) {
      throw ApiException.notFound("No experiment has this id.");
    }
    return found;
  }

  /** Null parts stay as they are. */
  Experiment update(
      String id,
      @Nullable String name,
      @Nullable String description,
      @Nullable String status,
      @Nullable String error,
      @Nullable String metadata,
      @Nullable String datasetId) {
    return database.transact(
        session -> {
          session.update(
              "UPDATE experiments SET name = coalesce(?, name), description = coalesce(?,"
                  + " description), status = coalesce(?, status), error = coalesce(?, error), metadata"
                  + " = coalesce(?, metadata), dataset_id = coalesce(?, dataset_id), updated = ? WHERE"
                  + " id = ?",
              name,
              description,
              status,
              error,
              metadata,
              datasetId,
              clock.millis(),
              id);
          return get(session, id);
        });
  }

  /** Marks as deleted. */
  void delete(Collection<String> ids) {
    database.transact(
        session -> {
          for (String id : ids) {
            session.markDeleted("experiments", "id", id, clock.millis());
          }
          return true;
        });
  }

  /** Newest first. */
  List<Experiment> list(Filter filter, long before, int limit) {
    String deleted = filter.deleted() ? "NOT NULL" : "NULL";
    return database.transact(
        session ->
            new Listing("SELECT " + COLUMNS + " FROM experiments WHERE deleted IS " + deleted)
                .anyOf("id", filter.ids())
                .anyOf("parent_id", filter.parentIds())
                .where("project_id", filter.projectId())
                .where("dataset_id", filter.datasetId())
                .where("name", filter.name())
                .where("experiment", filter.experiment())
                .page(session, Experiments::experiment, before, limit));
  }

  private static Experiment experiment(ResultSet row) throws SQLException {
    long deleted = row.getLong(17);
    boolean isThere = row.wasNull();
    return new Experiment(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getInt(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getString(9),
        row.getString(10),
        row.getInt(11),
        row.getString(12),
        row.getString(13),
        row.getString(14),
        row.getLong(15),
        row.getLong(16),
        isThere ? null : deleted,
        row.getString(18));
  }
}
