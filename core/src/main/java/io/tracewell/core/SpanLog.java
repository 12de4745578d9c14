package io.tracewell.core;

/**
 * A log record that belongs to a span (the default OpenTelemetry instrumentations send messages
 * this way). Stored at once; a follower merges it into its span, whichever comes first.
 *
 * @param projectId tenant
 * @param traceId as sent
 * @param spanId as sent
 * @param timeNanos Unix epoch, nanoseconds
 * @param eventName for example {@code gen_ai.user.message}
 * @param sequence position within its request, so that records of one instant keep their order
 * @param body JSON value
 * @param attributes JSON object
 * @param application application of the sender, as {@link Origin#application}
 */
public record SpanLog(
    String projectId,
    String traceId,
    String spanId,
    long timeNanos,
    String eventName,
    int sequence,
    String body,
    String attributes,
    String application) {}
