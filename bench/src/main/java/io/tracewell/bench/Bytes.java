package io.tracewell.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing buffer that knows protobuf's wire format. It is used again for every span, so that the
 * generator takes little of the cores that it shares with the server.
 */
final class Bytes {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  byte[] array;
  int length;

  Bytes(int capacity) {
    array = new byte[capacity];
  }

  void clear() {
    length = 0;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(array, length);
  }

  private void room(int more) {
    if (array.length - length < more) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, length + more));
    }
  }

  void raw(byte b) {
    room(1);
    array[length++] = b;
  }

  void raw(byte[] bytes) {
    raw(bytes, 0, bytes.length);
  }

  void raw(byte[] bytes, int offset, int count) {
    room(count);
    System.arraycopy(bytes, offset, array, length, count);
    length += count;
  }

  void raw(Bytes other) {
    raw(other.array, 0, other.length);
  }

  /** Up to 16 bytes that lie in two longs: one word of a text, without a loop. */
  void slot(long low, long high, int count) {
    room(16);
    LONG.set(array, length, low);
    LONG.set(array, length + 8, high);
    length += count;
  }

  void ascii(String text) {
    raw(text.getBytes(StandardCharsets.US_ASCII));
  }

  void decimal(long value) {
    room(20);
    if (value >= 10) {
      decimal(value / 10);
    }
    array[length++] = (byte) ('0' + value % 10);
  }

  void hex(long value) {
    room(16);
    for (int shift = 60; shift >= 0; shift -= 4) {
      array[length++] = (byte) Character.forDigit((int) (value >>> shift) & 15, 16);
    }
  }

  void bigEndian(long value) {
    room(8);
    LONG.set(array, length, Long.reverseBytes(value));
    length += 8;
  }

  void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      array[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[length++] = (byte) rest;
  }

  static int varintSize(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  /** A field of wire type 0. */
  void varintField(int field, long value) {
    varint(field << 3);
    varint(value);
  }

  /** A field of wire type 1. */
  void fixed64Field(int field, long value) {
    varint(field << 3 | 1);
    room(8);
    LONG.set(array, length, value);
    length += 8;
  }

  /** A field of wire type 5. */
  void fixed32Field(int field, int value) {
    varint(field << 3 | 5);
    room(4);
    INT.set(array, length, value);
    length += 4;
  }

  /** Tag and length of a field of wire type 2; its bytes follow. */
  void lengthField(int field, int count) {
    varint(field << 3 | 2);
    varint(count);
  }

  void bytesField(int field, byte[] value) {
    lengthField(field, value.length);
    raw(value);
  }

  void bytesField(int field, Bytes value) {
    lengthField(field, value.length);
    raw(value);
  }
}
