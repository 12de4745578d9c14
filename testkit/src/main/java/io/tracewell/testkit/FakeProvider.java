package io.tracewell.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tracewell.testkit.Wire.Event;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * An LLM provider that is not one: real HTTP on loopback, in the form of OpenAI ({@code
 * /v1/chat/completions}, {@code /v1/responses}, {@code /v1/embeddings}, {@code /v1/models}) and of
 * Anthropic ({@code /v1/messages}), streaming included. What it answers is decided by a {@link
 * Script}, and by directives in the prompt ({@code [[fake status=429 retry-after=1 times=2]]}, see
 * {@code Directives} for all of them), in the header {@code x-fake}, or in the model's name ({@code
 * fake-429}, {@code fake-500}, {@code fake-timeout}, {@code fake-refuse}); directives win.
 *
 * <p>Everything that was asked and answered, with the usage, is in {@link #exchanges} and, where
 * asked for, in a log file: tests take their expectations from there. Same seed and same requests
 * give the same answers, ids and times.
 *
 * <p>With the header {@code x-fake-clock: virtual} nothing is waited for; the answer then says in
 * {@code x-fake-first-ms} and {@code x-fake-total-ms} how long it would have taken. The header
 * {@code x-fake-seed} tells apart requests with the same body.
 */
public final class FakeProvider implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int COUNTED_BODIES = 4096;
  private static final int MAX_BODY = 64 << 20;

  static {
    // Without it each small answer on a kept connection waits for a delayed acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final Options options;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final @Nullable BufferedWriter log;
  private final Object lock = new Object();
  private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();
  private final Map<Long, Integer> attempts =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
          return size() > COUNTED_BODIES;
        }
      };
  private long count;

  /**
   * How to run.
   *
   * @param port 0 for a free one
   * @param latency factor on natural answer times; 0 answers at once
   * @param keep how many exchanges stay in memory
   * @param log file that gets one JSON object for each exchange, or null
   */
  public record Options(
      int port, long seed, Script script, double latency, int keep, @Nullable Path log) {
    /** A free port, no waiting, the standard script, the newest 10,000 exchanges. */
    public static Options standard() {
      return new Options(0, 1, Script.standard(), 0, 10_000, null);
    }

    public Options withScript(Script newScript) {
      return new Options(port, seed, newScript, latency, keep, log);
    }

    public Options withLog(Path file) {
      return new Options(port, seed, script, latency, keep, file);
    }
  }

  private FakeProvider(Options options) throws IOException {
    this.options = options;
    Path file = options.log;
    this.log =
        file == null
            ? null
            : Files.newBufferedWriter(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.APPEND);
    this.server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), options.port), 128);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Starts on loopback. Throws {@link UncheckedIOException} where the port is taken. */
  public static FakeProvider start(Options options) {
    try {
      return new FakeProvider(options);
    } catch (IOException e) {
      throw new UncheckedIOException("fake provider on port " + options.port, e);
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** {@code http://127.0.0.1:PORT}; OpenAI clients want {@code /v1} behind it. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** The newest exchanges, oldest first. */
  public List<Exchange> exchanges() {
    synchronized (lock) {
      return List.copyOf(exchanges);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    synchronized (lock) {
      if (log != null) {
        try {
          log.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void handle(HttpExchange http) throws IOException {
    try (http) {
      String path = http.getRequestURI().getPath();
      if (path.startsWith("/openai/")) {
        path = path.substring("/openai".length());
      }
      if (!path.startsWith("/v1/")) {
        path = "/v1" + path;
      }
      boolean get = http.getRequestMethod().equals("GET");
      if (get && path.equals("/v1/models")) {
        send(http, 200, Wire.models());
      } else if (get) {
        send(http, 404, Wire.openAiError(404, "Nothing at " + path));
      } else {
        post(http, path);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void post(HttpExchange http, String path) throws IOException, InterruptedException {
    byte[] bytes = http.getRequestBody().readNBytes(MAX_BODY);
    Map<String, String> headers = new HashMap<>();
    http.getRequestHeaders()
        .forEach((name, all) -> headers.put(name.toLowerCase(Locale.ROOT), all.getFirst()));
    JsonNode body;
    try {
      body = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      body = JSON.missingNode();
    }
    if (!body.isObject()) {
      send(http, 400, Wire.openAiError(400, "The body is no JSON object."));
      return;
    }
    String given = headers.getOrDefault("x-fake-seed", "");
    long hash = hash(options.seed, bytes, given);
    int attempt;
    synchronized (lock) {
      attempt = attempts.merge(hash, 1, Integer::sum);
    }
    SplittableRandom random = new SplittableRandom(hash + attempt * 0x9E3779B97F4A7C15L);
    switch (path) {
      case "/v1/embeddings" -> embeddings(http, body, headers, attempt, random);
      case "/v1/chat/completions" -> chat(http, Wire.OPENAI_CHAT, body, headers, attempt, random);
      case "/v1/responses" -> chat(http, Wire.OPENAI_RESPONSES, body, headers, attempt, random);
      case "/v1/messages" -> chat(http, Wire.ANTHROPIC, body, headers, attempt, random);
      default -> send(http, 404, Wire.openAiError(404, "Nothing at " + path));
    }
  }

  private void embeddings(
      HttpExchange http,
      JsonNode body,
      Map<String, String> headers,
      int attempt,
      SplittableRandom random)
      throws IOException, InterruptedException {
    JsonNode input = body.path("input");
    int dimensions = Math.clamp(body.path("dimensions").asInt(1536), 1, 4096);
    boolean base64 = body.path("encoding_format").asText().equals("base64");
    ArrayNode data = JSON.createArrayNode();
    int tokens = 0;
    for (JsonNode text : input.isArray() ? input : JSON.createArrayNode().add(input)) {
      float[] vector = options.script.embed(text.asText(), dimensions);
      ObjectNode item = data.addObject().put("object", "embedding").put("index", data.size() - 1);
      tokens += Tokens.count(text.asText());
      if (base64) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * dimensions).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(vector);
        item.put("embedding", Base64.getEncoder().encodeToString(buffer.array()));
      } else {
        ArrayNode numbers = item.putArray("embedding");
        for (float x : vector) {
          numbers.add(x);
        }
      }
    }
    String model = body.path("model").asText();
    Ask ask =
        new Ask("openai", "embeddings", model, false, List.of(), List.of(), body, headers, attempt);
    Directives directives = Directives.of(ask);
    int status = failing(directives, attempt) ? directives.number("status", 500) : 200;
    ObjectNode answer = JSON.createObjectNode().put("object", "list");
    answer.set("data", data);
    answer.put("model", model);
    answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    JsonNode response = status == 200 ? answer : Wire.openAiError(status, "Embedding failed.");
    long natural = Math.round(60 + 60 * random.nextDouble());
    long wait = time(directives.millis("latency"), natural, headers);
    Reply.Usage usage = status == 200 ? new Reply.Usage(tokens, 0, 0, 0, 0, 0) : null;
    record(ask, status, response, usage, wait, wait);
    waitFor(wait, http, headers, wait);
    send(http, status, response);
  }

  private void chat(
      HttpExchange http,
      Wire wire,
      JsonNode body,
      Map<String, String> headers,
      int attempt,
      SplittableRandom random)
      throws IOException, InterruptedException {
    Ask ask = wire.read(body, headers, attempt);
    String key = headers.getOrDefault("x-api-key", headers.getOrDefault("authorization", ""));
    Reply reply =
        key.endsWith("invalid")
            ? Reply.error(401, "Incorrect API key provided: invalid.")
            : decide(ask);
    Reply.Usage usage = reply.status() == 200 ? usage(ask, reply) : null;
    int output = usage == null ? 0 : usage.output();
    double slow = slowness(ask.model());
    long naturalFirst =
        reply.status() == 200
            ? Math.round(
                slow * (220 + 260 * random.nextDouble() + Tokens.count(ask.system()) * 0.05))
            : 40;
    long naturalTotal = naturalFirst + Math.round(slow * output * (7 + 6 * random.nextDouble()));
    long total = time(reply.total(), naturalTotal, headers);
    long first = Math.min(total, time(reply.firstToken(), naturalFirst, headers));
    String id = hex(random.nextLong()) + hex(random.nextLong()).substring(0, 8);
    JsonNode response =
        usage == null
            ? wire.error(reply.status(), reply.text(), id)
            : wire.answer(ask, reply, usage, id);
    record(ask, reply.status(), response, usage, first, total);
    http.getResponseHeaders().set(wire.requestIdHeader(), "req_" + id);
    Duration retryAfter = reply.retryAfter();
    if (retryAfter != null) {
      http.getResponseHeaders()
          .set("Retry-After", String.valueOf(Math.max(1, (retryAfter.toMillis() + 999) / 1000)));
    }
    if (!ask.stream() || usage == null) {
      waitFor(total, http, headers, first);
      send(http, reply.status(), response);
      return;
    }
    waitFor(first, http, headers, first);
    http.getResponseHeaders().set("x-fake-total-ms", String.valueOf(total));
    http.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    http.getResponseHeaders().set("Cache-Control", "no-cache");
    http.sendResponseHeaders(200, 0);
    List<Event> events = wire.events(ask, reply, usage, id);
    boolean virtual = isVirtual(headers);
    long pause = virtual || events.isEmpty() ? 0 : (total - first) / events.size();
    try (OutputStream out = http.getResponseBody()) {
      StringBuilder pending = new StringBuilder();
      for (Event event : events) {
        if (!event.name().isEmpty()) {
          pending.append("event: ").append(event.name()).append('\n');
        }
        pending.append("data: ").append(event.data()).append("\n\n");
        if (pause > 0) {
          out.write(pending.toString().getBytes(StandardCharsets.UTF_8));
          out.flush();
          pending.setLength(0);
          Thread.sleep(pause);
        }
      }
      out.write(pending.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  private Reply decide(Ask ask) {
    Directives d = Directives.of(ask);
    if (d.isEmpty()) {
      return options.script.reply(ask);
    }
    Duration latency = d.has("timeout") ? Duration.ofMinutes(10) : d.millis("latency");
    Duration firstToken = d.has("first-token") ? d.millis("first-token") : latency;
    Reply reply;
    if (failing(d, ask.attempt())) {
      int status = d.number("status", 500);
      String message = d.get("text");
      reply =
          Reply.error(
              status,
              message != null
                  ? message
                  : status == 429
                      ? "Rate limit reached for "
                          + ask.model()
                          + " on tokens per min (TPM): Limit 30000, Used 29411, Requested 1210."
                      : "The server had an error while processing your request.");
      int seconds = d.number("retry-after", status == 429 ? 1 : 0);
      Duration retryAfter = seconds > 0 ? Duration.ofSeconds(seconds) : null;
      return new Reply(
          status, reply.text(), "", List.of(), false, false, null, firstToken, latency, retryAfter);
    }
    String text = d.get("text");
    if (d.has("refuse")) {
      reply = Reply.refuse(text == null ? "I can't help with that." : text);
    } else if (!d.tools().isEmpty() && ask.toolResults().isEmpty()) {
      reply = Reply.text(text == null ? "" : text).withToolCalls(d.tools());
    } else {
      reply = text == null ? options.script.reply(ask) : Reply.text(text);
    }
    String reasoning = d.get("reasoning-text");
    if (reasoning != null) {
      reply = reply.withReasoning(reasoning);
    }
    if (d.has("truncate")) {
      reply = reply.withTruncated();
    }
    if (d.has("input")
        || d.has("cached")
        || d.has("cache-write")
        || d.has("output")
        || d.has("reasoning")) {
      Reply.Usage u = usage(ask, reply);
      int reasoningTokens = d.number("reasoning", u.reasoning());
      reply =
          reply.withUsage(
              new Reply.Usage(
                  d.number("input", u.input()),
                  d.number("cached", u.cacheRead()),
                  d.number("cache-write", u.cacheWrite()),
                  d.number("cache-write-1h", u.cacheWrite1h()),
                  d.number("output", u.output() - u.reasoning() + reasoningTokens),
                  reasoningTokens));
    }
    if (latency != null || firstToken != null) {
      Duration all = latency != null ? latency : firstToken;
      reply =
          new Reply(
              200,
              reply.text(),
              reply.reasoning(),
              reply.toolCalls(),
              reply.refusal(),
              reply.truncated(),
              reply.usage(),
              firstToken,
              all,
              null);
    }
    return reply;
  }

  /** Larger models take longer. */
  private static double slowness(String model) {
    if (model.contains("opus") || model.contains("sonnet")) {
      return 2.2;
    }
    return model.contains("mini") || model.contains("haiku") || model.contains("nano") ? 1 : 1.5;
  }

  private static boolean failing(Directives d, int attempt) {
    return d.has("status") && attempt <= d.number("times", Integer.MAX_VALUE);
  }

  /**
   * Usage from the texts. What stood before the newest answer of the model is taken as read from
   * the cache: for OpenAI from 1,024 tokens on in steps of 128, for Anthropic where the request
   * asks for caching, and there the rest up to the mark is written to it.
   */
  private static Reply.Usage usage(Ask ask, Reply reply) {
    Reply.Usage set = reply.usage();
    if (set != null) {
      return set;
    }
    int tools = Tokens.count(ask.body().path("tools").toString()) * (ask.tools().isEmpty() ? 0 : 1);
    int all = 3 + tools;
    int before = tools;
    int running = tools;
    for (Ask.Turn turn : ask.turns()) {
      if (turn.role().equals("assistant")) {
        before = running;
      }
      int tokens = 4 + Tokens.count(turn.text());
      for (Ask.ToolCall call : turn.calls()) {
        tokens += 6 + Tokens.count(call.name()) + Tokens.count(call.arguments());
      }
      running += tokens;
    }
    all += running - tools;
    int read = 0;
    int write = 0;
    if (ask.provider().equals("openai")) {
      read = before > tools && before >= 1024 ? before / 128 * 128 : 0;
    } else if (ask.body().toString().contains("\"cache_control\"")) {
      read = before > tools ? before : 0;
      write = all - 3 - read - Tokens.count(ask.lastUser());
      write = Math.max(0, write);
    }
    int reasoning = Tokens.count(reply.reasoning());
    int output = Tokens.count(reply.text()) + reasoning;
    for (Ask.ToolCall call : reply.toolCalls()) {
      output += 12 + Tokens.count(call.name()) + Tokens.count(call.arguments());
    }
    return new Reply.Usage(all, read, write, 0, Math.max(1, output), reasoning);
  }

  private long time(@Nullable Duration exact, long natural, Map<String, String> headers) {
    if (exact != null) {
      return exact.toMillis();
    }
    return isVirtual(headers) ? natural : Math.round(natural * options.latency);
  }

  private static boolean isVirtual(Map<String, String> headers) {
    return "virtual".equals(headers.get("x-fake-clock"));
  }

  private static void waitFor(
      long millis, HttpExchange http, Map<String, String> headers, long first)
      throws InterruptedException {
    http.getResponseHeaders().set("x-fake-first-ms", String.valueOf(first));
    http.getResponseHeaders().set("x-fake-total-ms", String.valueOf(millis));
    if (millis > 0 && !isVirtual(headers)) {
      Thread.sleep(millis);
    }
  }

  private void record(
      Ask ask, int status, JsonNode response, Reply.@Nullable Usage usage, long first, long total)
      throws IOException {
    if (options.keep == 0 && log == null) {
      return;
    }
    synchronized (lock) {
      Exchange exchange =
          new Exchange(
              ++count,
              System.currentTimeMillis(),
              ask.provider(),
              ask.api(),
              ask.model(),
              ask.stream(),
              ask.attempt(),
              ask.body(),
              status,
              response,
              usage,
              first,
              total);
      exchanges.add(exchange);
      if (exchanges.size() > options.keep) {
        exchanges.removeFirst();
      }
      if (log != null) {
        log.write(JSON.writeValueAsString(exchange));
        log.newLine();
        log.flush();
      }
    }
  }

  private static void send(HttpExchange http, int status, JsonNode body) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    http.getResponseHeaders().set("Content-Type", "application/json");
    http.sendResponseHeaders(status, bytes.length);
    http.getResponseBody().write(bytes);
  }

  private static long hash(long seed, byte[] bytes, String given) {
    long h = seed * 0x9E3779B97F4A7C15L + Arrays.hashCode(bytes);
    for (int i = 0; i < bytes.length; i++) {
      h = (h ^ bytes[i]) * 0x100000001b3L;
    }
    return (h ^ given.hashCode()) * 0xBF58476D1CE4E5B9L;
  }

  private static String hex(long value) {
    return String.format(Locale.ROOT, "%016x", value);
  }
}
