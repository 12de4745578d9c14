package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Evaluation.Target;
import io.tracewell.core.Evaluation.Type;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import java.util.List;
import java.util.Map;

/** Scores as Langfuse's SDKs send them, of a span, a trace or a session. */
public final class LangfuseScores {
  private static final int MAX_LABEL = 200;
  private static final SpanError NO_ERROR = new SpanError("", "", "");

  private LangfuseScores() {}

  /**
   * Reads one score.
   *
   * @param otherwise time as text, where the score says none
   * @param receivedNanos now, where nothing says a time
   */
  public static DatadogEvaluations.Reading read(
      JsonNode score, String otherwise, long receivedNanos) {
    String label = text(score, "name").strip();
    if (label.isEmpty()) {
      return refused("A score has no name.");
    }
    String trace = text(score, "traceId");
    String observation = text(score, "observationId");
    String session = text(score, "sessionId");
    Target target;
    if (!observation.isEmpty()) {
      target = Target.span(trace, observation);
    } else if (!trace.isEmpty()) {
      target = Target.trace(trace, "");
    } else if (!session.isEmpty()) {
      target = Target.session(session);
    } else {
      return refused(
          "A score names nothing that it is about: it needs traceId, observationId or sessionId.");
    }
    JsonNode value = score.path("value");
    String sent = text(score, "dataType");
    Type type;
    String json;
    if (value.isNumber() || value.isBoolean()) {
      boolean flag = sent.equals("BOOLEAN") || value.isBoolean();
      type = flag ? Type.BOOLEAN : Type.SCORE;
      json =
          flag ? String.valueOf(value.asDouble(value.asBoolean() ? 1 : 0) != 0) : value.toString();
    } else if (value.isTextual()) {
      type = sent.equals("TEXT") ? Type.TEXT : Type.CATEGORICAL;
      json = value.toString();
    } else {
      return refused("A score has no value.");
    }
    StringBuilder metadata = new StringBuilder("{");
    for (Map.Entry<String, JsonNode> field : score.path("metadata").properties()) {
      metadata.append(metadata.length() > 1 ? "," : "");
      JsonText.string(metadata, field.getKey());
      metadata.append(':').append(field.getValue());
    }
    for (String name : new String[] {"environment", "configId", "queueId", "datasetRunId"}) {
      if (!text(score, name).isEmpty()) {
        metadata.append(metadata.length() > 1 ? "," : "");
        JsonText.string(metadata, name);
        metadata.append(':');
        JsonText.string(metadata, text(score, name));
      }
    }
    long time =
        Values.instant(text(score, "timestamp").isEmpty() ? otherwise : text(score, "timestamp"));
    return new DatadogEvaluations.Reading(
        new Evaluation(
            Span.DEFAULT_PROJECT,
            // A score with an id that was sent before takes its place.
            text(score, "id"),
            Evaluation.Kind.EVALUATION,
            target,
            label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) : label,
            type,
            json,
            Evaluation.Status.OK,
            NO_ERROR,
            "",
            text(score, "comment"),
            "",
            "",
            "",
            "",
            List.of(),
            metadata.length() == 1 ? "" : metadata.append('}').toString(),
            time > 0 ? time : receivedNanos,
            "langfuse"),
        "");
  }

  private static String text(JsonNode score, String name) {
    JsonNode value = score.path(name);
    return value.isTextual() ? value.textValue() : "";
  }

  private static DatadogEvaluations.Reading refused(String reason) {
    return new DatadogEvaluations.Reading(null, reason);
  }
}
