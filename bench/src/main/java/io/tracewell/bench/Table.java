package io.tracewell.bench;

import java.util.ArrayList;
import java.util.List;

/** A table of text, in Markdown's form with padded columns. */
final class Table {
  private final List<String[]> rows = new ArrayList<>();

  Table(String... head) {
    rows.add(head);
  }

  void row(String... cells) {
    rows.add(cells);
  }

  /** With thousands separated. */
  static String number(long value) {
    return String.format("%,d", value);
  }

  static String milliseconds(double millis) {
    return String.format(millis < 10 ? "%.1f ms" : "%,.0f ms", millis);
  }

  static String megabytes(double bytes) {
    return String.format("%,.0f MB", bytes / 1e6);
  }

  @Override
  public String toString() {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      text.append('|');
      for (int i = 0; i < widths.length; i++) {
        String cell = i < rows.get(r).length ? rows.get(r)[i] : "";
        text.append(' ').append(cell).append(" ".repeat(widths[i] - cell.length())).append(" |");
      }
      text.append('\n');
      if (r == 0) {
        text.append('|');
        for (int width : widths) {
          text.append("-".repeat(width + 2)).append('|');
        }
        text.append('\n');
      }
    }
    return text.toString();
  }
}
