package io.tracewell.server.query;

import io.tracewell.server.clickhouse.WordParts;
import io.tracewell.server.clickhouse.WordParts.Part;
import io.tracewell.server.query.Needles.Piece;
import io.tracewell.server.query.Query.Words;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds text. A text is indexed where it is new within (lkey, place_bucket), so the index leads to
 * such places, never to single traces: a chat's history lies in other traces of its session.
 */
final class TextSearch {
  // Looking up 1,300 words reads all of the index's dictionary.
  private static final int MAX_WORDS_A_PIECE = 1_500;
  private static final int MAX_DICTIONARY_ROWS = 20_000;
  private static final int MAX_PIECES = 32;
  private static final double COMMON_SHARE = 0.05;
  private static final long COMMON_MINIMUM = 20_000;
  private static final long MANY = 1_000;
  private static final int MAX_CANDIDATES = 1_000;
  // Read without an index in half a second or so. After a burst there is more until it is merged.
  private static final long MAX_UNINDEXED_BYTES = 256L << 20;
  // A list must not be empty in SQL.
  private static final List<String> NO_PARTS = List.of("");

  /** Where the spans of a trace lie. */
  record Places(BigInteger traceKey, List<String> apps, List<Long> hours, BigInteger lkey) {}

  /**
   * How words are looked for.
   *
   * @param rare conditions that the index narrows the search by; none where all of the words are
   *     common, and what is newest is read and looked at
   * @param rows the most spans in which all of them may be new
   * @param days from the first day that is searched until now
   * @param indexed names of the parts whose index was asked; the text of all others is read: a part
   *     may have no index until it is merged, and what is merged meanwhile has words that the
   *     dictionary does not know
   * @param skipped names of the parts that wait for their index and are too much to be read
   */
  record Plan(
      List<Words> words,
      Map<Piece, List<String>> dictionary,
      List<Words> rare,
      long rows,
      long days,
      long fromHour,
      List<String> indexed,
      List<String> skipped) {
    /** Reads the texts and asks the index nothing: for a few traces. */
    static Plan ofText(List<Words> words) {
      return new Plan(words, Map.of(), List.of(), Long.MAX_VALUE, 0, 0, NO_PARTS, List.of());
    }

    /** Whether the index knows that there is nothing. */
    boolean nothing() {
      return rows == 0;
    }

    /** Whether so much is found that what is newest should be asked for alone. */
    boolean many() {
      return common() || rows > MANY;
    }

    /**
     * How many candidates to read at first for a page. Most places of a phrase hold it; of those in
     * which several words are new, the spans that hold all of them are in a fifth or a third.
     */
    int candidates(int limit) {
      if (!doubtful()) {
        return limit + 16;
      }
      return Math.max(limit, Math.min((several() ? 6 : 3) * limit, MAX_CANDIDATES));
    }

    /** A time in which as many may be found, as if they came evenly. Nanoseconds. */
    long window(int limit) {
      return common() || rows == 0
          ? 0
          : (long) Math.min(4e18, 86_400e9 * days * candidates(limit) * 4 / rows);
    }

    boolean common() {
      return rare.isEmpty();
    }

    /** Whether of what the index leads to much may turn out not to hold the words. */
    boolean doubtful() {
      return several()
          || words.stream()
              .anyMatch(part -> !part.negated() && !Needles.decidedByIndex(part, dictionary));
    }

    private boolean several() {
      return words.stream().filter(part -> !part.negated()).count() > 1;
    }

    /** What was left out, for the user; null for nothing. */
    @Nullable String leftOut() {
      return skipped.isEmpty()
          ? null
          : "Much has arrived and is still being indexed: what arrived last of it was searched, the rest will be found"
              + " in some minutes.";
    }

    /**
     * Whether a place may hold the words. Each has places of its own: of the words of one span,
     * some may have been new in another.
     *
     * @param place SQL of (lkey, place_bucket)
     * @param fromNanos nothing earlier is looked for
     */
    String inPlaces(String place, long fromNanos, Params params, String project) {
      String within =
          "project_id = "
              + params.string(project)
              + " AND place_bucket >= "
              + params.second(Math.max(fromHour, hour(fromNanos)));
      String parts = params.strings(indexed);
      String known = params.strings(Stream.concat(indexed.stream(), skipped.stream()).toList());
      return rare.stream()
          .map(
              part ->
                  // The index comes first: columns are read only where it found something.
                  place
                      + " IN (SELECT lkey, place_bucket FROM spans PREWHERE "
                      + Needles.index(part, dictionary, params)
                      + " WHERE _part IN "
                      + parts
                      + " AND "
                      + within
                      + " UNION ALL SELECT lkey, place_bucket FROM spans PREWHERE "
                      + within
                      + " AND _part NOT IN "
                      + known
                      + " WHERE "
                      + Needles.matches(List.of(part), params)
                      + ")")
          .collect(Collectors.joining(" AND ", "(", ")"));
    }

    /** A condition on {@code trace_key}: in its text the words are. */
    String holds(Params params, String project) {
      String place =
          "project_id = "
              + params.string(project)
              + " AND place_bucket >= "
              + params.second(fromHour);
      if (!common()) {
        place += " AND " + inPlaces("(lkey, place_bucket)", 0, params, project);
      }
      List<String> conditions = new ArrayList<>();
      if (Needles.anyRequired(words)) {
        conditions.add("trace_key IN (" + traces(rows(place, params), place) + ")");
      }
      if (words.stream().anyMatch(Words::negated)) {
        conditions.add("trace_key NOT IN (" + excluded(place, params) + ")");
      }
      return String.join(" AND ", conditions);
    }

    /**
     * Rows of {@code spans}, as (trace_key, span_key, ver), whose text holds all words that must be
     * there; old versions too.
     *
     * @param place SQL condition that narrows them
     */
    List<String> rows(String place, Params params) {
      String select = "SELECT trace_key, span_key, ver FROM spans PREWHERE " + place;
      List<String> result = new ArrayList<>();
      String byIndex = byIndex(place, params);
      if (byIndex != null) {
        result.add(byIndex);
        // Where no text of its own is kept for the index, it holds all that the columns do.
        select += " AND (search_text != '' OR _part NOT IN " + params.strings(indexed) + ")";
      }
      result.add(select + " WHERE " + Needles.matches(words, params));
      return result;
    }

    /**
     * As {@link #rows}, but only those in which all of the words were new: the index names them,
     * and no text is read unless it must tell what the index can't. Null where the index knows
     * nothing.
     */
    @Nullable String byIndex(String place, Params params) {
      List<Words> required = words.stream().filter(part -> !part.negated()).toList();
      List<String> conditions = new ArrayList<>();
      List<Words> undecided = new ArrayList<>();
      for (Words part : required) {
        String index = Needles.index(part, dictionary, params);
        if (!index.equals("1")) {
          conditions.add(index);
        }
        if (!Needles.decidedByIndex(part, dictionary)) {
          undecided.add(part);
        }
      }
      if (conditions.isEmpty()) {
        return null;
      }
      // The order is ours: texts are read last, of those rows alone that are left.
      return "SELECT trace_key, span_key, ver FROM spans PREWHERE "
          + place
          + " AND _part IN "
          + params.strings(indexed)
          + " AND "
          + String.join(" AND ", conditions)
          + (undecided.isEmpty() ? "" : " WHERE " + Needles.matches(undecided, params));
    }

    /** Traces with a span whose text holds what must not be there. */
    String excluded(String place, Params params) {
      return "SELECT trace_key FROM (SELECT trace_key, span_key, argMax("
          + Needles.excluded(words, params)
          + ", ver) AS bad FROM spans WHERE "
          + place
          + " GROUP BY trace_key, span_key) WHERE bad";
    }

    // The newest version of each span decides, not whichever held the text once.
    static String traces(List<String> rows, String place) {
      StringBuilder sql =
          new StringBuilder(
              "SELECT DISTINCT trace_key FROM (SELECT trace_key, span_key, max(ver) AS newest,"
                  + " maxIf(ver, held) AS holding FROM (SELECT trace_key, span_key, ver, false AS"
                  + " held FROM spans PREWHERE ");
      sql.append(place);
      for (String part : rows) {
        sql.append(" UNION ALL SELECT *, true AS held FROM (").append(part).append(')');
      }
      return sql.append(") GROUP BY trace_key, span_key) WHERE holding = newest").toString();
    }
  }

