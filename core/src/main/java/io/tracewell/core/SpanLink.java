package io.tracewell.core;

/** A link to another span, ids as sent. {@code attributes} is a JSON object. */
public record SpanLink(String traceId, String spanId, String attributes) {}
