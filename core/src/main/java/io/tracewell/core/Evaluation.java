package io.tracewell.core;

import java.util.List;
import java.util.Locale;

/**
 * What someone or something says of a span, a trace, a session or an experiment: the result of an
 * evaluator, or feedback of a user. It may come before what it speaks of; readers join the two.
 * Strings are never null; empty means "not sent".
 *
 * <p>Two are the same, and the later one counts, where project, kind, target, experiment, label,
 * submitter and id agree.
 *
 * @param projectId the wall between tenants; {@code default}
 * @param id what its sender calls it; empty where the label is all that names it
 * @param kind evaluation or feedback
 * @param target what it speaks of
 * @param label name of the evaluation, unique for its target
 * @param type type of the value
 * @param value JSON value; empty where there is none (skipped, failed)
 * @param status whether the evaluator did its work
 * @param error why it did not; all parts empty where it did
 * @param assessment {@code pass}, {@code fail} or empty
 * @param reasoning why the value is what it is
 * @param application application of what it speaks of, as {@link Origin#application}
 * @param submitter who gave the feedback
 * @param submitterType {@code user}, {@code agent} or what was sent
 * @param experimentId experiment that it was made in
 * @param tags {@code key:value} or bare
 * @param metadata JSON object of everything else that was attached
 * @param timeNanos when it was made, Unix epoch, nanoseconds
 * @param source who sent it: {@code datadog}, {@code otel} …
 */
public record Evaluation(
    String projectId,
    String id,
    Kind kind,
    Target target,
    String label,
    Type type,
    String value,
    Status status,
    SpanError error,
    String assessment,
    String reasoning,
    String application,
    String submitter,
    String submitterType,
    String experimentId,
    List<String> tags,
    String metadata,
    long timeNanos,
    String source) {

  /** An evaluator's result, or what a user says. */
  public enum Kind {
    EVALUATION,
    FEEDBACK;

    /** Lower case, as stored and shown. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a target is. */
  public enum Scope {
    SPAN,
    /** A whole trace; the target names its root, or the trace alone. */
    TRACE,
    SESSION,
    /** Whatever carries the key that the target names. */
    EXTERNAL,
    /** An experiment as a whole; {@link Evaluation#experimentId} names it. */
    EXPERIMENT;

    /** Lower case, as stored and shown. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Type of a value. */
  public enum Type {
    BOOLEAN,
    SCORE,
    CATEGORICAL,
    JSON,
    TEXT;

    /** Lower case, as stored and shown. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether the evaluator did its work. */
  public enum Status {
    OK,
    /** Skipped. */
    WARN,
    ERROR
  }

  /**
   * What is spoken of, by ids as sent or by something that identifies it.
   *
   * @param traceId empty where only the span is named, or where another name is used
   * @param spanId empty where the trace is named alone
   * @param sessionId of a session
   * @param tag {@code key:value} that a span carries
   */
  public record Target(Scope scope, String traceId, String spanId, String sessionId, String tag) {
    /** Tag under which spans carry the key that feedback joins on. */
    public static final String JOIN_KEY_TAG = "feedback_join_key";

    /** A span by its ids; {@code traceId} may be empty. */
    public static Target span(String traceId, String spanId) {
      return new Target(Scope.SPAN, traceId, spanId, "", "");
    }

    /** A trace; {@code rootSpanId} may be empty. */
    public static Target trace(String traceId, String rootSpanId) {
      return new Target(Scope.TRACE, traceId, rootSpanId, "", "");
    }

    /** A session. */
    public static Target session(String sessionId) {
      return new Target(Scope.SESSION, "", "", sessionId, "");
    }

    /** The span that carries a tag {@code key:value}, or its trace. */
    public static Target tagged(Scope scope, String tag) {
      return new Target(scope, "", "", "", tag);
    }

    /** Everything that carries this key for feedback. */
    public static Target joinKey(String key) {
      return new Target(Scope.EXTERNAL, "", "", "", JOIN_KEY_TAG + ":" + key);
    }

    /** The experiment that the evaluation names. */
    public static Target experiment() {
      return new Target(Scope.EXPERIMENT, "", "", "", "");
    }

    /** How it is found where ids do not say it: {@code session:ID}, {@code tag:KEY:VALUE}. */
    public String address() {
      if (!sessionId.isEmpty()) {
        return "session:" + sessionId;
      }
      return tag.isEmpty() ? "" : "tag:" + tag;
    }
  }
}
