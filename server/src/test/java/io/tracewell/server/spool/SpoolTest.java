package io.tracewell.server.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tracewell.core.Evaluation;
import io.tracewell.core.MessageText;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanLog;
import io.tracewell.server.spool.Spool.Batch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final Spool.Options SMALL = new Spool.Options(1 << 20, 4_000, 2_000);

  private static SpanBatch request(Random random, int first, int count) {
    List<Span> spans = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      TestSpans.Builder span = TestSpans.span(i / 3, i, i);
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(40); k >= 0; k--) {
        text.append(Long.toString(random.nextLong(), 36)).append(' ');
      }
      span.input = text.toString();
      spans.add(span.build());
    }
    return new SpanBatch(spans, List.of());
  }

  private static @Nullable Batch next(Spool spool) throws IOException, InterruptedException {
    return spool.next(50, 1 << 20, Duration.ZERO, Duration.ZERO);
  }

  private static List<String> ids(Batch batch) {
    return batch.entries().stream()
        .flatMap(entry -> entry.spans().stream())
        .map(Span::spanId)
        .toList();
  }

  private static Set<String> drain(Spool spool) throws IOException, InterruptedException {
    Set<String> found = new TreeSet<>();
    for (Batch batch = next(spool); batch != null; batch = next(spool)) {
      found.addAll(ids(batch));
      spool.done(batch);
    }
    return found;
  }

  @Test
  void whereverThePowerFailsEverySpanThatWasAcknowledgedComesOut() throws Exception {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      ForgetfulFiles files = new ForgetfulFiles(random);
      Set<String> acknowledged = new ConcurrentSkipListSet<>();
      Set<String> stored = new TreeSet<>();
      Map<String, List<String>> batches = new HashMap<>();
      int nextSpan = 0;
      for (int life = 0; life < 4; life++) {
        files.failAfter(random.nextInt(life == 0 ? 120 : 60));
        Spool spool = null;
        ArrayDeque<Batch> givenOut = new ArrayDeque<>();
        try {
          spool = new Spool(files, SMALL, Span::texts, Clock.systemUTC());
          while (!files.failed()) {
            if (random.nextInt(3) > 0) {
              SpanBatch request = request(random, nextSpan, 1 + random.nextInt(6));
              nextSpan += request.spans().size();
              spool.append(request);
              request.spans().forEach(span -> acknowledged.add(span.spanId()));
            } else if (givenOut.size() < 3 && random.nextBoolean()) {
              Batch batch = next(spool);
              if (batch != null) {
                List<String> before = batches.put(batch.token(), ids(batch));
                if (before != null) {
                  assertThat(ids(batch)).as("same token, seed %s", seed).isEqualTo(before);
                }
                if (random.nextInt(6) == 0) {
                  break;
                }
                givenOut.add(batch);
              }
            } else if (!givenOut.isEmpty()) {
              Batch batch = givenOut.remove();
              stored.addAll(ids(batch));
              spool.done(batch);
            }
          }
        } catch (IOException | OverloadedException powerIsGone) {
          assertThat(files.failed()).as("seed %s: %s", seed, powerIsGone).isTrue();
        }
        files.failAfter(0);
        if (spool != null) {
          try {
            spool.close();
          } catch (IOException expected) {
            assertThat(expected).hasMessageContaining("power");
          }
        }
        files.restart();
      }
      try (Spool spool = new Spool(files, SMALL, Span::texts, Clock.systemUTC())) {
        stored.addAll(drain(spool));
        assertThat(stored).as("seed %s", seed).containsAll(acknowledged);
        assertThat(spool.state().damaged()).as("seed %s", seed).isZero();
      }
      try (Spool spool = new Spool(files, SMALL, Span::texts, Clock.systemUTC())) {
        assertThat(drain(spool)).as("nothing twice after an orderly end, seed %s", seed).isEmpty();
      }
    }
  }

  @Test
  void aBatchThatWasGivenOutComesAgainUntilItIsDone(@TempDir Path directory) throws Exception {
    String token;
    List<String> ids;
    long millis;
    try (Spool spool =
        new Spool(
            new DiskFiles(directory), Spool.Options.DEFAULT, Span::texts, Clock.systemUTC())) {
      spool.append(request(new Random(1), 0, 10));
      Batch batch = next(spool);
      assertThat(batch).isNotNull();
      token = batch.token();
      ids = ids(batch);
      millis = batch.millis();
      spool.append(request(new Random(1), 10, 10));
    }
    try (Spool spool =
        new Spool(
            new DiskFiles(directory), Spool.Options.DEFAULT, Span::texts, Clock.systemUTC())) {
      Batch again = next(spool);
      assertThat(again).isNotNull();
      assertThat(again.recovered()).isTrue();
      assertThat(again.token()).isEqualTo(token);
      assertThat(again.millis()).isEqualTo(millis);
      assertThat(ids(again)).isEqualTo(ids);
      spool.done(again);
      Batch following = next(spool);
      assertThat(following).isNotNull();
      assertThat(following.seq()).isEqualTo(again.seq() + 1);
      assertThat(following.recovered()).isFalse();
      assertThat(ids(following)).hasSize(10).doesNotContainAnyElementsOf(ids);
      spool.done(following);
    }
  }

  @Test
  void severalBatchesThatWereGivenOutComeAgainInTheirOrder(@TempDir Path directory)
      throws Exception {
    List<Batch> given = new ArrayList<>();
    try (Spool spool =
        new Spool(
            new DiskFiles(directory), Spool.Options.DEFAULT, Span::texts, Clock.systemUTC())) {
      for (int i = 0; i < 4; i++) {
        spool.append(request(new Random(i), i * 50, 50));
      }
      for (int i = 0; i < 3; i++) {
        given.add(next(spool));
      }
      assertThatThrownBy(() -> spool.done(given.get(1)))
          .as("they are stored in their order")
          .isInstanceOf(IllegalArgumentException.class);
      spool.done(given.getFirst());
    }
    try (Spool spool =
        new Spool(
            new DiskFiles(directory), Spool.Options.DEFAULT, Span::texts, Clock.systemUTC())) {
      for (Batch before : given.subList(1, 3)) {
        Batch again = next(spool);
        assertThat(again).isNotNull();
        assertThat(again.recovered()).isTrue();
        assertThat(again.token()).isEqualTo(before.token());
        assertThat(again.millis()).isEqualTo(before.millis());
        assertThat(ids(again)).isEqualTo(ids(before));
      }
      Batch following = next(spool);
      assertThat(following).isNotNull();
      assertThat(following.recovered()).isFalse();
      assertThat(following.seq()).isEqualTo(given.getLast().seq() + 1);
      assertThat(ids(following)).hasSize(50).contains("%016x".formatted(150 + 1));
    }
  }

  @Test
  void whatIsStoredLeavesTheDisk(@TempDir Path directory) throws Exception {
    try (Spool spool = new Spool(new DiskFiles(directory), SMALL, Span::texts, Clock.systemUTC())) {
      for (int i = 0; i < 50; i++) {
        spool.append(request(new Random(i), i * 10, 10));
      }
      assertThat(spool.state().bytes()).isGreaterThan(50_000);
      assertThat(drain(spool)).hasSize(500);
      assertThat(spool.state().bytes()).isLessThan(10_000);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedUntilThereIsRoom(@TempDir Path directory) throws Exception {
    Spool.Options options = new Spool.Options(50_000, 4_000, 2_000);
    try (Spool spool =
        new Spool(new DiskFiles(directory), options, Span::texts, Clock.systemUTC())) {
      Set<String> taken = new TreeSet<>();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  SpanBatch request = request(new Random(i), i * 10, 10);
                  spool.append(request);
                  request.spans().forEach(span -> taken.add(span.spanId()));
                }
              })
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("full");
      assertThat(spool.state().bytes()).isLessThanOrEqualTo(50_000);
      assertThat(drain(spool)).isEqualTo(taken);
      spool.append(request(new Random(1), 1_000_000, 1));
    }
  }

  @Test
  void intakeStopsBeforeTheDiskIsFull() throws Exception {
    ForgetfulFiles files = new ForgetfulFiles(new Random(1));
    files.freeShare(0.05);
    try (Spool spool = new Spool(files, SMALL, Span::texts, Clock.systemUTC())) {
      // The first may come in before the disk is looked at.
      assertThatThrownBy(
              () -> {
                spool.append(request(new Random(1), 0, 1));
                spool.append(request(new Random(1), 1, 1));
              })
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("10 %");
    }
  }

  @Test
  void aDamagedSegmentIsSetAsideAndTheRestComesOut() throws Exception {
    ForgetfulFiles files = new ForgetfulFiles(new Random(1));
    Spool.Options noMemory = new Spool.Options(1 << 20, 4_000, 0);
    try (Spool spool = new Spool(files, noMemory, Span::texts, Clock.systemUTC())) {
      for (int i = 0; i < 20; i++) {
        spool.append(request(new Random(i), i * 10, 10));
      }
    }
    String second =
        files.list().stream().filter(n -> n.startsWith("segment-")).sorted().toList().get(1);
    files.corrupt(second, 100);
    try (Spool spool = new Spool(files, noMemory, Span::texts, Clock.systemUTC())) {
      assertThat(drain(spool)).hasSizeGreaterThan(100).hasSizeLessThan(200);
      assertThat(spool.state().damaged()).isEqualTo(1);
      assertThat(files.list()).contains("damaged-" + second);
    }
  }

  @Test
  void aRequestOfAnySizeComesOutWhole(@TempDir Path directory) throws Exception {
    try (Spool spool =
        new Spool(
            new DiskFiles(directory), Spool.Options.DEFAULT, Span::texts, Clock.systemUTC())) {
      spool.append(request(new Random(1), 0, 12_345));
      assertThat(drain(spool)).hasSize(12_345);
    }
  }

  @Test
  void theCodecGivesBackWhatItTook() {
    TestSpans.Builder one = TestSpans.span(1, 2, 1_700_000_000_000_000_000L);
    one.input = "[{\"role\":\"user\",\"content\":\"Grüße 東京 🚀\"}]";
    one.links = List.of(new SpanLink("a", "b", "{}"));
    one.tags = List.of("env:prod", "bare");
    Span span = one.build();
    SpanLog log =
        new SpanLog(
            "default", span.traceId(), span.spanId(), 5, "gen_ai.choice", 3, "{}", "{}", "a");
    SpanCodec codec = new SpanCodec(Span::texts);
    Evaluation evaluation =
        new Evaluation(
            "default",
            "id-1",
            Evaluation.Kind.FEEDBACK,
            Evaluation.Target.joinKey("order-7"),
            "thumb",
            Evaluation.Type.JSON,
            "{\"a\":1}",
            Evaluation.Status.ERROR,
            new SpanError("a", "b", "c"),
            "pass",
            "because",
            "shop",
            "u-1",
            "user",
            "exp-1",
            List.of("a:b"),
            "{}",
            7,
            "datadog");
    SpanCodec.Encoded encoded =
        codec.encode(new SpanBatch(List.of(span), List.of(log), List.of(evaluation)));
    SpoolEntry decoded = codec.decode(encoded.bytes(), encoded.rawBytes());
    assertThat(decoded)
        .usingRecursiveComparison()
        .isEqualTo(
            new SpoolEntry(
                List.of(span), encoded.entry().hashes(), List.of(log), List.of(evaluation), false));
    one.output = "other";
    assertThat(SpanCodec.contentHash(span)).isEqualTo(encoded.entry().hashes()[0]);
    assertThat(SpanCodec.contentHash(one.build())).isNotEqualTo(encoded.entry().hashes()[0]);
  }

  @Test
  void textsAreReadFromTheContentAgainUnlessTheSpanWasMerged() {
    MessageText text = new MessageText(7, "from the content");
    SpanCodec codec = new SpanCodec(span -> List.of(text));
    TestSpans.Builder builder = TestSpans.span(1, 2, 1_700_000_000_000_000_000L);
    builder.texts = List.of(new MessageText(8, "written out"));
    Span span = builder.build();
    for (boolean merged : new boolean[] {false, true}) {
      SpanCodec.Encoded encoded =
          codec.encode(new SpoolEntry(List.of(span), new long[1], List.of(), merged));
      SpoolEntry decoded = codec.decode(encoded.bytes(), encoded.rawBytes());
      assertThat(decoded.spans().getFirst().texts())
          .isEqualTo(merged ? span.texts() : List.of(text));
    }
  }
}
