package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanLogMerger;
import io.tracewell.core.SpanStatus;
import io.tracewell.server.message.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages that came as log records into their span: one record a message (OpenTelemetry's
 * conventions before 1.37), or one record with all of them. What the span itself says wins.
 *
 * <p>Which columns came from logs is noted in the span's dialects, as {@code
 * otel-logs:input:output}; they are read anew from all the records each time, so that merging again
 * gives the same span.
 */
public final class LogMerge implements SpanLogMerger {
  private static final String DETAILS = "gen_ai.client.inference.operation.details";
  private static final String MARK = "otel-logs";

  /** The name under which {@link #isMoved} records are kept: as sent it is any scope's. */
  public static final String MOVED = "gen_ai.moved";

  /**
   * True for a record with the messages that AWS's distribution takes out of spans: its body has
   * {@code input} or {@code output} with {@code messages}, its name is that of the span's scope.
   */
  public static boolean isMoved(Sent.Log log) {
    return log.body() instanceof Attributes body
        && (hasMessages(body.get("input")) || hasMessages(body.get("output")));
  }

  private static boolean hasMessages(@Nullable Object side) {
    return side instanceof Attributes map && map.get("messages") instanceof List<?>;
  }

  @Override
  public Span merge(Span span, List<SpanLog> logs) {
    String dialects = span.origin().dialects();
    int mark = dialects.indexOf(MARK);
    String before = mark < 0 ? "" : dialects.substring(mark);
    Columns found = new Columns();
    for (SpanLog log : logs) {
      found.add(log);
    }
    found.finish();

    Content input = pick(span.input(), found.input, before.contains(":input"));
    if (!found.system.isEmpty() && Digest.repeats(input, found.system)) {
      found.system = Content.NONE;
    }
    Content system = pick(span.system(), found.system, before.contains(":system"));
    Content output = pick(span.output(), found.output, before.contains(":output"));
    Content tools = pick(span.toolDefinitions(), found.tools, before.contains(":tools"));
    boolean ownError = !before.contains(":error");
    boolean bare = span.error().stack().isEmpty() || !ownError;
    SpanError error =
        span.status() == SpanStatus.ERROR && found.error != null && bare
            ? found.error
            : span.error();

    StringBuilder marks = new StringBuilder();
    mark(marks, "system", system, span.system(), before);
    mark(marks, "input", input, span.input(), before);
    mark(marks, "output", output, span.output(), before);
    mark(marks, "tools", tools, span.toolDefinitions(), before);
    if (error != span.error() || before.contains(":error")) {
      marks.append(":error");
    }
    if (marks.isEmpty()) {
      return span;
    }
    String own = mark < 0 ? dialects : dialects.substring(0, Math.max(0, mark - 1));
    Origin origin = span.origin();
    Digest digest = Digest.of(system, input, output, span.documents(), error);
    ModelCall model = span.model();
    if (model.finishReasons().isEmpty() && !digest.finishReasons().isEmpty()) {
      model =
          new ModelCall(
              model.provider(),
              model.requested(),
              model.responded(),
              model.responseId(),
              model.operation(),
              model.parameters(),
              digest.finishReasons(),
              model.timeToFirstTokenNanos());
    }
    return new Span(
        span.projectId(),
        span.traceId(),
        span.spanId(),
        span.parentId(),
        span.keys(),
        new Origin(
            origin.application(),
            origin.service(),
            origin.serviceVersion(),
            origin.environment(),
            origin.host(),
            origin.sdk(),
            origin.scope(),
            (own.isEmpty() ? "" : own + ",") + MARK + marks,
            origin.transport()),
        span.name(),
        span.kind(),
        span.kindRule(),
        span.startNanos(),
        span.endNanos(),
        span.pending(),
        span.status(),
        error,
        span.sessionId(),
        span.userId(),
        model,
        span.usage(),
        span.cost(),
        system,
        input,
        output,
        tools,
        span.documents(),
        digest.inputPreview(),
        digest.outputPreview(),
        digest.inputHashes(),
        digest.texts(),
        span.toolName(),
        span.toolCallId(),
        span.agentName(),
        span.prompt(),
        span.tags(),
        span.metadata(),
        span.links(),
        span.warnings(),
        span.raw(),
        span.sizeBytes());
  }

