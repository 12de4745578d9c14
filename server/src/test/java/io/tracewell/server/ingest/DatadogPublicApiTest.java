package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.message.Messages;
import io.tracewell.server.pricing.GenAiPrices;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatadogPublicApiTest {
  private static final String PATH = "/api/intake/llm-obs/v1/trace/spans";

  private Harness server;

  @BeforeEach
  void start() throws Exception {
    server = new Harness(GenAiPrices.vendored(), IntakeLimits.DEFAULT);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<byte[]> post(String json) throws Exception {
    return server.post(PATH, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  private static String payload(String spans) {
    return "{\"data\":{\"type\":\"span\",\"attributes\":{\"ml_app\":\"shop\",\"session_id\":\"s1\",\"tags\":[\"env:prod\",\"user_id:42\"],\"spans\":["
        + spans
        + "]}}}";
  }

  @Test
  void a_trace_is_taken_whole() throws Exception {
    HttpResponse<byte[]> response =
        post(
            payload(
                """
                {"name":"plan","trace_id":"9001","span_id":"1","parent_id":"undefined","start_ns":1790000000000000000,"duration":2600000000.0,
                 "meta":{"kind":"agent","input":{"value":"Where to?"},"output":{"value":"Lyon"}}},
                {"name":"lookup","trace_id":"9001","span_id":"3","parent_id":"1","start_ns":1790000000600000000,"duration":80000000,
                 "meta":{"kind":"retrieval","input":{"value":"sights"},"output":{"documents":[{"id":"d1","name":"guide","text":"Old town","score":0.83}]}}},
                {"name":"compose","trace_id":"9001","span_id":"4","parent_id":"1","start_ns":1790000000900000000,"duration":1500000000.0,"status":"error",
                 "meta":{"kind":"llm","model_name":"gpt-4.1","model_provider":"openai","metadata":{"temperature":0.2},"intent":"answer",
                  "error":{"type":"E","message":"too long","stack":"at x"},
                  "tool_definitions":[{"name":"find","schema":{"type":"object"}}],
                  "input":{"messages":[{"role":"system","content":"You plan"},{"role":"user","content":"Weekend in Lyon?"}],
                    "prompt":{"id":"planner","version":"3","template":"Plan {{q}}","variables":{"q":"Lyon"}}},
                  "output":{"messages":[{"role":"assistant","content":"Here is a plan","tool_calls":[{"name":"find","arguments":{"city":"Lyon"},"tool_id":"c1"}]}]}},
                 "metrics":{"input_tokens":410,"output_tokens":95,"cache_read_input_tokens":128,"time_to_first_token":0.25}}
                """));

    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(response.body()).isEmpty();
    assertThat(server.spans).hasSize(3);
    Span agent = server.spans.get(0);
    assertThat(agent.kind()).isEqualTo(SpanKind.AGENT);
    assertThat(agent.traceId()).isEqualTo("9001");
    assertThat(agent.parentId()).isEmpty();
    assertThat(agent.durationNanos()).isEqualTo(2_600_000_000L);
    assertThat(agent.sessionId()).isEqualTo("s1");
    assertThat(agent.userId()).isEqualTo("42");
    assertThat(agent.origin().environment()).isEqualTo("prod");
    assertThat(agent.inputPreview()).isEqualTo("Where to?");
    assertThat(Messages.documents(server.spans.get(1).documents()).getFirst().text())
        .isEqualTo("Old town");
    Span llm = server.spans.get(2);
    assertThat(llm.status()).isEqualTo(SpanStatus.ERROR);
    assertThat(llm.error().message()).isEqualTo("too long");
    assertThat(llm.inputPreview()).isEqualTo("Weekend in Lyon?");
    assertThat(llm.inputHashes()).hasSize(2);
    assertThat(llm.usage().cacheRead()).isEqualTo(128);
    assertThat(llm.cost().price()).isEqualTo("openai/gpt-4.1");
    assertThat(llm.model().timeToFirstTokenNanos()).isEqualTo(250_000_000);
    assertThat(llm.prompt().variables()).isEqualTo("{\"q\":\"Lyon\"}");
    assertThat(llm.metadata()).contains("\"intent\":\"answer\"");
    assertThat(llm.model().parameters()).contains("\"temperature\":0.2");
    assertThat(Messages.toolDefinitions(llm.toolDefinitions()).getFirst().name()).isEqualTo("find");
    assertThat(llm.raw()).contains("\"messages\":{\"$json\":\"input\"}").doesNotContain("You plan");
    assertThat(llm.warnings()).isEmpty();
  }

  @Test
  void only_the_span_without_an_id_is_refused() throws Exception {
    assertThat(
            post(payload(
                    "{\"trace_id\":\"1\",\"span_id\":\"2\",\"start_ns\":1790000000000000000,\"duration\":1,\"meta\":{\"kind\":\"task\"}},"
                        + "{\"trace_id\":\"1\",\"meta\":{\"kind\":\"task\"}},7"))
                .statusCode())
        .isEqualTo(202);
    assertThat(server.spans).hasSize(1);
    assertThat(server.log.newest(1).getFirst().rejected()).isEqualTo(2);
  }

  @Test
  void odd_values_are_kept_with_a_warning() throws Exception {
    assertThat(
            post(payload(
                    "{\"name\":\"x\",\"trace_id\":1,\"span_id\":2,\"parent_id\":2,\"start_ns\":1e30,\"duration\":NaN,\"meta\":{\"kind\":\"dream\"},\"metrics\":{\"input_tokens\":-4,\"output_tokens\":1e18,\"total_cost\":NaN}}"))
                .statusCode())
        .isEqualTo(202);
    Span span = server.spans.getFirst();
    assertThat(span.startNanos())
        .isEqualTo(Harness.CLOCK.instant().getEpochSecond() * 1_000_000_000L);
    assertThat(span.usage().isEmpty()).isTrue();
    assertThat(span.warnings())
        .extracting(w -> w.substring(0, w.indexOf(':')))
        .contains("own_parent", "start_missing", "bad_tokens");
  }

  @Test
  void what_can_not_be_read_says_what_to_do() throws Exception {
    assertThat(post("{\"data\":").statusCode()).isEqualTo(400);
    assertThat(new String(post("{\"data\":{\"secret").body(), StandardCharsets.UTF_8))
        .contains("can't be read at byte")
        .doesNotContain("secret");
    server.full = true;
    assertThat(
            post(payload("{\"trace_id\":\"1\",\"span_id\":\"2\"}"))
                .headers()
                .firstValue("Retry-After"))
        .contains("7");
  }
}
