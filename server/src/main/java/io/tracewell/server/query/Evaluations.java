package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.query.TextSearch.Places;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Evaluations and feedback, joined to the spans they are about when they are read: by ids, by a
 * span id alone, by a tag of the span, by the session, or by the key for feedback.
 */
final class Evaluations {
  /** Most that are given for one trace, or for one page of an export. */
  private static final int MOST = 5_000;

  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final Duration UNIQUE_TIME = Duration.ofSeconds(1);
  private static final String TAG = "tag:";
  private static final String SESSION = "session:";
  // The id of an answer names its call as a tag of the span would.
  private static final String RESPONSE = "gen_ai.response.id:";

  /** How an address begins that is the id of an answer. */
  static final String ANSWER = TAG + RESPONSE;

  // Ids that are short may be numbers that every provider gives.
  private static final int UNIQUE_ANSWER_CHARS = 12;

  private static final String MARKS =
      "if(response_id = '', tags, arrayPushBack(tags, concat('" + RESPONSE + "', response_id)))";
  private static final String JOIN_KEY = Evaluation.Target.JOIN_KEY_TAG + ":";

  private static final String COLUMNS =
      "trace_key, span_key, address, kind, scope, label, type, value, status, error_type,"
          + " error_message, error_stack, assessment, reasoning, application, submitter,"
          + " submitter_type, experiment_id, tags, metadata, toUnixTimestamp64Nano(time) AS time_ns,"
          + " source, ver";

  private final Reader reader;
  private final String project;

  Evaluations(Reader reader, String project) {
    this.reader = reader;
    this.project = project;
  }

  /**
   * A span that evaluations may be about.
   *
   * @param sentKey key of the trace id as sent, which may be another than the trace is stored under
   */
  record Subject(
      BigInteger traceKey,
      BigInteger sentKey,
      long spanKey,
      String application,
      String sessionId,
      List<String> tags) {
    /** A span whose answer has this id, too; empty for none. */
    static Subject of(
        BigInteger traceKey,
        BigInteger sentKey,
        long spanKey,
        String application,
        List<String> tags,
        String responseId) {
      List<String> marks = new ArrayList<>(tags);
      if (!responseId.isEmpty()) {
        marks.add(RESPONSE + responseId);
      }
      return new Subject(traceKey, sentKey, spanKey, application, "", marks);
    }

    boolean isOf(BigInteger trace) {
      return trace.equals(traceKey) || trace.equals(sentKey) || trace.equals(half(traceKey));
    }
  }

  // A 64-bit id of a trace is the lower half of the whole one.
  private static BigInteger half(BigInteger traceKey) {
    return BigInteger.valueOf(traceKey.longValue()).and(HALF);
  }

  /** One as stored; {@code spanKey} 0 where it is not about a single span. */
  private record Stored(
      BigInteger traceKey,
      long spanKey,
      String address,
      String application,
      String scope,
      Views.Evaluation view) {
    boolean isTagged() {
      return address.startsWith(TAG) && !address.startsWith(TAG + JOIN_KEY);
    }

    String tag() {
      return address.substring(TAG.length());
    }

    boolean fits(Subject span) {
      // The id of an answer is its provider's own: who judges it is often another program.
      boolean answer =
          address.startsWith(ANSWER) && address.length() >= ANSWER.length() + UNIQUE_ANSWER_CHARS;
      return answer
          || application.isEmpty()
          || span.application().isEmpty()
          || application.equals(span.application());
    }
  }

