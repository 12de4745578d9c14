package io.tracewell.server.query;

import io.tracewell.core.Ids;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.query.Query.Clause;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes the conditions of a query as SQL over {@code traces} or over {@code span_heads}. */
final class Filters {
  private final boolean spans;
  private final Params params;
  private final String project;
  private final long fromNanos;
  // Where the columns of spans have to be looked up; null where they are there.
  private final @Nullable TimeRange window;

  private Filters(
      boolean spans, Params params, String project, long fromNanos, @Nullable TimeRange window) {
    this.spans = spans;
    this.params = params;
    this.project = project;
    this.fromNanos = fromNanos;
    this.window = window;
  }

  /**
   * Conditions over {@code traces}; {@code 1} for none.
   *
   * @param fromNanos no trace looked for began earlier: bounds what is read for conditions on spans
   */
  static String traces(Query query, Params params, String project, long fromNanos) {
    return new Filters(false, params, project, fromNanos, new TimeRange(fromNanos, TimeRange.MAX))
        .all(query.clauses());
  }

  /** Conditions over {@code span_heads}; the spans looked for began within {@code window}. */
  static String heads(Query query, Params params, String project, TimeRange window) {
    return new Filters(true, params, project, window.from(), window).all(query.clauses());
  }

  /** Conditions over {@code spans}. */
  static String spans(Query query, Params params, String project, long fromNanos) {
    return new Filters(true, params, project, fromNanos, null).all(query.clauses());
  }

  private String all(List<Clause> clauses) {
    return clauses.isEmpty()
        ? "1"
        : clauses.stream().map(this::sql).collect(Collectors.joining(" AND "));
  }

  private String sql(Clause clause) {
    return switch (clause) {
      case Clause.All all -> "(" + all(all.parts()) + ")";
      case Clause.Any any ->
          any.parts().stream().map(this::sql).collect(Collectors.joining(" OR ", "(", ")"));
      case Clause.Not not -> "NOT (" + sql(not.part()) + ")";
      case Clause.Is is -> is(is);
      case Clause.HasTag tag -> list("tags", tag.tag(), tag.pattern());
      case Clause.Evaluated evaluated -> evaluated(evaluated);
      case Clause.Sent sent -> sent(sent);
      case Clause.Child child -> child(child.of());
      case Clause.Exists exists -> exists(exists.field());
      case Clause.Between between -> between(between);
    };
  }

  private String is(Clause.Is is) {
    Field field = is.field();
    if (field.type() == Field.Type.OF_SPANS && !spans) {
      return ofSpans(field, text(column(field, true), is.value(), is.pattern()));
    }
    if (field.type() == Field.Type.SPAN_ID && !spans) {
      return ofSpans(field, spanIs(field, is.value()));
    }
    String column = column(field, spans);
    return switch (field.type()) {
      case TRACE_ID -> column + " IN (" + named(is.value(), params, project) + ")";
      case SPAN_ID -> spanIs(field, is.value());
      case LIST -> {
        if (field == Field.PROMPT) {
          yield prompt(column, is);
        }
        yield spans && field != Field.TAG
            ? text(column, is.value(), is.pattern())
            : list(column, is.value(), is.pattern());
      }
      default -> text(column, is.value(), is.pattern());
    };
  }

  // A prompt is named "name" for all of its versions, or "name:version".
  private String prompt(String column, Clause.Is is) {
    String element = spans ? column : "x";
    String condition =
        "("
            + text(element, is.value(), is.pattern())
            + " OR startsWith("
            + element
            + ", "
            + params.string(is.value() + ":")
            + "))";
    return spans ? condition : "arrayExists(x -> " + condition + ", " + column + ")";
  }

  private String text(String column, String value, boolean pattern) {
    return pattern
        ? column + " LIKE " + params.string(like(value))
        : column + " = " + params.string(value);
  }

  private String list(String column, String value, boolean pattern) {
    return pattern
        ? "arrayExists(x -> x LIKE " + params.string(like(value)) + ", " + column + ")"
        : "has(" + column + ", " + params.string(value) + ")";
  }

  private String ofSpans(Field field, String condition) {
    if (field == Field.PARENT) {
      throw ApiException.badRequest(
          "“parent” is a field of spans. Search for spans, or leave it out.");
    }
    // A trace's minute is that of one of its spans, so never before the trace began.
    return "trace_key IN (SELECT trace_key FROM span_heads FINAL WHERE project_id = "
        + params.string(project)
        + " AND place_minute >= "
        + params.second(Math.floorDiv(fromNanos, 60_000_000_000L) * 60)
        + " AND "
        + condition
        + ")";
  }

