package io.tracewell.core;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A growing buffer of little-endian binary. Strings are a varint length and UTF-8. */
public final class BinaryWriter {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long PRIME_1 = 0x9E3779B97F4A7C15L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;

  // What String.getBytes would make is garbage at once, and would be a quarter of all there is.
  private static final int SHORT_CHARS = 32;
  // The JDK's encoder is fast up to the first character of a chunk that is not ASCII, and ten times
  // as slow from there to its end.
  private static final int CHUNK_CHARS = 128;
  private static final int MAX_UTF8_BYTES = 3; // a char; a pair of surrogates has 4
  private @Nullable Utf8 utf8;

  private byte[] bytes;
  private int length;

  private static final class Utf8 {
    private final CharBuffer chars = CharBuffer.allocate(CHUNK_CHARS);
    private final CharsetEncoder encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private ByteBuffer out = ByteBuffer.allocate(0);
  }

  /** An empty buffer. */
  public BinaryWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** Bytes written. */
  public int length() {
    return length;
  }

  /** Forgets what was written after {@code length}; keeps the memory. */
  public void reset(int length) {
    this.length = length;
  }

  /** Bytes the buffer holds without growing. */
  public int capacity() {
    return bytes.length;
  }

  /** One byte. */
  public void int8(int value) {
    grow(1);
    bytes[length++] = (byte) value;
  }

  /** Four bytes. */
  public void int32(int value) {
    grow(4);
    INT.set(bytes, length, value);
    length += 4;
  }

  /** Eight bytes. */
  public void int64(long value) {
    grow(8);
    LONG.set(bytes, length, value);
    length += 8;
  }

  /** An unsigned number of 1 to 10 bytes. */
  public void varint(long value) {
    grow(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  /** A string; half of a surrogate pair becomes a question mark. */
  public void string(String value) {
    int chars = value.length();
    if (chars <= SHORT_CHARS && ascii(value)) {
      return;
    }
    // As if each char were a byte; moved where that is too short for the length.
    int at = length;
    varint(chars);
    int start = length;
    utf8(value);
    int count = length - start;
    if (count != chars) {
      int more = varintBytes(count) - (start - at);
      grow(more);
      System.arraycopy(bytes, start, bytes, start + more, count);
      length = at;
      varint(count);
      length += count;
    }
  }

  // False, with nothing written, where it is not ASCII.
  private boolean ascii(String value) {
    int chars = value.length();
    grow(chars + 1);
    int at = length;
    bytes[at++] = (byte) chars;
    for (int i = 0; i < chars; i++) {
      char c = value.charAt(i);
      if (c >= 0x80) {
        return false;
      }
      bytes[at++] = (byte) c;
    }
    length = at;
    return true;
  }

  /** The UTF-8 of a string alone; half of a surrogate pair becomes a question mark. */
  public void utf8(String value) {
    if (utf8 == null) {
      utf8 = new Utf8();
    }
    int end = value.length();
    for (int from = 0; from < end; ) {
      int to = Math.min(end, from + CHUNK_CHARS);
      if (to < end && Character.isHighSurrogate(value.charAt(to - 1))) {
        to--;
      }
      grow((to - from) * MAX_UTF8_BYTES);
      if (utf8.out.array() != bytes) {
        utf8.out = ByteBuffer.wrap(bytes);
      }
      value.getChars(from, to, utf8.chars.array(), 0);
      utf8.chars.limit(to - from).position(0);
      utf8.out.limit(bytes.length).position(length);
      utf8.encoder.reset().encode(utf8.chars, utf8.out, true);
      length = utf8.out.position();
      from = to;
    }
  }

  private static int varintBytes(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  /** A count and strings. */
  public void strings(List<String> values) {
    varint(values.size());
    for (String value : values) {
      string(value);
    }
  }

  /** Bytes as they are. */
  public void raw(byte[] from, int offset, int count) {
    grow(count);
    System.arraycopy(from, offset, bytes, length, count);
    length += count;
  }

  /** What {@code other} holds from {@code from} to {@code to}. */
  public void raw(BinaryWriter other, int from, int to) {
    raw(other.bytes, from, to - from);
  }

  /** Overwrites eight bytes. */
  public void setInt64(int at, long value) {
    LONG.set(bytes, at, value);
  }

  /** A copy of all. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** A view of a part; valid until the next write. */
  public ByteBuffer view(int from, int to) {
    return ByteBuffer.wrap(bytes, from, to - from);
  }

  /** A stream over a part; valid until the next write. */
  public InputStream stream(int from, int to) {
    return new ByteArrayInputStream(bytes, from, to - from);
  }

  /** The array behind; valid until the next write. */
  public byte[] array() {
    return bytes;
  }

  /** 64-bit hash of a part. Not for adversaries. */
  public long hash(int from, int to) {
    return hash(bytes, from, to);
  }

  /** 64-bit hash of bytes, the same on every machine. Not for adversaries. */
  public static long hash(byte[] bytes, int from, int to) {
    long hash = (to - from) * PRIME_1;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      hash = Long.rotateLeft(hash ^ ((long) LONG.get(bytes, at) * PRIME_2), 31) * PRIME_1;
    }
    for (; at < to; at++) {
      hash = Long.rotateLeft(hash ^ ((bytes[at] & 0xFF) * PRIME_2), 31) * PRIME_1;
    }
    return mix(hash);
  }

  /** Spreads the bits of a number. */
  public static long mix(long value) {
    long mixed = (value ^ (value >>> 32)) * 0xD6E8FEB86659FD93L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
    return mixed ^ (mixed >>> 32);
  }

  private void grow(int more) {
    int needed = Math.addExact(length, more);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1) + 64));
    }
  }
}
