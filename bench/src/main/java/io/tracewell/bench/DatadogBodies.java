package io.tracewell.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same spans with the same texts as ddtrace 4.11 and later sends them: chunks of MessagePack
 * for {@code /v0.4/traces}, the LLM data of a span as MessagePack within it. Traces and sessions
 * have other ids, so that neither protocol finds done what the other has sent.
 */
final class DatadogBodies {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final long OTHER = 0x0f0f_0f0fL << 32;

  private static final Map<String, String> KINDS =
      Map.of(
          "chat", "llm",
          "invoke_agent", "agent",
          "execute_tool", "tool",
          "retrieval", "retrieval",
          "embeddings", "embedding");

  private DatadogBodies() {}

  /** An export request as one chunk a trace. */
  static byte[] of(byte[] otlp) throws IOException {
    Map<ByteBuffer, List<Span>> traces = new LinkedHashMap<>();
    for (var resource : ExportTraceServiceRequest.parseFrom(otlp).getResourceSpansList()) {
      for (var scope : resource.getScopeSpansList()) {
        for (Span span : scope.getSpansList()) {
          traces
              .computeIfAbsent(span.getTraceId().asReadOnlyByteBuffer(), t -> new ArrayList<>())
              .add(span);
        }
      }
    }
    Pack out = new Pack(otlp.length + 4_096);
    out.array(traces.size());
    for (var trace : traces.entrySet()) {
      out.array(trace.getValue().size());
      boolean first = true;
      for (Span span : trace.getValue()) {
        span(out, span, trace.getKey(), first);
        first = false;
      }
    }
    return out.bytes.toByteArray();
  }

  private static void span(Pack out, Span span, ByteBuffer traceId, boolean first)
      throws IOException {
    Map<String, AnyValue> attributes = new LinkedHashMap<>();
    for (KeyValue attribute : span.getAttributesList()) {
      attributes.put(attribute.getKey(), attribute.getValue());
    }
    String kind = KINDS.get(text(attributes, "gen_ai.operation.name"));
    boolean failed = span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
    out.map(kind == null ? 12 : 13);
    out.key("trace_id").number(traceId.getLong(8));
    out.key("span_id").number(span.getSpanId().asReadOnlyByteBuffer().getLong());
    out.key("parent_id")
        .number(
            span.getParentSpanId().isEmpty()
                ? 0
                : span.getParentSpanId().asReadOnlyByteBuffer().getLong());
    out.key("service").text("bench");
    out.key("resource").text(span.getName());
    out.key("name").text(span.getName());
    out.key("type").text(kind == null ? "http" : "llm");
    out.key("start").number(span.getStartTimeUnixNano());
    out.key("duration").number(span.getEndTimeUnixNano() - span.getStartTimeUnixNano());
    out.key("error").number(failed ? 1 : 0);
    out.key("meta").map((kind == null ? 3 : 4) + (first ? 1 : 0));
    if (first) {
      out.key("_dd.p.tid").text(String.format("%016x", (traceId.getLong(0) ^ OTHER)));
    }
    out.key("language").text("python");
    out.key("runtime-id").text("0123456789abcdef0123456789abcdef");
    if (kind != null) {
      out.key("_dd.llmobs.artificial_gen_ai_tags").text("true");
    }
    out.key("error.type").text(failed ? "TimeoutError" : "");
    out.key("metrics").map(2);
    out.key("_sampling_priority_v1").number(1);
    out.key("process_id").number(4711);
    if (kind != null) {
      Pack inner = new Pack(4_096);
      llm(inner, span, attributes, kind, traceId);
      out.key("meta_struct").map(1).key("_llmobs").binary(inner.bytes);
    }
  }

