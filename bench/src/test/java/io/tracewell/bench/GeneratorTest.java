package io.tracewell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GeneratorTest {
  private static final long NOW = 1_790_000_000_000_000_000L;
  private static final Corpus CORPUS = new Corpus(7);

  private static List<BodyGenerator.Body> bodies(Shape shape, long seed, int generator, int count) {
    BodyGenerator bodies = CORPUS.bodies(shape, seed, generator, "run", 512, 1 << 20);
    List<BodyGenerator.Body> result = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      result.add(bodies.next(NOW + i, Integer.MAX_VALUE));
    }
    return result;
  }

  private static List<Span> spans(List<BodyGenerator.Body> bodies) throws Exception {
    List<Span> spans = new ArrayList<>();
    for (BodyGenerator.Body body : bodies) {
      ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(body.bytes);
      // What is written by hand is what the official writer would have written.
      assertThat(request.toByteArray()).isEqualTo(body.bytes);
      List<Span> decoded = request.getResourceSpans(0).getScopeSpans(0).getSpansList();
      assertThat(decoded).hasSize(body.spans);
      for (int i = 0; i < decoded.size(); i++) {
        Span span = decoded.get(i);
        assertThat(span.getTraceId().asReadOnlyByteBuffer().getLong()).isEqualTo(body.traceHigh[i]);
        assertThat(span.getSpanId().asReadOnlyByteBuffer().getLong()).isEqualTo(body.spanIds[i]);
        assertThat(span.getEndTimeUnixNano()).isGreaterThan(span.getStartTimeUnixNano());
      }
      spans.addAll(decoded);
    }
    return spans;
  }

  private static Map<String, String> attributes(Span span) {
    Map<String, String> result = new HashMap<>();
    for (KeyValue attribute : span.getAttributesList()) {
      assertThat(result.put(attribute.getKey(), attribute.getValue().getStringValue())).isNull();
    }
    return result;
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void bodiesAreValidOtlpWithJsonMessages(Shape shape) throws Exception {
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    Set<Long> ids = new HashSet<>();
    for (Span span : spans(bodies(shape, 1, 0, 3))) {
      assertThat(ids.add(span.getSpanId().asReadOnlyByteBuffer().getLong())).isTrue();
      attributes(span)
          .forEach(
              (key, value) -> {
                if (key.endsWith("messages")
                    || key.endsWith("documents")
                    || key.endsWith("result")
                    || key.endsWith("arguments")
                    || key.endsWith("instructions")) {
                  try {
                    assertThat(json.readTree(value).isContainerNode()).isTrue();
                  } catch (java.io.IOException e) {
                    throw new AssertionError(key + ": " + value, e);
                  }
                }
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void idsAreUniqueOverGeneratorsAndTracesHaveOneRoot(Shape shape) throws Exception {
    Set<Long> ids = new HashSet<>();
    for (int generator = 0; generator < 3; generator++) {
      Map<String, Integer> roots = new HashMap<>();
      for (Span span : spans(bodies(shape, 1, generator, 4))) {
        assertThat(ids.add(span.getSpanId().asReadOnlyByteBuffer().getLong())).isTrue();
        if (span.getParentSpanId().isEmpty()) {
          roots.merge(span.getTraceId().toString(), 1, Integer::sum);
        }
      }
      assertThat(roots.values()).isNotEmpty().containsOnly(1);
    }
  }

  @Test
  void textsOfTheUniqueShapeAreUniqueAndLlmSized() throws Exception {
    List<Span> spans = spans(bodies(Shape.UNIQUE, 1, 0, 20));
    Set<String> texts = new HashSet<>();
    long bytes = 0;
    for (Span span : spans) {
      bytes += span.getSerializedSize();
      attributes(span)
          .forEach(
              (key, value) -> {
                if (key.endsWith(".messages") || key.endsWith("result") || key.endsWith("nts")) {
                  assertThat(texts.add(value)).isTrue();
                }
              });
    }
    assertThat(bytes / spans.size()).isBetween(2_600L, 3_900L);
  }

  @Test
  void smallSpansHaveHalfAKilobyteAndEightAttributes() throws Exception {
    List<Span> spans = spans(bodies(Shape.SMALL, 1, 0, 2));
    assertThat(spans).allSatisfy(span -> assertThat(span.getAttributesCount()).isEqualTo(8));
    assertThat(spans.stream().mapToInt(Span::getSerializedSize).average().orElse(0))
        .isBetween(460.0, 560.0);
  }

  @Test
  void everyCallOfALoopSendsItsHistoryAgain() throws Exception {
    String before = "";
    int resent = 0;
    for (Span span : spans(bodies(Shape.LOOPS, 1, 0, 1))) {
      String input = attributes(span).getOrDefault("gen_ai.input.messages", "[]");
      String messages = input.substring(1, input.length() - 1);
      if (!before.isEmpty() && messages.startsWith(before)) {
        resent++;
      }
      if (span.getName().startsWith("chat")) {
        before = messages;
      }
    }
    assertThat(resent).isGreaterThan(50);
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void theSameSeedGivesTheSameBytesAndAnotherSeedOthers(Shape shape) {
    byte[] first = bodies(shape, 1, 0, 1).getFirst().bytes;
    assertThat(bodies(shape, 1, 0, 1).getFirst().bytes).isEqualTo(first);
    assertThat(bodies(shape, 2, 0, 1).getFirst().bytes).isNotEqualTo(first);
  }

  @Test
  void zstdMakesUniqueTextsThreeToFourTimesSmaller() {
    long plain = 0;
    long packed = 0;
    for (BodyGenerator.Body body : bodies(Shape.UNIQUE, 1, 0, 10)) {
      plain += body.bytes.length;
      packed += Zstd.compress(body.bytes, 3).length;
    }
    assertThat((double) plain / packed).isBetween(3.0, 4.0);
  }

  @Test
  void wordsFollowZipfsLaw() {
    Vocabulary vocabulary = CORPUS.vocabulary;
    assertThat(Set.of(vocabulary.words)).hasSizeGreaterThanOrEqualTo(32_768);
    int[] counts = new int[Vocabulary.SIZE];
    Random64 random = new Random64(3);
    for (int i = 0; i < 5_000_000; i++) {
      counts[vocabulary.draw(random)]++;
    }
    assertThat((double) counts[0] / counts[9]).isBetween(9.5, 10.5);
    assertThat((double) counts[0] / counts[99]).isBetween(90.0, 110.0);
  }
}
