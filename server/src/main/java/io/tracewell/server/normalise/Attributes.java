package io.tracewell.server.normalise;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Attributes in the order they were sent. A value is a {@link String}, {@link Long}, {@link
 * Double}, {@link Boolean}, {@code byte[]}, {@code java.util.List} of values, {@link Attributes},
 * or null. Two arrays instead of a map: most spans have some twenty, and all are visited once.
 */
public final class Attributes {
  /** None. Not to be added to. */
  public static final Attributes NONE = new Attributes(0);

  private static final String[] NO_KEYS = {};
  private static final @Nullable Object[] NO_VALUES = {};

  private String[] keys;
  private @Nullable Object[] values;
  private int size;

  /** An empty list with room for {@code capacity}. */
  public Attributes(int capacity) {
    keys = capacity == 0 ? NO_KEYS : new String[capacity];
    values = capacity == 0 ? NO_VALUES : new Object[capacity];
  }

  /** Adds an attribute; a key may come again. */
  public void add(String key, @Nullable Object value) {
    if (size == keys.length) {
      int capacity = Math.max(8, size * 2);
      keys = Arrays.copyOf(keys, capacity);
      values = Arrays.copyOf(values, capacity);
    }
    keys[size] = key;
    values[size++] = value;
  }

  /** Puts another value in the place of one. */
  void set(int i, @Nullable Object value) {
    values[i] = value;
  }

  /** Puts another value in the place of this very one. */
  void replace(Object value, Object other) {
    for (int i = 0; i < size; i++) {
      if (values[i] == value) {
        values[i] = other;
      }
    }
  }

  /** How many, duplicates included. */
  public int size() {
    return size;
  }

  /** True where there is none. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Key at a position. */
  public String key(int i) {
    return keys[i];
  }

  /** Value at a position. */
  public @Nullable Object value(int i) {
    return values[i];
  }

  /** The last value of that key, or null. */
  public @Nullable Object get(String key) {
    for (int i = size - 1; i >= 0; i--) {
      if (keys[i].equals(key)) {
        return values[i];
      }
    }
    return null;
  }

  /** The value of that key as text; empty where there is none. */
  public String text(String key) {
    return Values.text(get(key));
  }
}
