package io.tracewell.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Made-up words that can be pronounced, ranked by Zipf's law: the word of rank r is drawn with a
 * weight of 1/r. Short words have low ranks, as in languages. One word in fifty has letters outside
 * ASCII. Immutable and shared by all generators.
 */
final class Vocabulary {
  /** Number of words. */
  static final int SIZE = 40_000;

  private static final String[] ONSETS = {
    "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br",
    "ch", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "pl", "pr", "qu", "sc", "sh", "sk", "sl", "sp",
    "st", "str", "th", "tr", "wh"
  };
  private static final String[] NUCLEI = {
    "a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "ee", "ie", "io", "oa", "ou", "ui"
  };
  private static final String[] FOREIGN = {"é", "ü", "ñ", "ø", "å", "ç", "ö", "ı"};
  private static final String[] CODAS = {
    "", "", "", "", "n", "r", "s", "t", "l", "m", "ck", "ct", "nd", "ng", "nt", "rd", "rn", "st"
  };

  final String[] words = new String[SIZE];

  /** Word and one space after it, in two little-endian longs, and the length with the space. */
  final long[] low = new long[SIZE];

  final long[] high = new long[SIZE];
  final byte[] sizes = new byte[SIZE];

  /** Threshold and alias of each slot side by side: one cache line a draw. */
  private final int[] table = new int[2 * SIZE];

  Vocabulary(long seed) {
    Random64 random = new Random64(seed);
    Set<String> unique = new LinkedHashSet<>();
    while (unique.size() < SIZE) {
      // The more words there are, the longer the new ones, so that length grows with rank.
      int syllables = unique.size() < 400 ? 1 : unique.size() < 9_000 ? 2 : 3;
      StringBuilder word = new StringBuilder();
      for (int i = 0; i < syllables; i++) {
        word.append(ONSETS[random.below(ONSETS.length)]);
        boolean foreign = random.chance(0.01);
        word.append(
            foreign ? FOREIGN[random.below(FOREIGN.length)] : NUCLEI[random.below(NUCLEI.length)]);
        if (i == syllables - 1) {
          word.append(CODAS[random.below(CODAS.length)]);
        }
      }
      if (word.toString().getBytes(StandardCharsets.UTF_8).length < 16) {
        unique.add(word.toString());
      }
    }
    List<String> ranked = new ArrayList<>(unique);
    ranked.subList(0, 400).sort(Comparator.comparingInt(String::length));
    for (int i = 0; i < SIZE; i++) {
      words[i] = ranked.get(i);
      byte[] utf8 = (words[i] + " ").getBytes(StandardCharsets.UTF_8);
      for (int b = 0; b < utf8.length; b++) {
        long shifted = (utf8[b] & 0xffL) << (8 * (b & 7));
        if (b < 8) {
          low[i] |= shifted;
        } else {
          high[i] |= shifted;
        }
      }
      sizes[i] = (byte) utf8.length;
    }
    buildAlias();
  }

  /** Vose's alias method: a draw costs one random number and at most two look-ups. */
  private void buildAlias() {
    double sum = 0;
    for (int rank = 1; rank <= SIZE; rank++) {
      sum += 1.0 / rank;
    }
    double[] scaled = new double[SIZE];
    int[] small = new int[SIZE];
    int[] large = new int[SIZE];
    int smalls = 0;
    int larges = 0;
    for (int i = 0; i < SIZE; i++) {
      scaled[i] = SIZE / (sum * (i + 1));
      if (scaled[i] < 1) {
        small[smalls++] = i;
      } else {
        large[larges++] = i;
      }
    }
    while (smalls > 0 && larges > 0) {
      int less = small[--smalls];
      int more = large[--larges];
      table[2 * less] = (int) (scaled[less] * Integer.MAX_VALUE);
      table[2 * less + 1] = more;
      scaled[more] -= 1 - scaled[less];
      if (scaled[more] < 1) {
        small[smalls++] = more;
      } else {
        large[larges++] = more;
      }
    }
    while (larges > 0) {
      table[2 * large[--larges]] = Integer.MAX_VALUE;
    }
    while (smalls > 0) {
      table[2 * small[--smalls]] = Integer.MAX_VALUE;
    }
  }

  /** Index of a word, drawn by Zipf's law. */
  int draw(Random64 random) {
    long bits = random.next();
    int slot = (int) (((bits >>> 32) * SIZE) >>> 32);
    // Without a branch: which way it goes can't be predicted.
    int beyond = (table[2 * slot] - (int) (bits & 0x7fffffff)) >> 31;
    return slot ^ ((slot ^ table[2 * slot + 1]) & beyond);
  }
}
