package io.tracewell.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceShapeTest {
  private static final long MS = 1_000_000;

  /** A span of the tests; times in milliseconds. */
  private record Fake(
      long key,
      long parentKey,
      SpanKind kind,
      String name,
      long from,
      long to,
      boolean failed,
      String responseId,
      String dialects,
      long inputTokens,
      long outputTokens,
      long cacheReadTokens,
      long cost,
      boolean priced)
      implements TraceShape.Node {
    @Override
    public long startNanos() {
      return from * MS;
    }

    @Override
    public long endNanos() {
      return to * MS;
    }

    @Override
    public boolean pending() {
      return false;
    }

    @Override
    public String provider() {
      return "openai";
    }

    @Override
    public String model() {
      return kind == SpanKind.LLM ? "gpt-4.1" : "";
    }

    Fake fail() {
      return new Fake(
          key,
          parentKey,
          kind,
          name,
          from,
          to,
          true,
          responseId,
          dialects,
          inputTokens,
          outputTokens,
          cacheReadTokens,
          cost,
          priced);
    }

    Fake tokens(long input, long output) {
      return new Fake(
          key,
          parentKey,
          kind,
          name,
          from,
          to,
          failed,
          responseId,
          dialects,
          input,
          output,
          cacheReadTokens,
          cost,
          priced);
    }

    Fake response(String id) {
      return new Fake(
          key,
          parentKey,
          kind,
          name,
          from,
          to,
          failed,
          id,
          dialects,
          inputTokens,
          outputTokens,
          cacheReadTokens,
          cost,
          priced);
    }

    Fake dialect(String dialect) {
      return new Fake(
          key,
          parentKey,
          kind,
          name,
          from,
          to,
          failed,
          responseId,
          dialect,
          inputTokens,
          outputTokens,
          cacheReadTokens,
          cost,
          priced);
    }

    Fake cost(long picodollars, boolean byTable) {
      return new Fake(
          key,
          parentKey,
          kind,
          name,
          from,
          to,
          failed,
          responseId,
          dialects,
          inputTokens,
          outputTokens,
          cacheReadTokens,
          picodollars,
          byTable);
    }
  }

  private static Fake span(long key, long parent, SpanKind kind, String name, long from, long to) {
    return new Fake(
        key, parent, kind, name, from, to, false, "", "otel-genai", -1, -1, -1, -1, false);
  }

  private static List<Long> counted(TraceShape shape) {
    List<Long> keys = new ArrayList<>();
    for (int i = 0; i < shape.nodes().size(); i++) {
      if (shape.counted(i)) {
        keys.add(shape.nodes().get(i).key());
      }
    }
    return keys;
  }

  private static List<Long> calls(TraceShape shape) {
    List<Long> keys = new ArrayList<>();
    for (int i = 0; i < shape.nodes().size(); i++) {
      if (shape.call(i)) {
        keys.add(shape.nodes().get(i).key());
      }
    }
    return keys;
  }

  private static long firstCause(TraceShape shape) {
    int cause = shape.firstCause();
    return cause < 0 ? 0 : shape.nodes().get(cause).key();
  }

  private static List<Long> criticalPath(TraceShape shape) {
    return Arrays.stream(shape.criticalPath()).mapToObj(i -> shape.nodes().get(i).key()).toList();
  }

  @Test
  void anAgentsOwnUsageDoesNotCountAboveTheCallsItMade() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.AGENT, "agent", 0, 100).tokens(30, 12),
                span(2, 1, SpanKind.LLM, "chat", 0, 40).tokens(10, 5),
                span(3, 1, SpanKind.LLM, "chat", 50, 100).tokens(20, 7)));
    assertThat(counted(shape)).containsExactly(2L, 3L);
  }

  @Test
  void anAgentWithoutCallsBelowCountsItself() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.AGENT, "agent", 0, 100).tokens(30, 12),
                span(2, 1, SpanKind.TOOL, "search", 10, 40)));
    assertThat(counted(shape)).containsExactly(1L);
  }

  @Test
  void ofNestedInstrumentationsTheInnermostCounts() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.LLM, "ChatOpenAI", 0, 100).tokens(10, 5),
                span(2, 1, SpanKind.TASK, "step", 1, 99),
                span(3, 2, SpanKind.LLM, "chat", 2, 98).tokens(10, 5),
                span(4, 3, SpanKind.SPAN, "POST", 3, 97)));
    assertThat(counted(shape)).containsExactly(3L);
    assertThat(calls(shape)).containsExactly(3L);
  }

  @Test
  void aCallMadeByAToolOfACallCountsToo() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.LLM, "chat", 0, 100).tokens(10, 5),
                span(2, 1, SpanKind.TOOL, "judge", 10, 90),
                span(3, 2, SpanKind.LLM, "chat", 20, 80).tokens(4, 2)));
    assertThat(counted(shape)).containsExactly(1L, 3L);
    assertThat(calls(shape)).containsExactly(1L, 3L);
  }

  @Test
  void oneInstrumentationDoesNotRecordACallTwiceUnderTwoIds() {
    List<Fake> spans =
        List.of(
            span(1, 0, SpanKind.LLM, "ask", 0, 100).tokens(10, 5).response("chatcmpl-abcdef1"),
            span(2, 1, SpanKind.LLM, "chat", 10, 90).tokens(4, 2).response("chatcmpl-abcdef2"));
    TraceShape shape = TraceShape.of(spans);
    assertThat(counted(shape)).containsExactly(1L, 2L);
    assertThat(calls(shape)).containsExactly(1L, 2L);
    // A gateway gives an answer an id of its own.
    shape = TraceShape.of(List.of(spans.get(0), spans.get(1).dialect("litellm")));
    assertThat(counted(shape)).containsExactly(2L);
    assertThat(calls(shape)).containsExactly(2L);
    shape = TraceShape.of(List.of(spans.get(0), spans.get(1).response("")));
    assertThat(counted(shape)).containsExactly(2L);
  }

  @Test
  void oneAnswerCountsOnceHoweverManyRecordedIt() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.WORKFLOW, "run", 0, 100),
                span(2, 1, SpanKind.LLM, "chat", 0, 50).tokens(10, 5).response("chatcmpl-abcdef1"),
                span(3, 1, SpanKind.LLM, "fetch", 60, 70)
                    .tokens(10, 5)
                    .response("chatcmpl-abcdef1")));
    assertThat(counted(shape)).containsExactly(2L);
    assertThat(calls(shape)).containsExactly(2L);
  }

  @Test
  void equalCallsSideBySideAreOneOnlyWhereTwoInstrumentationsSawThem() {
    Fake root = span(1, 0, SpanKind.WORKFLOW, "run", 0, 100);
    Fake one = span(2, 1, SpanKind.LLM, "chat", 0, 50).tokens(10, 5);
    Fake two = span(3, 1, SpanKind.LLM, "chat", 1, 50).tokens(10, 5);
    assertThat(counted(TraceShape.of(List.of(root, one, two)))).containsExactly(2L, 3L);
    assertThat(counted(TraceShape.of(List.of(root, one, two.dialect("openinference")))))
        .containsExactly(2L);
  }

  @Test
  void theFirstCauseIsTheFirstOfTheTriesThatFailed() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.AGENT, "agent", 0, 100).fail(),
                span(2, 1, SpanKind.LLM, "chat", 0, 10).fail(),
                span(3, 1, SpanKind.LLM, "chat", 20, 30).fail(),
                span(4, 1, SpanKind.LLM, "chat", 40, 50).fail()));
    assertThat(firstCause(shape)).isEqualTo(2);
    assertThat(shape.attempts()).containsExactly(1, 1, 2, 3);
  }

  @Test
  void aFailureThatARetryMadeGoodIsNotTheCauseOfALaterOne() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.AGENT, "agent", 0, 100).fail(),
                span(2, 1, SpanKind.LLM, "chat", 0, 10).fail(),
                span(3, 1, SpanKind.LLM, "chat", 20, 30),
                span(4, 1, SpanKind.TOOL, "book", 40, 60).fail(),
                span(5, 4, SpanKind.SPAN, "POST", 41, 59).fail()));
    assertThat(firstCause(shape)).isEqualTo(5);
    assertThat(shape.failedByItself(3)).isFalse();
    assertThat(shape.failureInside(0)).isTrue();
  }

  @Test
  void aTraceThatEndedWellStillNamesWhatFailedInIt() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.AGENT, "agent", 0, 100),
                span(2, 1, SpanKind.LLM, "chat", 0, 10).fail(),
                span(3, 1, SpanKind.LLM, "chat", 20, 30)));
    assertThat(firstCause(shape)).isEqualTo(2);
    assertThat(firstCause(TraceShape.of(List.of(span(1, 0, SpanKind.AGENT, "agent", 0, 100)))))
        .isEqualTo(0);
  }

  @Test
  void aTraceWithoutItsRootTakesTheEarliestSpan() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(3, 9, SpanKind.LLM, "chat", 20, 30),
                span(2, 9, SpanKind.TOOL, "search", 5, 10)));
    assertThat(shape.rootMissing()).isTrue();
    assertThat(shape.nodes().get(shape.root()).key()).isEqualTo(2);
    assertThat(shape.parent(0)).isEqualTo(-1);
  }

  @Test
  void parentsInACircleAreCutAtTheEarliestSpan() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 3, SpanKind.TASK, "a", 0, 10),
                span(2, 1, SpanKind.TASK, "b", 1, 9),
                span(3, 2, SpanKind.TASK, "c", 2, 8),
                span(4, 2, SpanKind.TASK, "d", 3, 7),
                span(5, 5, SpanKind.TASK, "self", 4, 6),
                span(6, 4, SpanKind.TASK, "e", 5, 7)));
    assertThat(shape.tops()).containsExactly(0, 4);
    assertThat(shape.parent(1)).isEqualTo(0);
    assertThat(shape.parent(2)).isEqualTo(1);
    assertThat(shape.depth(5)).isEqualTo(3);
  }

  @Test
  void aChainOfTenThousandSpansIsNoDanger() {
    List<Fake> spans = new ArrayList<>();
    for (int i = 1; i <= 10_000; i++) {
      spans.add(span(i, i - 1, SpanKind.TASK, "t", i, 20_000));
    }
    TraceShape shape = TraceShape.of(spans);
    assertThat(shape.depth(9_999)).isEqualTo(9_999);
    assertThat(shape.criticalPath()).hasSize(10_000);
  }

  @Test
  void theCriticalPathIsWhatTheEndWaitedFor() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.WORKFLOW, "run", 0, 100),
                span(2, 1, SpanKind.RETRIEVAL, "docs", 0, 30),
                span(3, 1, SpanKind.RETRIEVAL, "web", 0, 50),
                span(4, 1, SpanKind.LLM, "chat", 50, 100)));
    assertThat(criticalPath(shape)).containsExactly(1L, 3L, 4L);
    assertThat(shape.strip())
        .containsExactly(
            new TraceShape.Segment(SpanKind.RETRIEVAL, 0, 500, false),
            new TraceShape.Segment(SpanKind.LLM, 500, 1000, false));
  }

  @Test
  void theStripHasAtMostTwentyFourSegmentsAndKeepsFailures() {
    List<Fake> spans = new ArrayList<>();
    spans.add(span(1, 0, SpanKind.AGENT, "agent", 0, 5_000));
    for (int i = 0; i < 500; i++) {
      Fake step =
          span(i + 2, 1, i % 2 == 0 ? SpanKind.LLM : SpanKind.TOOL, "s", i * 10L, i * 10L + 10);
      spans.add(i == 250 ? step.fail() : step);
    }
    List<TraceShape.Segment> strip = TraceShape.of(spans).strip();
    assertThat(strip).hasSizeLessThanOrEqualTo(24).anyMatch(TraceShape.Segment::failed);
    assertThat(strip.getFirst().start()).isEqualTo(0);
    assertThat(strip.getLast().end()).isEqualTo(1000);
  }

  @Test
  void httpSpansAreDrawnOnlyWhereThereIsNothingElse() {
    Fake call = span(1, 0, SpanKind.LLM, "chat", 0, 100);
    Fake http = span(2, 1, SpanKind.SPAN, "POST", 10, 90);
    assertThat(TraceShape.of(List.of(call, http)).strip())
        .extracting(TraceShape.Segment::kind)
        .containsExactly(SpanKind.LLM);
    assertThat(TraceShape.of(List.of(span(2, 1, SpanKind.SPAN, "POST", 10, 90))).strip())
        .extracting(TraceShape.Segment::kind)
        .containsExactly(SpanKind.SPAN);
  }

  @Test
  void aStreamsRecordBesideItsRequestIsTheCallThatTheClientBelowTheRequestReports() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.WORKFLOW, "job", 0, 300),
                span(2, 1, SpanKind.TASK, "request", 0, 10),
                span(3, 2, SpanKind.LLM, "create", 1, 100)
                    .tokens(20, 15)
                    .response("msg_0123456789")
                    .dialect("anthropic-sdk"),
                span(4, 1, SpanKind.LLM, "streamed", 12, 101).tokens(20, 15).dialect("logfire")));
    assertThat(counted(shape)).containsExactly(4L);
    assertThat(calls(shape)).containsExactly(4L);
  }

  @Test
  void aRecordOfOtherFiguresOrAnotherTimeOrASecondOneIsACallOfItsOwn() {
    TraceShape shape =
        TraceShape.of(
            List.of(
                span(1, 0, SpanKind.WORKFLOW, "job", 0, 900),
                span(2, 1, SpanKind.LLM, "create", 1, 100)
                    .tokens(20, 15)
                    .response("msg_0123456789")
                    .dialect("anthropic-sdk"),
                span(3, 1, SpanKind.LLM, "other figures", 12, 101).tokens(20, 16),
                span(4, 1, SpanKind.LLM, "later", 12, 400).tokens(20, 15),
                span(5, 1, SpanKind.LLM, "its record", 13, 102).tokens(20, 15),
                span(6, 1, SpanKind.LLM, "a second", 30, 103).tokens(20, 15)));
    assertThat(counted(shape)).containsExactly(3L, 4L, 5L, 6L);
  }

  @Test
  void aClientsSpanWithinTheCallOfAFrameworkIsThatCall() {
    Fake client =
        span(2, 0, SpanKind.LLM, "create", 20, 100)
            .tokens(20, 15)
            .response("msg_0123456789")
            .dialect("anthropic-sdk");
    Fake framework = span(1, 0, SpanKind.LLM, "ChatAnthropic", 1, 400).tokens(20, 15);
    assertThat(counted(TraceShape.of(List.of(framework, client)))).containsExactly(1L);
    Fake another = span(1, 0, SpanKind.LLM, "ChatAnthropic", 1, 90).tokens(20, 15);
    assertThat(counted(TraceShape.of(List.of(another, client)))).containsExactly(1L, 2L);
  }

  @Test
  void ofOneAnswerTheClientsRecordCountsWhereItsPriceDiffers() {
    Fake client =
        span(2, 1, SpanKind.LLM, "create", 3, 90)
            .tokens(20, 15)
            .response("msg_0123456789")
            .dialect("anthropic-sdk")
            .cost(700, true);
    Fake call = span(1, 0, SpanKind.LLM, "chat", 1, 100).tokens(20, 15).response("msg_0123456789");
    assertThat(counted(TraceShape.of(List.of(call.cost(700, true), client)))).containsExactly(1L);
    assertThat(counted(TraceShape.of(List.of(call.cost(600, true), client)))).containsExactly(2L);
    // What the sender says a call costs is what it costs.
    assertThat(counted(TraceShape.of(List.of(call.cost(600, false), client)))).containsExactly(1L);
  }
}
