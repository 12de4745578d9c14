package io.tracewell.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.testkit.Ask;
import io.tracewell.testkit.Reply;
import io.tracewell.testkit.Script;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What the fake models answer the demo's applications. It knows no more than a model would: the
 * conversation, and the time. What goes wrong in the incident follows from that: without the rule
 * in its prompt the planner repeats a failing search, and long conversations hit the rate limit.
 */
final class DemoScript implements Script {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Cases cases;
  private final Incident incident;

  DemoScript(Cases cases, Incident incident) {
    this.cases = cases;
    this.incident = incident;
  }

  @Override
  public Reply reply(Ask ask) {
    // Equal for every attempt at one request, so that a retry alone does not help.
    SplittableRandom random =
        new SplittableRandom(ask.turns().hashCode() * 0x9E3779B97F4A7C15L + ask.model().hashCode());
    String system = ask.system();
    if (system.startsWith("You are the support assistant")) {
      return support(ask, random);
    }
    if (system.startsWith("You are the trip planner")) {
      return trip(ask, random);
    }
    if (system.startsWith("You are the booking agent")) {
      return booking(ask);
    }
    if (system.startsWith("You write SQL")) {
      return sql(ask, random);
    }
    if (system.startsWith("You lead a research team")
        || system.startsWith("You are the writer")
        || system.startsWith("You are a researcher")) {
      return research(ask, random);
    }
    return Script.standard().reply(ask);
  }

  private static Reply limit(String model, SplittableRandom random) {
    return Reply.rateLimited(
        "Input tokens per minute exceeded for "
            + model
            + ": limit 80000, used "
            + (78_000 + random.nextInt(1_999)),
        Duration.ofSeconds(1 + random.nextInt(4)));
  }

  private static Instant now(Ask ask) {
    String millis = ask.headers().get("x-fake-now");
    return millis == null ? Instant.now() : Instant.ofEpochMilli(Long.parseLong(millis));
  }

  private Reply support(Ask ask, SplittableRandom random) {
    int lot = random.nextInt(1000);
    if (lot < 4) {
      return limit(ask.model(), random);
    }
    if (lot < 6) {
      return Reply.error(500, "The server had an error while processing your request.");
    }
    if (lot < 8) {
      return Reply.text("").withLatency(Duration.ofSeconds(40), Duration.ofSeconds(40));
    }
    String user = ask.lastUser();
    String question = user.substring(user.lastIndexOf("Question: ") + 10);
    Cases.Answer answer = cases.find(question);
    if (answer == null) {
      return Reply.text("I could not find this in our help pages. Shall I open a ticket for you?");
    }
    if (answer.refusal()) {
      return Reply.refuse(answer.text());
    }
    return lot < 20 ? Reply.text(answer.text()).withTruncated() : Reply.text(answer.text());
  }

  private Reply trip(Ask ask, SplittableRandom random) {
    boolean rule = ask.system().contains("If a tool fails twice, continue");
    String request = ask.lastUser();
    int profile = request.indexOf("\n\nProfile:");
    Cases.Answer known = cases.find(profile < 0 ? request : request.substring(0, profile));
    JsonNode trip = known == null ? JSON.objectNode() : known.source();
    int found = 0;
    int failed = 0;
    boolean hotels = false;
    @Nullable String booked = null;
    List<Ask.ToolCall> pending = new ArrayList<>();
    for (Ask.Turn turn : sinceLastUser(ask)) {
      if (turn.role().equals("assistant")) {
        pending.addAll(turn.calls());
      } else if (turn.role().equals("tool") && !pending.isEmpty()) {
        switch (pending.removeFirst().name()) {
          case "search_flights" -> {
            if (turn.text().contains("\"error\"")) {
              failed++;
            } else {
              found++;
            }
          }
          case "search_hotels" -> hotels = true;
          case "hand_to_booking" -> booked = turn.text();
          default -> {}
        }
      }
    }
    boolean chinese = request.codePoints().anyMatch(c -> c >= 0x4e00 && c < 0xa000);
    if (booked != null) {
      double chance = failed >= 3 ? incident.rateLimit(now(ask)) : 0.008;
      if (random.nextDouble() < chance) {
        return limit(ask.model(), random);
      }
      String answer = known == null ? "Here is your plan." : known.text();
      String missing =
          failed > 0 && found == 0
              ? chinese
                  ? "航班搜索目前没有响应，以下方案不含航班价格。\n\n"
                  : "The airline's service did not answer, so the flight is still open.\n\n"
              : "";
      return Reply.text(missing + answer + "\n\n" + booked);
    }
    // Without the rule, a model gives up after three failures, or four.
    int patience = rule ? 2 : 3 + random.nextInt(4) / 3;
    if (trip.has("from") && found == 0 && failed < patience) {
      ObjectNode arguments =
          JSON.objectNode()
              .put("origin", trip.path("from").asText())
              .put("destination", trip.path("to").asText())
              .put(
                  "depart", now(ask).plus(Duration.ofDays(10 + failed)).toString().substring(0, 10))
              .put("max_price_eur", trip.path("max").asInt())
              .put("adults", 1);
      Reply call = Reply.call("search_flights", arguments.toString());
      return failed == 0
          ? call
          : call.withText(
                  "I'm still looking for flights; the airline's service is slow to answer. One moment.")
              .withReasoning(
                  failed
                      + (failed == 1 ? " attempt" : " attempts")
                      + " failed with the same 504. I have no tool to renew a token. I will try once more with another date.");
    }
    String city = trip.path("city").asText("Lisbon");
    if (!hotels) {
      ObjectNode hotel =
          JSON.objectNode()
              .put("city", city)
              .put("wishes", trip.path("wishes").asText("quiet, central"))
              .put("nights", trip.path("nights").asInt(2));
      return Reply.text("")
          .withToolCalls(
              List.of(
                  new Ask.ToolCall("search_hotels", hotel.toString()),
                  new Ask.ToolCall("get_weather", JSON.objectNode().put("city", city).toString())));
    }
    return Reply.call(
        "hand_to_booking",
        JSON.objectNode()
            .put("hotel", "Casa do Largo, " + city)
            .put("nights", trip.path("nights").asInt(2))
            .toString());
  }

