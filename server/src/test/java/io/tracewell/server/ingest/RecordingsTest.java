package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.CallOptions;
import io.grpc.Codec;
import io.grpc.CompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import io.tracewell.server.message.Messages;
import io.tracewell.server.normalise.LogMerge;
import io.tracewell.server.pricing.GenAiPrices;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What unmodified SDKs sent, and what the provider's own log says must come out. */
class RecordingsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "py_otel-openai-v2-2.0b0_events",
        "py_otel-openai-v2-2.4b0_default",
        "py_otel-openai-v2-2.4b0_latest_span",
        "py_otel-openai-v2-2.4b0_latest_span_and_event",
        "py_otel-openai-v2-2.4b0_latest_event_grpc",
        "py_otel-genai-1.3b0_span_and_event",
        "py_otel-genai-1.3b0_event_only_grpc"
      })
  void the_facts_of_the_calls_come_out(String name) throws Exception {
    List<Span> spans = merged(replay(name));
    JsonNode expected = Recordings.expected("otlp").get(name);

    List<Span> calls =
        new ArrayList<>(
            spans.stream()
                .filter(s -> s.kind() == SpanKind.LLM || s.kind() == SpanKind.EMBEDDING)
                .filter(s -> !s.origin().scope().startsWith("com.anthropic.sdk"))
                .toList());
    List<JsonNode> wanted = new ArrayList<>();
    expected
        .path("spans")
        .forEach(
            s -> {
              if (s.has("provider_call")) {
                wanted.add(s);
              }
            });
    assertThat(calls).as("calls").hasSize(wanted.size());
    for (JsonNode want : wanted) {
      Span span = find(calls, want);
      calls.remove(span);
      check(span, want);
    }
  }

  private static Span find(List<Span> calls, JsonNode want) {
    String responseId = want.path("response_id").asText("");
    return calls.stream()
        .filter(
            s ->
                responseId.isEmpty()
                    ? s.model().responseId().isEmpty()
                        && s.model().requested().equals(want.path("model_requested").asText())
                        && s.kind().wireName().equals(want.path("kind").asText())
                        && (want.path("input").isMissingNode()
                            || s.inputPreview().equals(want.path("input").asText()))
                    : s.model().responseId().equals(responseId))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span for " + want));
  }

  private static void check(Span span, JsonNode want) {
    String what = want.path("id").asText() + " " + want.path("case").asText();
    JsonNode missing = want.path("not_on_wire");
    assertThat(span.kind().wireName()).as(what).isEqualTo(want.path("kind").asText());
    assertThat(span.model().provider()).as(what).isEqualTo(want.path("provider").asText());
    assertThat(span.model().requested()).as(what).isEqualTo(want.path("model_requested").asText());
    if (want.has("model") && !missing.has("model")) {
      assertThat(span.model().name()).as(what).isEqualTo(want.path("model").asText());
    }
    if (want.has("input") && span.kind() == SpanKind.LLM) {
      assertThat(span.inputPreview()).as(what).isEqualTo(want.path("input").asText());
    }
    List<Message> output = Messages.read(span.output(), "assistant");
    if (want.has("output")) {
      assertThat(output).as(what).isNotEmpty();
      assertThat(Messages.searchText(output.getFirst()))
          .as(what)
          .contains(want.path("output").asText());
    }
    if (want.has("choices")) {
      assertThat(output).as(what).hasSize(want.path("choices").asInt());
    }
    for (JsonNode call : want.path("tool_calls")) {
      assertThat(output.stream().flatMap(m -> m.parts().stream()))
          .as(what)
          .anySatisfy(
              part -> {
                assertThat(part).isInstanceOf(Part.ToolCall.class);
                Part.ToolCall made = (Part.ToolCall) part;
                assertThat(made.name()).isEqualTo(call.path("name").asText());
                assertThat(made.id()).isEqualTo(call.path("id").asText());
                assertThat(JSON.readTree(made.arguments())).isEqualTo(call.path("arguments"));
              });
    }
    if (want.has("reasoning_text")) {
      assertThat(span.texts().stream().map(t -> t.text()))
          .as(what)
          .anyMatch(t -> t.contains(want.path("reasoning_text").asText()));
    }
    if (want.has("system")) {
      assertThat(span.texts().getFirst().text()).as(what).isEqualTo(want.path("system").asText());
    }
    if (want.has("input_message_count")) {
      assertThat(span.inputHashes().length)
          .as(what)
          .isEqualTo(want.path("input_message_count").asInt());
    }
    Usage usage = span.usage();
    JsonNode tokens = want.path("tokens");
    if (want.has("tokens") && tokens.isNull()) {
      assertThat(usage.isEmpty()).as(what + " tokens").isTrue();
    } else if (tokens.isObject()) {
      assertThat(usage.input()).as(what + " input").isEqualTo(tokens.path("input").asLong());
      if (tokens.has("output")) {
        assertThat(usage.output()).as(what + " output").isEqualTo(tokens.path("output").asLong());
      }
      if (tokens.path("cache_read").asLong() > 0) {
        assertThat(usage.cacheRead()).as(what).isEqualTo(tokens.path("cache_read").asLong());
      }
      if (tokens.path("cache_write").asLong() > 0) {
        assertThat(usage.cacheWrite()).as(what).isEqualTo(tokens.path("cache_write").asLong());
      }
      if (tokens.path("reasoning").asLong() > 0) {
        assertThat(usage.reasoning()).as(what).isEqualTo(tokens.path("reasoning").asLong());
      }
      assertThat(span.cost().source()).as(what + " " + span.cost()).isEqualTo("priced");
      assertThat(span.cost().total()).as(what).isPositive();
    }
    if (want.path("status").asText().equals("error")) {
      assertThat(span.status()).as(what).isEqualTo(SpanStatus.ERROR);
      if (want.path("error").has("message_contains") && !missing.has("error")) {
        assertThat(span.error().message() + span.outputPreview())
            .as(what)
            .contains(want.path("error").path("message_contains").asText());
      }
    } else {
      assertThat(span.status()).as(what).isNotEqualTo(SpanStatus.ERROR);
    }
    assertThat(span.warnings()).as(what).isEmpty();
  }

  /** Joins the records to their spans as the store does, one more record each time. */
  private static List<Span> merged(Harness server) {
    LogMerge merge = new LogMerge();
    List<Span> result = new ArrayList<>();
    for (Span span : server.spans) {
      List<SpanLog> logs =
          server.logs.stream()
              .filter(l -> l.traceId().equals(span.traceId()) && l.spanId().equals(span.spanId()))
              .sorted(
                  Comparator.comparingLong(SpanLog::timeNanos).thenComparingInt(SpanLog::sequence))
              .toList();
      Span whole = merge.merge(span, logs);
      Span stepwise = span;
      for (int i = 1; i <= logs.size(); i++) {
        stepwise = merge.merge(stepwise, logs.subList(0, i));
      }
      assertThat(merge.merge(whole, logs)).usingRecursiveComparison().isEqualTo(whole);
      assertThat(stepwise).usingRecursiveComparison().isEqualTo(whole);
      result.add(whole);
    }
    return result;
  }

  private static Harness replay(String name) throws Exception {
    Harness server = new Harness(GenAiPrices.vendored(), IntakeLimits.DEFAULT);
    try (server) {
      for (Recordings.Recorded request : Recordings.read("otlp", name)) {
        if (request.grpc()) {
          grpc(server.port(), request.path(), request.body());
        } else {
          assertThat(
                  Recordings.send(
                          HttpClient.newHttpClient(),
                          server.port(),
                          request.method(),
                          request.path(),
                          request.body(),
                          request.headers())
                      .statusCode())
              .isEqualTo(200);
        }
      }
    }
    return server;
  }

  static byte[] grpc(int port, String path, byte[] body) {
    return grpc(port, path, body, Codec.Identity.NONE);
  }

  static byte[] grpc(int port, String path, byte[] body, Codec codec) {
    CompressorRegistry codecs = CompressorRegistry.newEmptyInstance();
    codecs.register(codec);
    ManagedChannel channel =
        io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .compressorRegistry(codecs)
            .build();
    try {
      MethodDescriptor.Marshaller<byte[]> bytes = OtlpGrpc.BYTES;
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.<byte[], byte[]>newBuilder()
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(path.substring(1))
              .setRequestMarshaller(bytes)
              .setResponseMarshaller(bytes)
              .build();
      CallOptions options = CallOptions.DEFAULT.withCompression(codec.getMessageEncoding());
      return ClientCalls.blockingUnaryCall(channel, method, options, body);
    } finally {
      channel.shutdownNow();
    }
  }
}
