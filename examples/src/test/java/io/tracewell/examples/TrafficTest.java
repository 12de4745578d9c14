package io.tracewell.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Instant;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The demo's past: the same every time, and with the incident in it. */
class TrafficTest {
  @Test
  void theSamePastComesOutOfTheSameSeed() {
    assertThat(lived()).isEqualTo(lived()).hasSizeGreaterThan(150);
  }

  private static TreeSet<String> lived() {
    try (Past past = new Past()) {
      TreeSet<String> lines = new TreeSet<>();
      for (SpanData span : past.between(LocalTime.of(16, 10), LocalTime.of(16, 14), Instant.MAX)) {
        Map<AttributeKey<?>, Object> attributes = new HashMap<>(span.getAttributes().asMap());
        // The services stand on another port each time.
        attributes.remove(AttributeKey.stringKey("url.full"));
        lines.add(
            String.join(
                " ",
                span.getTraceId(),
                span.getSpanId(),
                span.getParentSpanId(),
                span.getName(),
                String.valueOf(span.getStartEpochNanos()),
                String.valueOf(span.getEndEpochNanos()),
                span.getStatus().toString(),
                attributes.entrySet().stream()
                    .map(e -> e.getKey() + "=" + e.getValue())
                    .sorted()
                    .collect(Collectors.joining(";"))));
      }
      return lines;
    }
  }

  @Test
  void theIncidentUnfolds() {
    try (Past past = new Past()) {
      List<SpanData> before = past.between(LocalTime.of(14, 40), LocalTime.of(15, 10), Instant.MAX);
      assertThat(types(before)).doesNotContainKey("AuthError");

      List<SpanData> quiet = past.between(LocalTime.of(15, 20), LocalTime.of(16, 10), Instant.MAX);
      assertThat(types(quiet).get("AuthError")).isPositive();
      assertThat(failedTrips(quiet)).isZero();

      List<SpanData> spreading =
          past.between(LocalTime.of(16, 13), LocalTime.of(16, 21), Instant.MAX);
      List<SpanData> peak = past.between(LocalTime.of(16, 22), LocalTime.of(16, 28), Instant.MAX);
      assertThat(failedTrips(peak)).isGreaterThan(3 * failedTrips(spreading)).isGreaterThan(25);
      assertThat(types(peak).get("RateLimitError")).isGreaterThan(75);

      List<SpanData> after = past.between(LocalTime.of(17, 45), LocalTime.of(18, 45), Instant.MAX);
      assertThat(types(after)).doesNotContainKey("AuthError");
      assertThat(failedTrips(after)).isLessThan(3);
    }
  }

  @Test
  void aDayHasAllThatLaterPagesNeed() {
    try (Past past = new Past()) {
      List<SpanData> spans = past.between(LocalTime.of(9, 0), LocalTime.of(11, 30), Instant.MAX);
      String all =
          spans.stream()
              .filter(s -> !s.getParentSpanContext().isValid())
              .map(s -> String.valueOf(Past.text(s, "gen_ai.input.messages")))
              .collect(Collectors.joining("\n"));
      assertThat(all)
          .contains("退款")
          .contains("استرداد")
          .containsPattern("@example\\.com")
          .containsPattern("4\\d{3} \\d{4} \\d{4} \\d{4}")
          .contains("ignore");
      assertThat(
              spans.stream()
                  .map(s -> s.getResource().getAttribute(AttributeKey.stringKey("service.name")))
                  .collect(Collectors.toSet()))
          .containsExactlyInAnyOrderElementsOf(Traffic.APPLICATIONS);
      long sessions = spans.stream().map(s -> Past.text(s, "session.id")).distinct().count();
      long traces = spans.stream().map(SpanData::getTraceId).distinct().count();
      assertThat(traces).isGreaterThan(sessions);
    }
  }

  @Test
  void nothingLiesInTheFuture() {
    Instant now = Past.INCIDENT.at(LocalTime.of(10, 0));
    try (Past past = new Past()) {
      List<SpanData> spans = past.between(LocalTime.of(9, 50), LocalTime.of(10, 0), now);
      assertThat(spans)
          .filteredOn(s -> !s.getParentSpanContext().isValid())
          .isNotEmpty()
          .allSatisfy(
              s ->
                  assertThat(s.getStartEpochNanos())
                      .isLessThan(now.getEpochSecond() * 1_000_000_000L));
    }
  }

  private static Map<String, Long> types(List<SpanData> spans) {
    Map<String, Long> types = new HashMap<>();
    for (SpanData span : new ArrayList<>(spans)) {
      String type = Past.text(span, "error.type");
      if (type != null) {
        types.merge(type, 1L, Long::sum);
      }
    }
    return types;
  }

  private static long failedTrips(List<SpanData> spans) {
    return spans.stream()
        .filter(s -> s.getName().equals("invoke_agent plan_trip"))
        .filter(s -> s.getStatus().getStatusCode() == StatusCode.ERROR)
        .count();
  }
}
