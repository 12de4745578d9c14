package io.tracewell.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.anthropic.AnthropicTokenUsage;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes what LangChain4j does as OpenTelemetry spans by the GenAI conventions. LangChain4j brings
 * listeners but no tracing of its own, so this is what a team would write once: a listener for chat
 * models, one for embedding models, and a method for each kind of step that the application itself
 * takes.
 */
final class GenAi implements ChatModelListener, EmbeddingModelListener {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ContextKey<Step> STEP = ContextKey.named("step");

  private final Tracer tracer;

  /**
   * How the next model call is named, and the prompt it is made with.
   *
   * @param variables what was filled into the prompt, by name
   */
  record Step(String name, String prompt, String version, Map<String, String> variables) {}

  GenAi(Tracer tracer) {
    this.tracer = tracer;
  }

  // Steps of the application.

  <T> T workflow(String name, String input, Function<Span, T> body) {
    return root(name, "invoke_workflow", input, body);
  }

  <T> T agent(String name, String input, Function<Span, T> body) {
    return root(name, "invoke_agent", input, body);
  }

  private <T> T root(String name, String operation, String input, Function<Span, T> body) {
    SpanBuilder builder =
        tracer
            .spanBuilder(operation.equals("invoke_agent") ? "invoke_agent " + name : name)
            .setAttribute("gen_ai.operation.name", operation)
            .setAttribute(
                operation.equals("invoke_agent") ? "gen_ai.agent.name" : "gen_ai.workflow.name",
                name)
            .setAttribute("gen_ai.input.messages", one("user", input));
    return in(
        builder,
        span -> {
          T result = body.apply(span);
          span.setAttribute("gen_ai.output.messages", one("assistant", String.valueOf(result)));
          return result;
        });
  }

  /** A plain step. The conventions have no operation for it and allow names of one's own. */
  <T> T task(String name, String input, Function<Span, T> body) {
    SpanBuilder builder =
        tracer
            .spanBuilder(name)
            .setAttribute("gen_ai.operation.name", "task")
            .setAttribute("input.value", input);
    return in(
        builder,
        span -> {
          T result = body.apply(span);
          span.setAttribute("output.value", shown(result));
          return result;
        });
  }

  private static String shown(Object result) {
    if (result instanceof List<?> list) {
      return String.join(
          ", ",
          list.stream()
              .map(
                  one ->
                      one instanceof Content content
                          ? String.valueOf(content.textSegment().metadata().getString("id"))
                          : String.valueOf(one))
              .toList());
    }
    return String.valueOf(result);
  }

  <T> T guardrail(String name, String input, Function<Span, T> body) {
    SpanBuilder builder =
        tracer
            .spanBuilder(name)
            .setAttribute("gen_ai.operation.name", "apply_guardrail")
            .setAttribute("gen_ai.guardrail.name", name)
            .setAttribute("input.value", input);
    return in(
        builder,
        span -> {
          T result = body.apply(span);
          span.setAttribute("output.value", String.valueOf(result));
          return result;
        });
  }

  String tool(
      ToolSpecification tool, String callId, String arguments, Function<Span, String> body) {
    SpanBuilder builder =
        tracer
            .spanBuilder("execute_tool " + tool.name())
            .setAttribute("gen_ai.operation.name", "execute_tool")
            .setAttribute("gen_ai.tool.name", tool.name())
            .setAttribute("gen_ai.tool.type", "function")
            .setAttribute("gen_ai.tool.description", tool.description())
            .setAttribute("gen_ai.tool.call.id", callId)
            .setAttribute("gen_ai.tool.call.arguments", arguments);
    return in(
        builder,
        span -> {
          String result = body.apply(span);
          span.setAttribute("gen_ai.tool.call.result", result);
          return result;
        });
  }

  List<Content> retrieval(String name, String query, Function<Span, List<Content>> body) {
    SpanBuilder builder =
        tracer
            .spanBuilder(name)
            .setAttribute("gen_ai.operation.name", "retrieval")
            .setAttribute("gen_ai.data_source.id", name)
            .setAttribute("gen_ai.retrieval.query.text", query);
    return in(
        builder,
        span -> {
          List<Content> found = body.apply(span);
          ArrayNode documents = JSON.arrayNode();
          for (Content content : found) {
            ObjectNode document = documents.addObject();
            document.put("id", content.textSegment().metadata().getString("id"));
            Object score = content.metadata().get(ContentMetadata.SCORE);
            if (score instanceof Double number) {
              document.put("score", Math.round(number * 1000) / 1000.0);
            }
            document.put("content", content.textSegment().text());
          }
          span.setAttribute("gen_ai.retrieval.documents", documents.toString());
          return found;
        });
  }

  /** A request to another service or a database: no LLM work. */
  <T> T client(SpanBuilder builder, Function<Span, T> body) {
    return in(builder.setSpanKind(SpanKind.CLIENT), body);
  }

  SpanBuilder span(String name) {
    return tracer.spanBuilder(name);
  }

