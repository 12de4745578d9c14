package io.tracewell.examples;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What users ask, and what a model would answer: the resources of this package. */
final class Cases {
  private static final Pattern PLACE = Pattern.compile("\\{(\\w+)}");
  private static final Map<String, List<String>> GREETINGS =
      Map.of(
          "en", List.of("Hi! ", "Hello, ", "quick question: "),
          "de", List.of("Hallo, ", "Guten Tag! "),
          "fr", List.of("Bonjour, "),
          "es", List.of("Hola, "),
          "zh", List.of("你好，", "请问，"),
          "ar", List.of("مرحبا، ", "السلام عليكم، "));

  private final List<JsonNode> support = list("support.json");
  private final List<JsonNode> trips = list("trips.json");
  private final List<JsonNode> sql = list("sql.json");
  private final List<JsonNode> research = list("research.json");
  private final Map<String, Answer> exact = new HashMap<>();
  // In the order of the cases: a pattern has no stable hash, and one question may stand in several.
  private final Map<Pattern, Answer> patterns = new LinkedHashMap<>();

  /**
   * What the model knows of a question.
   *
   * @param text its answer, where there is a fixed one
   * @param source the case
   */
  record Answer(String text, boolean refusal, JsonNode source) {}

  Cases() {
    for (JsonNode one : support) {
      for (JsonNode turn : one.path("turns")) {
        add(
            turn.get(0).asText(),
            new Answer(turn.get(1).asText(), one.path("refuse").asBoolean(), one));
      }
    }
    for (List<JsonNode> cases : List.of(trips, sql, research)) {
      for (JsonNode one : cases) {
        add(one.path("q").asText(), new Answer(one.path("a").asText(), false, one));
      }
    }
  }

  private static List<JsonNode> list(String resource) {
    List<JsonNode> list = new ArrayList<>();
    Data.json(resource).forEach(list::add);
    return list;
  }

  private void add(String question, Answer answer) {
    if (!PLACE.matcher(question).find()) {
      exact.putIfAbsent(question, answer);
      return;
    }
    StringBuilder regex = new StringBuilder();
    int from = 0;
    Matcher places = PLACE.matcher(question);
    while (places.find()) {
      regex.append(Pattern.quote(question.substring(from, places.start()))).append(".+?");
      from = places.end();
    }
    // A question that is a placeholder and little more would fit everything.
    String rest = question.substring(from);
    if (question.length() > 12) {
      patterns.put(Pattern.compile(regex + Pattern.quote(rest)), answer);
    } else {
      patterns.put(Pattern.compile("HE-\\d{6}" + Pattern.quote(rest)), answer);
    }
  }

  /** What is known of a question, or null. */
  @Nullable Answer find(String question) {
    String text = question.strip();
    for (List<String> greetings : GREETINGS.values()) {
      for (String greeting : greetings) {
        if (text.startsWith(greeting)) {
          text = text.substring(greeting.length());
        }
      }
    }
    Answer answer = exact.get(text);
    if (answer != null) {
      return answer;
    }
    for (Map.Entry<Pattern, Answer> entry : patterns.entrySet()) {
      if (entry.getKey().matcher(text).matches()) {
        return entry.getValue();
      }
    }
    return null;
  }

  /** The messages of one conversation with an application, in order. */
  List<String> conversation(String application, SplittableRandom random) {
    List<String> messages = new ArrayList<>();
    switch (application) {
      case "support-bot" -> {
        JsonNode one = support.get(random.nextInt(support.size()));
        Map<String, String> filled = new HashMap<>();
        boolean first = true;
        for (JsonNode turn : one.path("turns")) {
          // Some leave after an answer.
          if (!first && random.nextInt(6) == 0) {
            break;
          }
          String text = fill(turn.get(0).asText(), filled, random);
          List<String> greetings = GREETINGS.getOrDefault(one.path("lang").asText(), List.of());
          if (first && !greetings.isEmpty() && random.nextInt(3) == 0) {
            text = greetings.get(random.nextInt(greetings.size())) + text;
          }
          messages.add(text);
          first = false;
        }
      }
      case "trip-planner" -> {
        JsonNode one = trips.get(random.nextInt(trips.size()));
        messages.add(fill(one.path("q").asText(), new HashMap<>(), random));
      }
      case "ask-sql" -> {
        int count = 1 + random.nextInt(10) / 6;
        for (int i = 0; i < count; i++) {
          messages.add(sql.get(random.nextInt(sql.size())).path("q").asText());
        }
      }
      default -> messages.add(research.get(random.nextInt(research.size())).path("q").asText());
    }
    return messages;
  }

  /** Personal data and secrets are made up when they are needed: none stands in the sources. */
  private static String fill(String text, Map<String, String> filled, SplittableRandom random) {
    return PLACE
        .matcher(text)
        .replaceAll(
            place ->
                Matcher.quoteReplacement(
                    filled.computeIfAbsent(place.group(1), kind -> value(kind, random))));
  }

  private static String value(String kind, SplittableRandom random) {
    String[] first = {"maria", "jonas", "wei", "fatima", "ioana", "luis", "yuki", "claire"};
    String[] last = {"lindqvist", "becker", "chen", "haddad", "popescu", "garcia", "tanaka"};
    return switch (kind) {
      case "order" -> "HE-" + (100_000 + random.nextInt(900_000));
      case "email" ->
          first[random.nextInt(first.length)]
              + "."
              + last[random.nextInt(last.length)]
              + random.nextInt(100)
              + "@example.com";
      case "card" -> card(random);
      case "iban" -> "DE89 3704 0044 0532 0130 " + (10 + random.nextInt(90));
      case "phone" -> "+44 7700 900" + (100 + random.nextInt(900));
      case "vat" -> String.valueOf(500_000_000 + random.nextInt(99_999_999));
      case "passport" -> "C01X" + (10_000 + random.nextInt(90_000)) + "H";
      case "apikey" -> "sk_" + "live_" + Long.toHexString(random.nextLong() | 1L << 62) + "Kq";
      default -> kind;
    };
  }

  private static String card(SplittableRandom random) {
    int[] digits = new int[16];
    digits[0] = 4;
    for (int i = 1; i < 15; i++) {
      digits[i] = random.nextInt(10);
    }
    int sum = 0;
    for (int i = 0; i < 15; i++) {
      int d = i % 2 == 0 ? digits[i] * 2 : digits[i];
      sum += d > 9 ? d - 9 : d;
    }
    digits[15] = (10 - sum % 10) % 10;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      text.append(i > 0 && i % 4 == 0 ? " " : "").append(digits[i]);
    }
    return text.toString();
  }
}
