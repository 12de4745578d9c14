package io.tracewell.server.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.message.Messages;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The versions of the conventions, one way of saying a thing after the other. */
class OtelConventionsTest {
  private static final Normaliser NORMALISER =
      new Normaliser((model, usage, start) -> Cost.unpriced("test"));

  private final Sent.Span sent = new Sent.Span();
  private String scope = "";

  OtelConventionsTest() {
    sent.traceId = "ab".repeat(16);
    sent.spanId = "cd".repeat(8);
    sent.name = "name on the wire";
    sent.startNanos = 1_790_000_000_000_000_000L;
    sent.endNanos = sent.startNanos + 2_000_000_000L;
  }

  private Span read(Object... attributes) {
    sent.attributes = of(attributes);
    return NORMALISER.normalise(
        new Sent.Resource(of("service.name", "app"), ""),
        new Sent.Scope(scope, "1", Attributes.NONE, ""),
        sent,
        "otlp-grpc",
        0);
  }

  private static Attributes of(Object... pairs) {
    Attributes attributes = new Attributes(pairs.length / 2);
    for (int i = 0; i < pairs.length; i += 2) {
      attributes.add((String) pairs[i], pairs[i + 1]);
    }
    return attributes;
  }

  private void event(String name, Object... attributes) {
    if (sent.events.isEmpty()) {
      sent.events = new java.util.ArrayList<>();
    }
    sent.events.add(new Sent.Event(sent.startNanos, name, of(attributes), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "chat,LLM",
    "text_completion,LLM",
    "generate_content,LLM",
    "Chat,LLM",
    "embeddings,EMBEDDING",
    "execute_tool,TOOL",
    "invoke_agent,AGENT",
    "create_agent,AGENT",
    "invoke_workflow,WORKFLOW",
    "retrieval,RETRIEVAL",
    "rerank,RETRIEVAL",
    "plan,TASK",
    "search_memory,TASK",
    "apply_guardrail,GUARDRAIL",
    "something_new,TASK"
  })
  void the_operation_decides_the_kind(String operation, SpanKind kind) {
    assertThat(read("gen_ai.operation.name", operation).kind()).isEqualTo(kind);
  }

  @Test
  void without_an_operation_the_shape_of_the_span_decides() {
    assertThat(read("gen_ai.request.model", "m", "gen_ai.usage.input_tokens", 1L).kind())
        .isEqualTo(SpanKind.LLM);
    assertThat(read("gen_ai.tool.name", "f").kind()).isEqualTo(SpanKind.TOOL);
    assertThat(read("mcp.method.name", "tools/call").kind()).isEqualTo(SpanKind.TOOL);
    assertThat(read("db.system.name", "qdrant", "db.operation.name", "query").kind())
        .isEqualTo(SpanKind.RETRIEVAL);
    assertThat(read("db.system.name", "postgresql", "db.operation.name", "query").kind())
        .isEqualTo(SpanKind.SPAN);
    Span http = read("http.request.method", "GET", "session.id", "s");
    assertThat(http.kind()).isEqualTo(SpanKind.SPAN);
    assertThat(http.kindRule()).isEqualTo("no sign of LLM work");
    assertThat(http.sessionId()).isEqualTo("s");
    assertThat(http.metadata()).contains("\"http.request.method\":\"GET\"");
  }

  @Test
  void messages_as_span_events() {
    event("gen_ai.system.message", "content", "Be brief.");
    event("gen_ai.user.message", "content", "Weather?");
    event(
        "gen_ai.choice",
        "index",
        0L,
        "finish_reason",
        "tool_calls",
        "message",
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}");
    Span span = read("gen_ai.system", "openai", "gen_ai.request.model", "gpt-4o");
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.input().format()).isEqualTo(ContentFormat.MESSAGES);
    assertThat(span.inputPreview()).isEqualTo("Weather?");
    assertThat(span.inputHashes()).hasSize(2);
    assertThat(Messages.read(span.output(), "assistant").getFirst().parts())
        .containsExactly(new Part.ToolCall("c", "f", "{}"));
    assertThat(span.model().finishReasons()).isEqualTo("tool_calls");
  }

