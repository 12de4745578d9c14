package io.tracewell.server.metadata;

import io.tracewell.server.metadata.Database.Mapper;
import io.tracewell.server.metadata.Database.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A page of the rows of a table, newest first, by conditions that may be left out. */
final class Listing {
  private final StringBuilder sql;
  private final List<Object> parameters = new ArrayList<>();

  /** Begins with a SELECT that has a WHERE; table and columns are ours, never a caller's. */
  Listing(String select) {
    sql = new StringBuilder(select);
  }

  /** Only where the column is that; null for any. */
  Listing where(String column, @Nullable String value) {
    if (value != null) {
      sql.append(" AND ").append(column).append(" = ?");
      parameters.add(value);
    }
    return this;
  }

  /** Only where the column is one of those; none for any. */
  Listing anyOf(String column, Collection<String> values) {
    if (!values.isEmpty()) {
      sql.append(" AND ").append(column).append(" IN (?");
      sql.append(", ?".repeat(values.size() - 1)).append(')');
      parameters.addAll(values);
    }
    return this;
  }

  /**
   * The page.
   *
   * @param before seq of the last one of the page before; {@link Long#MAX_VALUE} for the first page
   */
  <T> List<T> page(Session session, Mapper<T> mapper, long before, int limit) throws SQLException {
    sql.append(" AND seq < ? ORDER BY seq DESC LIMIT ?");
    parameters.add(before);
    parameters.add(limit);
    return session.query(sql.toString(), mapper, parameters.toArray());
  }
}
