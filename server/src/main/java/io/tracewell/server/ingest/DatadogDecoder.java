package io.tracewell.server.ingest;

import io.tracewell.core.OverloadedException;
import io.tracewell.server.normalise.Attributes;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.DatadogSent.ApmSpan;
import io.tracewell.server.normalise.DatadogSent.Event;
import io.tracewell.server.normalise.DatadogSent.Place;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From the bodies of Datadog's intakes to their spans. One decoder reads one request.
 *
 * <p>The SDKs use two ways: envelopes of span events to the LLM Observability intake (JSON, from
 * Java MessagePack), and chunks of spans to the trace intake, where ddtrace 4.11 and later puts the
 * event into {@code meta_struct["_llmobs"]} of the span. What goes the first way leaves a copy on
 * the second, which is not a span of its own.
 */
final class DatadogDecoder {
  /** Takes what is found, one by one. */
  interface Handler {
    void event(Event event) throws OverloadedException;

    void apm(ApmSpan span, Place place) throws OverloadedException;

    /** One span that was refused; {@code reason} holds nothing that was sent. */
    void rejected(String reason);
  }

  private static final String NO_OBJECT = "A span is not an object.";

  private final byte[] bytes;
  private final int length;
  private final Handler handler;

  DatadogDecoder(byte[] bytes, int length, Handler handler) {
    this.bytes = bytes;
    this.length = length;
    this.handler = handler;
  }

  /** Span events, or traces where a sender chose that path: whatever the body turns out to be. */
  void events() throws DatadogUnreadable, OverloadedException {
    Object body = body();
    List<?> envelopes =
        body instanceof List<?> list ? list : body == null ? List.of() : List.of(body);
    int count = 0;
    for (Object envelope : envelopes) {
      count += envelope instanceof Attributes map ? Math.max(1, spans(map).size()) : 1;
    }
    int share = length / Math.max(1, count);
    for (Object item : envelopes) {
      if (!(item instanceof Attributes envelope)) {
        handler.rejected("An envelope is not an object.");
        continue;
      }
      if (envelope.get("traces") instanceof List<?> traces) {
        chunks(traces, true, null);
        continue;
      }
      Attributes around =
          envelope.get("data") instanceof Attributes data ? attributes(data) : envelope;
      for (Object sent : spans(envelope)) {
        if (sent instanceof Attributes span) {
          handler.event(new Event(span, around, null, share));
        } else {
          handler.rejected(NO_OBJECT);
        }
      }
    }
  }

  /**
   * Log lines. Those that hold an LLM call are its span; all others are not what this server keeps,
   * whatever they look like, so nothing is refused: LiteLLM sends again what is not taken.
   */
  void logs() throws OverloadedException {
    List<?> lines;
    try {
      Object body = body();
      lines = body instanceof List<?> list ? list : body == null ? List.of() : List.of(body);
    } catch (DatadogUnreadable e) {
      return;
    }
    int share = length / Math.max(1, lines.size());
    for (Object line : lines) {
      Attributes span = line instanceof Attributes log ? LiteLlmLogs.call(log) : null;
      if (span != null) {
        handler.event(new Event(span, Attributes.NONE, null, share));
      }
    }
  }

  /**
   * The attributes of a body {@code {data:{attributes}}}; without that envelope, the body itself.
   */
  Attributes attributes() throws DatadogUnreadable {
    return switch (body()) {
      case null -> Attributes.NONE;
      case Attributes map -> map.get("data") instanceof Attributes data ? attributes(data) : map;
      default -> throw new DatadogUnreadable("The body is not an object");
    };
  }

  private static Attributes attributes(Attributes data) {
    return data.get("attributes") instanceof Attributes attributes ? attributes : Attributes.NONE;
  }

  private static List<?> spans(Attributes envelope) {
    Attributes around =
        envelope.get("data") instanceof Attributes data ? attributes(data) : envelope;
    if (around.get("spans") instanceof List<?> spans) {
      return spans;
    }
    return around.get("span_id") != null ? List.of(around) : List.of();
  }

