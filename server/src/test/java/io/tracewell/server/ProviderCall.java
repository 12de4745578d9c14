package io.tracewell.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.testkit.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What the fake provider's log says of one call, told in the terms of our API. It reads the
 * provider's own forms by itself, and prices by itself, so that an error of the server can't hide.
 */
final class ProviderCall {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode PRICES = prices();

  /**
   * Disjoint tokens: every token is in exactly one of the first five. {@code reasoning} is part of
   * {@code output}.
   */
  record Tokens(
      long input, long cacheRead, long cacheWrite, long cacheWrite1h, long output, long reasoning) {
    /** All of the prompt, as our API counts input. */
    long allInput() {
      return input + cacheRead + cacheWrite + cacheWrite1h;
    }
  }

  private final Exchange exchange;

  ProviderCall(Exchange exchange) {
    this.exchange = exchange;
  }

  private static JsonNode prices() {
    try (InputStream table = ProviderCall.class.getResourceAsStream("pricing/genai-prices.json")) {
      return JSON.readTree(Objects.requireNonNull(table));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean succeeded() {
    return exchange.status() == 200;
  }

  boolean isStreamed() {
    return exchange.stream();
  }

  boolean isEmbedding() {
    return exchange.api().equals("embeddings");
  }

  String provider() {
    return exchange.provider();
  }

  String modelAsked() {
    return exchange.model();
  }

  /** The dated name that the provider answers with. */
  String modelAnswered() {
    return exchange.response().path("model").asText();
  }

  String responseId() {
    return exchange.response().path("id").asText();
  }

  String errorMessage() {
    return exchange.response().path("error").path("message").asText();
  }

  /** The texts to embed. */
  List<String> embedded() {
    List<String> texts = new ArrayList<>();
    JsonNode input = exchange.request().path("input");
    if (input.isTextual()) {
      texts.add(input.asText());
    }
    input.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  // --- texts ---

  /** The conversation that was sent: one text for each part that a person would read. */
  List<String> asked() {
    JsonNode request = exchange.request();
    List<String> lines = new ArrayList<>();
    switch (exchange.api()) {
      case "chat.completions" -> request.path("messages").forEach(m -> chat(lines, m));
      case "responses" -> {
        texts(lines, "system", request.path("instructions"));
        if (request.path("input").isTextual()) {
          texts(lines, "user", request.path("input"));
        }
        request.path("input").forEach(item -> item(lines, item));
      }
      default -> {
        texts(lines, "system", request.path("system"));
        request.path("messages").forEach(m -> anthropic(lines, m));
      }
    }
    return lines;
  }

  /** What the model answered, as {@link #asked}. */
  List<String> answered() {
    JsonNode response = exchange.response();
    List<String> lines = new ArrayList<>();
    switch (exchange.api()) {
      case "chat.completions" -> chat(lines, response.path("choices").path(0).path("message"));
      case "responses" -> response.path("output").forEach(item -> item(lines, item));
      default -> anthropic(lines, response);
    }
    return lines;
  }

  /** The summary of the model's thinking, or empty. */
  String reasoning() {
    for (JsonNode item : exchange.response().path("output")) {
      if (item.path("type").asText().equals("reasoning")) {
        return item.at("/summary/0/text").asText();
      }
    }
    for (JsonNode block : exchange.response().path("content")) {
      if (block.path("type").asText().equals("thinking")) {
        return block.path("thinking").asText();
      }
    }
    return "";
  }

  private static void chat(List<String> lines, JsonNode message) {
    texts(lines, message.path("role").asText(), message.path("content"));
    for (JsonNode call : message.path("tool_calls")) {
      JsonNode function = call.path("function");
      call(lines, function.path("name").asText(), function.path("arguments").asText());
    }
  }

  private static void item(List<String> lines, JsonNode item) {
    switch (item.path("type").asText("message")) {
      case "message" -> texts(lines, item.path("role").asText(), item.path("content"));
      case "function_call" ->
          call(lines, item.path("name").asText(), item.path("arguments").asText());
      case "function_call_output" -> texts(lines, "tool", item.path("output"));
      default -> {}
    }
  }

  private static void anthropic(List<String> lines, JsonNode message) {
    if (message.path("content").isTextual()) {
      texts(lines, message.path("role").asText(), message.path("content"));
      return;
    }
    for (JsonNode block : message.path("content")) {
      switch (block.path("type").asText()) {
        case "text" -> line(lines, message.path("role").asText(), block.path("text").asText());
        case "tool_use" -> call(lines, block.path("name").asText(), block.path("input").toString());
        case "tool_result" -> texts(lines, "tool", block.path("content"));
        default -> {}
      }
    }
  }

  private static void texts(List<String> lines, String role, JsonNode content) {
    if (content.isTextual()) {
      line(lines, role, content.asText());
    }
    for (JsonNode part : content) {
      line(lines, role, part.path("text").asText());
    }
  }

  /** Adds a text unless there is nothing to read; JSON is written in one way. */
  static void line(List<String> lines, String role, String text) {
    if (!text.isEmpty()) {
      lines.add((role.equals("developer") ? "system" : role) + ": " + sameJson(text));
    }
  }

  static void call(List<String> lines, String tool, String arguments) {
    lines.add("assistant calls " + tool + " " + sameJson(arguments.isEmpty() ? "{}" : arguments));
  }

  private static String sameJson(String text) {
    if (!text.startsWith("{") && !text.startsWith("[{")) {
      return text;
    }
    try {
      return JSON.readTree(text).toString();
    } catch (JsonProcessingException e) {
      return text;
    }
  }

  // --- tokens and money ---

  Tokens tokens() {
    JsonNode usage = exchange.response().path("usage");
    if (exchange.provider().equals("anthropic")) {
      JsonNode written = usage.path("cache_creation");
      return new Tokens(
          usage.path("input_tokens").asLong(),
          usage.path("cache_read_input_tokens").asLong(),
          written.path("ephemeral_5m_input_tokens").asLong(),
          written.path("ephemeral_1h_input_tokens").asLong(),
          usage.path("output_tokens").asLong(),
          0);
    }
    boolean responses = exchange.api().equals("responses");
    String input = responses ? "input_tokens" : "prompt_tokens";
    String output = responses ? "output_tokens" : "completion_tokens";
    long cached = usage.path(input + "_details").path("cached_tokens").asLong();
    return new Tokens(
        usage.path(input).asLong() - cached,
        cached,
        0,
        0,
        usage.path(output).asLong(),
        usage.path(output + "_details").path("reasoning_tokens").asLong());
  }

  /** Dollars for those tokens by the price table's row of the model that was asked for. */
  BigDecimal cost(Tokens tokens) {
    JsonNode row = row(exchange.provider(), exchange.model());
    return price(row, "input_mtok", tokens.input())
        .add(price(row, "cache_read_mtok", tokens.cacheRead()))
        .add(price(row, "cache_write_mtok", tokens.cacheWrite()))
        .add(price(row, "cache_write_1h_mtok", tokens.cacheWrite1h()))
        .add(price(row, "output_mtok", tokens.output()));
  }

  private static JsonNode row(String provider, String model) {
    for (JsonNode one : PRICES) {
      for (JsonNode row : one.path("models")) {
        if (one.path("id").asText().equals(provider) && row.path("id").asText().equals(model)) {
          return row.path("prices");
        }
      }
    }
    throw new IllegalArgumentException("the price table has no row " + provider + " " + model);
  }

  private static BigDecimal price(JsonNode row, String what, long tokens) {
    if (tokens == 0) {
      return BigDecimal.ZERO;
    }
    // No call of the programs reaches a tier of large prompts.
    JsonNode rate = row.path(what).has("base") ? row.path(what).path("base") : row.path(what);
    if (!rate.isNumber()) {
      throw new IllegalArgumentException("the price table has no " + what + " in " + row);
    }
    return new BigDecimal(rate.asText()).multiply(BigDecimal.valueOf(tokens)).movePointLeft(6);
  }

  @Override
  public String toString() {
    return exchange.api() + " " + exchange.n() + " " + exchange.request();
  }
}