  private final Reader reader;
  private final String project;
  private final TextCheck check;

  TextSearch(Reader reader, String project) {
    this.reader = reader;
    this.project = project;
    check = new TextCheck(reader, project);
  }

  /**
   * Decides how to look for words.
   *
   * @param fromNanos nothing earlier is looked for; no span lies in an hour before that of its
   *     trace's start
   */
  Plan plan(List<Words> words, long fromNanos) {
    long fromHour = hour(fromNanos);
    Params day = new Params();
    List<Part> parts =
        reader.query(
            WordParts.SQL.replace("{day:String}", day.string(day(fromHour))), day, WordParts::part);
    List<String> indexed =
        Stream.concat(NO_PARTS.stream(), parts.stream().filter(Part::indexed).map(Part::name))
            .toList();
    List<String> skipped = tooMuch(parts);
    Map<Piece, List<String>> dictionary = dictionary(Needles.pieces(words), fromHour, parts);
    boolean complete = parts.stream().allMatch(part -> part.name().isEmpty() || part.indexed());
    List<Words> rare = new ArrayList<>();
    long least = Long.MAX_VALUE;
    try (Together together = new Together()) {
      Map<Words, Future<Long>> counts = new LinkedHashMap<>();
      for (Words part : words) {
        Params params = new Params();
        String index = part.negated() ? "1" : Needles.index(part, dictionary, params);
        if (index.equals("1")) {
          continue;
        }
        // The index comes first and no column is named: so none is read.
        String sql =
            "SELECT count() AS n FROM spans PREWHERE "
                + index
                + " WHERE _partition_id >= "
                + params.string(partition(fromHour))
                + " AND _part IN "
                + params.strings(indexed);
        counts.put(part, together.ask(() -> index.equals("0") ? 0 : count(sql, params)));
      }
      Params none = new Params();
      String spans =
          "SELECT count() AS n FROM spans WHERE _partition_id >= "
              + none.string(partition(fromHour));
      Future<Long> all = together.ask(() -> count(spans, none));
      for (Map.Entry<Words, Future<Long>> word : counts.entrySet()) {
        long rows = Together.get(word.getValue());
        if (rows <= COMMON_MINIMUM || rows <= COMMON_SHARE * Together.get(all)) {
          rare.add(word.getKey());
        }
        least = Math.min(least, rows);
      }
    }
    return new Plan(
        words,
        dictionary,
        rare,
        complete ? least : Math.max(1, least),
        days(fromHour, parts),
        fromHour,
        indexed,
        skipped);
  }

