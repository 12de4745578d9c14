package io.tracewell.server.ingest;

import static io.tracewell.server.ingest.OtlpHttpTest.id;
import static io.tracewell.server.ingest.OtlpHttpTest.number;
import static io.tracewell.server.ingest.OtlpHttpTest.request;
import static io.tracewell.server.ingest.OtlpHttpTest.span;
import static io.tracewell.server.ingest.OtlpHttpTest.text;
import static io.tracewell.server.ingest.OtlpHttpTest.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Codec;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.tracewell.server.http.ZstdCodec;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every kind of bad input gets a clear answer or a warning, and harms nobody else. */
class BadInputTest {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private Harness server;

  @BeforeEach
  void start() throws Exception {
    server = new Harness();
  }

  @AfterEach
  void others_are_served_as_before() throws Exception {
    server.full = false;
    int before = server.spans.size();
    assertThat(server.post("/v1/traces", PROTOBUF, request(span("after").build())).statusCode())
        .isEqualTo(200);
    assertThat(server.spans).hasSize(before + 1);
    server.close();
  }

  private HttpResponse<byte[]> traces(byte[] body) throws Exception {
    return server.post("/v1/traces", PROTOBUF, body);
  }

  private HttpResponse<byte[]> json(String body) throws Exception {
    return server.post("/v1/traces", JSON, body.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private void assertWarning(String code) {
    assertThat(server.spans).isNotEmpty();
    assertThat(server.spans.getLast().warnings()).anyMatch(w -> w.startsWith(code + ": "));
  }

  private static String jsonSpan(String fields) {
    return "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[{\"traceId\":\"abababababababababababababababab\",\"spanId\":\"cdcdcdcdcdcdcdcd\",\"startTimeUnixNano\":\"1790000000000000000\",\"endTimeUnixNano\":\"1790000001000000000\""
        + fields
        + "}]}]}]}";
  }

  @Test
  void truncated_protobuf() throws Exception {
    byte[] whole = request(span("a").build(), span("b").build());
    for (int length = 1; length < whole.length; length++) {
      HttpResponse<byte[]> response = traces(Arrays.copyOf(whole, length));
      assertThat(response.statusCode()).as("cut at " + length).isEqualTo(400);
      assertThat(text(response)).contains("can't be read as OTLP protobuf");
    }
    assertThat(server.spans).isEmpty();
    assertThat(server.log.newest(1).getFirst().reason()).contains("can't be read");
  }

  @Test
  void truncated_grpc_message() {
    byte[] whole = request(span("a").build());
    assertThatThrownBy(
            () ->
                RecordingsTest.grpc(
                    server.port(),
                    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                    Arrays.copyOf(whole, whole.length - 1)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }

  @Test
  void zstd_over_grpc() {
    String path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    RecordingsTest.grpc(server.port(), path, request(span("small").build()), new ZstdCodec());
    assertThat(server.spans).extracting(s -> s.name()).containsExactly("small");
    // A bomb: 300 MB of zeros in 30 KB.
    assertThatThrownBy(
            () -> RecordingsTest.grpc(server.port(), path, new byte[300 << 20], new ZstdCodec()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("RESOURCE_EXHAUSTED");
    assertThatThrownBy(
            () -> RecordingsTest.grpc(server.port(), path, new byte[] {1, 2, 3, 4}, new NotZstd()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("can't be decompressed");
    RecordingsTest.grpc(server.port(), path, request(span("after").build()), new ZstdCodec());
    assertThat(server.spans).extracting(s -> s.name()).containsExactly("small", "after");
  }

  /** Says zstd, and sends the bytes as they are. */
  private static final class NotZstd implements Codec {
    @Override
    public String getMessageEncoding() {
      return "zstd";
    }

    @Override
    public InputStream decompress(InputStream in) {
      return in;
    }

    @Override
    public OutputStream compress(OutputStream out) {
      return out;
    }
  }

  @Test
  void a_full_spool_over_grpc_says_when_to_retry() {
    server.full = true;
    assertThatThrownBy(
            () ->
                RecordingsTest.grpc(
                    server.port(),
                    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                    request(span("a").build())))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.UNAVAILABLE);
              assertThat(io.grpc.protobuf.StatusProto.fromThrowable(e).getDetailsList())
                  .anyMatch(d -> d.is(com.google.rpc.RetryInfo.class));
            });
  }

  @Test
  void invalid_json() throws Exception {
    HttpResponse<byte[]> response = json("{\"resourceSpans\":[{\"secret\n\"");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(text(response)).contains("not valid JSON at line 1").doesNotContain("secret");
    assertThat(json("[]").statusCode()).isEqualTo(400);
    assertThat(json("").statusCode()).isEqualTo(400);
    assertThat(json("{} {}").statusCode()).isEqualTo(400);
  }

  @Test
  void wrong_content_type() throws Exception {
    assertThat(server.post("/v1/traces", "text/plain", new byte[0]).statusCode()).isEqualTo(415);
    HttpResponse<byte[]> none = server.post("/v1/traces", "", new byte[0]);
    assertThat(none.statusCode()).isEqualTo(415);
    assertThat(text(none)).contains("application/x-protobuf");
    assertThat(
            server.post("/v1/traces", PROTOBUF, new byte[0], "Content-Encoding", "br").statusCode())
        .isEqualTo(415);
  }

  @Test
  void a_body_of_100_megabytes() throws Exception {
    assertThat(traces(new byte[100 << 20]).statusCode()).isEqualTo(413);
  }

  @Test
  void a_gzip_bomb() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 300; i++) {
        gzip.write(zeros);
      }
    }
    HttpResponse<byte[]> response =
        server.post("/v1/traces", PROTOBUF, out.toByteArray(), "Content-Encoding", "gzip");
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(text(response)).contains("when decompressed");
  }

  @Test
  void a_zstd_bomb_and_broken_streams() throws Exception {
    byte[] bomb = com.github.luben.zstd.Zstd.compress(new byte[300 << 20]);
    assertThat(server.post("/v1/traces", PROTOBUF, bomb, "Content-Encoding", "zstd").statusCode())
        .isEqualTo(413);
    for (String encoding : new String[] {"gzip", "zstd", "deflate"}) {
      HttpResponse<byte[]> response =
          server.post(
              "/v1/traces", PROTOBUF, new byte[] {1, 2, 3, 4}, "Content-Encoding", encoding);
      assertThat(response.statusCode()).as(encoding).isEqualTo(400);
      assertThat(text(response)).contains(encoding);
    }
    byte[] whole = Harness.gzip(request(span("a").build()));
    assertThat(
            server
                .post(
                    "/v1/traces",
                    PROTOBUF,
                    Arrays.copyOf(whole, whole.length - 9),
                    "Content-Encoding",
                    "gzip")
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void ids_of_wrong_length_and_zeros() throws Exception {
    HttpResponse<byte[]> response =
        traces(
            request(
                span("good").build(),
                span("short").setTraceId(id(15, 1)).build(),
                span("long").setSpanId(id(9, 1)).build(),
                span("zero").setTraceId(id(16, 0)).build(),
                span("none").setSpanId(ByteString.EMPTY).build()));
    assertThat(response.statusCode()).isEqualTo(200);
    ExportTraceServiceResponse answer = ExportTraceServiceResponse.parseFrom(response.body());
    assertThat(answer.getPartialSuccess().getRejectedSpans()).isEqualTo(4);
    assertThat(answer.getPartialSuccess().getErrorMessage())
        .contains("16 bytes")
        .contains("8 bytes")
        .contains("zeros");
    assertThat(server.spans).extracting(s -> s.name()).containsExactly("good");

    assertThat(text(json(jsonSpan("").replace("abababab", "zzabab"))))
        .contains("rejectedSpans\":\"1\"");
  }

  @Test
  void a_parent_id_of_wrong_length_and_oneself_as_parent() throws Exception {
    traces(request(span("a").setParentSpanId(id(3, 1)).build()));
    assertWarning("bad_parent_id");
    assertThat(server.spans.getLast().parentId()).isEmpty();
    traces(request(span("a").setParentSpanId(id(8, 0xCD)).build()));
    assertWarning("own_parent");
    assertThat(server.spans.getLast().parentId()).isEmpty();
  }

  @Test
  void a_parent_cycle_is_stored_as_it_is() throws Exception {
    traces(
        request(
            span("a").setSpanId(id(8, 1)).setParentSpanId(id(8, 2)).build(),
            span("b").setSpanId(id(8, 2)).setParentSpanId(id(8, 1)).build()));
    assertThat(server.spans).hasSize(2);
  }

  @Test
  void one_corrupt_span_spares_its_neighbours() throws Exception {
    byte[] good = request(span("good").build());
    byte[] both = request(span("good").build(), span("XXXX").build());
    // The name's length runs over the end of its span; the span's own length is right.
    int at = new String(both, StandardCharsets.ISO_8859_1).indexOf("XXXX");
    both[at - 1] = 120;
    HttpResponse<byte[]> response = traces(both);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(
            ExportTraceServiceResponse.parseFrom(response.body())
                .getPartialSuccess()
                .getRejectedSpans())
        .isEqualTo(1);
    assertThat(server.spans).extracting(s -> s.name()).containsExactly("good");
    assertThat(good).isNotEmpty();

    assertThat(text(json(jsonSpan(",\"flags\":\"x\"")))).contains("rejectedSpans\":\"1\"");
  }

  @Test
  void start_after_end_and_missing_times() throws Exception {
    traces(request(span("a").setEndTimeUnixNano(1).build()));
    assertWarning("end_before_start");
    assertThat(server.spans.getLast().durationNanos()).isZero();
    traces(request(span("a").setStartTimeUnixNano(0).setEndTimeUnixNano(0).build()));
    assertWarning("start_missing");
    traces(request(span("a").setStartTimeUnixNano(-1).build()));
    assertWarning("start_out_of_range");
    assertThat(server.spans.getLast().raw()).contains("18446744073709551615");
  }

  @Test
  void negative_and_absurd_tokens() throws Exception {
    traces(
        request(
            span("a")
                .addAttributes(number("gen_ai.usage.input_tokens", -5))
                .addAttributes(number("gen_ai.usage.output_tokens", Long.MAX_VALUE))
                .addAttributes(OtlpHttpTest.text("gen_ai.usage.cache_read.input_tokens", "many"))
                .build()));
    assertWarning("negative_tokens");
    assertWarning("absurd_tokens");
    assertWarning("bad_tokens");
    assertThat(server.spans.getLast().usage().isEmpty()).isTrue();
    assertThat(server.spans.getLast().usage().raw()).contains("9223372036854775807");
  }

  @Test
  void nan_and_infinity() throws Exception {
    traces(
        request(
            span("a")
                .addAttributes(value("x", AnyValue.newBuilder().setDoubleValue(Double.NaN)))
                .addAttributes(
                    value(
                        "gen_ai.usage.cost",
                        AnyValue.newBuilder().setDoubleValue(Double.POSITIVE_INFINITY)))
                .build()));
    assertThat(server.spans.getLast().metadata()).isEqualTo("{\"x\":{\"$double\":\"NaN\"}}");
    assertThat(server.spans.getLast().cost().total()).isEqualTo(-1);
    assertThat(
            json(jsonSpan(
                    ",\"attributes\":[{\"key\":\"x\",\"value\":{\"doubleValue\":NaN}},{\"key\":\"y\",\"value\":{\"doubleValue\":\"-Infinity\"}}]"))
                .statusCode())
        .isEqualTo(200);
    assertThat(server.spans.getLast().metadata())
        .isEqualTo("{\"x\":{\"$double\":\"NaN\"},\"y\":{\"$double\":\"-Infinity\"}}");
  }

  @Test
  void null_bytes_invalid_utf8_and_lone_surrogates() throws Exception {
    traces(request(span("a\0b").addAttributes(OtlpHttpTest.text("k\0", "v\0")).build()));
    assertThat(server.spans.getLast().name()).isEqualTo("a\0b");
    assertThat(server.spans.getLast().metadata()).isEqualTo("{\"k\\u0000\":\"v\\u0000\"}");

    byte[] body = request(span("XXXX").build());
    int at = new String(body, StandardCharsets.ISO_8859_1).indexOf("XXXX");
    body[at] = (byte) 0xFF;
    traces(body);
    assertThat(server.spans.getLast().name()).isEqualTo("\uFFFDXXX");
    assertWarning("invalid_utf8");

    json(jsonSpan(",\"name\":\"a\\ud800b\""));
    assertThat(server.spans.getLast().name()).isEqualTo("a\uFFFDb");
    assertWarning("lone_surrogate");
  }

  @Test
  void ten_thousand_attributes_and_more() throws Exception {
    Span.Builder many = span("many");
    for (int i = 0; i < 10_001; i++) {
      many.addAttributes(number("k" + i, i));
    }
    traces(request(many.build()));
    assertWarning("attributes_cut");
    assertThat(server.spans.getLast().metadata())
        .contains("\"k9999\":9999")
        .doesNotContain("k10000");
  }

  @Test
  void two_hundred_levels_of_nesting_and_more() throws Exception {
    AnyValue.Builder deep = AnyValue.newBuilder().setStringValue("core");
    for (int i = 0; i < 199; i++) {
      deep = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(deep));
    }
    traces(request(span("deep").addAttributes(value("d", deep)).build()));
    assertThat(server.spans.getLast().warnings()).isEmpty();
    assertThat(server.spans.getLast().raw()).contains("core");

    String open = "{\"arrayValue\":{\"values\":[".repeat(5_000);
    json(
        jsonSpan(
            ",\"attributes\":[{\"key\":\"d\",\"value\":"
                + open
                + "{\"intValue\":1}"
                + "]}}".repeat(5_000)
                + "}]"));
    assertWarning("nesting_cut");

    byte[] nested = {16, 1};
    for (int i = 0; i < 4_000; i++) {
      nested = wrap(5, wrap(1, nested));
    }
    byte[] attribute = concat(wrap(1, new byte[] {'d'}), wrap(2, nested));
    byte[] body =
        wrap(1, wrap(2, wrap(2, concat(span("x").build().toByteArray(), wrap(9, attribute)))));
    traces(body);
    assertWarning("nesting_cut");
  }

  private static byte[] wrap(int field, byte[] content) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    com.google.protobuf.CodedOutputStream coded =
        com.google.protobuf.CodedOutputStream.newInstance(out);
    coded.writeByteArray(field, content);
    coded.flush();
    return out.toByteArray();
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void a_message_of_50_megabytes() throws Exception {
    String huge = "é".repeat(25 << 20);
    assertThat(
            traces(
                    request(
                        span("a")
                            .addAttributes(OtlpHttpTest.text("gen_ai.input.messages", huge))
                            .build()))
                .statusCode())
        .isEqualTo(200);
    assertWarning("text_cut");
    assertThat(server.spans.getLast().input().text().length()).isLessThan(9 << 20);
    assertThat(server.spans.getLast().input().text())
        .endsWith("]")
        .contains("52428800 bytes in all");
  }

  @Test
  void duplicate_span_ids_and_attributes() throws Exception {
    traces(
        request(
            span("first").build(),
            span("second").addAttributes(number("k", 1)).addAttributes(number("k", 2)).build()));
    assertThat(server.spans).hasSize(2);
    assertWarning("duplicate_span_id");
    assertWarning("duplicate_attribute");
  }

  @Test
  void messages_that_are_not_messages() throws Exception {
    traces(
        request(
            span("a")
                .addAttributes(
                    OtlpHttpTest.text("gen_ai.input.messages", "[{\"role\":\"user\",\"par"))
                .build()));
    assertWarning("unreadable_messages");
    assertThat(server.spans.getLast().inputPreview()).startsWith("[{\"role\"");
  }

  @Test
  void too_many_bytes_at_once_are_asked_to_wait() throws Exception {
    try (Harness small =
        new Harness(
            (m, u, s) -> io.tracewell.core.Cost.NONE,
            new IntakeLimits(1 << 20, 100_000, 100_000))) {
      Bodies bodies = new Bodies(new IntakeLimits(1 << 20, 100_000, 100_000));
      try (Bodies.Body held = bodies.hold(new byte[90_000])) {
        assertThat(held.length).isEqualTo(90_000);
        assertThatThrownBy(() -> bodies.hold(new byte[20_000]))
            .isInstanceOfSatisfying(
                Bodies.Refused.class,
                e -> {
                  assertThat(e.status).isEqualTo(429);
                  assertThat(e.retryAfterSeconds).isPositive();
                });
      }
      bodies.hold(new byte[20_000]).close();
      assertThat(small.post("/v1/traces", PROTOBUF, new byte[200_000]).statusCode()).isEqualTo(413);
    }
  }
}
