package io.tracewell.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One statement, taken apart as far as the host must know: what kind it is, its FORMAT clause, and
 * where the rows of an INSERT begin. Parameters ({@code {name:Type}}) have been replaced by
 * literals: the engine mixes up parameters of connections that run at the same time.
 *
 * @param sql without the FORMAT clause and without rows
 * @param format of the clause, null where there is none
 * @param data rows that follow an INSERT … FORMAT, empty where there are none
 */
record Statement(Kind kind, String sql, @Nullable String format, byte[] data) {
  /** What is done with it. */
  enum Kind {
    /** Returns rows and changes nothing. */
    READ,
    /** INSERT with rows in a format, after it or in the body. */
    INSERT,
    /** SET and USE: without a session they have no effect on anything that follows. */
    SESSION,
    /** All other statements. */
    OTHER
  }

  private static final Set<String> READING =
      Set.of("SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "FROM", "(");

  // After these, a word FORMAT is the name of something.
  private static final Set<String> BEFORE_A_NAME =
      Set.of(
          "BY",
          ",",
          ".",
          "SELECT",
          "DISTINCT",
          "WHERE",
          "PREWHERE",
          "HAVING",
          "AND",
          "OR",
          "NOT",
          "AS",
          "ON",
          "USING",
          "FROM",
          "JOIN",
          "IN",
          "LIKE",
          "ILIKE",
          "BETWEEN",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "INTERVAL",
          "=",
          "<",
          ">",
          "+",
          "-",
          "*",
          "/",
          "%",
          "|");

  private static final Set<String> CONTAINERS =
      Set.of("Array(", "Map(", "Tuple(", "Nested(", "Variant(", "JSON", "Dynamic");

  private static final Set<String> NO_FORMAT = Set.of("ASC", "DESC", "NULLS", "FROM", "AS", "IN");

  /** Takes {@code query} apart; {@code parameters} are the values as ClickHouse's escaped text. */
  static Statement of(byte[] query, Map<String, String> parameters) throws EngineException {
    Parser parser = new Parser(new String(query, StandardCharsets.ISO_8859_1), parameters);
    parser.parse();
    return parser.statement(query);
  }

  /** Same, for text. */
  static Statement of(String query, Map<String, String> parameters) throws EngineException {
    return of(query.getBytes(StandardCharsets.UTF_8), parameters);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Statement that
        && kind == that.kind
        && sql.equals(that.sql)
        && Objects.equals(format, that.format)
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return sql.hashCode();
  }

  /** Works on bytes as Latin-1 characters: all that it looks for is ASCII. */
  private static final class Parser {
    private final String text;
    private final Map<String, String> parameters;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private int depth;
    private String first = "";
    private String previous = "";
    private boolean insertSelect;
    private boolean ended;
    private int formatAt = -1;
    private int formatEnd = -1;
    private @Nullable String format;
    private int dataAt = -1;

    Parser(String text, Map<String, String> parameters) {
      this.text = text;
      this.parameters = parameters;
    }

    void parse() throws EngineException {
      while (at < text.length() && dataAt < 0) {
        char c = text.charAt(at);
        if (Character.isWhitespace(c) || c == 0xa0) {
          out.append(c);
          at++;
        } else if (text.startsWith("--", at)
            || text.startsWith("#!", at)
            || text.startsWith("# ", at)) {
          int end = text.indexOf('\n', at);
          copy(end < 0 ? text.length() : end);
        } else if (text.startsWith("/*", at)) {
          int end = text.indexOf("*/", at + 2);
          copy(end < 0 ? text.length() : end + 2);
        } else {
          if (ended)
            throw new EngineException(
                EngineException.SYNTAX_ERROR,
                "Syntax error: Multi-statements are not allowed. (SYNTAX_ERROR)");
          token(c);
        }
      }
    }

    private void token(char c) throws EngineException {
      if (c == '\'' || c == '"' || c == '`') {
        copy(quoted(c));
        seen(String.valueOf(c));
      } else if (c == '$' && heredoc() > 0) {
        copy(heredoc());
        seen("$");
      } else if (Character.isLetterOrDigit(c) || c == '_') {
        word();
      } else if (c == '{' && parameter()) {
        seen("}");
      } else if (c == ';') {
        at++;
        ended = true;
      } else {
        if (c == '(' || c == '[' || c == '{') depth++;
        if (c == ')' || c == ']' || c == '}') depth--;
        out.append(c);
        at++;
        seen(String.valueOf(c));
      }
    }

    private void seen(String token) {
      if (first.isEmpty()) first = token;
      previous = token;
    }

    private void word() {
      int end = at;
      while (end < text.length()
          && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) end++;
      String word = text.substring(at, end).toUpperCase(Locale.ROOT);
      if (depth == 0 && word.equals("FORMAT") && !BEFORE_A_NAME.contains(previous) && clause(end))
        return;
      if (depth == 0 && first.equals("INSERT") && (word.equals("SELECT") || word.equals("WITH")))
        insertSelect = true;
      copy(end);
      seen(word);
    }

    /** FORMAT name at the end, or before SETTINGS, or before the rows of an INSERT. */
    private boolean clause(int afterWord) {
      int from = afterWord;
      while (from < text.length() && Character.isWhitespace(text.charAt(from))) from++;
      int end = from;
      while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) end++;
      if (end == from || from == afterWord) return false;
      String name = text.substring(from, end);
      if (NO_FORMAT.contains(name.toUpperCase(Locale.ROOT))) return false;
      boolean rows = first.equals("INSERT") && !insertSelect;
      int next = end;
      while (next < text.length() && Character.isWhitespace(text.charAt(next))) next++;
      boolean last =
          next == text.length()
              || text.charAt(next) == ';'
              || text.startsWith("--", next)
              || text.startsWith("/*", next)
              || text.regionMatches(true, next, "SETTINGS", 0, 8);
      if (!rows && !last) return false;
      format = name;
      formatAt = out.length();
      formatEnd = out.length();
      at = end;
      if (rows) {
        // One line end or, as clients write it, one space stands between the name and the rows.
        if (at < text.length() && text.charAt(at) == ';') at++;
        if (text.startsWith("\r\n", at)) at += 2;
        else if (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
        dataAt = at;
      }
      return true;
    }

    private int quoted(char quote) {
      int i = at + 1;
      while (i < text.length()) {
        char c = text.charAt(i);
        if (c == '\\') i++;
        else if (c == quote) return i + 1;
        i++;
      }
      return text.length();
    }

    /** End of a $tag$…$tag$ that begins here, or -1. */
    private int heredoc() {
      int i = at + 1;
      while (i < text.length()
          && (Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_')) i++;
      if (i >= text.length() || text.charAt(i) != '$') return -1;
      String tag = text.substring(at, i + 1);
      int end = text.indexOf(tag, i + 1);
      return end < 0 ? -1 : end + tag.length();
    }

    private void copy(int end) {
      out.append(text, at, Math.min(end, text.length()));
      at = Math.min(end, text.length());
    }

    /** {name:Type}; false where the brace means something else. */
    private boolean parameter() throws EngineException {
      int i = at + 1;
      while (i < text.length() && Character.isWhitespace(text.charAt(i))) i++;
      int nameAt = i;
      while (i < text.length()
          && (Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_')) i++;
      String name = text.substring(nameAt, i);
      while (i < text.length() && Character.isWhitespace(text.charAt(i))) i++;
      if (name.isEmpty() || i >= text.length() || text.charAt(i) != ':') return false;
      int typeAt = i + 1;
      int end = typeAt;
      boolean inString = false;
      while (end < text.length()) {
        char c = text.charAt(end);
        if (inString && c == '\\') end++;
        else if (c == '\'') inString = !inString;
        else if (c == '}' && !inString) break;
        end++;
      }
      if (end >= text.length()) return false;
      String type = text.substring(typeAt, end).strip();
      String value = parameters.get(name);
      if (value == null)
        throw new EngineException(
            EngineException.UNKNOWN_QUERY_PARAMETER,
            "Substitution `" + name + "` is not set. (UNKNOWN_QUERY_PARAMETER)");
      out.append(latin1(literal(name, type, value)));
      at = end + 1;
      return true;
    }

    Statement statement(byte[] query) {
      Kind kind =
          switch (first) {
            case "INSERT" -> insertSelect || format == null ? Kind.OTHER : Kind.INSERT;
            case "SET", "USE" -> Kind.SESSION;
            default -> READING.contains(first) ? Kind.READ : Kind.OTHER;
          };
      if (formatAt >= 0) out.replace(formatAt, formatEnd, " ");
      String sql =
          new String(out.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      byte[] data = dataAt < 0 ? new byte[0] : Arrays.copyOfRange(query, dataAt, query.length);
      return new Statement(kind, sql, format, data);
    }
  }

  private static String latin1(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The value as SQL that can be nothing but one constant (or one name) of that type. */
  private static String literal(String name, String type, String escaped) throws EngineException {
    if (type.equals("Identifier")) return "`" + quote(unescape(name, escaped), '`') + "`";
    boolean isNull = escaped.equals("\\N");
    // As in ClickHouse: values of containers are read as they are, all others are escaped text.
    String value = isNull ? "" : container(type) ? escaped : unescape(name, escaped);
    if (type.equals("String") && !isNull) return "'" + quote(value, '\'') + "'";
    String constant = isNull ? "NULL" : "'" + quote(value, '\'') + "'";
    return "_CAST(" + constant + ", '" + quote(type, '\'') + "')";
  }

  private static boolean container(String type) {
    return CONTAINERS.stream().anyMatch(type::startsWith);
  }

  private static String quote(String text, char quote) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        out.append("\\0");
        continue;
      }
      if (c == '\\' || c == quote) out.append('\\');
      out.append(c);
    }
    return out.toString();
  }

  /**
   * Undoes the escaping of tab-separated text, which is what values of parameters are written in.
   */
  private static String unescape(String name, String text) throws EngineException {
    if (text.indexOf('\\') < 0) {
      if (text.indexOf('\t') >= 0 || text.indexOf('\n') >= 0) throw notEscaped(name);
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\t' || c == '\n') throw notEscaped(name);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      if (++i == text.length()) throw notEscaped(name);
      char escape = text.charAt(i);
      switch (escape) {
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case '0' -> out.append('\0');
        case 'a' -> out.append('\u0007');
        case 'v' -> out.append('\u000b');
        case 'e' -> out.append('\u001b');
        case '\\', '\'', '"', '`', '/', '=' -> out.append(escape);
        // Unknown escapes keep their backslash, as in ClickHouse.
        default -> out.append('\\').append(escape);
      }
    }
    return out.toString();
  }

  private static EngineException notEscaped(String name) {
    return new EngineException(
        EngineException.BAD_QUERY_PARAMETER,
        "Value of the query parameter '"
            + name
            + "' is not fully parsed: tabs, line ends and backslashes must be escaped."
            + " (BAD_QUERY_PARAMETER)");
  }
}
