package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every convention that is known, and one table of all their keys. */
final class Conventions {
  /**
   * A key and whose it is.
   *
   * @param kinds for a key that tells the kind: what each word decides
   */
  record Entry(Convention convention, Convention.Key key, Map<String, Kinds.Decision> kinds) {
    /** What that word decides, or null. */
    Kinds.@Nullable Decision kind(String word) {
      Kinds.Decision exact = kinds.get(word);
      return exact != null ? exact : kinds.get(word.toLowerCase(Locale.ROOT));
    }
  }

  /** A beginning of keys and what they say. */
  record Prefix(String beginning, Entry entry) {}

  static final Convention OTEL_GEN_AI = new OtelGenAi();

  /**
   * In the order in which a key that several know is given to one: the special before the general.
   */
  static final List<Convention> ALL =
      List.of(
          new Langfuse(),
          new LangSmith(),
          new VercelAi(),
          new PydanticAi(),
          new Logfire(),
          new Strands(),
          new GoogleAdk(),
          new SpringAi(),
          new LangChain4j(),
          new MicrosoftAgents(),
          new ClaudeCode(),
          new AnthropicSdk(),
          OTEL_GEN_AI,
          new OtelCommon());

  private static final Map<String, Entry> KEYS = new HashMap<>();

  /** What a scope tells: its conventions, and what its attributes say there only. */
  record OfScope(List<Convention> conventions, Map<String, Entry> keys) {}

  // By their first character: nearly every attribute that is not known has none to be compared
  // with.
  private static final Prefix[][] PREFIXES = new Prefix[128][];

  static {
    Map<String, Entry> prefixes = new HashMap<>();
    for (Convention convention : ALL) {
      convention
          .keys()
          .forEach((name, key) -> KEYS.putIfAbsent(name, entry(convention, name, key)));
      convention
          .prefixes()
          .forEach((name, key) -> prefixes.putIfAbsent(name, entry(convention, name, key)));
    }
    List<List<Prefix>> byFirst = new ArrayList<>();
    for (int i = 0; i < PREFIXES.length; i++) {
      byFirst.add(new ArrayList<>());
    }
    prefixes.forEach(
        (beginning, entry) -> byFirst.get(beginning.charAt(0)).add(new Prefix(beginning, entry)));
    for (int i = 0; i < PREFIXES.length; i++) {
      // The longer beginning knows better.
      byFirst.get(i).sort((a, b) -> b.beginning().length() - a.beginning().length());
      PREFIXES[i] = byFirst.get(i).toArray(new Prefix[0]);
    }
  }

  private Conventions() {}

  private static Entry entry(Convention convention, String name, Convention.Key key) {
    Map<String, Kinds.Decision> kinds = Map.of();
    if (key.field() == Field.KIND || key.field() == Field.KIND_HINT) {
      kinds = new HashMap<>();
      for (Map.Entry<String, SpanKind> word : convention.kinds().entrySet()) {
        kinds.put(word.getKey(), new Kinds.Decision(word.getValue(), name + "=" + word.getKey()));
      }
    }
    return new Entry(convention, key, kinds);
  }

  /** What the name of a scope tells. */
  static OfScope ofScope(String name) {
    List<Convention> conventions = new ArrayList<>(1);
    Map<String, Entry> keys = new HashMap<>();
    for (Convention convention : ALL) {
      if (convention.speaks(name)) {
        conventions.add(convention);
        convention
            .scopedKeys()
            .forEach((key, says) -> keys.putIfAbsent(key, entry(convention, key, says)));
      }
    }
    return new OfScope(conventions, keys);
  }

  /** What the attribute says, or null. */
  static @Nullable Entry find(String attribute) {
    return KEYS.get(attribute);
  }

  /** The known beginning of the attribute, or null; only where {@link #find} knows none. */
  static @Nullable Prefix prefix(String attribute) {
    if (attribute.isEmpty() || attribute.charAt(0) >= PREFIXES.length) {
      return null;
    }
    for (Prefix prefix : PREFIXES[attribute.charAt(0)]) {
      if (attribute.startsWith(prefix.beginning)) {
        return prefix;
      }
    }
    return null;
  }
}
