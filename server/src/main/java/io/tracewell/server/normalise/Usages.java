package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Usage;
import io.tracewell.server.message.Json;
import io.tracewell.server.normalise.Figures.Figure;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From the figures as sent to canonical usage, in which input holds what was cached and output
 * holds reasoning. Senders differ in that. The provider's own usage object decides where it was
 * sent; else what the figures themselves prove; else {@link UsageRules} by sender; else a guess by
 * provider. {@code usage.rule} says which.
 */
final class Usages {
  /** More than this in one call is a mistake of the sender. */
  static final long MOST = 1_000_000_000L;

  /** Figures that a span of any kind may have and that stand in {@link Usage#more}. */
  private static final Map<Figure, String> MORE =
      Map.of(
          Figure.INPUT_IMAGE, Usage.INPUT_IMAGE,
          Figure.OUTPUT_IMAGE, Usage.OUTPUT_IMAGE,
          Figure.INPUT_VIDEO, Usage.INPUT_VIDEO,
          Figure.OUTPUT_VIDEO, Usage.OUTPUT_VIDEO,
          Figure.CACHE_READ_AUDIO, Usage.CACHE_READ_AUDIO,
          Figure.CACHE_READ_IMAGE, Usage.CACHE_READ_IMAGE,
          Figure.CITATION, Usage.CITATION,
          Figure.WEB_SEARCHES, Usage.WEB_SEARCHES);

  private static final String NONE_SENT = "none";
  private static final String ALL_ZERO = "none: all figures are zero";
  private static final String ESTIMATED = "none: the sender's own estimate, not the provider's";
  private static final String NO_CACHE = "the sender leaves out what was cached";
  private static final String STREAMED = "gen_ai.request.stream";

  private static final Function<String, @Nullable Object> NOTHING = name -> null;

  private Usages() {}

  /**
   * Canonical usage.
   *
   * @param attribute the span's attribute of that name, or null; for the provider's own usage
   * @param raw JSON of the figures as sent
   */
  static Usage read(
      Figures sent,
      UsageRules.Sender sender,
      Function<String, @Nullable Object> attribute,
      String raw) {
    UsageRules.Rule rule = UsageRules.find(sender);
    if (rule != null) {
      for (String name : rule.raw()) {
        ProviderUsage.Read found = providerUsage(attribute.apply(name), sender.provider());
        boolean completes =
            found != null
                && (found.shape().equals(ProviderUsage.PART)
                    || (rule.input() == UsageRules.Input.EXCLUSIVE
                        && found.shape().equals(ProviderUsage.LANGCHAIN)));
        if (found != null && completes) {
          sent.replaceBy(found.figures());
        } else if (found != null && !found.figures().isEmpty()) {
          return inclusive(found, name, raw);
        }
      }
    }
    if (sent.isEmpty() || sent.isZero()) {
      return raw.isEmpty() ? Usage.NONE : nothing(raw, sent.isEmpty() ? NONE_SENT : ALL_ZERO);
    }
    if (rule != null
        && rule.input() != UsageRules.Input.LOSSY
        && !rule.sureWith().isEmpty()
        && attribute.apply(rule.sureWith()) == null
        && Boolean.TRUE.equals(attribute.apply(STREAMED))) {
      return nothing(raw, ESTIMATED);
    }
    boolean lossy =
        rule != null
            && rule.input() == UsageRules.Input.LOSSY
            && !holds(rule.sureWith(), attribute);
    return decide(sent, sender, rule, lossy, raw);
  }

  /** True where the attribute before the sign of equality begins with what follows it. */
  private static boolean holds(String condition, Function<String, @Nullable Object> attribute) {
    int equals = condition.indexOf('=');
    return equals > 0
        && Values.content(attribute.apply(condition.substring(0, equals)))
            .startsWith(condition.substring(equals + 1));
  }

  /**
   * Canonical usage of a provider's own usage object, JSON; {@link Usage#NONE} where it is none.
   */
  static Usage ofProvider(String json, String provider) {
    ProviderUsage.Read found = providerUsage(json, provider);
    return found == null ? Usage.NONE : inclusive(found, "", json);
  }

  private static ProviderUsage.@Nullable Read providerUsage(
      @Nullable Object value, String provider) {
    String text = Values.content(value);
    if (text.isEmpty() || !text.contains("oken")) {
      return null;
    }
    JsonNode tree = Json.tree(text);
    return tree == null ? null : ProviderUsage.find(tree, provider);
  }

  private static Usage nothing(String raw, String rule) {
    return new Usage(-1, -1, -1, -1, -1, -1, -1, -1, rule, raw);
  }

  private static Usage inclusive(ProviderUsage.Read found, String attribute, String raw) {
    if (found.figures().isZero()) {
      return nothing(raw, ALL_ZERO);
    }
    return usage(
        found.figures(),
        found.figures().get(Figure.INPUT),
        found.figures().get(Figure.OUTPUT),
        "provider's usage: "
            + found.shape()
            + (attribute.isEmpty() ? "" : " in " + attribute)
            + (found.lacks().isEmpty() ? "" : Usage.LOWER_BOUND + found.lacks()),
        raw);
  }

