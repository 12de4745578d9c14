package io.tracewell.server.normalise;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every convention that is known, and one table of all their keys. */
final class Conventions {
  /** A key and whose it is. */
  record Entry(Convention convention, Convention.Key key) {}

  static final List<Convention> ALL = List.of(new OtelGenAi(), new OtelCommon());

  private static final Map<String, Entry> KEYS = new HashMap<>();
  private static final Map<String, Entry> PREFIXES = new HashMap<>();

  static {
    for (Convention convention : ALL) {
      convention.keys().forEach((name, key) -> KEYS.putIfAbsent(name, new Entry(convention, key)));
      convention
          .prefixes()
          .forEach((name, key) -> PREFIXES.putIfAbsent(name, new Entry(convention, key)));
    }
  }

  private Conventions() {}

  /** What the attribute says, or null. */
  static @Nullable Entry find(String attribute) {
    return KEYS.get(attribute);
  }

  /** The prefix of the attribute that is known, or null; only where {@link #find} knows none. */
  static @Nullable String prefix(String attribute) {
    for (String prefix : PREFIXES.keySet()) {
      if (attribute.startsWith(prefix)) {
        return prefix;
      }
    }
    return null;
  }

  /** What attributes of that prefix say. */
  static Entry ofPrefix(String prefix) {
    Entry entry = PREFIXES.get(prefix);
    if (entry == null) {
      throw new IllegalArgumentException(prefix);
    }
    return entry;
  }
}
