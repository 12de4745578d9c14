package io.tracewell.bench;

import java.util.Locale;

/** What kind of traffic to send. */
enum Shape {
  /** Agents, retrieval and chats, 5-20 spans a trace; every span has a text of its own. */
  UNIQUE("unique LLM-sized texts", 8_000),
  /** Agent loops and chats: every model call sends its whole history again. */
  LOOPS("agent loops and chats", 10_000),
  /** Half a kilobyte and eight attributes a span. */
  SMALL("small spans", 25_000);

  final String title;

  /** Acknowledged spans a second that the project wants to reach on 2 cores. */
  final int goal;

  Shape(String title, int goal) {
    this.title = title;
    this.goal = goal;
  }

  String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
