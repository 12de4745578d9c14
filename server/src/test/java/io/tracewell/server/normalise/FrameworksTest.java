package io.tracewell.server.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Cost;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.Span;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLog;
import io.tracewell.core.Usage;
import io.tracewell.server.message.Json;
import io.tracewell.server.message.Messages;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What frameworks send of which there is no recording, as their source writes it. */
class FrameworksTest {
  private static final Normaliser NORMALISER =
      new Normaliser((model, usage, start) -> Cost.unpriced("test"));

  private String name = "name on the wire";
  private String scope = "";
  private String parent = "";

  private Span read(Object... attributes) {
    Sent.Span sent = new Sent.Span();
    sent.traceId = "ab".repeat(16);
    sent.spanId = "cd".repeat(8);
    sent.parentId = parent;
    sent.name = name;
    sent.startNanos = 1_790_000_000_000_000_000L;
    sent.endNanos = sent.startNanos + 2_000_000_000L;
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

  private static List<Message> input(Span span) {
    return Messages.read(span.input(), "user");
  }

  private static List<Message> output(Span span) {
    return Messages.read(span.output(), "assistant");
  }

  private static JsonNode parameters(Span span) {
    return Objects.requireNonNull(Json.tree(span.model().parameters()));
  }

  // --- Haystack ---

  @Test
  void haystack_generator() {
    name = "haystack.component.run";
    scope = "any tracer";
    parent = "01".repeat(8);
    Span span =
        read(
            "haystack.component.name",
            "llm",
            "haystack.component.type",
            "OpenAIChatGenerator",
            "haystack.component.input",
            "{\"messages\": [{\"role\": \"user\", \"meta\": {}, \"name\": null, \"content\":"
                + " [{\"text\": \"How warm is it?\"}]}, {\"role\": \"tool\", \"meta\": {},"
                + " \"name\": null, \"content\": [{\"tool_call_result\": {\"result\": \"18"
                + " degrees\", \"origin\": {\"tool_name\": \"weather\", \"arguments\": {},"
                + " \"id\": \"call_1\", \"extra\": null}, \"error\": false}}]}],"
                + " \"generation_kwargs\": {\"temperature\": 0.5}}",
            "haystack.component.output",
            "{\"replies\": [{\"role\": \"assistant\", \"meta\": {\"model\":"
                + " \"gpt-4o-mini-2024-07-18\", \"index\": 0, \"finish_reason\": \"stop\","
                + " \"usage\": {\"prompt_tokens\": 40, \"completion_tokens\": 7,"
                + " \"total_tokens\": 47, \"prompt_tokens_details\": {\"cached_tokens\":"
                + " 16}}}, \"name\": null, \"content\": [{\"text\": \"It is 18"
                + " degrees.\"}]}]}");
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.name()).isEqualTo("llm");
    assertThat(span.model().name()).isEqualTo("gpt-4o-mini-2024-07-18");
    assertThat(span.model().finishReasons()).isEqualTo("stop");
    assertThat(parameters(span).path("temperature").asDouble()).isEqualTo(0.5);
    assertThat(span.usage().input()).isEqualTo(40);
    assertThat(span.usage().cacheRead()).isEqualTo(16);
    assertThat(span.usage().output()).isEqualTo(7);
    assertThat(input(span)).hasSize(2);
    assertThat(input(span).get(1).parts())
        .containsExactly(new Part.ToolResult("call_1", "weather", "18 degrees", false));
    assertThat(span.outputPreview()).isEqualTo("It is 18 degrees.");
  }

  @Test
  void haystack_older_generator_with_texts_beside_their_meta() {
    name = "haystack.component.run";
    Span span =
        read(
            "haystack.component.type",
            "OpenAIGenerator",
            "haystack.component.input",
            "{\"prompt\": \"Say hi\"}",
            "haystack.component.output",
            "{\"replies\": [\"hi\"], \"meta\": [{\"model\": \"gpt-4o-mini\", \"finish_reason\":"
                + " \"stop\", \"usage\": {\"prompt_tokens\": 4, \"completion_tokens\": 1}}]}");
    assertThat(span.model().name()).isEqualTo("gpt-4o-mini");
    assertThat(span.usage().input()).isEqualTo(4);
    assertThat(span.inputPreview()).isEqualTo("Say hi");
    assertThat(span.outputPreview()).isEqualTo("hi");
  }

  @Test
  void haystack_agent_steps() {
    name = "haystack.agent.step.llm";
    parent = "01".repeat(8);
    Span call =
        read(
            "haystack.agent.step.llm.input",
            "{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"Weather?\"}]}]}",
            "haystack.agent.step.llm.output",
            "{\"replies\": [{\"role\": \"assistant\", \"meta\": {\"model\": \"gpt-4o\","
                + " \"usage\": {\"prompt_tokens\": 9, \"completion_tokens\": 3}}, \"content\":"
                + " [{\"tool_call\": {\"tool_name\": \"weather\", \"arguments\": {\"city\":"
                + " \"Lyon\"}, \"id\": \"call_7\", \"extra\": null}}]}]}");
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.usage().total()).isEqualTo(12);
    assertThat(call.inputPreview()).isEqualTo("Weather?");
    assertThat(output(call).getFirst().parts())
        .containsExactly(new Part.ToolCall("call_7", "weather", "{\"city\":\"Lyon\"}"));

    name = "haystack.agent.step.tool";
    Span tool =
        read(
            "haystack.tool.name",
            "weather",
            "haystack.agent.step.tool.input",
            "{\"city\": \"Lyon\"}",
            "haystack.agent.step.tool.output",
            "18 degrees");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(tool.name()).isEqualTo("weather");
    assertThat(tool.input().text()).isEqualTo("{\"city\": \"Lyon\"}");
    assertThat(tool.output().text()).isEqualTo("18 degrees");

