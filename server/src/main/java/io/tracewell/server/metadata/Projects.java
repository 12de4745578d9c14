package io.tracewell.server.metadata;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.metadata.Database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Datadog's projects: what datasets and experiments are grouped by. Names are unique. */
final class Projects {
  private static final String COLUMNS = "seq, id, name, description, created, updated";

  private final Database database;
  private final Clock clock;

  Projects(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** A project; times are milliseconds since the epoch. */
  record Project(
      long seq, String id, String name, String description, long created, long updated) {}

  /** What was asked for, and whether it had to be made. */
  record Made<T>(T value, boolean isNew) {}

  /** The project of that name, made where there is none. */
  Made<Project> getOrCreate(String name, String description) {
    return database.transact(session -> getOrCreate(session, name, description));
  }

  private Made<Project> getOrCreate(Session session, String name, String description)
      throws SQLException {
    Project known =
        session.first(
            "SELECT " + COLUMNS + " FROM dataset_projects WHERE name = ? AND deleted IS NULL",
            Projects::project,
            name);
    if (known != null) {
      return new Made<>(known, false);
    }
    long now = clock.millis();
    String id = UUID.randomUUID().toString();
    session.update(
        "INSERT INTO dataset_projects (id, name, description, created, updated) VALUES (?, ?, ?, ?,"
            + " ?)",
        id,
        name,
        description,
        now,
        now);
    return new Made<>(get(session, id), true);
  }

  /**
   * The project.
   *
   * @throws ApiException 404 where there is none
   */
  Project get(String id) {
    return database.transact(session -> get(session, id));
  }

  private static Project get(Session session, String id) throws SQLException {
    Project found =
        session.first(
            "SELECT " + COLUMNS + " FROM dataset_projects WHERE id = ? AND deleted IS NULL",
            Projects::project,
            id);
    if (found == null) {
      throw ApiException.notFound(
          "No project has this id. It may have been deleted; POST …/projects makes one.");
    }
    return found;
  }

  /**
   * Newest first.
   *
   * @param before seq of the last one of the page before; {@link Long#MAX_VALUE} for the first page
   */
  List<Project> list(@Nullable String id, @Nullable String name, long before, int limit) {
    return database.transact(
        session ->
            new Listing("SELECT " + COLUMNS + " FROM dataset_projects WHERE deleted IS NULL")
                .where("id", id)
                .where("name", name)
                .page(session, Projects::project, before, limit));
  }

  /** Null parts stay as they are. */
  Project update(String id, @Nullable String name, @Nullable String description) {
    return database.transact(
        session -> {
          session.update(
              "UPDATE dataset_projects SET name = coalesce(?, name), description = coalesce(?,"
                  + " description), updated = ? WHERE id = ? AND deleted IS NULL",
              name,
              description,
              clock.millis(),
              id);
          return get(session, id);
        });
  }

  /** Marks as deleted, with their datasets and experiments. */
  void delete(Collection<String> ids) {
    database.transact(
        session -> {
          long now = clock.millis();
          for (String id : ids) {
            session.markDeleted("datasets", "project_id", id, now);
            session.markDeleted("experiments", "project_id", id, now);
            session.markDeleted("dataset_projects", "id", id, now);
          }
          return true;
        });
  }

  private static Project project(ResultSet row) throws SQLException {
    return new Project(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getLong(5),
        row.getLong(6));
  }
}
