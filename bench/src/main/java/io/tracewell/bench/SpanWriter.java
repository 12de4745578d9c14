package io.tracewell.bench;

import java.nio.charset.StandardCharsets;

/**
 * Writes one OTLP span as protobuf bytes, field by field, without objects. The order of calls is
 * {@link #begin}, attributes, {@link #end}.
 */
final class SpanWriter {
  static final int INTERNAL = 1;
  static final int CLIENT = 3;

  /** An attribute's key, encoded once. */
  static final class Key {
    final byte[] encoded;

    Key(String name) {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      Bytes bytes = new Bytes(utf8.length + 4);
      bytes.bytesField(1, utf8);
      encoded = bytes.toByteArray();
    }
  }

  private final Bytes scratch = new Bytes(256);
  private Bytes out = scratch;

  /** Starts a span in {@code target}, which is cleared. A parent of 0 makes a root. */
  void begin(
      Bytes target,
      long traceHigh,
      long traceLow,
      long spanId,
      long parentId,
      byte[] name,
      int kind,
      long start,
      long end) {
    out = target;
    out.clear();
    out.lengthField(1, 16);
    out.bigEndian(traceHigh);
    out.bigEndian(traceLow);
    out.lengthField(2, 8);
    out.bigEndian(spanId);
    if (parentId != 0) {
      out.lengthField(4, 8);
      out.bigEndian(parentId);
    }
    out.bytesField(5, name);
    out.varintField(6, kind);
    out.fixed64Field(7, start);
    out.fixed64Field(8, end);
  }

  /** Ends the span; {@code failure} is the status message, null for a span that went well. */
  void end(byte @org.jspecify.annotations.Nullable [] failure) {
    if (failure == null) {
      out.lengthField(15, 0);
    } else {
      int inner = 1 + Bytes.varintSize(failure.length) + failure.length + 2;
      out.lengthField(15, inner);
      out.bytesField(2, failure);
      out.varintField(3, 2);
    }
    out.fixed32Field(16, 0x100);
  }

  private void keyValue(Key key, int anySize) {
    out.lengthField(9, key.encoded.length + 1 + Bytes.varintSize(anySize) + anySize);
    out.raw(key.encoded);
    out.lengthField(2, anySize);
  }

  void string(Key key, byte[] value) {
    keyValue(key, 1 + Bytes.varintSize(value.length) + value.length);
    out.bytesField(1, value);
  }

  void string(Key key, Bytes value) {
    keyValue(key, 1 + Bytes.varintSize(value.length) + value.length);
    out.bytesField(1, value);
  }

  void integer(Key key, long value) {
    keyValue(key, 1 + Bytes.varintSize(value));
    out.varintField(3, value);
  }

  void real(Key key, double value) {
    keyValue(key, 9);
    out.fixed64Field(4, Double.doubleToRawLongBits(value));
  }

  /** An array of one string. */
  void strings(Key key, byte[] value) {
    int any = 1 + Bytes.varintSize(value.length) + value.length;
    int array = 1 + Bytes.varintSize(any) + any;
    keyValue(key, 1 + Bytes.varintSize(array) + array);
    out.lengthField(5, array);
    out.lengthField(1, any);
    out.bytesField(1, value);
  }

  private static final Key EXCEPTION_TYPE = new Key("exception.type");
  private static final Key EXCEPTION_MESSAGE = new Key("exception.message");
  private static final Key EXCEPTION_STACK = new Key("exception.stacktrace");

  /** The event that SDKs record for an exception. */
  void exception(long time, byte[] type, byte[] message, byte[] stack) {
    scratch.clear();
    scratch.fixed64Field(1, time);
    scratch.bytesField(2, EXCEPTION);
    eventAttribute(EXCEPTION_TYPE, type);
    eventAttribute(EXCEPTION_MESSAGE, message);
    eventAttribute(EXCEPTION_STACK, stack);
    out.bytesField(11, scratch);
  }

  private static final byte[] EXCEPTION = "exception".getBytes(StandardCharsets.US_ASCII);

  private void eventAttribute(Key key, byte[] value) {
    int any = 1 + Bytes.varintSize(value.length) + value.length;
    scratch.lengthField(3, key.encoded.length + 1 + Bytes.varintSize(any) + any);
    scratch.raw(key.encoded);
    scratch.lengthField(2, any);
    scratch.bytesField(1, value);
  }
}