  /** Chunks of spans, as v0.3 and v0.4 of the agent's intake take them. */
  void traces() throws DatadogUnreadable, OverloadedException {
    if (length > 0 && bytes[0] != '[' && bytes[0] != '{') {
      MsgPack reader = new MsgPack(bytes, length);
      if (!(reader.whole() instanceof List<?> chunks)) {
        throw new DatadogUnreadable("The body is not an array of traces");
      }
      chunks(chunks, false, reader);
      return;
    }
    switch (body()) {
      case List<?> chunks -> chunks(chunks, false, null);
      case Attributes map when map.get("traces") instanceof List<?> chunks ->
          chunks(chunks, true, null);
      case null -> {}
      default -> throw new DatadogUnreadable("The body is not an array of traces");
    }
  }

  /** Version 0.5: a table of strings, then spans as arrays that point into it. */
  void tracesWithTable() throws DatadogUnreadable, OverloadedException {
    MsgPack reader = new MsgPack(bytes, length);
    if (!(reader.whole() instanceof List<?> body)
        || body.size() != 2
        || !(body.get(0) instanceof List<?> table)
        || !(body.get(1) instanceof List<?> sent)) {
      throw new DatadogUnreadable("The body is not an array of a string table and traces");
    }
    List<Object> chunks = new ArrayList<>(sent.size());
    for (Object trace : sent) {
      List<@Nullable Object> chunk = new ArrayList<>();
      if (trace instanceof List<?> spans) {
        for (Object span : spans) {
          chunk.add(
              span instanceof List<?> fields && fields.size() >= 12 ? named(fields, table) : null);
        }
      }
      chunks.add(chunk);
    }
    chunks(chunks, false, reader);
  }

  private static Attributes named(List<?> fields, List<?> table) {
    Attributes span = new Attributes(12);
    span.add("service", string(fields.get(0), table));
    span.add("name", string(fields.get(1), table));
    span.add("resource", string(fields.get(2), table));
    span.add("trace_id", fields.get(3));
    span.add("span_id", fields.get(4));
    span.add("parent_id", fields.get(5));
    span.add("start", fields.get(6));
    span.add("duration", fields.get(7));
    span.add("error", fields.get(8));
    span.add("meta", named(fields.get(9), table, true));
    span.add("metrics", named(fields.get(10), table, false));
    span.add("type", string(fields.get(11), table));
    return span;
  }

  private static Attributes named(@Nullable Object sent, List<?> table, boolean texts) {
    if (!(sent instanceof Attributes map)) {
      return Attributes.NONE;
    }
    Attributes result = new Attributes(map.size());
    for (int i = 0; i < map.size(); i++) {
      Object value = map.value(i);
      try {
        result.add(string(Long.valueOf(map.key(i)), table), texts ? string(value, table) : value);
      } catch (NumberFormatException e) {
        result.add(map.key(i), value);
      }
    }
    return result;
  }

  private static String string(@Nullable Object index, List<?> table) {
    return index instanceof Long at
            && at >= 0
            && at < table.size()
            && table.get(at.intValue()) instanceof String text
        ? text
        : "";
  }

  private @Nullable Object body() throws DatadogUnreadable {
    if (length == 0) {
      return null;
    }
    // Content-Type is not to be trusted: the first byte tells. Arrays and maps of MessagePack
    // begin above ASCII.
    return bytes[0] < 0 ? new MsgPack(bytes, length).whole() : LenientJson.read(bytes, length);
  }

  private void chunks(List<?> chunks, boolean json, @Nullable MsgPack reader)
      throws OverloadedException {
    int count = 0;
    for (Object chunk : chunks) {
      count += Math.max(1, chunkSpans(chunk).size());
    }
    int share = length / Math.max(1, count);
    for (Object chunk : chunks) {
      chunk(chunkSpans(chunk), json, reader, share);
    }
  }

  private static List<?> chunkSpans(@Nullable Object chunk) {
    return switch (chunk) {
      case List<?> spans -> spans;
      case Attributes map when map.get("spans") instanceof List<?> spans -> spans;
      case null, default -> List.of();
    };
  }

