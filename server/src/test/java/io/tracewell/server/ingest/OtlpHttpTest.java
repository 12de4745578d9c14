package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.tracewell.core.SpanKind;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpHttpTest {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private Harness server;

  @BeforeEach
  void start() throws Exception {
    server = new Harness();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static KeyValue text(String key, String value) {
    return value(key, AnyValue.newBuilder().setStringValue(value));
  }

  static KeyValue number(String key, long value) {
    return value(key, AnyValue.newBuilder().setIntValue(value));
  }

  static KeyValue value(String key, AnyValue.Builder value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  static ByteString id(int bytes, int fill) {
    byte[] id = new byte[bytes];
    java.util.Arrays.fill(id, (byte) fill);
    return ByteString.copyFrom(id);
  }

  static Span.Builder span(String name) {
    return Span.newBuilder()
        .setTraceId(id(16, 0xAB))
        .setSpanId(id(8, 0xCD))
        .setName(name)
        .setStartTimeUnixNano(1_790_000_000_000_000_000L)
        .setEndTimeUnixNano(1_790_000_001_000_000_000L);
  }

  static byte[] request(Span... spans) {
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder()
                .setResource(
                    Resource.newBuilder()
                        .addAttributes(text("service.name", "shop"))
                        .addAttributes(text("service.version", "1.2"))
                        .addAttributes(text("deployment.environment.name", "prod"))
                        .addAttributes(text("telemetry.sdk.language", "java"))
                        .addAttributes(text("telemetry.sdk.version", "1.68.0")))
                .addScopeSpans(
                    ScopeSpans.newBuilder()
                        .setScope(InstrumentationScope.newBuilder().setName("s").setVersion("1"))
                        .addAllSpans(List.of(spans))))
        .build()
        .toByteArray();
  }

  private io.tracewell.core.Span only() {
    assertThat(server.spans).hasSize(1);
    return server.spans.getFirst();
  }

  @Test
  void a_chat_is_read_whole() throws Exception {
    Span chat =
        span("chat gpt-4o")
            .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
            .addAttributes(text("gen_ai.operation.name", "chat"))
            .addAttributes(text("gen_ai.provider.name", "openai"))
            .addAttributes(text("gen_ai.request.model", "gpt-4o"))
            .addAttributes(text("gen_ai.response.model", "gpt-4o-2024-08-06"))
            .addAttributes(text("gen_ai.response.id", "r1"))
            .addAttributes(
                value("gen_ai.request.temperature", AnyValue.newBuilder().setDoubleValue(0.5)))
            .addAttributes(text("gen_ai.conversation.id", "conv"))
            .addAttributes(text("user.id", "u1"))
            .addAttributes(number("gen_ai.usage.input_tokens", 1000))
            .addAttributes(number("gen_ai.usage.output_tokens", 50))
            .addAttributes(number("gen_ai.usage.cache_read.input_tokens", 800))
            .addAttributes(number("gen_ai.usage.reasoning.output_tokens", 20))
            .addAttributes(
                text(
                    "gen_ai.system_instructions",
                    "[{\"type\":\"text\",\"content\":\"Be brief.\"}]"))
            .addAttributes(
                text(
                    "gen_ai.input.messages",
                    "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"What is the"
                        + " capital of France?\"}]}]"))
            .addAttributes(
                text(
                    "gen_ai.output.messages",
                    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Paris.\"}],\"finish_reason\":\"stop\"}]"))
            .addAttributes(text("tier", "gold"))
            .build();

    HttpResponse<byte[]> response = server.post("/v1/traces", PROTOBUF, request(chat));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(ExportTraceServiceResponse.parseFrom(response.body()).hasPartialSuccess()).isFalse();
    io.tracewell.core.Span span = only();
    assertThat(span.traceId()).isEqualTo("ab".repeat(16));
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.origin().application()).isEqualTo("shop");
    assertThat(span.origin().environment()).isEqualTo("prod");
    assertThat(span.origin().sdk()).isEqualTo("java 1.68.0");
    assertThat(span.origin().dialects()).isEqualTo("otel-genai");
    assertThat(span.origin().transport()).isEqualTo("otlp-http-protobuf");
    assertThat(span.model().name()).isEqualTo("gpt-4o-2024-08-06");
    assertThat(span.model().parameters()).isEqualTo("{\"temperature\":0.5}");
    assertThat(span.model().finishReasons()).isEqualTo("stop");
    assertThat(span.usage().input()).isEqualTo(1000);
    assertThat(span.usage().cacheRead()).isEqualTo(800);
    assertThat(span.usage().reasoning()).isEqualTo(20);
    assertThat(span.sessionId()).isEqualTo("conv");
    assertThat(span.userId()).isEqualTo("u1");
    assertThat(span.inputPreview()).isEqualTo("What is the capital of France?");
    assertThat(span.outputPreview()).isEqualTo("Paris.");
    assertThat(span.inputHashes()).hasSize(2);
    assertThat(span.texts())
        .extracting(t -> t.text())
        .containsExactly("Be brief.", "What is the capital of France?", "Paris.");
    assertThat(span.metadata()).isEqualTo("{\"tier\":\"gold\"}");
    assertThat(span.raw())
        .contains("\"gen_ai.input.messages\":{\"$ref\":\"input\"}")
        .contains("\"tier\":\"gold\"")
        .doesNotContain("capital of France");
    assertThat(span.warnings()).isEmpty();
    assertThat(server.log.newest(1).getFirst().spans()).isEqualTo(1);
  }

  @Test
  void json_and_protobuf_and_every_encoding_give_the_same_span() throws Exception {
    AnyValue messages =
        AnyValue.newBuilder()
            .setArrayValue(
                ArrayValue.newBuilder()
                    .addValues(
                        AnyValue.newBuilder()
                            .setKvlistValue(
                                KeyValueList.newBuilder()
                                    .addValues(text("role", "user"))
                                    .addValues(
                                        value(
                                            "parts",
                                            AnyValue.newBuilder()
                                                .setArrayValue(
                                                    ArrayValue.newBuilder()
                                                        .addValues(
                                                            AnyValue.newBuilder()
                                                                .setKvlistValue(
                                                                    KeyValueList.newBuilder()
                                                                        .addValues(
                                                                            text("type", "text"))
                                                                        .addValues(
                                                                            text(
                                                                                "content",
                                                                                "Zürich" + " \"q\""
                                                                                    + " 🌍"))))))))))
            .build();
    Span span =
        span("chat")
            .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
            .setParentSpanId(id(8, 1))
            .setTraceState("a=b")
            .setFlags(1)
            .addAttributes(text("gen_ai.operation.name", "chat"))
            .addAttributes(KeyValue.newBuilder().setKey("gen_ai.input.messages").setValue(messages))
            .addAttributes(number("gen_ai.usage.input_tokens", 5))
            .addAttributes(value("d", AnyValue.newBuilder().setDoubleValue(2)))
            .addAttributes(value("b", AnyValue.newBuilder().setBoolValue(true)))
            .addAttributes(
                value("y", AnyValue.newBuilder().setBytesValue(ByteString.copyFromUtf8("xyz"))))
            .addAttributes(value("n", AnyValue.newBuilder()))
            .addEvents(
                Span.Event.newBuilder()
                    .setName("exception")
                    .setTimeUnixNano(1_790_000_000_500_000_000L)
                    .addAttributes(text("exception.type", "X"))
                    .addAttributes(text("exception.message", "boom"))
                    .addAttributes(text("exception.stacktrace", "at a\nat b")))
            .addLinks(Span.Link.newBuilder().setTraceId(id(16, 2)).setSpanId(id(8, 3)))
            .setStatus(
                Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("bad"))
            .build();
    byte[] protobuf = request(span);
    String json =
        """
        {"resourceSpans":[{"resource":{"attributes":[
            {"key":"service.name","value":{"stringValue":"shop"}},{"key":"service.version","value":{"stringValue":"1.2"}},
            {"key":"deployment.environment.name","value":{"stringValue":"prod"}},
            {"key":"telemetry.sdk.language","value":{"stringValue":"java"}},{"key":"telemetry.sdk.version","value":{"stringValue":"1.68.0"}}]},
          "unknownField":{"x":[1,2]},
          "scopeSpans":[{"scope":{"name":"s","version":"1"},"spans":[{
            "traceId":"ABABABABABABABABABABABABABABABAB","spanId":"CDCDCDCDCDCDCDCD","parentSpanId":"0101010101010101",
            "traceState":"a=b","flags":1,"name":"chat","kind":3,
            "startTimeUnixNano":"1790000000000000000","endTimeUnixNano":1790000001000000000,
            "attributes":[
              {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
              {"key":"gen_ai.input.messages","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[
                 {"key":"role","value":{"stringValue":"user"}},
                 {"key":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[
                    {"key":"type","value":{"stringValue":"text"}},{"key":"content","value":{"stringValue":"Z\\u00fcrich \\"q\\" \\ud83c\\udf0d"}}]}}]}}}]}}]}}},
              {"key":"gen_ai.usage.input_tokens","value":{"intValue":"5"}},
              {"key":"d","value":{"doubleValue":2}},{"key":"b","value":{"boolValue":true}},
              {"key":"y","value":{"bytesValue":"eHl6"}},{"key":"n","value":{}}],
            "events":[{"name":"exception","timeUnixNano":"1790000000500000000","attributes":[
              {"key":"exception.type","value":{"stringValue":"X"}},{"key":"exception.message","value":{"stringValue":"boom"}},
              {"key":"exception.stacktrace","value":{"stringValue":"at a\\nat b"}}]}],
            "links":[{"traceId":"02020202020202020202020202020202","spanId":"0303030303030303"}],
            "status":{"code":"STATUS_CODE_ERROR","message":"bad"}}]}]}]}
        """;
    String snake =
        json.replace("resourceSpans", "resource_spans")
            .replace("scopeSpans", "scope_spans")
            .replace("traceId", "trace_id")
            .replace("spanId", "span_id")
            .replace("parentSpanId", "parent_span_id")
            .replace("startTimeUnixNano", "start_time_unix_nano")
            .replace("endTimeUnixNano", "end_time_unix_nano")
            .replace("stringValue", "string_value")
            .replace("kvlistValue", "kvlist_value")
            .replace("arrayValue", "array_value")
            .replace("\"kind\":3", "\"kind\":\"SPAN_KIND_CLIENT\"");
    byte[] jsonBytes = json.getBytes(StandardCharsets.UTF_8);

    assertThat(server.post("/v1/traces", PROTOBUF, protobuf).statusCode()).isEqualTo(200);
    assertThat(server.post("/v1/traces", JSON + "; charset=utf-8", jsonBytes).statusCode())
        .isEqualTo(200);
    assertThat(server.post("/v1/traces", JSON, snake.getBytes(StandardCharsets.UTF_8)).statusCode())
        .isEqualTo(200);
    assertThat(
            server
                .post("/v1/traces", PROTOBUF, Harness.gzip(protobuf), "Content-Encoding", "gzip")
                .statusCode())
        .isEqualTo(200);
    assertThat(
            server
                .post("/v1/traces", JSON, Zstd.compress(jsonBytes), "Content-Encoding", "zstd")
                .statusCode())
        .isEqualTo(200);

    assertThat(server.spans).hasSize(5);
    io.tracewell.core.Span first = server.spans.getFirst();
    assertThat(first.inputPreview()).isEqualTo("Zürich \"q\" 🌍");
    assertThat(first.error().message()).isEqualTo("boom");
    assertThat(first.error().stack()).isEqualTo("at a\nat b");
    assertThat(first.links()).hasSize(1);
    for (io.tracewell.core.Span other : server.spans) {
      assertThat(other)
          .usingRecursiveComparison()
          .ignoringFields("origin.transport", "sizeBytes")
          .isEqualTo(first);
    }
  }

  @Test
  void a_full_spool_asks_to_come_again() throws Exception {
    server.full = true;
    HttpResponse<byte[]> response = server.post("/v1/traces", PROTOBUF, request(span("a").build()));
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).contains("7");
    assertThat(server.log.newest(1).getFirst().status()).isEqualTo(503);
  }

  @Test
  void metrics_are_taken_and_dropped() throws Exception {
    assertThat(server.post("/v1/metrics", PROTOBUF, new byte[] {1, 2, 3}).statusCode())
        .isEqualTo(200);
    assertThat(server.post("/v1/metrics", JSON, "{}".getBytes(StandardCharsets.UTF_8)).body())
        .isEqualTo("{}".getBytes(StandardCharsets.UTF_8));
  }
}
