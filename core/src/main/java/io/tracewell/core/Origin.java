package io.tracewell.core;

/**
 * Who sent a span. Empty strings mean "not sent".
 *
 * @param application Datadog's {@code ml_app}, else {@code service.name}; {@code unknown} where
 *     neither was sent
 * @param service service.name
 * @param serviceVersion service.version
 * @param environment deployment environment, for example {@code prod}
 * @param host host name
 * @param sdk language and version of the SDK, for example {@code python 1.38.0}
 * @param scope instrumentation scope, {@code name version}
 * @param dialects conventions that were recognised on the span, comma-separated, the deciding one
 *     first, for example {@code otel-genai}
 * @param transport how it came: {@code otlp-grpc}, {@code otlp-http-protobuf}, {@code
 *     otlp-http-json}, {@code datadog-api} …
 */
public record Origin(
    String application,
    String service,
    String serviceVersion,
    String environment,
    String host,
    String sdk,
    String scope,
    String dialects,
    String transport) {}
