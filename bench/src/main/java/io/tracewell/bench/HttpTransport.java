package io.tracewell.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** OTLP over HTTP/1.1, protobuf, not compressed. */
final class HttpTransport implements Transport {
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI uri;

  HttpTransport(URI endpoint) {
    uri = endpoint.resolve("/v1/traces");
  }

  @Override
  public Reply send(byte[] body) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/x-protobuf")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<byte[]> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    return switch (response.statusCode()) {
      case 200, 202 -> accepted(response.body());
      case 429, 502, 503, 504 -> new Reply.Later(retryAfter(response));
      default ->
          new Reply.Refused(
              response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8));
    };
  }

  static Reply accepted(byte[] body) throws InvalidProtocolBufferException {
    var partial = ExportTraceServiceResponse.parseFrom(body).getPartialSuccess();
    return new Reply.Accepted(partial.getRejectedSpans(), partial.getErrorMessage());
  }

  private static int retryAfter(HttpResponse<?> response) {
    String header = response.headers().firstValue("Retry-After").orElse("1");
    try {
      return (int) Math.clamp(Long.parseLong(header.strip()) * 1_000, 50, 60_000);
    } catch (NumberFormatException e) {
      return 1_000;
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