  @Test
  void messages_in_one_event_of_details_and_the_oldest_events() {
    event(
        "gen_ai.client.inference.operation.details",
        "gen_ai.input.messages",
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"q\"}]}]");
    event("gen_ai.content.completion", "gen_ai.completion", "the answer");
    Span span = read("gen_ai.operation.name", "chat");
    assertThat(span.inputPreview()).isEqualTo("q");
    assertThat(span.outputPreview()).isEqualTo("the answer");
  }

  @Test
  void prompt_and_completion_as_attributes() {
    Span span =
        read(
            "gen_ai.request.model", "m",
            "gen_ai.prompt", "[{\"role\":\"user\",\"content\":\"q\"}]",
            "gen_ai.completion", "a",
            "gen_ai.usage.prompt_tokens", 3L,
            "gen_ai.usage.completion_tokens", 4L);
    assertThat(span.inputPreview()).isEqualTo("q");
    assertThat(span.outputPreview()).isEqualTo("a");
    assertThat(span.usage().input()).isEqualTo(3);
    assertThat(span.usage().output()).isEqualTo(4);
  }

  @Test
  void messages_leaf_by_leaf() {
    Span span =
        read(
            "llm.request.type",
            "chat",
            "gen_ai.request.model",
            "m",
            // Indices may have gaps, and come in any order.
            "gen_ai.prompt.3.role",
            "tool",
            "gen_ai.prompt.3.content",
            "18 degrees",
            "gen_ai.prompt.3.tool_call_id",
            "call_1",
            "gen_ai.prompt.0.role",
            "system",
            "gen_ai.prompt.0.content",
            "Be brief.",
            "gen_ai.prompt.1.role",
            "user",
            "gen_ai.prompt.1.content",
            "Weather?",
            "gen_ai.completion.0.role",
            "assistant",
            "gen_ai.completion.0.finish_reason",
            "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id",
            "call_2",
            "gen_ai.completion.0.tool_calls.0.name",
            "forecast",
            "gen_ai.completion.0.tool_calls.0.arguments",
            "{\"city\":\"Lyon\"}");
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(Messages.read(span.input(), "user"))
        .extracting(message -> message.role())
        .containsExactly("system", "user", "tool");
    assertThat(Messages.read(span.input(), "user").get(2).parts())
        .containsExactly(new Part.ToolResult("call_1", null, "18 degrees", false));
    assertThat(Messages.read(span.output(), "assistant").getFirst().parts())
        .containsExactly(new Part.ToolCall("call_2", "forecast", "{\"city\":\"Lyon\"}"));
    assertThat(span.model().finishReasons()).isEqualTo("tool_calls");
    assertThat(span.inputPreview()).isEqualTo("Weather?");
  }

  @Test
  void a_prompt_that_is_text_is_not_a_list_and_one_with_a_name_is_managed() {
    Span span =
        read(
            "gen_ai.operation.name", "chat",
            "gen_ai.prompt", "plain words",
            "gen_ai.prompt.name", "greeting",
            "gen_ai.prompt.version", "3");
    assertThat(span.inputPreview()).isEqualTo("plain words");
    assertThat(span.prompt().name()).isEqualTo("greeting");
    assertThat(span.prompt().version()).isEqualTo("3");
  }

  @Test
  void structure_and_text_of_the_same_message_give_the_same_hash() {
    String json =
        "[{\"role\": \"user\", \"parts\": [{\"type\": \"text\", \"content\": \"Z\\u00fcrich\"}]}]";
    Span text = read("gen_ai.input.messages", json);
    Span structure =
        read(
            "gen_ai.input.messages",
            List.of(of("role", "user", "parts", List.of(of("type", "text", "content", "Zürich")))));
    assertThat(structure.inputHashes()).isEqualTo(text.inputHashes());
    assertThat(text.raw()).contains("{\"$ref\":\"input\"}");
    assertThat(structure.raw()).contains("{\"$json\":\"input\"}");
  }

