package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.server.message.Json;
import io.tracewell.server.normalise.Figures.Figure;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage object of a provider's answer, which leaves nothing to guess: each API has its
 * own names, and each name its meaning. The figures come out inclusive.
 */
final class ProviderUsage {
  /** The shape of what completes other figures instead of replacing them. */
  static final String PART = "part";

  /** LangChain's shape: its input holds what was cached or, as for Bedrock, does not. */
  static final String LANGCHAIN = "langchain";

  /**
   * What was read, and in which API's names.
   *
   * @param lacks what the figures don't hold, in words; empty for nothing
   */
  record Read(Figures figures, String shape, String lacks) {
    Read(Figures figures, String shape) {
      this(figures, shape, "");
    }
  }

  private record Path(Figure figure, String... names) {}

  /** Chat Completions and all that copy it; input and output are inclusive. */
  private static final List<Path> CHAT =
      List.of(
          new Path(Figure.INPUT, "prompt_tokens"),
          new Path(Figure.OUTPUT, "completion_tokens"),
          new Path(Figure.TOTAL, "total_tokens"),
          new Path(Figure.CACHE_READ, "prompt_tokens_details", "cached_tokens"),
          new Path(Figure.CACHE_READ, "cached_tokens"),
          new Path(Figure.CACHE_READ, "prompt_cache_hit_tokens"),
          new Path(Figure.CACHE_READ, "cached_prompt_text_tokens"),
          new Path(Figure.CACHE_WRITE, "prompt_tokens_details", "cache_write_tokens"),
          new Path(Figure.CACHE_WRITE, "prompt_tokens_details", "cache_creation_tokens"),
          new Path(Figure.INPUT_AUDIO, "prompt_tokens_details", "audio_tokens"),
          new Path(Figure.INPUT_IMAGE, "prompt_tokens_details", "image_tokens"),
          new Path(Figure.OUTPUT_AUDIO, "completion_tokens_details", "audio_tokens"),
          new Path(Figure.OUTPUT_IMAGE, "completion_tokens_details", "image_tokens"),
          new Path(Figure.REASONING, "completion_tokens_details", "reasoning_tokens"),
          new Path(Figure.REASONING, "reasoning_tokens"),
          new Path(Figure.CITATION, "citation_tokens"),
          new Path(Figure.WEB_SEARCHES, "num_search_queries"));

  /** Responses, realtime and images API, LangChain's and Logfire's usage metadata: inclusive. */
  private static final List<Path> RESPONSES =
      List.of(
          new Path(Figure.INPUT, "input_tokens"),
          new Path(Figure.OUTPUT, "output_tokens"),
          new Path(Figure.TOTAL, "total_tokens"),
          new Path(Figure.CACHE_READ, "input_tokens_details", "cached_tokens"),
          new Path(Figure.CACHE_READ, "input_token_details", "cached_tokens"),
          new Path(Figure.CACHE_READ, "input_token_details", "cache_read"),
          new Path(Figure.CACHE_WRITE, "input_tokens_details", "cache_write_tokens"),
          new Path(Figure.CACHE_WRITE, "input_token_details", "cache_creation"),
          new Path(Figure.CACHE_WRITE_5M, "input_token_details", "ephemeral_5m_input_tokens"),
          new Path(Figure.CACHE_WRITE_1H, "input_token_details", "ephemeral_1h_input_tokens"),
          new Path(
              Figure.CACHE_READ_AUDIO,
              "input_token_details",
              "cached_tokens_details",
              "audio_tokens"),
          new Path(
              Figure.CACHE_READ_IMAGE,
              "input_token_details",
              "cached_tokens_details",
              "image_tokens"),
          new Path(Figure.INPUT_AUDIO, "input_token_details", "audio_tokens"),
          new Path(Figure.INPUT_AUDIO, "input_token_details", "audio"),
          new Path(Figure.INPUT_IMAGE, "input_token_details", "image_tokens"),
          new Path(Figure.INPUT_IMAGE, "input_tokens_details", "image_tokens"),
          new Path(Figure.OUTPUT_AUDIO, "output_token_details", "audio_tokens"),
          new Path(Figure.OUTPUT_AUDIO, "output_token_details", "audio"),
          new Path(Figure.OUTPUT_IMAGE, "output_tokens_details", "image_tokens"),
          new Path(Figure.REASONING, "output_tokens_details", "reasoning_tokens"),
          new Path(Figure.REASONING, "output_token_details", "reasoning_tokens"),
          new Path(Figure.REASONING, "output_token_details", "reasoning"));

