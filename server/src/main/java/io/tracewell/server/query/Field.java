package io.tracewell.server.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A field of the query language, and where it lies in {@code traces} and {@code span_heads}. */
enum Field {
  APP("app", Type.TEXT, "application", "application", "ml_app", "application"),
  ENV("env", Type.TEXT, "environment", "environment", "environment"),
  STATUS(
      "status",
      Type.TEXT,
      "if(status = 'error', 'error', 'ok')",
      "if(status = 'error', 'error', 'ok')"),
  KIND("kind", Type.TEXT, "kind", "kind", "meta.span.kind", "span_kind", "span.kind"),
  NAME("name", Type.TEXT, "name", "name", "span_name"),
  MODEL("model", Type.LIST, "models", "model", "meta.model_name", "model_name"),
  PROVIDER("provider", Type.OF_SPANS, null, "provider", "meta.model_provider", "model_provider"),
  ERROR("error", Type.LIST, "error_types", "error_type", "error.type", "meta.error.type"),
  TOOL("tool", Type.LIST, "tools", "tool_name"),
  AGENT("agent", Type.OF_SPANS, null, "agent_name"),
  SESSION("session", Type.TEXT, "session_id", "session_id", "session_id"),
  USER("user", Type.TEXT, "user_id", "user_id", "user_id", "usr.id"),
  TRACE("trace", Type.TRACE_ID, "trace_key", "trace_key", "trace_id"),
  SPAN("span", Type.SPAN_ID, null, "span_key", "span_id"),
  PARENT("parent", Type.SPAN_ID, null, "parent_key", "parent_id"),
  PROMPT("prompt", Type.LIST, "prompts", "concat(prompt_name, ':', prompt_version)"),
  VERSION("version", Type.TEXT, "service_version", "service_version"),
  TAG("tag", Type.LIST, "tags", "tags", "tags"),
  DURATION(
      "duration",
      Type.DURATION,
      "(toUnixTimestamp64Nano(end) - toUnixTimestamp64Nano(start))",
      "(toUnixTimestamp64Nano(end) - toUnixTimestamp64Nano(start))"),
  TTFT("ttft", Type.DURATION, "ttft_ns", "ttft_ns", "metrics.time_to_first_token"),
  COST(
      "cost",
      Type.MONEY,
      "cost",
      "cost",
      "trace.estimated_total_cost",
      "metrics.estimated_total_cost"),
  TOKENS(
      "tokens",
      Type.COUNT,
      Field.TOKENS_SQL,
      Field.TOKENS_SQL,
      "trace.total_tokens",
      "metrics.total_tokens"),
  INPUT_TOKENS(
      "input_tokens",
      Type.COUNT,
      "input_tokens",
      "input_tokens",
      "trace.input_tokens",
      "metrics.input_tokens"),
  OUTPUT_TOKENS(
      "output_tokens",
      Type.COUNT,
      "output_tokens",
      "output_tokens",
      "trace.output_tokens",
      "metrics.output_tokens"),
  ERRORS("errors", Type.COUNT, "error_count", null, "trace.number_of_errors"),
  SPANS("spans", Type.COUNT, "span_count", null),
  LLM_CALLS("llm_calls", Type.COUNT, "llm_calls", null, "trace.llm_calls"),
  TOOL_CALLS("tool_calls", Type.COUNT, "tool_calls", null, "trace.tool_calls"),
  INPUT("input", Type.CONTENT, null, null, "meta.input.value"),
  OUTPUT("output", Type.CONTENT, null, null, "meta.output.value");

  /** Tokens of a row; -1 where nothing was reported. */
  static final String TOKENS_SQL =
      "if(input_tokens < 0 AND output_tokens < 0, -1, greatest(input_tokens, 0) + greatest(output_tokens, 0))";

  /** How values are compared. */
  enum Type {
    /** A string column. */
    TEXT,
    /** An array of strings in traces; a string in heads (tags: an array in both). */
    LIST,
    /** A string of single spans: traces are found by the spans they have. */
    OF_SPANS,
    /** An id in any form. */
    TRACE_ID,
    /** An id in any form; {@code none} for 0. */
    SPAN_ID,
    /** Nanoseconds; written with a unit. */
    DURATION,
    /** USD. */
    MONEY,
    /** A number; negative means unknown. */
    COUNT,
    /** Words in the input or output. */
    CONTENT;

    boolean numeric() {
      return this == DURATION || this == MONEY || this == COUNT;
    }
  }

  private final String wireName;
  private final Type type;
  private final @Nullable String traceSql;
  private final @Nullable String spanSql;
  private final List<String> aliases;

  Field(
      String wireName,
      Type type,
      @Nullable String traceSql,
      @Nullable String spanSql,
      String... aliases) {
    this.wireName = wireName;
    this.type = type;
    this.traceSql = traceSql;
    this.spanSql = spanSql;
    this.aliases = List.of(aliases);
  }

  /** Its name in queries. */
  String wireName() {
    return wireName;
  }

  Type type() {
    return type;
  }

  /** Expression over {@code traces}; null where only spans have it. */
  @Nullable String traceSql() {
    return traceSql;
  }

  /** Expression over {@code span_heads}; null where only traces have it. */
  @Nullable String spanSql() {
    return spanSql;
  }

  /** The field of that name, or of Datadog's name for it, with or without {@code @}. */
  static @Nullable Field named(String name) {
    String bare = (name.startsWith("@") ? name.substring(1) : name).toLowerCase(Locale.ROOT);
    for (Field field : values()) {
      if (field.wireName.equals(bare) || field.aliases.contains(bare)) {
        return field;
      }
    }
    return null;
  }

  /** The name that was probably meant, or null. */
  static @Nullable String nearest(String name) {
    String bare = (name.startsWith("@") ? name.substring(1) : name).toLowerCase(Locale.ROOT);
    String best = null;
    int distance = 1 + bare.length() / 3;
    for (Field field : values()) {
      List<String> names = new ArrayList<>(field.aliases);
      names.add(field.wireName);
      for (String candidate : names) {
        int d = distance(bare, candidate);
        if (d <= distance && (best == null || d < distance)) {
          distance = d;
          best = field.wireName;
        }
      }
    }
    return best;
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
