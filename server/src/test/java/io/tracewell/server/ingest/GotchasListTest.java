package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every gotcha stands in docs/gotchas.md, and has a case of its number in the test named there. */
class GotchasListTest {
  private static final int LAST = 104;
  private static final Pattern ROW =
      Pattern.compile("^\\| (G\\d+) \\| [^|]+ \\| `(\\w+)` \\| [^|]*\\|$");

  @Test
  void each_has_its_line_and_a_case_in_the_test_that_is_named() throws IOException {
    Map<String, Set<String>> cases =
        Map.of(
            "UsageGotchasTest", ofUsage(),
            "ContentGotchasTest", ofContent(),
            "StructureGotchasTest", ofStructure());
    List<String> numbers = new ArrayList<>();
    for (String line :
        Files.readAllLines(Path.of(System.getProperty("tracewell.home"), "docs/gotchas.md"))) {
      if (!line.startsWith("| G")) {
        continue;
      }
      Matcher row = ROW.matcher(line);
      assertThat(row.matches()).as(line).isTrue();
      numbers.add(row.group(1));
      assertThat(cases.get(row.group(2))).as(row.group(2)).contains(row.group(1));
    }
    List<String> wanted = new ArrayList<>();
    for (int i = 1; i <= LAST; i++) {
      wanted.add(String.format("G%02d", i));
    }
    assertThat(numbers).containsExactlyElementsOf(wanted);
  }

  private static Set<String> ofUsage() throws IOException {
    Set<String> numbers = new HashSet<>();
    UsageGotchasTest.all().forEach(one -> numbers.add(number(one.name())));
    return numbers;
  }

  private static Set<String> ofContent() throws IOException {
    Set<String> numbers = new HashSet<>();
    for (JsonNode one : ContentGotchasTest.cases()) {
      numbers.add(number(one.get("name").asText()));
    }
    return numbers;
  }

  private static Set<String> ofStructure() {
    Set<String> numbers = new HashSet<>();
    for (Method method : StructureGotchasTest.class.getDeclaredMethods()) {
      numbers.add(number(method.getName().replace('_', ' ')));
    }
    return numbers;
  }

  private static String number(String name) {
    return name.split(" ", 2)[0].toUpperCase(Locale.ROOT);
  }
}
