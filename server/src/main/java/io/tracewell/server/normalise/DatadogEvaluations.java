package io.tracewell.server.normalise;

import static io.tracewell.server.normalise.DatadogNormaliser.id;

import io.tracewell.core.Evaluation;
import io.tracewell.core.Evaluation.Scope;
import io.tracewell.core.Evaluation.Target;
import io.tracewell.core.Evaluation.Type;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evaluations and feedback as Datadog's SDKs and API write them: version 1 (ids beside the value),
 * version 2 ({@code join_on}), and those of experiments. One reading for all, because senders mix
 * them.
 */
public final class DatadogEvaluations {
  /** Longest label that Datadog takes. */
  private static final int MAX_LABEL = 200;

  private static final SpanError NO_ERROR = new SpanError("", "", "");

  private DatadogEvaluations() {}

  /**
   * What was read.
   *
   * @param evaluation null where it can't be used
   * @param reason why not; holds nothing that was sent
   */
  public record Reading(@Nullable Evaluation evaluation, String reason) {}

  /**
   * Reads one metric.
   *
   * @param around what stood around it: {@code tags} for all
   * @param experimentId experiment that it was posted to; empty for none
   * @param receivedNanos now, where the metric says no time
   */
  public static Reading read(
      Attributes metric, Attributes around, String experimentId, long receivedNanos) {
    String label = metric.text("label").strip();
    if (label.isEmpty()) {
      return refused("An evaluation has no label.");
    }
    Evaluation.Kind kind =
        metric.text("event_kind").equals("feedback")
            ? Evaluation.Kind.FEEDBACK
            : Evaluation.Kind.EVALUATION;
    String experiment = experimentId.isEmpty() ? id(metric.get("experiment_id")) : experimentId;
    Target target = target(metric, kind, experiment);
    if (target == null) {
      return refused(
          "An evaluation names nothing that it is about: it needs join_on, span_id, trace_id,"
              + " session_id or feedback_join_key.");
    }
    Attributes submitter = map(metric.get("submitter"));
    Type sentType = type(metric.text("metric_type"));
    Object value = value(metric, sentType);
    Type type = typeOf(value, sentType);
    Attributes error = map(metric.get("error"));
    boolean failed = !error.text("type").isEmpty() || !error.text("message").isEmpty();
    Evaluation.Status status =
        switch (metric.text("status").toUpperCase(Locale.ROOT)) {
          case "WARN" -> Evaluation.Status.WARN;
          case "ERROR" -> Evaluation.Status.ERROR;
          // Python before 4.10 says no status.
          case "" -> failed ? Evaluation.Status.ERROR : Evaluation.Status.OK;
          default -> Evaluation.Status.OK;
        };
    if (value == null && status == Evaluation.Status.OK && experiment.isEmpty()) {
      return refused("An evaluation has no value.");
    }
    Attributes metadata = map(metric.get("metadata"));
    return new Reading(
        new Evaluation(
            Span.DEFAULT_PROJECT,
            // Its own id is made by the server; a sender's would not be the same for a retry.
            "",
            kind,
            target,
            label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) : label,
            type,
            value == null ? "" : PlainJson.of(value),
            status,
            error.isEmpty()
                ? NO_ERROR
                : new SpanError(error.text("type"), text(error, "message"), text(error, "stack")),
            metric.text("assessment"),
            text(metric, "reasoning"),
            metric.text("ml_app"),
            id(submitter.get("id")),
            submitter.text("type"),
            experiment,
            tags(metric, around),
            metadata.isEmpty() ? "" : PlainJson.of(metadata),
            time(metric.get("timestamp_ms"), receivedNanos),
            "datadog"),
        "");
  }

  private static Reading refused(String reason) {
    return new Reading(null, reason);
  }

  private static Attributes map(@Nullable Object value) {
    return value instanceof Attributes map ? map : Attributes.NONE;
  }

  private static String text(Attributes map, String key) {
    return Values.content(map.get(key));
  }

  private static @Nullable Target target(
      Attributes metric, Evaluation.Kind kind, String experiment) {
    if (!experiment.isEmpty() && metric.text("metric_source").equals("summary")) {
      return Target.experiment();
    }
    boolean trace = metric.text("eval_scope").equals("trace");
    Attributes joinOn = map(metric.get("join_on"));
    Attributes tag = map(joinOn.get("tag"));
    if (!tag.text("key").isEmpty()) {
      return Target.tagged(
          trace ? Scope.TRACE : Scope.SPAN, tag.text("key") + ':' + tag.text("value"));
    }
    Attributes span = map(joinOn.get("span"));
    Attributes named = span.isEmpty() ? metric : span;
    String traceId = id(named.get("trace_id"));
    String spanId = id(named.get("span_id"));
    if (trace && !traceId.isEmpty()) {
      return Target.trace(traceId, spanId);
    }
    if (!spanId.isEmpty()) {
      return Target.span(traceId, spanId);
    }
    if (!traceId.isEmpty()) {
      return Target.trace(traceId, "");
    }
    String session = id(metric.get("session_id"));
    if (!session.isEmpty()) {
      return Target.session(session);
    }
    String key = id(metric.get("feedback_join_key"));
    return key.isEmpty() || kind != Evaluation.Kind.FEEDBACK ? null : Target.joinKey(key);
  }

  private static @Nullable Type type(String sent) {
    return switch (sent.toLowerCase(Locale.ROOT)) {
      case "score", "numerical" -> Type.SCORE;
      case "boolean" -> Type.BOOLEAN;
      case "categorical" -> Type.CATEGORICAL;
      case "json" -> Type.JSON;
      case "text" -> Type.TEXT;
      default -> null;
    };
  }

  private static @Nullable Object value(Attributes metric, @Nullable Type type) {
    if (type != null) {
      Object value = metric.get(type.wireName() + "_value");
      if (value != null) {
        return value;
      }
    }
    for (String name :
        new String[] {
          "score_value",
          "numerical_value",
          "boolean_value",
          "categorical_value",
          "json_value",
          "text_value",
          "value"
        }) {
      Object value = metric.get(name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  // What was said, unless the value shows that it is not so: ddtrace 3 sends dicts as categories.
  private static Type typeOf(@Nullable Object value, @Nullable Type sent) {
    return switch (value) {
      case Attributes map -> Type.JSON;
      case List<?> list -> Type.JSON;
      case Boolean flag when sent == null || sent == Type.SCORE -> Type.BOOLEAN;
      case Number number when sent == null || sent == Type.BOOLEAN -> Type.SCORE;
      case String text when sent == null || sent == Type.SCORE || sent == Type.BOOLEAN ->
          Type.CATEGORICAL;
      case null, default -> sent == null ? Type.CATEGORICAL : sent;
    };
  }

  private static List<String> tags(Attributes metric, Attributes around) {
    Set<String> tags = new LinkedHashSet<>();
    for (Object sent : new Object[] {metric.get("tags"), around.get("tags")}) {
      if (sent instanceof List<?> list) {
        for (Object tag : list) {
          if (tag instanceof String text && !text.isBlank()) {
            tags.add(text);
          }
        }
      }
    }
    return new ArrayList<>(tags);
  }

  // Milliseconds by the book, seconds in its own examples; other units where somebody means them.
  private static long time(@Nullable Object sent, long receivedNanos) {
    double number = Values.decimal(sent);
    if (Double.isNaN(number) || number <= 0) {
      return receivedNanos;
    }
    long millis = (long) Math.min(number, 9e18);
    if (millis < 100_000_000_000L) {
      return (long) (number * 1_000) * 1_000_000L;
    }
    if (millis < 100_000_000_000_000L) {
      return millis * 1_000_000L;
    }
    return millis < 100_000_000_000_000_000L ? millis * 1_000L : millis;
  }
}
