package io.tracewell.server.query;

import io.tracewell.server.query.Query.Needle;
import io.tracewell.server.query.Query.Words;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Text conditions as SQL. The word index leads to places where a text may be; whether it is there
 * is decided on the whole text, which is stored as it was sent: JSON, where it is JSON.
 */
final class Needles {
  /** A text shorter than this is looked up as a whole word: too many words hold it. */
  static final int SUBSTRING_CHARS = 3;

  private static final List<String> ANYWHERE =
      List.of("input", "output", "system", "documents", "search_text");

  private Needles() {}

  /** Whether the text of a row of {@code spans} fulfils all conditions that are not negated. */
  static String matches(List<Words> words, Params params) {
    return words.stream()
        .filter(part -> !part.negated())
        .map(part -> anyOf(part, params))
        .collect(Collectors.joining(" AND ", "(", ")"));
  }

  /** Whether the text of a row of {@code spans} holds what must not be there. */
  static String excluded(List<Words> words, Params params) {
    return words.stream()
        .filter(Words::negated)
        .map(part -> anyOf(part, params))
        .collect(Collectors.joining(" OR ", "(", ")"));
  }

  private static String anyOf(Words words, Params params) {
    return words.anyOf().stream()
        .map(needle -> contains(needle, params))
        .collect(Collectors.joining(" OR ", "(", ")"));
  }

  private static String contains(Needle needle, Params params) {
    List<String> columns =
        switch (needle.scope()) {
          case ANYWHERE -> ANYWHERE;
          case INPUT -> List.of("input", "system");
          case OUTPUT -> List.of("output");
        };
    String text = needle.text();
    if (isPlain(text)) {
      String value = params.string(text);
      return columns.stream()
          .map(column -> "positionCaseInsensitive(" + column + ", " + value + ") > 0")
          .collect(Collectors.joining(" OR ", "(", ")"));
    }
    String value = params.string(regex(text));
    return columns.stream()
        .map(column -> "match(" + column + ", " + value + ")")
        .collect(Collectors.joining(" OR ", "(", ")"));
  }

  private static boolean isPlain(String text) {
    return text.length() >= SUBSTRING_CHARS && text.chars().allMatch(Needles::isAsciiWord);
  }

  /**
   * The text as it may be written: in any case, with any space between its words, escaped by JSON
   * or not. RE2 syntax.
   */
  static String regex(String text) {
    StringBuilder result = new StringBuilder("(?i)");
    boolean whole = isShortWord(text);
    if (whole) {
      result.append("(?:^|[^a-z0-9_]|\\\\[nrtbf])");
    }
    text.codePoints()
        .forEach(
            c -> {
              if (c == '*') {
                result.append("\\S*");
              } else if (Character.isWhitespace(c)) {
                if (!result.toString().endsWith("+")) {
                  result.append("(?:\\s|\\\\[nrt])+");
                }
              } else if (c == '"' || c == '\\' || c == '/') {
                result.append("\\\\*").append(c == '\\' ? "\\\\" : Character.toString(c));
              } else if (c < 128) {
                if (!isAsciiWord(c)) {
                  result.append('\\');
                }
                result.append((char) c);
              } else {
                result.append("(?:").append(Character.toChars(c));
                for (int form :
                    IntStream.of(c, Character.toLowerCase(c), Character.toUpperCase(c))
                        .distinct()
                        .toArray()) {
                  result.append('|');
                  for (char unit : Character.toChars(form)) {
                    result.append("\\\\u").append(String.format(Locale.ROOT, "%04x", (int) unit));
                  }
                }
                result.append(')');
              }
            });
    if (whole) {
      result.append("(?:$|[^a-z0-9_])");
    }
    return result.toString();
  }

  /**
   * Letters and digits of ASCII, lower case, as the words of the index are.
   *
   * @param starts whether a word that holds it begins with it: a sign or white space stands before
   *     it
   * @param ends whether such a word ends with it
   */
  record Piece(String text, boolean starts, boolean ends) {
    /** Whether it is a word of the index itself, and need not be looked up. */
    boolean isWord() {
      return starts && ends;
    }
  }