  @Test
  void a_tool_span() {
    Span span =
        read(
            "gen_ai.operation.name", "execute_tool",
            "gen_ai.tool.name", "weather",
            "gen_ai.tool.call.id", "c1",
            "gen_ai.tool.call.arguments", "{\"city\":\"Lyon\"}",
            "gen_ai.tool.call.result", "sunny");
    assertThat(span.name()).isEqualTo("weather");
    assertThat(span.toolName()).isEqualTo("weather");
    assertThat(span.toolCallId()).isEqualTo("c1");
    assertThat(span.input().format()).isEqualTo(ContentFormat.JSON);
    assertThat(span.output().format()).isEqualTo(ContentFormat.TEXT);
    assertThat(span.outputPreview()).isEqualTo("sunny");
    assertThat(span.model().name()).isEmpty();
    assertThat(span.raw()).contains("name on the wire");
  }

  @Test
  void a_retrieval_span() {
    Span span =
        read(
            "gen_ai.operation.name", "retrieval",
            "gen_ai.retrieval.query.text", "old town",
            "gen_ai.retrieval.documents",
                "[{\"id\":\"d\",\"content\":\"Vieux Lyon\",\"score\":0.9}]");
    assertThat(span.inputPreview()).isEqualTo("old town");
    assertThat(Messages.documents(span.documents()).getFirst().score()).isEqualTo(0.9);
    assertThat(span.texts()).extracting(t -> t.text()).contains("Vieux Lyon");
  }

  @Test
  void an_agent_span_and_a_managed_prompt() {
    Span span =
        read(
            "gen_ai.operation.name", "invoke_agent",
            "gen_ai.agent.name", "planner",
            "gen_ai.prompt.name", "plan",
            "gen_ai.prompt.version", "7",
            "gen_ai.prompt.variable.city", "Lyon");
    assertThat(span.name()).isEqualTo("planner");
    assertThat(span.agentName()).isEqualTo("planner");
    assertThat(span.prompt().version()).isEqualTo("7");
    assertThat(span.prompt().variables()).isEqualTo("{\"city\":\"Lyon\"}");
  }

  @Test
  void usage_that_leaves_the_cache_out_is_completed() {
    Span exclusive =
        read(
            "gen_ai.provider.name", "anthropic",
            "gen_ai.request.model", "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens", 20L,
            "gen_ai.usage.output_tokens", 5L,
            "gen_ai.usage.cache_read.input_tokens", 5000L,
            "gen_ai.usage.cache_creation.input_tokens", 300L);
    Span inclusive =
        read(
            "gen_ai.provider.name", "anthropic",
            "gen_ai.request.model", "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens", 5320L,
            "gen_ai.usage.output_tokens", 5L,
            "gen_ai.usage.cache_read.input_tokens", 5000L,
            "gen_ai.usage.cache_write.input_tokens", 300L);
    for (Span span : List.of(exclusive, inclusive)) {
      assertThat(span.usage().input()).isEqualTo(5320);
      assertThat(span.usage().cacheWrite()).isEqualTo(300);
    }
    assertThat(exclusive.usage().rule()).startsWith("exclusive");
    assertThat(inclusive.usage().rule()).startsWith("inclusive");
  }

  @Test
  void where_the_figures_do_not_tell_the_instrumentation_does() {
    scope = "opentelemetry.instrumentation.genai.bedrock";
    Span span =
        read(
            "gen_ai.provider.name", "aws.bedrock",
            "gen_ai.usage.input_tokens", 6000L,
            "gen_ai.usage.output_tokens", 1L,
            "gen_ai.usage.cache_read.input_tokens", 5000L);
    assertThat(span.usage().input()).isEqualTo(11_000);
    assertThat(span.usage().rule()).contains("bedrock");
  }

  @Test
  void reasoning_that_is_not_in_output_is_added() {
    Span span =
        read(
            "gen_ai.usage.input_tokens", 10L,
            "gen_ai.usage.output_tokens", 5L,
            "gen_ai.usage.total_tokens", 35L,
            "gen_ai.usage.reasoning.output_tokens", 20L);
    assertThat(span.usage().output()).isEqualTo(25);
    assertThat(
            read("gen_ai.usage.output_tokens", 25L, "gen_ai.usage.reasoning_tokens", 20L)
                .usage()
                .output())
        .isEqualTo(25);
  }