  /**
   * All that is said of a trace, newest first: of its spans (with the key of the span), of itself,
   * of its session, and feedback for a key that one of its spans carries.
   */
  List<Views.Evaluation> ofTrace(Places places, String application, String sessionId) {
    Params params = new Params();
    // In the order of the table, and with one look at the spans.
    String addressed =
        "SELECT at.1, at.2 FROM (SELECT arrayJoin(arrayPushBack(arrayMap(x -> (toUInt64(0),"
            + " concat('tag:', x)), "
            + MARKS
            + "), (span_key, ''))) AS at FROM span_heads WHERE span_key != 0 AND "
            + TextSearch.headsAt(places, project, params)
            + ")";
    List<Stored> found =
        read(
            "trace_key IN (SELECT "
                + params.traceKey(places.traceKey())
                + " AS k UNION ALL SELECT "
                + params.traceKey(half(places.traceKey()))
                + " AS k UNION ALL SELECT alias_key AS k FROM trace_aliases WHERE project_id = "
                + params.string(project)
                + " AND trace_key = "
                + params.traceKey(places.traceKey())
                + ") OR (trace_key = 0 AND ((span_key, address) IN ("
                + addressed
                + ")"
                + (sessionId.isEmpty()
                    ? ""
                    : " OR (span_key = 0 AND address = " + params.string(SESSION + sessionId) + ")")
                + "))",
            params);
    if (found.isEmpty()) {
      return List.of();
    }
    Map<String, Set<Long>> tagged = taggedSpans(found, places);
    Set<String> ambiguous = ambiguous(found);
    List<Views.Evaluation> result = new ArrayList<>();
    for (Stored one : found) {
      if (one.address().startsWith(SESSION)) {
        // Session ids are an application's own.
        if (one.application().isEmpty() || one.application().equals(application)) {
          result.add(one.view());
        }
      } else if (one.isTagged()) {
        Set<Long> keys = tagged.getOrDefault(one.address() + '\n' + one.application(), Set.of());
        if (keys.isEmpty()) {
          // The tag is that of a span of another application.
          continue;
        }
        result.add(
            one.view()
                .at(
                    one.scope().equals("trace") ? null : Ids.hex16(keys.iterator().next()),
                    keys.size() > 1 || ambiguous.contains(one.tag())));
      } else {
        result.add(one.view().at(one.spanKey() == 0 ? null : Ids.hex16(one.spanKey()), false));
      }
    }
    return result;
  }

  /**
   * What is said of each of these spans: by the span's key, in the order of time, so that of two
   * with one label the last counts. What names a span by a tag that others have too is left out.
   */
  Map<Subject, List<Views.Evaluation>> ofSpans(Collection<Subject> subjects) {
    if (subjects.isEmpty()) {
      return Map.of();
    }
    Params params = new Params();
    Set<BigInteger> traces = new LinkedHashSet<>();
    Set<Long> spans = new LinkedHashSet<>();
    Set<String> addresses = new TreeSet<>();
    for (Subject subject : subjects) {
      traces.add(subject.traceKey());
      traces.add(subject.sentKey());
      traces.add(half(subject.traceKey()));
      spans.add(subject.spanKey());
      subject.tags().forEach(tag -> addresses.add(TAG + tag));
    }
    List<Stored> found =
        read(
            "(trace_key IN "
                + params.numbers("UInt128", traces)
                + " AND span_key IN "
                + params.numbers("UInt64", spans)
                + ") OR (trace_key = 0 AND address = '' AND span_key IN "
                + params.numbers("UInt64", spans)
                + ") OR (trace_key = 0 AND span_key = 0 AND address IN "
                + params.strings(addresses)
                + ")",
            params);
    if (found.isEmpty()) {
      return Map.of();
    }
    Set<String> ambiguous = ambiguous(found);
    Map<Subject, List<Views.Evaluation>> result = new HashMap<>();
    for (Stored one : found.reversed()) {
      if (one.isTagged() && ambiguous.contains(one.tag())) {
        continue;
      }
      for (Subject subject : subjects) {
        boolean mine =
            one.address().startsWith(TAG)
                ? subject.tags().contains(one.tag()) && one.fits(subject)
                : one.spanKey() == subject.spanKey()
                    && (one.traceKey().signum() == 0 || subject.isOf(one.traceKey()));
        if (mine) {
          result
              .computeIfAbsent(subject, s -> new ArrayList<>())
              .add(one.view().at(Ids.hex16(subject.spanKey()), false));
        }
      }
    }
    return result;
  }

  /** All that was said in an experiment, in the order of time; {@code traceId} as sent. */
  List<Views.Evaluation> ofExperiment(String experimentId) {
    Params params = new Params();
    return read("experiment_id = " + params.string(experimentId), params).reversed().stream()
        .map(one -> one.view().at(one.spanKey() == 0 ? null : Ids.hex16(one.spanKey()), false))
        .toList();
  }

  // Newest first.
  private List<Stored> read(String condition, Params params) {
    String sql =
        "SELECT "
            + COLUMNS
            + ", trace_id, span_id FROM (SELECT * FROM evaluations WHERE project_id = "
            + params.string(project)
            + " AND ("
            + condition
            + ") ORDER BY ver DESC LIMIT 1 BY key) ORDER BY time DESC, ver DESC LIMIT "
            + MOST;
    return reader.query(sql, params, Evaluations::stored);
  }

