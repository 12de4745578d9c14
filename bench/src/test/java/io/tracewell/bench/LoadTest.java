package io.tracewell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sends to a small server that takes OTLP apart with the official classes. */
class LoadTest {
  private static final Corpus CORPUS = new Corpus(7);

  /** How often each span came. */
  private final Map<Long, Integer> received = new ConcurrentHashMap<>();

  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer http;
  private Server grpc;

  @BeforeEach
  void start() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/v1/traces", this::traces);
    http.createContext("/api/v1/traces/", LoadTest::trace);
    http.start();
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(64 << 20)
            .addService(
                new TraceServiceGrpc.TraceServiceImplBase() {
                  @Override
                  public void export(
                      ExportTraceServiceRequest request,
                      StreamObserver<ExportTraceServiceResponse> observer) {
                    if (requests.incrementAndGet() == 2) {
                      RetryInfo soon =
                          RetryInfo.newBuilder()
                              .setRetryDelay(
                                  com.google.protobuf.Duration.newBuilder().setNanos(60_000_000))
                              .build();
                      observer.onError(
                          StatusProto.toStatusRuntimeException(
                              com.google.rpc.Status.newBuilder()
                                  .setCode(com.google.rpc.Code.UNAVAILABLE_VALUE)
                                  .addDetails(Any.pack(soon))
                                  .build()));
                      return;
                    }
                    take(request);
                    observer.onNext(ExportTraceServiceResponse.getDefaultInstance());
                    observer.onCompleted();
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    http.stop(0);
    grpc.shutdownNow();
  }

  private void take(ExportTraceServiceRequest request) {
    for (ResourceSpans resource : request.getResourceSpansList()) {
      assertThat(resource.getResource().getAttributesCount()).isGreaterThan(4);
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        scope
            .getSpansList()
            .forEach(
                span ->
                    received.merge(
                        span.getSpanId().asReadOnlyByteBuffer().getLong(), 1, Integer::sum));
      }
    }
  }

  /**
   * The second request is to come later, the third is lost on the way back, the fourth rejected.
   */
  private void traces(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
    switch (requests.incrementAndGet()) {
      case 2 -> {
        exchange.getResponseHeaders().set("Retry-After", "0");
        exchange.sendResponseHeaders(503, -1);
        exchange.close();
        return;
      }
      case 3 -> {
        take(ExportTraceServiceRequest.parseFrom(body));
        exchange.close();
        return;
      }
      case 4 ->
          response.setPartialSuccess(
              ExportTracePartialSuccess.newBuilder().setRejectedSpans(1).setErrorMessage("no"));
      default -> take(ExportTraceServiceRequest.parseFrom(body));
    }
    byte[] answer = response.build().toByteArray();
    exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
    exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  /** Says that every trace is there, with 20 spans. */
  private static void trace(HttpExchange exchange) throws IOException {
    byte[] answer = ("{\"spans\":[" + "1,".repeat(19) + "1]}").getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private URI httpEndpoint() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  private Load.Result send(URI endpoint, Transport.Protocol protocol, long spans, Path acks)
      throws Exception {
    Load.Options options =
        new Load.Options(
            endpoint,
            protocol,
            2,
            Shape.SMALL,
            11,
            "test",
            Duration.ofMinutes(1),
            0,
            spans,
            Duration.ZERO,
            100,
            1 << 20,
            acks);
    try (VisibilityProbe probe = new VisibilityProbe(new Api(httpEndpoint()))) {
      return new Load(options, CORPUS, probe).run();
    }
  }

  @Test
  void overHttpEverythingAcknowledgedArrivedInSpiteOfRefusalsAndLostAnswers(@TempDir Path dir)
      throws Exception {
    Path acks = dir.resolve("acks");
    Load.Result result = send(httpEndpoint(), Transport.Protocol.HTTP, 1_500, acks);

    assertThat(result.rejected()).isEqualTo(100);
    assertThat(result.problems()).containsExactly("1 rejected: no");
    assertThat(result.resent()).isGreaterThanOrEqualTo(2);
    assertThat(result.spans()).isEqualTo(1_400);
    assertThat(result.ids().size).isEqualTo(1_400);
    assertThat(received.keySet()).contains(box(result.ids().sorted()));
    assertThat(VerifyCommand.read(acks).sorted()).isEqualTo(result.ids().sorted());
  }

  @Test
  void overGrpcEverythingAcknowledgedArrivedOnce() throws Exception {
    Load.Result result =
        send(
            URI.create("http://127.0.0.1:" + grpc.getPort()), Transport.Protocol.GRPC, 1_500, null);

    assertThat(result.resent()).isEqualTo(1);
    assertThat(result.spans()).isEqualTo(1_500);
    assertThat(received).hasSize(1_500);
    assertThat(received.values()).containsOnly(1);
    assertThat(received.keySet()).contains(box(result.ids().sorted()));
  }

  private static Long[] box(long[] values) {
    return java.util.Arrays.stream(values).boxed().toArray(Long[]::new);
  }

  @Test
  void readBackCountsWhatIsLostDoubledAndExtra() {
    long[] acknowledged = {-5, 1, 2, 3};
    long[] stored = {-5, 2, 2, 2, 3, 9};
    ReadBack.Findings found = ReadBack.compare(acknowledged, stored, 0, 0);
    assertThat(found.lost()).isEqualTo(1);
    assertThat(found.doubled()).isEqualTo(2);
    assertThat(found.extra()).isEqualTo(1);
  }
}
