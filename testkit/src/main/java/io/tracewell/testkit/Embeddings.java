package io.tracewell.testkit;

import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Vectors from words: each word has a fixed random direction, a text is the sum of its words. */
final class Embeddings {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  private Embeddings() {}

  static float[] embed(String text, int dimensions) {
    float[] vector = new float[dimensions];
    Matcher words = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (words.find()) {
      String word = words.group();
      if (word.codePointAt(0) >= 0x2e80) {
        for (int i = 0; i + 1 < word.length(); i++) {
          add(vector, word.substring(i, i + 2));
        }
      } else if (word.length() > 2) {
        add(vector, word.substring(0, Math.min(6, word.length())));
      }
    }
    double square = 0;
    for (float x : vector) {
      square += (double) x * x;
    }
    if (square == 0) {
      vector[0] = 1;
      return vector;
    }
    float scale = (float) (1 / Math.sqrt(square));
    for (int i = 0; i < dimensions; i++) {
      vector[i] *= scale;
    }
    return vector;
  }

  private static void add(float[] vector, String word) {
    SplittableRandom random = new SplittableRandom(word.hashCode() * 0x9E3779B97F4A7C15L);
    // A sparse direction: enough to tell words apart, cheap for long vectors.
    for (int i = 0; i < 8; i++) {
      vector[random.nextInt(vector.length)] += random.nextBoolean() ? 1 : -1;
    }
  }
}