  private void chunk(List<?> sent, boolean json, @Nullable MsgPack reader, int share)
      throws OverloadedException {
    // The upper half of the trace id stands on one span of the chunk.
    long high = 0;
    for (Object item : sent) {
      if (item instanceof Attributes span
          && span.get("meta") instanceof Attributes meta
          && meta.get("_dd.p.tid") instanceof String text) {
        high = hex(text);
        break;
      }
    }
    List<ApmSpan> plain = new ArrayList<>();
    Chunk chunk = new Chunk();
    for (Object item : sent) {
      if (!(item instanceof Attributes map)) {
        handler.rejected(NO_OBJECT);
        continue;
      }
      ApmSpan span = apmSpan(map, high, json, share);
      if (span.spanId() == 0 || span.traceId() == 0) {
        handler.rejected("A span of a trace has no id.");
        continue;
      }
      chunk.add(span);
      Attributes struct =
          map.get("meta_struct") instanceof Attributes found ? found : Attributes.NONE;
      Object llm = struct.get("_llmobs");
      if (llm instanceof byte[] packed && reader != null) {
        try {
          llm = reader.inner(packed).whole();
        } catch (DatadogUnreadable e) {
          handler.rejected("The _llmobs structure of a span can't be read as MessagePack.");
          continue;
        }
      }
      if (llm instanceof Attributes data) {
        String traceId = DatadogNormaliser.id(data.get("trace_id"));
        if (traceId.isEmpty()) {
          handler.rejected("The _llmobs structure of a span has no trace_id.");
          continue;
        }
        Event event = event(span, data);
        chunk.place(
            span,
            new Place(traceId, text(data.get("ml_app")), text(data.get("session_id"))),
            DatadogNormaliser.id(data.get("parent_id")).isEmpty());
        handler.event(event);
      } else if (llm != null) {
        handler.rejected("The _llmobs structure of a span is not a map.");
      } else if (isCopy(span)) {
        chunk.copy(span);
      } else {
        plain.add(span);
      }
    }
    for (ApmSpan span : plain) {
      Place place = chunk.placeOf(span);
      // The agent does not keep what the sender's sampler has rejected.
      if (!place.traceId().isEmpty() || !chunk.sampledOut) {
        handler.apm(span, place);
      }
    }
  }

  /**
   * True for a span that comes by the other way as well, with its content: SDKs mark it, or
   * (ddtrace 3) give it the type {@code llm}, which nothing else has.
   */
  private static boolean isCopy(ApmSpan span) {
    Attributes meta = span.meta();
    return span.type().equals("llm")
        || meta.get("_dd.llmobs.submitted") != null
        || meta.get("_dd.llmobs.artificial_gen_ai_tags") != null
        || meta.get("_dd.llmobs.span_kind") != null
        || meta.get("_ml_obs_tag.span.kind") != null;
  }

  private static ApmSpan apmSpan(Attributes span, long high, boolean json, int sizeBytes) {
    return new ApmSpan(
        high,
        bits(span.get("trace_id"), json),
        bits(span.get("span_id"), json),
        bits(span.get("parent_id"), json),
        text(span.get("name")),
        text(span.get("resource")),
        text(span.get("service")),
        text(span.get("type")),
        number(span.get("start")),
        number(span.get("duration")),
        number(span.get("error")) != 0 || Boolean.TRUE.equals(span.get("error")),
        span.get("meta") instanceof Attributes meta ? meta : Attributes.NONE,
        span.get("metrics") instanceof Attributes metrics ? metrics : Attributes.NONE,
        sizeBytes);
  }

  /** The span event that the SDK would have sent to the other intake. */
  private static Event event(ApmSpan span, Attributes data) {
    Attributes event = new Attributes(16);
    event.add("span_id", Long.toUnsignedString(span.spanId()));
    for (int i = 0; i < data.size(); i++) {
      if (!data.key(i).equals("tags")) {
        event.add(data.key(i), data.value(i));
      }
    }
    if (data.get("name") == null) {
      event.add("name", span.name());
    }
    event.add("start_ns", span.start());
    event.add("duration", span.duration());
    event.add("status", span.error() ? "error" : "ok");
    List<Object> tags = new ArrayList<>();
    if (data.get("tags") instanceof Attributes map) {
      for (int i = 0; i < map.size(); i++) {
        Object value = map.value(i);
        for (Object one :
            value instanceof List<?> list ? list : List.of(value == null ? "" : value)) {
          tags.add(map.key(i) + ':' + text(one));
        }
      }
    } else if (data.get("tags") instanceof List<?> list) {
      for (Object tag : list) {
        tags.add(text(tag));
      }
    }
    tags.add("error:" + (span.error() ? 1 : 0));
    String type = text(span.meta().get("error.type"));
    if (!type.isEmpty()) {
      tags.add("error_type:" + type);
    }
    event.add("tags", tags);
    return new Event(event, Attributes.NONE, span, span.sizeBytes());
  }

