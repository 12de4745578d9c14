package io.tracewell.server.ingest;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.tracewell.core.OverloadedException;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.ingest.Bodies.Refused;
import io.tracewell.server.ingest.OtlpIntake.Signal;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.ingest.Taking.Result;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The three export services of OTLP over gRPC. Messages stay bytes: the decoder reads them itself.
 */
final class OtlpGrpc {
  static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** A message, or why it can't be read: gRPC itself would say no more than that it failed. */
  private record Sent(byte[] bytes, @Nullable Status failure) {}

  private static final MethodDescriptor.Marshaller<Sent> SENT =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(Sent value) {
          return BYTES.stream(value.bytes);
        }

        @Override
        public Sent parse(InputStream stream) {
          try {
            return new Sent(stream.readAllBytes(), null);
          } catch (StatusRuntimeException e) {
            // Larger than a message may be when it is decompressed.
            return new Sent(new byte[0], e.getStatus());
          } catch (IOException e) {
            String message =
                "The message can't be decompressed: it is not what its grpc-encoding says.";
            return new Sent(new byte[0], Status.INVALID_ARGUMENT.withDescription(message));
          }
        }
      };

  private final OtlpIntake intake;
  private final Bodies bodies;
  private final IngestLog log;

  OtlpGrpc(OtlpIntake intake, Bodies bodies, IngestLog log) {
    this.intake = intake;
    this.bodies = bodies;
    this.log = log;
  }

  List<BindableService> services() {
    return List.of(
        service("trace", "Trace", Signal.TRACES),
        service("logs", "Logs", Signal.LOGS),
        service("metrics", "Metrics", Signal.METRICS));
  }

  private BindableService service(String directory, String name, Signal signal) {
    String service = "opentelemetry.proto.collector." + directory + ".v1." + name + "Service";
    MethodDescriptor<Sent, byte[]> export =
        MethodDescriptor.<Sent, byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(service, "Export"))
            .setRequestMarshaller(SENT)
            .setResponseMarshaller(BYTES)
            .build();
    ServerCallHandler<Sent, byte[]> handler =
        (call, headers) -> {
          SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
          int port = address instanceof InetSocketAddress inet ? inet.getPort() : 0;
          return ServerCalls.<Sent, byte[]>asyncUnaryCall(
                  (request, responses) -> take(signal, "/" + service, port, request, responses))
              .startCall(call, headers);
        };
    ServerServiceDefinition definition =
        ServerServiceDefinition.builder(service).addMethod(export, handler).build();
    return () -> definition;
  }

  private void take(
      Signal signal, String path, int port, Sent sent, StreamObserver<byte[]> responses) {
    if (sent.failure != null) {
      boolean large = sent.failure.getCode() == Status.Code.RESOURCE_EXHAUSTED;
      String reason = sent.failure.getDescription();
      log.record(port, "otlp-grpc", path, large ? 413 : 400, 0, 0, 0, reason);
      responses.onError(sent.failure.asRuntimeException());
      return;
    }
    byte[] request = sent.bytes;
    try (Bodies.Body body = bodies.hold(request)) {
      Result result = intake.take(signal, body.bytes, body.length, false, "otlp-grpc");
      log.record(
          port,
          "otlp-grpc",
          path,
          200,
          result.accepted(),
          result.rejected(),
          request.length,
          result.reason().isEmpty() ? null : result.reason());
      responses.onNext(OtlpRoutes.protobuf(result));
      responses.onCompleted();
    } catch (Malformed e) {
      String message = "The message can't be read as OTLP protobuf: " + e.getMessage() + ".";
      log.record(port, "otlp-grpc", path, 400, 0, 0, request.length, message);
      responses.onError(status(Code.INVALID_ARGUMENT, message, 0));
    } catch (OverloadedException e) {
      String message =
          Objects.requireNonNullElse(e.getMessage(), "There is no room at the moment.");
      log.record(port, "otlp-grpc", path, 503, 0, 0, request.length, message);
      responses.onError(status(Code.UNAVAILABLE, message, Math.max(1, e.retryAfterSeconds())));
    } catch (Refused e) {
      String message = String.valueOf(e.getMessage());
      log.record(port, "otlp-grpc", path, e.status, 0, 0, request.length, message);
      responses.onError(status(Code.RESOURCE_EXHAUSTED, message, Math.max(1, e.retryAfterSeconds)));
    }
  }

  /** SDKs retry RESOURCE_EXHAUSTED only where RetryInfo says that it can help. */
  private static StatusRuntimeException status(Code code, String message, int retryAfterSeconds) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder().setCode(code.getNumber()).setMessage(message);
    if (retryAfterSeconds > 0) {
      status.addDetails(
          Any.pack(
              RetryInfo.newBuilder()
                  .setRetryDelay(Duration.newBuilder().setSeconds(retryAfterSeconds))
                  .build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }
}
