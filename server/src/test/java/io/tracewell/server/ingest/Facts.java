package io.tracewell.server.ingest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Facts of one recording, compared with what was expected. */
final class Facts {
  private final String recording;
  private final Set<String> exceptions;
  private final List<String> differences = new ArrayList<>();
  private final Set<String> excused = new HashSet<>();
  private int count;

  /**
   * @param exceptions facts that may differ, as {@code recording span field}
   */
  Facts(String recording, Set<String> exceptions) {
    this.recording = recording;
    this.exceptions = exceptions;
  }

  /** Compares two values of a field of the span {@code id}. */
  void same(String id, String field, Object expected, Object actual) {
    check(
        id,
        field,
        Objects.equals(expected, actual),
        "expected " + shortened(expected) + ", was " + shortened(actual));
  }

  /** Notes one fact; returns {@code holds}. */
  boolean check(String id, String field, boolean holds, String otherwise) {
    count++;
    if (!holds) {
      String name = recording + " " + id + " " + field;
      if (exceptions.contains(name)) {
        excused.add(name);
      } else {
        differences.add(id + " " + field + ": " + otherwise);
      }
    }
    return holds;
  }

  /** Notes something that should not be there. */
  void unexpected(String what) {
    differences.add("not expected " + what);
  }

  private static String shortened(Object value) {
    String text = String.valueOf(value);
    return text.length() <= 300 ? text : text.substring(0, 300) + "…";
  }

  int count() {
    return count;
  }

  List<String> differences() {
    return differences;
  }

  /** How many exceptions of that field were needed. */
  int excused(String field) {
    return (int) excused.stream().filter(name -> name.endsWith(field)).count();
  }

  /** The exceptions that were needed. */
  Set<String> excused() {
    return excused;
  }

  @Override
  public String toString() {
    return recording
        + ": "
        + count
        + " facts, "
        + (differences.size() + excused.size())
        + " differ, "
        + excused.size()
        + " of them listed as exceptions";
  }
}
