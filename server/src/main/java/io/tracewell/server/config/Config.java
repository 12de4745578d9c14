package io.tracewell.server.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The configuration that is in force: flag, else {@code TRACEWELL_*}, else {@code tracewell.yaml},
 * else default. Nothing else reads flags, environment or file.
 */
public final class Config {
  /** Name of the file that is read where none is named. */
  public static final String DEFAULT_FILE = "tracewell.yaml";

  private final Map<String, String> values;
  private final Map<String, String> origins;

  private Config(Map<String, String> values, Map<String, String> origins) {
    this.values = values;
    this.origins = origins;
  }

  /**
   * Reads the configuration.
   *
   * @param flags values given on the command line, by setting name
   * @param environment the process's environment
   * @param file the file named by the user; null for {@value #DEFAULT_FILE} where there is one
   * @throws IllegalArgumentException if a key is unknown or a value can't be read; says where, what
   *     was expected, and what to do
   */
  public static Config read(
      Map<String, String> flags, Map<String, String> environment, @Nullable Path file) {
    Map<String, String> fromFile = readFile(file);
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, String> origins = new LinkedHashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      String flag = flags.get(setting.name());
      String variable = environment.get(setting.variable());
      String inFile = fromFile.remove(setting.name());
      String value = setting.defaultValue();
      String origin = "default";
      if (flag != null) {
        value = flag;
        origin = "--" + setting.name();
      } else if (variable != null) {
        value = variable;
        origin = setting.variable();
      } else if (inFile != null) {
        value = inFile;
        origin = file == null ? DEFAULT_FILE : file.toString();
      }
      try {
        Object unused = setting.parse().apply(value);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            origin + ": " + setting.name() + " can't be '" + value + "': " + e.getMessage() + ".",
            e);
      }
      values.put(setting.name(), value);
      origins.put(setting.name(), origin);
    }
    if (!fromFile.isEmpty()) {
      throw new IllegalArgumentException(
          (file == null ? DEFAULT_FILE : file)
              + ": unknown "
              + (fromFile.size() == 1 ? "key " : "keys ")
              + String.join(", ", fromFile.keySet())
              + ". Known keys: "
              + String.join(", ", Settings.ALL.stream().map(Setting::name).toList())
              + ".");
    }
    return new Config(values, origins);
  }

  /** The value in force. */
  public <T> T get(Setting<T> setting) {
    String value = values.get(setting.name());
    if (value == null) {
      throw new IllegalArgumentException(setting.name() + " is not in Settings.ALL");
    }
    return setting.parse().apply(value);
  }

  /** True where the user gave no value. */
  public boolean isDefault(Setting<?> setting) {
    return "default".equals(origins.get(setting.name()));
  }

  private static Map<String, String> readFile(@Nullable Path named) {
    Path file = named == null ? Path.of(DEFAULT_FILE) : named;
    Map<String, String> result = new TreeMap<>();
    if (named == null && !Files.exists(file)) {
      return result;
    }
    try (InputStream in = Files.newInputStream(file)) {
      Object document = new Load(LoadSettings.builder().build()).loadFromInputStream(in);
      if (document == null) {
        return result;
      }
      if (!(document instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException(file + ": expected lines of 'key: value'.");
      }
      map.forEach(
          (key, value) ->
              result.put(
                  String.valueOf(key),
                  value instanceof List<?> list
                      ? String.join(",", list.stream().map(String::valueOf).toList())
                      : String.valueOf(value)));
      return result;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + " can't be read. Check the path and its permissions.", e);
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(file + " is not YAML: " + e.getMessage(), e);
    }
  }
}
