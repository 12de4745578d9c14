package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.store.TestEngine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What senders do to tokens and cost, from intake to API: one trace a case of {@code
 * usage-gotchas.txt}, which says how it is written.
 */
class UsageGotchasTest {
  @TempDir static Path directory;
  private static TestEngine engine;
  private static ReplayServer server;
  private static int traces;

  /** Lines that begin with ">" are spans, with "=" facts. */
  record Case(String name, List<String> spans, List<String> facts) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    engine = new TestEngine(directory.resolve("engine"));
    server = new ReplayServer(engine, directory, "gotchas");
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  static List<Case> all() throws IOException {
    List<Case> cases = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    UsageGotchasTest.class.getResourceAsStream("usage-gotchas.txt")),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String text = line.isEmpty() ? "" : line.substring(1).strip();
        if (line.startsWith("G")) {
          cases.add(new Case(line.strip(), new ArrayList<>(), new ArrayList<>()));
        } else if (line.startsWith(">")) {
          cases.getLast().spans().add(text);
        } else if (line.startsWith("=")) {
          cases.getLast().facts().add(text);
        }
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("all")
  void usage_and_cost(Case one) throws Exception {
    String traceId = String.format("%032x", 0xf000 + ++traces);
    Map<String, String> ids = send(one, traceId);
    JsonNode trace = server.whole(traceId, ids.size());
    for (String fact : one.facts()) {
      String[] words = fact.split(" +", 3);
      JsonNode of =
          words[0].equals("trace")
              ? trace.get("trace")
              : server.span(traceId, Objects.requireNonNull(ids.get(words[0])));
      if (words[1].equals("counted")) {
        for (JsonNode head : trace.get("spans")) {
          if (head.get("span_id").asText().equals(ids.get(words[0]))) {
            of = head;
          }
        }
      }
      JsonNode value = of.at("/" + words[1].replace('.', '/'));
      assertThat(value.isNull() ? "null" : value.asText())
          .as("%s: %s of %s; %s %s", one, words[1], words[0], of.get("usage"), of.get("cost"))
          .isEqualTo(words[2]);
    }
  }

  // A line: name [< parent] scope/version | attribute=value | ...; "name" and "start" are the
  // span's.
  private static Map<String, String> send(Case one, String traceId) throws Exception {
    Map<String, String> ids = new LinkedHashMap<>();
    long now = System.currentTimeMillis() * 1_000_000L;
    for (String line : one.spans()) {
      String[] parts = line.split(" *\\| *");
      String[] head = parts[0].split(" +");
      String id = String.format("%016x", ids.size() + 1);
      ids.put(head[0], id);
      boolean child = head.length > 2 && head[1].equals("<");
      String scope = head[child ? 3 : 1];
      ObjectNode span = Recordings.JSON.createObjectNode();
      span.put("traceId", traceId).put("spanId", id).put("name", head[0]);
      span.put("parentSpanId", child ? ids.get(head[2]) : "");
      long start = now + ids.size() * 1_000_000_000L;
      ArrayNode attributes = span.putArray("attributes");
      for (int i = 1; i < parts.length; i++) {
        int at = parts[i].indexOf('=');
        String key = parts[i].substring(0, at);
        String value = parts[i].substring(at + 1);
        if (key.equals("name")) {
          span.put("name", value);
          continue;
        }
        if (key.equals("start")) {
          start = yesterday(value);
          continue;
        }
        ObjectNode any = attributes.addObject().put("key", key).putObject("value");
        if (value.matches("-?\\d+")) {
          any.put("intValue", value);
        } else if (value.matches("-?\\d+\\.\\d+")) {
          any.put("doubleValue", Double.parseDouble(value));
        } else if (value.equals("true")) {
          any.put("boolValue", true);
        } else {
          any.put("stringValue", value);
        }
      }
      span.put("startTimeUnixNano", Long.toString(start));
      span.put("endTimeUnixNano", Long.toString(start + 500_000_000L));
      ObjectNode body = Recordings.JSON.createObjectNode();
      ObjectNode resource = body.putArray("resourceSpans").addObject();
      ObjectNode service = resource.putObject("resource").putArray("attributes").addObject();
      service.put("key", "service.name").putObject("value").put("stringValue", "gotchas");
      ObjectNode scoped = resource.putArray("scopeSpans").addObject();
      scoped
          .putObject("scope")
          .put("name", scope.replaceFirst("/\\d.*", ""))
          .put("version", scope.matches(".*/\\d.*") ? scope.replaceFirst(".*/", "") : "");
      scoped.putArray("spans").add(span);
      HttpResponse<String> answer =
          server
              .client()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.port() + "/v1/traces"))
                      .header("Content-Type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
    return ids;
  }

  /** Of "yesterday 12:00", in UTC. */
  private static long yesterday(String time) {
    return LocalDate.now(ZoneOffset.UTC)
            .minusDays(1)
            .atTime(LocalTime.parse(time.substring("yesterday ".length())))
            .toEpochSecond(ZoneOffset.UTC)
        * 1_000_000_000L;
  }
}
