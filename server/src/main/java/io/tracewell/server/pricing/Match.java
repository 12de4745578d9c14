package io.tracewell.server.pricing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A clause of the price data that says which names a row is for. Names are compared in lower case.
 */
sealed interface Match {
  boolean matches(String name);

  record Equal(String text) implements Match {
    @Override
    public boolean matches(String name) {
      return name.equals(text);
    }
  }

  record StartsWith(String text) implements Match {
    @Override
    public boolean matches(String name) {
      return name.startsWith(text);
    }
  }

  record EndsWith(String text) implements Match {
    @Override
    public boolean matches(String name) {
      return name.endsWith(text);
    }
  }

  record Contains(String text) implements Match {
    @Override
    public boolean matches(String name) {
      return name.contains(text);
    }
  }

  record Regex(Pattern pattern) implements Match {
    @Override
    public boolean matches(String name) {
      return pattern.matcher(name).find();
    }
  }

  record AnyOf(List<Match> clauses) implements Match {
    @Override
    public boolean matches(String name) {
      return clauses.stream().anyMatch(clause -> clause.matches(name));
    }
  }

  record AllOf(List<Match> clauses) implements Match {
    @Override
    public boolean matches(String name) {
      return clauses.stream().allMatch(clause -> clause.matches(name));
    }
  }

  /** A clause that is missing or not understood matches nothing. */
  static Match read(JsonNode node) {
    if (node.size() != 1) {
      return new AnyOf(List.of());
    }
    String kind = node.fieldNames().next();
    JsonNode value = node.path(kind);
    String text = value.asText().toLowerCase(Locale.ROOT);
    return switch (kind) {
      case "equals" -> new Equal(text);
      case "starts_with" -> new StartsWith(text);
      case "ends_with" -> new EndsWith(text);
      case "contains" -> new Contains(text);
      case "regex" -> regex(value.asText());
      case "or" -> new AnyOf(all(value));
      case "and" -> new AllOf(all(value));
      default -> new AnyOf(List.of());
    };
  }

  private static Match regex(String text) {
    try {
      return new Regex(Pattern.compile(text, Pattern.CASE_INSENSITIVE));
    } catch (PatternSyntaxException e) {
      return new AnyOf(List.of());
    }
  }

  private static List<Match> all(JsonNode clauses) {
    List<Match> result = new ArrayList<>();
    clauses.forEach(clause -> result.add(read(clause)));
    return result;
  }
}