  // Of the newest of each; joined as Evaluations does, but for tags of several spans.
  private String evaluated(Clause.Evaluated wanted) {
    String from =
        " FROM evaluations FINAL WHERE project_id = "
            + params.string(project)
            + " AND label = "
            + params.string(wanted.label())
            + " AND "
            + judged(wanted);
    // Said of a trace by another id than it is stored under.
    String aliases =
        "SELECT alias_key, trace_key FROM trace_aliases WHERE project_id = "
            + params.string(project)
            + " AND alias_key IN (SELECT trace_key"
            + from
            + " AND trace_key != 0)";
    String tagged =
        "hasAny(tags, (SELECT groupArray(substring(address, 5))"
            + from
            + " AND startsWith(address, 'tag:')))";
    String answered =
        "response_id != '' AND response_id IN (SELECT substring(address, "
            + (Evaluations.ANSWER.length() + 1)
            + ")"
            + from
            + " AND startsWith(address, '"
            + Evaluations.ANSWER
            + "'))";
    if (spans) {
      return "((trace_key, span_key) IN (SELECT trace_key, span_key"
          + from
          + " AND span_key != 0) OR (trace_key, span_key) IN (SELECT named.trace_key, said.span_key FROM"
          + " (SELECT trace_key AS of, span_key"
          + from
          + " AND span_key != 0) AS said INNER JOIN ("
          + aliases
          + ") AS named ON named.alias_key = said.of) OR span_key IN (SELECT span_key"
          + from
          + " AND trace_key = 0 AND span_key != 0) OR ("
          + answered
          + ") OR "
          + tagged
          + ")";
    }
    return "(trace_key IN (SELECT trace_key"
        + from
        + " AND trace_key != 0) OR trace_key IN (SELECT trace_key FROM ("
        + aliases
        + ")) OR (session_id != '' AND session_id IN (SELECT substring(address, 9)"
        + from
        + " AND startsWith(address, 'session:'))) OR trace_key IN (SELECT trace_key FROM span_heads FINAL"
        + " WHERE project_id = "
        + params.string(project)
        + " AND place_minute >= "
        + params.second(Math.floorDiv(fromNanos, 60_000_000_000L) * 60)
        + " AND "
        + answered
        + ") OR "
        + tagged
        + ")";
  }

  private String sent(Clause.Sent wanted) {
    String condition;
    if (wanted.where().equals("warnings")) {
      // A code, then a sentence.
      condition =
          "arrayExists(w -> w LIKE "
              + params.string(
                  (wanted.pattern() ? like(wanted.value()) : escaped(wanted.value())) + ":%")
              + ", warnings)";
    } else {
      String path = wanted.path().stream().map(params::string).collect(Collectors.joining(", "));
      String is =
          !wanted.pattern()
              ? " IN ("
                  + params.string(wanted.value())
                  + ", toJSONString("
                  + params.string(wanted.value())
                  + "))"
              : null;
      condition =
          List.of("metadata", "parameters").stream()
              .map(
                  column ->
                      is != null
                          ? "JSONExtractRaw(" + column + ", " + path + ")" + is
                          : wanted.value().equals("*")
                              ? "JSONExtractRaw(" + column + ", " + path + ") NOT IN ('', 'null')"
                              : "JSONExtractString("
                                  + column
                                  + ", "
                                  + path
                                  + ") LIKE "
                                  + params.string(like(wanted.value())))
              .collect(Collectors.joining(" OR ", "(", ")"));
    }
    TimeRange bounds = window;
    if (bounds == null) {
      return condition;
    }
    String key = spans ? "(trace_key, span_key)" : "trace_key";
    return key
        + " IN (SELECT "
        + (spans ? "trace_key, span_key" : "trace_key")
        + " FROM spans WHERE project_id = "
        + params.string(project)
        + " AND start >= "
        + params.instant(bounds.from())
        + " AND start < "
        + params.instant(bounds.to())
        + " AND "
        + condition
        + ")";
  }

  private String child(Clause of) {
    return "trace_key IN (SELECT trace_key FROM span_heads FINAL WHERE project_id = "
        + params.string(project)
        + " AND place_minute >= "
        + params.second(Math.floorDiv(fromNanos, 60_000_000_000L) * 60)
        + " AND parent_key != 0 AND "
        + new Filters(true, params, project, fromNanos, new TimeRange(fromNanos, TimeRange.MAX))
            .sql(of)
        + ")";
  }

  private String judged(Clause.Evaluated wanted) {
    String value = wanted.value();
    if (value == null) {
      List<String> bounds = new java.util.ArrayList<>();
      if (wanted.low() != null) {
        bounds.add("score " + (wanted.lowIncluded() ? ">= " : "> ") + params.real(wanted.low()));
      }
      if (wanted.high() != null) {
        bounds.add("score " + (wanted.highIncluded() ? "<= " : "< ") + params.real(wanted.high()));
      }
      return "ifNull(" + String.join(" AND ", bounds) + ", false)";
    }
    if (value.equals("*") && wanted.pattern()) {
      return wanted.part().equals("value") ? "1" : wanted.part() + " != ''";
    }
    return switch (wanted.part()) {
      case "assessment" -> text("assessment", value, wanted.pattern());
      case "reasoning" ->
          "positionCaseInsensitiveUTF8(reasoning, "
              + params.string(value.replace("*", ""))
              + ") > 0";
      case "status" -> text("status", value.toLowerCase(java.util.Locale.ROOT), wanted.pattern());
      default ->
          "if(type IN ('categorical', 'text'), "
              + text("JSONExtractString(value)", value, wanted.pattern())
              + ", "
              + text("value", value, wanted.pattern())
              + ")";
    };
  }

