package io.tracewell.bench;

import java.util.Arrays;

/** A growing list of ids. */
final class LongList {
  long[] array = new long[4_096];
  int size;

  void add(long value) {
    if (size == array.length) {
      array = Arrays.copyOf(array, size * 2);
    }
    array[size++] = value;
  }

  void addAll(long[] values, int count) {
    for (int i = 0; i < count; i++) {
      add(values[i]);
    }
  }

  long[] sorted() {
    long[] result = Arrays.copyOf(array, size);
    Arrays.parallelSort(result);
    return result;
  }
}
