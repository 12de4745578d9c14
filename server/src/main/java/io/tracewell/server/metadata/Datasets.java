package io.tracewell.server.metadata;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.metadata.Database.Session;
import io.tracewell.server.metadata.Projects.Made;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Datasets and their records. Version 0 is empty; every change of records makes the next version,
 * and each version stays readable. JSON is kept as text, as it was sent.
 */
final class Datasets {
  private static final String COLUMNS =
      "seq, id, project_id, name, description, metadata, current_version, created, updated";
  private static final String RECORD =
      "dataset_id, record_id, from_version, position, input, expected_output, metadata, tags,"
          + " created, updated";
  private static final String AT_VERSION =
      "dataset_id = ? AND from_version <= ? AND (to_version IS NULL OR to_version > ?)";

  private final Database database;
  private final Clock clock;

  Datasets(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** A dataset; times are milliseconds since the epoch, {@code metadata} is JSON. */
  record Dataset(
      long seq,
      String id,
      String projectId,
      String name,
      String description,
      String metadata,
      int currentVersion,
      long created,
      long updated) {}

  /**
   * A record as of one version.
   *
   * @param version the version that made it what it is
   * @param input JSON
   * @param expectedOutput JSON; {@code null} where there is none
   * @param metadata JSON object
   */
  record Item(
      String datasetId,
      String id,
      int version,
      long position,
      String input,
      String expectedOutput,
      String metadata,
      List<String> tags,
      long created,
      long updated) {}

  /** A version; {@code lastUsed} null where it was never read by number. */
  record Version(String datasetId, int number, long created, @Nullable Long lastUsed) {}

  /** A record to be added; null id: one is made. A known id is replaced. */
  record Insert(
      @Nullable String id,
      String input,
      String expectedOutput,
      String metadata,
      List<String> tags) {}

  /** A record to be changed; null parts stay as they are. Tags: remove, then add, then set. */
  record Update(
      String id,
      @Nullable String input,
      @Nullable String expectedOutput,
      @Nullable String metadata,
      List<String> removeTags,
      List<String> addTags,
      List<String> setTags) {}

  /** What became of a change: the version, and the inserted, then the updated records. */
  record Changed(int version, List<Item> inserted, List<Item> updated) {}

  /** The dataset of that name in the project, made where there is none. */
  Made<Dataset> getOrCreate(String projectId, String name, String description, String metadata) {
    return database.transact(
        session -> {
          Dataset known =
              session.first(
                  "SELECT "
                      + COLUMNS
                      + " FROM datasets WHERE project_id = ? AND name = ? AND deleted IS NULL",
                  Datasets::dataset,
                  projectId,
                  name);
          return known != null
              ? new Made<>(known, false)
              : new Made<>(create(session, projectId, name, description, metadata), true);
        });
  }

  private Dataset create(
      Session session, String projectId, String name, String description, String metadata)
      throws SQLException {
    long now = clock.millis();
    String id = UUID.randomUUID().toString();
    session.update(
        "INSERT INTO datasets (id, project_id, name, description, metadata, current_version,"
            + " created, updated) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
        id,
        projectId,
        name,
        description,
        metadata,
        now,
        now);
    session.update(
        "INSERT INTO dataset_versions (dataset_id, version, created) VALUES (?, 0, ?)", id, now);
    return get(session, id);
  }

  /**
   * The dataset.
   *
   * @throws ApiException 404 where there is none
   */
  Dataset get(String id) {
    return database.transact(session -> get(session, id));
  }

  private static Dataset get(Session session, String id) throws SQLException {
    Dataset found =
        session.first(
            "SELECT " + COLUMNS + " FROM datasets WHERE id = ? AND deleted IS NULL",
            Datasets::dataset,
            id);
    if (found == null) {
      throw ApiException.notFound("No dataset has this id. It may have been deleted.");
    }
    return found;
  }

  /** Newest first; of all projects where {@code projectId} is null. */
  List<Dataset> list(
      @Nullable String projectId,
      @Nullable String id,
      @Nullable String name,
      long before,
      int limit) {
    return database.transact(
        session ->
            new Listing("SELECT " + COLUMNS + " FROM datasets WHERE deleted IS NULL")
                .where("project_id", projectId)
                .where("id", id)
                .where("name", name)
                .page(session, Datasets::dataset, before, limit));
  }

  /** Null parts stay as they are. */
  Dataset update(
      String id, @Nullable String name, @Nullable String description, @Nullable String metadata) {
    return database.transact(
        session -> {
          session.update(
              "UPDATE datasets SET name = coalesce(?, name), description = coalesce(?, description),"
                  + " metadata = coalesce(?, metadata), updated = ? WHERE id = ? AND deleted IS NULL",
              name,
              description,
              metadata,
              clock.millis(),
              id);
          return get(session, id);
        });
  }

  /** Marks as deleted; those that are not there are passed over. */
  void delete(Collection<String> ids) {
    database.transact(
        session -> {
          for (String id : ids) {
            session.markDeleted("datasets", "id", id, clock.millis());
          }
          return true;
        });
  }

  /**
   * Changes records, all or nothing.
   *
   * @param deduplicate an insert that equals a record is not made; the record is given back
   * @param newVersion false: the current version itself is changed
   */
  Changed change(
      String datasetId,
      List<Insert> inserts,
      List<Update> updates,
      Collection<String> deletes,
      boolean deduplicate,
      boolean newVersion) {
    return database.transact(
        session -> {
          Dataset dataset = get(session, datasetId);
          int version = dataset.currentVersion() + (newVersion ? 1 : 0);
          long now = clock.millis();
          boolean changed = false;
          for (String id : deletes) {
            changed |= end(session, datasetId, id, version);
          }
          List<Item> updated = new ArrayList<>();
          for (Update update : updates) {
            Item before = current(session, datasetId, update.id());
            if (before == null) {
              throw ApiException.notFound("No record of this dataset has the id to be updated.");
            }
            updated.add(write(session, changed(before, update, version, now)));
            changed = true;
          }
          List<Item> inserted = new ArrayList<>();
          for (Insert insert : inserts) {
            Item same = deduplicate ? same(session, datasetId, insert) : null;
            if (same != null) {
              inserted.add(same);
              continue;
            }
            String id = insert.id() == null ? UUID.randomUUID().toString() : insert.id();
            Item before = current(session, datasetId, id);
            inserted.add(
                write(
                    session,
                    new Item(
                        datasetId,
                        id,
                        version,
                        before == null ? nextPosition(session, datasetId) : before.position(),
                        insert.input(),
                        insert.expectedOutput(),
                        insert.metadata(),
                        insert.tags(),
                        before == null ? now : before.created(),
                        now)));
            changed = true;
          }
          if (!changed) {
            return new Changed(dataset.currentVersion(), inserted, updated);
          }
          if (newVersion) {
            session.update(
                "INSERT INTO dataset_versions (dataset_id, version, created) VALUES (?, ?, ?)",
                datasetId,
                version,
                now);
          }
          session.update(
              "UPDATE datasets SET current_version = ?, updated = ? WHERE id = ?",
              version,
              now,
              datasetId);
          return new Changed(version, inserted, updated);
        });
  }

  private static Item changed(Item before, Update update, int version, long now) {
    Set<String> tags = new LinkedHashSet<>(before.tags());
    tags.removeAll(update.removeTags());
    tags.addAll(update.addTags());
    return new Item(
        before.datasetId(),
        before.id(),
        version,
        before.position(),
        update.input() == null ? before.input() : update.input(),
        update.expectedOutput() == null ? before.expectedOutput() : update.expectedOutput(),
        update.metadata() == null ? before.metadata() : update.metadata(),
        update.setTags().isEmpty() ? List.copyOf(tags) : update.setTags(),
        before.created(),
        now);
  }

  private static @Nullable Item current(Session session, String datasetId, String id)
      throws SQLException {
    return session.first(
        "SELECT "
            + RECORD
            + " FROM dataset_records WHERE dataset_id = ? AND record_id = ? AND to_version IS NULL",
        Datasets::item,
        datasetId,
        id);
  }

  private static @Nullable Item same(Session session, String datasetId, Insert insert)
      throws SQLException {
    return session.first(
        "SELECT "
            + RECORD
            + " FROM dataset_records WHERE dataset_id = ? AND to_version IS NULL AND input = ? AND"
            + " expected_output = ? AND metadata = ? AND (? IS NULL OR record_id = ?)",
        Datasets::item,
        datasetId,
        insert.input(),
        insert.expectedOutput(),
        insert.metadata(),
        // An id makes it a record of its own.
        insert.id(),
        insert.id());
  }

  private static long nextPosition(Session session, String datasetId) throws SQLException {
    Long last =
        session.first(
            "SELECT coalesce(max(position), 0) FROM dataset_records WHERE dataset_id = ?",
            row -> row.getLong(1),
            datasetId);
    return (last == null ? 0 : last) + 1;
  }

  // True where there was one.
  private static boolean end(Session session, String datasetId, String id, int version)
      throws SQLException {
    session.update(
        "DELETE FROM dataset_records WHERE dataset_id = ? AND record_id = ? AND from_version = ? AND"
            + " to_version IS NULL",
        datasetId,
        id,
        version);
    return session.update(
                "UPDATE dataset_records SET to_version = ? WHERE dataset_id = ? AND record_id = ? AND"
                    + " to_version IS NULL",
                version,
                datasetId,
                id)
            > 0
        || version > 0;
  }

  private static Item write(Session session, Item item) throws SQLException {
    end(session, item.datasetId(), item.id(), item.version());
    session.update(
        "INSERT INTO dataset_records (" + RECORD + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        item.datasetId(),
        item.id(),
        item.version(),
        item.position(),
        item.input(),
        item.expectedOutput(),
        item.metadata(),
        Documents.list(item.tags()),
        item.created(),
        item.updated());
    return item;
  }

  /**
   * Records in the order in which they were added.
   *
   * @param version null for the current one
   * @param tags all of them must be there
   * @param after position of the last record of the page before; 0 for the first page
   */
  List<Item> records(
      String datasetId, @Nullable Integer version, Collection<String> tags, long after, int limit) {
    return database.transact(
        session -> {
          Dataset dataset = get(session, datasetId);
          int at = version == null ? dataset.currentVersion() : version;
          if (at < 0 || at > dataset.currentVersion()) {
            throw ApiException.notFound(
                "This dataset has versions 0 to " + dataset.currentVersion() + ".");
          }
          if (version != null) {
            session.update(
                "UPDATE dataset_versions SET last_used = ? WHERE dataset_id = ? AND version = ?",
                clock.millis(),
                datasetId,
                at);
          }
          StringBuilder sql =
              new StringBuilder("SELECT " + RECORD + " FROM dataset_records WHERE " + AT_VERSION);
          List<Object> parameters = new ArrayList<>(List.of(datasetId, at, at));
          for (String tag : tags) {
            sql.append(" AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)");
            parameters.add(tag);
          }
          sql.append(" AND position > ? ORDER BY position LIMIT ?");
          parameters.add(after);
          parameters.add(limit);
          return session.query(sql.toString(), Datasets::item, parameters.toArray());
        });
  }

  /** Newest first. */
  List<Version> versions(String datasetId) {
    return database.transact(
        session -> {
          get(session, datasetId);
          return session.query(
              "SELECT dataset_id, version, created, last_used FROM dataset_versions WHERE dataset_id"
                  + " = ? ORDER BY version DESC",
              row -> {
                long used = row.getLong(4);
                return new Version(
                    row.getString(1), row.getInt(2), row.getLong(3), row.wasNull() ? null : used);
              },
              datasetId);
        });
  }

  /** Makes the records of an earlier version those of a new one. */
  Dataset restore(String datasetId, int version) {
    return database.transact(
        session -> {
          Dataset dataset = get(session, datasetId);
          if (version < 0 || version > dataset.currentVersion()) {
            throw ApiException.badRequest(
                "“dataset_version” must be from 0 to " + dataset.currentVersion() + ".");
          }
          int next = dataset.currentVersion() + 1;
          long now = clock.millis();
          List<Item> then =
              session.query(
                  "SELECT " + RECORD + " FROM dataset_records WHERE " + AT_VERSION,
                  Datasets::item,
                  datasetId,
                  version,
                  version);
          session.update(
              "UPDATE dataset_records SET to_version = ? WHERE dataset_id = ? AND to_version IS NULL",
              next,
              datasetId);
          for (Item item : then) {
            write(session, changed(item, NO_CHANGE, next, item.updated()));
          }
          session.update(
              "INSERT INTO dataset_versions (dataset_id, version, created) VALUES (?, ?, ?)",
              datasetId,
              next,
              now);
          session.update(
              "UPDATE datasets SET current_version = ?, updated = ? WHERE id = ?",
              next,
              now,
              datasetId);
          return get(session, datasetId);
        });
  }

  private static final Update NO_CHANGE =
      new Update("", null, null, null, List.of(), List.of(), List.of());

  /**
   * Another dataset of the same project with the current records.
   *
   * @throws ApiException 409 where the name is taken
   */
  Dataset copy(String datasetId, String name, String description) {
    return database.transact(
        session -> {
          Dataset dataset = get(session, datasetId);
          if (session.first(
                  "SELECT id FROM datasets WHERE project_id = ? AND name = ? AND deleted IS NULL",
                  row -> row.getString(1),
                  dataset.projectId(),
                  name)
              != null) {
            throw new ApiException(
                409, "conflict", "A dataset of this project has that name. Choose another.");
          }
          Dataset made =
              create(session, dataset.projectId(), name, description, dataset.metadata());
          session.update(
              "INSERT INTO dataset_records ("
                  + RECORD
                  + ") SELECT ?, record_id, 1, position, input, expected_output, metadata, tags,"
                  + " created, updated FROM dataset_records WHERE dataset_id = ? AND to_version IS NULL",
              made.id(),
              datasetId);
          session.update(
              "INSERT INTO dataset_versions (dataset_id, version, created) VALUES (?, 1, ?)",
              made.id(),
              clock.millis());
          session.update("UPDATE datasets SET current_version = 1 WHERE id = ?", made.id());
          return get(session, made.id());
        });
  }

  /** Records of the current version. */
  long count(String datasetId) {
    return database.transact(
        session -> {
          Long count =
              session.first(
                  "SELECT count(*) FROM dataset_records WHERE dataset_id = ? AND to_version IS NULL",
                  row -> row.getLong(1),
                  datasetId);
          return count == null ? 0 : count;
        });
  }

  private static Dataset dataset(ResultSet row) throws SQLException {
    return new Dataset(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getInt(7),
        row.getLong(8),
        row.getLong(9));
  }

  private static Item item(ResultSet row) throws SQLException {
    return new Item(
        row.getString(1),
        row.getString(2),
        row.getInt(3),
        row.getLong(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        Documents.strings(row.getString(8)),
        row.getLong(9),
        row.getLong(10));
  }
}
