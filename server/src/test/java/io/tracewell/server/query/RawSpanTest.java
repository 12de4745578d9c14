package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RawSpanTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void puts_back_what_stands_in_columns() throws Exception {
    Map<String, String> columns =
        Map.of("input", "[{\"role\":\"user\"}]", "output", "[1, 2]", "error_stack", "at a");

    assertThat(
            TraceDetails.resolve(
                JSON.readTree(
                    """
                    {"attributes":{"in":{"$ref":"input"},"out":{"$json":"output"}},
                     "events":[{"stack":{"$ref":"error_stack"}}],
                     "own":{"$ref":"#/definitions/x"},"two":{"$ref":"input","title":"t"}}"""),
                column -> Objects.requireNonNull(columns.get(column))))
        .isEqualTo(
            JSON.readTree(
                """
                {"attributes":{"in":"[{\\"role\\":\\"user\\"}]","out":[1,2]},
                 "events":[{"stack":"at a"}],
                 "own":{"$ref":"#/definitions/x"},"two":{"$ref":"input","title":"t"}}"""));
  }
}
