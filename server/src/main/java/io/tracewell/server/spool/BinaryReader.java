package io.tracewell.server.spool;

import io.tracewell.core.BinaryWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads what {@link BinaryWriter} wrote. Throws {@link IllegalStateException} beyond the end. */
final class BinaryReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private int at;

  BinaryReader(byte[] bytes) {
    this.bytes = bytes;
  }

  int int8() {
    need(1);
    return bytes[at++];
  }

  int int32() {
    need(4);
    at += 4;
    return (int) INT.get(bytes, at - 4);
  }

  long int64() {
    need(8);
    at += 8;
    return (long) LONG.get(bytes, at - 8);
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long next = int8();
      value |= (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalStateException("a number is too long");
  }

  int count() {
    long value = varint();
    if (value < 0 || value > bytes.length - at) {
      throw new IllegalStateException("a length points beyond the end");
    }
    return (int) value;
  }

  String string() {
    int length = count();
    if (length == 0) {
      return "";
    }
    String value = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return value;
  }

  List<String> strings() {
    int count = count();
    if (count == 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(string());
    }
    return values;
  }

  private void need(int count) {
    if (count > bytes.length - at) {
      throw new IllegalStateException("the record ends too early");
    }
  }
}
