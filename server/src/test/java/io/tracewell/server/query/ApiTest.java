package io.tracewell.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.MessageText;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.spool.TestSpans;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader of the API gets for what was sent, from the real engine. */
class ApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = System.currentTimeMillis() / 1000 * SECOND - 60 * SECOND;

  @TempDir static Path directory;
  private static TestServer server;
  private static long ids = 1;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Span span(long trace, long span, Consumer<TestSpans.Builder> with) {
    TestSpans.Builder builder = TestSpans.span(trace, span, NOW);
    with.accept(builder);
    return builder.build();
  }

  private static List<MessageText> texts(String... texts) {
    List<MessageText> result = new ArrayList<>();
    for (String text : texts) {
      result.add(new MessageText(text.hashCode() * 31L + text.length(), text));
    }
    return result;
  }

  private static String user(String text) {
    return "[{\"role\":\"user\",\"content\":" + JSON.getNodeFactory().textNode(text) + "}]";
  }

  private static List<String> all(JsonNode array, String field) {
    List<String> result = new ArrayList<>();
    array.forEach(node -> result.add(node.path(field).asText()));
    return result;
  }

  private static List<String> names(String app, String q) throws Exception {
    return all(server.get("/api/v1/traces", "app", app, "q", q).path("traces"), "name");
  }

  @Test
  void lists_what_was_sent_newest_first_and_narrows_it() throws Exception {
    String app = "lists";
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int n = i;
      spans.add(
          span(
              ids++,
              1,
              b -> {
                b.application = app;
                b.name = "trace" + n;
                b.startNanos = NOW + n * SECOND;
                b.endNanos = b.startNanos + (n + 1) * SECOND;
                b.userId = n < 2 ? "ann" : "o'brien\\x";
                b.status = n == 3 ? SpanStatus.ERROR : SpanStatus.OK;
                b.error = n == 3 ? new SpanError("RateLimitError", "429", "") : b.error;
                b.prompt = n == 4 ? new Prompt("", "planner", "v14", "", "{}") : b.prompt;
                b.tags = List.of("team:search");
              }));
    }
    server.send(spans);

    assertThat(names(app, "")).containsExactly("trace4", "trace3", "trace2", "trace1", "trace0");
    assertThat(names(app, "status:error")).containsExactly("trace3");
    assertThat(names(app, "-status:error duration:>=4s")).containsExactly("trace4");
    assertThat(names(app, "user:\"o'brien\\\\x\"")).containsExactly("trace4", "trace3", "trace2");
    assertThat(names(app, "name:trace* user:(ann OR bob)")).containsExactly("trace1", "trace0");
    assertThat(names(app, "error:RateLimitError")).containsExactly("trace3");
    assertThat(names(app, "prompt:planner")).containsExactly("trace4");
    assertThat(names(app, "prompt:planner:v13")).isEmpty();
    assertThat(names(app, "provider:openai tokens:15 tag:team:search cost:>$0")).hasSize(5);
    assertThat(names(app, "provider:anthropic")).isEmpty();
    assertThat(
            all(
                server.get("/api/v1/traces", "app", app, "sort", "duration").path("traces"),
                "name"))
        .containsExactly("trace0", "trace1", "trace2", "trace3", "trace4");
    assertThat(all(server.get("/api/v1/spans", "app", app, "q", "kind:llm").path("spans"), "name"))
        .containsExactly("trace4", "trace3", "trace2", "trace1", "trace0");
  }

  @Test
  void sums_and_counts_the_values_of_fields() throws Exception {
    String app = "sums";
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int n = i;
      spans.add(
          span(
              ids++,
              1,
              b -> {
                b.application = app;
                b.userId = "user" + n % 2;
                b.status = n == 0 ? SpanStatus.ERROR : SpanStatus.OK;
              }));
    }
    server.send(spans);
    // The same spans again count once.
    server.send(spans);

    JsonNode nothing = server.get("/api/v1/traces/summary", "app", "no-such-application");
    assertThat(nothing.path("count").asText()).isEqualTo("0");
    assertThat(nothing.path("p50_ns").isNull()).isTrue();
    JsonNode summary = server.get("/api/v1/traces/summary", "app", app);
    assertThat(summary.path("count").asText()).isEqualTo("10");
    assertThat(summary.path("errors").asText()).isEqualTo("1");
    assertThat(summary.path("tokens").asText()).isEqualTo("150");
    assertThat(summary.path("cost").asText()).isEqualTo("0.00015");
    assertThat(summary.path("p50_ns").asDouble()).isBetween(0.99e9, 1.01e9);
    int bars = 0;
    for (JsonNode bucket : summary.path("buckets")) {
      bars += bucket.path("count").asInt();
    }
    assertThat(bars).isEqualTo(10);

    JsonNode facets =
        server.get("/api/v1/traces/facets", "app", app, "q", "user:user1").path("facets");
    Map<String, List<String>> values = new java.util.HashMap<>();
    facets.forEach(
        facet -> {
          List<String> counts = new ArrayList<>();
          facet
              .path("values")
              .forEach(v -> counts.add(v.path("value").asText() + "=" + v.path("count").asInt()));
          values.put(facet.path("field").asText(), counts);
        });
    assertThat(values.get("user")).containsExactly("user0=5", "user1=5");
    assertThat(values.get("status")).containsExactly("ok=5");
    assertThat(values.get("model")).containsExactly("gpt-4.1-2025=5");
    assertThat(values.get("app")).contains(app + "=5");
  }

  @Test
  void pages_neither_skip_nor_repeat_while_traces_arrive() throws Exception {
    String app = "pages";
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      long start = NOW - i * SECOND / 3;
      spans.add(
          span(
              ids++,
              1,
              b -> {
                b.application = app;
                b.startNanos = start;
                b.endNanos = start + SECOND;
              }));
    }
    server.send(spans);

    List<String> seen = new ArrayList<>();
    List<String> exported = new ArrayList<>();
    String cursor = "";
    String after = "";
    do {
      JsonNode page = server.get("/api/v1/traces", "app", app, "limit", "40", "cursor", cursor);
      seen.addAll(all(page.path("traces"), "trace_id"));
      cursor = page.path("next_cursor").asText("");
      cursor = page.path("next_cursor").isNull() ? "" : cursor;
      JsonNode export =
          JSON.readTree(
              server
                  .post(
                      "/api/v2/llm-obs/v1/spans/events/search",
                      "{\"data\":{\"type\":\"spans\",\"attributes\":{\"filter\":{\"from\":\"now-1h\",\"ml_app\":\""
                          + app
                          + "\"},\"page\":{\"limit\":40,\"cursor\":\""
                          + after
                          + "\"}}}}")
                  .body());
      export.path("data").forEach(row -> exported.add(row.at("/attributes/trace_id").asText()));
      after = export.at("/meta/page/after").asText("");
      long extra = ids++;
      server.send(
          List.of(
              span(extra, 1, b -> b.application = app),
              // The same trace again, with one more span.
              span(
                  2_000_000 + extra,
                  2,
                  b -> {
                    b.application = app;
                    b.startNanos = NOW - 50 * SECOND;
                    b.endNanos = NOW;
                  })));
    } while (!cursor.isEmpty() && !after.isEmpty());

    List<String> sent = spans.stream().map(Span::traceId).toList();
    assertThat(seen).doesNotHaveDuplicates().containsAll(sent);
    assertThat(exported).doesNotHaveDuplicates().containsAll(sent);
  }

  @Test
  void finds_every_turn_that_holds_a_word_wherever_it_was_new() throws Exception {
    String app = "search";
    String first = "Where is my Zebrafish order? Größe 退款政策";
    // Every turn sends the history again: the word is new, and indexed, in the first only.
    List<Span> turns = new ArrayList<>();
    for (int turn = 0; turn < 4; turn++) {
      long start = NOW + turn * SECOND;
      String name = "turn" + turn;
      String input = user(first + " and then " + name);
      turns.add(
          span(
              ids++,
              1,
              b -> {
                b.application = app;
                b.name = name;
                b.sessionId = "session-search";
                b.startNanos = start;
                b.endNanos = start + SECOND;
                b.input = input;
                b.texts = texts(first, name);
              }));
    }
    turns.add(
        span(
            ids++,
            1,
            b -> {
              b.application = app;
              b.name = "other";
              b.input = user("nothing of the kind");
              b.texts = texts("nothing of the kind");
            }));
    server.send(List.of(turns.getFirst()));
    server.send(turns.subList(1, turns.size()));
    isFoundInEveryTurn(app);
    // Until a part is merged its texts are read, then its index is asked.
    server.merge("spans");
    isFoundInEveryTurn(app);
  }

  @Test
  void finds_the_traces_of_which_one_span_holds_all_words() throws Exception {
    String app = "several-words";
    List<Span> spans = new ArrayList<>();
    for (String name : List.of("apart", "together", "repeated")) {
      long trace = ids++;
      String asked = "Does the quokka of " + name + " swim?";
      String answered = "No " + name + " marmalade today.";
      // Two calls, each with a word, and a root that repeats what they said, or does not.
      boolean one = name.equals("together");
      spans.add(
          call(
              app,
              name,
              trace,
              2,
              one ? asked + " " + answered : asked,
              texts(asked, one ? answered : "")));
      spans.add(call(app, name, trace, 3, answered, texts(answered)));
      boolean root = name.equals("repeated");
      String both = root ? asked + " " + answered : "nothing";
      spans.add(
          call(
              app, name, trace, 1, both, root ? texts(asked, answered) : texts("nothing " + name)));
    }
    server.send(spans);
    for (int asked = 0; asked < 2; asked++) {
      assertThat(names(app, "quokka marmalade")).containsExactlyInAnyOrder("together", "repeated");
      assertThat(names(app, "quokka -swim")).isEmpty();
      assertThat(names(app, "quokka swim"))
          .containsExactlyInAnyOrder("apart", "together", "repeated");
      assertThat(names(app, "marmalade \"quokka of repeated\"")).containsExactly("repeated");
      assertThat(names(app, "quokka unheardof")).isEmpty();
      server.merge("spans");
    }
  }

  /** Sessions of agents that resend their history, all of it or the newest, against each text. */
  @Test
  void a_search_finds_the_traces_of_which_a_text_holds_the_words_and_no_others() throws Exception {
    String app = "agrees";
    Random random = new Random(4);
    List<String> words = new ArrayList<>();
    for (String start : List.of("qua", "zeb", "mar", "tor", "ple")) {
      for (String end : List.of("kka", "ra", "malade", "x", "nado_to", "")) {
        words.add(start + end);
      }
    }
    Map<String, List<String>> inputs = new TreeMap<>();
    for (int round = 0; round < 3; round++) {
      List<Span> spans = new ArrayList<>();
      for (int session = 0; session < 8; session++) {
        List<String> history = new ArrayList<>();
        for (int trace = 0; trace < 5; trace++) {
          String name = "t-%d-%d-%d".formatted(round, session, trace);
          long id = ids++;
          for (int call = 1; call <= 3; call++) {
            for (int news = random.nextInt(3); news >= 0; news--) {
              history.add(
                  random
                      .ints(2 + random.nextInt(4), 0, words.size())
                      .mapToObj(words::get)
                      .collect(Collectors.joining(random.nextBoolean() ? " " : "\n")));
            }
            List<String> sent =
                history.subList(
                    random.nextBoolean() ? 0 : Math.max(0, history.size() - 3), history.size());
            String input = String.join(" | ", sent);
            inputs.computeIfAbsent(name, key -> new ArrayList<>()).add(input);
            spans.add(
                call(
                    app,
                    name,
                    "agrees-" + session,
                    id,
                    call,
                    input,
                    texts(sent.toArray(String[]::new))));
          }
        }
      }
      server.send(spans);
      if (round < 2) {
        server.merge("spans");
      }
    }
    for (int i = 0; i < 30; i++) {
      List<String> asked = new ArrayList<>();
      for (int n = random.nextInt(3); n >= 0; n--) {
        String word = words.get(random.nextInt(words.size()));
        String other = words.get(random.nextInt(words.size()));
        asked.add(
            switch (random.nextInt(5)) {
              case 0 -> word.substring(0, 3) + word.substring(3, (word.length() + 3) / 2);
              case 1 -> "\"" + word + " " + other + "\"";
              case 2 -> "\"" + word + " " + other + " " + words.get(i % words.size()) + "\"";
              default -> word;
            });
      }
      Set<String> expected = new TreeSet<>();
      inputs.forEach(
          (name, texts) -> {
            if (texts.stream()
                .anyMatch(text -> asked.stream().allMatch(word -> holds(text, word)))) {
              expected.add(name);
            }
          });
      String q = String.join(" ", asked);
      List<String> found = new ArrayList<>();
      String cursor = "";
      while (cursor != null) {
        JsonNode page =
            server.get("/api/v1/traces", "app", app, "q", q, "limit", "11", "cursor", cursor);
        found.addAll(all(page.path("traces"), "name"));
        cursor = page.path("next_cursor").asText(null);
      }
      assertThat(found).as(q).doesNotHaveDuplicates();
      assertThat(new TreeSet<>(found)).as(q).isEqualTo(expected);
    }
  }

  private static boolean holds(String text, String word) {
    return text.replace('\n', ' ').contains(word.replace("\"", ""));
  }

  private static Span call(
      String app, String name, long trace, long key, String input, List<MessageText> texts) {
    return call(app, name, "session-several-words-" + name, trace, key, input, texts);
  }

  private static Span call(
      String app,
      String name,
      String session,
      long trace,
      long key,
      String input,
      List<MessageText> texts) {
    return span(
        trace,
        key,
        b -> {
          b.application = app;
          b.name = name;
          b.parentId = key == 1 ? "" : "%016x".formatted(1);
          b.sessionId = session;
          b.startNanos = NOW + key * SECOND;
          b.endNanos = NOW + (key + 1) * SECOND;
          b.input = user(input);
          b.texts = texts;
        });
  }

  private static void isFoundInEveryTurn(String app) throws Exception {
    String[] all = {"turn3", "turn2", "turn1", "turn0"};
    assertThat(names(app, "zebrafish")).containsExactly(all);
    assertThat(names(app, "ZEBRAFISH turn2")).containsExactly("turn2");
    assertThat(names(app, "ebrafis")).containsExactly(all);
    assertThat(names(app, "\"my zebrafish\"")).containsExactly(all);
    assertThat(names(app, "\"zebrafish my\"")).isEmpty();
    assertThat(names(app, "größe")).containsExactly(all);
    assertThat(names(app, "退款")).containsExactly(all);
    assertThat(names(app, "zebrafish -turn1")).containsExactly("turn3", "turn2", "turn0");
    assertThat(names(app, "-zebrafish")).containsExactly("other");
    assertThat(names(app, "(turn1 OR turn3)")).containsExactly("turn3", "turn1");
    assertThat(names(app, "input:zebrafish")).containsExactly(all);
    assertThat(names(app, "output:zebrafish")).isEmpty();
    assertThat(names(app, "unheardof")).isEmpty();
    assertThat(
            server
                .get("/api/v1/traces/summary", "app", app, "q", "zebrafish")
                .path("count")
                .asText())
        .isEqualTo("4");
    assertThat(all(server.get("/api/v1/spans", "app", app, "q", "zebrafish").path("spans"), "name"))
        .containsExactly(all);
    assertThat(
            server
                .get("/api/v1/traces/facets", "app", app, "q", "zebrafish", "field", "name")
                .at("/facets/0/values"))
        .hasSize(4);
  }

  @Test
  void shows_a_trace_with_its_red_thread_by_an_id_in_any_form() throws Exception {
    long trace = 0xabc1234L + (ids++ << 32);
    List<Span> spans =
        List.of(
            span(
                trace,
                1,
                b -> {
                  b.application = "tree";
                  b.kind = SpanKind.AGENT;
                  b.name = "plan";
                  b.endNanos = NOW + 10 * SECOND;
                  b.status = SpanStatus.ERROR;
                }),
            span(
                trace,
                2,
                b -> {
                  b.application = "tree";
                  b.parentId = "0000000000000001";
                  b.kind = SpanKind.TOOL;
                  b.toolName = "search";
                  b.name = "search";
                  b.startNanos = NOW + SECOND;
                  b.endNanos = NOW + 2 * SECOND;
                  b.status = SpanStatus.ERROR;
                  b.error = new SpanError("ToolError", "no answer", "at x");
                }),
            span(
                trace,
                3,
                b -> {
                  b.application = "tree";
                  b.parentId = "0000000000000001";
                  b.kind = SpanKind.TOOL;
                  b.toolName = "search";
                  b.name = "search";
                  b.startNanos = NOW + 3 * SECOND;
                  b.endNanos = NOW + 9 * SECOND;
                  b.status = SpanStatus.ERROR;
                  b.error = new SpanError("ToolError", "no answer", "at x");
                }));
    server.send(spans);
    String hex = String.format("%032x", trace);
    String uuid = hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");

    for (String id : List.of(hex, Long.toString(trace), uuid, hex.substring(16))) {
      JsonNode answer = server.get("/api/v1/traces/" + id);
      assertThat(answer.at("/trace/trace_id").asText()).isEqualTo(hex);
      assertThat(all(answer.path("spans"), "name")).containsExactly("plan", "search", "search");
    }
    JsonNode answer = server.get("/api/v1/traces/" + hex);
    assertThat(answer.at("/trace/status").asText()).isEqualTo("error");
    assertThat(answer.at("/red_thread/through/0").asText()).isEqualTo("0000000000000001");
    assertThat(answer.at("/red_thread/failed")).hasSize(2);
    assertThat(answer.at("/red_thread/first_cause").asText()).isEqualTo("0000000000000002");
    assertThat(answer.at("/spans/2/attempt").asInt()).isEqualTo(2);
    assertThat(answer.at("/trace/first_cause_span_id").asText()).isEqualTo("0000000000000002");
    assertThat(server.answer("/api/v1/traces/ffff").statusCode()).isEqualTo(404);
  }

  @Test
  void says_how_long_traces_of_the_same_name_take() throws Exception {
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      int n = i;
      spans.add(
          span(
              0xdead0000L + n,
              1,
              b -> {
                b.application = "median";
                b.name = n == 6 ? "another" : "same";
                b.endNanos = NOW + n * n * SECOND;
              }));
    }
    server.send(spans);

    for (int n = 1; n <= 6; n++) {
      JsonNode answer = server.get("/api/v1/traces/" + String.format("%032x", 0xdead0000L + n));
      assertThat(answer.path("p50_duration_ns").asText())
          .isEqualTo(Long.toString((n == 6 ? 36 : 9) * SECOND));
    }
  }

  @Test
  void shows_a_trace_of_5000_spans() throws Exception {
    long trace = ids++;
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      int n = i;
      spans.add(
          span(
              trace,
              i + 1,
              b -> {
                b.application = "large";
                b.parentId = n == 0 ? "" : String.format("%016x", (n - 1) / 10 + 1);
                b.kind = n % 2 == 0 ? SpanKind.TASK : SpanKind.LLM;
                b.startNanos = NOW + n * 1_000_000L;
                b.endNanos = b.startNanos + 1_000_000L;
                b.input = n % 2 == 0 ? "" : user("question " + n);
              }));
    }
    server.send(spans);

    JsonNode answer = server.get("/api/v1/traces/" + String.format("%032x", trace));
    assertThat(answer.path("spans")).hasSize(5_000);
    assertThat(answer.at("/spans/4999/name").asText()).isEqualTo("chat gpt-4.1");
    assertThat(answer.at("/trace/span_count").asInt()).isEqualTo(5_000);
    assertThat(answer.path("next_cursor").isNull()).isTrue();
  }

  @Test
  void shows_what_is_new_in_a_turn_and_the_tool_that_ran() throws Exception {
    long trace = ids++;
    String question = "[{\"role\":\"user\",\"content\":\"Weather?\"}";
    String call =
        ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
            + "{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Lyon\\\"}\"}}]}";
    String result = ",{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"sunny\"}";
    List<Long> hashes = new ArrayList<>();
    io.tracewell.server.message.Messages.read(
            new io.tracewell.core.Content(
                io.tracewell.core.ContentFormat.CHAT_MESSAGES, question + call + result + "]"),
            "user")
        .forEach(message -> hashes.add(message.hash()));
    server.send(
        List.of(
            span(
                trace,
                1,
                b -> {
                  b.input = question + "]";
                  b.texts = List.of(new MessageText(hashes.get(0), "Weather?"));
                }),
            span(
                trace,
                2,
                b -> {
                  b.kind = SpanKind.TOOL;
                  b.toolName = "weather";
                  b.name = "weather";
                  b.startNanos = NOW + SECOND;
                  b.endNanos = NOW + 2 * SECOND;
                }),
            span(
                trace,
                3,
                b -> {
                  b.startNanos = NOW + 3 * SECOND;
                  b.endNanos = NOW + 4 * SECOND;
                  b.input = question + call + result + "]";
                  b.output = "It is sunny in Lyon.";
                  b.texts =
                      List.of(
                          new MessageText(hashes.get(0), "Weather?"),
                          new MessageText(hashes.get(1), ""),
                          new MessageText(hashes.get(2), "sunny"));
                })));
    String id = String.format("%032x", trace);

    JsonNode span = server.get("/api/v1/traces/" + id + "/spans/3", "max_chars", "5");
    assertThat(all(span.at("/input/messages"), "seen_before"))
        .containsExactly("true", "false", "false");
    assertThat(span.at("/previous_call/span_id").asText()).isEqualTo("0000000000000001");
    assertThat(span.at("/input/messages/1/parts/0/name").asText()).isEqualTo("weather");
    assertThat(span.at("/output/value/text").asText()).isEqualTo("It is");
    assertThat(span.at("/output/value/cut").asBoolean()).isTrue();
    assertThat(span.at("/output/value/length").asInt()).isEqualTo(20);
    assertThat(server.get("/api/v1/traces/" + id + "/spans/3/raw").path("name").asText())
        .isEqualTo("raw");
    assertThat(server.answer("/api/v1/traces/" + id + "/spans/77").statusCode()).isEqualTo(404);
  }

  @Test
  void gives_spans_back_as_datadog_does() throws Exception {
    long trace = ids++;
    server.send(
        List.of(
            span(
                trace,
                7,
                b -> {
                  b.application = "export";
                  b.traceId = "9001" + trace;
                  b.spanId = "7";
                  b.name = "compose";
                  b.input = user("Weekend in Lyon?");
                  b.texts = texts("Weekend in Lyon?");
                  b.output = "Here is a plan";
                  b.tags = List.of("env:prod", "team:search");
                  b.metadata = "{\"k\":1}";
                })));

    JsonNode answer =
        server.get(
            "/api/v2/llm-obs/v1/spans/events",
            "filter[ml_app]",
            "export",
            "filter[tag][team]",
            "search");
    JsonNode span = answer.at("/data/0/attributes");
    assertThat(answer.at("/data/0/id").asText()).isEqualTo("7");
    assertThat(span.path("trace_id").asText()).isEqualTo("9001" + trace);
    assertThat(span.path("parent_id").asText()).isEqualTo("undefined");
    assertThat(span.at("/input/messages/0/content").asText()).isEqualTo("Weekend in Lyon?");
    assertThat(span.at("/output/value").asText()).isEqualTo("Here is a plan");
    assertThat(span.at("/metadata/k").asInt()).isEqualTo(1);
    assertThat(span.at("/metadata/temperature").asDouble()).isEqualTo(0.5);
    assertThat(span.at("/metrics/input_tokens").asInt()).isEqualTo(10);
    assertThat(span.at("/metrics/estimated_total_cost").asInt()).isEqualTo(15_000);
    assertThat(answer.at("/meta/status").asText()).isEqualTo("done");
    assertThat(answer.at("/meta/page").has("after")).isFalse();

    assertThat(
            JSON.readTree(
                    server
                        .post(
                            "/api/v2/llm-obs/v1/spans/events/search",
                            "{\"data\":{\"attributes\":{\"filter\":{\"query\":\"@meta.span.kind:llm ml_app:export"
                                + " team:search \\\"weekend in\\\"\"}}}}")
                        .body())
                .path("data"))
        .hasSize(1);
    HttpResponse<String> refusal =
        server.post(
            "/api/v2/llm-obs/v1/spans/events/search",
            "{\"data\":{\"attributes\":{\"page\":{\"limit\":9999}}}}");
    assertThat(refusal.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(refusal.body()).at("/errors/0/detail").asText())
        .contains("from 1 to 5000");
  }

  @Test
  void tells_open_pages_of_a_trace_that_arrives() throws Exception {
    HttpResponse<InputStream> stream =
        server
            .client()
            .send(
                HttpRequest.newBuilder(server.uri("/api/v1/traces/live", "app", "live")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("event: ping");
      long trace = ids++;
      server.sendOnly(
          List.of(
              span(ids++, 1, b -> b.application = "another"),
              span(trace, 1, b -> b.application = "live")));
      String event = "";
      String line;
      while ((line = lines.readLine()) != null) {
        if (line.startsWith("event: ")) {
          event = line.substring("event: ".length());
        }
        if (line.startsWith("data: ") && event.equals("trace")) {
          break;
        }
      }
      assertThat(
              JSON.readTree(String.valueOf(line).substring("data: ".length()))
                  .path("trace_id")
                  .asText())
          .isEqualTo(String.format("%032x", trace));
    }
  }

  @Test
  void says_what_is_wrong_with_a_request() throws Exception {
    assertThat(server.answer("/api/v1/traces", "q", "staus:error").body())
        .contains("\"suggestion\":\"status:error\"");
    for (String bad : List.of("limit", "cursor", "from", "sort")) {
      HttpResponse<String> answer = server.answer("/api/v1/traces", bad, "nonsense");
      assertThat(answer.statusCode()).as(bad).isEqualTo(400);
      assertThat(answer.body()).contains("“" + bad + "”");
    }
  }
}
