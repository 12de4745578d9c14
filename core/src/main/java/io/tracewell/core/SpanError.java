package io.tracewell.core;

/**
 * What went wrong. Any part may be empty, not all of them. {@code message} and {@code stack} are as
 * sent.
 */
public record SpanError(String type, String message, String stack) {}
