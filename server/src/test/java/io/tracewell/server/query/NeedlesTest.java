package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.server.query.Needles.Piece;
import io.tracewell.server.query.Query.Words;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NeedlesTest {
  // Java's and RE2's syntax agree on what is used here.
  private static boolean found(String needle, String text) {
    return Pattern.compile(Needles.regex(needle), Pattern.UNICODE_CASE).matcher(text).find();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "größe | Welche Größe?",
        "größe | [{\"content\":\"Gr\\u00f6\\u00dfe\"}]",
        "GRÖßE | [{\"content\":\"gr\\u00f6\\u00dfe\"}]",
        "退款 | [{\"content\":\"\\u9000\\u6b3e\"}]",
        "😀 | [{\"content\":\"\\ud83d\\ude00\"}]",
        "broken screen | a broken   screen",
        "broken screen | [{\"content\":\"broken\\nscreen\"}]",
        "say \"hi\" | {\"content\":\"say \\\"hi\\\"\"}",
        "a/b | {\"content\":\"a\\/b\"}",
        "re*d | a refund",
        "ok | {\"content\":\"it is\\nok.\"}"
      })
  void finds_text_however_json_writes_it(String needle, String text) {
    assertThat(found(needle, text)).isTrue();
  }

  @Test
  void takes_short_words_whole_and_other_signs_as_they_are() {
    assertThat(found("ok", "token")).isFalse();
    assertThat(found("a.c", "abc")).isFalse();
    assertThat(found("(x)", "x")).isFalse();
  }

  @Test
  void cuts_a_text_into_what_the_dictionary_knows() {
    assertThat(Needles.pieces(QueryLanguage.parse("\"Don't refund_all: 退款 größe\" -not").words()))
        .containsExactly(new Piece("don", false, true));
  }

  @Test
  void takes_what_stands_between_spaces_for_a_whole_word_and_short_parts_of_words_for_nothing() {
    List<Words> words = QueryLanguage.parse("\"in the broken screens of ours\" ok").words();

    assertThat(Needles.pieces(words)).containsExactly(new Piece("ours", true, false));
    assertThat(asked(words.getFirst())).containsExactly("the", "broken", "screens", "of");
    assertThat(asked(words.getLast())).containsExactly("ok");
  }

  @Test
  void takes_names_in_code_for_the_words_they_are_made_of() {
    List<Words> words = QueryLanguage.parse("self.client_id call_3f9a-00 3.14").words();

    assertThat(Needles.pieces(words))
        .containsExactly(new Piece("self", false, true), new Piece("call", false, true));
    assertThat(asked(words.get(0))).containsExactly("client");
    assertThat(asked(words.get(1))).containsExactly("3f9a");
    assertThat(asked(words.get(2))).isEmpty();
  }

  // What is asked of the index without its dictionary.
  private static Collection<Object> asked(Words words) {
    Params params = new Params();
    Needles.index(words, Map.of(), params);
    return params.values().values();
  }

  @Test
  void knows_that_nothing_can_be_found_where_no_word_holds_a_piece() {
    List<Words> words = QueryLanguage.parse("broken").words();

    assertThat(
            Needles.index(
                words.getFirst(),
                Map.of(new Piece("broken", false, false), List.of()),
                new Params()))
        .isEqualTo("0");
  }
}
