import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.anthropic.AnthropicChatModel;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/** A Spring AI program with Spring Boot's own OpenTelemetry starter; its settings are arguments. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class App {
  private static final String USED =
      "[[fake input=5210 cached=4096 output=937 reasoning=640]] ";

  static class Weather {
    @Tool(name = "get_weather", description = "Weather of a city")
    String weather(String city) {
      return "21 degrees and clear in " + city;
    }
  }

  public static void main(String[] args) {
    try (ConfigurableApplicationContext context = SpringApplication.run(App.class, args)) {
      ChatClient gpt = client(context, OpenAiChatModel.class);
      System.out.println(
          "plain: "
              + gpt.prompt()
                  .system("You answer in one sentence.")
                  .user(USED + "Où est le colis 77? 世界")
                  .call()
                  .content());
      System.out.println(
          "streamed: "
              + String.join(
                  "",
                  gpt.prompt()
                      .user(USED + "Count to three, streamed.")
                      .stream()
                      .content()
                      .collectList()
                      .block()));
      System.out.println(
          "tool: "
              + gpt.prompt()
                  .user("What is the weather in Paris?")
                  .tools(new Weather())
                  .call()
                  .content());
      System.out.println(
          "claude: "
              + client(context, AnthropicChatModel.class)
                  .prompt()
                  .user("[[fake input=5323 cached=4100 cache-write=900 output=41]] Where is it?")
                  .call()
                  .content());
      System.out.println(
          "embedding: "
              + context.getBean(OpenAiEmbeddingModel.class).embed("the tower of Paris").length);
      try {
        gpt.prompt().user("[[fake status=400]] Once more?").call().content();
      } catch (RuntimeException refused) {
        System.out.println("refused: " + refused.getClass().getSimpleName());
      }
    }
  }

  private static ChatClient client(
      ConfigurableApplicationContext context, Class<? extends ChatModel> model) {
    return ChatClient.builder(
            context.getBean(model), context.getBean(ObservationRegistry.class), null, null)
        .build();
  }
}
