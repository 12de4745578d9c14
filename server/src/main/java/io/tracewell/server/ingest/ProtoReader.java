package io.tracewell.server.ingest;

import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf's wire format out of an array. By hand instead of by generated classes, because a
 * corrupt span must not spoil its neighbours, invalid UTF-8 must not spoil its span, and no object
 * is made that is thrown away at once.
 */
final class ProtoReader {
  /** What can't be read. The message never holds what was sent. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  private static final int KEY_CACHE_SIZE = 1024;
  private static final int KEY_CACHE_MAX_BYTES = 64;

  // Shared without a lock: a lost update costs one string, and strings are safe to publish.
  private static final String[] KEY_CACHE = new String[KEY_CACHE_SIZE];

  final byte[] bytes;
  int position;
  int limit;

  ProtoReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.position = from;
    this.limit = to;
  }

  boolean hasMore() {
    return position < limit;
  }

  /** The next tag. */
  int tag() throws Malformed {
    long tag = varint();
    if (tag >>> 3 == 0 || tag >>> 32 != 0) {
      throw new Malformed("a field has a number that protobuf does not have");
    }
    return (int) tag;
  }

  long varint() throws Malformed {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position >= limit) {
        throw new Malformed("it ends inside a number");
      }
      byte b = bytes[position++];
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new Malformed("a number has more than 10 bytes");
  }

  long fixed64() throws Malformed {
    if (limit - position < 8) {
      throw new Malformed("it ends inside a number");
    }
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = value << 8 | (bytes[position + i] & 0xFF);
    }
    position += 8;
    return value;
  }

  int fixed32() throws Malformed {
    if (limit - position < 4) {
      throw new Malformed("it ends inside a number");
    }
    int value =
        (bytes[position] & 0xFF)
            | (bytes[position + 1] & 0xFF) << 8
            | (bytes[position + 2] & 0xFF) << 16
            | (bytes[position + 3] & 0xFF) << 24;
    position += 4;
    return value;
  }

  /** Length of a string, bytes or message; what follows is inside the limit. */
  int length() throws Malformed {
    long length = varint();
    if (length < 0 || length > limit - position) {
      throw new Malformed("it ends inside a field: it was cut, or is not protobuf");
    }
    return (int) length;
  }

  /** Enters a message; give the returned limit back to {@link #leave}. */
  int enter() throws Malformed {
    int length = length();
    int outer = limit;
    limit = position + length;
    return outer;
  }

  /** Leaves a message, wherever in it the reader stands. */
  void leave(int outer) {
    position = limit;
    limit = outer;
  }

  void skip(int tag) throws Malformed {
    switch (tag & 7) {
      case 0 -> varint();
      case 1 -> fixed64();
      case 2 -> {
        int length = length();
        position += length;
      }
      case 3 -> skipGroup(tag >>> 3);
      case 5 -> fixed32();
      default -> throw new Malformed("a field has a type that protobuf does not have");
    }
  }

  private void skipGroup(int number) throws Malformed {
    int depth = 1;
    while (depth > 0) {
      int tag = tag();
      switch (tag & 7) {
        case 3 -> depth++;
        case 4 -> depth--;
        default -> skip(tag);
      }
    }
  }

  byte[] byteArray() throws Malformed {
    int length = length();
    byte[] result = java.util.Arrays.copyOfRange(bytes, position, position + length);
    position += length;
    return result;
  }

  /** A string; malformed UTF-8 becomes U+FFFD. */
  String string() throws Malformed {
    int length = length();
    String text = new String(bytes, position, length, StandardCharsets.UTF_8);
    position += length;
    return text;
  }

  /** A string of a small set, such as an attribute's key: equal ones are one object. */
  String key() throws Malformed {
    int length = length();
    if (length > KEY_CACHE_MAX_BYTES) {
      String text = new String(bytes, position, length, StandardCharsets.UTF_8);
      position += length;
      return text;
    }
    int from = position;
    position += length;
    int hash = length;
    for (int i = from; i < position; i++) {
      hash = hash * 31 + bytes[i];
    }
    int slot = (hash ^ hash >>> 15) & KEY_CACHE_SIZE - 1;
    String cached = KEY_CACHE[slot];
    if (cached != null && cached.length() == length && same(cached, from)) {
      return cached;
    }
    String text = new String(bytes, from, length, StandardCharsets.UTF_8);
    KEY_CACHE[slot] = text;
    return text;
  }

  private boolean same(String text, int from) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) != bytes[from + i]) {
        return false;
      }
    }
    return true;
  }
}
