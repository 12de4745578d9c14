package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.HashMap;
import java.util.Map;

/** A convention that is a table: its constructor says what each attribute says. */
abstract class Dialect implements Convention {
  /** Ranks before those of OpenTelemetry's conventions: its own keys know more than the mirror. */
  static final int FIRST = -20;

  /** Ranks behind them. */
  static final int LAST = 20;

  private final String name;
  private final String[] scopes;
  private final Map<String, Key> keys = new HashMap<>();
  private final Map<String, Key> prefixes = new HashMap<>();
  private final Map<String, Key> scoped = new HashMap<>();
  private final Map<String, SpanKind> kinds = new HashMap<>();
  private final Map<String, SpanKind> kindsInside = new HashMap<>();

  /**
   * @param scopes beginnings of scope names; one that ends with a space is the whole name
   */
  Dialect(String name, String... scopes) {
    this.name = name;
    this.scopes = scopes;
  }

  /** Attributes that say the same, best first, from this rank on. */
  final void say(int rank, Field field, String... names) {
    for (int i = 0; i < names.length; i++) {
      keys.put(names[i], new Key(field, rank + i, true, false, ""));
    }
  }

  /** Attributes that do not show by themselves that a span speaks the dialect. */
  final void sayOnly(int rank, Field field, String... names) {
    for (int i = 0; i < names.length; i++) {
      keys.put(names[i], new Key(field, rank + i, false, false, ""));
    }
  }

  /** An attribute that is also metadata of that name, because the field is not always shown. */
  final void sayKept(int rank, Field field, String name, String metadata) {
    keys.put(name, new Key(field, rank, true, true, metadata));
  }

  /** As {@link #sayKept}, where the text comes in the quotes of JSON. */
  final void sayKeptQuoted(int rank, Field field, String name, String metadata) {
    keys.put(name, new Key(field, rank, true, true, metadata, true, false));
  }

  /** Attributes that say it only in a scope of this dialect. */
  final void inScope(int rank, Field field, String... names) {
    for (int i = 0; i < names.length; i++) {
      scoped.put(names[i], new Key(field, rank + i, true, false, ""));
    }
  }

  /** As {@link #inScope}, for JSON with further attributes in it. */
  final void inScopeHolding(int rank, Field field, String name) {
    scoped.put(name, new Key(field, rank, false, false, "", false, true));
  }

  /** As {@link #inScopeHolding}, where a text comes in the quotes of JSON. */
  final void inScopeHoldingQuoted(int rank, Field field, String name) {
    scoped.put(name, new Key(field, rank, false, false, "", true, true));
  }

  /** Attributes that are JSON with further attributes in it, as {@link Field#NESTED}. */
  final void holding(int rank, Field field, String... names) {
    for (int i = 0; i < names.length; i++) {
      keys.put(names[i], new Key(field, rank + i, true, false, "", false, true));
    }
  }

  /** As {@link #holding}, where a text comes in the quotes of JSON. */
  final void holdingQuoted(int rank, Field field, String name) {
    keys.put(name, new Key(field, rank, true, false, "", true, true));
  }

  /** An attribute that says it only where another one has that value. */
  final void sayWhen(String other, String value, int rank, Field field, String name) {
    keys.put(name, new Key(field, rank, true, false, "", false, false, false, other + '=' + value));
  }

  /** Attributes whose texts come in the quotes of JSON. */
  final void sayQuoted(int rank, Field field, String... names) {
    for (int i = 0; i < names.length; i++) {
      keys.put(names[i], new Key(field, rank + i, true, false, "", true, false));
    }
  }

  /** An attribute that becomes a request parameter or metadata of that name. */
  final void named(Field field, String key, String as) {
    named(true, field, key, as);
  }

  /** As above; {@code marker} where it alone shows the dialect. */
  final void named(boolean marker, Field field, String key, String as) {
    keys.put(key, new Key(field, 0, marker, false, as));
  }

  /** All attributes with that beginning, which ends with a dot. */
  final void prefix(Field field, String... beginnings) {
    for (String beginning : beginnings) {
      prefixes.put(beginning, new Key(field, LAST, true, false, ""));
    }
  }

  /** As {@link #prefix}, where texts come in the quotes of JSON. */
  final void prefixQuoted(boolean marker, Field field, String... beginnings) {
    for (String beginning : beginnings) {
      prefixes.put(beginning, new Key(field, LAST, marker, false, "", true, false));
    }
  }

  /** As {@link #prefix}, where that does not show that a span speaks the dialect. */
  final void prefixOnly(Field field, String... beginnings) {
    for (String beginning : beginnings) {
      prefixes.put(beginning, new Key(field, LAST, false, false, ""));
    }
  }

  /** As {@link #named}, where texts come in the quotes of JSON. */
  final void namedQuoted(Field field, String key, String as) {
    keys.put(key, new Key(field, 0, true, false, as, true, false));
  }

  /** Attributes that are the leaves of one list: what follows the beginning is an index first. */
  final void flattened(int rank, Field field, String... beginnings) {
    for (int i = 0; i < beginnings.length; i++) {
      prefixes.put(
          beginnings[i], new Key(field, rank + i, true, false, "", false, false, true, ""));
    }
  }

  /** Words of {@link Field#KIND} and {@link Field#KIND_HINT}. */
  final void kind(SpanKind kind, String... words) {
    for (String word : words) {
      kinds.put(word, kind);
    }
  }

  /** As {@link #kind}, for spans that have a parent. */
  final void kindInside(SpanKind kind, String... words) {
    for (String word : words) {
      kindsInside.put(word, kind);
    }
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Map<String, Key> keys() {
    return keys;
  }

  @Override
  public final Map<String, Key> prefixes() {
    return prefixes;
  }

  @Override
  public final Map<String, Key> scopedKeys() {
    return scoped;
  }

  @Override
  public final Map<String, SpanKind> kinds() {
    return kinds;
  }

  @Override
  public final Map<String, SpanKind> kindsInside() {
    return kindsInside;
  }

  @Override
  public final boolean speaks(String scopeName) {
    for (String scope : scopes) {
      if (scope.endsWith(" ")
          ? scope.length() == scopeName.length() + 1 && scope.startsWith(scopeName)
          : scopeName.startsWith(scope)) {
        return true;
      }
    }
    return false;
  }
}
