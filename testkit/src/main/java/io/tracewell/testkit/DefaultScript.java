package io.tracewell.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers from the prompt alone. A few facts are known ("What is the capital of France?"); a tool
 * whose name shares a word with the question is called once, its arguments filled from its schema;
 * a JSON schema as response format is filled the same way; all else is echoed.
 */
final class DefaultScript implements Script {
  private static final Map<String, String> FACTS =
      Map.of(
          "capital of france", "The capital of France is Paris.",
          "capital of japan", "The capital of Japan is Tokyo.",
          "capital of romania", "The capital of Romania is Bucharest.");
  private static final Pattern NAME = Pattern.compile("\\b\\p{Lu}\\p{L}+");

  @Override
  public Reply reply(Ask ask) {
    String question = ask.lastUser().replaceAll("\\[\\[fake.*?\\]\\]", "").strip();
    String lower = question.toLowerCase(Locale.ROOT);
    List<Ask.Turn> results = ask.toolResults();
    if (!results.isEmpty()) {
      return Reply.text(
          "Here is what I found: "
              + String.join("; ", results.stream().map(Ask.Turn::text).toList()));
    }
    for (Ask.Tool tool : ask.tools()) {
      for (String word : tool.name().toLowerCase(Locale.ROOT).split("[_\\-.]")) {
        if (word.length() > 3 && lower.contains(word)) {
          return Reply.call(tool.name(), fill(tool.schema(), question, "").toString());
        }
      }
    }
    JsonNode schema = responseSchema(ask.body());
    if (!schema.isMissingNode()) {
      return Reply.text(fill(schema, question, "").toString());
    }
    for (Map.Entry<String, String> fact : FACTS.entrySet()) {
      if (lower.contains(fact.getKey())) {
        return Reply.text(fact.getValue());
      }
    }
    return Reply.text(
        question.isEmpty() ? "How can I help?" : "You asked: " + question + " I am a fake model.");
  }

  private static JsonNode responseSchema(JsonNode body) {
    JsonNode chat = body.path("response_format").path("json_schema").path("schema");
    return chat.isMissingNode() ? body.path("text").path("format").path("schema") : chat;
  }

  private static JsonNode fill(JsonNode schema, String question, String property) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (schema.path("enum").size() > 0) {
      return schema.path("enum").get(0);
    }
    return switch (schema.path("type").asText("string")) {
      case "object" -> {
        ObjectNode object = json.objectNode();
        for (Map.Entry<String, JsonNode> p : schema.path("properties").properties()) {
          object.set(p.getKey(), fill(p.getValue(), question, p.getKey()));
        }
        yield object;
      }
      case "array" -> json.arrayNode().add(fill(schema.path("items"), question, property));
      case "integer", "number" -> json.numberNode(1);
      case "boolean" -> json.booleanNode(true);
      default -> {
        // The last capitalised word is most often the place or the person that is asked about.
        Matcher names = NAME.matcher(question);
        String last = property;
        while (names.find()) {
          last = names.group();
        }
        yield json.textNode(last);
      }
    };
  }
}
