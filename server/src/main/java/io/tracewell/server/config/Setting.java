package io.tracewell.server.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One key of the configuration: its name on the command line ({@code --name}), in the environment
 * ({@code TRACEWELL_NAME}) and in the file ({@code name:}).
 *
 * @param name lower case with hyphens
 * @param placeholder what a value looks like, for help
 * @param defaultValue as text; empty for none
 * @param description one sentence
 * @param parse reads a value; throws IllegalArgumentException with what was expected
 */
public record Setting<T>(
    String name,
    String placeholder,
    String defaultValue,
    String description,
    Function<String, T> parse) {
  /** Name of the environment variable. */
  public String variable() {
    return "TRACEWELL_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