  private static void llm(
      Pack out, Span span, Map<String, AnyValue> attributes, String kind, ByteBuffer traceId)
      throws IOException {
    boolean model = kind.equals("llm");
    out.map(8);
    out.key("trace_id")
        .text(String.format("%016x%016x", (traceId.getLong(0) ^ OTHER), traceId.getLong(8)));
    out.key("parent_id")
        .text(
            span.getParentSpanId().isEmpty()
                ? "undefined"
                : Long.toUnsignedString(span.getParentSpanId().asReadOnlyByteBuffer().getLong()));
    out.key("name").text(span.getName());
    out.key("ml_app").text("bench");
    out.key("session_id").text("dd-" + text(attributes, "gen_ai.conversation.id"));
    out.key("tags").map(3);
    out.key("ml_app").text("bench");
    out.key("user_id").text(text(attributes, "user.id"));
    out.key("ddtrace.version").text("4.16.0");
    out.key("metrics").map(4);
    out.key("input_tokens").number(number(attributes, "gen_ai.usage.input_tokens"));
    out.key("output_tokens").number(number(attributes, "gen_ai.usage.output_tokens"));
    out.key("total_tokens")
        .number(
            number(attributes, "gen_ai.usage.input_tokens")
                + number(attributes, "gen_ai.usage.output_tokens"));
    out.key("cache_read_input_tokens")
        .number(number(attributes, "gen_ai.usage.cache_read.input_tokens"));
    out.key("meta").map(6);
    out.key("span").map(1).key("kind").text(kind);
    out.key("model_name").text(text(attributes, "gen_ai.response.model"));
    out.key("model_provider").text(text(attributes, "gen_ai.provider.name"));
    out.key("metadata").map(1).key("temperature").text("0.2");
    String system = text(attributes, "gen_ai.system_instructions");
    String input =
        first(
            attributes,
            "gen_ai.input.messages",
            "gen_ai.tool.call.arguments",
            "gen_ai.retrieval.query.text");
    String output =
        first(
            attributes,
            "gen_ai.output.messages",
            "gen_ai.tool.call.result",
            "gen_ai.retrieval.documents");
    out.key("input").map(1);
    if (model) {
      out.key("messages");
      messages(out, system, input);
    } else {
      out.key("value").text(input);
    }
    out.key("output").map(1);
    if (model) {
      out.key("messages");
      messages(out, "", output);
    } else {
      out.key("value").text(output);
    }
  }

  private static void messages(Pack out, String system, String json) throws IOException {
    JsonNode messages = JSON.readTree(json.isEmpty() ? "[]" : json);
    out.array(messages.size() + (system.isEmpty() ? 0 : 1));
    if (!system.isEmpty()) {
      out.map(2).key("role").text("system").key("content").text(content(JSON.readTree(system)));
    }
    for (JsonNode message : messages) {
      out.map(2);
      out.key("role").text(message.path("role").asText());
      out.key("content").text(content(message.path("parts")));
    }
  }

  private static String content(JsonNode parts) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : parts) {
      JsonNode content = part.path("content");
      text.append(content.isTextual() ? content.textValue() : part.toString());
    }
    return text.toString();
  }

  private static String first(Map<String, AnyValue> attributes, String... names) {
    for (String name : names) {
      String text = text(attributes, name);
      if (!text.isEmpty()) {
        return text;
      }
    }
    return "";
  }

  private static String text(Map<String, AnyValue> attributes, String name) {
    AnyValue value = attributes.get(name);
    return value == null ? "" : value.getStringValue();
  }

  private static long number(Map<String, AnyValue> attributes, String name) {
    AnyValue value = attributes.get(name);
    return value == null ? 0 : value.getIntValue();
  }

  /** MessagePack as libdatadog writes it: the shortest form of everything. */
  private static final class Pack {
    private final Bytes bytes;

    Pack(int capacity) {
      bytes = new Bytes(capacity);
    }

    Pack key(String name) {
      return text(name);
    }

    Pack text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      if (utf8.length < 32) {
        bytes.raw((byte) (0xa0 | utf8.length));
      } else {
        sized(0xd9, utf8.length);
      }
      bytes.raw(utf8);
      return this;
    }

    void binary(Bytes inner) {
      sized(0xc4, inner.length);
      bytes.raw(inner);
    }

    private void sized(int code, int length) {
      int width = length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : 4;
      bytes.raw((byte) (code + (width == 1 ? 0 : width == 2 ? 1 : 2)));
      bigEndian(length, width);
    }

    Pack number(long value) {
      if (value >= 0 && value < 128) {
        bytes.raw((byte) value);
      } else {
        bytes.raw((byte) 0xcf);
        bytes.bigEndian(value);
      }
      return this;
    }

    Pack map(int size) {
      return container(0x80, 0xde, size);
    }

    void array(int size) {
      container(0x90, 0xdc, size);
    }

    private Pack container(int small, int large, int size) {
      if (size < 16) {
        bytes.raw((byte) (small | size));
      } else {
        bytes.raw((byte) large);
        bigEndian(size, 2);
      }
      return this;
    }

    private void bigEndian(int value, int width) {
      for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
        bytes.raw((byte) (value >>> shift));
      }
    }
  }
}
