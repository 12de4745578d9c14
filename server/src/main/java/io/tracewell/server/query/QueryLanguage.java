package io.tracewell.server.query;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.query.Query.Clause;
import io.tracewell.server.query.Query.Needle;
import io.tracewell.server.query.Query.Scope;
import io.tracewell.server.query.Query.Words;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code q}: words and {@code "phrases"}, {@code field:value}, {@code field:(a OR b)}, {@code
 * field:a*}, {@code field:>5s}, {@code field:[a TO b]}, {@code -} or {@code NOT}, {@code AND}
 * (implied), {@code OR} and parentheses. Datadog's names of the fields are understood too.
 */
final class QueryLanguage {
  /** Longest query, characters. */
  static final int MAX_LENGTH = 4_000;

  private static final int MAX_CLAUSES = 100;
  private static final int MAX_DEPTH = 20;

  private static final String CHILD = "@child.";

  private final String text;
  private final boolean tagsForUnknown;
  private int at;
  private int depth;
  private int count;

  private QueryLanguage(String text, boolean tagsForUnknown) {
    this.text = text;
    this.tagsForUnknown = tagsForUnknown;
  }

  /**
   * Reads a query.
   *
   * @throws ApiException 400 with the position and, where one is known, the query as it was meant
   */
  static Query parse(@Nullable String q) {
    return parse(q, false);
  }

  /** Reads a query of Datadog's: a field that is not known is the key of a tag. */
  static Query parseDatadog(@Nullable String q) {
    return parse(q, true);
  }

  private static Query parse(@Nullable String q, boolean tagsForUnknown) {
    if (q == null || q.isBlank()) {
      return Query.ALL;
    }
    if (q.length() > MAX_LENGTH) {
      throw ApiException.badQuery(
          "The query has " + q.length() + " characters. At most " + MAX_LENGTH + " are read.",
          MAX_LENGTH,
          null);
    }
    return new QueryLanguage(q, tagsForUnknown).read();
  }

  /** What a part of the query became before words and fields are told apart. */
  private sealed interface Node {
    record Leaf(Clause clause) implements Node {}

    record Text(Needle needle) implements Node {}

    record Not(Node part) implements Node {}

    record Many(boolean all, List<Node> parts) implements Node {}
  }

  private Query read() {
    Node root = either();
    skipSpace();
    if (at < text.length()) {
      throw ApiException.badQuery(
          "This “)” closes nothing. Remove it, or open a “(” before it.",
          at,
          (text.substring(0, at) + text.substring(at + 1)).strip());
    }
    List<Clause> clauses = new ArrayList<>();
    List<Words> words = new ArrayList<>();
    separate(root, clauses, words);
    return new Query(List.copyOf(clauses), List.copyOf(words));
  }

  private static void separate(Node node, List<Clause> clauses, List<Words> words) {
    if (node instanceof Node.Many many && many.all()) {
      many.parts().forEach(part -> separate(part, clauses, words));
      return;
    }
    boolean negated = node instanceof Node.Not;
    Node inner = node instanceof Node.Not not ? not.part() : node;
    List<Needle> needles = new ArrayList<>();
    if (onlyText(inner, needles)) {
      words.add(new Words(negated, needles));
      return;
    }
    clauses.add(clause(node));
  }

  private static boolean onlyText(Node node, List<Needle> needles) {
    return switch (node) {
      case Node.Text leaf -> needles.add(leaf.needle());
      case Node.Many many when !many.all() ->
          many.parts().stream().allMatch(part -> onlyText(part, needles));
      default -> false;
    };
  }

  private static Clause clause(Node node) {
    return switch (node) {
      case Node.Leaf leaf -> leaf.clause();
      case Node.Not not -> new Clause.Not(clause(not.part()));
      case Node.Many many -> {
        List<Clause> parts = many.parts().stream().map(QueryLanguage::clause).toList();
        yield many.all() ? new Clause.All(parts) : new Clause.Any(parts);
      }
      case Node.Text leaf ->
          throw ApiException.badQuery(
              "Words can be combined by OR with words only, not with fields: “"
                  + leaf.needle().text()
                  + "”. Search for one of them, or use two queries.",
              0,
              null);
    };
  }