  @Test
  void figures_as_text_and_reported_cost() {
    Span span =
        read(
            "gen_ai.usage.input_tokens", "12",
            "gen_ai.usage.output_tokens", 3.0,
            "gen_ai.usage.cost", "0.0025");
    assertThat(span.usage().input()).isEqualTo(12);
    assertThat(span.usage().output()).isEqualTo(3);
    assertThat(span.cost().source()).isEqualTo("reported");
    assertThat(span.cost().total()).isEqualTo(2_500_000_000L);
  }

  @Test
  void errors_with_their_stack() {
    sent.statusCode = 2;
    sent.statusMessage = "status";
    event(
        "exception",
        "exception.type",
        "a.B",
        "exception.message",
        "boom",
        "exception.stacktrace",
        "at x");
    Span span = read("error.type", "500");
    assertThat(span.status()).isEqualTo(SpanStatus.ERROR);
    assertThat(span.error().type()).isEqualTo("a.B");
    assertThat(span.error().stack()).isEqualTo("at x");
    assertThat(span.outputPreview()).isEqualTo("boom");

    sent.events = List.of();
    assertThat(read("error.type", "500").error().message()).isEqualTo("status");
    sent.statusCode = 0;
    assertThat(read("error.type", "timeout").status()).isEqualTo(SpanStatus.ERROR);
  }

  @Test
  void handled_exceptions_and_control_flow_are_not_errors() {
    event("exception", "exception.type", "a.B");
    assertThat(read().status()).isEqualTo(SpanStatus.UNSET);
    sent.statusCode = 2;
    sent.events = List.of();
    event("exception", "exception.type", "langgraph.errors.GraphInterrupt");
    assertThat(read().status()).isEqualTo(SpanStatus.UNSET);
  }

  @ParameterizedTest
  @CsvSource({
    "az.ai.openai,azure.ai.openai",
    "bedrock,aws.bedrock",
    "openai.responses,openai",
    "vertex_ai,gcp.vertex_ai",
    "xai,x_ai",
    "acme,acme",
    "langchain,''"
  })
  void providers_have_one_name(String wire, String canonical) {
    assertThat(
            read(
                    "gen_ai.system",
                    wire,
                    "gen_ai.operation.name",
                    "chat",
                    "gen_ai.request.model",
                    "m")
                .model()
                .provider())
        .isEqualTo(canonical);
  }

  @Test
  void a_provider_that_was_not_sent_is_inferred() {
    assertThat(
            read(
                    "gen_ai.request.model",
                    "m",
                    "gen_ai.operation.name",
                    "chat",
                    "server.address",
                    "api.anthropic.com")
                .model()
                .provider())
        .isEqualTo("anthropic");
    assertThat(
            read("gen_ai.request.model", "gemini-2.5-pro", "gen_ai.operation.name", "chat")
                .model()
                .provider())
        .isEqualTo("gcp.gemini");
  }

  @Test
  void time_to_first_token_in_seconds_or_by_mistake_in_milliseconds() {
    assertThat(
            read("gen_ai.operation.name", "chat", "gen_ai.response.time_to_first_chunk", 0.25)
                .model()
                .timeToFirstTokenNanos())
        .isEqualTo(250_000_000);
    assertThat(
            read("gen_ai.operation.name", "chat", "gen_ai.server.time_to_first_token", 250L)
                .model()
                .timeToFirstTokenNanos())
        .isEqualTo(250_000_000);
  }

  @Test
  void raw_gives_types_back_and_keeps_the_senders_own_dollar_keys() {
    Span span =
        read(
            "i",
            1L,
            "d",
            1.0,
            "b",
            true,
            "n",
            null,
            "y",
            new byte[] {1},
            "m",
            of("$ref", "x"),
            "long",
            "v".repeat(400));
    assertThat(span.raw())
        .contains(
            "\"i\":1,\"d\":1.0,\"b\":true,\"n\":null,\"y\":{\"$bytes\":\"AQ==\"},\"m\":{\"$$ref\":\"x\"},\"long\":{\"$ref\":\"metadata\"}");
    assertThat(span.metadata()).contains("v".repeat(400));
  }
}
