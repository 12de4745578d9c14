package io.tracewell.bench;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every command that sends. */
final class LoadOptions {
  @Option(
      names = "--protocol",
      defaultValue = "http",
      description = "http (OTLP/HTTP protobuf) or grpc; default ${DEFAULT-VALUE}.")
  String protocol = "http";

  @Option(
      names = "--connections",
      defaultValue = "4",
      description = "Connections, each sends one request after the other; default 4.")
  int connections;

  @Option(
      names = "--duration",
      defaultValue = "60s",
      converter = Durations.class,
      description = "How long to send, e.g. 90s, 5m; default ${DEFAULT-VALUE}.")
  Duration duration = Duration.ofSeconds(60);

  @Option(
      names = "--rate",
      defaultValue = "0",
      description = "Spans a second; 0 for as many as the server takes (default).")
  long rate;

  @Option(names = "--batch-spans", defaultValue = "512", description = "Spans a request, at most.")
  int batchSpans;

  @Option(
      names = "--batch-bytes",
      defaultValue = "1048576",
      description = "Bytes a request, about.")
  int batchBytes;

  Load.Options load(
      URI endpoint,
      Shape shape,
      long seed,
      String run,
      Duration time,
      long spans,
      Duration spread,
      @Nullable Path acks) {
    return new Load.Options(
        endpoint,
        Transport.Protocol.valueOf(protocol.toUpperCase(Locale.ROOT)),
        connections,
        shape,
        seed,
        run,
        time,
        rate,
        spans,
        spread,
        batchSpans,
        batchBytes,
        acks);
  }
}
