package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import java.util.Arrays;

/**
 * A set of the newest 64-bit keys: two halves, of which the older is emptied when the newer is
 * full. Of one thread.
 */
final class RecentKeys {
  private final int perHalf;
  private long[] newer;
  private long[] older;
  private int count;

  /**
   * Holds between {@code perHalf} and twice as many keys, in two tables at most half full: some 32
   * bytes for each of {@code perHalf}, up to twice that where it is no power of two.
   */
  RecentKeys(int perHalf) {
    this.perHalf = perHalf;
    newer = new long[Integer.highestOneBit(Math.max(16, perHalf) - 1) * 4];
    older = new long[newer.length];
  }

  boolean contains(long key) {
    long stored = key == 0 ? 1 : key;
    return find(newer, stored) >= 0 || find(older, stored) >= 0;
  }

  /** True where the key was not there. */
  boolean add(long key) {
    long stored = key == 0 ? 1 : key;
    int slot = find(newer, stored);
    if (slot >= 0) {
      return false;
    }
    boolean old = find(older, stored) >= 0;
    if (count >= perHalf) {
      long[] emptied = older;
      older = newer;
      newer = emptied;
      Arrays.fill(newer, 0);
      count = 0;
      slot = find(newer, stored);
    }
    newer[-1 - slot] = stored;
    count++;
    return !old;
  }

  // Slot of the key, or -1 - the free slot where it would be.
  private static int find(long[] slots, long key) {
    int mask = slots.length - 1;
    int slot = (int) BinaryWriter.mix(key) & mask;
    while (slots[slot] != 0) {
      if (slots[slot] == key) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return -1 - slot;
  }
}
