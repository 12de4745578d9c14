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
   * @param kindsInside the same for a span with a parent
   */
  record Entry(
      Convention convention,
      Convention.Key key,
      Map<String, Kinds.Decision> kinds,
      Map<String, Kinds.Decision> kindsInside) {
    /** What that word decides, or null. */
    Kinds.@Nullable Decision kind(String word, boolean inside) {
      Map<String, Kinds.Decision> words = inside ? kindsInside : kinds;
      Kinds.Decision exact = words.get(word);
      return exact != null ? exact : words.get(word.toLowerCase(Locale.ROOT));
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
          new LogfireAgents(),
          new Logfire(),
          new CrewAi(),
          new OpenLlmetryFrameworks(),
          new OpenInference(),
          new MlFlow(),
          new Strands(),
          new GoogleAdk(),
          new OpenLit(),
          new Langtrace(),
          new MistralSdk(),
          new SpringAi(),
          new LangChain4j(),
          new MicrosoftAgents(),
          new LiteLlm(),
          new Haystack(),
          new Frameworks(),
          new ClaudeCode(),
          new Codex(),
          new GeminiCli(),
          new Mastra(),
          new Genkit(),
          new LiveKit(),
          new Laminar(),
          new AgentOps(),
          new AnthropicSdk(),
          OTEL_GEN_AI,
          new OpenLlmetry(),
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
    if (key.field() != Field.KIND && key.field() != Field.KIND_HINT) {
      return new Entry(convention, key, Map.of(), Map.of());
    }
    Map<String, Kinds.Decision> kinds = decisions(convention.kinds(), name, "");
    Map<String, Kinds.Decision> inside = new HashMap<>(kinds);
    inside.putAll(decisions(convention.kindsInside(), name, " with a parent"));
    return new Entry(convention, key, kinds, inside);
  }

  private static Map<String, Kinds.Decision> decisions(
      Map<String, SpanKind> words, String name, String where) {
    Map<String, Kinds.Decision> decisions = new HashMap<>();
    words.forEach(
        (word, kind) -> decisions.put(word, new Kinds.Decision(kind, name + "=" + word + where)));
    return decisions;
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
