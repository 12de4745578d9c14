package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, as the fake provider's log holds it (one JSON object a line).
 *
 * @param n counts from 1
 * @param t milliseconds since the epoch when the request had come in
 * @param response the whole answer; for a stream, what the same answer is without streaming
 * @param usage null where the answer reports none
 */
public record Exchange(
    long n,
    long t,
    String provider,
    String api,
    String model,
    boolean stream,
    int attempt,
    JsonNode request,
    int status,
    JsonNode response,
    Reply.@Nullable Usage usage,
    long firstTokenMs,
    long totalMs) {}