  private static Content pick(Content own, Content found, boolean fromLogs) {
    return (own.isEmpty() || fromLogs) && !found.isEmpty() ? found : own;
  }

  private static void mark(
      StringBuilder marks, String name, Content now, Content own, String before) {
    if (!now.equals(own) || before.contains(":" + name)) {
      marks.append(':').append(name);
    }
  }

  /** What the records say, column by column. */
  private static final class Columns {
    private final MessageEvents messages = new MessageEvents();
    private Content system = Content.NONE;
    private Content input = Content.NONE;
    private Content output = Content.NONE;
    private Content tools = Content.NONE;
    private @Nullable SpanError error;

    void add(SpanLog log) {
      if (MessageEvents.isMessage(log.eventName())) {
        messages.add(log.eventName(), log.body());
      } else if (log.eventName().equals(DETAILS)) {
        JsonNode attributes = Json.tree(log.attributes());
        if (attributes != null) {
          details(attributes);
        }
        // Some versions put the same keys into the body.
        JsonNode body = Json.tree(log.body());
        if (body != null && body.isObject()) {
          details(body);
        }
      } else if (log.eventName().equals(MOVED)) {
        JsonNode body = Json.tree(log.body());
        if (body != null) {
          input = moved(body.path("input"), input);
          output = moved(body.path("output"), output);
        }
      } else if (log.eventName().endsWith("exception")) {
        JsonNode attributes = Json.tree(log.attributes());
        if (attributes != null) {
          error =
              new SpanError(
                  attributes.path("exception.type").asText(""),
                  attributes.path("exception.message").asText(""),
                  attributes.path("exception.stacktrace").asText(""));
        }
      }
    }

    private static Content moved(JsonNode side, Content before) {
      JsonNode messages = side.path("messages");
      if (!messages.isArray() || messages.isEmpty()) {
        return before;
      }
      ArrayNode read = Json.mapper().createArrayNode();
      messages.forEach(message -> moved(message, read));
      return new Content(ContentFormat.CHAT_MESSAGES, read.toString());
    }

    /** What was an event has its attributes as content; what was a list of messages, that list. */
    private static void moved(JsonNode message, ArrayNode read) {
      JsonNode content = message.path("content");
      if (content.isObject()) {
        content = content.has("message") ? content.get("message") : content.path("content");
      }
      JsonNode inner = content.isTextual() ? Json.tree(content.textValue()) : content;
      if (inner != null && inner.isArray() && !inner.isEmpty() && inner.get(0).has("role")) {
        read.addAll((ArrayNode) inner);
        return;
      }
      ObjectNode one = read.addObject();
      one.set("role", message.path("role"));
      one.set("content", inner != null && inner.isArray() ? inner : content);
    }

    /** Several such records on one span complete each other. */
    private void details(JsonNode attributes) {
      system =
          content(attributes, "gen_ai.system_instructions", ContentFormat.OTEL_MESSAGES, system);
      input = content(attributes, "gen_ai.input.messages", ContentFormat.OTEL_MESSAGES, input);
      output = content(attributes, "gen_ai.output.messages", ContentFormat.OTEL_MESSAGES, output);
      tools = content(attributes, "gen_ai.tool.definitions", ContentFormat.JSON, tools);
    }

    private static Content content(
        JsonNode attributes, String key, ContentFormat format, Content before) {
      JsonNode value = attributes.get(key);
      if (value == null || value.isNull()) {
        return before;
      }
      String text = value.isTextual() ? value.textValue() : value.toString();
      return text.isEmpty() ? before : new Content(format, text);
    }

    void finish() {
      if (input.isEmpty()) {
        input = messages.input();
      }
      if (output.isEmpty()) {
        output = messages.output();
      }
    }
  }
}