  /** Names the model calls in {@code body}. */
  <T> T step(Step step, Supplier<T> body) {
    try (Scope scope = Context.current().with(STEP, step).makeCurrent()) {
      return body.get();
    }
  }

  private static <T> T in(SpanBuilder builder, Function<Span, T> body) {
    Span span = builder.startSpan();
    try (Scope scope = span.makeCurrent()) {
      return body.apply(span);
    } catch (RuntimeException e) {
      fail(span, e);
      throw e;
    } finally {
      span.end();
    }
  }

  /** Marks a span as failed by {@code error}. */
  static void fail(Span span, Throwable error) {
    String message = message(error);
    span.recordException(
        error, Attributes.of(AttributeKey.stringKey("exception.message"), message));
    span.setAttribute("error.type", type(error));
    span.setStatus(StatusCode.ERROR, message);
  }

  /** LangChain4j hands on a provider's error body as the message; the sentence in it is enough. */
  private static String message(Throwable error) {
    String message = String.valueOf(error.getMessage());
    JsonNode sentence = Data.parse(message).path("error").path("message");
    return sentence.isTextual() ? sentence.asText() : message;
  }

  private static String type(Throwable error) {
    return switch (error) {
      case RateLimitException e -> "RateLimitError";
      case TimeoutException e -> "TimeoutError";
      default -> error.getClass().getSimpleName();
    };
  }

  // Model calls.

  @Override
  public void onRequest(ChatModelRequestContext call) {
    ChatRequest request = call.chatRequest();
    Step step = Context.current().get(STEP);
    SpanBuilder span =
        tracer
            .spanBuilder(step == null ? "chat " + request.modelName() : step.name)
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("gen_ai.operation.name", "chat")
            .setAttribute("gen_ai.provider.name", provider(call.modelProvider()))
            .setAttribute("gen_ai.request.model", request.modelName())
            .setAttribute("gen_ai.input.messages", messages(request.messages()).toString());
    if (request.temperature() != null) {
      span.setAttribute("gen_ai.request.temperature", request.temperature());
    }
    if (request.maxOutputTokens() != null) {
      span.setAttribute("gen_ai.request.max_tokens", request.maxOutputTokens());
    }
    for (ChatMessage message : request.messages()) {
      if (message instanceof SystemMessage system) {
        ArrayNode parts = JSON.arrayNode();
        parts.addObject().put("type", "text").put("content", system.text());
        span.setAttribute("gen_ai.system_instructions", parts.toString());
      }
    }
    String session = Baggage.current().getEntryValue("session.id");
    if (session != null) {
      span.setAttribute("gen_ai.conversation.id", session);
    }
    List<ToolSpecification> tools = request.toolSpecifications();
    if (tools != null && !tools.isEmpty()) {
      span.setAttribute("gen_ai.tool.definitions", definitions(tools).toString());
    }
    if (step != null && !step.prompt.isEmpty()) {
      span.setAttribute("gen_ai.prompt.name", step.prompt);
      span.setAttribute("gen_ai.prompt.version", step.version);
      step.variables.forEach(
          (key, value) -> span.setAttribute("gen_ai.prompt.variable." + key, value));
    }
    call.attributes().put(Span.class, span.startSpan());
    call.attributes().put("started", Strand.CLOCK.nanoTime());
  }