  /** Anthropic's Messages: what was cached comes on top of the input. */
  private static final List<Path> ANTHROPIC =
      List.of(
          new Path(Figure.NO_CACHE, "input_tokens"),
          new Path(Figure.OUTPUT, "output_tokens"),
          new Path(Figure.CACHE_READ, "cache_read_input_tokens"),
          new Path(Figure.CACHE_WRITE, "cache_creation_input_tokens"),
          new Path(Figure.CACHE_WRITE_5M, "cache_creation", "ephemeral_5m_input_tokens"),
          new Path(Figure.CACHE_WRITE_1H, "cache_creation", "ephemeral_1h_input_tokens"),
          new Path(Figure.REASONING, "output_tokens_details", "thinking_tokens"),
          new Path(Figure.WEB_SEARCHES, "server_tool_use", "web_search_requests"));

  /** Bedrock's Converse: what was cached comes on top of the input. */
  private static final List<Path> BEDROCK =
      List.of(
          new Path(Figure.NO_CACHE, "inputTokens"),
          new Path(Figure.OUTPUT, "outputTokens"),
          new Path(Figure.CACHE_READ, "cacheReadInputTokens"),
          new Path(Figure.CACHE_READ, "cacheReadInputTokenCount"),
          new Path(Figure.CACHE_WRITE, "cacheWriteInputTokens"),
          new Path(Figure.CACHE_WRITE, "cacheWriteInputTokenCount"));

  private static final List<Path> BILLED =
      List.of(new Path(Figure.INPUT, "input_tokens"), new Path(Figure.OUTPUT, "output_tokens"));

  /** Where answers keep their usage. */
  private static final List<String> HOLDERS =
      List.of(
          "raw",
          "usage",
          "usageMetadata",
          "usage_metadata",
          "response",
          "kwargs",
          "meta",
          "_meta",
          "response_metadata",
          "token_usage",
          "kwargs",
          "llm_output",
          "data");

  private static final int MAX_DEPTH = 6;

  private ProviderUsage() {}

  /**
   * The usage in an answer, or in a part of it; null where there is none.
   *
   * @param provider canonical name; some have the same names with another meaning
   */
  static @Nullable Read find(JsonNode answer, String provider) {
    return find(answer, provider, 0);
  }