  /**
   * Pieces whose words are looked up in the dictionary of the index. Characters that are not ASCII
   * are words of their own in the index and need no lookup.
   */
  static Set<Piece> pieces(List<Words> words) {
    Set<Piece> result = new LinkedHashSet<>();
    for (Words part : words) {
      if (!part.negated()) {
        part.anyOf().forEach(needle -> result.addAll(lookedUp(needle.text())));
      }
    }
    return result;
  }

  // A short piece may be part of any word, and too many words hold it.
  private static List<Piece> lookedUp(String text) {
    return pieces(text).stream()
        .filter(piece -> !piece.isWord() && piece.text().length() >= SUBSTRING_CHARS)
        .toList();
  }

  private static List<Piece> pieces(String text) {
    List<Piece> result = new ArrayList<>();
    String lower = text.toLowerCase(Locale.ROOT);
    int from = -1;
    for (int i = 0; i <= lower.length(); i++) {
      boolean word = i < lower.length() && isLetterOrDigit(lower.charAt(i));
      if (word && from < 0) {
        from = i;
      } else if (!word && from >= 0) {
        boolean whole = isShortWord(text);
        boolean starts = whole || (from > 0 && parts(lower.charAt(from - 1)));
        boolean ends = whole || (i < lower.length() && parts(lower.charAt(i)));
        result.add(new Piece(lower.substring(from, i), starts, ends));
        from = -1;
      }
    }
    return result;
  }

  /**
   * A condition on the word index that holds for every row where a text with one of the needles is
   * new; {@code 1} where the index knows nothing of them. A superset: what it leaves out of a
   * needle is decided on the text.
   *
   * @param dictionary for each piece, the words of the index that hold it
   */
  static String index(Words words, Map<Piece, List<String>> dictionary, Params params) {
    List<String> any = new ArrayList<>();
    for (Needle needle : words.anyOf()) {
      any.add(index(needle.text(), dictionary, params));
    }
    if (any.contains("1")) {
      return "1";
    }
    any.removeIf("0"::equals);
    return any.isEmpty() ? "0" : "(" + String.join(" OR ", any) + ")";
  }

  private static String index(String text, Map<Piece, List<String>> dictionary, Params params) {
    List<String> conditions = new ArrayList<>();
    for (Piece piece : lookedUp(text)) {
      List<String> found = dictionary.get(piece);
      if (found != null) {
        conditions.add(
            found.isEmpty() ? "0" : "hasAnyTokens(searchable, " + params.strings(found) + ")");
      }
    }
    List<String> singles =
        Stream.concat(
                pieces(text).stream().filter(Piece::isWord).map(Piece::text),
                text.toLowerCase(Locale.ROOT)
                    .codePoints()
                    .filter(c -> c >= 128 && Character.isLetterOrDigit(c))
                    .mapToObj(Character::toString))
            .distinct()
            .toList();
    if (!singles.isEmpty()) {
      conditions.add("hasAllTokens(searchable, " + params.strings(singles) + ")");
    }
    if (conditions.contains("0")) {
      return "0";
    }
    return conditions.isEmpty() ? "1" : String.join(" AND ", conditions);
  }

  /**
   * Whether {@link #index} leaves nothing open: a row is found by it exactly where one of the
   * needles is new in it.
   */
  static boolean decidedByIndex(Words words, Map<Piece, List<String>> dictionary) {
    return words.anyOf().stream()
        .allMatch(
            needle ->
                needle.scope() == Query.Scope.ANYWHERE
                    && needle.text().chars().allMatch(Needles::isLetterOrDigit)
                    && dictionary.containsKey(
                        new Piece(needle.text().toLowerCase(Locale.ROOT), false, false)));
  }

  /** Whether any text must be there (rather than only be absent). */
  static boolean anyRequired(List<Words> words) {
    return words.stream().anyMatch(part -> !part.negated());
  }

  private static boolean isShortWord(String text) {
    return text.length() < SUBSTRING_CHARS && text.chars().allMatch(Needles::isAsciiWord);
  }

  private static boolean isAsciiWord(int c) {
    return isLetterOrDigit(c) || c == '_';
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  // Whether words end there in the index, and in any text that holds the needle.
  private static boolean parts(char c) {
    return c < 128 && c != '*' && !isLetterOrDigit(c);
  }
}