  private static long days(long fromHour, List<Part> parts) {
    long first =
        parts.stream()
            .filter(part -> !part.name().isEmpty())
            .mapToLong(part -> LocalDate.parse(part.day()).toEpochDay())
            .min()
            .orElse(0);
    long today = Math.floorDiv(System.currentTimeMillis(), 86_400_000L);
    return Math.max(1, today + 1 - Math.max(first, Math.floorDiv(fromHour, 86_400L)));
  }

  /** Names of the parts without an index that are not read: all but the newest. */
  static List<String> tooMuch(List<Part> parts) {
    List<String> result = new ArrayList<>();
    long bytes = 0;
    for (Part part :
        parts.stream()
            .filter(part -> !part.name().isEmpty() && !part.indexed())
            .sorted(Comparator.comparing(Part::day).thenComparing(Part::last).reversed())
            .toList()) {
      bytes += part.bytes();
      if (bytes > MAX_UNINDEXED_BYTES) {
        result.add(part.name());
      }
    }
    return result;
  }

  private static long hour(long nanos) {
    return Math.floorDiv(nanos, 3_600_000_000_000L) * 3600;
  }

  // Partitions, and so parts, are named by the day of the place.
  private static String partition(long second) {
    return day(second).replace("-", "");
  }

  private static String day(long second) {
    return LocalDate.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC).toString();
  }

  private long count(String sql, Params params) {
    return reader.query(sql, params, row -> row.int64("n")).getFirst();
  }

  /** The words of the index that hold each piece; a piece that too many words hold is left out. */
  private Map<Piece, List<String>> dictionary(Set<Piece> all, long fromHour, List<Part> parts) {
    List<Piece> pieces = all.stream().limit(MAX_PIECES).toList();
    if (pieces.isEmpty()) {
      return Map.of();
    }
    String day = day(fromHour);
    List<Part> unread = WordParts.unread(parts);
    Params params = new Params();
    String sql =
        "SELECT word FROM words WHERE day >= toDate("
            + params.string(day)
            + ") AND "
            + holdsAny("word", pieces, params);
    if (!unread.isEmpty()) {
      List<String> read = new ArrayList<>();
      for (Part part : parts) {
        if (!part.name().isEmpty() && !unread.contains(part)) {
          read.add(part.name());
        }
      }
      // Named by what is not to be read, so that one that is merged at this moment is read.
      sql +=
          " UNION ALL SELECT token AS word FROM mergeTreeTextIndex(currentDatabase(), 'spans', 'words') WHERE"
              + " part_name >= "
              + params.string(partition(fromHour))
              + (read.isEmpty() ? "" : " AND part_name NOT IN " + params.strings(read))
              + " AND "
              + holdsAny("token", pieces, params);
    }
    // A bit for each piece: so one that many words hold leaves room for the others.
    List<String> bits = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      bits.add("if(" + holds("word", pieces.get(i), params) + ", " + (1L << i) + ", 0)");
    }
    int enough = MAX_WORDS_A_PIECE + 1;
    int most = pieces.size() == 1 ? enough : MAX_DICTIONARY_ROWS;
    List<Known> known =
        reader.query(
            "SELECT word, toInt64("
                + String.join(" + ", bits)
                + ") AS held FROM (SELECT DISTINCT word FROM ("
                + sql
                + ")) LIMIT "
                + enough
                + " BY held LIMIT "
                + most,
            params,
            row -> new Known(row.string("word"), row.int64("held")));
    Map<Piece, List<String>> result = new HashMap<>();
    for (int i = 0; i < pieces.size(); i++) {
      long bit = 1L << i;
      List<String> words =
          known.stream().filter(word -> (word.held() & bit) != 0).map(Known::word).toList();
      if (words.size() < enough && known.size() < MAX_DICTIONARY_ROWS) {
        result.put(pieces.get(i), words);
      }
    }
    return result;
  }

  private record Known(String word, long held) {}

  private static String holdsAny(String word, List<Piece> pieces, Params params) {
    return pieces.stream()
        .map(piece -> holds(word, piece, params))
        .collect(Collectors.joining(" OR ", "(", ")"));
  }

  private static String holds(String word, Piece piece, Params params) {
    String text = params.string(piece.text());
    if (piece.starts()) {
      return "startsWith(" + word + ", " + text + ")";
    }
    if (piece.ends()) {
      return "endsWith(" + word + ", " + text + ")";
    }
    return "position(" + word + ", " + text + ") > 0";
  }

  /** Those traces in which one span holds all words. */
  Set<BigInteger> verify(Plan plan, List<Places> traces) {
    return verify(plan, traces, Integer.MAX_VALUE).traces();
  }

  /** As {@link #verify(Plan, List)}; it may end where so many were found of the first. */
  TextCheck.Verified verify(Plan plan, List<Places> traces, int enough) {
    return check.verify(plan, traces, enough);
  }

  /** Condition on a column of times, by which the rows of those hours are found in their order. */
  static String inHours(String column, Collection<Long> hours, Params params) {
    List<String> ranges = new ArrayList<>();
    for (long hour : hours) {
      ranges.add(
          "("
              + column
              + " >= "
              + params.second(hour)
              + " AND "
              + column
              + " < "
              + params.second(hour + 3600)
              + ")");
    }
    return ranges.isEmpty() ? "0" : "(" + String.join(" OR ", ranges) + ")";
  }

  /** As {@link #at}, on {@code span_heads}, which lie in the order of their minutes. */
  static String headsAt(Places trace, String project, Params params) {
    return at(List.of(trace), project, params)
        + " AND "
        + inHours("place_minute", trace.hours(), params);
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
    return inPlacesOf(hours, lkeys, project, params)
        + " AND place_app IN "
        + params.strings(apps)
        + " AND trace_key IN "
        + params.numbers("UInt128", keys);
  }

  /** Condition on {@code spans}: the rows of the places of traces, whatever their application. */
  static String inPlacesOf(
      Collection<Long> hours, Collection<BigInteger> lkeys, String project, Params params) {
    return "project_id = "
        + params.string(project)
        + " AND place_bucket IN (SELECT toDateTime(arrayJoin("
        + params.numbers("UInt32", hours)
        + "), 'UTC')) AND lkey IN "
        + params.numbers("UInt64", lkeys);
  }
}
