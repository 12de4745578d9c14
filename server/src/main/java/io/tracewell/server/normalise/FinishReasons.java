package io.tracewell.server.normalise;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a model stopped, in one vocabulary. */
final class FinishReasons {
  private FinishReasons() {}

  /** {@code stop}, {@code length}, {@code tool_calls} …; what was sent where it is none of them. */
  static String canonical(@Nullable String sent) {
    if (sent == null || sent.isEmpty()) {
      return "";
    }
    String reason = sent.substring(sent.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return switch (reason) {
      case "stop", "end_turn", "stop_sequence", "eos", "complete", "completed", "endturn" -> "stop";
      case "length", "max_tokens", "max_output_tokens", "maxtokens" -> "length";
      case "tool_calls", "tool_call", "tool_use", "tooluse", "tool-calls", "function_call" ->
          "tool_calls";
      case "content_filter", "content-filter", "safety", "guardrail_intervened" -> "content_filter";
      case "pause_turn" -> "pause";
      case "none", "null" -> "";
      default -> reason;
    };
  }

  /** Of an attribute: a list, JSON of a list, or one reason. */
  static String ofAttribute(@Nullable Object value) {
    if (value instanceof List<?> list) {
      if (list.size() == 1 && list.getFirst() instanceof String only) {
        return canonical(only);
      }
      StringBuilder reasons = new StringBuilder();
      for (Object item : list) {
        add(reasons, Values.text(item));
      }
      return reasons.toString();
    }
    String text = Values.text(value);
    if (!text.startsWith("[") && text.indexOf(',') < 0) {
      return canonical(text);
    }
    StringBuilder reasons = new StringBuilder();
    for (String part : text.split("[\\[\\],]", -1)) {
      add(reasons, part.strip().replace("\"", "").replace("'", ""));
    }
    return reasons.toString();
  }

  private static void add(StringBuilder reasons, String sent) {
    String reason = canonical(sent);
    if (!reason.isEmpty() && reasons.indexOf(reason) < 0) {
      reasons.append(reasons.isEmpty() ? "" : ",").append(reason);
    }
  }
}
