package io.tracewell.bench;

/** Ids as text. */
final class Ids {
  private Ids() {}

  /** 16 lower-case hex digits. */
  static String hex(long id) {
    return java.util.HexFormat.of().toHexDigits(id);
  }

  static String trace(long high, long low) {
    return hex(high) + hex(low);
  }
}
