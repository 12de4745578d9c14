package io.tracewell.server.normalise;

import io.tracewell.core.Mapping;
import io.tracewell.core.Mapping.Attribute;
import io.tracewell.core.Mapping.Outcome;
import io.tracewell.core.Span;
import io.tracewell.core.SpanExplainer;
import io.tracewell.core.SpanKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Listens to the reading of one span and tells afterwards what became of each attribute. */
final class Explaining {
  private static final int MOST_KEYS = 8;

  /** Fields of which a reader asks why they are empty, and where that matters. */
  private static final List<String> ASKED =
      List.of(
          "model",
          "provider",
          "usage",
          "cost",
          "input",
          "output",
          "session_id",
          "user_id",
          "finish_reasons",
          "ttft",
          "tool_name",
          "agent_name");

  private record Line(
      String key, String event, Conventions.@Nullable Entry entry, Outcome outcome) {}

  private final List<Line> lines = new ArrayList<>();
  private final Map<Field, String> winners = new EnumMap<>(Field.class);
  private final Set<Field> used = new LinkedHashSet<>();
  private final Map<String, String> foundBy = new LinkedHashMap<>();
  private String event = "";

  /** What follows stands on that event of the span. */
  void event(String name) {
    event = name;
  }

  /** A convention was recognised. */
  void found(Convention convention, String by) {
    foundBy.putIfAbsent(convention.name(), by);
  }

  /** No convention knows it. */
  void unknown(String key) {
    lines.add(new Line(key, event, null, event.isEmpty() ? Outcome.METADATA : Outcome.IGNORED));
  }

  /** A convention knows it. */
  void known(String key, Conventions.Entry entry) {
    Outcome outcome =
        switch (entry.key().field()) {
          case IGNORED -> Outcome.IGNORED;
          case HEADER -> Outcome.HIDDEN;
          case NESTED -> Outcome.PARTS;
          case METADATA -> Outcome.METADATA;
          default -> Outcome.FIELD;
        };
    lines.add(new Line(key, event, entry, outcome));
  }

  /** It counts, until another does. */
  void won(String key, Field field) {
    winners.put(field, key);
  }

  /** A content was made of it. */
  void used(Field field) {
    used.add(field);
  }

  /** What was heard, for the span that came of it. */
  Mapping mapping(Span span) {
    List<Attribute> attributes = new ArrayList<>(lines.size());
    for (Line line : lines) {
      attributes.add(attribute(line));
    }
    List<Mapping.Dialect> dialects = new ArrayList<>();
    foundBy.forEach((name, by) -> dialects.add(new Mapping.Dialect(name, by)));
    return new Mapping(
        true,
        span.kind(),
        span.kindRule(),
        dialects,
        attributes,
        empty(span, foundBy.keySet()),
        span.warnings());
  }

  private Attribute attribute(Line line) {
    Conventions.Entry entry = line.entry;
    if (entry == null) {
      return new Attribute(line.key, line.event, line.outcome, "", "", "");
    }
    Field field = entry.key().field();
    String label = label(field, line.key, entry.key());
    String dialect = entry.convention().name();
    if (line.outcome != Outcome.FIELD) {
      return new Attribute(line.key, line.event, line.outcome, label, dialect, "");
    }
    String winner = winners.get(field);
    if (winner != null && !winner.equals(line.key)) {
      return new Attribute(line.key, line.event, Outcome.SHADOWED, label, dialect, winner);
    }
    if (winner != null && isContent(field) && !used.contains(field)) {
      return new Attribute(
          line.key, line.event, Outcome.SHADOWED, label, dialect, insteadOf(label));
    }
    return new Attribute(line.key, line.event, Outcome.FIELD, label, dialect, "");
  }

  /** The attribute from which the content of that name was made. */
  private String insteadOf(String label) {
    for (Field field : used) {
      String winner = winners.get(field);
      if (winner != null && label(field, "", null).equals(label)) {
        return winner;
      }
    }
    return "";
  }

  private static boolean isContent(Field field) {
    return switch (field) {
      case SYSTEM,
          INPUT_MESSAGES,
          OUTPUT_MESSAGES,
          INPUT_TEXT,
          OUTPUT_TEXT,
          ANSWER_TEXT,
          ANSWER_OBJECT,
          RESULT,
          EMBEDDED_TEXTS,
          VECTORS,
          TOOL_ARGUMENTS,
          TOOL_RESULT,
          RETRIEVAL_QUERY ->
          true;
      default -> false;
    };
  }

  /** The field of the API that it fills. */
  private static String label(Field field, String key, Convention.@Nullable Key known) {
    return switch (field) {
      case KIND, KIND_HINT, MCP_METHOD, DB_SYSTEM, DB_OPERATION -> "kind";
      case MODEL_REQUESTED, MODEL_RESPONDED -> "model";
      case TIME_TO_FIRST_TOKEN, TIME_TO_FIRST_TOKEN_MS, COMPLETION_START -> "ttft";
      case SERVER_ADDRESS -> "provider";
      case INPUT_MESSAGES,
          INPUT_TEXT,
          EMBEDDED_TEXTS,
          TOOL_ARGUMENTS,
          RETRIEVAL_QUERY,
          CONVERSATION,
          NEW_MESSAGES,
          EVENTS ->
          "input";
      case OUTPUT_MESSAGES,
          OUTPUT_TEXT,
          ANSWER_TEXT,
          ANSWER_OBJECT,
          ANSWER_REASONING,
          ANSWER_TOOL_CALLS,
          ANSWER_FILES,
          RESULT,
          VECTORS,
          TOOL_RESULT ->
          "output";
      case SESSION -> "session_id";
      case USER -> "user_id";
      case PARAMETER ->
          known == null || known.parameter().isEmpty()
              ? "parameters"
              : "parameters." + known.parameter();
      case METADATA ->
          known == null || known.parameter().isEmpty()
              ? "metadata"
              : "metadata." + known.parameter();
      case PROMPT_ID, PROMPT_NAME, PROMPT_VERSION, PROMPT_TEMPLATE, PROMPT_VARIABLE -> "prompt";
      case ERROR_TYPE, ERROR_MESSAGE, ERROR_STACK -> "error";
      case LEVEL -> "status";
      case PENDING, PENDING_PARENT -> "pending";
      case COST_TOTAL, COST_INPUT, COST_OUTPUT -> "cost";
      case NESTED, HEADER, IGNORED -> "";
      case USAGE_OTHER -> "usage.raw";
      default -> {
        String name = field.name().toLowerCase(java.util.Locale.ROOT);
        yield field.isUsage() ? "usage." + name.replace("_tokens", "") : name;
      }
    };
  }

