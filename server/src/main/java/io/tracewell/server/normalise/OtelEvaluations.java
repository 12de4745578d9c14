package io.tracewell.server.normalise;

import io.tracewell.core.Evaluation;
import io.tracewell.core.Evaluation.Scope;
import io.tracewell.core.Evaluation.Target;
import io.tracewell.core.Evaluation.Type;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import java.util.List;
import java.util.Locale;

/**
 * Results of evaluators as OpenTelemetry writes them: the event {@code gen_ai.evaluation.result},
 * as a log record or on a span.
 */
public final class OtelEvaluations {
  /** Name of the event. */
  public static final String EVENT = "gen_ai.evaluation.result";

  /** As if a span carried the id of its answer as a tag: what an evaluation may name instead. */
  public static final String RESPONSE_TAG = "gen_ai.response.id";

  private static final int MAX_LABEL = 200;
  private static final String OWN = "gen_ai.evaluation.";

  private OtelEvaluations() {}

  /**
   * Reads one event.
   *
   * @param traceId of the event's own context; empty for none
   * @param spanId of the event's own context; empty for none
   * @param application of the sender, as {@code Origin.application}
   */
  public static DatadogEvaluations.Reading read(
      Attributes event, String traceId, String spanId, String application, long timeNanos) {
    String label = event.text(OWN + "name").strip();
    if (label.isEmpty()) {
      return refused("An evaluation has no gen_ai.evaluation.name.");
    }
    String response = event.text(RESPONSE_TAG);
    Target target;
    if (!traceId.isEmpty() && !spanId.isEmpty()) {
      target = Target.span(traceId, spanId);
    } else if (!response.isEmpty()) {
      target = Target.tagged(Scope.SPAN, RESPONSE_TAG + ':' + response);
    } else if (!traceId.isEmpty()) {
      target = Target.trace(traceId, "");
    } else {
      return refused(
          "An evaluation names nothing that it is about: it needs a trace and span id, or"
              + " gen_ai.response.id.");
    }
    double score = Values.decimal(event.get(OWN + "score.value"));
    boolean scored = !Double.isNaN(score) && !Double.isInfinite(score);
    String category = event.text(OWN + "score.label");
    String error = event.text("error.type");
    Attributes rest = new Attributes(event.size());
    for (int i = 0; i < event.size(); i++) {
      String key = event.key(i);
      boolean known =
          key.equals("event.name")
              || key.equals("error.type")
              || key.equals(OWN + "name")
              || key.equals(OWN + "score.value")
              || key.equals(OWN + "explanation")
              || (key.equals(OWN + "score.label") && !scored);
      if (!known) {
        rest.add(key, event.value(i));
      }
    }
    String verdict = category.toLowerCase(Locale.ROOT);
    return new DatadogEvaluations.Reading(
        new Evaluation(
            Span.DEFAULT_PROJECT,
            "",
            Evaluation.Kind.EVALUATION,
            target,
            label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) : label,
            scored ? Type.SCORE : Type.CATEGORICAL,
            scored
                ? PlainJson.of(event.get(OWN + "score.value") instanceof Long whole ? whole : score)
                : category.isEmpty() ? "" : PlainJson.of(category),
            error.isEmpty() ? Evaluation.Status.OK : Evaluation.Status.ERROR,
            new SpanError(error, "", ""),
            switch (verdict) {
              case "pass", "passed" -> "pass";
              case "fail", "failed" -> "fail";
              default -> "";
            },
            Values.content(event.get(OWN + "explanation")),
            application,
            "",
            "",
            "",
            List.of(),
            rest.isEmpty() ? "" : PlainJson.of(rest),
            timeNanos,
            "otel"),
        "");
  }

  private static DatadogEvaluations.Reading refused(String reason) {
    return new DatadogEvaluations.Reading(null, reason);
  }
}