  @Override
  public void onResponse(ChatModelResponseContext call) {
    Span span = (Span) call.attributes().get(Span.class);
    if (span == null) {
      return;
    }
    ChatResponse response = call.chatResponse();
    span.setAttribute("gen_ai.response.model", response.modelName());
    span.setAttribute("gen_ai.response.id", response.id());
    String finish =
        response.finishReason() == null
            ? "stop"
            : switch (response.finishReason()) {
              case TOOL_EXECUTION -> "tool_call";
              case CONTENT_FILTER -> "content_filter";
              case LENGTH -> "length";
              default -> "stop";
            };
    span.setAttribute(
        AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"), List.of(finish));
    usage(span, response.tokenUsage());
    ArrayNode output = JSON.arrayNode();
    output.add(message(response.aiMessage()).put("finish_reason", finish));
    span.setAttribute("gen_ai.output.messages", output.toString());
    long started = (long) call.attributes().getOrDefault("started", 0L);
    long first = Strand.current().firstToken();
    if (first > started) {
      span.setAttribute("gen_ai.request.stream", true);
      span.setAttribute("gen_ai.response.time_to_first_chunk", (first - started) / 1e9);
    }
    span.end();
  }

  @Override
  public void onError(ChatModelErrorContext call) {
    if (call.attributes().get(Span.class) instanceof Span span) {
      fail(span, call.error());
      span.end();
    }
  }

  @Override
  public void onRequest(EmbeddingModelRequestContext call) {
    ArrayNode texts = JSON.arrayNode();
    call.textSegments().forEach(segment -> texts.add(segment.text()));
    Step step = Context.current().get(STEP);
    Span span =
        tracer
            .spanBuilder(
                step == null ? "embeddings " + call.embeddingModel().modelName() : step.name)
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("gen_ai.operation.name", "embeddings")
            .setAttribute("gen_ai.provider.name", provider(call.modelProvider()))
            .setAttribute("gen_ai.request.model", call.embeddingModel().modelName())
            .setAttribute(
                "input.value", texts.size() == 1 ? texts.get(0).asText() : texts.toString())
            .startSpan();
    call.attributes().put(Span.class, span);
  }

  @Override
  public void onResponse(EmbeddingModelResponseContext call) {
    if (call.attributes().get(Span.class) instanceof Span span) {
      span.setAttribute(
          "gen_ai.embeddings.dimension.count", call.response().content().getFirst().dimension());
      span.setAttribute("gen_ai.response.model", call.embeddingModel().modelName());
      TokenUsage usage = call.response().tokenUsage();
      if (usage != null && usage.inputTokenCount() != null) {
        span.setAttribute("gen_ai.usage.input_tokens", usage.inputTokenCount());
      }
      span.end();
    }
  }

  @Override
  public void onError(EmbeddingModelErrorContext call) {
    if (call.attributes().get(Span.class) instanceof Span span) {
      fail(span, call.error());
      span.end();
    }
  }

  private static void usage(Span span, @Nullable TokenUsage usage) {
    if (usage == null) {
      return;
    }
    long input = usage.inputTokenCount();
    switch (usage) {
      case AnthropicTokenUsage claude -> {
        // Anthropic counts cached tokens beside the input; the conventions count them in.
        long read = orZero(claude.cacheReadInputTokens());
        long write = orZero(claude.cacheCreationInputTokens());
        input += read + write;
        span.setAttribute("gen_ai.usage.cache_read.input_tokens", read);
        span.setAttribute("gen_ai.usage.cache_creation.input_tokens", write);
      }
      case OpenAiTokenUsage openAi -> {
        if (openAi.inputTokensDetails() != null) {
          span.setAttribute(
              "gen_ai.usage.cache_read.input_tokens",
              orZero(openAi.inputTokensDetails().cachedTokens()));
        }
        if (openAi.outputTokensDetails() != null) {
          span.setAttribute(
              "gen_ai.usage.reasoning.output_tokens",
              orZero(openAi.outputTokensDetails().reasoningTokens()));
        }
      }
      default -> {}
    }
    span.setAttribute("gen_ai.usage.input_tokens", input);
    span.setAttribute("gen_ai.usage.output_tokens", usage.outputTokenCount());
  }

  private static long orZero(@Nullable Integer value) {
    return value == null ? 0 : value;
  }

  private static String provider(@Nullable ModelProvider provider) {
    return provider == ModelProvider.ANTHROPIC ? "anthropic" : "openai";
  }

  private static String one(String role, String text) {
    ArrayNode messages = JSON.arrayNode();
    ObjectNode message = messages.addObject().put("role", role);
    message.putArray("parts").addObject().put("type", "text").put("content", text);
    return messages.toString();
  }

  private static ArrayNode messages(List<ChatMessage> messages) {
    ArrayNode list = JSON.arrayNode();
    for (ChatMessage message : messages) {
      switch (message) {
        case SystemMessage system -> {}
        case UserMessage user -> {
          ObjectNode node = list.addObject().put("role", "user");
          node.putArray("parts").addObject().put("type", "text").put("content", user.singleText());
        }
        case AiMessage ai -> list.add(message(ai));
        case ToolExecutionResultMessage result -> {
          ObjectNode node = list.addObject().put("role", "tool");
          node.putArray("parts")
              .addObject()
              .put("type", "tool_call_response")
              .put("id", result.id())
              .put("response", result.text());
        }
        default -> {}
      }
    }
    return list;
  }

  private static ObjectNode message(AiMessage ai) {
    ObjectNode node = JSON.objectNode().put("role", "assistant");
    ArrayNode parts = node.putArray("parts");
    if (ai.thinking() != null && !ai.thinking().isEmpty()) {
      parts.addObject().put("type", "reasoning").put("content", ai.thinking());
    }
    if (ai.text() != null && !ai.text().isEmpty()) {
      parts.addObject().put("type", "text").put("content", ai.text());
    }
    for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
      ObjectNode part =
          parts.addObject().put("type", "tool_call").put("id", call.id()).put("name", call.name());
      JsonNode arguments = Data.parse(call.arguments());
      part.set("arguments", arguments);
    }
    return node;
  }

  private static ArrayNode definitions(List<ToolSpecification> tools) {
    ArrayNode list = JSON.arrayNode();
    for (ToolSpecification tool : tools) {
      ObjectNode node =
          list.addObject()
              .put("type", "function")
              .put("name", tool.name())
              .put("description", tool.description());
      if (tool.parameters() != null) {
        node.set("parameters", Data.tree(JsonSchemaElementUtils.toMap(tool.parameters())));
      }
    }
    return list;
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
