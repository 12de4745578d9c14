package io.tracewell.examples;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an application is given: where the model and the other services are, and its tracing. */
final class Env {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final URI provider;
  private final URI partners;
  private final Incident incident;
  private final GenAi genAi;

  Env(Tracer tracer, URI provider, URI partners, Incident incident) {
    this.provider = provider;
    this.partners = partners;
    this.incident = incident;
    this.genAi = new GenAi(tracer);
  }

  GenAi genAi() {
    return genAi;
  }

  Incident incident() {
    return incident;
  }

  ChatModel openAi(String model, double temperature) {
    return OpenAiChatModel.builder()
        .baseUrl(provider + "/v1")
        .apiKey("demo")
        .modelName(model)
        .temperature(temperature)
        .timeout(Duration.ofSeconds(30))
        .maxRetries(0)
        .httpClientBuilder(new StrandHttp())
        .listeners(genAi)
        .build();
  }

  StreamingChatModel openAiStream(String model, double temperature) {
    return OpenAiStreamingChatModel.builder()
        .baseUrl(provider + "/v1")
        .apiKey("demo")
        .modelName(model)
        .temperature(temperature)
        .timeout(Duration.ofSeconds(30))
        .httpClientBuilder(new StrandHttp())
        .listeners(List.of(genAi))
        .build();
  }

  ChatModel claude(String model, int maxTokens) {
    return AnthropicChatModel.builder()
        .baseUrl(provider + "/v1")
        .apiKey("demo")
        .modelName(model)
        .maxTokens(maxTokens)
        .timeout(Duration.ofSeconds(60))
        .maxRetries(0)
        .cacheSystemMessages(true)
        .cacheTools(true)
        .returnThinking(true)
        .httpClientBuilder(new StrandHttp())
        .listeners(genAi)
        .build();
  }

  EmbeddingModel embeddings(boolean traced) {
    return OpenAiEmbeddingModel.builder()
        .baseUrl(provider + "/v1")
        .apiKey("demo")
        .modelName("text-embedding-3-small")
        .dimensions(64)
        .timeout(Duration.ofSeconds(10))
        .maxRetries(0)
        .httpClientBuilder(new StrandHttp())
        .listeners(traced ? List.of(genAi) : List.of())
        .build();
  }

  /** Tries again after 0.4 s, 0.8 s, … where the model is at its rate limit. */
  static <T> T withRetries(int attempts, Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (RateLimitException e) {
        if (attempt >= attempts) {
          throw e;
        }
        Strand.current().sleep(Duration.ofMillis(200L << attempt));
      }
    }
  }

  /** An answer of a partner's service. */
  record Response(int status, JsonNode body) {}

  /** The service did not answer in time. */
  static final class TimeoutError extends RuntimeException {
    private static final long serialVersionUID = 1;

    TimeoutError(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Asks a partner's service, in a client span of its own. */
  Response get(String path, Map<String, String> query, @Nullable String token, Duration timeout) {
    StringBuilder full = new StringBuilder(path);
    char separator = '?';
    for (Map.Entry<String, String> entry : new TreeMap<>(query).entrySet()) {
      full.append(separator)
          .append(entry.getKey())
          .append('=')
          .append(URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8));
      separator = '&';
    }
    SpanBuilder span =
        genAi
            .span("GET " + path)
            .setAttribute("http.request.method", "GET")
            .setAttribute("url.full", partners + full.toString())
            .setAttribute("server.address", "127.0.0.1");
    return genAi.client(span, s -> send(s, path, full.toString(), token, timeout));
  }

  private Response send(
      Span span, String path, String full, @Nullable String token, Duration timeout) {
    Strand strand = Strand.current();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(partners + full)).timeout(timeout);
    StrandHttp.headers(strand).forEach(request::header);
    if (token != null) {
      request.header("authorization", "Bearer " + token);
    }
    try {
      HttpResponse<String> response =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (strand.isVirtual()) {
        Duration took =
            Duration.ofMillis(response.headers().firstValueAsLong("x-fake-total-ms").orElse(0));
        if (took.compareTo(timeout) > 0) {
          strand.sleep(timeout);
          throw new HttpTimeoutException("request timed out");
        }
        strand.sleep(took);
      }
      span.setAttribute("http.response.status_code", response.statusCode());
      if (response.statusCode() >= 500) {
        span.setAttribute("error.type", String.valueOf(response.statusCode()));
        span.setStatus(StatusCode.ERROR, "HTTP " + response.statusCode());
      }
      return new Response(response.statusCode(), Data.parse(response.body()));
    } catch (HttpTimeoutException e) {
      throw new TimeoutError(
          "GET %s: no response within %d ms".formatted(path, timeout.toMillis()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting", e);
    }
  }
}
