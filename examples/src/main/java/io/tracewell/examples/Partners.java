package io.tracewell.examples;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The web services that the applications use: an airline's offers behind a token, a weather
 * service, a web search and the pages it finds. Real HTTP on loopback; on a virtual strand they say
 * how long they would have taken (see {@link StrandHttp}). What they answer follows from the
 * request, its {@code x-fake-seed} and its {@code x-fake-now}.
 */
final class Partners implements AutoCloseable {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Incident incident;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private record Answer(int status, Object body, long millis) {}

  Partners(Incident incident) {
    this.incident = incident;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange http) throws IOException {
    try (http) {
      http.getRequestBody().readAllBytes();
      String seed = header(http, "x-fake-seed", "");
      String query = String.valueOf(http.getRequestURI().getRawQuery());
      SplittableRandom random =
          new SplittableRandom((seed + query).hashCode() * 0x9E3779B97F4A7C15L);
      Instant now =
          Instant.ofEpochMilli(
              Long.parseLong(
                  header(http, "x-fake-now", String.valueOf(System.currentTimeMillis()))));
      Answer answer = answer(http, parameters(query), random, now);
      http.getResponseHeaders().set("x-fake-total-ms", String.valueOf(answer.millis));
      http.getResponseHeaders().set("Content-Type", "application/json");
      if (header(http, "x-fake-clock", "").isEmpty()) {
        Thread.sleep(answer.millis);
      }
      byte[] body = answer.body.toString().getBytes(StandardCharsets.UTF_8);
      http.sendResponseHeaders(answer.status, body.length);
      http.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Answer answer(
      HttpExchange http, Map<String, String> query, SplittableRandom random, Instant now) {
    return switch (http.getRequestURI().getPath()) {
      case "/oauth/token" ->
          incident.tokenExpired(now)
              ? new Answer(
                  401,
                  JSON.objectNode()
                      .put("error", "invalid_grant")
                      .put(
                          "error_description",
                          "refresh token expired " + incident.at(Incident.TOKEN_EXPIRES)),
                  150 + random.nextInt(60))
              : new Answer(
                  200,
                  JSON.objectNode().put("access_token", "at-live").put("expires_in", 600),
                  90 + random.nextInt(80));
      case "/flight-offers" -> {
        if (header(http, "authorization", "").isEmpty()) {
          // The airline's gateway lets requests without a token hang.
          yield new Answer(504, JSON.objectNode().put("error", "gateway timeout"), 60_000);
        }
        yield random.nextInt(60) == 0
            ? new Answer(503, JSON.objectNode().put("error", "try later"), 400)
            : new Answer(200, flights(query, random), 700 + random.nextInt(1900));
      }
      case "/weather" ->
          new Answer(
              200,
              JSON.objectNode()
                  .put("city", query.getOrDefault("city", ""))
                  .put("high_c", 8 + random.nextInt(18))
                  .put("low_c", 1 + random.nextInt(8))
                  .put("rain_percent", random.nextInt(10) * 10),
              180 + random.nextInt(240));
      case "/holds" ->
          new Answer(
              200,
              JSON.objectNode()
                  .put("hold", "H-" + (70_000 + random.nextInt(9_999)))
                  .put("until", "18:00"),
              600 + random.nextInt(900));
      case "/search" -> new Answer(200, results(query, random), 300 + random.nextInt(900));
      case "/pages" ->
          random.nextInt(45) == 0
              ? new Answer(504, JSON.objectNode().put("error", "gateway timeout"), 60_000)
              : new Answer(200, page(query, random), 250 + random.nextInt(2600));
      default -> new Answer(404, JSON.objectNode().put("error", "nothing here"), 5);
    };
  }

  private static ObjectNode flights(Map<String, String> query, SplittableRandom random) {
    ObjectNode root = JSON.objectNode();
    ArrayNode offers = root.putArray("offers");
    String[] carriers = {"TP", "AT", "LH", "AF", "SK", "IB", "OS"};
    for (int i = 0; i < 4; i++) {
      offers
          .addObject()
          .put("carrier", carriers[random.nextInt(carriers.length)] + (100 + random.nextInt(900)))
          .put("from", query.getOrDefault("origin", "?"))
          .put("to", query.getOrDefault("destination", "?"))
          .put("depart", query.getOrDefault("depart", "") + "T%02d:25".formatted(7 + 3 * i))
          .put("price_eur", 79 + random.nextInt(260))
          .put("stops", random.nextInt(2));
    }
    return root;
  }

  private static ObjectNode results(Map<String, String> query, SplittableRandom random) {
    ObjectNode root = JSON.objectNode();
    ArrayNode results = root.putArray("results");
    String[] sites = {
      "europepmc.org",
      "eur-lex.europa.eu",
      "ftc.gov",
      "oecd.org",
      "arxiv.org",
      "nature.com",
      "iea.org",
      "who.int"
    };
    String about = query.getOrDefault("q", "");
    for (int i = 0; i < 3; i++) {
      String site = sites[random.nextInt(sites.length)];
      results
          .addObject()
          .put(
              "title",
              about + ": " + (i == 0 ? "an overview" : i == 1 ? "new evidence" : "guidance"))
          .put("url", "https://" + site + "/" + Integer.toHexString(random.nextInt(1 << 20)))
          .put("score", Math.round((0.93 - 0.11 * i - 0.05 * random.nextDouble()) * 100) / 100.0);
    }
    return root;
  }

  private static ObjectNode page(Map<String, String> query, SplittableRandom random) {
    String[] sentences = {
      "The measure was introduced in stages and applies in full from the second year.",
      "Of the respondents, %d %% had changed their practice within twelve months.",
      "The effect was smaller than first reported, with a 95 %% interval from %d to 41.",
      "Exceptions cover small organisations and purely artistic work.",
      "Follow-up after two years was complete for %d of 100 participants.",
      "Authorities published guidance with examples, and a template for notices.",
      "Costs fell by %d %% once the process had been automated.",
      "The authors note that the data come from three regions only."
    };
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 14; i++) {
      text.append(sentences[random.nextInt(sentences.length)].formatted(12 + random.nextInt(70)));
      text.append(i % 4 == 3 ? "\n\n" : " ");
    }
    return JSON.objectNode()
        .put("url", query.getOrDefault("url", ""))
        .put("text", text.toString().strip());
  }

  private static String header(HttpExchange http, String name, String otherwise) {
    String value = http.getRequestHeaders().getFirst(name);
    return value == null ? otherwise : value;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }
}