  /** What is known of the LLM traces within one chunk, to join the other spans to them. */
  private static final class Chunk {
    private final Map<Long, ApmSpan> byId = new HashMap<>();
    private final Map<Long, Place> places = new HashMap<>();
    private @Nullable Place only;
    private boolean several;
    private boolean holdsRoot;
    private boolean sampledOut;
    private String session = "";

    void add(ApmSpan span) {
      byId.put(span.spanId(), span);
      Object priority = span.metrics().get("_sampling_priority_v1");
      sampledOut |= priority != null && number(priority) <= 0;
      if (session.isEmpty()) {
        session = span.meta().text("_dd.p.llmobs_sid");
      }
    }

    void place(ApmSpan span, Place place, boolean root) {
      places.put(span.spanId(), place);
      holdsRoot |= root;
      if (only != null && !only.traceId().equals(place.traceId())) {
        several = true;
      }
      only = place;
    }

    /** A span that comes by the other way: only some of the copies name their LLM trace. */
    void copy(ApmSpan span) {
      Attributes meta = span.meta();
      String trace = meta.text("llmobs_trace_id");
      if (trace.isEmpty()) {
        trace = meta.text("_ml_obs_tag.trace_id");
      }
      if (trace.isEmpty()) {
        trace = hexOfDecimal(meta.text("_dd.p.llmobs_trace_id"));
      }
      if (!trace.isEmpty()) {
        String application = meta.text("gen_ai.application.name");
        if (application.isEmpty()) {
          application = meta.text("_dd.p.llmobs_ml_app");
        }
        place(span, new Place(trace, application, session), true);
      }
    }

    /**
     * The trace of the nearest LLM span above. Where the way up ends at a span of another chunk and
     * this one holds no root (a long trace is sent in pieces), the trace of the others.
     */
    Place placeOf(ApmSpan span) {
      ApmSpan at = span;
      // A circle of parents must end.
      for (int steps = 0; steps <= byId.size(); steps++) {
        Place place = places.get(at.spanId());
        if (place != null) {
          return place;
        }
        ApmSpan parent = at.parentId() == 0 ? null : byId.get(at.parentId());
        if (parent == null) {
          return at.parentId() != 0 && !holdsRoot && !several && only != null ? only : Place.NONE;
        }
        at = parent;
      }
      return Place.NONE;
    }
  }

  private static String hexOfDecimal(String text) {
    if (text.isEmpty() || text.length() > 39 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return text.length() == 32 ? text : "";
    }
    BigInteger number = new BigInteger(text);
    return number.bitLength() <= 64 || number.bitLength() > 128
        ? text
        : HexFormat.of().toHexDigits(number.shiftRight(64).longValue())
            + HexFormat.of().toHexDigits(number.longValue());
  }

  private static long hex(String text) {
    try {
      return text.length() > 16 || text.isEmpty() ? 0 : Long.parseUnsignedLong(text, 16);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** The low 64 bits of an id: a number, decimal text, or (from Python without an agent) hex. */
  private static long bits(@Nullable Object sent, boolean hex) {
    return switch (sent) {
      case Long number -> number;
      case BigInteger number -> number.longValue();
      case String text when hex && text.length() > 16 -> hex(text.substring(text.length() - 16));
      case String text when hex -> hex(text);
      case String text when text.length() <= 20 && !text.isEmpty() -> {
        try {
          yield Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
          yield 0;
        }
      }
      case null, default -> 0;
    };
  }

  private static long number(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Double number when Double.isFinite(number) -> Math.round(number);
      case null, default -> 0;
    };
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case Long number -> number.toString();
      case Double number -> number.toString();
      case Boolean flag -> flag.toString();
      case null, default -> "";
    };
  }

  /** A text that is longer than we keep: its beginning, with a note of its length. */
  static String cut(byte[] bytes, int from, int length) {
    int end = from + OtlpLimits.TEXT_BYTES;
    while (end > from && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8)
        + DatadogNormaliser.CUT_MARK
        + length
        + " bytes in all]";
  }

  static String cut(String text) {
    int end = OtlpLimits.TEXT_BYTES;
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end)
        + DatadogNormaliser.CUT_MARK
        + text.length()
        + " characters in all]";
  }
}
