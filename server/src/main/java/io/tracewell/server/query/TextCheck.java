package io.tracewell.server.query;

import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.query.Query.Scope;
import io.tracewell.server.query.Query.Words;
import io.tracewell.server.query.TextSearch.Places;
import io.tracewell.server.query.TextSearch.Plan;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which traces hold words. The index knows in which spans a word is new; each span knows
 * which texts it holds ({@code text_keys}), also those that were new in another. Together they
 * decide most, and only what they leave open is read.
 */
final class TextCheck {
  private static final int TRACES_A_QUERY = 1_000;
  private static final int SPANS_A_QUERY = 2_000;
  private static final int MAX_SPANS = 100_000;
  private static final int LEAST_READ = 8;

  // Stands for the texts of a span whose texts are not known; what such a span holds is not known
  // either. It is no number of a text, which has 32 bits.
  private static final long ANY_TEXT = -1;
  // Stands for all texts of the place.
  private static final String PLACE_TEXT = "toInt64(toUInt32(cityHash64(lkey, place_bucket)))";
  private static final String HELD =
      "if(new_texts < 0, [toInt64(-1)], arrayPushBack(arrayMap(x -> toInt64(x), text_keys), "
          + PLACE_TEXT
          + "))";

  /** Columns of a {@link Hit} but for {@code held}. */
  private static final String HIT =
      "trace_key, span_key, ver, lkey AS at_lkey, toUnixTimestamp(place_bucket) AS at_hour, if(new_texts < 0, ["
          + PLACE_TEXT
          + "], arrayMap(x -> toInt64(x), arraySlice(text_keys, 1, new_texts))) AS new_keys, "
          + HELD
          + " AS keys";

  /** A version of a span. */
  private record Version(BigInteger traceKey, long spanKey, long ver) {}

  /** Where a text is new once: numbers of texts mean something within it alone. */
  private record TextPlace(BigInteger lkey, long hour) {}

