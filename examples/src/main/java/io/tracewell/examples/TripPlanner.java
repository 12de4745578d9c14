package io.tracewell.examples;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * An agent that plans trips: a model decides which tools to call until it has a flight, a hotel and
 * the weather; a second agent puts the room on hold; then the model writes the proposal.
 */
final class TripPlanner implements Application {
  /** More rounds than any sensible plan needs. */
  private static final int MAX_ROUNDS = 12;

  private static final Duration FLIGHT_TIMEOUT = Duration.ofSeconds(5);
  private static final String RULE =
      "- If a tool fails twice, continue without it and say what is missing.\n";
  private static final String PROMPT = Data.text("planner.md");

  private static final ToolSpecification FLIGHTS =
      ToolSpecification.builder()
          .name("search_flights")
          .description("Searches flight offers between two airports")
          .parameters(
              JsonObjectSchema.builder()
                  .addStringProperty("origin", "IATA code")
                  .addStringProperty("destination", "IATA code")
                  .addStringProperty("depart", "ISO date")
                  .addIntegerProperty("max_price_eur")
                  .addIntegerProperty("adults")
                  .required("origin", "destination", "depart")
                  .build())
          .build();
  private static final ToolSpecification HOTELS =
      ToolSpecification.builder()
          .name("search_hotels")
          .description("Finds hotels in a city by what the traveller wants")
          .parameters(
              JsonObjectSchema.builder()
                  .addStringProperty("city")
                  .addStringProperty("wishes")
                  .addIntegerProperty("nights")
                  .required("city", "wishes")
                  .build())
          .build();
  private static final ToolSpecification WEATHER =
      ToolSpecification.builder()
          .name("get_weather")
          .description("Weather forecast for a city")
          .parameters(JsonObjectSchema.builder().addStringProperty("city").required("city").build())
          .build();
  private static final ToolSpecification BOOKING =
      ToolSpecification.builder()
          .name("hand_to_booking")
          .description("Lets the booking agent put a room on hold, within the spending policy")
          .parameters(
              JsonObjectSchema.builder()
                  .addStringProperty("hotel")
                  .addIntegerProperty("nights")
                  .required("hotel", "nights")
                  .build())
          .build();
  private static final ToolSpecification HOLD =
      ToolSpecification.builder()
          .name("hold_room")
          .description("Puts a hotel room on hold until 18:00")
          .parameters(JsonObjectSchema.builder().addStringProperty("hotel").build())
          .build();

  /** The airline rejected our token. */
  static final class AuthError extends RuntimeException {
    private static final long serialVersionUID = 1;

    AuthError(String message) {
      super(message);
    }
  }

  /** A tool gave no usable result. */
  static final class ToolError extends RuntimeException {
    private static final long serialVersionUID = 1;

