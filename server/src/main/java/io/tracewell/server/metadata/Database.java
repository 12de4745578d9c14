package io.tracewell.server.metadata;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The metadata store: one SQLite file in the data directory. A transaction that has returned is on
 * disk. Transactions run one at a time; there are few, and each is short.
 */
final class Database implements AutoCloseable {
  private static final List<String> MIGRATIONS =
      List.of("001_control_plane.sql", "002_dataset_drafts.sql");

  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();

  private Database(Connection connection) {
    this.connection = connection;
  }

  /**
   * Opens or makes the file and brings its tables up to date.
   *
   * @throws IOException with what to do where it can't be used
   */
  static Database open(Path file) throws IOException {
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode = WAL");
        // Every commit is synced before it returns.
        statement.execute("PRAGMA synchronous = FULL");
        statement.execute("PRAGMA foreign_keys = ON");
        statement.execute("PRAGMA busy_timeout = 5000");
      }
      Database database = new Database(connection);
      database.migrate();
      return database;
    } catch (SQLException e) {
      throw new IOException(
          "The metadata store "
              + file
              + " can't be opened (SQLite error "
              + e.getErrorCode()
              + "). If it is damaged, put a copy back or move it away; spans are kept elsewhere.",
          e);
    }
  }

  /** What one transaction does. */
  @FunctionalInterface
  interface Work<T> {
    T run(Session session) throws SQLException;
  }

  /** Reads a row. */
  @FunctionalInterface
  interface Mapper<T> {
    T map(ResultSet row) throws SQLException;
  }

  /** Statements of one transaction. */
  static final class Session {
    private final Connection connection;

    private Session(Connection connection) {
      this.connection = connection;
    }

    /** Number of rows that changed. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
      try (PreparedStatement statement = prepared(sql, parameters)) {
        return statement.executeUpdate();
      }
    }

    /**
     * Marks as deleted what is not yet; table and column are ours, never a caller's.
     *
     * @param now milliseconds
     */
    void markDeleted(String table, String column, String id, long now) throws SQLException {
      update(
          "UPDATE " + table + " SET deleted = ? WHERE " + column + " = ? AND deleted IS NULL",
          now,
          id);
    }

    <T> List<T> query(String sql, Mapper<T> mapper, @Nullable Object... parameters)
        throws SQLException {
      try (PreparedStatement statement = prepared(sql, parameters);
          ResultSet rows = statement.executeQuery()) {
        List<T> result = new ArrayList<>();
        while (rows.next()) {
          result.add(mapper.map(rows));
        }
        return result;
      }
    }

    /** The first row, or null. */
    <T> @Nullable T first(String sql, Mapper<T> mapper, @Nullable Object... parameters)
        throws SQLException {
      List<T> rows = query(sql, mapper, parameters);
      return rows.isEmpty() ? null : rows.getFirst();
    }

    private PreparedStatement prepared(String sql, @Nullable Object... parameters)
        throws SQLException {
      PreparedStatement statement = connection.prepareStatement(sql);
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    }
  }

  /** Runs a transaction; all of it happens, or nothing. */
  <T> T transact(Work<T> work) {
    lock.lock();
    try {
      connection.setAutoCommit(false);
      try {
        T result = work.run(new Session(connection));
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      // The text can hold a value.
      throw new IllegalStateException(
          "the metadata store failed, SQLite error " + e.getErrorCode());
    } finally {
      lock.unlock();
    }
  }

  private void migrate() throws SQLException {
    Session session = new Session(connection);
    session.update(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    for (String file : MIGRATIONS) {
      int version = Integer.parseInt(file.substring(0, 3));
      if (session.first(
              "SELECT version FROM schema_version WHERE version = ?", row -> row.getInt(1), version)
          != null) {
        continue;
      }
      connection.setAutoCommit(false);
      try {
        for (String statement : read(file).split(";\\s*\n")) {
          if (!statement.isBlank()) {
            session.update(statement);
          }
        }
        session.update("INSERT INTO schema_version (version, name) VALUES (?, ?)", version, file);
        connection.commit();
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    }
  }

  private static String read(String file) {
    try (InputStream in = Database.class.getResourceAsStream("migrations/" + file)) {
      if (in == null) {
        throw new IllegalStateException("migration " + file + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*$", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws SQLException {
    lock.lock();
    try {
      connection.close();
    } finally {
      lock.unlock();
    }
  }
}
