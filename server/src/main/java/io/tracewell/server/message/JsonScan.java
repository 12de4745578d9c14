package io.tracewell.server.message;

/**
 * Tells JSON that is written by the book from all else, at a third of a parser's cost: most texts
 * that look like JSON are, and are asked nothing but that.
 */
final class JsonScan {
  /** Longer texts are left to the parser, which does not need them as an array. */
  private static final int MOST_CHARS = 1 << 18;

  private final char[] chars;
  private int at;

  private JsonScan(String text) {
    chars = text.toCharArray();
  }

  /**
   * True where the text is one whole object or array and nothing that only some parsers take. False
   * where it is not, and where this does not decide it: length, depth, words such as NaN.
   */
  static boolean isByTheBook(String text) {
    return text.length() <= MOST_CHARS && new JsonScan(text).document();
  }

  private boolean document() {
    boolean[] objects = new boolean[Json.MAX_DEPTH];
    int depth = 0;
    skipSpace();
    do {
      // At the beginning of a value.
      switch (peek()) {
        case '{' -> {
          objects[depth++] = true;
          at++;
          skipSpace();
          if (peek() != '}') {
            if (!name()) {
              return false;
            }
            continue;
          }
        }
        case '[' -> {
          objects[depth++] = false;
          at++;
          skipSpace();
          if (peek() != ']') {
            continue;
          }
        }
        default -> {
          if (depth == 0 || !scalar()) {
            return false;
          }
        }
      }
      // Behind a value, or at the end of an empty object or array.
      boolean next = false;
      while (!next && depth > 0) {
        skipSpace();
        char c = peek();
        if (c == ',') {
          at++;
          skipSpace();
          if (objects[depth - 1] && !name()) {
            return false;
          }
          next = true;
        } else if (c == (objects[depth - 1] ? '}' : ']')) {
          at++;
          depth--;
        } else {
          return false;
        }
      }
    } while (depth > 0 && depth < objects.length);
    skipSpace();
    return depth == 0 && at == chars.length;
  }

  /** The character here; 0, which stands for nothing, at the end. */
  private char peek() {
    return at < chars.length ? chars[at] : 0;
  }

  private void skipSpace() {
    while (at < chars.length
        && (chars[at] == ' ' || chars[at] == '\n' || chars[at] == '\r' || chars[at] == '\t')) {
      at++;
    }
  }

  private boolean name() {
    if (!string()) {
      return false;
    }
    skipSpace();
    if (peek() != ':') {
      return false;
    }
    at++;
    skipSpace();
    return true;
  }

  private boolean scalar() {
    return switch (peek()) {
      case '"' -> string();
      case 't' -> word("true");
      case 'f' -> word("false");
      case 'n' -> word("null");
      default -> number();
    };
  }

  private boolean string() {
    if (peek() != '"') {
      return false;
    }
    for (int i = at + 1; i < chars.length; i++) {
      char c = chars[i];
      if (c == '"') {
        at = i + 1;
        return true;
      }
      if (c < 0x20) {
        return false;
      }
      if (c == '\\') {
        i++;
        switch (i < chars.length ? chars[i] : 0) {
          case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {}
          case 'u' -> {
            for (int end = i + 4; i < end; i++) {
              if (i + 1 >= chars.length || !isHex(chars[i + 1])) {
                return false;
              }
            }
          }
          default -> {
            return false;
          }
        }
      }
    }
    return false;
  }

  private static boolean isHex(char c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  private boolean word(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (peek() != word.charAt(i)) {
        return false;
      }
      at++;
    }
    return isEnd();
  }

  private boolean number() {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else if (digits() == 0) {
      return false;
    }
    if (peek() == '.') {
      at++;
      if (digits() == 0) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      if (digits() == 0) {
        return false;
      }
    }
    return at - from < 1_000 && isEnd();
  }

  private int digits() {
    int from = at;
    while (at < chars.length && chars[at] >= '0' && chars[at] <= '9') {
      at++;
    }
    return at - from;
  }

  /** True where a word or number may end. */
  private boolean isEnd() {
    return switch (peek()) {
      case ',', ']', '}', ' ', '\n', '\r', '\t' -> true;
      default -> false;
    };
  }
}
