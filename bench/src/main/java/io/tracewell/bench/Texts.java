package io.tracewell.bench;

import java.nio.charset.StandardCharsets;

/**
 * Writes texts as a model's prompts and answers look: prose, JSON and code. What it writes is
 * already escaped for the inside of a JSON string. Not thread-safe.
 *
 * <p>Words follow Zipf's law. Languages also repeat groups of words; {@link #PHRASE_SHARE} of the
 * words come in such groups, which are drawn by Zipf's law too.
 */
final class Texts {
  private static final int PHRASES = Vocabulary.SIZE;
  private static final double PHRASE_SHARE = 0.5;
  private static final String[] JSON_KEYS = {
    "id",
    "name",
    "status",
    "created_at",
    "amount",
    "currency",
    "customer",
    "items",
    "quantity",
    "description",
    "score",
    "source",
    "title",
    "url",
    "reason",
    "updated_at"
  };

  /** Groups of words, written out; shared by all generators of a vocabulary. */
  static final class Phrases {
    private final Bytes text = new Bytes(1 << 21);
    private final int[] starts = new int[PHRASES + 1];
    private final byte[] words = new byte[PHRASES];

    Phrases(Vocabulary vocabulary, long seed) {
      Random64 random = new Random64(seed);
      for (int i = 0; i < PHRASES; i++) {
        words[i] = (byte) random.between(3, 6);
        for (int j = 0; j < words[i]; j++) {
          int word = vocabulary.draw(random);
          text.slot(vocabulary.low[word], vocabulary.high[word], vocabulary.sizes[word]);
        }
        starts[i + 1] = text.length;
      }
    }

    /** The words of a group, for a search. */
    String text(int index) {
      int start = starts[index];
      return new String(text.array, start, starts[index + 1] - start, StandardCharsets.UTF_8)
          .strip();
    }
  }

  private final Vocabulary vocabulary;
  private final Phrases phrases;
  private final Random64 random;
  private final byte[][] jsonKeys = new byte[JSON_KEYS.length][];

  Texts(Vocabulary vocabulary, Phrases phrases, Random64 random) {
    this.vocabulary = vocabulary;
    this.phrases = phrases;
    this.random = random;
    for (int i = 0; i < JSON_KEYS.length; i++) {
      jsonKeys[i] = ("\\\"" + JSON_KEYS[i] + "\\\": ").getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** Length of a text of a model: log-normal, 0.5-50 KB, mean 2.7 KB. */
  int modelLength() {
    double length = 1_750 * Math.exp(0.95 * random.gaussian());
    return (int) Math.clamp(length, 500, 50_000);
  }

  /** About {@code size} bytes: prose with a block of JSON or code now and then. */
  void mixed(Bytes out, int size) {
    int end = out.length + size;
    while (out.length < end) {
      int left = end - out.length;
      int block = Math.min(left, random.between(300, 1_500));
      double kind = random.below(1_000) / 1_000.0;
      if (kind < 0.72 || left < 200) {
        prose(out, block);
      } else if (kind < 0.86) {
        json(out, block);
      } else {
        code(out, block);
      }
    }
  }

  /** Sentences and paragraphs. */
  void prose(Bytes out, int size) {
    int end = out.length + size;
    while (out.length < end) {
      int sentence = random.between(6, 22);
      int start = out.length;
      while (sentence > 0 && out.length < end) {
        sentence -= words(out);
      }
      byte first = out.array[start];
      if (first >= 'a' && first <= 'z') {
        out.array[start] = (byte) (first - 32);
      }
      out.length--; // the space after the last word
      out.raw((byte) '.');
      if (random.below(5) == 0) {
        out.raw((byte) '\\');
        out.raw((byte) 'n');
      } else {
        out.raw((byte) ' ');
      }
    }
  }

  /** A JSON array of objects. */
  void json(Bytes out, int size) {
    int end = out.length + size;
    out.raw((byte) '[');
    boolean next = false;
    while (out.length < end) {
      if (next) {
        out.raw((byte) ',');
        out.raw((byte) ' ');
      }
      next = true;
      out.raw((byte) '{');
      int fields = random.between(3, 6);
      int firstKey = random.below(jsonKeys.length);
      for (int i = 0; i < fields; i++) {
        if (i > 0) {
          out.raw((byte) ',');
          out.raw((byte) ' ');
        }
        out.raw(jsonKeys[(firstKey + i) % jsonKeys.length]);
        if (random.below(3) == 0) {
          out.decimal(random.below(100_000));
        } else {
          quote(out);
          words(out);
          out.length--;
          quote(out);
        }
      }
      out.raw((byte) '}');
    }
    out.raw((byte) ']');
    out.raw((byte) ' ');
  }

  private static final byte[] CODE_OPEN = ascii("```python\\n");
  private static final byte[] CODE_CLOSE = ascii("```\\n");
  private static final byte[] DEF = ascii("def ");
  private static final byte[] RETURN = ascii("    return ");
  private static final byte[] IF = ascii("    if ");
  private static final byte[] IS_NONE = ascii(" is None:\\n        raise ValueError(");
  private static final byte[] LINE_END = ascii("\\n");
  private static final byte[] CALL_END = ascii(")\\n");
  private static final byte[] ASSIGN = ascii(" = self.");

  /** Python-like code. */
  void code(Bytes out, int size) {
    int end = out.length + size;
    out.raw(CODE_OPEN);
    while (out.length < end) {
      out.raw(DEF);
      identifier(out);
      out.raw((byte) '(');
      word(out);
      out.raw((byte) ')');
      out.raw((byte) ':');
      out.raw(LINE_END);
      for (int lines = random.between(1, 4); lines > 0; lines--) {
        if (random.below(3) == 0) {
          out.raw(IF);
          word(out);
          out.raw(IS_NONE);
          quote(out);
          words(out);
          out.length--;
          quote(out);
          out.raw(CALL_END);
        } else {
          out.ascii("    ");
          word(out);
          out.raw(ASSIGN);
          identifier(out);
          out.raw((byte) '(');
          word(out);
          out.raw(CALL_END);
        }
      }
      out.raw(RETURN);
      word(out);
      out.raw(LINE_END);
    }
    out.raw(CODE_CLOSE);
  }

  /** One word, or one group of words, each with a space after it. Returns how many. */
  private int words(Bytes out) {
    // A group has 4.5 words on average, so it is drawn less often than its share of the words.
    if (random.chance(PHRASE_SHARE / 4.5 / (PHRASE_SHARE / 4.5 + 1 - PHRASE_SHARE))) {
      int group = vocabulary.draw(random);
      int start = phrases.starts[group];
      out.raw(phrases.text.array, start, phrases.starts[group + 1] - start);
      return phrases.words[group];
    }
    int word = vocabulary.draw(random);
    out.slot(vocabulary.low[word], vocabulary.high[word], vocabulary.sizes[word]);
    return 1;
  }

  /** One word without a space. */
  void word(Bytes out) {
    int word = vocabulary.draw(random);
    out.slot(vocabulary.low[word], vocabulary.high[word], vocabulary.sizes[word]);
    out.length--;
  }

  private void identifier(Bytes out) {
    word(out);
    out.raw((byte) '_');
    word(out);
  }

  private static void quote(Bytes out) {
    out.raw((byte) '\\');
    out.raw((byte) '"');
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
