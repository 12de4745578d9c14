package io.tracewell.core;

/**
 * A managed prompt that a call was made with. {@code variables} is a JSON object. Empty strings
 * mean "not sent".
 */
public record Prompt(String id, String name, String version, String template, String variables) {
  /** None was sent. */
  public static final Prompt NONE = new Prompt("", "", "", "", "");
}