    ToolError(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final Env env;
  private final ChatModel planner;
  private final ChatModel clerk;
  private final EmbeddingModel embeddings;

  TripPlanner(Env env) {
    this.env = env;
    this.planner = env.claude("claude-sonnet-4-5", 2000);
    this.clerk = env.claude("claude-haiku-4-5", 800);
    this.embeddings = env.embeddings(true);
  }

  @Override
  public Conversation open(String session, String user) {
    List<ChatMessage> history = new ArrayList<>();
    return request -> env.genAi().agent("plan_trip", request, span -> plan(request, user, history));
  }

  private String plan(String request, String user, List<ChatMessage> history) {
    String profile =
        env.genAi()
            .task(
                "load_profile",
                user,
                span -> {
                  Strand.current().work(14, 34);
                  return "{\"user\":\"" + user + "\",\"home\":\"Europe\",\"seat\":\"aisle\"}";
                });
    boolean v14 = env.incident().plannerV14(Strand.current().now());
    String version = v14 ? "14" : "13";
    Map<String, String> variables = Map.of("profile", profile, "request", request);
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(SystemMessage.from(PROMPT.replace("{{rules}}", v14 ? "" : RULE)));
    messages.addAll(history);
    messages.add(UserMessage.from(request + "\n\nProfile: " + profile));
    String step = "plan";
    for (int round = 0; round < MAX_ROUNDS; round++) {
      AiMessage decision =
          ask(planner, new GenAi.Step(step, "planner", version, variables), messages);
      messages.add(decision);
      if (decision.toolExecutionRequests().isEmpty()) {
        history.add(UserMessage.from(request));
        history.add(AiMessage.from(decision.text()));
        return check(decision.text());
      }
      boolean booked = false;
      for (ToolExecutionResultMessage result : callAll(decision.toolExecutionRequests())) {
        messages.add(result);
        booked |= result.toolName().equals(BOOKING.name());
      }
      step = booked ? "write_answer" : "decide";
    }
    throw new ToolError("no plan after " + MAX_ROUNDS + " rounds", null);
  }

  private AiMessage ask(ChatModel model, GenAi.Step step, List<ChatMessage> messages) {
    ChatRequest request =
        ChatRequest.builder()
            .messages(messages)
            .toolSpecifications(FLIGHTS, HOTELS, WEATHER, BOOKING)
            .build();
    return env.genAi().step(step, () -> Env.withRetries(3, () -> model.chat(request).aiMessage()));
  }

  /** Calls of one round run at the same time; a failure becomes the call's result. */
  private List<ToolExecutionResultMessage> callAll(List<ToolExecutionRequest> calls) {
    List<Callable<ToolExecutionResultMessage>> bodies = new ArrayList<>();
    for (ToolExecutionRequest call : calls) {
      bodies.add(() -> ToolExecutionResultMessage.from(call, call(call)));
    }
    return bodies.size() == 1 ? List.of(one(bodies.getFirst())) : Strand.current().parallel(bodies);
  }

  private static <T> T one(Callable<T> body) {
    try {
      return body.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private String call(ToolExecutionRequest call) {
    JsonNode arguments = Data.parse(call.arguments());
    try {
      return switch (call.name()) {
        case "search_flights" ->
            env.genAi().tool(FLIGHTS, call.id(), call.arguments(), s -> searchFlights(arguments));
        case "search_hotels" ->
            env.genAi().tool(HOTELS, call.id(), call.arguments(), s -> searchHotels(arguments));
        case "get_weather" ->
            env.genAi().tool(WEATHER, call.id(), call.arguments(), s -> weather(arguments));
        case "hand_to_booking" -> book(arguments);
        default -> "{\"status\":404,\"error\":\"no such tool\"}";
      };
    } catch (ToolError e) {
      return "{\"status\":504,\"error\":\"" + e.getMessage() + "\",\"retry_after\":null}";
    }
  }

  private String searchFlights(JsonNode arguments) {
    @Nullable String token = null;
    try {
      token = refreshToken();
    } catch (AuthError e) {
      // The search goes on without a token: what made the incident hard to see.
    }
    Map<String, String> query = new TreeMap<>();
    arguments.properties().forEach(p -> query.put(p.getKey(), p.getValue().asText()));
    try {
      Env.Response response = env.get("/flight-offers", query, token, FLIGHT_TIMEOUT);
      if (response.status() != 200) {
        throw new ToolError("GET flight-offers: HTTP " + response.status(), null);
      }
      return response.body().toString();
    } catch (Env.TimeoutError e) {
      throw new ToolError("504 upstream timeout: " + e.getMessage(), e);
    }
  }

  private String refreshToken() {
    return env.genAi()
        .task(
            "refresh_token",
            "flight-offers",
            span -> {
              Env.Response response =
                  env.get(
                      "/oauth/token", Map.of("grant_type", "refresh_token"), null, FLIGHT_TIMEOUT);
              if (response.status() != 200) {
                throw new AuthError(
                    response.body().path("error").asText()
                        + ": "
                        + response.body().path("error_description").asText());
              }
              return response.body().path("access_token").asText();
            });
  }

  private String searchHotels(JsonNode arguments) {
    String city = arguments.path("city").asText();
    String wishes = city + ", " + arguments.path("wishes").asText();
    List<Content> found =
        env.genAi()
            .retrieval(
                "hotel_index",
                wishes,
                span -> {
                  env.genAi()
                      .step(
                          new GenAi.Step("embed_query", "", "", Map.of()),
                          () -> embeddings.embed(wishes));
                  Strand.current().work(180, 380);
                  return hotels(city);
                });
    return env.genAi()
        .task(
            "rank_offers",
            found.size() + " offers",
            span -> {
              Strand.current().work(150, 420);
              return found.stream()
                  .limit(3)
                  .map(c -> c.textSegment().text())
                  .reduce((a, b) -> a + "\n" + b)
                  .orElse("nothing found");
            });
  }

  private static List<Content> hotels(String city) {
    String[] names = {
      "Casa do Largo",
      "Hotel Meridian",
      "The Old Mill",
      "Pension Aurora",
      "Station Rooms",
      "Garden House"
    };
    String[] traits = {
      "quiet street, breakfast until 11",
      "gym and desk in each room",
      "family rooms, five minutes from the sights",
      "step-free entrance, small and friendly",
      "next to the main station",
      "garden, dogs welcome"
    };
    List<Content> found = new ArrayList<>();
    double score = 0.93;
    for (int i = 0; i < names.length; i++) {
      int price = 62 + Strand.current().random().nextInt(130);
      TextSegment text =
          TextSegment.from(
              names[i] + ", " + city + ": " + traits[i] + ", " + price + " EUR a night",
              Metadata.from("id", GenAi.lower(city) + "-" + i));
      found.add(Content.from(text, Map.of(ContentMetadata.SCORE, score)));
      score -= 0.03 + 0.05 * Strand.current().random().nextDouble();
    }
    return found;
  }

  private String weather(JsonNode arguments) {
    try {
      return env.get(
              "/weather",
              Map.of("city", arguments.path("city").asText()),
              null,
              Duration.ofSeconds(4))
          .body()
          .toString();
    } catch (Env.TimeoutError e) {
      throw new ToolError(String.valueOf(e.getMessage()), e);
    }
  }

  private String book(JsonNode arguments) {
    String hotel = arguments.path("hotel").asText();
    int nights = Math.max(1, arguments.path("nights").asInt(2));
    return env.genAi()
        .agent(
            "booking_agent",
            "Hold a room at " + hotel + " for " + nights + " nights",
            span -> {
              List<ChatMessage> messages = new ArrayList<>();
              messages.add(
                  SystemMessage.from(
                      "You are the booking agent of a travel agency. Check the policy: at most 180 EUR a night,"
                          + " free cancellation, one room for two adults. Then sum up what is on hold."));
              messages.add(
                  UserMessage.from("Check the policy for " + hotel + ", " + nights + " nights."));
              messages.add(clerk(messages, "check_policy"));
              String hold =
                  env.genAi()
                      .tool(
                          HOLD,
                          "hold-" + Integer.toHexString(Strand.current().random().nextInt()),
                          "{\"hotel\":\"" + hotel + "\"}",
                          s ->
                              env.get("/holds", Map.of("hotel", hotel), null, Duration.ofSeconds(8))
                                  .body()
                                  .toString());
              env.genAi()
                  .guardrail(
                      "spend_limit",
                      hold,
                      s -> {
                        Strand.current().work(12, 30);
                        s.setAttribute("gen_ai.guardrail.action", "allow");
                        return "allow";
                      });
              messages.add(UserMessage.from("The room is on hold: " + hold + ". Sum up."));
              return clerk(messages, "summarise").text();
            });
  }

  private AiMessage clerk(List<ChatMessage> messages, String step) {
    ChatRequest request = ChatRequest.builder().messages(messages).build();
    return env.genAi()
        .step(
            new GenAi.Step(step, "booking", "6", Map.of()),
            () -> Env.withRetries(3, () -> clerk.chat(request).aiMessage()));
  }

  private String check(String answer) {
    return env.genAi()
        .guardrail(
            "output_check",
            answer,
            span -> {
              Strand.current().work(6, 20);
              span.setAttribute("gen_ai.guardrail.action", "allow");
              return answer;
            });
  }
}
