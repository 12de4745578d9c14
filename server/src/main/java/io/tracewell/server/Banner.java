package io.tracewell.server;

import io.tracewell.server.http.Listen;
import java.util.List;

/** What is printed when the server is ready: where it is, and the one line that connects an SDK. */
final class Banner {
  private Banner() {}

  static String text(List<Listen> listeners, List<String> notices, boolean keyed) {
    StringBuilder out = new StringBuilder(1024);
    Listen first = listeners.getFirst();
    out.append("\n  Tracewell is ready   ").append(url(first)).append("\n\n");
    out.append("  Listening on         ");
    out.append(String.join(", ", listeners.stream().map(Listen::toString).toList()));
    out.append("\n                       (every port takes everything)\n\n");
    for (String notice : notices) {
      out.append("  Note: ").append(notice).append('\n');
    }
    Listen otlp = by(listeners, 4318);
    Listen grpc = by(listeners, 4317);
    String key = keyed ? "  OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20KEY" : "";
    out.append("  Connect an SDK: set the variable, change no code\n\n");
    line(
        out,
        "OpenTelemetry, HTTP",
        otlp.port() == 4318 && otlp.isLoopback()
            ? "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" + key
            : "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT="
                + url(otlp)
                + key);
    line(
        out,
        "OpenTelemetry, gRPC",
        grpc.port() == 4317 && grpc.isLoopback()
            ? "nothing: the default endpoint is this server" + key
            : "OTEL_EXPORTER_OTLP_ENDPOINT=" + url(grpc) + key);
    line(out, "Message content", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true");
    line(
        out,
        "curl",
        "POST " + url(first) + "/api/intake/llm-obs/v1/trace/spans (Datadog's span API)");
    out.append("\n  Ctrl-C stops it.\n");
    return out.toString();
  }

  private static void line(StringBuilder out, String what, String how) {
    out.append("    ").append(what);
    out.repeat(' ', Math.max(1, 21 - what.length()));
    out.append(how).append('\n');
  }

  private static Listen by(List<Listen> listeners, int port) {
    for (Listen listen : listeners) {
      if (listen.port() == port) {
        return listen;
      }
    }
    return listeners.getFirst();
  }

  static String url(Listen listen) {
    String host =
        switch (listen.host()) {
          case "0.0.0.0", "::", "127.0.0.1" -> "localhost";
          default -> listen.host().indexOf(':') >= 0 ? "[" + listen.host() + "]" : listen.host();
        };
    return "http://" + host + ":" + listen.port();
  }
}
