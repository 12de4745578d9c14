package io.tracewell.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Keys of ids. Senders write one id in several forms (32 hex digits, decimal, UUID, a 64-bit trace
 * id as 16 hex digits or padded to 32); every form of one number gives one key, other text is
 * hashed. Keys are written as lower-case hex: 32 digits for traces, 16 for spans.
 */
public final class Ids {
  private Ids() {}

  /** A 128-bit key. */
  public record TraceKey(long high, long low) {
    /** 32 hex digits. */
    public String hex() {
      return hex16(high) + hex16(low);
    }
  }

  /**
   * Key of a trace id. Text of decimal digits only is decimal unless it has 32 digits (then it is
   * hex): Datadog writes 64- and 128-bit ids in decimal, at most 39 digits; OpenTelemetry always 32
   * hex digits, before which MLflow puts {@code tr-}, and which X-Ray parts: {@code 1-8-24}.
   */
  public static TraceKey traceKey(String id) {
    String text = id.strip();
    if (isHex(text, 32)) {
      return new TraceKey(
          Long.parseUnsignedLong(text, 0, 16, 16), Long.parseUnsignedLong(text, 16, 32, 16));
    }
    if (text.length() == 36 && text.charAt(8) == '-' && isHex(text.replace("-", ""), 32)) {
      return traceKey(text.replace("-", ""));
    }
    if (text.length() == 35 && text.startsWith("tr-") && isHex(text.substring(3), 32)) {
      return traceKey(text.substring(3));
    }
    if (text.length() == 35
        && text.startsWith("1-")
        && text.charAt(10) == '-'
        && isHex(text.substring(2).replace("-", ""), 32)) {
      return traceKey(text.substring(2).replace("-", ""));
    }
    if (isDecimal(text) && text.length() <= 39) {
      java.math.BigInteger number = new java.math.BigInteger(text);
      if (number.bitLength() <= 128) {
        return new TraceKey(number.shiftRight(64).longValue(), number.longValue());
      }
    }
    if (isHex(text, 16)) {
      return new TraceKey(0, Long.parseUnsignedLong(text, 16));
    }
    ByteBuffer digest = digest(text);
    return new TraceKey(digest.getLong(), digest.getLong());
  }

  /** Key of a span id; 16 hex digits are hex, other digits decimal, the rest is hashed. */
  public static long spanKey(String id) {
    return spanKey(id, false);
  }

  /** Key of a span id in a field that holds decimal numbers: so are 16 digits. */
  public static long decimalSpanKey(String id) {
    return spanKey(id, true);
  }

  private static long spanKey(String id, boolean decimal) {
    String text = id.strip();
    if (isHex(text, 16) && !(decimal && isDecimal(text))) {
      return Long.parseUnsignedLong(text, 16);
    }
    if (isDecimal(text) && text.length() <= 20) {
      java.math.BigInteger number = new java.math.BigInteger(text);
      if (number.bitLength() <= 64) {
        return number.longValue();
      }
    }
    return digest(text).getLong();
  }

  /** 16 lower-case hex digits. */
  public static String hex16(long value) {
    return HexFormat.of().toHexDigits(value);
  }

  private static boolean isHex(String text, int length) {
    if (text.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (Character.digit(text.charAt(i), 16) < 0 || text.charAt(i) > 'f') {
        return false;
      }
    }
    return true;
  }

  private static boolean isDecimal(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static ByteBuffer digest(String text) {
    try {
      return ByteBuffer.wrap(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
