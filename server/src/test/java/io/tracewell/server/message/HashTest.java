package io.tracewell.server.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Message.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

class HashTest {
  @Test
  void storedHashesStayWhatTheyWere() {
    assertThat(values())
        .containsExactly(
            -8517993977222550101L,
            -7016413015198963842L,
            -118530493042838665L,
            -7110739774951992379L,
            -2757118264114399110L,
            3973061719962335091L,
            -4187219134476816931L);
  }

  private static List<Long> values() {
    return List.of(
        Hash.text(""),
        Hash.text("What is the fee?"),
        Hash.text("费用是多少？ — é 😀 ما هي الرسوم".repeat(60)),
        Hash.text("half \ud83d of a pair"),
        Hash.message("user", List.of(new Part.Text("héllo " + "a".repeat(127) + "→"))),
        Hash.message(
            "assistant",
            List.of(
                new Part.Reasoning("warum"),
                new Part.ToolCall("c1", "search", "{\"q\": \"größe\", \"n\": [1, null]}"))),
        Hash.message(
            "tool", List.of(new Part.ToolResult("c1", null, "[{\"a\":\"b\\nc\"}]", false))));
  }
}