  private static Usage decide(
      Figures sent,
      UsageRules.Sender sender,
      UsageRules.@Nullable Rule row,
      boolean lossy,
      String raw) {
    long split = sent.or0(Figure.CACHE_WRITE_5M) + sent.or0(Figure.CACHE_WRITE_1H);
    if (split > sent.or0(Figure.CACHE_WRITE)) {
      sent.set(Figure.CACHE_WRITE, split);
    }
    long cached = sent.or0(Figure.CACHE_READ) + sent.or0(Figure.CACHE_WRITE);
    long input = sent.get(Figure.INPUT);
    String rule;
    if (cached == 0) {
      if (input < 0) {
        input = sent.get(Figure.NO_CACHE);
      }
      rule =
          row != null && lossy
              ? "no cache reported: " + row.name() + Usage.LOWER_BOUND + NO_CACHE
              : "inclusive";
    } else {
      String exclusive = exclusive(sent, cached, sender, row, raw);
      if (exclusive.startsWith("exclusive")) {
        input = Math.max(sent.get(Figure.NO_CACHE), Math.max(0, input)) + cached;
      }
      rule = exclusive;
    }
    long output = sent.get(Figure.OUTPUT);
    long reasoning = sent.or0(Figure.REASONING);
    long total = sent.get(Figure.TOTAL);
    long tool = sent.or0(Figure.TOOL_USE);
    long before = sent.or0(Figure.INPUT) + Math.max(0, output);
    if (tool > 0 && total == before + tool + reasoning) {
      input += tool;
      rule += "; tool prompt added to input";
    }
    if (row != null
        && row.withoutReasoning()
        && reasoning == 0
        && output >= 0
        && input >= 0
        && total > input + output
        && rule.startsWith("inclusive")) {
      // Thoughts that the sender leaves out; the provider's total has them.
      output = total - input;
      rule += "; output is what the total leaves";
    }
    if (row != null && row.reasoningTwice() && reasoning > 0 && output >= 2 * reasoning) {
      output -= reasoning;
      rule += "; reasoning was in output twice";
    } else if (reasoning > 0 && output >= 0) {
      boolean within = total >= 0 && (total == before || total == input + output);
      boolean apart =
          total >= 0
              && (total == before + reasoning
                  || total == before + reasoning + tool
                  || total == input + output + reasoning);
      boolean table = row != null && row.withoutReasoning();
      if (reasoning > output || (apart && !within) || (table && !within)) {
        output += reasoning;
        rule += "; reasoning added to output";
      }
    }
    return usage(sent, input, output, rule, raw);
  }

  /** The rule that tells whether the cache is within the input. */
  private static String exclusive(
      Figures sent,
      long cached,
      UsageRules.Sender sender,
      UsageRules.@Nullable Rule row,
      String raw) {
    long input = sent.get(Figure.INPUT);
    long output = sent.or0(Figure.OUTPUT);
    long noCache = sent.get(Figure.NO_CACHE);
    if (input < 0) {
      return "exclusive: input without cache";
    }
    if (cached > input) {
      return "exclusive: cache greater than input";
    }
    if (noCache >= 0 && input == noCache + cached) {
      return "inclusive: input is input without cache + cache";
    }
    if (noCache >= 0 && input == noCache) {
      return "exclusive: input is input without cache";
    }
    boolean other = sent.or0(Figure.REASONING) == cached || sent.or0(Figure.TOOL_USE) == cached;
    if (sent.get(Figure.TOTAL) == input + output + cached && !other) {
      return "exclusive: total is input + output + cache";
    }
    if (row != null) {
      return (row.input() == UsageRules.Input.INCLUSIVE ? "inclusive: " : "exclusive: ")
          + row.name();
    }
    boolean bedrock = sender.provider().equals("aws.bedrock");
    boolean dotted =
        raw.contains("cache_read.input_tokens")
            || raw.contains("cache_creation.input_tokens")
            || raw.contains("cache_write.input_tokens");
    if (bedrock || (sender.provider().equals("anthropic") && !dotted)) {
      return "exclusive: as " + sender.provider() + " reports it; the sender is not known";
    }
    return "inclusive: cache within input; the sender is not known";
  }

  private static Usage usage(Figures figures, long input, long output, String rule, String raw) {
    Map<String, Long> more = Map.of();
    for (Map.Entry<Figure, String> name : MORE.entrySet()) {
      long value = figures.get(name.getKey());
      if (value > 0) {
        if (more.isEmpty()) {
          more = new TreeMap<>();
        }
        more.put(name.getValue(), value);
      }
    }
    return new Usage(
        input,
        figures.get(Figure.CACHE_READ),
        figures.get(Figure.CACHE_WRITE),
        figures.get(Figure.CACHE_WRITE_1H),
        figures.get(Figure.INPUT_AUDIO),
        output,
        figures.get(Figure.REASONING),
        figures.get(Figure.OUTPUT_AUDIO),
        rule,
        raw,
        more);
  }

  /** For senders that never send the provider's usage. */
  static Usage read(Figures sent, UsageRules.Sender sender, String raw) {
    return read(sent, sender, NOTHING, raw);
  }
}
