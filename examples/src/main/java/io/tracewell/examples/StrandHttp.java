package io.tracewell.examples;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpClientBuilderLoader;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's own HTTP client, on a strand's time: it tells the fake provider what time it is,
 * and on a virtual strand takes the time the answer would have taken from the answer's headers
 * instead of waiting for it.
 */
final class StrandHttp implements HttpClientBuilder {
  private final HttpClientBuilder inner = HttpClientBuilderLoader.loadHttpClientBuilder();

  @Override
  public Duration connectTimeout() {
    return inner.connectTimeout();
  }

  @Override
  public HttpClientBuilder connectTimeout(Duration timeout) {
    inner.connectTimeout(timeout);
    return this;
  }

  @Override
  public Duration readTimeout() {
    return inner.readTimeout();
  }

  @Override
  public HttpClientBuilder readTimeout(Duration timeout) {
    inner.readTimeout(timeout);
    return this;
  }

  @Override
  public HttpClient build() {
    Duration timeout = inner.readTimeout();
    return new Client(inner.build(), timeout == null ? Duration.ofSeconds(60) : timeout);
  }

  /** The headers that carry a strand's time to the fake services. */
  static Map<String, String> headers(Strand strand) {
    Map<String, String> headers = new HashMap<>();
    headers.put("x-fake-now", String.valueOf(strand.now().toEpochMilli()));
    headers.put("x-fake-seed", strand.nextCall());
    if (strand.isVirtual()) {
      headers.put("x-fake-clock", "virtual");
    }
    return headers;
  }

  private record Client(HttpClient inner, Duration timeout) implements HttpClient {
    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
      Strand strand = Strand.current();
      SuccessfulHttpResponse response;
      try {
        response = inner.execute(on(strand, request));
      } catch (HttpException e) {
        if (strand.isVirtual()) {
          strand.sleep(Duration.ofMillis(90));
        }
        throw e;
      }
      if (strand.isVirtual()) {
        long millis = millis(response, "x-fake-total-ms");
        if (millis > timeout.toMillis()) {
          strand.sleep(timeout);
          throw new TimeoutException(new HttpTimeoutException("request timed out"));
        }
        strand.sleep(Duration.ofMillis(millis));
      }
      return response;
    }

    @Override
    public void execute(
        HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
      Strand strand = Strand.current();
      inner.execute(on(strand, request), parser, new OnStrand(strand, listener));
    }

    private static HttpRequest on(Strand strand, HttpRequest request) {
      Map<String, List<String>> headers = new HashMap<>(request.headers());
      StrandHttp.headers(strand).forEach((name, value) -> headers.put(name, List.of(value)));
      return HttpRequest.builder()
          .method(request.method())
          .url(request.url())
          .headers(headers)
          .body(request.body())
          .build();
    }
  }

  /** The caller waits for the stream's end, so its strand may move on in the client's thread. */
  private static final class OnStrand implements ServerSentEventListener {
    private final Strand strand;
    private final ServerSentEventListener inner;
    private long rest;
    private boolean begun;

    OnStrand(Strand strand, ServerSentEventListener inner) {
      this.strand = strand;
      this.inner = inner;
    }

    @Override
    public void onOpen(SuccessfulHttpResponse response) {
      if (strand.isVirtual()) {
        long first = millis(response, "x-fake-first-ms");
        rest = millis(response, "x-fake-total-ms") - first;
        strand.sleep(Duration.ofMillis(first));
      }
      strand.run(() -> inner.onOpen(response));
    }

    @Override
    public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
      strand.run(
          () -> {
            before(event);
            inner.onEvent(event, context);
          });
    }

    @Override
    public void onEvent(ServerSentEvent event) {
      strand.run(
          () -> {
            before(event);
            inner.onEvent(event);
          });
    }

    @Override
    public void onError(Throwable error) {
      if (strand.isVirtual()) {
        strand.sleep(Duration.ofMillis(90));
      }
      strand.run(() -> inner.onError(error));
    }

    @Override
    public void onClose() {
      strand.run(inner::onClose);
    }

    private void before(ServerSentEvent event) {
      if (!begun) {
        begun = true;
        strand.markFirstToken();
      }
      // The client reports the answer at the stream's last event, before it closes.
      if (rest > 0 && (event.data().equals("[DONE]") || event.data().contains("message_stop"))) {
        strand.sleep(Duration.ofMillis(rest));
        rest = 0;
      }
    }
  }

  private static long millis(@Nullable SuccessfulHttpResponse response, String header) {
    if (response == null) {
      return 0;
    }
    for (Map.Entry<String, List<String>> entry : response.headers().entrySet()) {
      if (entry.getKey().equalsIgnoreCase(header)) {
        return Long.parseLong(entry.getValue().getFirst());
      }
    }
    return 0;
  }
}