  private static Reply booking(Ask ask) {
    String user = ask.lastUser();
    return user.startsWith("Check the policy")
        ? Reply.text(
            "Within policy: the price is below 180 EUR a night, cancellation is free until two days before, one room for two adults.")
        : Reply.text(
            "The room is on hold until 18:00 with free cancellation. The hold does not cost anything; without a confirmation it lapses.");
  }

  private Reply sql(Ask ask, SplittableRandom random) {
    if (random.nextInt(50) == 0) {
      return limit(ask.model(), random);
    }
    String question = "";
    int failures = 0;
    for (Ask.Turn turn : ask.turns()) {
      if (turn.role().equals("user")) {
        if (turn.text().startsWith("The query failed:")) {
          failures++;
        } else {
          question = turn.text();
        }
      }
    }
    Cases.Answer known = cases.find(question);
    if (known == null) {
      return Reply.text("SELECT count(*) FROM orders");
    }
    JsonNode bad = known.source().path("bad");
    return Reply.text(
        failures < bad.size() ? bad.get(failures).asText() : known.source().path("sql").asText());
  }

  private Reply research(Ask ask, SplittableRandom random) {
    String system = ask.system();
    String user = ask.lastUser();
    if (system.startsWith("You lead")) {
      Cases.Answer known = cases.find(user.substring(user.indexOf(": ") + 2));
      List<String> parts = new ArrayList<>();
      if (known != null) {
        known.source().path("parts").forEach(p -> parts.add("- " + p.asText()));
      }
      return Reply.text(
              parts.isEmpty() ? "- Background\n- Evidence\n- Limits" : String.join("\n", parts))
          .withReasoning(
              "The parts should not overlap, and each should be answerable from public sources.");
    }
    if (system.startsWith("You are the writer")) {
      boolean outline = user.startsWith("Outline");
      String title = user.substring(user.indexOf(": ") + 2).lines().findFirst().orElse("");
      StringBuilder text = new StringBuilder("# " + title + "\n");
      for (String line : user.lines().filter(l -> l.startsWith("### ")).toList()) {
        text.append("\n## ").append(line.substring(4)).append('\n');
        if (!outline) {
          text.append("\nThe sources agree on the direction, less on the size of the effect. ")
              .append("Two of them rest on data from a few regions only. ")
              .append("What changed most is practice: a majority had adapted within a year [")
              .append(1 + random.nextInt(9))
              .append("].\n\n| measure | value |\n|---|---|\n| changed practice | ")
              .append(40 + random.nextInt(40))
              .append(" % |\n| follow-up | ")
              .append(12 + random.nextInt(24))
              .append(" months |\n");
        }
      }
      return Reply.text(text.toString());
    }
    // A researcher: search, read two or three pages, sometimes search again, then write notes.
    if (random.nextInt(120) == 0) {
      return limit(ask.model(), random);
    }
    String part = user.substring(user.indexOf(": ") + 2);
    List<Ask.Turn> results = ask.toolResults();
    if (results.isEmpty()) {
      return Reply.call("web_search", JSON.objectNode().put("q", part).toString());
    }
    if (results.size() <= 2) {
      List<Ask.ToolCall> reads = new ArrayList<>();
      for (String line : results.getFirst().text().lines().toList()) {
        int open = line.indexOf('<');
        if (open >= 0 && reads.size() < 2 + random.nextInt(2)) {
          String url = line.substring(open + 1, line.length() - 1);
          reads.add(new Ask.ToolCall("fetch_page", JSON.objectNode().put("url", url).toString()));
        }
      }
      return Reply.text("").withToolCalls(reads);
    }
    return Reply.text(
        "### "
            + part
            + "\n- Practice changed within twelve months for most of those asked.\n- The effect was smaller than first reported; the interval is wide.\n- Small organisations are exempt.\n"
            + (results.stream().anyMatch(r -> r.text().contains("timed out"))
                ? "- One source could not be read: fetch_page timed out.\n"
                : "")
            + "Sources: "
            + results.size());
  }

  private static List<Ask.Turn> sinceLastUser(Ask ask) {
    int start = 0;
    for (int i = 0; i < ask.turns().size(); i++) {
      if (ask.turns().get(i).role().equals("user")) {
        start = i;
      }
    }
    return ask.turns().subList(start, ask.turns().size());
  }
}
