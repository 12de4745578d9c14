package io.tracewell.server.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables of the conventions, as one. */
class ConventionsTest {
  /** A key is read by the first convention that declares it: a later one would never be asked. */
  @Test
  void no_rule_is_shadowed() {
    Map<String, String> owners = new HashMap<>();
    List<String> shadowed = new ArrayList<>();
    for (Convention convention : Conventions.ALL) {
      Stream.concat(convention.keys().keySet().stream(), convention.prefixes().keySet().stream())
          .forEach(
              key -> {
                String owner = owners.putIfAbsent(key, convention.name());
                if (owner != null) {
                  shadowed.add(key + " of " + convention.name() + ": " + owner + " reads it");
                }
              });
    }
    assertThat(shadowed).isEmpty();
  }

  /** Under a prefix that is longer or the same no attribute gets through to the shorter one. */
  @Test
  void the_longest_beginning_knows_best() {
    Conventions.Prefix found = Conventions.prefix("gen_ai.prompt.variable.city");
    assertThat(found).isNotNull();
    assertThat(found.beginning()).isEqualTo("gen_ai.prompt.variable.");
  }

  @Test
  void every_convention_has_a_name_of_its_own() {
    assertThat(Conventions.ALL.stream().map(Convention::name)).doesNotHaveDuplicates();
  }
}
