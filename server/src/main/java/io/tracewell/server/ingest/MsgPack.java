package io.tracewell.server.ingest;

import io.tracewell.server.normalise.Attributes;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads MessagePack into the values of {@link Attributes}; unsigned numbers above 2⁶³ are {@link
 * BigInteger}. By hand, because a sender may claim any size and any nesting: memory grows with what
 * was really sent, never with what was claimed.
 */
final class MsgPack {
  /** Levels of maps and arrays in each other. */
  static final int MAX_DEPTH = 200;

  /** Values of one message, maps and arrays included. */
  static final int MAX_VALUES = 5_000_000;

  private static final int KEY_SLOTS = 1024;
  private static final int KEY_BYTES = 64;
  private static final int KEY_PLACES = 4;

  private final byte[] bytes;
  private final int end;
  private final @Nullable String[] keys;
  private int at;
  private int values;

  MsgPack(byte[] bytes, int length) {
    this(bytes, length, new String[KEY_SLOTS]);
  }

  private MsgPack(byte[] bytes, int length, @Nullable String[] keys) {
    this.bytes = bytes;
    this.end = length;
    this.keys = keys;
  }

  /** A reader of a message within this one; it shares what is known of keys and the bounds. */
  MsgPack inner(byte[] message) {
    MsgPack inner = new MsgPack(message, message.length, keys);
    inner.values = values;
    return inner;
  }

  /** The one value that the bytes hold. */
  @Nullable Object whole() throws DatadogUnreadable {
    Object value = value(0);
    if (at != end) {
      throw unreadable("there are bytes after the end of the message");
    }
    return value;
  }

  private @Nullable Object value(int depth) throws DatadogUnreadable {
    if (++values > MAX_VALUES) {
      throw unreadable("it holds more than " + MAX_VALUES + " values");
    }
    int code = next();
    if (code <= 0x7f || code >= 0xe0) {
      return (long) (byte) code;
    }
    if (code <= 0x8f) {
      return map(code & 0xf, depth);
    }
    if (code <= 0x9f) {
      return array(code & 0xf, depth);
    }
    if (code <= 0xbf) {
      return text(code & 0x1f);
    }
    return switch (code) {
      case 0xc0 -> null;
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4 -> binary(number(1));
      case 0xc5 -> binary(number(2));
      case 0xc6 -> binary(number(4));
      case 0xc7 -> extension(number(1));
      case 0xc8 -> extension(number(2));
      case 0xc9 -> extension(number(4));
      case 0xca -> (double) Float.intBitsToFloat((int) number(4));
      case 0xcb -> Double.longBitsToDouble(number(8));
      case 0xcc -> number(1);
      case 0xcd -> number(2);
      case 0xce -> number(4);
      case 0xcf -> {
        long value = number(8);
        yield value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
      }
      case 0xd0 -> (long) (byte) number(1);
      case 0xd1 -> (long) (short) number(2);
      case 0xd2 -> (long) (int) number(4);
      case 0xd3 -> number(8);
      case 0xd4 -> extension(1);
      case 0xd5 -> extension(2);
      case 0xd6 -> extension(4);
      case 0xd7 -> extension(8);
      case 0xd8 -> extension(16);
      case 0xd9 -> text(number(1));
      case 0xda -> text(number(2));
      case 0xdb -> text(number(4));
      case 0xdc -> array(number(2), depth);
      case 0xdd -> array(number(4), depth);
      case 0xde -> map(number(2), depth);
      case 0xdf -> map(number(4), depth);
      default -> throw unreadable("there is a type that MessagePack does not have");
    };
  }

  private Attributes map(long size, int depth) throws DatadogUnreadable {
    deeper(depth);
    // An entry takes two bytes at least.
    if (size > (end - at) / 2) {
      throw unreadable("a map claims more entries than were sent");
    }
    Attributes map = new Attributes((int) Math.min(size, 64));
    for (long i = 0; i < size; i++) {
      map.add(key(depth), value(depth + 1));
    }
    return map;
  }

  private List<@Nullable Object> array(long size, int depth) throws DatadogUnreadable {
    deeper(depth);
    if (size > end - at) {
      throw unreadable("an array claims more items than were sent");
    }
    List<@Nullable Object> list = new ArrayList<>((int) Math.min(size, 64));
    for (long i = 0; i < size; i++) {
      list.add(value(depth + 1));
    }
    return list;
  }

  private void deeper(int depth) throws DatadogUnreadable {
    if (depth >= MAX_DEPTH) {
      throw unreadable("maps and arrays are nested deeper than " + MAX_DEPTH + " levels");
    }
  }

  /** Keys are few and come again in every span: a known one is not decoded again. */
  private String key(int depth) throws DatadogUnreadable {
    int code = at < end ? bytes[at] & 0xff : 0;
    int from = at + 1;
    int length = -1;
    if (code >= 0xa0 && code <= 0xbf) {
      length = code & 0x1f;
    } else if (code == 0xd9 && from < end) {
      length = bytes[from++] & 0xff;
    }
    if (length < 0 || length > KEY_BYTES || length > end - from) {
      return switch (value(depth + 1)) {
        case null -> "null";
        case String text -> text;
        case Attributes map -> throw unreadable("a key is a map");
        case List<?> list -> throw unreadable("a key is an array");
        case byte[] text -> new String(text, StandardCharsets.UTF_8);
        case Object scalar -> scalar.toString();
      };
    }
    values++;
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = hash * 31 + bytes[i];
    }
    at = from + length;
    // Two that fall on one place would push each other out in every span: there are a few places.
    int slot = (hash ^ hash >>> 15) & (KEY_SLOTS - 1);
    for (int i = 0; i < KEY_PLACES; i++) {
      String known = keys[slot ^ i];
      if (known == null) {
        slot ^= i;
        break;
      }
      if (equals(known, from, length)) {
        return known;
      }
    }
    String key = new String(bytes, from, length, StandardCharsets.UTF_8);
    keys[slot] = key;
    return key;
  }

  private boolean equals(String known, int from, int length) {
    if (known.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      // A negative byte is no ASCII and equals no char.
      if (known.charAt(i) != bytes[from + i]) {
        return false;
      }
    }
    return true;
  }

  private String text(long length) throws DatadogUnreadable {
    int from = take(length);
    return length > OtlpLimits.TEXT_BYTES
        ? DatadogDecoder.cut(bytes, from, (int) length)
        : new String(bytes, from, (int) length, StandardCharsets.UTF_8);
  }

  private byte[] binary(long length) throws DatadogUnreadable {
    int from = take(length);
    return java.util.Arrays.copyOfRange(bytes, from, from + (int) length);
  }

  private byte[] extension(long length) throws DatadogUnreadable {
    take(1);
    return binary(length);
  }

  private int next() throws DatadogUnreadable {
    return bytes[take(1)] & 0xff;
  }

  /** A big-endian number without sign; of eight bytes, the bits. */
  private long number(int size) throws DatadogUnreadable {
    int from = take(size);
    long value = 0;
    for (int i = from; i < from + size; i++) {
      value = value << 8 | bytes[i] & 0xff;
    }
    return value;
  }

  private int take(long length) throws DatadogUnreadable {
    if (length > end - at) {
      throw unreadable("it ends in the middle of a value");
    }
    int from = at;
    at += (int) length;
    return from;
  }

  private DatadogUnreadable unreadable(String what) {
    return new DatadogUnreadable("The MessagePack can't be read at byte " + at + ": " + what);
  }
}