  private static @Nullable Read find(JsonNode node, String provider, int depth) {
    if (!node.isObject() || depth > MAX_DEPTH) {
      return null;
    }
    Read here = read(node, provider);
    if (here != null) {
      return here;
    }
    for (String name : HOLDERS) {
      JsonNode held = node.get(name);
      held = held == null ? null : first(held);
      Read read = held == null ? null : find(held, provider, depth + 1);
      if (read != null) {
        return name.equals("usage_metadata") ? completed(read, node) : read;
      }
    }
    // By provider (AI SDK's provider metadata), or in the first of several answers.
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      JsonNode usage = field.getValue().get("usage");
      if (usage != null && usage.isObject()) {
        return read(usage, provider);
      }
      boolean answers = field.getKey().equals("replies") || field.getKey().equals("generations");
      JsonNode first = answers ? first(field.getValue()) : null;
      if (first != null && first.isTextual()) {
        first = python(first.textValue());
      }
      Read read = first == null ? null : find(first, provider, depth + 1);
      if (read != null) {
        return read;
      }
    }
    return null;
  }

  /** LangChain for Node doesn't tell how long the cache keeps what was written; the answer does. */
  private static Read completed(Read read, JsonNode message) {
    Figures provider = new Figures();
    read(message.path("response_metadata").path("usage"), ANTHROPIC, provider);
    for (Figure figure : List.of(Figure.CACHE_WRITE_5M, Figure.CACHE_WRITE_1H)) {
      if (read.figures().get(figure) < 0) {
        read.figures().set(figure, provider.get(figure));
      }
    }
    return read;
  }

  /** The usage in an answer that was written in Python's notation: names and numbers. */
  private static @Nullable JsonNode python(String answer) {
    int from = answer.indexOf("'usage': {");
    if (from < 0) {
      return null;
    }
    int open = from + "'usage': ".length();
    int depth = 0;
    for (int at = open; at < answer.length(); at++) {
      depth += answer.charAt(at) == '{' ? 1 : answer.charAt(at) == '}' ? -1 : 0;
      if (depth == 0) {
        return Json.tree(
            answer.substring(open, at + 1).replace('\'', '"').replace(": None", ": null"));
      }
    }
    return null;
  }

  private static @Nullable JsonNode first(JsonNode list) {
    JsonNode node = list;
    while (node.isArray() && !node.isEmpty()) {
      node = node.get(0);
    }
    return node.has("message") ? node.get("message") : node;
  }

  private static @Nullable Read read(JsonNode usage, String provider) {
    if (has(usage, "prompt_tokens") || has(usage, "completion_tokens")) {
      return chat(usage, provider);
    }
    if (has(usage, "input") || has(usage, "output")) {
      return apart(usage);
    }
    JsonNode billed = usage.path("billed_units");
    if (billed.has("input_tokens") || billed.has("output_tokens")) {
      Figures figures = new Figures();
      read(billed, BILLED, figures);
      return new Read(figures, "cohere, billed units");
    }
    if (usage.path("tokens").has("input_tokens")) {
      Figures figures = new Figures();
      read(usage.path("tokens"), BILLED, figures);
      return new Read(figures, "cohere");
    }
    if (usage.has("promptTokenCount")
        || usage.has("prompt_token_count")
        || usage.has("candidatesTokenCount")
        || usage.has("candidates_token_count")) {
      return gemini(usage);
    }
    if (usage.has("cache_read_input_tokens")
        || usage.has("cache_creation_input_tokens")
        || usage.path("cache_creation").isObject()
        || usage.path("iterations").isArray()) {
      return anthropic(usage);
    }
    if (has(usage, "input_tokens") || has(usage, "output_tokens")) {
      Figures figures = new Figures();
      read(usage, RESPONSES, figures);
      split(figures);
      read(
          usage,
          List.of(new Path(Figure.WEB_SEARCHES, "server_tool_use", "web_search_requests")),
          figures);
      JsonNode details = usage.path("input_token_details");
      boolean langChain = details.has("cache_read") || details.has("cache_creation");
      return new Read(figures, langChain ? LANGCHAIN : "responses");
    }
    if (usage.has("thoughtsTokens") || usage.has("cachedContentTokens")) {
      // Genkit's own names, which its table reads.
      return null;
    }
    if (has(usage, "inputTokens") && has(usage, "outputTokens")) {
      return exclusive(usage, BEDROCK, "bedrock");
    }
    if (has(usage, "cacheWriteInputTokens")) {
      return new Read(
          new Figures().set(Figure.CACHE_WRITE, number(usage.get("cacheWriteInputTokens"))), PART);
    }
    return null;
  }

  private static Read chat(JsonNode usage, String provider) {
    Figures figures = new Figures();
    read(usage, CHAT, figures);
    boolean citations = figures.or0(Figure.CITATION) > 0;
    if (provider.equals("x_ai") || provider.equals("perplexity") || citations) {
      // Their completion holds neither reasoning nor citations. A total shows where it does.
      long within = figures.or0(Figure.INPUT) + figures.or0(Figure.OUTPUT);
      if (figures.get(Figure.TOTAL) != within || citations) {
        figures.add(Figure.OUTPUT, figures.get(Figure.REASONING));
        figures.add(Figure.OUTPUT, figures.get(Figure.CITATION));
      }
    }
    return new Read(figures, "chat");
  }

  /** Langfuse's buckets: what begins with "input" is input, and nothing is in two of them. */
  private static Read apart(JsonNode usage) {
    Figures figures = new Figures();
    for (Map.Entry<String, JsonNode> field : usage.properties()) {
      String name = field.getKey();
      long count = number(field.getValue());
      boolean read = name.contains("cached") || name.contains("cache_read");
      boolean written = name.contains("cache_creation") || name.contains("cache_write");
      if (count < 0) {
        continue;
      }
      if (name.contains("_ephemeral_")) {
        // Parts of what was written, which stands there as a whole: LangChain's.
        figures.set(name.contains("1h") ? Figure.CACHE_WRITE_1H : Figure.CACHE_WRITE_5M, count);
        continue;
      }
      if (name.startsWith("input") || read || written) {
        figures.add(Figure.INPUT, count);
        if (read) {
          figures.add(Figure.CACHE_READ, count);
        } else if (written) {
          figures.add(Figure.CACHE_WRITE, count);
          if (name.endsWith("1h")) {
            figures.add(Figure.CACHE_WRITE_1H, count);
          }
        } else if (name.contains("audio")) {
          figures.add(Figure.INPUT_AUDIO, count);
        } else if (name.contains("image")) {
          figures.add(Figure.INPUT_IMAGE, count);
        }
      } else if (name.startsWith("output")) {
        figures.add(Figure.OUTPUT, count);
        if (name.contains("reasoning")) {
          figures.add(Figure.REASONING, count);
        } else if (name.contains("audio")) {
          figures.add(Figure.OUTPUT_AUDIO, count);
        } else if (name.contains("image")) {
          figures.add(Figure.OUTPUT_IMAGE, count);
        }
      }
    }
    long whole = figures.or0(Figure.CACHE_WRITE);
    split(figures);
    figures.add(Figure.INPUT, Math.max(0, figures.or0(Figure.CACHE_WRITE) - whole));
    return new Read(figures, "buckets");
  }

  /**
   * What Anthropic bills beside the answer itself stands in the iterations only: a compaction by
   * the same model, and what an advising model was asked, whose price is another.
   */
  private static Read anthropic(JsonNode usage) {
    Read answer = exclusive(usage, ANTHROPIC, "anthropic");
    boolean advised = false;
    for (JsonNode iteration : usage.path("iterations")) {
      String type = iteration.path("type").asText();
      if (type.equals("compaction")) {
        Figures compaction = exclusive(iteration, ANTHROPIC, "").figures();
        for (Figure figure : Figure.values()) {
          answer.figures().add(figure, compaction.get(figure));
        }
      }
      advised |= type.equals("advisor_message");
    }
    return advised
        ? new Read(answer.figures(), answer.shape(), "the advisor's tokens have another price")
        : answer;
  }

  private static Read exclusive(JsonNode usage, List<Path> paths, String shape) {
    Figures figures = new Figures();
    read(usage, paths, figures);
    split(figures);
    figures.set(
        Figure.INPUT,
        figures.get(Figure.NO_CACHE) < 0
            ? -1
            : figures.get(Figure.NO_CACHE)
                + figures.or0(Figure.CACHE_READ)
                + figures.or0(Figure.CACHE_WRITE));
    return new Read(figures, shape);
  }

  /** LangChain says 0 for the whole where it knows the parts. */
  private static void split(Figures figures) {
    long split = figures.or0(Figure.CACHE_WRITE_5M) + figures.or0(Figure.CACHE_WRITE_1H);
    if (split > figures.or0(Figure.CACHE_WRITE)) {
      figures.set(Figure.CACHE_WRITE, split);
    }
  }

  /** Thoughts come on top of the candidates, a tool's prompt on top of the prompt. */
  private static Read gemini(JsonNode usage) {
    Figures figures = new Figures();
    figures.add(Figure.INPUT, number(either(usage, "promptTokenCount", "prompt_token_count")));
    figures.add(
        Figure.OUTPUT, number(either(usage, "candidatesTokenCount", "candidates_token_count")));
    long thoughts = number(either(usage, "thoughtsTokenCount", "thoughts_token_count"));
    figures.set(Figure.REASONING, thoughts);
    figures.add(Figure.OUTPUT, thoughts);
    figures.add(
        Figure.INPUT,
        number(either(usage, "toolUsePromptTokenCount", "tool_use_prompt_token_count")));
    figures.set(
        Figure.CACHE_READ,
        number(either(usage, "cachedContentTokenCount", "cached_content_token_count")));
    modalities(
        either(usage, "promptTokensDetails", "prompt_tokens_details"),
        figures,
        Figure.INPUT_AUDIO,
        Figure.INPUT_IMAGE,
        Figure.INPUT_VIDEO);
    modalities(
        either(usage, "candidatesTokensDetails", "candidates_tokens_details"),
        figures,
        Figure.OUTPUT_AUDIO,
        Figure.OUTPUT_IMAGE,
        Figure.OUTPUT_VIDEO);
    modalities(
        either(usage, "cacheTokensDetails", "cache_tokens_details"),
        figures,
        Figure.CACHE_READ_AUDIO,
        Figure.CACHE_READ_IMAGE,
        null);
    return new Read(figures, "gemini");
  }

  private static void modalities(
      @Nullable JsonNode list,
      Figures figures,
      Figure audio,
      Figure image,
      @Nullable Figure video) {
    if (list == null) {
      return;
    }
    for (JsonNode item : list) {
      long count = number(either(item, "tokenCount", "token_count"));
      switch (item.path("modality").asText("")) {
        case "AUDIO" -> figures.add(audio, count);
        case "IMAGE", "DOCUMENT" -> figures.add(image, count);
        case "VIDEO" -> {
          if (video != null) {
            figures.add(video, count);
          }
        }
        default -> {}
      }
    }
  }

  /** The first path that has a figure gives it. */
  private static void read(JsonNode usage, List<Path> paths, Figures figures) {
    for (Path path : paths) {
      if (figures.get(path.figure) < 0) {
        JsonNode node = usage;
        for (String name : path.names) {
          node = node.path(name);
        }
        figures.set(path.figure, number(node));
      }
    }
  }

  private static @Nullable JsonNode either(JsonNode node, String one, String other) {
    JsonNode found = node.get(one);
    return found != null ? found : node.get(other);
  }

  private static boolean has(JsonNode node, String name) {
    return number(node.get(name)) >= 0;
  }

  private static long number(@Nullable JsonNode node) {
    if (node == null) {
      return -1;
    }
    if (node.isNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    return node.isTextual() ? Math.max(-1, Values.number(node.textValue())) : -1;
  }
}