  private Node either() {
    List<Node> parts = new ArrayList<>();
    parts.add(all());
    while (keyword("OR")) {
      parts.add(all());
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Many(false, parts);
  }

  private Node all() {
    List<Node> parts = new ArrayList<>();
    while (true) {
      skipSpace();
      if (keyword("AND")) {
        continue;
      }
      if (at >= text.length() || text.charAt(at) == ')' || isKeyword("OR")) {
        break;
      }
      parts.add(one());
    }
    if (parts.isEmpty()) {
      throw ApiException.badQuery(
          at >= text.length() ? "Something is missing at the end." : "Something is missing here.",
          Math.min(at, text.length()),
          null);
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Many(true, parts);
  }

  private Node one() {
    int start = at;
    if (++count > MAX_CLAUSES) {
      throw ApiException.badQuery(
          "The query has more than " + MAX_CLAUSES + " conditions.", at, null);
    }
    if (keyword("NOT")) {
      skipSpace();
      return not(one());
    }
    char c = text.charAt(at);
    if (c == '-' && at + 1 < text.length() && !isSpace(text.charAt(at + 1))) {
      at++;
      return not(one());
    }
    if (c == '(') {
      return group();
    }
    if (c == '"') {
      return new Node.Text(new Needle(Scope.ANYWHERE, quoted()));
    }
    if (text.startsWith(CHILD, at)) {
      at += CHILD.length();
      skipSpace();
      if (at >= text.length()) {
        throw ApiException.badQuery(
            "“@child.” needs a condition, for example @child.@status:error.", start, null);
      }
      return new Node.Leaf(new Clause.Child(clause(one())));
    }
    Node listed = listed();
    if (listed != null) {
      return listed;
    }
    int colon = fieldEnd();
    if (colon < 0) {
      return new Node.Text(new Needle(Scope.ANYWHERE, word(start)));
    }
    String name = text.substring(at, colon);
    if (name.equals("_exists_") || name.equals("_missing_")) {
      at = colon + 1;
      Node there = any(at < text.length() ? word(start) : "", start);
      return name.equals("_exists_") ? there : not(there);
    }
    String evaluation = evaluation(name);
    if (evaluation != null) {
      at = colon + 1;
      return evaluated(evaluation, name, start);
    }
    Node sent = sent(name, colon);
    if (sent != null) {
      return sent;
    }
    Field field = Field.named(name);
    if (field == null && !tagsForUnknown && !name.startsWith("@") && looksLikeText(name, colon)) {
      return new Node.Text(new Needle(Scope.ANYWHERE, word(start)));
    }
    if (field == null && (!tagsForUnknown || name.startsWith("@"))) {
      throw unknownField(name, start, colon);
    }
    at = colon + 1;
    return value(field, name, start);
  }

  // The field is set, whatever it holds.
  private Node any(String name, int start) {
    String bare = name.startsWith("@") ? name.substring(1) : name;
    if (bare.isEmpty()) {
      throw ApiException.badQuery("“_exists_:” needs the name of a field.", start, null);
    }
    String evaluation = evaluation(bare);
    if (evaluation != null) {
      return new Node.Leaf(
          new Clause.Evaluated(evaluation, "value", "*", true, null, false, null, false));
    }
    Clause sent = sentClause(bare, "*", true);
    if (sent != null) {
      return new Node.Leaf(sent);
    }
    Field field = Field.named(bare);
    return new Node.Leaf(
        field == null ? new Clause.HasTag(bare + ":*", true) : new Clause.Exists(field));
  }

  // field IN [a, b]; null where something else stands here.
  private @Nullable Node listed() {
    int end = at;
    while (end < text.length() && isNameChar(text.charAt(end), end == at)) {
      end++;
    }
    int in = end;
    while (in < text.length() && isSpace(text.charAt(in))) {
      in++;
    }
    int open = in + 2;
    while (open < text.length() && isSpace(text.charAt(open))) {
      open++;
    }
    boolean is =
        end > at
            && in > end
            && text.startsWith("IN", in)
            && open < text.length()
            && text.charAt(open) == '[';
    int close = is ? text.indexOf(']', open) : -1;
    if (close < 0) {
      return null;
    }
    String name = text.substring(at, end);
    Field field = Field.named(name);
    if (field == null && (!tagsForUnknown || name.startsWith("@"))) {
      throw unknownField(name, at, end);
    }
    if (field != null && field.type().numeric()) {
      throw ApiException.badQuery(
          "IN is for texts. Write a range: " + field.wireName() + ":[1 TO 5].", in, null);
    }
    List<Node> parts = new ArrayList<>();
    for (String value : text.substring(open + 1, close).split(",", -1)) {
      String bare = value.strip();
      boolean quoted = bare.length() > 1 && bare.startsWith("\"") && bare.endsWith("\"");
      bare = quoted ? bare.substring(1, bare.length() - 1) : bare;
      if (!bare.isEmpty()) {
        parts.add(leaf(field, name, bare, quoted));
      }
    }
    if (parts.isEmpty()) {
      throw ApiException.badQuery("There is nothing between these brackets.", open, null);
    }
    if (count + parts.size() > MAX_CLAUSES) {
      throw ApiException.badQuery(
          "The query has more than " + MAX_CLAUSES + " conditions.", open, null);
    }
    count += parts.size();
    at = close + 1;
    return parts.size() == 1 ? parts.getFirst() : new Node.Many(false, parts);
  }

  // What only the text of spans holds, by Datadog's names; null for other fields.
  private @Nullable Node sent(String name, int colon) {
    String bare = name.startsWith("@") ? name.substring(1) : name;
    if (sentClause(bare, "", false) == null) {
      return null;
    }
    at = colon + 1;
    boolean quoted = at < text.length() && text.charAt(at) == '"';
    String value = quoted ? quoted() : word(colon);
    boolean pattern = !quoted && (value.indexOf('*') >= 0 || value.indexOf('?') >= 0);
    Clause clause = sentClause(bare, value, pattern);
    return clause == null ? null : new Node.Leaf(clause);
  }

  private static @Nullable Clause sentClause(String bare, String value, boolean pattern) {
    if (bare.equals("collection_errors")) {
      return new Clause.Sent("warnings", List.of(), value, pattern);
    }
    for (String prefix : List.of("meta.metadata.", "metadata.")) {
      if (bare.startsWith(prefix) && bare.length() > prefix.length()) {
        List<String> path = List.of(bare.substring(prefix.length()).split("\\."));
        return path.isEmpty() || path.contains("")
            ? null
            : new Clause.Sent("metadata", path, value, pattern);
      }
    }
    return null;
  }

  // What follows "evaluation." in the name of a field, also in Datadog's older spelling; else null.
  private static @Nullable String evaluation(String name) {
    String bare = name.startsWith("@") ? name.substring(1) : name;
    for (String kind : List.of("evaluation.", "feedback.")) {
      if (bare.startsWith(kind)) {
        return bare.substring(kind.length());
      }
    }
    int group = bare.startsWith("evaluations.") ? bare.indexOf('.', "evaluations.".length()) : -1;
    return group < 0 ? null : bare.substring(group + 1);
  }

  private Node evaluated(String path, String name, int start) {
    String label = path;
    String part = "value";
    for (String known : List.of("value", "assessment", "status", "reasoning")) {
      if (path.endsWith("." + known)) {
        part = known;
        label = path.substring(0, path.length() - known.length() - 1);
      }
    }
    if (label.isEmpty()) {
      throw ApiException.badQuery(
          "“" + name + "” names no evaluation. Write evaluation.LABEL:value.", start, null);
    }
    if (at >= text.length() || isSpace(text.charAt(at)) || text.charAt(at) == ')') {
      throw ApiException.badQuery(
          "“" + name + ":” has no value. Write it without a space, for example " + name + ":>0.5.",
          at,
          null);
    }
    if (text.charAt(at) == '(') {
      int open = at++;
      List<Node> parts = new ArrayList<>();
      skipSpace();
      while (at < text.length() && text.charAt(at) != ')') {
        if (!keyword("OR")) {
          parts.add(evaluated(path, name, at));
        }
        skipSpace();
      }
      if (parts.isEmpty()) {
        throw ApiException.badQuery("“" + name + ":()” has no value.", open, null);
      }
      close(open);
      return parts.size() == 1 ? parts.getFirst() : new Node.Many(false, parts);
    }
    int valueStart = at;
    if (text.charAt(at) == '[') {
      Clause.Between range = (Clause.Between) range(Field.LLM_CALLS);
      return new Node.Leaf(
          new Clause.Evaluated(label, part, null, false, range.low(), true, range.high(), true));
    }
    boolean quoted = text.charAt(at) == '"';
    String value = quoted ? quoted() : word(start);
    for (String operator : quoted ? List.<String>of() : List.of(">=", "<=", ">", "<")) {
      if (value.startsWith(operator)) {
        BigDecimal bound =
            number(
                Field.LLM_CALLS,
                value.substring(operator.length()),
                valueStart + operator.length());
        boolean included = operator.length() == 2;
        return new Node.Leaf(
            operator.startsWith(">")
                ? new Clause.Evaluated(label, part, null, false, bound, included, null, false)
                : new Clause.Evaluated(label, part, null, false, null, false, bound, included));
      }
    }
    boolean pattern = !quoted && (value.indexOf('*') >= 0 || value.indexOf('?') >= 0);
    return new Node.Leaf(
        new Clause.Evaluated(label, part, value, pattern, null, false, null, false));
  }

  private static Node not(Node part) {
    return part instanceof Node.Not twice ? twice.part() : new Node.Not(part);
  }

  private Node group() {
    int open = at++;
    if (++depth > MAX_DEPTH) {
      throw ApiException.badQuery(
          "Parentheses are nested deeper than " + MAX_DEPTH + ".", open, null);
    }
    Node inner = either();
    close(open);
    depth--;
    return inner;
  }

  private void close(int open) {
    skipSpace();
    if (at >= text.length() || text.charAt(at) != ')') {
      throw ApiException.badQuery("This “(” is never closed.", open, text.strip() + ")");
    }
    at++;
  }

  // A clock time, an address or a Windows path holds a colon and is no field.
  private boolean looksLikeText(String name, int colon) {
    return Character.isDigit(name.charAt(0))
        || text.startsWith("//", colon + 1)
        || text.startsWith("\\", colon + 1);
  }

  private ApiException unknownField(String name, int start, int colon) {
    String nearest = Field.nearest(name);
    String suggestion =
        nearest != null
            ? text.substring(0, start) + nearest + text.substring(colon)
            : text.substring(0, start)
                + '"'
                + text.substring(start, wordEnd(start))
                + '"'
                + text.substring(wordEnd(start));
    return ApiException.badQuery(
        "Field “"
            + name
            + "” is not known. "
            + (nearest != null
                ? "Did you mean “" + nearest + "”?"
                : "Put quotes around it to search for it as text."),
        start,
        suggestion);
  }

  private Node value(@Nullable Field field, String name, int start) {
    if (at >= text.length() || isSpace(text.charAt(at)) || text.charAt(at) == ')') {
      throw ApiException.badQuery(
          "“"
              + name
              + ":” has no value. Write it without a space, for example "
              + example(field)
              + ".",
          at,
          null);
    }
    char c = text.charAt(at);
    if (c == '(') {
      return values(field, name);
    }
    if (c == '[' && field != null && field.type().numeric()) {
      return new Node.Leaf(range(field));
    }
    if (field != null && field.type().numeric()) {
      return new Node.Leaf(comparison(field, start));
    }
    boolean quoted = c == '"';
    String value = quoted ? quoted() : word(start);
    return leaf(field, name, value, quoted);
  }

  private Node leaf(@Nullable Field field, String name, String value, boolean quoted) {
    boolean pattern = !quoted && (value.indexOf('*') >= 0 || value.indexOf('?') >= 0);
    if (field == null) {
      return new Node.Leaf(new Clause.HasTag(name + ":" + value, pattern));
    }
    if (field.type() == Field.Type.CONTENT) {
      return new Node.Text(new Needle(field == Field.INPUT ? Scope.INPUT : Scope.OUTPUT, value));
    }
    if (value.equals("*") && !quoted) {
      return new Node.Leaf(new Clause.Exists(field));
    }
    return new Node.Leaf(new Clause.Is(field, value, pattern));
  }

  private Node values(@Nullable Field field, String name) {
    int open = at++;
    List<Node> parts = new ArrayList<>();
    while (true) {
      skipSpace();
      if (keyword("OR")) {
        continue;
      }
      if (isKeyword("AND")) {
        throw ApiException.badQuery(
            "Only OR can stand between the values of a field.",
            at,
            text.substring(0, at) + "OR" + text.substring(at + 3));
      }
      if (at >= text.length() || text.charAt(at) == ')') {
        break;
      }
      parts.add(value(field, name, at));
    }
    if (parts.isEmpty()) {
      throw ApiException.badQuery("“" + name + ":()” has no value.", open, null);
    }
    close(open);
    return parts.size() == 1 ? parts.getFirst() : new Node.Many(false, parts);
  }

  private Clause comparison(Field field, int start) {
    int valueStart = at;
    String value = text.charAt(at) == '"' ? quoted() : word(start);
    if (value.equals("*")) {
      return new Clause.Exists(field);
    }
    String operator = "";
    for (String candidate : List.of(">=", "<=", ">", "<", "=")) {
      if (value.startsWith(candidate)) {
        operator = candidate;
        break;
      }
    }
    BigDecimal number =
        number(field, value.substring(operator.length()), valueStart + operator.length());
    return switch (operator) {
      case ">" -> new Clause.Between(field, number, false, null, false);
      case ">=" -> new Clause.Between(field, number, true, null, false);
      case "<" -> new Clause.Between(field, null, false, number, false);
      case "<=" -> new Clause.Between(field, null, false, number, true);
      default -> new Clause.Between(field, number, true, number, true);
    };
  }

  private Clause range(Field field) {
    int open = at;
    int end = text.indexOf(']', at);
    String[] bounds =
        end < 0 ? new String[0] : text.substring(at + 1, end).strip().split("\\s+TO\\s+", -1);
    if (bounds.length != 2) {
      throw ApiException.badQuery(
          "A range is written [from TO to], for example " + field.wireName() + ":[1 TO 5].",
          open,
          null);
    }
    at = end + 1;
    BigDecimal low = bounds[0].equals("*") ? null : number(field, bounds[0], open + 1);
    BigDecimal high = bounds[1].equals("*") ? null : number(field, bounds[1], open + 1);
    return new Clause.Between(field, low, true, high, true);
  }

  private BigDecimal number(Field field, String written, int position) {
    String value = written.strip();
    if (field.type() == Field.Type.MONEY && value.startsWith("$")) {
      value = value.substring(1);
    }
    int unitStart = 0;
    while (unitStart < value.length() && "0123456789.,-+eE".indexOf(value.charAt(unitStart)) >= 0) {
      unitStart++;
    }
    BigDecimal number;
    try {
      number = new BigDecimal(value.substring(0, unitStart).replace(",", ""));
      if (number.precision() > 30 || Math.abs((long) number.scale()) > 30) {
        throw new NumberFormatException();
      }
    } catch (NumberFormatException e) {
      throw ApiException.badQuery(
          "“" + value + "” is not a number. Write for example " + example(field) + ".",
          position,
          null);
    }
    return number.multiply(unit(field, value.substring(unitStart), position + unitStart));
  }

  private BigDecimal unit(Field field, String unit, int position) {
    BigDecimal factor =
        switch (field.type()) {
          case DURATION ->
              switch (unit.toLowerCase(Locale.ROOT)) {
                case "ns" -> BigDecimal.ONE;
                case "us", "µs" -> new BigDecimal(1_000);
                case "ms" -> new BigDecimal(1_000_000);
                case "s" -> new BigDecimal(1_000_000_000L);
                case "m", "min" -> new BigDecimal(60_000_000_000L);
                case "h" -> new BigDecimal(3_600_000_000_000L);
                // Datadog's durations without a unit are nanoseconds.
                case "" -> tagsForUnknown ? BigDecimal.ONE : null;
                default -> null;
              };
          case COUNT ->
              switch (unit.toLowerCase(Locale.ROOT)) {
                case "" -> BigDecimal.ONE;
                case "k" -> new BigDecimal(1_000);
                case "m" -> new BigDecimal(1_000_000);
                default -> null;
              };
          // Datadog counts cost in nanodollars.
          default ->
              unit.isEmpty()
                  ? (tagsForUnknown ? new BigDecimal("0.000000001") : BigDecimal.ONE)
                  : null;
        };
    if (factor != null) {
      return factor;
    }
    String expected = field.type() == Field.Type.DURATION ? "Use ms, s, m or h" : "Leave it out";
    String message =
        unit.isEmpty()
            ? "“" + field.wireName() + "” needs a unit. Use ms, s, m or h: " + example(field)
            : "Unit “" + unit + "” is not known. " + expected + ": " + example(field);
    String guess =
        unit.startsWith("s") ? "s" : unit.startsWith("mi") ? "m" : unit.startsWith("h") ? "h" : "";
    String suggestion =
        field.type() == Field.Type.DURATION && (unit.isEmpty() || !guess.isEmpty())
            ? text.substring(0, Math.min(position, text.length()))
                + (unit.isEmpty() ? "s" : guess)
                + text.substring(Math.min(position + unit.length(), text.length()))
            : null;
    throw ApiException.badQuery(message + ".", position, suggestion);
  }

  private static String example(@Nullable Field field) {
    if (field == null) {
      return "env:prod";
    }
    return switch (field.type()) {
      case DURATION -> field.wireName() + ":>5s";
      case MONEY -> field.wireName() + ":>$0.05";
      case COUNT -> field.wireName() + ":>1000";
      default ->
          switch (field) {
            case STATUS -> "status:error";
            case KIND -> "kind:agent";
            default -> field.wireName() + ":value";
          };
    };
  }

  private String quoted() {
    int open = at++;
    StringBuilder result = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '"') {
      if (text.charAt(at) == '\\' && at + 1 < text.length()) {
        at++;
      }
      result.append(text.charAt(at++));
    }
    if (at >= text.length()) {
      throw ApiException.badQuery("This quote is never closed.", open, text.strip() + '"');
    }
    at++;
    String value = result.toString().strip();
    if (value.isEmpty()) {
      throw ApiException.badQuery("There is nothing between these quotes.", open, null);
    }
    return value;
  }

  private String word(int start) {
    int end = wordEnd(at);
    String word = text.substring(at, end);
    if (word.isEmpty()) {
      throw ApiException.badQuery("Something is missing here.", start, null);
    }
    at = end;
    return word;
  }

  private int wordEnd(int from) {
    int end = from;
    while (end < text.length()
        && !isSpace(text.charAt(end))
        && text.charAt(end) != ')'
        && text.charAt(end) != '"') {
      end++;
    }
    return end;
  }

  // Offset of the colon where a field's name stands at the position; else -1.
  private int fieldEnd() {
    int end = at;
    while (end < text.length() && isNameChar(text.charAt(end), end == at)) {
      end++;
    }
    return end > at && end < text.length() && text.charAt(end) == ':' ? end : -1;
  }

  private static boolean isNameChar(char c, boolean first) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-' || (first && c == '@');
  }

  private boolean keyword(String word) {
    skipSpace();
    if (isKeyword(word)) {
      at += word.length();
      return true;
    }
    return false;
  }

  private boolean isKeyword(String word) {
    int end = at + word.length();
    return text.startsWith(word, at)
        && (end == text.length() || isSpace(text.charAt(end)) || text.charAt(end) == '(');
  }

  private void skipSpace() {
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || c == '\u00a0';
  }
}
