package io.tracewell.server.store;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Span;

/**
 * What a span is found by.
 *
 * @param text what the word index holds of it; empty where it reads the columns as they were sent
 * @param keys of the texts that the span holds, those that are new in it first: the same text has
 *     the same key within a place
 * @param fresh how many of them are new; {@link #UNKNOWN} where it is not known which texts it
 *     holds
 */
record Searchable(String text, int[] keys, int fresh) {
  static final int UNKNOWN = -1;

  /** Which it may read are the columns: what they hold beside the texts is found too. */
  /**
   * True where most of the columns is to be found, and reads the same in them as in the texts.
   *
   * @param wanted characters of the texts that are to be found
   */
  static boolean asStored(Span span, long wanted) {
    long held =
        (long) span.system().text().length()
            + span.input().text().length()
            + span.output().text().length()
            + span.documents().text().length();
    // Images and vectors are in the columns but not in the texts; a history was found before.
    return wanted > 0
        && 2 * wanted >= held
        && held >= wanted
        && readsTheSame(span.system())
        && readsTheSame(span.input())
        && readsTheSame(span.output())
        && readsTheSame(span.documents());
  }

  // In JSON, quotes and slashes end words anyway, and the index reads past \n, \t and \r.
  private static boolean readsTheSame(Content content) {
    String text = content.text();
    int at = text.indexOf('\\');
    if (at >= 0 && content.format() == ContentFormat.TEXT) {
      return false;
    }
    while (at >= 0) {
      if (at + 1 >= text.length()) {
        return false;
      }
      switch (text.charAt(at + 1)) {
        case 'n', 't', 'r', '"', '/' -> at = text.indexOf('\\', at + 2);
        default -> {
          return false;
        }
      }
    }
    return true;
  }
}
