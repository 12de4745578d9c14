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
import java.util.stream.Collectors;

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
   * @param rare conditions that the index narrows the search by; none where all of the words are
   *     common, and what is newest is read and looked at
   * @param nothing whether the index knows that there is nothing
   */
  record Plan(
      List<Words> words,
      Map<String, List<String>> dictionary,
      List<Words> rare,
      boolean nothing,
      long fromHour) {
    boolean common() {
      return rare.isEmpty();
    }

    /**
     * Whether a place may hold the words. Each has places of its own: of the words of one span,
     * some may have been new in another.
     *
     * @param place SQL of (lkey, place_bucket)
     */
    String inPlaces(String place, Params params, String project) {
      return rare.stream()
          .map(
              part ->
                  place
                      + " IN (SELECT lkey, place_bucket FROM spans WHERE project_id = "
                      + params.string(project)
                      + " AND place_bucket >= "
                      + params.second(fromHour)
                      + " AND "
                      + Needles.index(part, dictionary, params)
                      + ")")
          .collect(Collectors.joining(" AND ", "(", ")"));
    }

    /** Traces in whose text the words are, as a sub-select of trace_key. */
    String traceKeys(Params params, String project) {
      String place =
          "project_id = "
              + params.string(project)
              + " AND place_bucket >= "
              + params.second(fromHour);
      if (!common()) {
        place += " AND " + inPlaces("(lkey, place_bucket)", params, project);
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
    Map<String, List<String>> dictionary = dictionary(Needles.pieces(words), fromHour);
    List<Words> rare = new ArrayList<>();
    boolean nothing = false;
    long all = -1;
    for (Words part : words) {
      Params params = new Params();
      String index = part.negated() ? "1" : Needles.index(part, dictionary, params);
      if (index.equals("1")) {
        continue;
      }
      String where =
          " FROM spans WHERE project_id = "
              + params.string(project)
              + " AND place_bucket >= "
              + params.second(fromHour);
      long rows = count("SELECT count() AS n" + where + " AND " + index, params);
      nothing |= rows == 0;
      if (rows > COMMON_MINIMUM && all < 0) {
        all = count("SELECT count() AS n" + where, params);
      }
      if (rows <= COMMON_MINIMUM || rows <= COMMON_SHARE * all) {
        rare.add(part);
      }
    }
    return new Plan(words, dictionary, rare, nothing, fromHour);
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

  /** Condition on {@code spans} or {@code span_heads}: the rows of those traces. */
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
