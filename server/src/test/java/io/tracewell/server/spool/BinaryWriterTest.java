package io.tracewell.server.spool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.BinaryWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BinaryWriterTest {
  // Of each length in UTF-8, and both halves of pairs, alone or not.
  private static final String[] PIECES = {
    "a", "Z", "\0", "\u007f", "é", "\u07ff", "\u0800", "한", "\uffff", "😀", "\ud83d", "\ude00"
  };

  @Test
  void stringsAreTheSameUtf8AsTheJdkMakes() {
    Random random = new Random(7);
    for (int length :
        new int[] {
          0, 1, 2, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025, 5_000, 40_000
        }) {
      for (int kinds = 1; kinds <= PIECES.length; kinds++) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
          text.append(PIECES[random.nextInt(kinds)]);
        }
        byte[] expected = text.toString().getBytes(StandardCharsets.UTF_8);
        BinaryWriter writer = new BinaryWriter(1);
        writer.string(text.toString());
        byte[] written = writer.toBytes();
        int from = written.length - expected.length;
        assertThat(from).isBetween(1, 3);
        assertThat(Arrays.copyOfRange(written, from, written.length)).isEqualTo(expected);
        assertThat(new BinaryReader(written).string())
            .isEqualTo(new String(expected, StandardCharsets.UTF_8));
      }
    }
  }
}
