package io.tracewell.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/**
 * OTLP over gRPC, not compressed. Requests are bytes already, so they are not parsed to be sent.
 */
final class GrpcTransport implements Transport {
  private static final MethodDescriptor<byte[], byte[]> EXPORT =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
          .setRequestMarshaller(new AsIs())
          .setResponseMarshaller(new AsIs())
          .build();

  private final ManagedChannel channel;

  GrpcTransport(URI endpoint) {
    channel =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .usePlaintext()
            .build();
  }

  private static final class AsIs implements MethodDescriptor.Marshaller<byte[]> {
    private static final class Known extends ByteArrayInputStream implements KnownLength {
      Known(byte[] bytes) {
        super(bytes);
      }
    }

    @Override
    public InputStream stream(byte[] value) {
      return new Known(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public Reply send(byte[] body) throws IOException {
    try {
      return HttpTransport.accepted(
          ClientCalls.blockingUnaryCall(
              channel, EXPORT, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), body));
    } catch (StatusRuntimeException e) {
      Integer later = retryAfterMillis(e);
      return switch (e.getStatus().getCode()) {
        case RESOURCE_EXHAUSTED, UNAVAILABLE -> {
          if (later == null && e.getStatus().getCause() != null) {
            throw new IOException("connection lost", e);
          }
          yield new Reply.Later(later == null ? 1_000 : later);
        }
        case CANCELLED, DEADLINE_EXCEEDED, ABORTED, UNKNOWN -> throw new IOException(e);
        default -> new Reply.Refused(e.getStatus().toString());
      };
    }
  }

  private static @org.jspecify.annotations.Nullable Integer retryAfterMillis(
      StatusRuntimeException e) {
    com.google.rpc.Status details = StatusProto.fromThrowable(e);
    if (details == null || e.getStatus().getCode() == Status.Code.OK) {
      return null;
    }
    for (com.google.protobuf.Any detail : details.getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        try {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          return (int)
              Math.clamp(delay.getSeconds() * 1_000 + delay.getNanos() / 1_000_000, 50, 60_000);
        } catch (InvalidProtocolBufferException malformed) {
          return null;
        }
      }
    }
    return null;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