  /** A span and which texts it holds. */
  private record Held(Version version, TextPlace place, Set<Long> texts) {
    boolean holdsAllOf(Hit hit) {
      for (long text : hit.texts()) {
        if (text == ANY_TEXT || !texts.contains(text)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * A span in which a word may be new.
   *
   * @param newTexts numbers of the texts that are new in it: one of them holds the word
   * @param texts numbers of all its texts
   * @param held whether the word is in it; false where it has no index and was not read
   */
  private record Hit(
      TextPlace place, Version version, long[] newTexts, long[] texts, boolean held) {}

  /** Reads columns {@link #HIT} and {@code held}. */
  private static Hit hit(Row row) {
    return new Hit(
        place(row),
        version(row, "ver"),
        row.longs("new_keys"),
        row.longs("keys"),
        row.bool("held"));
  }

  private static Version version(Row row, String ver) {
    return new Version(row.bigInteger("trace_key"), row.int64("span_key"), row.int64(ver));
  }

  private static TextPlace place(Row row) {
    return new TextPlace(
        new BigInteger(Long.toUnsignedString(row.int64("at_lkey"))), row.int64("at_hour"));
  }

  /** What is known of one word. */
  private static final class Known {
    // False where what a span holds does not tell: a word that is looked for in one column alone.
    private final boolean sure;
    private final Set<Version> versions = new HashSet<>();
    private final Map<TextPlace, Map<Long, List<Hit>>> byText = new HashMap<>();

    Known(boolean sure, List<Hit> hits) {
      this.sure = sure;
      for (Hit hit : hits) {
        if (hit.held()) {
          versions.add(hit.version());
        }
        Map<Long, List<Hit>> there = byText.computeIfAbsent(hit.place(), place -> new HashMap<>());
        for (long text : hit.newTexts()) {
          there.computeIfAbsent(text, key -> new ArrayList<>(1)).add(hit);
        }
      }
    }

    /** Whether a span holds the word: it is new in it, or in one of which it holds all texts. */
    boolean isIn(Held span) {
      if (!sure) {
        return false;
      }
      if (versions.contains(span.version())) {
        return true;
      }
      Map<Long, List<Hit>> there = byText.getOrDefault(span.place(), Map.of());
      return span.texts().stream()
          .flatMap(text -> there.getOrDefault(text, List.of()).stream())
          .anyMatch(hit -> hit.held() && span.holdsAllOf(hit));
    }

    boolean mayBeIn(Held span) {
      if (span.texts().contains(ANY_TEXT) || versions.contains(span.version())) {
        return true;
      }
      Map<Long, List<Hit>> there = byText.getOrDefault(span.place(), Map.of());
      return span.texts().stream().anyMatch(there::containsKey);
    }
  }

  private final Reader reader;
  private final String project;

  TextCheck(Reader reader, String project) {
    this.reader = reader;
    this.project = project;
  }

  /**
   * Traces that hold the words.
   *
   * @param next the first that was not looked at; null where all were
   */
  record Verified(Set<BigInteger> traces, @Nullable BigInteger next) {}

  /**
   * Those traces in which one span holds all words.
   *
   * @param enough where so many were found, those behind need not be looked at
   */
  Verified verify(Plan plan, List<Places> traces, int enough) {
    Set<BigInteger> result = new HashSet<>();
    for (int from = 0; from < traces.size(); from += TRACES_A_QUERY) {
      if (result.size() >= enough) {
        return new Verified(result, traces.get(from).traceKey());
      }
      List<Places> some = traces.subList(from, Math.min(traces.size(), from + TRACES_A_QUERY));
      Verified found = verifySome(plan, some, enough - result.size());
      result.addAll(found.traces());
      if (found.next() != null) {
        return new Verified(result, found.next());
      }
    }
    return new Verified(result, null);
  }

  private Verified verifySome(Plan plan, List<Places> traces, int enough) {
    boolean negated = plan.words().stream().anyMatch(Words::negated);
    Verified verified =
        Needles.anyRequired(plan.words())
            ? holding(plan, traces, negated ? Integer.MAX_VALUE : enough)
            : new Verified(traces.stream().map(Places::traceKey).collect(Collectors.toSet()), null);
    if (negated) {
      List<Places> held =
          traces.stream().filter(trace -> verified.traces().contains(trace.traceKey())).toList();
      verified.traces().removeAll(ask(held, plan::excluded));
    }
    return verified;
  }

  private Verified holding(Plan plan, List<Places> traces, int enough) {
    List<Words> required =
        plan.words().stream().filter(part -> !part.negated()).distinct().toList();
    Map<Words, List<Hit>> hits = new LinkedHashMap<>();
    List<Held> spans;
    try (Together together = new Together()) {
      Future<@Nullable List<Held>> held = together.ask(() -> spans(traces));
      Map<Words, Future<@Nullable List<Hit>>> asked = new LinkedHashMap<>();
      for (Words part : required) {
        asked.put(part, together.ask(() -> hits(plan, part, traces)));
      }
      for (Map.Entry<Words, Future<@Nullable List<Hit>>> word : asked.entrySet()) {
        List<Hit> found = Together.get(word.getValue());
        if (found != null) {
          hits.put(word.getKey(), found);
        }
      }
      spans = hits.isEmpty() ? null : Together.get(held);
    }
    if (spans == null) {
      return new Verified(
          new HashSet<>(
              ask(
                  traces,
                  (place, params) ->
                      Plan.traces(
                          List.of(
                              "SELECT trace_key, span_key, ver FROM spans PREWHERE "
                                  + place
                                  + " WHERE "
                                  + Needles.matches(plan.words(), params)),
                          place))),
          null);
    }
    boolean all = hits.size() == required.size();
    boolean read =
        hits.keySet().stream().anyMatch(part -> !Needles.decidedByIndex(part, plan.dictionary()));
    Set<BigInteger> kept = new HashSet<>();
    int from = 0;
    // Texts are read of as few traces as may do.
    long some = read ? LEAST_READ + (long) enough : traces.size();
    while (from < traces.size() && kept.size() < enough) {
      int to = (int) Math.min(traces.size(), from + some);
      Verified part =
          decide(plan, all, traces.subList(from, to), hits, spans, enough - kept.size());
      kept.addAll(part.traces());
      if (part.next() != null) {
        return new Verified(kept, part.next());
      }
      from = to;
      // As many as what is missing needs, if those behind are like those before.
      long missing = enough - kept.size();
      some = Math.min(2 * some, LEAST_READ + missing * from / Math.max(1, kept.size()));
    }
    return new Verified(kept, from < traces.size() ? traces.get(from).traceKey() : null);
  }

  /**
   * Those of the traces in which one span holds all words.
   *
   * @param all whether the hits of every word are known
   */
  private Verified decide(
      Plan plan,
      boolean all,
      List<Places> traces,
      Map<Words, List<Hit>> hits,
      List<Held> held,
      int enough) {
    Set<BigInteger> keys = traces.stream().map(Places::traceKey).collect(Collectors.toSet());
    Set<TextPlace> places =
        traces.stream()
            .flatMap(trace -> trace.hours().stream().map(hour -> new TextPlace(trace.lkey(), hour)))
            .collect(Collectors.toSet());
    List<Known> words = new ArrayList<>();
    hits.forEach(
        (part, anywhere) ->
            words.add(
                known(
                    plan,
                    part,
                    anywhere.stream().filter(hit -> places.contains(hit.place())).toList(),
                    traces)));
    Set<BigInteger> found = new HashSet<>();
    List<Version> open = new ArrayList<>();
    for (Held span : held) {
      if (!keys.contains(span.version().traceKey())) {
        continue;
      }
      if (all && words.stream().allMatch(word -> word.isIn(span))) {
        found.add(span.version().traceKey());
      } else if (words.stream().allMatch(word -> word.mayBeIn(span))) {
        open.add(span.version());
      }
    }
    int looked = 0;
    Set<BigInteger> kept = new HashSet<>();
    while (looked < traces.size() && kept.size() < enough) {
      BigInteger key = traces.get(looked++).traceKey();
      if (found.contains(key)) {
        kept.add(key);
      }
    }
    Set<BigInteger> first =
        traces.subList(0, looked).stream().map(Places::traceKey).collect(Collectors.toSet());
    open.removeIf(span -> found.contains(span.traceKey()) || !first.contains(span.traceKey()));
    read(traces, open, plan.words()).forEach(version -> kept.add(version.traceKey()));
    return new Verified(kept, looked < traces.size() ? traces.get(looked).traceKey() : null);
  }

  /** What is known of a word by where it is new in the places of the traces. */
  private Known known(Plan plan, Words part, List<Hit> hits, List<Places> traces) {
    if (Needles.decidedByIndex(part, plan.dictionary())) {
      return new Known(true, hits);
    }
    // Where it is new as output, it may be input of another.
    boolean anywhere = part.anyOf().stream().allMatch(needle -> needle.scope() == Scope.ANYWHERE);
    if (!anywhere || hits.size() > SPANS_A_QUERY) {
      return new Known(false, hits);
    }
    Set<Version> holding =
        new HashSet<>(read(traces, hits.stream().map(Hit::version).toList(), List.of(part)));
    return new Known(
        true,
        hits.stream()
            .filter(hit -> holding.contains(hit.version()))
            .map(hit -> new Hit(hit.place(), hit.version(), hit.newTexts(), hit.texts(), true))
            .toList());
  }

  /** Where a word is new, in the places of the traces; null where that can't be known. */
  private @Nullable List<Hit> hits(Plan plan, Words part, List<Places> traces) {
    Params params = new Params();
    String index = Needles.index(part, plan.dictionary(), params);
    if (index.equals("1")) {
      return null;
    }
    String around = around(traces, params);
    String parts = params.strings(plan.indexed());
    List<Hit> hits =
        reader.query(
            "SELECT * FROM (SELECT "
                + HIT
                + ", true AS held FROM spans PREWHERE "
                + around
                + " AND _part IN "
                + parts
                + " AND "
                + index
                + " UNION ALL SELECT "
                + HIT
                + ", false AS held FROM spans PREWHERE "
                + around
                + " AND _part NOT IN "
                + parts
                + ") LIMIT "
                + MAX_SPANS,
            params,
            TextCheck::hit);
    return hits.size() == MAX_SPANS ? null : hits;
  }

  private String around(List<Places> traces, Params params) {
    Set<Long> hours = new LinkedHashSet<>();
    Set<BigInteger> lkeys = new LinkedHashSet<>();
    for (Places trace : traces) {
      hours.addAll(trace.hours());
      lkeys.add(trace.lkey());
    }
    return TextSearch.inPlacesOf(hours, lkeys, project, params);
  }

  /** The spans of the traces, newest versions; null where there are too many. */
  private @Nullable List<Held> spans(List<Places> traces) {
    Params params = new Params();
    List<Held> spans =
        reader.query(
            "SELECT trace_key, span_key, any(lkey) AS at_lkey, any(toUnixTimestamp(place_bucket)) AS at_hour, max(ver) AS"
                + " newest, argMax("
                + HELD
                + ", ver) AS keys FROM spans PREWHERE "
                + TextSearch.at(traces, project, params)
                + " GROUP BY trace_key, span_key HAVING length(keys) > 1 OR keys[1] = "
                + ANY_TEXT
                + " LIMIT "
                + MAX_SPANS,
            params,
            row -> {
              Set<Long> texts = new HashSet<>();
              for (long key : row.longs("keys")) {
                texts.add(key);
              }
              return new Held(version(row, "newest"), place(row), texts);
            });
    return spans.size() == MAX_SPANS ? null : spans;
  }

  /** Those of the spans whose text holds all words. */
  private List<Version> read(List<Places> traces, List<Version> spans, List<Words> words) {
    List<Version> result = new ArrayList<>();
    for (int from = 0; from < spans.size(); from += SPANS_A_QUERY) {
      List<Version> some = spans.subList(from, Math.min(spans.size(), from + SPANS_A_QUERY));
      Params params = new Params();
      String sql =
          "SELECT trace_key, span_key, ver FROM spans PREWHERE "
              + around(traces, params)
              + " AND (trace_key, span_key, ver) IN (SELECT arrayJoin(arrayZip("
              + params.numbers("UInt128", some.stream().map(Version::traceKey).toList())
              + ", "
              + params.numbers("UInt64", some.stream().map(Version::spanKey).toList())
              + ", "
              + params.numbers("UInt64", some.stream().map(Version::ver).toList())
              + "))) WHERE "
              + Needles.matches(words, params);
      result.addAll(reader.query(sql, params, row -> version(row, "ver")));
    }
    return result;
  }

  private interface Question {
    @Nullable String sql(String place, Params params);
  }

  private List<BigInteger> ask(List<Places> traces, Question question) {
    Params params = new Params();
    String sql =
        traces.isEmpty() ? null : question.sql(TextSearch.at(traces, project, params), params);
    return sql == null ? List.of() : reader.query(sql, params, row -> row.bigInteger("trace_key"));
  }
}
