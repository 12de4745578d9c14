package io.tracewell.server.query;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A parsed query: what must hold of a row, and the words that must occur in its text.
 *
 * @param clauses all of them must hold
 * @param words all of them must hold, in the text of one span
 */
record Query(List<Clause> clauses, List<Words> words) {
  /** Everything. */
  static final Query ALL = new Query(List.of(), List.of());

  /** A condition on fields. */
  sealed interface Clause {
    /** All hold. */
    record All(List<Clause> parts) implements Clause {}

    /** At least one holds. */
    record Any(List<Clause> parts) implements Clause {}

    /** Does not hold. */
    record Not(Clause part) implements Clause {}

    /** A field has the value, which may hold {@code *} and {@code ?} where {@code pattern}. */
    record Is(Field field, String value, boolean pattern) implements Clause {}

    /** A tag of that key has the value: what a sender's own field is in Datadog's language. */
    record HasTag(String tag, boolean pattern) implements Clause {}

    /**
     * The span (or one of the trace's) has an evaluation of that label.
     *
     * @param part what of it is asked for: {@code value}, {@code assessment} or {@code status}
     * @param value what it is, possibly with {@code *} and {@code ?}; {@code *} for anything, null
     *     where it is a number within bounds
     */
    record Evaluated(
        String label,
        String part,
        @Nullable String value,
        boolean pattern,
        java.math.@Nullable BigDecimal low,
        boolean lowIncluded,
        java.math.@Nullable BigDecimal high,
        boolean highIncluded)
        implements Clause {}

    /**
     * What is in the text of spans only.
     *
     * @param where {@code metadata}, {@code warnings}
     * @param path names within nested objects; none for warnings
     * @param value as it is in {@link Is}; {@code *} for anything
     */
    record Sent(String where, List<String> path, String value, boolean pattern) implements Clause {}

    /** Another span of the trace, below its root, fulfils it. */
    record Child(Clause of) implements Clause {}

    /** A field is set. */
    record Exists(Field field) implements Clause {}

    /**
     * A number is within bounds.
     *
     * @param low in the field's unit (nanoseconds, USD, a count); null for none
     * @param high as low
     */
    record Between(
        Field field,
        java.math.@Nullable BigDecimal low,
        boolean lowIncluded,
        java.math.@Nullable BigDecimal high,
        boolean highIncluded)
        implements Clause {}
  }

  /** Where a text is searched. */
  enum Scope {
    ANYWHERE,
    INPUT,
    OUTPUT
  }

  /** A word or a phrase: found in any case, within words too. */
  record Needle(Scope scope, String text) {}

  /** One of the needles must occur; none of them where {@code negated}. */
  record Words(boolean negated, List<Needle> anyOf) {}

  /** This and more conditions. */
  Query and(Clause clause) {
    List<Clause> more = new ArrayList<>(clauses);
    more.add(clause);
    return new Query(more, words);
  }

  /** This without the conditions on one field alone: what a facet counts by. */
  Query without(Field field) {
    return new Query(clauses.stream().filter(clause -> !isOnly(clause, field)).toList(), words);
  }

  /** Whether a condition is on one field alone. */
  boolean filters(Field field) {
    return clauses.stream().anyMatch(clause -> isOnly(clause, field));
  }

  /** Words to be marked where they stand. */
  List<String> highlights() {
    return words.stream()
        .filter(part -> !part.negated())
        .flatMap(part -> part.anyOf().stream())
        .map(needle -> needle.text().replace("*", ""))
        .filter(text -> !text.isBlank())
        .distinct()
        .toList();
  }

  private static boolean isOnly(Clause clause, Field field) {
    return switch (clause) {
      case Clause.All all -> all.parts().stream().allMatch(part -> isOnly(part, field));
      case Clause.Any any -> any.parts().stream().allMatch(part -> isOnly(part, field));
      case Clause.Not not -> isOnly(not.part(), field);
      case Clause.Is is -> is.field() == field;
      case Clause.HasTag ignored -> field == Field.TAG;
      case Clause.Evaluated ignored -> false;
      case Clause.Sent ignored -> false;
      case Clause.Child ignored -> false;
      case Clause.Exists exists -> exists.field() == field;
      case Clause.Between between -> between.field() == field;
    };
  }
}
