package io.tracewell.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
  @TempDir Path dir;

  @Test
  void a_flag_wins_over_the_environment_and_that_over_the_file() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("t.yaml"),
            "data-dir: from-file\nspool-max: 2GB\nretention-spans-days: 7\napi-key: [a, b]\n");
    Map<String, String> environment =
        Map.of("TRACEWELL_DATA_DIR", "from-env", "TRACEWELL_SPOOL_MAX", "3GB");

    Config config = Config.read(Map.of("data-dir", "from-flag"), environment, file);

    assertThat(config.get(Settings.DATA_DIR)).isEqualTo(Path.of("from-flag"));
    assertThat(config.get(Settings.SPOOL_MAX)).isEqualTo(3_000_000_000L);
    assertThat(config.get(Settings.RETENTION_SPANS_DAYS)).isEqualTo(7);
    assertThat(config.get(Settings.API_KEY)).containsExactly("a", "b");
    assertThat(config.get(Settings.LISTEN)).isEqualTo(Settings.DEFAULT_LISTEN);
    assertThat(config.isDefault(Settings.LISTEN)).isTrue();
    assertThat(config.isDefault(Settings.DATA_DIR)).isFalse();
  }

  @Test
  void an_unknown_key_in_the_file_is_named() throws IOException {
    Path file = Files.writeString(dir.resolve("t.yaml"), "data-dri: x\n");
    assertThatThrownBy(() -> Config.read(Map.of(), Map.of(), file))
        .hasMessageContaining("unknown key data-dri")
        .hasMessageContaining("data-dir");
  }

  @Test
  void a_bad_value_says_where_it_stands_and_what_was_expected() {
    assertThatThrownBy(() -> Config.read(Map.of(), Map.of("TRACEWELL_SPOOL_MAX", "much"), null))
        .hasMessageContaining("TRACEWELL_SPOOL_MAX")
        .hasMessageContaining("'much'")
        .hasMessageContaining("64MB");
  }

  @Test
  void every_key_stands_in_the_documentation_with_its_default() throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("tracewell.home"), "docs/configuration.md"));
    for (Setting<?> setting : Settings.ALL) {
      assertThat(page)
          .contains(
              "| `"
                  + setting.name()
                  + "` | "
                  + (setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`")
                  + " | "
                  + setting.description()
                  + " |");
    }
  }
}