  /** Fields of the span that are empty, and what would fill them. */
  private static List<Mapping.Empty> empty(Span span, Set<String> dialects) {
    List<Mapping.Empty> empty = new ArrayList<>();
    for (String field : ASKED) {
      String why = why(span, field);
      if (!why.isEmpty()) {
        empty.add(new Mapping.Empty(field, why, keys(field, dialects)));
      }
    }
    return empty;
  }

  /** Why a field is empty; empty where it is not, or where it would mean nothing on such a span. */
  private static String why(Span span, String field) {
    boolean model = span.kind() == SpanKind.LLM || span.kind() == SpanKind.EMBEDDING;
    boolean failed = !span.error().type().isEmpty() || !span.error().message().isEmpty();
    String unsent = "No attribute says it.";
    return switch (field) {
      case "model" -> model && span.model().name().isEmpty() ? unsent : "";
      case "provider" ->
          model && span.model().provider().isEmpty()
              ? "No attribute names one, and neither the server's address nor the model tells."
              : "";
      case "usage" ->
          model && span.usage().isEmpty()
              ? failed
                  ? "The call failed, and no attribute says what it used."
                  : "No attribute says it. Some SDKs ask for usage of streamed calls only when told"
                      + " to (stream_options.include_usage)."
              : "";
      case "cost" ->
          model && span.cost().total() < 0
              ? span.usage().isEmpty()
                  ? "There is no usage to price."
                  : span.model().name().isEmpty()
                      ? "There is no model to look up a price for."
                      : span.cost().reason().isEmpty() ? unsent : span.cost().reason()
              : "";
      case "input" ->
          span.kind().isLlmWork() && span.input().isEmpty()
              ? model
                  ? "No attribute, event or log record has it. Most SDKs send prompts and answers"
                      + " only when told to capture content."
                  : unsent
              : "";
      case "output" ->
          span.kind().isLlmWork()
                  && span.output().isEmpty()
                  && span.documents().isEmpty()
                  && !failed
              ? unsent
              : "";
      case "session_id" -> span.sessionId().isEmpty() ? unsent : "";
      case "user_id" -> span.userId().isEmpty() ? unsent : "";
      case "finish_reasons" ->
          span.kind() == SpanKind.LLM && span.model().finishReasons().isEmpty() && !failed
              ? unsent
              : "";
      case "ttft" ->
          span.kind() == SpanKind.LLM && span.model().timeToFirstTokenNanos() < 0 && !failed
              ? "No attribute says it; it is known of streamed calls only."
              : "";
      case "tool_name" -> span.kind() == SpanKind.TOOL && span.toolName().isEmpty() ? unsent : "";
      case "agent_name" ->
          span.kind() == SpanKind.AGENT && span.agentName().isEmpty() ? unsent : "";
      default -> "";
    };
  }

  private static List<String> keys(String label, Set<String> dialects) {
    if (label.equals("cost")) {
      return keys("usage", dialects);
    }
    Set<String> keys = new LinkedHashSet<>();
    for (boolean own : new boolean[] {true, false}) {
      for (Convention convention : Conventions.ALL) {
        boolean general = convention.name().startsWith("otel");
        if (own ? dialects.contains(convention.name()) : general) {
          add(keys, convention.keys(), label);
          if (own) {
            add(keys, convention.scopedKeys(), label);
          }
        }
      }
    }
    return keys.stream().limit(MOST_KEYS).toList();
  }

  private static void add(Set<String> into, Map<String, Convention.Key> keys, String label) {
    // By rank, then by name: a table in a hash map has no order of its own.
    Map<Integer, Set<String>> byRank = new java.util.TreeMap<>();
    keys.forEach(
        (name, key) -> {
          String says = label(key.field(), name, key);
          if (says.equals(label)
              || label.equals("usage")
                  && (key.field() == Field.INPUT_TOKENS || key.field() == Field.OUTPUT_TOKENS)) {
            byRank.computeIfAbsent(key.rank(), rank -> new TreeSet<>()).add(name);
          }
        });
    byRank.values().forEach(into::addAll);
  }

  /** Of a span whose protocol names the fields itself. */
  static Mapping ofNamedFields(SpanExplainer.Stored stored) {
    List<Mapping.Dialect> dialects =
        stored.dialects().isEmpty()
            ? List.of()
            : List.of(new Mapping.Dialect(stored.dialects(), stored.transport()));
    return new Mapping(
        false, stored.kind(), stored.kindRule(), dialects, List.of(), List.of(), stored.warnings());
  }
}