  private static Stored stored(Row row) {
    String errorType = row.string("error_type");
    String errorMessage = row.string("error_message");
    String errorStack = row.string("error_stack");
    JsonNode value = Values.json(row.string("value"));
    long time = row.int64("time_ns");
    String scope = row.string("scope");
    return new Stored(
        row.bigInteger("trace_key"),
        row.int64("span_key"),
        row.string("address"),
        row.string("application"),
        scope,
        new Views.Evaluation(
            row.string("kind"),
            scope,
            row.string("label"),
            row.string("type"),
            value == null ? NullNode.getInstance() : value,
            row.string("status"),
            errorType.isEmpty() && errorMessage.isEmpty() && errorStack.isEmpty()
                ? null
                : new Views.SpanFailure(errorType, errorMessage, errorStack),
            Values.text(row.string("assessment")),
            Values.text(row.string("reasoning")),
            Values.text(row.string("submitter")),
            Values.text(row.string("submitter_type")),
            Values.text(row.string("experiment_id")),
            row.strings("tags"),
            Values.object(row.string("metadata")),
            Values.time(time),
            Long.toString(time),
            row.string("source"),
            Values.text(row.string("trace_id")),
            Values.text(row.string("span_id")),
            null,
            Values.text(row.string("address")),
            false));
  }

  // Keys of the spans of the trace that carry the tag, by address and application.
  private Map<String, Set<Long>> taggedSpans(List<Stored> found, Places places) {
    List<Stored> tagged = found.stream().filter(Stored::isTagged).toList();
    if (tagged.isEmpty()) {
      return Map.of();
    }
    Params params = new Params();
    Set<String> tags = new TreeSet<>();
    tagged.forEach(one -> tags.add(one.tag()));
    List<Subject> spans =
        reader.query(
            "SELECT span_key, application, "
                + MARKS
                + " AS marks FROM span_heads WHERE "
                + TextSearch.at(List.of(places), project, params)
                + " AND hasAny(marks, "
                + params.strings(tags)
                + ") ORDER BY ver DESC LIMIT 1 BY span_key",
            params,
            row ->
                new Subject(
                    places.traceKey(),
                    places.traceKey(),
                    row.int64("span_key"),
                    row.string("application"),
                    "",
                    row.strings("marks")));
    Map<String, Set<Long>> result = new LinkedHashMap<>();
    for (Stored one : tagged) {
      for (Subject span : spans) {
        if (span.tags().contains(one.tag()) && one.fits(span)) {
          result
              .computeIfAbsent(one.address() + '\n' + one.application(), a -> new LinkedHashSet<>())
              .add(span.spanKey());
        }
      }
    }
    return result;
  }

  // Tags that more than one span carries: Datadog takes such an evaluation for none of them.
  private Set<String> ambiguous(List<Stored> found) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Stored one : found) {
      // Two records of one call have the same answer.
      if (one.isTagged() && !one.tag().startsWith(RESPONSE)) {
        tags.put(one.tag(), one.application());
      }
    }
    if (tags.isEmpty()) {
      return Set.of();
    }
    Params params = new Params();
    String wanted = params.strings(tags.keySet());
    // One look through the tags for all of them.
    String sql =
        "SELECT tag, application, uniqExact(trace_key, span_key) AS spans FROM span_heads ARRAY JOIN"
            + " tags AS tag WHERE project_id = "
            + params.string(project)
            + " AND hasAny(tags, "
            + wanted
            + ") AND has("
            + wanted
            + ", tag) GROUP BY tag, application";
    Map<String, Long> spans = new HashMap<>();
    try {
      reader.query(
          sql,
          params,
          UNIQUE_TIME,
          row -> {
            String tag = row.string("tag");
            String application = tags.getOrDefault(tag, "");
            if (application.isEmpty() || application.equals(row.string("application"))) {
              spans.merge(tag, row.int64("spans"), Long::sum);
            }
            return tag;
          });
    } catch (ApiException e) {
      // Too many spans to look through: taken for what its sender says it is.
      return Set.of();
    }
    spans.values().removeIf(count -> count < 2);
    return spans.keySet();
  }

  /** Those that a page shows with one span: its own, and with the root those of the whole. */
  static List<Views.Evaluation> ofSpan(
      List<Views.Evaluation> all, String spanKey, boolean root, List<String> tags) {
    List<Views.Evaluation> result = new ArrayList<>();
    for (Views.Evaluation one : all) {
      String address = one.joinedBy() == null ? "" : one.joinedBy();
      String at = one.spanKey();
      boolean mine;
      if (address.startsWith(TAG + JOIN_KEY)) {
        mine = tags.contains(address.substring(TAG.length()));
      } else {
        mine = at == null ? root : at.equals(spanKey);
      }
      if (mine) {
        result.add(one);
      }
    }
    return result;
  }
}
