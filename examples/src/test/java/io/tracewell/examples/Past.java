package io.tracewell.examples;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.tracewell.testkit.FakeProvider;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs parts of the demo's past in memory. */
final class Past implements AutoCloseable {
  static final Incident INCIDENT = new Incident(LocalDate.of(2026, 11, 23));

  private final Cases cases = new Cases();
  private final FakeProvider provider =
      FakeProvider.start(
          new FakeProvider.Options(0, 1, new DemoScript(cases, INCIDENT), 1, 0, null));
  private final Partners partners = new Partners(INCIDENT);
  private final Suite suite = Suite.virtual(provider.url(), partners.url(), INCIDENT);
  final Traffic traffic = new Traffic(1, cases, INCIDENT, 20_000);

  /** The spans of all conversations that begin between two times on the incident's day. */
  List<SpanData> between(LocalTime from, LocalTime to, Instant end) {
    List<SpanData> spans = Collections.synchronizedList(new ArrayList<>());
    long last = INCIDENT.at(to).getEpochSecond() / 60;
    for (long minute = INCIDENT.at(from).getEpochSecond() / 60; minute < last; minute++) {
      for (Traffic.Visit visit : traffic.minute(minute)) {
        DemoMain.past(visit, suite, spans, end);
      }
    }
    return spans;
  }

  /** One conversation of these messages, at a time on the incident's day. */
  List<SpanData> conversation(String application, LocalTime at, long seed, String... messages) {
    List<SpanData> spans = Collections.synchronizedList(new ArrayList<>());
    Traffic.Visit visit =
        new Traffic.Visit(INCIDENT.at(at), application, "chat-1", "u_1", List.of(messages), seed);
    DemoMain.past(visit, suite, spans, Instant.MAX);
    spans.sort(Comparator.comparingLong(SpanData::getStartEpochNanos));
    return spans;
  }

  static @Nullable String text(SpanData span, String key) {
    return span.getAttributes().get(AttributeKey.stringKey(key));
  }

  /** The tree of a trace as indented lines: name, operation, error. */
  static String tree(List<SpanData> spans) {
    return spans.stream()
        .filter(s -> !s.getParentSpanContext().isValid())
        .map(s -> tree(s, spans, 0))
        .collect(Collectors.joining());
  }

  private static String tree(SpanData span, List<SpanData> spans, int depth) {
    String error = text(span, "error.type");
    StringBuilder line = new StringBuilder("  ".repeat(depth)).append(span.getName());
    if (error != null) {
      line.append(" !").append(error);
    }
    line.append('\n');
    spans.stream()
        .filter(s -> s.getParentSpanId().equals(span.getSpanId()))
        .sorted(
            // What runs side by side may start at the same moment of the clock that tests turn.
            Comparator.comparingLong(SpanData::getStartEpochNanos).thenComparing(SpanData::getName))
        .forEach(s -> line.append(tree(s, spans, depth + 1)));
    return line.toString();
  }

  @Override
  public void close() {
    suite.close();
    partners.close();
    provider.close();
  }
}
