package io.tracewell.server.ingest;

import io.tracewell.core.OverloadedException;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.normalise.Attributes;
import io.tracewell.server.normalise.Sent;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes ExportTraceServiceRequest and ExportLogsServiceRequest. Field numbers are those of
 * opentelemetry-proto 1.x. What is broken inside one span rejects that span alone.
 */
final class OtlpProtobuf {
  private static final HexFormat HEX = HexFormat.of();

  private final ProtoReader in;
  private final OtlpHandler handler;
  // The span that is being read: warnings of its values go there.
  private Sent.Span span = new Sent.Span();
  private int values;

  private OtlpProtobuf(byte[] bytes, int length, OtlpHandler handler) {
    this.in = new ProtoReader(bytes, 0, length);
    this.handler = handler;
  }

  /** Decodes a trace request. */
  static void traces(byte[] bytes, int length, OtlpHandler handler)
      throws Malformed, OverloadedException {
    new OtlpProtobuf(bytes, length, handler).request(true);
  }

  /** Decodes a logs request. */
  static void logs(byte[] bytes, int length, OtlpHandler handler)
      throws Malformed, OverloadedException {
    new OtlpProtobuf(bytes, length, handler).request(false);
  }

  private void request(boolean traces) throws Malformed, OverloadedException {
    // The frame is walked once before anything is stored: a body that was cut is refused whole.
    check(in.limit, 0);
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag == (1 << 3 | 2)) {
        int outer = in.enter();
        resource(traces);
        in.leave(outer);
      } else {
        in.skip(tag);
      }
    }
  }

  /** Walks request, resource and scope, whose repeated children are all field 2. */
  private void check(int end, int level) throws Malformed {
    int start = in.position;
    int outer = in.limit;
    in.limit = end;
    while (in.hasMore()) {
      int tag = in.tag();
      boolean child = tag == ((level == 0 ? 1 : 2) << 3 | 2) && level < 2;
      if (child) {
        int length = in.length();
        int childEnd = in.position + length;
        check(childEnd, level + 1);
        in.position = childEnd;
      } else {
        in.skip(tag);
      }
    }
    in.limit = outer;
    in.position = start;
  }

  private void resource(boolean traces) throws Malformed, OverloadedException {
    int start = in.position;
    Attributes attributes = Attributes.NONE;
    String schema = "";
    // The resource may stand behind its spans: first all of it, then they.
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> {
          int outer = in.enter();
          Attributes read = new Attributes(8);
          while (in.hasMore()) {
            int inner = in.tag();
            if (inner == (1 << 3 | 2)) {
              attribute(read, 0);
            } else {
              in.skip(inner);
            }
          }
          attributes = read;
          in.leave(outer);
        }
        case 3 << 3 | 2 -> schema = in.string();
        default -> in.skip(tag);
      }
    }
    Sent.Resource resource = new Sent.Resource(attributes, schema);
    in.position = start;
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag == (2 << 3 | 2)) {
        int outer = in.enter();
        scope(resource, traces);
        in.leave(outer);
      } else {
        in.skip(tag);
      }
    }
  }

  private void scope(Sent.Resource resource, boolean traces) throws Malformed, OverloadedException {
    int start = in.position;
    String name = "";
    String version = "";
    String schema = "";
    Attributes attributes = Attributes.NONE;
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> {
          int outer = in.enter();
          while (in.hasMore()) {
            int inner = in.tag();
            switch (inner) {
              case 1 << 3 | 2 -> name = in.key();
              case 2 << 3 | 2 -> version = in.key();
              case 3 << 3 | 2 -> attributes = attribute(attributes, 0);
              default -> in.skip(inner);
            }
          }
          in.leave(outer);
        }
        case 3 << 3 | 2 -> schema = in.string();
        default -> in.skip(tag);
      }
    }
    Sent.Scope scope = new Sent.Scope(name, version, attributes, schema);
    in.position = start;
    while (in.hasMore()) {
      int tag = in.tag();
      if (tag != (2 << 3 | 2)) {
        in.skip(tag);
        continue;
      }
      int length = in.length();
      int end = in.position + length;
      int outer = in.limit;
      in.limit = end;
      try {
        if (traces) {
          span(resource, scope, length);
        } else {
          log(resource, scope);
        }
      } catch (Malformed e) {
        handler.rejected(
            (traces ? "A span" : "A log record") + " can't be read: " + e.getMessage() + ".");
      }
      in.limit = outer;
      in.position = end;
    }
  }

  private void span(Sent.Resource resource, Sent.Scope scope, int length)
      throws Malformed, OverloadedException {
    Sent.Span read = new Sent.Span();
    span = read;
    values = 0;
    read.sizeBytes = length;
    Attributes attributes = new Attributes(24);
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> read.traceId = id();
        case 2 << 3 | 2 -> read.spanId = id();
        case 3 << 3 | 2 -> read.traceState = string();
        case 4 << 3 | 2 -> read.parentId = id();
        case 5 << 3 | 2 -> read.name = string();
        case 6 << 3 -> read.kind = (int) in.varint();
        case 7 << 3 | 1 -> read.startNanos = in.fixed64();
        case 8 << 3 | 1 -> read.endNanos = in.fixed64();
        case 9 << 3 | 2 -> attribute(attributes, 0);
        case 10 << 3 -> read.droppedAttributes = (int) in.varint();
        case 11 << 3 | 2 -> {
          if (read.events.size() >= OtlpLimits.EVENTS) {
            OtlpLimits.warn(
                read, "events_cut", "only the first " + OtlpLimits.EVENTS + " events were kept");
            in.skip(tag);
          } else {
            if (read.events.isEmpty()) {
              read.events = new ArrayList<>(4);
            }
            read.events.add(event());
          }
        }
        case 12 << 3 -> read.droppedEvents = (int) in.varint();
        case 13 << 3 | 2 -> {
          if (read.links.size() >= OtlpLimits.EVENTS) {
            OtlpLimits.warn(
                read, "links_cut", "only the first " + OtlpLimits.EVENTS + " links were kept");
            in.skip(tag);
          } else {
            if (read.links.isEmpty()) {
              read.links = new ArrayList<>(2);
            }
            read.links.add(link());
          }
        }
        case 14 << 3 -> read.droppedLinks = (int) in.varint();
        case 15 << 3 | 2 -> {
          int outer = in.enter();
          while (in.hasMore()) {
            int inner = in.tag();
            switch (inner) {
              case 2 << 3 | 2 -> read.statusMessage = string();
              case 3 << 3 -> read.statusCode = (int) in.varint();
              default -> in.skip(inner);
            }
          }
          in.leave(outer);
        }
        case 16 << 3 | 5 -> read.flags = in.fixed32() & 0xFFFF_FFFFL;
        default -> in.skip(tag);
      }
    }
    read.attributes = attributes;
    handler.span(resource, scope, read);
  }

  private Sent.Event event() throws Malformed {
    int outer = in.enter();
    long time = 0;
    String name = "";
    int dropped = 0;
    Attributes attributes = new Attributes(4);
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 1 -> time = in.fixed64();
        case 2 << 3 | 2 -> name = in.key();
        case 3 << 3 | 2 -> attribute(attributes, 0);
        case 4 << 3 -> dropped = (int) in.varint();
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
    return new Sent.Event(time, name, attributes, dropped);
  }

  private Sent.Link link() throws Malformed {
    int outer = in.enter();
    String traceId = "";
    String spanId = "";
    String state = "";
    int dropped = 0;
    Attributes attributes = new Attributes(0);
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> traceId = id();
        case 2 << 3 | 2 -> spanId = id();
        case 3 << 3 | 2 -> state = string();
        case 4 << 3 | 2 -> attribute(attributes, 0);
        case 5 << 3 -> dropped = (int) in.varint();
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
    return new Sent.Link(traceId, spanId, state, attributes, dropped);
  }

  private void log(Sent.Resource resource, Sent.Scope scope) throws Malformed, OverloadedException {
    span = new Sent.Span();
    values = 0;
    long time = 0;
    long observed = 0;
    String event = "";
    String traceId = "";
    String spanId = "";
    Object body = null;
    Attributes attributes = new Attributes(4);
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 1 -> time = in.fixed64();
        case 11 << 3 | 1 -> observed = in.fixed64();
        case 5 << 3 | 2 -> body = value(0);
        case 6 << 3 | 2 -> attribute(attributes, 0);
        case 9 << 3 | 2 -> traceId = id();
        case 10 << 3 | 2 -> spanId = id();
        case 12 << 3 | 2 -> event = in.key();
        default -> in.skip(tag);
      }
    }
    handler.log(
        resource,
        new Sent.Log(scope, time != 0 ? time : observed, event, traceId, spanId, body, attributes));
  }

  /** An id as hex; empty for none and for zeros. Its length is judged by {@link OtlpIntake}. */
  private String id() throws Malformed {
    int length = in.length();
    int from = in.position;
    in.position += length;
    for (int i = from; i < in.position; i++) {
      if (in.bytes[i] != 0) {
        return HEX.formatHex(in.bytes, from, Math.min(in.position, from + 64));
      }
    }
    return "";
  }

  private String string() throws Malformed {
    int length = in.length();
    int from = in.position;
    in.position += length;
    if (length > OtlpLimits.TEXT_BYTES) {
      return OtlpLimits.cut(in.bytes, from, length, span);
    }
    String text = new String(in.bytes, from, length, java.nio.charset.StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0 && !holdsReplacement(from, length, text)) {
      OtlpLimits.warn(
          span, "invalid_utf8", "a text was not UTF-8; what could not be read is U+FFFD");
    }
    return text;
  }

  /** True where every U+FFFD of the text was sent as such. */
  private boolean holdsReplacement(int from, int length, String text) {
    int sent = 0;
    for (int i = from; i + 2 < from + length; i++) {
      if (in.bytes[i] == (byte) 0xEF
          && in.bytes[i + 1] == (byte) 0xBF
          && in.bytes[i + 2] == (byte) 0xBD) {
        sent++;
      }
    }
    return sent == text.chars().filter(c -> c == 0xFFFD).count();
  }

  private Attributes attribute(Attributes into, int depth) throws Malformed {
    Attributes attributes = into == Attributes.NONE ? new Attributes(4) : into;
    int outer = in.enter();
    String key = "";
    Object value = null;
    boolean full = attributes.size() >= OtlpLimits.ATTRIBUTES;
    while (!full && in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> key = in.key();
        case 2 << 3 | 2 -> value = value(depth);
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
    if (full) {
      OtlpLimits.warn(
          span,
          "attributes_cut",
          "only the first " + OtlpLimits.ATTRIBUTES + " attributes were kept");
    } else {
      attributes.add(key, value);
    }
    return attributes;
  }

  /** An AnyValue; the last of several wins. */
  private @Nullable Object value(int depth) throws Malformed {
    int outer = in.enter();
    if (depth >= OtlpLimits.DEPTH) {
      OtlpLimits.warn(
          span, "nesting_cut", "values nested deeper than " + OtlpLimits.DEPTH + " were left out");
      in.leave(outer);
      return null;
    }
    if (++values > OtlpLimits.VALUES) {
      OtlpLimits.warn(
          span, "values_cut", "only the first " + OtlpLimits.VALUES + " values were kept");
      in.leave(outer);
      return null;
    }
    Object value = null;
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 | 2 -> value = string();
        case 2 << 3 -> value = in.varint() != 0;
        case 3 << 3 -> value = in.varint();
        case 4 << 3 | 1 -> value = Double.longBitsToDouble(in.fixed64());
        case 5 << 3 | 2 -> {
          int list = in.enter();
          List<@Nullable Object> items = new ArrayList<>(4);
          while (in.hasMore()) {
            int inner = in.tag();
            if (inner == (1 << 3 | 2) && values <= OtlpLimits.VALUES) {
              items.add(value(depth + 1));
            } else {
              in.skip(inner);
            }
          }
          value = items;
          in.leave(list);
        }
        case 6 << 3 | 2 -> {
          int list = in.enter();
          Attributes map = new Attributes(4);
          while (in.hasMore()) {
            int inner = in.tag();
            if (inner == (1 << 3 | 2)) {
              attribute(map, depth + 1);
            } else {
              in.skip(inner);
            }
          }
          value = map;
          in.leave(list);
        }
        case 7 << 3 | 2 -> value = in.byteArray();
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
    return value;
  }
}
