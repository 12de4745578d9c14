package io.tracewell.server.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is taken for JSON without a parser is what the parser takes too. */
class JsonScanTest {
  private static final List<String> JSON =
      List.of(
          "{}",
          "[]",
          " [ ] \n",
          "{\"a\":[1,-2.5e+3,0,0.1,1E9],\"b\":{\"c\":null,\"d\":[true,false,{}]}}",
          "[\"\\u00fc \\n \\\" \\\\ /\", \"世界 😀\", \"\"]",
          "[[[[]],{\"x\":[]}]]",
          "{\"a\" : 1 , \"a\" : 2}");

  private static boolean parses(String text) {
    try (JsonParser parser = Json.factory().createParser(text)) {
      parser.nextToken();
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void json_by_the_book() {
    for (String json : JSON) {
      assertThat(JsonScan.isByTheBook(json)).as(json).isTrue();
    }
    assertThat(JsonScan.isByTheBook("[".repeat(400) + "]".repeat(400))).isTrue();
  }

  @Test
  void what_is_not_or_not_all_parsers_take() {
    for (String text :
        List.of(
            "",
            "{",
            "[1",
            "[1]]",
            "[1] x",
            "[1,]",
            "[,1]",
            "[01]",
            "[1.]",
            "[.5]",
            "[+1]",
            "[-]",
            "[1e]",
            "[NaN]",
            "[tru]",
            "[truex]",
            "[1x]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "[\"\\x\"]",
            "[\"\\u12g4\"]",
            "[\"\\u１２３４\"]",
            "[\"a\nb\"]",
            "[\"a]",
            "[}",
            "\"text\"",
            "7")) {
      assertThat(JsonScan.isByTheBook(text)).as(text).isFalse();
    }
    assertThat(JsonScan.isByTheBook("[".repeat(501) + "]".repeat(501))).isFalse();
  }

  @Test
  void nothing_is_taken_that_a_parser_refuses() {
    Random random = new Random(7);
    String signs = "{}[]\",:\\ \n0123456789.eE+-truefalsnNaI/ub\t\u0001x";
    int taken = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder(JSON.get(random.nextInt(JSON.size())));
      for (int n = random.nextInt(3); n > 0; n--) {
        int at = random.nextInt(text.length() + 1);
        char sign = signs.charAt(random.nextInt(signs.length()));
        if (at < text.length() && random.nextBoolean()) {
          text.setCharAt(at, sign);
        } else {
          text.insert(at, sign);
        }
      }
      if (JsonScan.isByTheBook(text.toString())) {
        taken++;
        assertThat(parses(text.toString())).as(text.toString()).isTrue();
      }
    }
    assertThat(taken).isGreaterThan(50_000);
  }
}
