package io.tracewell.server.normalise;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tracewell.server.message.Json;
import java.io.IOException;
import java.util.Set;
import java.util.regex.Pattern;

/** What the whole request or response of a provider says beside its messages; read in one pass. */
final class WholeJson {
  private static final int MOST_PARAMETER_CHARS = 2_000;

  /** How ids of answers begin that providers give. */
  private static final Pattern PROVIDERS_ID = Pattern.compile("^(chatcmpl-|resp_|msg_|gen-)");

  /** How LangChain's ids of its own messages begin. */
  private static final Pattern LANGCHAIN_RUN = Pattern.compile("^(?:lc_)?run-");

  /** Shorter lists of numbers may be something else. */
  private static final int LEAST_DIMENSIONS = 64;

  private static final int DIGITS_OF_DIMENSION = 6;

  /** What Amazon's Titan models are asked. */
  static final String TITAN_INPUT = "inputText";

  /** Fields of a request that are what was asked, not how. */
  private static final Set<String> CONTENT =
      Set.of(
          "messages",
          "input",
          "prompt",
          "contents",
          "instructions",
          "system",
          "tools",
          "functions",
          "output",
          "text",
          "documents",
          "texts",
          "query",
          TITAN_INPUT);

  /** Where frameworks' embedders take what is to be embedded. */
  private static final Set<String> EMBEDDED = Set.of("text", "texts", "documents", "query");

  private static final Set<String> MODEL = Set.of("model", "model_name", "modelId", "model_id");

  /** Objects that hold how it was asked: Google's, Haystack's. */
  private static final Set<String> PARAMETERS = Set.of("config", "generation_kwargs");

  /** Lists of answers; Haystack's older generators have texts there, and what is said of them. */
  private static final Set<String> GENERATIONS = Set.of("generations", "replies", "meta");

  private static final Set<String> METADATA =
      Set.of("response_metadata", "generation_info", "meta", "_meta");

  /** Fields that only a response has. */
  private static final Set<String> ANSWER =
      Set.of(
          "choices",
          "output",
          "content",
          "candidates",
          "data",
          "embeddings",
          "usage",
          "stop_reason",
          "generations",
          "replies",
          "embedding",
          "meta",
          "raw");

  /** Lists of embeddings: OpenAI's, Genkit's. */
  private static final Set<String> VECTORS = Set.of("data", "embeddings", "documents");

  String id = "";
  String model = "";
  String finishReason = "";
  String tools = "";
  String system = "";
  String input = "";

  /** How many embeddings there are, and how long they are. */
  int vectors;

  int dimensions;

  private WholeJson() {}

  static boolean isContent(String field) {
    return CONTENT.contains(field);
  }

  static boolean isModel(String field) {
    return MODEL.contains(field);
  }

