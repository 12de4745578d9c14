import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import datadog.trace.api.llmobs.LLMObs;
import datadog.trace.api.llmobs.LLMObsSpan;
import java.util.List;
import java.util.Map;

/** A call of the OpenAI client, which the agent sees by itself, and spans and evaluations by hand. */
public class App {
  public static void main(String[] args) throws Exception {
    OpenAIClient client = OpenAIOkHttpClient.fromEnv();
    System.out.println(
        client
            .chat()
            .completions()
            .create(
                ChatCompletionCreateParams.builder()
                    .model("gpt-4.1-mini")
                    .addSystemMessage("You answer in one sentence.")
                    .addUserMessage("Where is parcel 77? 世界")
                    .build())
            .choices()
            .get(0)
            .message()
            .content()
            .orElse(""));
    ChatCompletionCreateParams streamed =
        ChatCompletionCreateParams.builder()
            .model("gpt-4.1-mini")
            .addUserMessage("Count from one to three, streamed.")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(streamed)) {
      chunks.stream().forEach(chunk -> System.out.print("."));
    }
    try {
      client
          .chat()
          .completions()
          .create(
              ChatCompletionCreateParams.builder()
                  .model("gpt-4.1-mini")
                  .addUserMessage("[[fake status=400]] no")
                  .build());
    } catch (RuntimeException e) {
      System.out.println("refused: " + e.getClass().getSimpleName());
    }
    LLMObsSpan ask = LLMObs.startLLMSpan("ask", "gpt-4o-mini", "openai", null, "session-1");
    ask.annotateIO(
        List.of(LLMObs.LLMMessage.from("user", "Where is 77?")),
        List.of(LLMObs.LLMMessage.from("assistant", "In Lyon.")));
    ask.setMetrics(Map.of("input_tokens", 120, "output_tokens", 30));
    ask.setTags(Map.of("team", "logistics"));
    LLMObs.SubmitEvaluation(ask, "helpful", 0.8, Map.of("judge", "gpt"));
    LLMObs.SubmitEvaluation(ask, "tone", "friendly", null);
    LLMObs.submitFeedback(
        LLMObs.Feedback.builder()
            .span(ask)
            .label("thumb")
            .booleanValue(true)
            .submitter("u-1", "user")
            .mlApp("java")
            .build());
    ask.finish();
    LLMObsSpan broken = LLMObs.startToolSpan("broken", null, "session-1");
    broken.annotateIO("x", "");
    broken.addThrowable(new IllegalStateException("parcel lost: ümlaut"));
    broken.finish();
    Thread.sleep(4_000);
  }
}
