package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.OverloadedException;
import io.tracewell.core.SpanSink;
import io.tracewell.server.ingest.DatadogIntake.Format;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.normalise.DatadogNormaliser;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.pricing.GenAiPrices;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * Whatever the bytes, the decoder reads them or says that it can't: recorded bodies with errors put
 * in. {@link DecodeFuzzTest} looks for more.
 */
class DatadogDecoderFuzzTest {
  private static final long SEED = 20261124;

  private static final DatadogIntake INTAKE =
      new DatadogIntake(
          new DatadogNormaliser(new Normaliser(GenAiPrices.vendored())), sink(), Clock.systemUTC());

  private static SpanSink sink() {
    return batch ->
        batch
            .spans()
            .forEach(
                span -> {
                  assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
                  assertThat(span.traceId()).isNotEmpty();
                  assertThat(span.spanId()).isNotEmpty();
                });
  }

  @Test
  void mutations_of_recorded_bodies() throws Exception {
    List<byte[]> bodies = bodies();
    Random random = new Random(SEED);
    int read = 0;
    for (int i = 0; i < 6000; i++) {
      byte[] body = bodies.get(random.nextInt(bodies.size())).clone();
      for (int k = random.nextInt(1, 6); k > 0; k--) {
        int at = random.nextInt(body.length);
        switch (random.nextInt(4)) {
          case 0 -> body[at] = (byte) random.nextInt();
          case 1 -> body[at] ^= (byte) (1 << random.nextInt(8));
          case 2 -> body = java.util.Arrays.copyOf(body, Math.max(1, at));
          default -> {
            int length = Math.min(random.nextInt(1, 40), body.length - at);
            System.arraycopy(body, random.nextInt(body.length - length + 1), body, at, length);
          }
        }
      }
      read += read(body);
    }
    assertThat(read).as("some mutations stay readable").isPositive();
  }

  private static int read(byte[] bytes) throws OverloadedException {
    int read = 0;
    for (Format format : Format.values()) {
      try {
        switch (format) {
          case EVALUATIONS -> INTAKE.evaluations(bytes, bytes.length, "");
          case EXPERIMENT -> INTAKE.evaluations(bytes, bytes.length, "experiment-1");
          default -> INTAKE.take(format, bytes, bytes.length, "");
        }
        read++;
      } catch (DatadogUnreadable e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    return read;
  }

  private static List<byte[]> bodies() throws IOException {
    List<byte[]> bodies = new ArrayList<>();
    for (String name :
        List.of(
            "py_ddtrace-4.16.0_agent_manual",
            "py_ddtrace-4.16.0_evponly_manual",
            "py_ddtrace-3.19.9_agent_manual",
            "py_ddtrace-4.12.3_agentless_manual",
            "java_1.68.1_agent_mode",
            "js_6.21.0_agent_mode",
            "composed_ddtrace_v04_meta_struct",
            "py_ddtrace-4.16.0_override_experiment",
            "py_litellm-1.106.2_datadog_llm_observability",
            "py_litellm-1.106.2_datadog_logs")) {
      for (Recorded request : DatadogServer.recording(name)) {
        byte[] body = request.body();
        if (body.length > 100 && DatadogServer.isForIntake(request.path())) {
          boolean gzip = body[0] == 0x1f && body[1] == (byte) 0x8b;
          bodies.add(
              gzip ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes() : body);
        }
      }
    }
    return bodies;
  }
}
