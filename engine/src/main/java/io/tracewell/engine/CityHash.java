package io.tracewell.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** CityHash128 in version 1.0.2: the check sum of ClickHouse's compressed blocks. */
final class CityHash {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long K0 = 0xc3a5c85c97cb3127L;
  private static final long K1 = 0xb492b66fbe98f273L;
  private static final long K2 = 0x9ae16a3b2f90404fL;
  private static final long K3 = 0xc949d7c7509e6557L;
  private static final long MUL = 0x9ddfea08eb382d69L;

  private CityHash() {}

  /** The two halves, low first, as they stand in front of a block. */
  record Hash(long low, long high) {}

  static Hash hash128(byte[] s, int at, int length) {
    if (length >= 16) return seeded(s, at + 16, length - 16, fetch(s, at) ^ K3, fetch(s, at + 8));
    if (length >= 8)
      return seeded(s, at, 0, fetch(s, at) ^ (length * K0), fetch(s, at + length - 8) ^ K1);
    return seeded(s, at, length, K0, K1);
  }

  private static Hash seeded(byte[] s, int start, int length, long seedLow, long seedHigh) {
    if (length < 128) return murmur(s, start, length, seedLow, seedHigh);
    int at = start;
    int left = length;
    long x = seedLow;
    long y = seedHigh;
    long z = length * K1;
    long v0 = rotate(y ^ K1, 49) * K1 + fetch(s, at);
    long v1 = rotate(v0, 42) * K1 + fetch(s, at + 8);
    long w0 = rotate(y + z, 35) * K1 + x;
    long w1 = rotate(x + fetch(s, at + 88), 53) * K1;
    do {
      for (int half = 0; half < 2; half++) {
        x = rotate(x + y + v0 + fetch(s, at + 16), 37) * K1;
        y = rotate(y + v1 + fetch(s, at + 48), 42) * K1;
        x ^= w1;
        y ^= v0;
        z = rotate(z ^ w0, 33);
        long a = v1 * K1 + fetch(s, at);
        long b = rotate(x + w0 + a + fetch(s, at + 24), 21);
        long c = a;
        a += fetch(s, at + 8) + fetch(s, at + 16);
        b += rotate(a, 44);
        v0 = a + fetch(s, at + 24);
        v1 = b + c;
        a = z + w1 + fetch(s, at + 32);
        b = rotate(y + a + fetch(s, at + 56), 21);
        c = a;
        a += fetch(s, at + 40) + fetch(s, at + 48);
        b += rotate(a, 44);
        w0 = a + fetch(s, at + 56);
        w1 = b + c;
        long swap = z;
        z = x;
        x = swap;
        at += 64;
      }
      left -= 128;
    } while (left >= 128);
    y += rotate(w0, 37) * K0 + z;
    x += rotate(v0 + z, 49) * K0;
    // The tail may reach back into what has been hashed already.
    for (int done = 0; done < left; ) {
      done += 32;
      int tail = at + left - done;
      y = rotate(y - x, 42) * K0 + v1;
      w0 += fetch(s, tail + 16);
      x = rotate(x, 49) * K0 + w0;
      w0 += v0;
      long a = v0 + fetch(s, tail);
      long b = rotate(v1 + a + fetch(s, tail + 24), 21);
      long c = a;
      a += fetch(s, tail + 8) + fetch(s, tail + 16);
      b += rotate(a, 44);
      v0 = a + fetch(s, tail + 24);
      v1 = b + c;
    }
    x = mix(x, v0);
    y = mix(y, w0);
    return new Hash(mix(x + v1, w1) + y, mix(x + w1, y + v1));
  }

  private static Hash murmur(byte[] s, int start, int length, long seedLow, long seedHigh) {
    long a = seedLow;
    long b = seedHigh;
    long c;
    long d;
    int left = length - 16;
    if (left <= 0) {
      a = shift(a * K1) * K1;
      c = b * K1 + short16(s, start, length);
      d = shift(a + (length >= 8 ? fetch(s, start) : c));
    } else {
      c = mix(fetch(s, start + length - 8) + K1, a);
      d = mix(b + length, c + fetch(s, start + length - 16));
      a += d;
      int at = start;
      do {
        a ^= shift(fetch(s, at) * K1) * K1;
        a *= K1;
        b ^= a;
        c ^= shift(fetch(s, at + 8) * K1) * K1;
        c *= K1;
        d ^= c;
        at += 16;
        left -= 16;
      } while (left > 0);
    }
    a = mix(a, c);
    b = mix(d, b);
    return new Hash(a ^ b, mix(b, a));
  }

  private static long short16(byte[] s, int at, int length) {
    if (length > 8) {
      long a = fetch(s, at);
      long b = fetch(s, at + length - 8);
      return mix(a, rotate(b + length, length)) ^ b;
    }
    if (length >= 4) return mix(length + (fetch32(s, at) << 3), fetch32(s, at + length - 4));
    if (length > 0) {
      int y = (s[at] & 0xff) + ((s[at + (length >> 1)] & 0xff) << 8);
      int z = length + ((s[at + length - 1] & 0xff) << 2);
      return shift(y * K2 ^ z * K3) * K2;
    }
    return K2;
  }

  private static long mix(long u, long v) {
    long a = (u ^ v) * MUL;
    a ^= a >>> 47;
    long b = (v ^ a) * MUL;
    b ^= b >>> 47;
    return b * MUL;
  }

  private static long shift(long value) {
    return value ^ (value >>> 47);
  }

  private static long rotate(long value, int by) {
    return Long.rotateRight(value, by);
  }

  private static long fetch(byte[] s, int at) {
    return (long) LONG.get(s, at);
  }

  private static long fetch32(byte[] s, int at) {
    return (int) INT.get(s, at) & 0xffffffffL;
  }
}
