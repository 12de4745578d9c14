package io.tracewell.server.ingest;

import io.tracewell.server.normalise.Sent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Bounds of one span. What is beyond is cut and named in a warning, never refused. */
final class OtlpLimits {
  /** One text, bytes. */
  static final int TEXT_BYTES = 16 << 20;

  /** Attributes of one span, event, link, resource or map. */
  static final int ATTRIBUTES = 10_000;

  /** Events of a span; links of a span. */
  static final int EVENTS = 10_000;

  /** Levels of maps and lists in each other. */
  static final int DEPTH = 200;

  /** Values in lists and maps of one span. */
  static final int VALUES = 1_000_000;

  private OtlpLimits() {}

  /**
   * Cuts UTF-8 at a character, appends a note to the text, and a warning with length and hash to
   * the span.
   */
  static String cut(byte[] bytes, int from, int length, Sent.Span span) {
    int end = from + TEXT_BYTES;
    while (end > from && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    String hash = sha256(bytes, from, length);
    warn(
        span,
        "text_cut",
        "a text of "
            + length
            + " bytes was cut after "
            + (end - from)
            + "; sha256 of the whole "
            + hash);
    return new String(bytes, from, end - from, StandardCharsets.UTF_8)
        + " …[cut, "
        + length
        + " bytes in all, sha256 "
        + hash
        + "]";
  }

  /** A warning, once for each code. */
  static void warn(Sent.Span span, String code, String sentence) {
    String prefix = code + ": ";
    for (String warning : span.warnings) {
      if (warning.startsWith(prefix)) {
        return;
      }
    }
    span.warnings.add(prefix + sentence);
  }

  private static String sha256(byte[] bytes, int from, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, from, length);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
