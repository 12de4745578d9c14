package io.tracewell.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Asks what the pages ask, over the JSON API, one question after the other. */
final class QueryBench {
  /**
   * Times of one kind of question.
   *
   * @param goal milliseconds that the project wants to stay under; 0 for none
   * @param rows rows of the answers, on average: what was found
   * @param partial answers that did not look at everything
   */
  record Result(String name, int goal, double median, double p95, double rows, int partial) {}

  private record Question(String name, int goal, List<Request> requests) {}

  private record Request(String path, Map<String, String> parameters) {}

  private final Api api;
  private final Corpus corpus;
  private final Random64 random;

  QueryBench(Api api, Corpus corpus, long seed) {
    this.api = api;
    this.corpus = corpus;
    random = new Random64(seed + 99);
  }

  /**
   * Asks.
   *
   * @param from how far back to look, for example {@code now-24h}
   * @param traces pairs (high, low) of trace ids that are stored
   * @param runs how often each question is asked, each time for something else
   */
  List<Result> run(String from, LongList traces, int runs) throws IOException {
    List<Question> questions = new ArrayList<>();
    questions.add(list("newest 50 traces, past hour", 100, "now-1h", runs, i -> ""));
    questions.add(list("newest 50 traces, all", 100, from, runs, i -> ""));
    questions.add(list("newest 50 with an error", 0, from, runs, i -> "status:error"));
    if (traces.size >= 2) {
      List<Request> byId = new ArrayList<>();
      for (int i = 0; i < runs; i++) {
        int pair = random.below(traces.size / 2) * 2;
        String id = Ids.trace(traces.array[pair], traces.array[pair + 1]);
        byId.add(new Request("/api/v1/traces/" + id, Map.of()));
      }
      questions.add(new Question("trace by id", 100, byId));
    }
    questions.add(search("search: common word", from, runs, i -> word(20 + i)));
    questions.add(search("search: word", from, runs, i -> word(3_000 + 50 * i)));
    questions.add(search("search: rare word", from, runs, i -> word(39_900 + i)));
    questions.add(search("search: word in no span", from, runs, i -> "zzqx" + word(500 + i)));
    questions.add(
        search(
            "search: two words", from, runs, i -> word(900 + 30 * i) + " " + word(5_000 + 40 * i)));
    questions.add(search("search: substring", from, runs, i -> middle(word(25_000 + 60 * i))));
    questions.add(
        search("search: phrase", from, runs, i -> '"' + corpus.phrases.text(200 + 10 * i) + '"'));
    questions.add(
        new Question(
            "summary and histogram, all",
            0,
            repeat("/api/v1/traces/summary", Map.of("from", from), runs)));
    questions.add(
        new Question(
            "facets, all", 0, repeat("/api/v1/traces/facets", Map.of("from", from), runs)));

    List<Result> results = new ArrayList<>();
    for (Question question : questions) {
      results.add(ask(question));
    }
    return results;
  }

  private String word(int rank) {
    return corpus.vocabulary.words[Math.min(rank, Vocabulary.SIZE - 1)];
  }

  /** The word without its first and last letter, as a user looks for a part of a word. */
  private static String middle(String word) {
    return word.substring(1, word.length() - 1);
  }

  private Question list(
      String name, int goal, String from, int runs, java.util.function.IntFunction<String> q) {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      Map<String, String> parameters = new LinkedHashMap<>();
      parameters.put("from", from);
      parameters.put("limit", "50");
      if (!q.apply(i).isEmpty()) {
        parameters.put("q", q.apply(i));
      }
      requests.add(new Request("/api/v1/traces", parameters));
    }
    return new Question(name, goal, requests);
  }

  private Question search(
      String name, String from, int runs, java.util.function.IntFunction<String> q) {
    return list(name, 400, from, runs, q);
  }

  private static List<Request> repeat(String path, Map<String, String> parameters, int runs) {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      requests.add(new Request(path, parameters));
    }
    return requests;
  }

  private Result ask(Question question) throws IOException {
    Histogram micros = new Histogram(3);
    long rows = 0;
    int partial = 0;
    for (Request request : question.requests) {
      long start = System.nanoTime();
      Api.Answer answer = api.get(request.path, request.parameters);
      micros.recordValue((System.nanoTime() - start) / 1_000);
      if (answer.status() != 200) {
        throw new IOException(
            question.name
                + ": "
                + request.path
                + " "
                + request.parameters
                + " gave "
                + answer.status()
                + " "
                + new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8));
      }
      var json = answer.json();
      rows += json.has("traces") ? json.path("traces").size() : json.path("spans").size();
      partial += json.hasNonNull("partial") ? 1 : 0;
    }
    return new Result(
        question.name,
        question.goal,
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(95) / 1e3,
        (double) rows / question.requests.size(),
        partial);
  }
}