  /** Reads a response; nothing is found in what is none. */
  static WholeJson response(String json) {
    WholeJson found = new WholeJson();
    boolean answer = false;
    try (JsonParser parser = Json.factory().createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken token = parser.nextToken();
        answer |= ANSWER.contains(field);
        if (token == JsonToken.VALUE_STRING && field.equals("id")) {
          found.id = LANGCHAIN_RUN.matcher(parser.getText()).find() ? found.id : parser.getText();
        } else if (token == JsonToken.START_OBJECT && field.equals("response_metadata")) {
          found.generation(parser);
        } else if (token == JsonToken.VALUE_STRING && field.equals("model")) {
          found.model = parser.getText();
        } else if (token == JsonToken.VALUE_STRING && field.equals("response_id")) {
          // Google's.
          found.id = parser.getText();
        } else if (token == JsonToken.VALUE_STRING && field.equals("model_version")) {
          found.model = parser.getText();
        } else if (token == JsonToken.START_ARRAY && VECTORS.contains(field)) {
          found.vectors(parser);
        } else if (token == JsonToken.START_ARRAY && field.equals("embedding")) {
          // Haystack's embedders; what they said of the model is in the meta.
          found.vectors++;
          found.dimensions = items(parser);
        } else if (token == JsonToken.START_OBJECT
            && (field.equals("meta") || field.equals("data"))) {
          // In "data": Mistral's last piece of a stream, with the whole answer in it.
          found.generation(parser);
        } else if (token == JsonToken.START_ARRAY && GENERATIONS.contains(field)) {
          found.generations(parser, field.equals("meta"));
        } else if (token == JsonToken.VALUE_STRING && field.equals("raw")) {
          found.python(parser.getText());
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      // Cut or no JSON: what was found until then stands.
      answer |= !found.id.isEmpty();
    }
    return answer ? found : new WholeJson();
  }

  /**
   * LangChain, Haystack: what the provider said of its answer stands in the message, deep inside.
   */
  private void generations(JsonParser parser, boolean bare) throws IOException {
    int depth = 1;
    int message = 0;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return;
      }
      if (bare && token == JsonToken.START_OBJECT) {
        generation(parser);
      } else if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        if (field.equals("kwargs")) {
          message = depth + 1;
        } else if (METADATA.contains(field)) {
          parser.nextToken();
          generation(parser);
        } else if (field.equals("id") && depth == message && id.isEmpty()) {
          // LangChain for Node gives the message the id of the answer; others one of the run.
          boolean text = parser.nextToken() == JsonToken.VALUE_STRING;
          if (text && PROVIDERS_ID.matcher(parser.getText()).find()) {
            id = parser.getText();
          } else if (!text) {
            parser.skipChildren();
          }
        }
      }
    }
  }

  private void generation(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      boolean text = parser.nextToken() == JsonToken.VALUE_STRING;
      if (text && field.equals("id")) {
        id = parser.getText();
      } else if (text && MODEL.contains(field)) {
        model = parser.getText();
      } else if (text && field.equals("finish_reason")) {
        finishReason = parser.getText();
      } else {
        parser.skipChildren();
      }
    }
  }

  /** smolagents writes the provider's object in Python's notation. */
  private void python(String raw) {
    if (raw.startsWith("ChatCompletion(id='")) {
      id = between(raw, "ChatCompletion(id='");
      finishReason = between(raw, "finish_reason='");
      model = between(raw, ", model='");
    }
  }

  private static String between(String text, String before) {
    int from = text.indexOf(before);
    if (from < 0) {
      return "";
    }
    int to = text.indexOf('\'', from + before.length());
    return to < 0 ? "" : text.substring(from + before.length(), to);
  }

  private void vectors(JsonParser parser) throws IOException {
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean embedding = parser.currentName().equals("embedding");
        if (parser.nextToken() == JsonToken.START_ARRAY && embedding) {
          vectors++;
          dimensions = Math.max(dimensions, items(parser));
        } else {
          parser.skipChildren();
        }
      }
    }
  }

  private static int items(JsonParser parser) throws IOException {
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      parser.skipChildren();
      count++;
    }
    return count;
  }

  /** True for a list of numbers, or a list of such lists. */
  static boolean isVectors(String json) {
    int at = 0;
    while (at < 2 && at < json.length() && json.charAt(at) == '[') {
      at++;
    }
    return at > 0
        && at < json.length()
        && (json.charAt(at) == '-' || Character.isDigit(json.charAt(at)))
        && json.indexOf('"') < 0;
  }

  /**
   * The same text with each vector in it replaced by that one text: a long list of numbers with the
   * many digits of an embedding. Prices and other measured series have fewer, and stay.
   */
  static String withoutVectors(String json, String vector) {
    return withoutVectors(json, vector, LEAST_DIMENSIONS, DIGITS_OF_DIMENSION);
  }

  /**
   * As above, for lists with at least so many numbers.
   *
   * @param digits how many a number has on average, at least
   */
  static String withoutVectors(String json, String vector, int least, int digits) {
    StringBuilder lean = null;
    int kept = 0;
    int open = json.indexOf('[');
    while (open >= 0) {
      int at = open + 1;
      int items = 1;
      int found = 0;
      while (at < json.length() && isOfNumbers(json.charAt(at))) {
        char c = json.charAt(at++);
        items += c == ',' ? 1 : 0;
        found += c >= '0' && c <= '9' ? 1 : 0;
      }
      boolean list = at < json.length() && json.charAt(at) == ']' && at > open + 1;
      if (list && items >= least && found >= (long) items * digits) {
        lean = lean == null ? new StringBuilder(1_000) : lean;
        lean.append(json, kept, open);
        JsonText.string(lean, vector);
        kept = at + 1;
      }
      open = json.indexOf('[', at);
    }
    return lean == null ? json : lean.append(json, kept, json.length()).toString();
  }

  private static boolean isOfNumbers(char c) {
    return (c >= '0' && c <= '9')
        || c == ','
        || c == '.'
        || c == '-'
        || c == ' '
        || c == 'e'
        || c == 'E'
        || c == '+';
  }

  /** How many lists there are in a list; 0 where it has numbers. */
  static int lists(String json) {
    return json.startsWith("[[") ? items(json) : 0;
  }

  /** How long the list is, or the first of its lists. */
  static int firstLength(String json) {
    return json.startsWith("[[") ? items(json.substring(1)) : items(json);
  }

  /** How many items a JSON list has; 0 for what is none. */
  static int items(String json) {
    try (JsonParser parser = Json.factory().createParser(json)) {
      return parser.nextToken() == JsonToken.START_ARRAY ? items(parser) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Reads a request; what tells how it was asked is added to {@code parameters}. */
  static WholeJson request(String json, StringBuilder parameters) {
    WholeJson found = new WholeJson();
    int before = parameters.length();
    boolean messages = false;
    try (JsonParser parser = Json.factory().createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken token = parser.nextToken();
        messages |= CONTENT.contains(field);
        if (MODEL.contains(field) && token == JsonToken.VALUE_STRING) {
          found.model = parser.getText();
        } else if (field.equals("tools") && token == JsonToken.START_ARRAY) {
          found.tools = Json.copy(parser);
        } else if (field.equals("system") && token == JsonToken.VALUE_STRING) {
          found.system = parser.getText();
        } else if (field.equals("system") && token == JsonToken.START_ARRAY) {
          found.system = Json.copy(parser);
        } else if (field.equals("input") || (found.input.isEmpty() && EMBEDDED.contains(field))) {
          found.input =
              token == JsonToken.VALUE_STRING
                  ? parser.getText()
                  : token == JsonToken.START_ARRAY ? Json.copy(parser) : skip(parser);
        } else if (CONTENT.contains(field) || token == JsonToken.VALUE_NULL) {
          parser.skipChildren();
        } else if (PARAMETERS.contains(field) && token == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() == JsonToken.VALUE_NULL
                || CONTENT.contains(name)
                || name.startsWith("system")) {
              parser.skipChildren();
            } else {
              parameter(name, Json.copy(parser), parameters);
            }
          }
        } else {
          parameter(field, Json.copy(parser), parameters);
        }
      }
    } catch (IOException e) {
      messages = false;
    }
    if (messages) {
      return found;
    }
    // Not the request to a provider, but what some function was called with.
    parameters.setLength(before);
    return new WholeJson();
  }

  private static void parameter(String name, String value, StringBuilder parameters) {
    if (value.length() <= MOST_PARAMETER_CHARS) {
      parameters.append(parameters.length() > 1 ? "," : "");
      JsonText.string(parameters, name);
      parameters.append(':').append(value);
    }
  }

  private static String skip(JsonParser parser) throws IOException {
    parser.skipChildren();
    return "";
  }
}
