package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tracewell.server.http.ApiException;
import io.tracewell.server.query.Query.Clause;
import io.tracewell.server.query.Query.Needle;
import io.tracewell.server.query.Query.Scope;
import io.tracewell.server.query.Query.Words;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryLanguageTest {
  private static Words word(String text) {
    return new Words(false, List.of(new Needle(Scope.ANYWHERE, text)));
  }

  @Test
  void reads_words_phrases_and_fields() {
    Query query =
        QueryLanguage.parse("refund \"broken screen\" app:support-bot -status:error -loud");

    assertThat(query.words())
        .containsExactly(
            word("refund"),
            word("broken screen"),
            new Words(true, List.of(new Needle(Scope.ANYWHERE, "loud"))));
    assertThat(query.clauses())
        .containsExactly(
            new Clause.Is(Field.APP, "support-bot", false),
            new Clause.Not(new Clause.Is(Field.STATUS, "error", false)));
  }

  @Test
  void reads_several_values_patterns_ranges_and_presence() {
    Query query =
        QueryLanguage.parse("model:(gpt-4.1 OR claude*) tokens:[100 TO 2k] error:* name:\"a b\"");

    assertThat(query.clauses())
        .containsExactly(
            new Clause.Any(
                List.of(
                    new Clause.Is(Field.MODEL, "gpt-4.1", false),
                    new Clause.Is(Field.MODEL, "claude*", true))),
            new Clause.Between(
                Field.TOKENS, new BigDecimal(100), true, new BigDecimal("2000"), true),
            new Clause.Exists(Field.ERROR),
            new Clause.Is(Field.NAME, "a b", false));
  }

  @ParameterizedTest
  @CsvSource({
    "duration:>5s, 5000000000",
    "duration:>1.5s, 1500000000",
    "duration:>20ms, 20000000",
    "duration:>2m, 120000000000",
    "duration:>1h, 3600000000000"
  })
  void reads_durations_in_their_units(String q, long nanos) {
    Clause.Between between = (Clause.Between) QueryLanguage.parse(q).clauses().getFirst();

    assertThat(between.low()).isEqualByComparingTo(BigDecimal.valueOf(nanos));
    assertThat(between.lowIncluded()).isFalse();
    assertThat(between.high()).isNull();
  }

  @Test
  void reads_money() {
    assertThat(QueryLanguage.parse("cost:>=$0.05").clauses())
        .containsExactly(new Clause.Between(Field.COST, new BigDecimal("0.05"), true, null, false));
  }

  @Test
  void groups_by_parentheses() {
    assertThat(QueryLanguage.parse("(app:a AND env:b) OR NOT kind:llm").clauses())
        .containsExactly(
            new Clause.Any(
                List.of(
                    new Clause.All(
                        List.of(
                            new Clause.Is(Field.APP, "a", false),
                            new Clause.Is(Field.ENV, "b", false))),
                    new Clause.Not(new Clause.Is(Field.KIND, "llm", false)))));
    assertThat(QueryLanguage.parse("(refund OR return)").words())
        .containsExactly(
            new Words(
                false,
                List.of(
                    new Needle(Scope.ANYWHERE, "refund"), new Needle(Scope.ANYWHERE, "return"))));
  }

  @Test
  void knows_datadogs_names_and_takes_other_keys_for_tags() {
    Query query =
        QueryLanguage.parseDatadog(
            "@meta.span.kind:llm @status:error ml_app:trip-planner env:prod team:search"
                + " @duration:>5s @parent_id:undefined");

    assertThat(query.clauses())
        .containsExactly(
            new Clause.Is(Field.KIND, "llm", false),
            new Clause.Is(Field.STATUS, "error", false),
            new Clause.Is(Field.APP, "trip-planner", false),
            new Clause.Is(Field.ENV, "prod", false),
            new Clause.HasTag("team:search", false),
            new Clause.Between(Field.DURATION, new BigDecimal("5000000000"), false, null, false),
            new Clause.Is(Field.PARENT, "undefined", false));
  }

  @ParameterizedTest
  @CsvSource({"https://example.com/a", "12:30", "C:\\temp"})
  void takes_a_colon_in_text_for_text(String q) {
    assertThat(QueryLanguage.parse(q).words()).containsExactly(word(q));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "duration:>5sec | 11 | duration:>5s | Unit “sec” is not known. Use ms, s, m or h: duration:>5s.",
        "staus:error | 0 | status:error | Field “staus” is not known. Did you mean “status”?",
        "app:a (env:b | 6 | app:a (env:b) | This “(” is never closed.",
        "app:a ) | 6 | app:a | This “)” closes nothing. Remove it, or open a “(” before it.",
        "\"open | 0 | \"open\" | This quote is never closed.",
        "duration:>5 | 11 | duration:>5s | “duration” needs a unit. Use ms, s, m or h: duration:>5s."
      })
  void says_where_and_how_to_mend_it(String q, int position, String suggestion, String message) {
    ApiException refusal = refusal(q);

    assertThat(refusal.getMessage()).isEqualTo(message);
    assertThat(refusal.position()).isEqualTo(position);
    assertThat(refusal.suggestion()).isEqualTo(suggestion);
    assertThat(refusal.status()).isEqualTo(400);
    QueryLanguage.parse(refusal.suggestion());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"app:", "app: a", "OR", "a OR", "()", "duration:fast", "\"\"", "-(", "model:()"})
  void refuses_what_is_incomplete(String q) {
    assertThat(refusal(q).code()).isEqualTo("bad_query");
  }

  @Test
  void bounds_what_it_reads() {
    assertThat(refusal("(".repeat(2_000)).code()).isEqualTo("bad_query");
    assertThat(refusal("a ".repeat(1_000)).code()).isEqualTo("bad_query");
    assertThat(refusal("x".repeat(QueryLanguage.MAX_LENGTH + 1)).code()).isEqualTo("bad_query");
    assertThat(refusal("tokens:>1e999999999").code()).isEqualTo("bad_query");
  }

  @Test
  void lets_a_facet_ignore_its_own_conditions() {
    Query query = QueryLanguage.parse("model:(a OR b) -model:c status:error refund");

    assertThat(query.filters(Field.MODEL)).isTrue();
    assertThat(query.without(Field.MODEL)).isEqualTo(QueryLanguage.parse("status:error refund"));
  }

  private static ApiException refusal(String q) {
    ApiException refusal = catchThrowableOfType(ApiException.class, () -> QueryLanguage.parse(q));
    assertThat(refusal).as(q).isNotNull();
    return refusal;
  }
}
