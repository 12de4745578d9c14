package io.tracewell.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.anthropic.AnthropicTokenUsage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiResponsesChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the clients of LangChain4j make of the fake provider's answers. */
class FakeProviderTest {
  private static final ToolSpecification WEATHER =
      ToolSpecification.builder()
          .name("get_weather")
          .description("Current weather of a city")
          .parameters(JsonObjectSchema.builder().addStringProperty("city").required("city").build())
          .build();

  private final FakeProvider provider = FakeProvider.start(FakeProvider.Options.standard());

  @AfterEach
  void stop() {
    provider.close();
  }

  @Test
  void openAiAnswersAndTheLogHoldsTheSameUsage() {
    ChatResponse response =
        openAi("gpt-4o-mini")
            .chat(
                SystemMessage.from("Answer in one sentence."),
                UserMessage.from("What is the capital of France?"));

    assertThat(response.aiMessage().text()).isEqualTo("The capital of France is Paris.");
    assertThat(response.metadata().modelName()).isEqualTo("gpt-4o-mini-2024-07-18");
    Exchange exchange = provider.exchanges().getLast();
    Reply.Usage usage = requireNonNull(exchange.usage());
    assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(usage.input()).isPositive();
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(usage.output()).isPositive();
    assertThat(exchange.response().path("id").asText()).isEqualTo(response.metadata().id());
  }

  @Test
  void toolsAreCalledOnceAndTheirResultsUsed() {
    for (ChatModel model :
        List.of(openAi("gpt-4.1"), anthropic("claude-sonnet-4-5"), responses("gpt-4.1"))) {
      List<ChatMessage> messages = new ArrayList<>();
      messages.add(UserMessage.from("How is the weather in Paris?"));
      ChatResponse first = model.chat(request(messages));
      assertThat(first.aiMessage().toolExecutionRequests()).hasSize(1);
      ToolExecutionRequest call = first.aiMessage().toolExecutionRequests().getFirst();
      assertThat(call.name()).isEqualTo("get_weather");
      assertThat(call.arguments()).contains("Paris");
      messages.add(first.aiMessage());
      messages.add(ToolExecutionResultMessage.from(call, "18 degrees and sunny"));
      assertThat(model.chat(request(messages)).aiMessage().text()).contains("18 degrees and sunny");
    }
  }

  @Test
  void streamsGiveTheSameAnswerAsPlainRequests() throws Exception {
    List<StreamingChatModel> models =
        List.of(
            OpenAiStreamingChatModel.builder()
                .baseUrl(provider.url() + "/v1")
                .apiKey("k")
                .modelName("gpt-4.1-mini")
                .build(),
            AnthropicStreamingChatModel.builder()
                .baseUrl(provider.url() + "/v1")
                .apiKey("k")
                .modelName("claude-haiku-4-5")
                .maxTokens(500)
                .build(),
            OpenAiResponsesStreamingChatModel.builder()
                .baseUrl(provider.url() + "/v1")
                .apiKey("k")
                .modelName("gpt-4.1-mini")
                .build());
    String text = "Grüße aus 北京 🙂, und noch ein etwas längerer Satz.";
    for (StreamingChatModel model : models) {
      ChatResponse response = stream(model, "[[fake text=\"" + text + "\" cached=7 reasoning=3]]");
      assertThat(response.aiMessage().text()).isEqualTo(text);
      Reply.Usage usage = requireNonNull(provider.exchanges().getLast().usage());
      assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(usage.output());
      assertThat(provider.exchanges().getLast().stream()).isTrue();

      ChatResponse call = stream(model, "How is the weather in Tokyo?");
      assertThat(call.aiMessage().toolExecutionRequests().getFirst().arguments()).contains("Tokyo");
    }
  }

  @Test
  void cacheAndReasoningTokensAreReportedInEachProvidersWay() {
    ChatResponse openAi =
        openAi("gpt-4.1").chat(UserMessage.from("[[fake input=2000 cached=1024 reasoning=64]]"));
    OpenAiTokenUsage usage = (OpenAiTokenUsage) openAi.tokenUsage();
    assertThat(usage.inputTokenCount()).isEqualTo(2000);
    assertThat(requireNonNull(usage.inputTokensDetails()).cachedTokens()).isEqualTo(1024);
    assertThat(requireNonNull(usage.outputTokensDetails()).reasoningTokens()).isEqualTo(64);

    ChatResponse claude =
        anthropic("claude-sonnet-4-5")
            .chat(UserMessage.from("[[fake input=2000 cached=1200 cache-write=300]]"));
    AnthropicTokenUsage tokens = (AnthropicTokenUsage) claude.tokenUsage();
    // Anthropic counts cached tokens beside the input tokens.
    assertThat(tokens.inputTokenCount()).isEqualTo(500);
    assertThat(tokens.cacheReadInputTokens()).isEqualTo(1200);
    assertThat(tokens.cacheCreationInputTokens()).isEqualTo(300);
  }

