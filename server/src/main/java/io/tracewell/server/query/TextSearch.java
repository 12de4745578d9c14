package io.tracewell.server.query;

import io.tracewell.server.query.Query.Words;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds text. A text is indexed where it is new within (lkey, place_bucket), so the index leads to
 * such places, never to single traces: a chat's history lies in other traces of its session.
 */
final class TextSearch {
  private static final int MAX_WORDS_A_PIECE = 500;
  private static final int MAX_DICTIONARY_ROWS = 5_000;
  private static final double COMMON_SHARE = 0.05;
  private static final long COMMON_MINIMUM = 20_000;
  private static final int KEYS_A_QUERY = 250;

  /** Where the spans of a trace lie. */
  record Places(BigInteger traceKey, List<String> apps, List<Long> hours, BigInteger lkey) {}

  /**
   * How words are looked for.
   *
   * @param common the index would not narrow the search; what is newest is read and looked at
   * @param rows places that the index leads to, counted in rows
   */
  record Plan(
      List<Words> words,
      Map<String, List<String>> dictionary,
      boolean common,
      long rows,
      long fromHour) {
    /** Places where the words may be, as a sub-select of (lkey, place_bucket). */
    String places(Params params, String project) {
      return "(SELECT lkey, place_bucket FROM spans WHERE project_id = "
          + params.string(project)
          + " AND place_bucket >= "
          + params.second(fromHour)
          + " AND "
          + Needles.index(words, dictionary, params)
          + ")";
    }

    /** Traces in whose text the words are, as a sub-select of trace_key. */
    String traceKeys(Params params, String project) {
      String place =
          "project_id = "
              + params.string(project)
              + " AND place_bucket >= "
              + params.second(fromHour);
      if (!common) {
        place += " AND (lkey, place_bucket) IN " + places(params, project);
      }
      return "(" + verified(words, place, params) + ")";
    }
  }

  private final Reader reader;
  private final String project;

  TextSearch(Reader reader, String project) {
    this.reader = reader;
    this.project = project;
  }

  /**
   * Decides how to look for words.
   *
   * @param fromNanos nothing earlier is looked for; no span lies in an hour before that of its
   *     trace's start
   */
  Plan plan(List<Words> words, long fromNanos) {
    long fromHour = Math.floorDiv(fromNanos, 3_600_000_000_000L) * 3600;
    if (!Needles.anyRequired(words)) {
      return new Plan(words, Map.of(), true, Long.MAX_VALUE, fromHour);
    }
    Map<String, List<String>> dictionary = dictionary(Needles.pieces(words), fromHour);
    Params params = new Params();
    String index = Needles.index(words, dictionary, params);
    if (index.equals("1")) {
      return new Plan(words, dictionary, true, Long.MAX_VALUE, fromHour);
    }
    String where =
        " FROM spans WHERE project_id = "
            + params.string(project)
            + " AND place_bucket >= "
            + params.second(fromHour);
    long rows = count("SELECT count() AS n" + where + " AND " + index, params);
    boolean common =
        rows > COMMON_MINIMUM && rows > COMMON_SHARE * count("SELECT count() AS n" + where, params);
    return new Plan(words, dictionary, common, rows, fromHour);
  }

  private long count(String sql, Params params) {
    return reader.query(sql, params, row -> row.int64("n")).getFirst();
  }

  /** The words of the index that hold each piece; a piece that too many words hold is left out. */
  private Map<String, List<String>> dictionary(Set<String> pieces, long fromHour) {
    if (pieces.isEmpty()) {
      return Map.of();
    }
    Params params = new Params();
    List<String> conditions = new ArrayList<>();
    for (String piece : pieces) {
      conditions.add(
          piece.length() < Needles.SUBSTRING_CHARS
              ? "match(token, " + params.string(wholeWord(piece)) + ")"
              : "position(token, " + params.string(piece) + ") > 0");
    }
    // Parts are named by their partition: the day of the place.
    String day =
        java.time.LocalDate.ofInstant(
                java.time.Instant.ofEpochSecond(fromHour), java.time.ZoneOffset.UTC)
            .toString()
            .replace("-", "");
    List<String> tokens =
        reader.query(
            "SELECT DISTINCT token FROM mergeTreeTextIndex(currentDatabase(), 'spans', 'words') WHERE part_name >= "
                + params.string(day)
                + " AND ("
                + String.join(" OR ", conditions)
                + ") LIMIT "
                + (MAX_DICTIONARY_ROWS + 1),
            params,
            row -> row.string("token"));
    boolean complete = tokens.size() <= MAX_DICTIONARY_ROWS;
    Map<String, List<String>> result = new HashMap<>();
    for (String piece : pieces) {
      Pattern whole = Pattern.compile(wholeWord(piece));
      List<String> holding =
          tokens.stream()
              .filter(
                  token ->
                      piece.length() < Needles.SUBSTRING_CHARS
                          ? whole.matcher(token).find()
                          : token.contains(piece))
              .toList();
      if (complete && holding.size() <= MAX_WORDS_A_PIECE) {
        result.put(piece, holding);
      }
    }
    return result;
  }

  private static String wholeWord(String piece) {
    return "(^|[^a-z0-9_])" + piece + "($|[^a-z0-9_])";
  }

  /** Those traces in which one span holds all words. */
  Set<BigInteger> verify(List<Words> words, Collection<Places> traces) {
    Set<BigInteger> result = new HashSet<>();
    List<Places> all = List.copyOf(traces);
    for (int from = 0; from < all.size(); from += KEYS_A_QUERY) {
      List<Places> some = all.subList(from, Math.min(all.size(), from + KEYS_A_QUERY));
      Params params = new Params();
      result.addAll(
          reader.query(
              verified(words, at(some, project, params), params),
              params,
              row -> row.bigInteger("trace_key")));
    }
    return result;
  }

  /** Condition on {@code spans}: the rows of those traces. */
  static String at(Collection<Places> traces, String project, Params params) {
    Set<String> apps = new LinkedHashSet<>();
    Set<Long> hours = new LinkedHashSet<>();
    Set<BigInteger> lkeys = new LinkedHashSet<>();
    List<BigInteger> keys = new ArrayList<>();
    for (Places trace : traces) {
      apps.addAll(trace.apps());
      hours.addAll(trace.hours());
      lkeys.add(trace.lkey());
      keys.add(trace.traceKey());
    }
    return "project_id = "
        + params.string(project)
        + " AND place_app IN "
        + params.strings(apps)
        + " AND place_bucket IN (SELECT toDateTime(arrayJoin("
        + params.numbers("UInt32", hours)
        + "), 'UTC')) AND lkey IN "
        + params.numbers("UInt64", lkeys)
        + " AND trace_key IN "
        + params.numbers("UInt128", keys);
  }

  // The newest version of each span decides, not whichever held the text once.
  private static String verified(List<Words> words, String place, Params params) {
    String hit = Needles.anyRequired(words) ? Needles.matches(words, params) : "1";
    boolean excludes = words.stream().anyMatch(Words::negated);
    String bad = excludes ? Needles.excluded(words, params) : "0";
    return "SELECT trace_key FROM (SELECT trace_key, span_key, argMax("
        + hit
        + ", ver) AS hit, argMax("
        + bad
        + ", ver) AS bad FROM spans WHERE "
        + place
        + " GROUP BY trace_key, span_key) GROUP BY trace_key HAVING max(hit) AND NOT max(bad)";
  }
}