    name = "haystack.agent.step";
    assertThat(read("haystack.agent.step", 0L).kind()).isEqualTo(SpanKind.TASK);
    name = "haystack.agent.run";
    assertThat(read("haystack.agent.max_steps", 5L).kind()).isEqualTo(SpanKind.AGENT);
  }

  // --- LangSmith ---

  private static String langChain(String usage) {
    return "{\"generations\": [[{\"text\": \"Lyon\", \"generation_info\": {\"finish_reason\":"
        + " \"stop\"}, \"type\": \"ChatGeneration\", \"message\": {\"lc\": 1, \"type\":"
        + " \"constructor\", \"id\": [\"langchain\", \"schema\", \"messages\", \"AIMessage\"],"
        + " \"kwargs\": {\"content\": \"Lyon\", \"type\": \"ai\", \"response_metadata\":"
        + " {\"model_name\": \"the-dated-model\", \"id\": \"msg_1\"}, \"usage_metadata\": "
        + usage
        + "}}}]]}";
  }

  @Test
  void langsmith_reads_what_was_cached_from_the_message() {
    scope = "langsmith";
    Span span =
        read(
            "langsmith.span.kind",
            "llm",
            "gen_ai.operation.name",
            "chat",
            "gen_ai.system",
            "anthropic",
            "gen_ai.request.model",
            "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens",
            2326L,
            "gen_ai.usage.output_tokens",
            5L,
            "gen_ai.usage.total_tokens",
            2331L,
            "langsmith.metadata.thread_id",
            "thread-1",
            "gen_ai.prompt",
            "{\"messages\": [[{\"lc\": 1, \"type\": \"constructor\", \"id\": [\"langchain\","
                + " \"schema\", \"messages\", \"HumanMessage\"], \"kwargs\": {\"content\":"
                + " \"Which city?\", \"type\": \"human\"}}]]}",
            "gen_ai.completion",
            langChain(
                "{\"input_tokens\": 2326, \"output_tokens\": 5, \"total_tokens\": 2331,"
                    + " \"input_token_details\": {\"cache_creation\": 300, \"cache_read\":"
                    + " 2000}, \"output_token_details\": {\"reasoning\": 2}}"));
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.usage().input()).isEqualTo(2326);
    assertThat(span.usage().cacheRead()).isEqualTo(2000);
    assertThat(span.usage().cacheWrite()).isEqualTo(300);
    assertThat(span.usage().reasoning()).isEqualTo(2);
    assertThat(span.sessionId()).isEqualTo("thread-1");
    assertThat(span.inputPreview()).isEqualTo("Which city?");
    assertThat(span.outputPreview()).isEqualTo("Lyon");
    assertThat(span.model().name()).isEqualTo("the-dated-model");
  }

  @Test
  void langsmith_for_node_wraps_a_request_whose_text_looks_like_a_list() {
    scope = "langsmith";
    Span call =
        read(
            "langsmith.span.kind",
            "llm",
            "gen_ai.prompt",
            "{\"model\":\"o4-mini\",\"instructions\":\"Be brief.\",\"input\":\"[1] Why?\"}");
    assertThat(input(call)).extracting(Message::role).containsExactly("system", "user");
    assertThat(call.inputPreview()).isEqualTo("[1] Why?");
  }

  @Test
  void langsmith_bedrock_leaves_the_cache_out_of_input() {
    scope = "langsmith";
    Span span =
        read(
            "langsmith.span.kind",
            "llm",
            "gen_ai.system",
            "aws.bedrock",
            "gen_ai.request.model",
            "anthropic.claude-sonnet-4-5-v1:0",
            "gen_ai.usage.input_tokens",
            6000L,
            "gen_ai.usage.output_tokens",
            5L,
            "gen_ai.completion",
            langChain(
                "{\"input_tokens\": 6000, \"output_tokens\": 5, \"total_tokens\": 11005,"
                    + " \"input_token_details\": {\"cache_creation\": 0, \"cache_read\":"
                    + " 5000}}"));
    assertThat(span.usage().input()).isEqualTo(11_000);
    assertThat(span.usage().cacheRead()).isEqualTo(5000);
  }

  @Test
  void langsmith_details_in_pythons_notation() {
    scope = "langsmith";
    Span span =
        read(
            "langsmith.span.kind",
            "llm",
            "gen_ai.system",
            "openai",
            "gen_ai.request.model",
            "gpt-4o",
            "gen_ai.usage.input_tokens",
            100L,
            "gen_ai.usage.output_tokens",
            50L,
            "gen_ai.usage.input_token_details",
            "{'cache_read': 64, 'audio': None}",
            "gen_ai.usage.output_token_details",
            "{'reasoning': 20}",
            "gen_ai.response.finish_reasons",
            "stop, length");
    assertThat(span.usage().input()).isEqualTo(100);
    assertThat(span.usage().cacheRead()).isEqualTo(64);
    assertThat(span.usage().reasoning()).isEqualTo(20);
    assertThat(span.model().finishReasons()).isEqualTo("stop,length");
  }

  @Test
  void langsmith_retriever() {
    scope = "langsmith";
    Span span =
        read(
            "langsmith.span.kind",
            "retriever",
            "gen_ai.operation.name",
            "embeddings",
            "gen_ai.system",
            "langchain",
            "gen_ai.prompt",
            "{\"query\": \"old town\"}",
            "gen_ai.completion",
            "{\"documents\": [{\"id\": null, \"metadata\": {\"source\": \"guide\"},"
                + " \"page_content\": \"Vieux Lyon\", \"type\": \"Document\"}]}");
    assertThat(span.kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(Messages.documents(span.documents()).getFirst().text()).isEqualTo("Vieux Lyon");
  }

  // --- Google's Agent Development Kit ---

  @Test
  void adk_call_with_its_request_and_response() {
    name = "call_llm";
    scope = "gcp.vertex.agent";
    parent = "01".repeat(8);
    Span span =
        read(
            "gen_ai.system",
            "gcp.vertex.agent",
            "gen_ai.request.model",
            "gemini-2.5-flash",
            "gcp.vertex.agent.session_id",
            "s-1",
            "gcp.vertex.agent.llm_request",
            "{\"model\": \"gemini-2.5-flash\", \"config\": {\"temperature\": 0.2,"
                + " \"system_instruction\": \"Be brief.\", \"tools\": [{\"function_declarations\":"
                + " [{\"name\": \"weather\", \"description\": \"d\"}]}]}, \"contents\":"
                + " [{\"role\": \"user\", \"parts\": [{\"text\": \"Weather in Lyon?\"}]}]}",
            "gcp.vertex.agent.llm_response",
            "{\"content\": {\"parts\": [{\"function_call\": {\"id\": \"fc1\", \"args\":"
                + " {\"city\": \"Lyon\"}, \"name\": \"weather\"}}], \"role\": \"model\"},"
                + " \"finish_reason\": \"STOP\", \"usage_metadata\": {\"prompt_token_count\": 100,"
                + " \"cached_content_token_count\": 60, \"candidates_token_count\": 10,"
                + " \"thoughts_token_count\": 30, \"total_token_count\": 140}}",
            "gen_ai.usage.input_tokens",
            100L,
            "gen_ai.usage.output_tokens",
            10L);
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.model().provider()).isEqualTo("gcp.gemini");
    assertThat(span.usage().input()).isEqualTo(100);
    assertThat(span.usage().cacheRead()).isEqualTo(60);
    assertThat(span.usage().output()).isEqualTo(40);
    assertThat(span.usage().reasoning()).isEqualTo(30);
    assertThat(span.sessionId()).isEqualTo("s-1");
    assertThat(parameters(span).path("temperature").asDouble()).isEqualTo(0.2);
    assertThat(span.inputPreview()).isEqualTo("Weather in Lyon?");
    assertThat(output(span).getFirst().parts())
        .containsExactly(new Part.ToolCall("fc1", "weather", "{\"city\":\"Lyon\"}"));
    assertThat(Messages.toolDefinitions(span.toolDefinitions()).getFirst().name())
        .isEqualTo("weather");
  }

  @Test
  void adk_tools_and_the_merged_one_that_is_none() {
    name = "execute_tool weather";
    scope = "gcp.vertex.agent";
    parent = "01".repeat(8);
    Span tool =
        read(
            "gen_ai.operation.name",
            "execute_tool",
            "gen_ai.tool.name",
            "weather",
            "gen_ai.tool.call.id",
            "<not specified>",
            "gcp.vertex.agent.llm_request",
            "{}",
            "gcp.vertex.agent.llm_response",
            "{}",
            "gcp.vertex.agent.tool_call_args",
            "{\"city\": \"Lyon\"}",
            "gcp.vertex.agent.tool_response",
            "{\"result\": \"sunny\"}");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(tool.toolCallId()).isEmpty();
    assertThat(tool.input().text()).isEqualTo("{\"city\": \"Lyon\"}");
    assertThat(tool.output().text()).isEqualTo("{\"result\": \"sunny\"}");

    name = "execute_tool (merged tools)";
    Span merged =
        read(
            "gen_ai.operation.name",
            "execute_tool",
            "gen_ai.tool.name",
            "(merged tools)",
            "gcp.vertex.agent.tool_call_args",
            "N/A");
    assertThat(merged.kind()).isEqualTo(SpanKind.TASK);
  }

  // --- Spring AI ---

  @Test
  void spring_ai_says_everything_as_text() {
    scope = "org.springframework.boot";
    Span call =
        read(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.system",
            "openai",
            "gen_ai.request.model",
            "gpt-4o",
            "gen_ai.request.temperature",
            "0.7",
            "gen_ai.response.model",
            "none",
            "gen_ai.response.finish_reasons",
            "[\"STOP\"]",
            "gen_ai.usage.input_tokens",
            "100",
            "gen_ai.usage.cache_read.input_tokens",
            "64",
            "gen_ai.usage.output_tokens",
            "20",
            "gen_ai.usage.total_tokens",
            "120");
    assertThat(call.model().name()).isEqualTo("gpt-4o");
    assertThat(call.model().finishReasons()).isEqualTo("stop");
    assertThat(call.usage().input()).isEqualTo(100);
    assertThat(call.usage().cacheRead()).isEqualTo(64);

    Span anthropic =
        read(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.system",
            "anthropic",
            "gen_ai.request.model",
            "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens",
            "6000",
            "gen_ai.usage.cache_read.input_tokens",
            "5000",
            "gen_ai.usage.output_tokens",
            "20",
            "gen_ai.usage.total_tokens",
            "6020");
    assertThat(anthropic.usage().input()).isEqualTo(11_000);
  }

  @Test
  void spring_ai_kinds() {
    scope = "org.springframework.boot";
    parent = "01".repeat(8);
    assertThat(read("gen_ai.operation.name", "framework", "spring.ai.kind", "chat_client").kind())
        .isEqualTo(SpanKind.WORKFLOW);
    assertThat(read("gen_ai.operation.name", "framework", "spring.ai.kind", "advisor").kind())
        .isEqualTo(SpanKind.TASK);
    Span tool =
        read(
            "gen_ai.operation.name",
            "framework",
            "spring.ai.kind",
            "tool_call",
            "spring.ai.tool.definition.name",
            "weather",
            "spring.ai.tool.call.arguments",
            "{\"city\":\"Lyon\"}",
            "spring.ai.tool.call.result",
            "sunny");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(tool.name()).isEqualTo("weather");
    assertThat(tool.output().text()).isEqualTo("sunny");
    Span query =
        read(
            "spring.ai.kind",
            "vector_store",
            "db.system",
            "pg_vector",
            "db.operation.name",
            "query",
            "db.vector.query.content",
            "old town",
            "db.vector.query.response.documents",
            "[\"Vieux Lyon\", \"Fourvière\"]");
    assertThat(query.kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(query.inputPreview()).isEqualTo("old town");
    assertThat(Messages.documents(query.documents())).hasSize(2);
    assertThat(
            read(
                    "spring.ai.kind",
                    "vector_store",
                    "db.system",
                    "pg_vector",
                    "db.operation.name",
                    "add")
                .kind())
        .isEqualTo(SpanKind.TASK);
  }

  // --- Microsoft ---

  @Test
  void agent_framework() {
    scope = "agent_framework";
    name = "invoke_agent planner";
    Span agent =
        read(
            "gen_ai.operation.name",
            "invoke_agent",
            "gen_ai.provider.name",
            "microsoft.agent_framework",
            "gen_ai.agent.name",
            "planner",
            "gen_ai.conversation.id",
            "c-1",
            "gen_ai.usage.input_tokens",
            30L,
            "gen_ai.usage.output_tokens",
            5L);
    assertThat(agent.kind()).isEqualTo(SpanKind.AGENT);
    assertThat(agent.sessionId()).isEqualTo("c-1");
    assertThat(agent.model().provider()).isEmpty();
    parent = "01".repeat(8);
    Span call =
        read(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.provider.name",
            "anthropic",
            "gen_ai.request.model",
            "unknown",
            "gen_ai.response.model",
            "claude-sonnet-4-5",
            "gen_ai.response.finish_reasons",
            "[\"stop\"]",
            "gen_ai.usage.input_tokens",
            6000L,
            "gen_ai.usage.output_tokens",
            5L,
            "gen_ai.usage.cache_read.input_tokens",
            5000L);
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.model().name()).isEqualTo("claude-sonnet-4-5");
    assertThat(call.usage().input()).isEqualTo(11_000);
    name = "workflow.run";
    assertThat(read("workflow.id", "w").kind()).isEqualTo(SpanKind.WORKFLOW);
    name = "executor.process writer";
    assertThat(read("executor.id", "writer").kind()).isEqualTo(SpanKind.TASK);
    name = "message.send";
    assertThat(read("message.type", "standard").kind()).isEqualTo(SpanKind.SPAN);
  }

  @Test
  void autogen() {
    scope = "autogen-core";
    name = "execute_tool weather";
    Span tool =
        read(
            "gen_ai.operation.name",
            "execute_tool",
            "gen_ai.system",
            "autogen",
            "gen_ai.tool.name",
            "weather");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    scope = "autogen SingleThreadedAgentRuntime";
    name = "autogen process planner_1.(default)-A";
    parent = "01".repeat(8);
    assertThat(read("messaging.operation", "process", "messaging.destination", "planner").kind())
        .isEqualTo(SpanKind.SPAN);
  }

  @Test
  void semantic_kernel_has_one_reason_and_several_with_commas() {
    scope = "semantic_kernel.utils.telemetry.model_diagnostics.decorators";
    name = "chat.completions gpt-4o";
    Span span =
        read(
            "gen_ai.operation.name",
            "chat.completions",
            "gen_ai.system",
            "openai",
            "gen_ai.request.model",
            "gpt-4o",
            "gen_ai.response.id",
            "chatcmpl-1",
            "gen_ai.response.finish_reason",
            "FinishReason.TOOL_CALLS,FinishReason.STOP",
            "gen_ai.usage.input_tokens",
            10L,
            "gen_ai.usage.output_tokens",
            2L);
    assertThat(span.kind()).isEqualTo(SpanKind.LLM);
    assertThat(span.model().finishReasons()).isEqualTo("tool_calls,stop");
  }

  // --- Bedrock AgentCore: AWS's distribution moves messages into logs ---

  private static Span moved(Span span, String body) {
    return new LogMerge()
        .merge(
            span,
            List.of(
                new SpanLog(
                    Span.DEFAULT_PROJECT,
                    span.traceId(),
                    span.spanId(),
                    1,
                    LogMerge.MOVED,
                    0,
                    body,
                    "{}",
                    "app")));
  }

  @Test
  void agentcore_messages_that_were_events() {
    scope = "strands.telemetry.tracer";
    Span span = read("gen_ai.operation.name", "chat", "gen_ai.request.model", "m");
    Span merged =
        moved(
            span,
            "{\"input\":{\"messages\":[{\"role\":\"user\",\"content\":{\"content\":"
                + "\"[{\\\"text\\\": \\\"Weather?\\\"}]\"}}]},\"output\":{\"messages\":"
                + "[{\"role\":\"assistant\",\"content\":{\"message\":\"[{\\\"toolUse\\\":"
                + " {\\\"toolUseId\\\": \\\"t1\\\", \\\"name\\\": \\\"weather\\\", \\\"input\\\":"
                + " {\\\"city\\\": \\\"Lyon\\\"}}}]\",\"finish_reason\":\"tool_use\"}}]}}");
    assertThat(merged.inputPreview()).isEqualTo("Weather?");
    assertThat(output(merged).getFirst().parts())
        .containsExactly(new Part.ToolCall("t1", "weather", "{\"city\":\"Lyon\"}"));
  }

  @Test
  void agentcore_messages_that_were_an_attribute() {
    scope = "opentelemetry.instrumentation.langchain";
    Span span = read("gen_ai.operation.name", "chat", "gen_ai.request.model", "m");
    Span merged =
        moved(
            span,
            "{\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"[{\\\"role\\\":"
                + " \\\"system\\\", \\\"parts\\\": [{\\\"type\\\": \\\"text\\\", \\\"content\\\":"
                + " \\\"Be brief.\\\"}]}, {\\\"role\\\": \\\"user\\\", \\\"parts\\\":"
                + " [{\\\"type\\\": \\\"text\\\", \\\"content\\\": \\\"Weather?\\\"}]}]\"}]},"
                + "\"output\":{\"messages\":[{\"role\":\"assistant\",\"content\":\"sunny\"}]}}");
    assertThat(input(merged)).extracting(Message::role).containsExactly("system", "user");
    assertThat(merged.inputPreview()).isEqualTo("Weather?");
    assertThat(merged.outputPreview()).isEqualTo("sunny");
  }

  // --- Mastra, Genkit, LiveKit ---

  @Test
  void mastra() {
    scope = "@mastra/otel-exporter";
    Span agent =
        read(
            "gen_ai.operation.name",
            "invoke_agent",
            "mastra.span.type",
            "agent_run",
            "gen_ai.agent.name",
            "guide",
            "gen_ai.conversation.id",
            "thread-1",
            "mastra.metadata.userId",
            "u-1",
            "mastra.agent_run.input",
            "[{\"role\":\"user\",\"content\":\"Weather?\"}]",
            "mastra.agent_run.output",
            "{\"text\":\"Sunny.\"}");
    assertThat(agent.kind()).isEqualTo(SpanKind.AGENT);
    assertThat(agent.inputPreview()).isEqualTo("Weather?");
    assertThat(agent.sessionId()).isEqualTo("thread-1");
    assertThat(agent.userId()).isEqualTo("u-1");
    parent = "01".repeat(8);
    Span step =
        read(
            "gen_ai.operation.name",
            "workflow_step",
            "mastra.span.type",
            "workflow_step",
            "mastra.workflow_step.output",
            "done");
    assertThat(step.kind()).isEqualTo(SpanKind.TASK);
    assertThat(step.output().text()).isEqualTo("done");
    Span call =
        read(
            "gen_ai.operation.name",
            "chat",
            "mastra.span.type",
            "model_generation",
            "gen_ai.provider.name",
            "openai",
            "gen_ai.request.model",
            "gpt-4o",
            "gen_ai.usage.input_tokens",
            100L,
            "gen_ai.usage.output_tokens",
            5L,
            "gen_ai.usage.cached_input_tokens",
            64L,
            "mastra.completion_start_time",
            "2026-09-21T14:13:20.250Z");
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.usage().cacheRead()).isEqualTo(64);
    assertThat(call.model().timeToFirstTokenNanos()).isEqualTo(250_000_000L);
  }

  @Test
  void mastra_from_1_4_on_has_the_call_below_its_step() {
    scope = "@mastra/otel-exporter";
    parent = "01".repeat(8);
    Span generation =
        read(
            "gen_ai.operation.name",
            "model_generation",
            "mastra.span.type",
            "model_generation",
            "mastra.model_generation.output",
            "{\"text\":\"Sunny.\"}");
    assertThat(generation.kind()).isEqualTo(SpanKind.TASK);
    assertThat(generation.output().text()).isEqualTo("{\"text\":\"Sunny.\"}");
    Span step =
        read(
            "gen_ai.operation.name",
            "agent_step",
            "mastra.span.type",
            "model_step",
            "mastra.model_step.input",
            "[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                + "{\"role\":\"user\",\"content\":\"Weather?\"}]");
    assertThat(step.kind()).isEqualTo(SpanKind.TASK);
    assertThat(input(step)).extracting(Message::role).containsExactly("system", "user");
    assertThat(step.inputPreview()).isEqualTo("Weather?");
    Span call =
        read(
            "gen_ai.operation.name",
            "chat",
            "mastra.span.type",
            "model_inference",
            "gen_ai.provider.name",
            "openai.responses",
            "gen_ai.request.model",
            "gpt-4o");
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.model().provider()).isEqualTo("openai");
  }

  @Test
  void genkit_takes_from_the_providers_answer_what_its_plugin_leaves_out() {
    scope = "genkit-tracer";
    Span call =
        read(
            "genkit:metadata:subtype",
            "model",
            "genkit:name",
            "openai/gpt-4.1-mini",
            "genkit:output",
            "{\"finishReason\":\"stop\",\"message\":{\"role\":\"model\",\"content\":"
                + "[{\"text\":\"Sunny.\"}]},\"usage\":{\"inputTokens\":100,\"outputTokens\":10,"
                + "\"totalTokens\":110},\"raw\":{\"id\":\"chatcmpl-1\",\"model\":"
                + "\"gpt-4.1-mini-2025-04-14\",\"usage\":{\"prompt_tokens\":100,"
                + "\"completion_tokens\":10,\"prompt_tokens_details\":{\"cached_tokens\":64},"
                + "\"completion_tokens_details\":{\"reasoning_tokens\":4}}}}");
    assertThat(call.usage().input()).isEqualTo(100);
    assertThat(call.usage().cacheRead()).isEqualTo(64);
    assertThat(call.usage().reasoning()).isEqualTo(4);
    assertThat(call.model().responseId()).isEqualTo("chatcmpl-1");
    assertThat(call.model().name()).isEqualTo("gpt-4.1-mini-2025-04-14");
    assertThat(call.outputPreview()).isEqualTo("Sunny.");
    Span embedding =
        read(
            "genkit:metadata:subtype",
            "embedder",
            "genkit:name",
            "openai/text-embedding-3-small",
            "genkit:input",
            "{\"input\":[{\"content\":[{\"text\":\"How long?\"}]}],\"options\":{}}",
            "genkit:output",
            "{\"embeddings\":[{\"embedding\":[0.25,0.5,1]}]}");
    assertThat(embedding.kind()).isEqualTo(SpanKind.EMBEDDING);
    assertThat(embedding.model().name()).isEqualTo("text-embedding-3-small");
    assertThat(embedding.inputPreview()).isEqualTo("How long?");
    assertThat(embedding.output().text()).isEqualTo("{\"vectors\":1,\"dimensions\":3}");
    assertThat(embedding.raw()).doesNotContain("0.25");
    Span generate = read("genkit:type", "util", "genkit:name", "generate");
    assertThat(generate.kind()).isEqualTo(SpanKind.WORKFLOW);
    parent = "01".repeat(8);
    assertThat(read("genkit:type", "util", "genkit:name", "generate").kind())
        .isEqualTo(SpanKind.TASK);
  }

  @Test
  void genkit() {
    scope = "genkit-tracer";
    name = "googleai/gemini-2.5-flash";
    Span call =
        read(
            "genkit:type",
            "action",
            "genkit:metadata:subtype",
            "model",
            "genkit:name",
            "googleai/gemini-2.5-flash",
            "genkit:sessionId",
            "s-1",
            "genkit:input",
            "{\"messages\":[{\"role\":\"system\",\"content\":[{\"text\":\"Be brief.\"}]},"
                + "{\"role\":\"user\",\"content\":[{\"text\":\"Weather?\"}]}],\"config\":"
                + "{\"temperature\":0.2},\"tools\":[{\"name\":\"weather\",\"description\":\"d\","
                + "\"inputSchema\":{\"type\":\"object\"}}]}",
            "genkit:output",
            "{\"message\":{\"role\":\"model\",\"content\":[{\"toolRequest\":{\"ref\":\"c1\","
                + "\"name\":\"weather\",\"input\":{\"city\":\"Lyon\"}}}]},\"finishReason\":\"stop\","
                + "\"usage\":{\"inputTokens\":100,\"outputTokens\":10,\"totalTokens\":140,"
                + "\"thoughtsTokens\":30}}");
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.model().name()).isEqualTo("googleai/gemini-2.5-flash");
    assertThat(call.model().provider()).isEqualTo("gcp.gemini");
    assertThat(call.model().finishReasons()).isEqualTo("stop");
    assertThat(call.usage().input()).isEqualTo(100);
    assertThat(call.usage().output()).isEqualTo(40);
    assertThat(call.inputPreview()).isEqualTo("Weather?");
    assertThat(call.sessionId()).isEqualTo("s-1");
    assertThat(parameters(call).path("temperature").asDouble()).isEqualTo(0.2);
    assertThat(output(call).getFirst().parts())
        .containsExactly(new Part.ToolCall("c1", "weather", "{\"city\":\"Lyon\"}"));
    assertThat(Messages.toolDefinitions(call.toolDefinitions()).getFirst().name())
        .isEqualTo("weather");
    name = "menuFlow";
    Span flow =
        read(
            "genkit:type",
            "action",
            "genkit:metadata:subtype",
            "flow",
            "genkit:name",
            "menuFlow",
            "genkit:input",
            "\"hello\"",
            "genkit:output",
            "\"world\"");
    assertThat(flow.kind()).isEqualTo(SpanKind.WORKFLOW);
    assertThat(flow.model().name()).isEmpty();
    assertThat(flow.input().text()).isEqualTo("hello");
    assertThat(flow.output().text()).isEqualTo("world");
  }

  @Test
  void livekit() {
    scope = "livekit-agents";
    name = "llm_request";
    parent = "01".repeat(8);
    Span call =
        read(
            "gen_ai.request.model",
            "gpt-4o",
            "lk.pii.chat_ctx",
            "{\"items\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[\"Weather?\"]},"
                + "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"weather\","
                + "\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":\"c1\","
                + "\"output\":\"sunny\"}]}",
            "lk.pii.response.text",
            "It is sunny.",
            "gen_ai.usage.input_tokens",
            12L,
            "gen_ai.usage.output_tokens",
            4L,
            "lk.response.ttft",
            0.3);
    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(input(call)).extracting(Message::role).containsExactly("user", "assistant", "tool");
    assertThat(call.outputPreview()).isEqualTo("It is sunny.");
    assertThat(call.model().timeToFirstTokenNanos()).isEqualTo(300_000_000L);
    name = "function_tool";
    Span tool =
        read(
            "lk.function_tool.name",
            "weather",
            "lk.function_tool.arguments",
            "{}",
            "lk.function_tool.output",
            "sunny");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(tool.name()).isEqualTo("weather");
    assertThat(tool.output().text()).isEqualTo("sunny");
  }

  // --- OpenInference, as its instrumentations of frameworks were seen to write ---

  @Test
  void crewai_by_openinference() {
    scope = "openinference.instrumentation.crewai";
    name = "Meteorologist._execute_core";
    Span agent =
        read(
            "openinference.span.kind",
            "AGENT",
            "graph.node.id",
            "Meteorologist",
            "input.value",
            "{\"agent\": {\"role\": \"Meteorologist\"}, \"context\": \"\", \"tools\": []}",
            "output.value",
            "{\"description\": \"Weather?\", \"raw\": \"It is sunny.\", \"messages\": [{\"role\":"
                + " \"user\", \"content\": \"Current Task: Weather?\"}]}");
    assertThat(agent.kind()).isEqualTo(SpanKind.AGENT);
    assertThat(agent.name()).isEqualTo("Meteorologist");
    assertThat(agent.agentName()).isEqualTo("Meteorologist");
    assertThat(agent.output().text()).isEqualTo("It is sunny.");
    name = "crew.kickoff";
    Span crew =
        read(
            "openinference.span.kind",
            "CHAIN",
            "output.value",
            "{\"raw\": \"It is sunny.\", \"tasks_output\": [{\"messages\": [{\"role\": \"user\","
                + " \"content\": \"x\"}]}]}");
    assertThat(crew.kind()).isEqualTo(SpanKind.WORKFLOW);
    assertThat(crew.outputPreview()).isEqualTo("It is sunny.");
    assertThat(crew.agentName()).isEmpty();
  }

  @Test
  void openinference_for_node_has_lists_of_parts_in_the_whole_request_only() {
    scope = "@arizeai/openinference-instrumentation-langchain";
    String lc = "{\"lc\":1,\"type\":\"constructor\",\"id\":[\"langchain_core\",\"messages\",\"";
    Span call =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.input_messages.0.message.role",
            "system",
            "llm.input_messages.1.message.role",
            "user",
            "llm.input_messages.1.message.content",
            "Weather?",
            "input.value",
            "{\"messages\":[["
                + lc
                + "SystemMessage\"],\"kwargs\":{\"content\":[{\"type\":\"text\",\"text\":"
                + "\"Be brief.\"}]}},"
                + lc
                + "HumanMessage\"],\"kwargs\":{\"content\":\"Weather?\"}}]]}",
            "output.value",
            "{\"generations\":[[{\"text\":\"Sunny.\",\"message\":"
                + lc
                + "AIMessage\"],\"kwargs\":{\"id\":\"chatcmpl-1\",\"content\":\"Sunny.\","
                + "\"tool_calls\":[{\"id\":\"call_1\"}],\"response_metadata\":"
                + "{\"model_name\":\"gpt-4.1-mini-2025-04-14\"}}}}]]}");
    assertThat(input(call)).extracting(Message::role).containsExactly("system", "user");
    assertThat(input(call).getFirst().parts()).containsExactly(new Part.Text("Be brief."));
    assertThat(call.model().responseId()).isEqualTo("chatcmpl-1");
    assertThat(call.model().name()).isEqualTo("gpt-4.1-mini-2025-04-14");

    name = "guide";
    String told = "{\"lc_agent_name\":\"guide\",\"thread_id\":\"t-1\",\"user_id\":\"u-1\"}";
    Span agent = read("openinference.span.kind", "CHAIN", "metadata", told);
    assertThat(agent.kind()).isEqualTo(SpanKind.AGENT);
    assertThat(agent.sessionId()).isEqualTo("t-1");
    assertThat(agent.userId()).isEqualTo("u-1");
    name = "tools";
    Span step = read("openinference.span.kind", "CHAIN", "metadata", told);
    assertThat(step.kind()).isEqualTo(SpanKind.WORKFLOW);

    scope = "@arizeai/openinference-instrumentation-anthropic";
    Span claude =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.input_messages.0.message.role",
            "user",
            "llm.input_messages.0.message.content",
            "Weather?",
            "llm.input_messages.1.message.role",
            "user",
            "llm.input_messages.1.message.tool_call_id",
            "toolu_1",
            "llm.input_messages.1.message.content",
            "Clear.",
            "llm.output_messages.0.message.role",
            "assistant",
            "llm.output_messages.0.message.contents.0.message_content.type",
            "reasoning",
            "llm.output_messages.0.message.contents.0.message_content.reasoning",
            "Look up.",
            "llm.invocation_parameters",
            "{\"model\":\"claude-sonnet-4-5\",\"system\":[{\"type\":\"text\",\"text\":"
                + "\"Be brief.\"}],\"max_tokens\":10}");
    assertThat(Messages.read(claude.system(), "system").getFirst().parts())
        .containsExactly(new Part.Text("Be brief."));
    assertThat(parameters(claude).has("system")).isFalse();
    assertThat(input(claude).get(1).role()).isEqualTo("tool");
    assertThat(input(claude).get(1).parts())
        .containsExactly(new Part.ToolResult("toolu_1", null, "Clear.", false));
    assertThat(output(claude).getFirst().parts()).containsExactly(new Part.Reasoning("Look up."));

    scope = "@arizeai/openinference-instrumentation-bedrock";
    Span bedrock =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.invocation_parameters",
            "{\"max_tokens\":10}",
            "llm.input_messages.0.message.role",
            "user",
            "llm.input_messages.0.message.content",
            "Weather?",
            "input.value",
            "{\"max_tokens\":10,\"system\":\"Be brief.\",\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"Weather?\"}]}");
    assertThat(bedrock.system().text()).isEqualTo("Be brief.");
    assertThat(bedrock.model().parameters()).isEqualTo("{\"max_tokens\":10}");
  }

  @Test
  void llamaindex_by_openllmetry_retrieves_in_a_task() {
    scope = "@traceloop/instrumentation-llamaindex";
    name = "vector_index_retriever.retrieve";
    parent = "01".repeat(8);
    Span retrieve =
        read(
            "traceloop.span.kind",
            "task",
            "traceloop.entity.output",
            "[{\"node\":{\"id_\":\"n1\",\"text\":\"Two days.\"},\"score\":0.5}]");
    assertThat(retrieve.kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(Messages.documents(retrieve.documents()).getFirst().text()).isEqualTo("Two days.");
  }

  @Test
  void an_object_that_holds_messages_somewhere_is_none() {
    Span agent =
        read(
            "openinference.span.kind",
            "AGENT",
            "input.value",
            "{\"task\": {\"history\": [{\"role\": \"user\", \"content\": \"x\"}]}}");
    assertThat(agent.input().format()).isEqualTo(io.tracewell.core.ContentFormat.JSON);
  }

  @Test
  void openai_agents_by_openinference_has_instructions_among_its_parameters() {
    Span call =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.model_name",
            "gpt-4o",
            "llm.invocation_parameters",
            "{\"instructions\": \"Be brief.\", \"temperature\": 0.2, \"user\": \"u-1\"}",
            "llm.input_messages.0.message.role",
            "user",
            "llm.input_messages.0.message.content",
            "Weather?");
    assertThat(call.system().text()).isEqualTo("Be brief.");
    assertThat(call.userId()).isEqualTo("u-1");
    assertThat(parameters(call).has("instructions")).isFalse();
    assertThat(parameters(call).path("temperature").asDouble()).isEqualTo(0.2);
  }

  @Test
  void what_python_calls_an_object_is_no_answer() {
    Span stream =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.model_name",
            "llama-3.3-70b-versatile",
            "output.value",
            "<groq.Stream object at 0x7fafa3645610>");
    assertThat(stream.output().isEmpty()).isTrue();
    assertThat(stream.raw()).contains("groq.Stream");
  }

  @Test
  void a_model_tells_its_maker_where_nobody_else_does() {
    Span rerank = read("openinference.span.kind", "RERANKER", "reranker.model_name", "rerank-v3.5");
    assertThat(rerank.model().provider()).isEqualTo("cohere");
    Span failed = read("openinference.span.kind", "LLM", "llm.model_name", "mistral-large-latest");
    assertThat(failed.model().provider()).isEqualTo("mistral_ai");
  }

  // --- OpenLLMetry, as its instrumentations were seen to write ---

  @Test
  void crewai_by_openllmetry_says_agent_of_crews_and_tasks() {
    scope = "opentelemetry.instrumentation.crewai.instrumentation";
    name = "crewai.workflow";
    assertThat(read("gen_ai.operation.name", "invoke_agent").kind()).isEqualTo(SpanKind.WORKFLOW);
    parent = "01".repeat(8);
    name = "What is the weather?.task";
    assertThat(read("gen_ai.operation.name", "invoke_agent").kind()).isEqualTo(SpanKind.TASK);
    name = "Meteorologist.agent";
    assertThat(read("gen_ai.operation.name", "invoke_agent").kind()).isEqualTo(SpanKind.AGENT);
  }

  @Test
  void langgraph_by_openllmetry_wraps_its_state() {
    scope = "opentelemetry.instrumentation.langchain";
    Span graph =
        read(
            "gen_ai.operation.name",
            "invoke_agent",
            "traceloop.entity.input",
            "{\"inputs\": {\"messages\": [[\"user\", \"Weather?\"], {\"role\": \"assistant\","
                + " \"content\": \"Where?\"}]}, \"tags\": [], \"kwargs\": {\"name\": \"g\"}}",
            "traceloop.entity.output",
            "{\"outputs\": {\"messages\": [{\"role\": \"assistant\", \"content\": \"Sunny.\"}]},"
                + " \"kwargs\": {\"tags\": []}}");
    assertThat(input(graph)).extracting(Message::role).containsExactly("user", "assistant");
    assertThat(graph.inputPreview()).isEqualTo("Weather?");
    assertThat(graph.outputPreview()).isEqualTo("Sunny.");
  }

  @Test
  void vectors_that_are_the_whole_output_are_counted_and_not_kept() {
    Span span =
        read(
            "gen_ai.operation.name",
            "embeddings",
            "gen_ai.request.model",
            "text-embedding-3-small",
            "traceloop.entity.input",
            "{\"texts\": [\"Lyon\"]}",
            "traceloop.entity.output",
            "[[0.25, -0.5, 0.125], [0.25, 0.5, 0.125]]");
    assertThat(span.output().text()).isEqualTo("{\"vectors\":2,\"dimensions\":3}");
    assertThat(span.raw()).doesNotContain("0.125");
  }

  @Test
  void vector_stores() {
    scope = "opentelemetry.instrumentation.qdrant";
    name = "qdrant.query_points";
    assertThat(read("db.system", "Qdrant").kind()).isEqualTo(SpanKind.RETRIEVAL);
    name = "qdrant.upsert";
    assertThat(read("db.system", "Qdrant").kind()).isEqualTo(SpanKind.TASK);
    name = "chroma.query";
    Sent.Span sent = new Sent.Span();
    sent.traceId = "ab".repeat(16);
    sent.spanId = "cd".repeat(8);
    sent.name = name;
    sent.startNanos = 1_790_000_000_000_000_000L;
    sent.endNanos = sent.startNanos + 1;
    sent.attributes = of("db.system", "chroma", "db.operation", "query");
    sent.events =
        List.of(
            new Sent.Event(
                sent.startNanos,
                "db.query.result",
                of(
                    "db.query.result.id",
                    "1",
                    "db.query.result.document",
                    "Vieux Lyon",
                    "db.query.result.metadata",
                    "{\"source\": \"guide\"}"),
                0));
    Span query =
        NORMALISER.normalise(
            new Sent.Resource(of("service.name", "app"), ""),
            new Sent.Scope("opentelemetry.instrumentation.chromadb", "1", Attributes.NONE, ""),
            sent,
            "otlp-grpc",
            0);
    assertThat(query.kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(Messages.documents(query.documents()).getFirst().text()).isEqualTo("Vieux Lyon");
    assertThat(Messages.documents(query.documents()).getFirst().id()).isEqualTo("1");
  }

  // --- what real programs sent, November 2026 ---

  @Test
  void a_state_that_holds_what_was_asked_is_not_taken_for_the_answer() {
    scope = "mlflow.tracing.provider";
    name = "LangGraph";
    Span graph =
        read(
            "mlflow.spanType",
            "\"CHAIN\"",
            "mlflow.spanOutputs",
            "{\"messages\": [{\"content\": \"Weather?\", \"additional_kwargs\": {}, \"type\":"
                + " \"human\"}, {\"content\": \"\", \"additional_kwargs\": {}, \"type\": \"ai\","
                + " \"tool_calls\": [{\"name\": \"weather\", \"args\": {\"city\": \"Lyon\"}, \"id\":"
                + " \"call_1\", \"type\": \"tool_call\"}]}, {\"content\": \"18 degrees\","
                + " \"additional_kwargs\": {}, \"type\": \"tool\", \"tool_call_id\": \"call_1\"},"
                + " {\"content\": \"It is mild.\", \"additional_kwargs\": {}, \"type\": \"ai\"}]}");
    assertThat(output(graph))
        .extracting(Message::role)
        .containsExactly("user", "assistant", "tool", "assistant");
    assertThat(graph.outputPreview()).isEqualTo("It is mild.");
  }

  @Test
  void what_a_tool_gave_back_is_taken_out_of_the_message_that_carries_it() {
    scope = "mlflow.tracing.provider";
    Span tool =
        read(
            "mlflow.spanType",
            "\"TOOL\"",
            "mlflow.spanInputs",
            "{\"city\": \"Lyon\"}",
            "mlflow.spanOutputs",
            "{\"content\": \"18 degrees\", \"additional_kwargs\": {}, \"type\": \"tool\", \"name\":"
                + " \"weather\", \"tool_call_id\": \"call_1\", \"status\": \"success\"}");
    assertThat(tool.output().text()).isEqualTo("18 degrees");
    assertThat(tool.toolCallId()).isEqualTo("call_1");
    assertThat(tool.raw()).contains("additional_kwargs");

    scope = "opentelemetry.instrumentation.langchain";
    Span serialised =
        read(
            "gen_ai.operation.name",
            "execute_tool",
            "gen_ai.tool.call.arguments",
            "{\"input_str\": \"{'city': 'Lyon'}\", \"tags\": [], \"inputs\": {\"city\":"
                + " \"Lyon\"}}",
            "gen_ai.tool.call.result",
            "{\"output\": {\"lc\": 1, \"type\": \"constructor\", \"id\": [\"langchain\","
                + " \"ToolMessage\"], \"kwargs\": {\"content\": \"18 degrees\", \"type\": \"tool\","
                + " \"tool_call_id\": \"call_2\"}}, \"kwargs\": {\"name\": \"weather\"}}");
    assertThat(serialised.input().text()).isEqualTo("{\"city\":\"Lyon\"}");
    assertThat(serialised.output().text()).isEqualTo("18 degrees");
    assertThat(serialised.toolCallId()).isEqualTo("call_2");
  }

  @Test
  void a_list_shows_what_a_function_was_called_with_without_pythons_wrapping() {
    scope = "traceloop.tracer";
    assertThat(
            List.of(
                called("{\"args\": [\"How warm is it?\"], \"kwargs\": {}}"),
                called("{\"args\": [], \"kwargs\": {\"city\": \"Lyon\"}}"),
                called("{\"kwargs\": {\"city\": \"Lyon\"}}"),
                called("{\"args\": [], \"kwargs\": {}}"),
                // Both, or arguments of these names: as they are.
                called("{\"args\": [1], \"kwargs\": {\"b\": 2}}"),
                called("{\"kwargs\": {\"b\": 2}, \"cwd\": \"/\"}")))
        .containsExactly(
            "How warm is it?",
            "{\"city\":\"Lyon\"}",
            "{\"city\":\"Lyon\"}",
            "",
            "{\"args\": [1], \"kwargs\": {\"b\": 2}}",
            "{\"kwargs\": {\"b\": 2}, \"cwd\": \"/\"}");
  }

  private String called(String json) {
    Span span = read("traceloop.span.kind", "agent", "traceloop.entity.input", json);
    assertThat(span.input().text()).isEqualTo(json);
    return span.inputPreview();
  }

  @Test
  void vectors_inside_of_what_came_out_are_not_kept() {
    scope = "any tracer";
    name = "haystack.pipeline.run";
    String numbers = "0.025612345, -1.5421768e-3, ".repeat(700) + "0.0117";
    Span pipeline =
        read(
            "haystack.pipeline.output_data",
            "{\"embedder\": {\"embedding\": [" + numbers + "], \"meta\": {\"model\": \"m\"}}}");
    assertThat(pipeline.output().text())
        .isEqualTo(
            "{\"embedder\": {\"embedding\": \"[vectors are not kept]\", \"meta\": {\"model\":"
                + " \"m\"}}}");
    assertThat(pipeline.raw()).doesNotContain("-1.5421768e-3");

    name = "haystack.component.run";
    Span embedder =
        read(
            "haystack.component.type",
            "OpenAITextEmbedder",
            "haystack.component.input",
            "{\"text\": \"old town\"}",
            "haystack.component.output",
            "{\"embedding\": ["
                + numbers
                + "], \"meta\": {\"model\": \"text-embedding-3-small\", \"usage\":"
                + " {\"prompt_tokens\": 2, \"total_tokens\": 2}}}");
    assertThat(embedder.kind()).isEqualTo(SpanKind.EMBEDDING);
    assertThat(embedder.model().name()).isEqualTo("text-embedding-3-small");
    assertThat(embedder.usage().input()).isEqualTo(2);
    assertThat(embedder.inputPreview()).isEqualTo("old town");
    assertThat(embedder.output().text()).isEqualTo("{\"vectors\":1,\"dimensions\":1401}");
    assertThat(embedder.raw()).doesNotContain("-1.5421768e-3");
  }

  @Test
  void a_series_that_a_tool_gave_back_is_kept() {
    String prices = "{\"prices\": [" + "101.25, ".repeat(300) + "99.5]}";
    Span span = read("gen_ai.operation.name", "execute_tool", "gen_ai.tool.call.result", prices);
    assertThat(span.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(span.output().text()).isEqualTo(prices);
  }

  @Test
  void what_is_looked_for_is_the_only_text_of_the_request() {
    name = "haystack.component.run";
    Span span =
        read(
            "haystack.component.type",
            "InMemoryBM25Retriever",
            "haystack.component.input",
            "{\"query\": \"old town\", \"filters\": null, \"top_k\": null}",
            "haystack.component.output",
            "{\"documents\": [{\"id\": \"d1\", \"content\": \"Vieux Lyon\", \"score\": 1.5}]}");
    assertThat(span.inputPreview()).isEqualTo("old town");
    assertThat(span.outputPreview()).isEqualTo("Vieux Lyon");
    Span filtered =
        read(
            "haystack.component.type",
            "InMemoryBM25Retriever",
            "haystack.component.input",
            "{\"query\": \"old town\", \"top_k\": 3}");
    assertThat(filtered.inputPreview()).contains("top_k");
  }

  @Test
  void a_name_holds_no_id_of_its_run() {
    scope = "openinference.instrumentation.crewai";
    name = "Crew_14a8cf02-5071-4b80-b53f-70e1e3b9f164.kickoff";
    assertThat(read("openinference.span.kind", "CHAIN").name()).isEqualTo("Crew.kickoff");
    name = "14a8cf02-5071-4b80-b53f-70e1e3b9f164";
    assertThat(read("openinference.span.kind", "CHAIN").name()).isEqualTo(name);
    // What is no LLM work is named as its sender named it.
    scope = "http";
    name = "GET /parcels/14a8cf02-5071-4b80-b53f-70e1e3b9f164";
    assertThat(read("http.request.method", "GET").name()).isEqualTo(name);
  }

  @Test
  void a_model_is_named_without_its_provider() {
    scope = "openinference.instrumentation.litellm";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.provider",
            "openai",
            "llm.model_name",
            "openai/gpt-4.1-mini");
    assertThat(span.model().name()).isEqualTo("gpt-4.1-mini");
    Span routed =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.provider",
            "openrouter",
            "llm.model_name",
            "openai/gpt-4.1-mini");
    assertThat(routed.model().name()).isEqualTo("openai/gpt-4.1-mini");
  }

  @Test
  void mlflow_has_more_of_the_usage_in_the_answer() {
    scope = "mlflow.tracing.provider";
    Span call =
        read(
            "mlflow.spanType",
            "\"CHAT_MODEL\"",
            "mlflow.llm.model",
            "\"gpt-4.1-mini\"",
            "mlflow.chat.tokenUsage",
            "{\"input_tokens\": 50, \"output_tokens\": 9, \"cache_read_input_tokens\": 40}",
            "mlflow.spanInputs",
            "{\"model\": \"gpt-4.1-mini\", \"input\": \"[[1, 2]] Where?\", \"instructions\": \"Be"
                + " brief.\"}",
            "mlflow.spanOutputs",
            "{\"id\": \"resp_1\", \"object\": \"response\", \"model\": \"gpt-4.1-mini\","
                + " \"output\": [{\"type\": \"message\", \"role\": \"assistant\", \"content\":"
                + " [{\"type\": \"output_text\", \"text\": \"Lyon\"}]}], \"usage\":"
                + " {\"input_tokens\": 50, \"input_tokens_details\": {\"cached_tokens\": 40},"
                + " \"output_tokens\": 9, \"output_tokens_details\": {\"reasoning_tokens\": 6}}}");
    assertThat(call.usage().cacheRead()).isEqualTo(40);
    assertThat(call.usage().reasoning()).isEqualTo(6);
    assertThat(input(call)).extracting(Message::role).containsExactly("system", "user");
    assertThat(call.inputPreview()).isEqualTo("[[1, 2]] Where?");
    Span embedding =
        read(
            "mlflow.spanType",
            "\"EMBEDDING\"",
            "mlflow.spanOutputs",
            "{\"data\": [{\"embedding\": ["
                + "0.5, ".repeat(300)
                + "1], \"index\": 0}], \"model\": \"text-embedding-3-small\", \"usage\":"
                + " {\"prompt_tokens\": 5, \"total_tokens\": 5}}");
    assertThat(embedding.usage().input()).isEqualTo(5);
    // A function that gives back what it was answered makes no second call of it.
    assertThat(
            read(
                    "mlflow.spanType",
                    "\"AGENT\"",
                    "mlflow.spanOutputs",
                    "{\"usage\":" + " {\"prompt_tokens\": 5, \"completion_tokens\": 5}}")
                .usage()
                .isEmpty())
        .isTrue();
  }

  @Test
  void langfuse_callback_for_langchain() {
    scope = "langfuse-sdk";
    Span claude =
        read(
            "langfuse.observation.type",
            "generation",
            "langfuse.observation.model.name",
            "claude-sonnet-4-5",
            "langfuse.observation.metadata.langfuse_session_id",
            "s-2",
            "langfuse.observation.input",
            "[{\"role\": \"user\", \"content\": \"Weather?\"}, {\"role\": \"tool\", \"content\":"
                + " {\"type\": \"function\", \"function\": {\"name\": \"weather\"}}}]",
            "langfuse.observation.usage_details",
            "{\"cache_creation_input_tokens\": 1000, \"cache_read_input_tokens\": 1100, \"input\":"
                + " 3223, \"output\": 41, \"cache_creation_ephemeral_1h_input_tokens\": 400,"
                + " \"cache_creation_ephemeral_5m_input_tokens\": 600}");
    assertThat(claude.usage().input()).isEqualTo(5323);
    assertThat(claude.usage().cacheWrite()).isEqualTo(1000);
    assertThat(claude.usage().cacheWrite1h()).isEqualTo(400);
    assertThat(claude.sessionId()).isEqualTo("s-2");
    assertThat(input(claude).stream().flatMap(message -> message.parts().stream()))
        .noneMatch(Part.ToolResult.class::isInstance);
    parent = "01".repeat(8);
    assertThat(read("langfuse.observation.type", "chain").kind()).isEqualTo(SpanKind.TASK);
  }

  @Test
  void haystack_by_openinference_writes_usage_in_pythons_notation() {
    scope = "openinference.instrumentation.haystack";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.model_name",
            "gpt-4.1-mini",
            "llm.token_count.prompt",
            5210L,
            "llm.token_count.completion",
            937L,
            "output.value",
            "{\"replies\": [\"ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>,"
                + " _content=[TextContent(text='It is {here}')], _meta={'model': 'm', 'usage':"
                + " {'completion_tokens': 937, 'prompt_tokens': 5210, 'completion_tokens_details':"
                + " {'audio_tokens': None, 'reasoning_tokens': 640}, 'prompt_tokens_details':"
                + " {'cached_tokens': 4096}}})\"]}");
    assertThat(span.usage().input()).isEqualTo(5210);
    assertThat(span.usage().cacheRead()).isEqualTo(4096);
    assertThat(span.usage().reasoning()).isEqualTo(640);
  }

  @Test
  void the_id_of_geminis_answer_is_in_the_whole_of_it() {
    scope = "openinference.instrumentation.google_genai";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.model_name",
            "gemini-2.5-flash",
            "output.value",
            "{\"candidates\": [], \"model_version\": \"gemini-2.5-flash-001\", \"response_id\":"
                + " \"r-1\"}");
    assertThat(span.model().responseId()).isEqualTo("r-1");
    assertThat(span.model().name()).isEqualTo("gemini-2.5-flash-001");
  }

  @Test
  void embeddings_of_texts_that_were_not_sent_are_not_counted() {
    scope = "opentelemetry.instrumentation.google_genai";
    Span span =
        read(
            "gen_ai.operation.name",
            "embeddings",
            "gen_ai.request.model",
            "gemini-embedding-001",
            "gen_ai.embeddings.dimension.count",
            200L);
    assertThat(span.output().text()).isEqualTo("{\"dimensions\":200}");
  }

  @Test
  void portkey_sends_what_was_left_out_too() {
    scope = "openinference.instrumentation.portkey";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.model_name",
            "gpt-4.1-mini",
            "llm.invocation_parameters",
            "{\"temperature\": 0.2, \"top_p\": \"<openai.Omit object at 0x7f80e3466dd0>\"}",
            "llm.token_count.prompt",
            52L,
            "output.value",
            "{\"id\": \"c-1\", \"choices\": [], \"usage\": {\"prompt_tokens\": 52,"
                + " \"completion_tokens\": 9, \"prompt_tokens_details\": {\"cached_tokens\":"
                + " 40}}}");
    assertThat(span.model().parameters()).isEqualTo("{\"temperature\":0.2}");
    assertThat(span.usage().cacheRead()).isEqualTo(40);
  }

  @Test
  void agno_counts_as_the_provider_does() {
    scope = "openinference.instrumentation.agno";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.provider",
            "Anthropic",
            "llm.model_name",
            "claude-sonnet-4-5",
            "llm.token_count.prompt",
            3223L,
            "llm.token_count.completion",
            41L,
            "llm.token_count.prompt_details.cache_read",
            1100L,
            "llm.token_count.prompt_details.cache_write",
            1000L);
    assertThat(span.usage().input()).isEqualTo(5323);
  }

  @Test
  void llama_index_by_openllmetry_is_told_by_its_classes() {
    scope = "opentelemetry.instrumentation.llamaindex";
    name = "FunctionAgent.workflow";
    assertThat(read("traceloop.span.kind", "workflow").kind()).isEqualTo(SpanKind.AGENT);
    parent = "01".repeat(8);
    name = "BaseWorkflowAgent.task";
    assertThat(read("traceloop.span.kind", "task").kind()).isEqualTo(SpanKind.TASK);
    name = "VectorIndexRetriever.task";
    Span retriever =
        read(
            "traceloop.span.kind",
            "task",
            "traceloop.entity.input",
            "{\"query_bundle\": {\"query_str\": \"old town\", \"embedding\": null}}",
            "traceloop.entity.output",
            "[\"{\\\"node\\\": {\\\"id_\\\": \\\"d1\\\", \\\"text\\\": \\\"Vieux Lyon\\\"},"
                + " \\\"score\\\": 0.5}\"]");
    assertThat(retriever.kind()).isEqualTo(SpanKind.RETRIEVAL);
    assertThat(retriever.inputPreview()).isEqualTo("old town");
    assertThat(Messages.documents(retriever.documents()))
        .extracting(document -> document.id() + " " + document.text() + " " + document.score())
        .containsExactly("d1 Vieux Lyon 0.5");
    name = "OpenAIEmbedding.task";
    Span embedding =
        read(
            "traceloop.span.kind",
            "task",
            "traceloop.entity.input",
            "{\"texts\": [\"old town\", \"new town\"], \"show_progress\": false}",
            "traceloop.entity.output",
            "[[0.5, 1.0], [0.25, 1.0]]");
    assertThat(embedding.kind()).isEqualTo(SpanKind.EMBEDDING);
    assertThat(Messages.documents(embedding.input())).hasSize(2);
    assertThat(embedding.output().text()).isEqualTo("{\"vectors\":2,\"dimensions\":2}");
    name = "FunctionTool.task";
    Span tool =
        read(
            "traceloop.span.kind",
            "task",
            "traceloop.entity.input",
            "{\"kwargs\": {\"city\": \"Lyon\"}}",
            "traceloop.entity.output",
            "{\"blocks\": [{\"block_type\": \"text\", \"text\": \"18 degrees\"}], \"tool_name\":"
                + " \"weather\", \"is_error\": false}");
    assertThat(tool.kind()).isEqualTo(SpanKind.TOOL);
    assertThat(tool.toolName()).isEqualTo("weather");
    assertThat(tool.inputPreview()).isEqualTo("{\"city\":\"Lyon\"}");
    assertThat(tool.output().text()).isEqualTo("18 degrees");
  }

  @Test
  void a_workflow_of_openllmetry_is_one_where_it_says_the_operation_of_agents() {
    scope = "opentelemetry.instrumentation.langchain";
    assertThat(
            read("traceloop.span.kind", "workflow", "gen_ai.operation.name", "invoke_agent").kind())
        .isEqualTo(SpanKind.WORKFLOW);
    Span stream =
        read(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.request.model",
            "gpt-4.1-mini",
            "gen_ai.output.messages",
            "[{\"role\": \"unknown\", \"parts\": [{\"type\": \"text\", \"content\": \"Lyon\"}]}]");
    assertThat(output(stream).getFirst().role()).isEqualTo("assistant");
  }

  @Test
  void crewai_says_what_was_asked_and_what_came_out() {
    scope = "opentelemetry.instrumentation.crewai.instrumentation";
    name = "crewai.workflow";
    Span crew = read("gen_ai.operation.name", "invoke_agent", "crewai.crew.result", "It is sunny.");
    assertThat(crew.outputPreview()).isEqualTo("It is sunny.");
    parent = "01".repeat(8);
    name = "look.task";
    Span task =
        read("gen_ai.operation.name", "invoke_agent", "crewai.task.description", "Weather?");
    assertThat(task.inputPreview()).isEqualTo("Weather?");
    // Its own traces.
    scope = "crewai";
    name = "execute agent";
    Span own =
        read(
            "gen_ai.operation.name",
            "invoke_agent",
            "gen_ai.agent.name",
            "433c23f96bdfad58f5f007ad313d60b5",
            "crewai.agent.role",
            "helper");
    assertThat(own.name()).isEqualTo("helper");
  }

  @Test
  void haystack_tools_are_named_by_what_they_are_called() {
    name = "haystack.agent.run";
    Span span =
        read(
            "haystack.agent.tools",
            "[{\"type\": \"haystack.tools.tool.Tool\", \"data\": {\"name\": \"weather\","
                + " \"description\": \"of a city\", \"parameters\": {}}}]");
    assertThat(Messages.toolDefinitions(span.toolDefinitions()).getFirst().name())
        .isEqualTo("weather");
  }

  @Test
  void langtrace_names_tools_calls_and_what_was_cached_in_its_own_words() {
    scope = "langtrace_python_sdk.instrumentation.anthropic.instrumentation";
    Span span =
        read(
            "langtrace.service.type",
            "llm",
            "gen_ai.operation.name",
            "chat",
            "gen_ai.system",
            "anthropic",
            "gen_ai.request.model",
            "claude-sonnet-4-5",
            "gen_ai.request.tools",
            List.of("[{\"name\": \"get_weather\", \"input_schema\": {\"type\": \"object\"}}]"),
            "gen_ai.request.tool_results",
            "\"{\\\"id\\\":\\\"toolu_1\\\",\\\"input\\\":{\\\"city\\\":\\\"Oslo\\\"},\\\"name\\\":"
                + "\\\"get_weather\\\",\\\"type\\\":\\\"tool_use\\\"}\"",
            "gen_ai.usage.input_tokens",
            40L,
            "gen_ai.usage.output_tokens",
            30L);

    assertThat(Messages.toolDefinitions(span.toolDefinitions()).getFirst().name())
        .isEqualTo("get_weather");
    assertThat(output(span).getFirst().parts())
        .singleElement()
        .matches(p -> p instanceof Part.ToolCall c && c.name().equals("get_weather"));
    assertThat(span.usage().rule()).contains(Usage.LOWER_BOUND);

    scope = "langtrace_python_sdk.instrumentation.openai.instrumentation";
    Span openai =
        read(
            "gen_ai.operation.name", "openai.responses.create",
            "gen_ai.system", "openai",
            "gen_ai.request.model", "gpt-4o",
            "instructions", "Be brief.",
            "gen_ai.response_id", "resp_1",
            "gen_ai.usage.input_tokens", 100L,
            "gen_ai.usage.output_tokens", 30L,
            "gen_ai.usage.cached_tokens", 40L);

    assertThat(openai.kind()).isEqualTo(SpanKind.LLM);
    assertThat(openai.model().responseId()).isEqualTo("resp_1");
    assertThat(openai.system().text()).contains("Be brief.");
    assertThat(openai.usage().cacheRead()).isEqualTo(40);
    assertThat(read("gen_ai.operation.name", "embed", "gen_ai.request.model", "m").kind())
        .isEqualTo(SpanKind.EMBEDDING);
  }

  @Test
  void langtrace_has_a_span_for_each_function_of_a_framework() {
    scope = "langtrace_python_sdk.instrumentation.langchain_core.instrumentation";
    parent = "01".repeat(8);
    String type = "langtrace.service.type";
    String answer =
        "{\"content\": \"Sunny.\", \"response_metadata\": {\"model_name\": \"gpt-4o\", \"id\":"
            + " \"chatcmpl-1\"}, \"type\": \"ai\", \"id\": \"lc_run--01a2-0\"}";
    Span call =
        read(
            type,
            "framework",
            "gen_ai.request.model",
            "gpt-4o",
            "langchain.inputs",
            "[{\"messages\": [{\"content\": \"How?\", \"type\": \"human\"}]}]",
            "langchain.outputs",
            answer,
            "gen_ai.usage.input_tokens",
            100L,
            "gen_ai.usage.output_tokens",
            30L);

    assertThat(call.kind()).isEqualTo(SpanKind.LLM);
    assertThat(call.model().responseId()).isEqualTo("chatcmpl-1");
    assertThat(input(call).getFirst().parts()).hasSize(1);
    assertThat(output(call).getFirst().parts()).containsExactly(new Part.Text("Sunny."));
    assertThat(
            read(type, "framework", "gen_ai.request.model", "gpt-4o", "langchain.inputs", "[[]]")
                .kind())
        .isEqualTo(SpanKind.TASK);
    assertThat(
            read(type, "vectordb", "db.system", "chromadb", "db.operation", "query", "db.query", "")
                .kind())
        .isEqualTo(SpanKind.RETRIEVAL);
  }

  @Test
  void openlit_says_what_was_done_with_a_vector_store_beside_the_operation() {
    scope = "openlit.instrumentation.chroma";
    assertThat(
            read(
                    "gen_ai.operation.name", "vectordb",
                    "db.system.name", "chroma",
                    "db.operation.name", "GET",
                    "db.vector.query.top_k", 2L)
                .kind())
        .isEqualTo(SpanKind.RETRIEVAL);
    assertThat(
            read(
                    "gen_ai.operation.name", "vectordb",
                    "db.system.name", "chroma",
                    "db.operation.name", "INSERT")
                .kind())
        .isEqualTo(SpanKind.TASK);
    scope = "openlit";
    Span work = read("gen_ai.output.messages", "Sunny.", "function.args", "('Oslo',)");
    assertThat(work.input().text()).contains("Oslo");
  }

  @Test
  void mistrals_client_names_its_operations_only() {
    scope = "mistralai_sdk_tracer";
    Object[] said = {
      "gen_ai.request.model",
      "mistral-embed",
      "gen_ai.provider.name",
      "mistral_ai",
      "gen_ai.usage.prompt_tokens",
      7L,
      "mistral_ai.request.total_tokens",
      7L
    };
    name = "embeddings_v1_embeddings_post";
    assertThat(read(said).kind()).isEqualTo(SpanKind.EMBEDDING);
    said[1] = "mistral-large-latest";
    name = "chat_completion_v1_chat_completions_post";
    assertThat(read(said).kind()).isEqualTo(SpanKind.LLM);
    name = "stream_chat";
    assertThat(read("gen_ai.request.model", "mistral-large-latest").kind()).isEqualTo(SpanKind.LLM);
  }

  @Test
  void mistral_by_openinference_has_more_of_the_usage_in_the_answer() {
    scope = "openinference.instrumentation.mistralai";
    String answer =
        "{\"id\": \"c1\", \"model\": \"mistral-large-latest\", \"choices\": [], \"usage\":"
            + " {\"prompt_tokens\": 100, \"completion_tokens\": 30, \"total_tokens\": 130,"
            + " \"prompt_tokens_details\": {\"cached_tokens\": 40}}}";
    for (String output : new String[] {answer, "{\"data\": " + answer + "}"}) {
      Span span =
          read(
              "openinference.span.kind",
              "LLM",
              "llm.model_name",
              "mistral-large-latest",
              "llm.token_count.prompt",
              100L,
              "llm.token_count.completion",
              30L,
              "output.value",
              output);
      assertThat(span.usage().cacheRead()).isEqualTo(40);
      assertThat(span.model().responseId()).isEqualTo("c1");
    }
  }

  @Test
  void vertex_ai_by_openinference_has_the_thoughts_in_the_answer_and_says_google() {
    scope = "openinference.instrumentation.vertexai";
    Object[] counted = {
      "openinference.span.kind", "LLM",
      "llm.provider", "google",
      "llm.model_name", "gemini-2.5-pro",
      "llm.token_count.prompt", 100L,
      "llm.token_count.completion", 20L,
      "llm.token_count.total", 130L,
      "output.value", ""
    };
    assertThat(read(counted).usage().output()).isEqualTo(30);
    counted[13] =
        "{\"candidates\": [], \"usage_metadata\": {\"prompt_token_count\": 100,"
            + " \"candidates_token_count\": 20, \"total_token_count\": 130,"
            + " \"cached_content_token_count\": 40, \"thoughts_token_count\": 10}}";
    Span span = read(counted);
    assertThat(span.usage().output()).isEqualTo(30);
    assertThat(span.usage().cacheRead()).isEqualTo(40);
    assertThat(span.usage().reasoning()).isEqualTo(10);
    assertThat(span.model().provider()).isEqualTo("gcp.vertex_ai");
  }

  @Test
  void an_embedder_of_bedrock_is_no_model_that_answers() {
    scope = "openinference.instrumentation.bedrock";
    Span openInference =
        read(
            "openinference.span.kind", "LLM",
            "llm.provider", "aws",
            "llm.model_name", "amazon.titan-embed-text-v2:0",
            "llm.invocation_parameters", "{\"inputText\": \"fjord\", \"dimensions\": 256}");
    assertThat(openInference.kind()).isEqualTo(SpanKind.EMBEDDING);
    assertThat(input(openInference).getFirst().parts()).containsExactly(new Part.Text("fjord"));
    assertThat(parameters(openInference).has("inputText")).isFalse();
    assertThat(parameters(openInference).path("dimensions").asInt()).isEqualTo(256);

    scope = "opentelemetry.instrumentation.bedrock";
    assertThat(
            read(
                    "gen_ai.operation.name", "text_completion",
                    "gen_ai.request.model", "titan-embed-text-v2:0",
                    "gen_ai.usage.input_tokens", 7L)
                .kind())
        .isEqualTo(SpanKind.EMBEDDING);
  }

  @Test
  void botocore_reports_the_cache_of_converse_only() {
    scope = "opentelemetry.instrumentation.botocore.bedrock-runtime";
    for (String method : List.of("Converse", "ConverseStream", "InvokeModel")) {
      Span span =
          read(
              "rpc.method",
              method,
              "gen_ai.operation.name",
              "chat",
              "gen_ai.system",
              "aws.bedrock",
              "gen_ai.request.model",
              "anthropic.claude-sonnet-4-5-20250929-v1:0",
              "gen_ai.usage.input_tokens",
              40L,
              "gen_ai.usage.output_tokens",
              30L);
      assertThat(span.usage().rule().contains(Usage.LOWER_BOUND))
          .isEqualTo(method.startsWith("Invoke"));
    }
  }

  @Test
  void the_java_agent_reports_no_cache_of_bedrock() {
    scope = "io.opentelemetry.aws-sdk-2.2";
    Span span =
        read(
            "rpc.method", "Converse",
            "gen_ai.operation.name", "chat",
            "gen_ai.provider.name", "aws.bedrock",
            "gen_ai.request.model", "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "gen_ai.usage.input_tokens", 40L,
            "gen_ai.usage.output_tokens", 30L);
    assertThat(span.usage().rule()).contains(Usage.LOWER_BOUND);
  }

  @Test
  void pydantic_ai_of_instrumentation_1_has_the_whole_run_in_events() {
    scope = "pydantic-ai";
    Span span =
        read(
            "gen_ai.operation.name",
            "invoke_agent",
            "all_messages_events",
            "[{\"content\": \"Be brief.\", \"role\": \"system\", \"event.name\":"
                + " \"gen_ai.system.message\"}, {\"content\": \"How warm?\", \"role\": \"user\","
                + " \"event.name\": \"gen_ai.user.message\"}, {\"role\": \"assistant\","
                + " \"tool_calls\": [{\"id\": \"c1\", \"type\": \"function\", \"function\":"
                + " {\"name\": \"f\", \"arguments\": {}}}], \"event.name\":"
                + " \"gen_ai.assistant.message\"}, {\"content\": \"18\", \"role\": \"tool\","
                + " \"id\": \"c1\", \"name\": \"f\", \"event.name\": \"gen_ai.tool.message\"},"
                + " {\"role\": \"assistant\", \"content\": \"18 degrees.\", \"event.name\":"
                + " \"gen_ai.assistant.message\"}]",
            "final_result",
            "18 degrees.");

    assertThat(input(span)).extracting(Message::role).containsExactly("system", "user");
    assertThat(output(span).getFirst().parts()).containsExactly(new Part.Text("18 degrees."));
  }

  @Test
  void ai_sdk_wraps_what_a_tool_gave_back() {
    String[] results = {
      "{\"type\":\"text\",\"value\":\"sunny\"}",
      "{\"type\":\"error-json\",\"value\":{\"a\":1}}",
      "{\"type\":\"sunny\",\"value\":3}"
    };
    String[] shown = {"sunny", "{\"a\":1}", results[2]};
    for (int i = 0; i < results.length; i++) {
      Span span =
          read(
              "ai.operationId",
              "ai.generateText.doGenerate",
              "ai.prompt.messages",
              "[{\"role\":\"tool\",\"content\":[{\"type\":\"tool-result\",\"toolCallId\":\"c1\","
                  + "\"toolName\":\"f\",\"output\":"
                  + results[i]
                  + "}]}]");
      assertThat(input(span).getFirst().parts())
          .containsExactly(new Part.ToolResult("c1", "f", shown[i], i == 1));
    }
  }

  @Test
  void strands_for_typescript_has_other_words() {
    scope = "strands-agents";
    parent = "01".repeat(8);
    Span cycle = read("agent_loop.cycle_id", "cycle-1");
    assertThat(cycle.kind()).isEqualTo(SpanKind.TASK);
    Span agent = read("gen_ai.operation.name", "invoke_agent", "system_prompt", "\"Be brief.\"");
    assertThat(agent.system().text()).isEqualTo("Be brief.");

    Span call =
        read(
            "gen_ai.operation.name",
            "chat",
            "gen_ai.response.finish_reasons",
            "toolUse",
            "gen_ai.output.messages",
            "[{\"role\":\"assistant\",\"content\":[{\"type\":\"toolUse\",\"name\":\"f\","
                + "\"toolUseId\":\"c1\",\"input\":{\"a\":1}}]}]");
    assertThat(output(call).getFirst().parts())
        .containsExactly(new Part.ToolCall("c1", "f", "{\"a\":1}"));
    assertThat(call.model().finishReasons()).isEqualTo("tool_calls");
  }

  @Test
  void autogen_by_openinference_has_what_tools_gave_back_beside_the_message() {
    scope = "openinference.instrumentation.autogen_agentchat";
    String function = "llm.input_messages.0.function.";
    Span span =
        read(
            "openinference.span.kind",
            "LLM",
            "llm.input_messages.0.message.role",
            "function",
            function + 0,
            "{\"name\": \"f\", \"content\": \"sunny\", \"call_id\": \"c1\", \"is_error\": false}",
            function + 1,
            "{\"name\": \"g\", \"content\": \"broken\", \"call_id\": \"c2\", \"is_error\": true}");

    assertThat(input(span).getFirst().role()).isEqualTo("tool");
    assertThat(input(span).getFirst().parts())
        .containsExactly(
            new Part.ToolResult("c1", "f", "sunny", false),
            new Part.ToolResult("c2", "g", "broken", true));
  }
}
