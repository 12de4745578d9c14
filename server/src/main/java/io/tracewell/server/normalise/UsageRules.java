package io.tracewell.server.normalise;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What each instrumentation means by "input" and "output", read from {@code usage-rules.txt}. */
final class UsageRules {
  /** Whether input holds what was cached. */
  enum Input {
    INCLUSIVE,
    EXCLUSIVE,
    /** Does not hold it, and it is reported nowhere. */
    LOSSY
  }

  /**
   * A row.
   *
   * @param raw attributes that hold the provider's own usage, best first
   * @param sureWith attribute that a streamed call has where the provider reported usage; without
   *     it the figures are the sender's guess. Empty for senders that don't guess.
   * @param name what {@code usage.rule} calls it
   */
  record Rule(
      String scope,
      String since,
      String before,
      List<String> providers,
      Input input,
      boolean withoutReasoning,
      boolean reasoningTwice,
      List<String> raw,
      String sureWith,
      String name) {}

  /** Who sent the figures; scope is the instrumentation's, dialect a convention's name. */
  record Sender(String scope, String version, String dialect, String provider) {}

  private static final int REMEMBERED = 2_000;

  private static final List<Rule> RULES = load();
  private static final Map<Sender, Found> FOUND = new ConcurrentHashMap<>();

  private record Found(@Nullable Rule rule) {}

  private UsageRules() {}

  /** The rules, in the order in which they are asked. */
  static List<Rule> all() {
    return RULES;
  }

  /** The first rule that speaks of the sender; null where none does. */
  static @Nullable Rule find(Sender sender) {
    Found found = FOUND.get(sender);
    if (found == null) {
      found = new Found(search(sender));
      if (FOUND.size() >= REMEMBERED) {
        FOUND.clear();
      }
      FOUND.put(sender, found);
    }
    return found.rule;
  }

  private static @Nullable Rule search(Sender sender) {
    for (Rule rule : RULES) {
      boolean scope =
          rule.scope.startsWith("dialect:")
              ? sender.dialect.equals(rule.scope.substring("dialect:".length()))
              : sender.scope.startsWith(rule.scope);
      if (scope
          && (rule.providers.isEmpty() || rule.providers.contains(sender.provider))
          && inVersion(rule, sender.version)) {
        return rule;
      }
    }
    return null;
  }

  // A sender that does not say its version is taken for a current one.
  private static boolean inVersion(Rule rule, String version) {
    if (version.isEmpty()) {
      return rule.before.isEmpty();
    }
    return (rule.since.isEmpty() || compare(version, rule.since) >= 0)
        && (rule.before.isEmpty() || compare(version, rule.before) < 0);
  }

  /** Compares versions number by number; what follows the numbers does not count. */
  static int compare(String one, String other) {
    int i = 0;
    int j = 0;
    while (true) {
      long a = 0;
      long b = 0;
      boolean more = false;
      while (i < one.length() && Character.isDigit(one.charAt(i)) && a < 1_000_000_000) {
        a = a * 10 + one.charAt(i++) - '0';
        more = true;
      }
      while (j < other.length() && Character.isDigit(other.charAt(j)) && b < 1_000_000_000) {
        b = b * 10 + other.charAt(j++) - '0';
        more = true;
      }
      if (a != b || !more) {
        return Long.compare(a, b);
      }
      if (i < one.length() && one.charAt(i) == '.') {
        i++;
      } else {
        i = one.length();
      }
      if (j < other.length() && other.charAt(j) == '.') {
        j++;
      } else {
        j = other.length();
      }
    }
  }

  private static List<Rule> load() {
    List<Rule> rules = new ArrayList<>();
    try (InputStream in =
            Objects.requireNonNull(UsageRules.class.getResourceAsStream("usage-rules.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          rules.add(rule(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("usage-rules.txt can't be read", e);
    }
    return List.copyOf(rules);
  }

  private static Rule rule(String line) {
    String[] parts = line.split("\\|", -1);
    if (parts.length != 7 && parts.length != 8) {
      throw new IllegalStateException(
          "usage-rules.txt: seven or eight columns are expected: " + line);
    }
    for (int i = 0; i < parts.length; i++) {
      parts[i] = parts[i].strip();
    }
    String providers = parts[3];
    return new Rule(
        parts[0],
        parts[1],
        parts[2],
        words(providers),
        Input.valueOf(parts[4].toUpperCase(java.util.Locale.ROOT)),
        switch (parts[5]) {
          case "with-reasoning", "reasoning-twice" -> false;
          case "without-reasoning" -> true;
          default -> throw new IllegalStateException("usage-rules.txt: " + line);
        },
        parts[5].equals("reasoning-twice"),
        words(parts[6]),
        parts.length < 8 ? "" : parts[7],
        parts[0]
            + (parts[1].isEmpty() ? "" : " from " + parts[1])
            + (parts[2].isEmpty() ? "" : " before " + parts[2]));
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" +"));
  }
}