  private String exists(Field field) {
    if (field.type() == Field.Type.OF_SPANS && !spans) {
      return ofSpans(field, column(field, true) + " != ''");
    }
    String column = column(field, spans);
    return switch (field.type()) {
      case COUNT, DURATION -> column + " >= 0";
      case MONEY -> "isNotNull(" + column + ")";
      case TRACE_ID, SPAN_ID -> column + " != 0";
      case LIST -> {
        if (spans && field == Field.PROMPT) {
          yield "prompt_name != ''";
        }
        yield spans && field != Field.TAG ? column + " != ''" : "notEmpty(" + column + ")";
      }
      default -> column + " != ''";
    };
  }

  private String between(Clause.Between between) {
    Field field = between.field();
    String column = column(field, spans);
    String low = "";
    String high = "";
    if (between.low() != null) {
      low = column + (between.lowIncluded() ? " >= " : " > ") + number(field, between.low());
    }
    if (between.high() != null) {
      high = column + (between.highIncluded() ? " <= " : " < ") + number(field, between.high());
    }
    String bounds = low.isEmpty() ? high : high.isEmpty() ? low : low + " AND " + high;
    // What is unknown is neither more nor less.
    return field.type() == Field.Type.MONEY
        ? "ifNull(" + bounds + ", false)"
        : "(" + column + " >= 0 AND " + bounds + ")";
  }

  private String number(Field field, BigDecimal value) {
    return field.type() == Field.Type.MONEY
        ? params.money(value)
        : params.int64(
            value
                .setScale(0, java.math.RoundingMode.HALF_UP)
                .max(BigDecimal.valueOf(Long.MIN_VALUE))
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValueExact());
  }

  private String column(Field field, boolean ofSpans) {
    String column = ofSpans ? field.spanSql() : field.traceSql();
    if (column == null) {
      throw ApiException.badRequest(
          "“"
              + field.wireName()
              + "” is a field of "
              + (ofSpans ? "traces" : "spans")
              + ". Search for "
              + (ofSpans ? "traces" : "spans")
              + ", or leave it out.");
    }
    return column;
  }

  private String spanIs(Field field, String value) {
    String column = column(field, true);
    if (!value.equals("none") && !value.equals("undefined")) {
      return column + " IN " + params.numbers("UInt64", spanKeys(value));
    }
    // Datadog writes "undefined" where an LLM span has no LLM span above it.
    return field != Field.PARENT
        ? column + " = 0"
        : "("
            + column
            + " = 0 OR (trace_key, span_key) IN (SELECT trace_key, top_key FROM trace_aliases WHERE"
            + " project_id = "
            + params.string(project)
            + " AND top_key != 0))";
  }

  /** The keys that the id may be of: 16 digits may be hex as well as decimal. */
  static Set<Long> spanKeys(String id) {
    Set<Long> keys = new LinkedHashSet<>();
    keys.add(Ids.spanKey(id));
    keys.add(Ids.decimalSpanKey(id));
    return keys;
  }

  /**
   * SQL that selects the keys of the traces that an id names: the trace that is stored under it,
   * the one that it is another id of, and where it is a decimal number of 64 bits those of which it
   * is the lower half.
   */
  static String named(String id, Params params, String project) {
    BigInteger key = traceKey(id);
    String inProject = " WHERE project_id = " + params.string(project);
    String sql =
        "SELECT "
            + params.traceKey(key)
            + " AS k UNION ALL SELECT trace_key AS k FROM trace_aliases"
            + inProject
            + " AND alias_key = "
            + params.traceKey(key);
    return id.length() < 16 || id.length() > 20 || key.bitLength() > 64
        ? sql
        : sql
            + " UNION ALL SELECT trace_key AS k FROM trace_heads"
            + inProject
            + " AND bitAnd(trace_key, toUInt128(18446744073709551615)) = "
            + params.traceKey(key);
  }

  /** The key as ClickHouse counts it: without a sign. */
  static BigInteger traceKey(String id) {
    return new BigInteger(Ids.traceKey(id).hex(), 16);
  }

  /** A pattern of ours ({@code *} any text, {@code ?} one character) as one for LIKE. */
  static String like(String pattern) {
    return like(pattern, true);
  }

  private static String escaped(String text) {
    return like(text, false);
  }

  private static String like(String pattern, boolean wild) {
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> result.append(wild ? '%' : '*');
        case '?' -> result.append(wild ? '_' : '?');
        case '%', '_', '\\' -> result.append('\\').append(c);
        default -> result.append(c);
      }
    }
    return result.toString();
  }
}
