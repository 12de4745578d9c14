package io.tracewell.engine;

/** What the engine said when it refused a statement: its own code and text. */
final class EngineException extends Exception {
  private static final long serialVersionUID = 1L;

  static final int SYNTAX_ERROR = 62;
  static final int BAD_ARGUMENTS = 36;
  static final int UNKNOWN_QUERY_PARAMETER = 456;
  static final int BAD_QUERY_PARAMETER = 457;
  static final int AUTHENTICATION_FAILED = 516;
  static final int TOO_MANY_SIMULTANEOUS_QUERIES = 202;
  static final int QUERY_WAS_CANCELLED = 394;
  static final int CANNOT_DECOMPRESS = 271;
  static final int UNEXPECTED_END_OF_FILE = 3;
  static final int UNKNOWN_EXCEPTION = 1002;

  private final int code;

  EngineException(int code, String text) {
    super(text);
    this.code = code;
  }

  /** Reads the code out of the engine's text, which starts with "Code: 62. DB::Exception: …". */
  static EngineException of(String text) {
    int code = UNKNOWN_EXCEPTION;
    int at = text.indexOf("Code: ");
    if (at >= 0) {
      int value = 0;
      int digits = 0;
      for (int i = at + 6; i < text.length() && digits < 6; i++, digits++) {
        int digit = text.charAt(i) - '0';
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (digits > 0) code = value;
    }
    return new EngineException(code, text);
  }

  int code() {
    return code;
  }

  /** The text as ClickHouse's HTTP interface sends it. */
  String text() {
    String message = String.valueOf(getMessage());
    return message.startsWith("Code: ") ? message : "Code: " + code + ". DB::Exception: " + message;
  }
}
