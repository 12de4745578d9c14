package io.tracewell.server.metadata;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.metadata.Database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Prompts that are managed here: each has versions, 1 and up; a label is on one version at most.
 */
final class Prompts {
  private static final String COLUMNS =
      "seq, id, prompt_id, title, description, created, updated,"
          + " (SELECT count(*) FROM prompt_versions v WHERE v.prompt = prompts.id),"
          + " (SELECT max(v.created) FROM prompt_versions v WHERE v.prompt = prompts.id)";
  private static final String VERSION =
      "prompt, version, id, template, user_version, description, labels, env_ids, config,"
          + " created";

  private final Database database;
  private final Clock clock;

  Prompts(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * A prompt; times are milliseconds since the epoch.
   *
   * @param id made here
   * @param promptId given by who made it
   */
  record Prompt(
      long seq,
      String id,
      String promptId,
      String title,
      String description,
      long created,
      long updated,
      int versions,
      long lastVersion) {}

  /**
   * A version.
   *
   * @param prompt id of the prompt
   * @param template JSON: a text, or a list of messages with role and content
   * @param config JSON object of what the model is called with
   */
  record Version(
      String prompt,
      int number,
      String id,
      String template,
      String userVersion,
      String description,
      List<String> labels,
      List<String> envIds,
      String config,
      long created) {}

  /** What a new version holds. */
  record Draft(
      String template,
      String userVersion,
      String description,
      List<String> labels,
      List<String> envIds,
      String config) {}

  /** A prompt with one of its versions. */
  record Named(Prompt prompt, Version version) {}

  /**
   * Makes a prompt with its first version.
   *
   * @throws ApiException 409 where there is one of that id
   */
  Named create(String promptId, String title, Draft draft) {
    return database.transact(
        session -> {
          if (find(session, promptId) != null) {
            throw new ApiException(
                409,
                "conflict",
                "A prompt of this prompt_id is there already. Add a version to it, or choose another"
                    + " id.");
          }
          long now = clock.millis();
          String id = UUID.randomUUID().toString();
          session.update(
              "INSERT INTO prompts (id, prompt_id, title, description, created, updated) VALUES (?, ?,"
                  + " ?, ?, ?, ?)",
              id,
              promptId,
              title,
              draft.description(),
              now,
              now);
          Version version = add(session, id, draft);
          return new Named(get(session, promptId), version);
        });
  }

  /** Adds a version. */
  Named addVersion(String promptId, Draft draft) {
    return database.transact(
        session -> {
          Version version = add(session, get(session, promptId).id(), draft);
          return new Named(get(session, promptId), version);
        });
  }

  private Version add(Session session, String prompt, Draft draft) throws SQLException {
    Integer last =
        session.first(
            "SELECT coalesce(max(version), 0) FROM prompt_versions WHERE prompt = ?",
            row -> row.getInt(1),
            prompt);
    int number = (last == null ? 0 : last) + 1;
    takeLabels(session, prompt, draft.labels());
    session.update(
        "INSERT INTO prompt_versions (" + VERSION + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        prompt,
        number,
        UUID.randomUUID().toString(),
        draft.template(),
        draft.userVersion(),
        draft.description(),
        Documents.list(draft.labels()),
        Documents.list(draft.envIds()),
        draft.config(),
        clock.millis());
    return version(session, prompt, number);
  }

  private static void takeLabels(Session session, String prompt, List<String> labels)
      throws SQLException {
    for (Version version : versions(session, prompt)) {
      List<String> left = new ArrayList<>(version.labels());
      if (left.removeAll(labels)) {
        session.update(
            "UPDATE prompt_versions SET labels = ? WHERE prompt = ? AND version = ?",
            Documents.list(left),
            prompt,
            version.number());
      }
    }
  }

  /** Newest first. */
  List<Prompt> list(@Nullable String promptId) {
    return database.transact(
        session ->
            session.query(
                "SELECT "
                    + COLUMNS
                    + " FROM prompts WHERE deleted IS NULL AND (? IS NULL OR prompt_id = ?) ORDER BY"
                    + " seq DESC",
                Prompts::prompt,
                promptId,
                promptId));
  }

  /** Newest first. */
  List<Named> versions(String promptId) {
    return database.transact(
        session -> {
          Prompt prompt = get(session, promptId);
          return versions(session, prompt.id()).stream()
              .map(version -> new Named(prompt, version))
              .toList();
        });
  }

  private static List<Version> versions(Session session, String prompt) throws SQLException {
    return session.query(
        "SELECT " + VERSION + " FROM prompt_versions WHERE prompt = ? ORDER BY version DESC",
        Prompts::version,
        prompt);
  }

  /** One version. */
  Named version(String promptId, int number) {
    return database.transact(
        session -> {
          Prompt prompt = get(session, promptId);
          return new Named(prompt, version(session, prompt.id(), number));
        });
  }

  private static Version version(Session session, String prompt, int number) throws SQLException {
    Version found =
        session.first(
            "SELECT " + VERSION + " FROM prompt_versions WHERE prompt = ? AND version = ?",
            Prompts::version,
            prompt,
            number);
    if (found == null) {
      throw ApiException.notFound("This prompt has no such version.");
    }
    return found;
  }

  /**
   * The newest version that has the label or is meant for the environment; the newest of all where
   * neither is asked for.
   *
   * @throws ApiException 404 where there is none
   */
  Named latest(String promptId, @Nullable String label, @Nullable String environment) {
    return database.transact(
        session -> {
          Prompt prompt = get(session, promptId);
          List<Version> all = versions(session, prompt.id());
          for (Version version : all) {
            if (label == null || version.labels().contains(label)) {
              if (environment == null
                  || version.envIds().contains(environment)
                  || version.labels().contains(environment)) {
                return new Named(prompt, version);
              }
            }
          }
          if (label == null && !all.isEmpty()) {
            // No version is meant for this environment alone.
            return new Named(prompt, all.getFirst());
          }
          throw ApiException.notFound("No version of this prompt has that label.");
        });
  }

  /** Null parts stay as they are. */
  Prompt update(String promptId, @Nullable String title, @Nullable String description) {
    return database.transact(
        session -> {
          Prompt prompt = get(session, promptId);
          session.update(
              "UPDATE prompts SET title = coalesce(?, title), description = coalesce(?, description),"
                  + " updated = ? WHERE id = ?",
              title,
              description,
              clock.millis(),
              prompt.id());
          return get(session, promptId);
        });
  }

  /** Null parts stay as they are. */
  Named updateVersion(
      String promptId,
      int number,
      @Nullable List<String> labels,
      @Nullable String description,
      @Nullable List<String> envIds) {
    return database.transact(
        session -> {
          Prompt prompt = get(session, promptId);
          version(session, prompt.id(), number);
          if (labels != null) {
            takeLabels(session, prompt.id(), labels);
          }
          session.update(
              "UPDATE prompt_versions SET labels = coalesce(?, labels), description = coalesce(?,"
                  + " description), env_ids = coalesce(?, env_ids) WHERE prompt = ? AND version = ?",
              labels == null ? null : Documents.list(labels),
              description,
              envIds == null ? null : Documents.list(envIds),
              prompt.id(),
              number);
          return new Named(prompt, version(session, prompt.id(), number));
        });
  }

  /** Marks as deleted; returns when, milliseconds since the epoch. */
  long delete(String promptId) {
    return database.transact(
        session -> {
          long now = clock.millis();
          session.update(
              "UPDATE prompts SET deleted = ? WHERE id = ?", now, get(session, promptId).id());
          return now;
        });
  }

  /**
   * The prompt.
   *
   * @throws ApiException 404 where there is none
   */
  Prompt get(String promptId) {
    return database.transact(session -> get(session, promptId));
  }

  private static Prompt get(Session session, String promptId) throws SQLException {
    Prompt found = find(session, promptId);
    if (found == null) {
      throw ApiException.notFound("No prompt has this prompt_id. It may have been deleted.");
    }
    return found;
  }

  private static @Nullable Prompt find(Session session, String promptId) throws SQLException {
    return session.first(
        "SELECT " + COLUMNS + " FROM prompts WHERE prompt_id = ? AND deleted IS NULL",
        Prompts::prompt,
        promptId);
  }

  private static Prompt prompt(ResultSet row) throws SQLException {
    return new Prompt(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getLong(6),
        row.getLong(7),
        row.getInt(8),
        row.getLong(9));
  }

  private static Version version(ResultSet row) throws SQLException {
    return new Version(
        row.getString(1),
        row.getInt(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        Documents.strings(row.getString(7)),
        Documents.strings(row.getString(8)),
        row.getString(9),
        row.getLong(10));
  }
}