  @Test
  void failuresComeAsTheClientsKnowThem() {
    for (ChatModel model : List.of(openAi("gpt-4.1"), anthropic("claude-sonnet-4-5"))) {
      assertThatThrownBy(() -> model.chat("[[fake status=429 retry-after=3]]"))
          .isInstanceOf(RateLimitException.class)
          .hasMessageContaining("Rate limit reached");
      assertThatThrownBy(() -> model.chat("[[fake status=500]]"))
          .isInstanceOf(InternalServerException.class);
      // The first two attempts at the same request fail, the third gets its answer.
      String flaky = "[[fake status=500 times=2 text=done]]";
      assertThatThrownBy(() -> model.chat(flaky)).isInstanceOf(InternalServerException.class);
      assertThatThrownBy(() -> model.chat(flaky)).isInstanceOf(InternalServerException.class);
      assertThat(model.chat(flaky)).isEqualTo("done");
    }
    ChatModel hasty =
        OpenAiChatModel.builder()
            .baseUrl(provider.url() + "/v1")
            .apiKey("k")
            .modelName("fake-timeout")
            .timeout(Duration.ofMillis(200))
            .maxRetries(0)
            .build();
    assertThatThrownBy(() -> hasty.chat("hello")).isInstanceOf(TimeoutException.class);
  }

  @Test
  void embeddingsOfTextsThatShareWordsAreNear() {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder()
            .baseUrl(provider.url() + "/v1")
            .apiKey("k")
            .modelName("text-embedding-3-small")
            .dimensions(64)
            .build();
    float[] refund = model.embed("How do I get a refund for my order?").content().vector();
    float[] same = model.embed("Refund of an order").content().vector();
    float[] other = model.embed("Opening hours in Cologne").content().vector();
    assertThat(refund).hasSize(64);
    assertThat(dot(refund, same)).isGreaterThan(dot(refund, other));
  }

  @Test
  void virtualTimeIsToldInsteadOfWaitedFor(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log.jsonl");
    try (FakeProvider slow =
            FakeProvider.start(new FakeProvider.Options(0, 7, Script.standard(), 1, 10, log));
        HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(slow.url() + "/v1/chat/completions"))
              .header("x-fake-clock", "virtual")
              .header("x-fake", "timeout")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
              .build();
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.headers().firstValue("x-fake-total-ms")).contains("600000");
      JsonNode line = new ObjectMapper().readTree(Files.readString(log));
      assertThat(line.path("usage").path("input").asInt()).isPositive();
      assertThat(line.path("response").path("choices").size()).isEqualTo(1);
    }
  }

  private ChatModel openAi(String model) {
    return OpenAiChatModel.builder()
        .baseUrl(provider.url() + "/v1")
        .apiKey("k")
        .modelName(model)
        .maxRetries(0)
        .build();
  }

  private ChatModel responses(String model) {
    return OpenAiResponsesChatModel.builder()
        .baseUrl(provider.url() + "/v1")
        .apiKey("k")
        .modelName(model)
        .build();
  }

  private ChatModel anthropic(String model) {
    return AnthropicChatModel.builder()
        .baseUrl(provider.url() + "/v1")
        .apiKey("k")
        .modelName(model)
        .maxTokens(500)
        .maxRetries(0)
        .build();
  }

  private static ChatRequest request(List<ChatMessage> messages) {
    return ChatRequest.builder().messages(messages).toolSpecifications(WEATHER).build();
  }

  private static ChatResponse stream(StreamingChatModel model, String question) throws Exception {
    CompletableFuture<ChatResponse> done = new CompletableFuture<>();
    model.chat(
        request(List.of(UserMessage.from(question))),
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String partialResponse) {}

          @Override
          public void onCompleteResponse(ChatResponse response) {
            done.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            done.completeExceptionally(error);
          }
        });
    return done.get(20, TimeUnit.SECONDS);
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
