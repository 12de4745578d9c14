package io.tracewell.server.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Message;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.message.Messages;
import io.tracewell.server.query.Query.Clause;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's export of spans: {@code POST /api/v2/llm-obs/v1/spans/events/search} and {@code GET
 * /api/v2/llm-obs/v1/spans/events}, so that existing clients and scripts read back what they sent.
 */
final class DatadogExport implements Routes {
  private static final String MEDIA_TYPE = "application/vnd.api+json";
  private static final String LIST = "/api/v2/llm-obs/v1/spans/events";
  private static final int MAX_LIMIT = 5_000;
  private static final int MAX_RESPONSE_BYTES = 50_000_000;
  private static final int MAX_ATTACHED_CHARS = 25_000;
  private static final int SPANS_A_READ = 200;
  private static final long BYTES_A_READ = 8_000_000;

  private static final String COLUMNS =
      """
      trace_key, span_key, trace_id, span_id, parent_id, name, status, kind, toUnixTimestamp64Nano(start) AS start_ns, \
      toUnixTimestamp64Nano(end) AS end_ns, application, model, provider, tags, metadata, parameters, system_format, \
      system, input_format, input, output_format, output, tools_format, tool_definitions, documents_format, documents, \
      input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, ttft_ns, cost, cost_input, \
      cost_cache_read, cost_cache_write, cost_output, usage_raw, dialects, response_id""";

  private final SpanLists spans;
  private final Evaluations evaluations;
  private final Clock clock;

  DatadogExport(SpanLists spans, Evaluations evaluations, Clock clock) {
    this.spans = spans;
    this.evaluations = evaluations;
    this.clock = clock;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.post(LIST + "/search", answering(this::search));
    routes.get(LIST, answering(this::list));
  }

  /** What is asked for, from a body or from parameters. */
  private record Request(
      Query query,
      TimeRange range,
      boolean descending,
      int limit,
      @Nullable String cursor,
      int question,
      boolean attachments) {}

  private interface Answer {
    void to(Context ctx) throws IOException;
  }

  // Refusals have the shape that Datadog's clients read.
  private static Handler answering(Answer answer) {
    return ctx -> {
      try {
        answer.to(ctx);
      } catch (ApiException e) {
        ObjectNode error = Values.JSON.createObjectNode();
        error.put("title", e.status() == 400 ? "Bad Request" : e.code());
        error.put("status", Integer.toString(e.status()));
        error.put("detail", e.getMessage());
        ObjectNode body = Values.JSON.createObjectNode();
        body.putArray("errors").add(error);
        e.retryAfterSeconds()
            .ifPresent(seconds -> ctx.header("Retry-After", Integer.toString(seconds)));
        ctx.status(e.status()).contentType(MEDIA_TYPE).result(body.toString());
      }
    };
  }

  private void search(Context ctx) throws IOException {
    JsonNode body;
    try {
      body = Values.JSON.readTree(ctx.bodyAsBytes());
    } catch (JsonProcessingException e) {
      throw ApiException.badRequest(
          "The body is not JSON. Send {\"data\":{\"type\":\"spans\",\"attributes\":{\"filter\":{…}}}}.");
    }
    JsonNode attributes = body.path("data").path("attributes");
    if (!attributes.isObject()) {
      throw ApiException.badRequest(
          "“data.attributes” is missing. Send {\"data\":{\"type\":\"spans\",\"attributes\":{\"filter\":{…}}}}.");
    }
    JsonNode filter = attributes.path("filter");
    Map<String, String> fields = new HashMap<>();
    filter
        .properties()
        .forEach(
            field -> {
              if (field.getValue().isValueNode() && !field.getValue().isNull()) {
                fields.put(field.getKey(), field.getValue().asText());
              }
            });
    Map<String, String> tags = new TreeMap<>();
    filter
        .path("tags")
        .properties()
        .forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
    JsonNode page = attributes.path("page");
    JsonNode options = attributes.path("options");
    Request request =
        request(
            fields,
            tags,
            text(attributes.path("sort")),
            text(page.path("limit")),
            text(page.path("cursor")),
            options.path("time_offset").asLong(0),
            options.path("include_attachments").asBoolean(true));
    answer(ctx, request, null);
  }

  private void list(Context ctx) throws IOException {
    Map<String, String> fields = new HashMap<>();
    Map<String, String> tags = new TreeMap<>();
    for (String name : ctx.queryParamMap().keySet()) {
      String value = ctx.queryParam(name);
      if (value == null || value.isEmpty() || !name.startsWith("filter[") || !name.endsWith("]")) {
        continue;
      }
      String field = name.substring("filter[".length(), name.length() - 1);
      if (field.startsWith("tag][")) {
        tags.put(field.substring("tag][".length()), value);
      } else {
        fields.put(field, value);
      }
    }
    Request request =
        request(
            fields,
            tags,
            ctx.queryParam("sort"),
            ctx.queryParam("page[limit]"),
            ctx.queryParam("page[cursor]"),
            0,
            !"false".equals(ctx.queryParam("include_attachments")));
    String others =
        ctx.queryParamMap().entrySet().stream()
            .filter(entry -> !entry.getKey().equals("page[cursor]"))
            .flatMap(
                entry ->
                    entry.getValue().stream()
                        .map(value -> encode(entry.getKey()) + "=" + encode(value)))
            .collect(Collectors.joining("&"));
    answer(ctx, request, ctx.scheme() + "://" + ctx.host() + LIST + "?" + others);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static @Nullable String text(JsonNode node) {
    return node.isValueNode() && !node.isNull() ? node.asText() : null;
  }

  private Request request(
      Map<String, String> fields,
      Map<String, String> tags,
      @Nullable String sort,
      @Nullable String limit,
      @Nullable String cursor,
      long offsetSeconds,
      boolean attachments) {
    TimeRange range =
        TimeRange.parse(fields.get("from"), fields.get("to"), "now-15m", clock.instant())
            .plus(offsetSeconds * 1_000_000_000L);
    String order = sort == null || sort.isEmpty() ? "-timestamp" : sort;
    if (!order.equals("timestamp") && !order.equals("-timestamp")) {
      throw ApiException.badRequest("“sort” must be timestamp or -timestamp.");
    }
    int rows = 10;
    if (limit != null && !limit.isEmpty()) {
      try {
        rows = Integer.parseInt(limit);
      } catch (NumberFormatException e) {
        rows = 0;
      }
      if (rows < 1 || rows > MAX_LIMIT) {
        throw ApiException.badRequest(
            "“page.limit” must be a whole number from 1 to " + MAX_LIMIT + ".");
      }
    }
    return new Request(
        query(fields, tags),
        range,
        order.startsWith("-"),
        rows,
        cursor,
        // The bounds of time are in the cursor: "now" stays what it was on the first page.
        List.of(
                order,
                fields.getOrDefault("query", ""),
                fields.entrySet().stream()
                    .filter(entry -> !List.of("from", "to").contains(entry.getKey()))
                    .map(Map.Entry::toString)
                    .sorted()
                    .toList(),
                tags)
            .hashCode(),
        attachments);
  }

  private static Query query(Map<String, String> fields, Map<String, String> tags) {
    String query = fields.get("query");
    if (query != null && !query.isBlank()) {
      return QueryLanguage.parseDatadog(query);
    }
    List<Clause> clauses = new ArrayList<>();
    Map<String, Field> structured =
        Map.of(
            "span_id", Field.SPAN,
            "trace_id", Field.TRACE,
            "span_kind", Field.KIND,
            "span_name", Field.NAME,
            "ml_app", Field.APP);
    structured.forEach(
        (name, field) -> {
          String value = fields.get(name);
          if (value != null && !value.isEmpty()) {
            clauses.add(new Clause.Is(field, value, false));
          }
        });
    tags.forEach((key, value) -> clauses.add(new Clause.HasTag(key + ":" + value, false)));
    return new Query(clauses, List.of());
  }

  private void answer(Context ctx, Request request, @Nullable String nextUrl) throws IOException {
    long started = System.nanoTime();
    Position.Cursor cursor = Position.Cursor.decode(request.cursor(), request.question());
    TimeRange range = cursor == null ? request.range() : cursor.range();
    SpanLists.Page page =
        spans.list(
            request.query(),
            range,
            request.descending(),
            request.limit(),
            cursor == null ? null : cursor.after());
    ArrayNode data = Values.JSON.createArrayNode();
    Position next = page.next();
    Position written = cursor == null ? null : cursor.after();
    long bytes = 0;
    int from = 0;
    List<SpanLists.Found> rows = page.rows();
    reading:
    while (from < rows.size()) {
      int to = from + 1;
      long size = rows.get(from).sizeBytes();
      while (to < rows.size()
          && to - from < SPANS_A_READ
          && size + rows.get(to).sizeBytes() < BYTES_A_READ) {
        size += rows.get(to++).sizeBytes();
      }
      Map<Position, ObjectNode> read = new HashMap<>();
      Map<Evaluations.Subject, ObjectNode> subjects = new HashMap<>();
      spans.read(
          rows.subList(from, to),
          COLUMNS,
          row -> {
            BigInteger spanKey = new BigInteger(Long.toUnsignedString(row.int64("span_key")));
            ObjectNode span = span(row, request.attachments());
            read.put(
                new Position(row.int64("start_ns"), row.bigInteger("trace_key"), spanKey), span);
            subjects.put(
                Evaluations.Subject.of(
                    row.bigInteger("trace_key"),
                    Filters.traceKey(row.string("trace_id")),
                    row.int64("span_key"),
                    row.string("application"),
                    row.strings("tags"),
                    row.string("response_id")),
                span);
            return row;
          });
      Map<Evaluations.Subject, List<Views.Evaluation>> said =
          evaluations.ofSpans(subjects.keySet());
      subjects.forEach((subject, span) -> evaluated(span, said.getOrDefault(subject, List.of())));
      for (SpanLists.Found found : rows.subList(from, to)) {
        ObjectNode span = read.get(found.position());
        // A newer version that begins elsewhere has come in between: it stands elsewhere, too.
        if (span != null) {
          bytes += Values.JSON.writeValueAsBytes(span).length;
          if (bytes > MAX_RESPONSE_BYTES && !data.isEmpty()) {
            next = written;
            break reading;
          }
          data.add(span);
        }
        written = found.position();
      }
      from = to;
    }
    ObjectNode body = Values.JSON.createObjectNode();
    body.set("data", data);
    ObjectNode meta = body.putObject("meta");
    meta.put("elapsed", (System.nanoTime() - started) / 1_000_000);
    ObjectNode pageNode = meta.putObject("page");
    if (next != null) {
      String after = new Position.Cursor(next, range, request.question()).encode();
      pageNode.put("after", after);
      if (nextUrl != null) {
        body.putObject("links").put("next", nextUrl + "&page%5Bcursor%5D=" + after);
      }
    }
    meta.put("request_id", UUID.randomUUID().toString());
    meta.put("status", page.partial() == null ? "done" : "timeout");
    ctx.contentType(MEDIA_TYPE).result(Values.JSON.writeValueAsBytes(body));
  }

  private static ObjectNode span(Row row, boolean attachments) {
    ObjectNode node = Values.JSON.createObjectNode();
    String spanId = row.string("span_id");
    node.put("id", spanId);
    node.put("type", "span");
    ObjectNode span = node.putObject("attributes");
    span.put("span_id", spanId);
    span.put("trace_id", row.string("trace_id"));
    String parent = row.string("parent_id");
    span.put("parent_id", parent.isEmpty() ? "undefined" : parent);
    span.put("name", row.string("name"));
    span.put("status", row.string("status").equals("error") ? "error" : "ok");
    span.put("span_kind", row.string("kind"));
    long start = row.int64("start_ns");
    span.put("start_ns", start);
    span.put("duration", (double) (row.int64("end_ns") - start));
    span.put("ml_app", row.string("application"));
    span.put("model_name", row.string("model"));
    span.put("model_provider", row.string("provider"));
    ArrayNode tags = span.putArray("tags");
    row.strings("tags").forEach(tags::add);
    ObjectNode metadata = (ObjectNode) Values.object(row.string("parameters"));
    metadata.setAll((ObjectNode) Values.object(row.string("metadata")));
    span.set("metadata", metadata);
    span.put("intent", metadata.path("intent").asText(""));
    Content system = content(row, "system_format", "system");
    Content input = content(row, "input_format", "input");
    Content output = content(row, "output_format", "output");
    Content documents = content(row, "documents_format", "documents");
    span.set("input", io(system, input, "user", attachments));
    ObjectNode out = io(Content.NONE, output, "assistant", attachments);
    JsonNode found = Values.json(documents.text());
    if (found != null && (attachments || documents.text().length() <= MAX_ATTACHED_CHARS)) {
      out.set("documents", found);
    }
    span.set("output", out);
    ArrayNode tools = span.putArray("tool_definitions");
    for (Messages.ToolDefinition tool :
        Messages.toolDefinitions(content(row, "tools_format", "tool_definitions"))) {
      ObjectNode one = tools.addObject();
      one.put("name", tool.name());
      one.put("description", tool.description() == null ? "" : tool.description());
      one.set("schema", Values.object(tool.schema() == null ? "" : tool.schema()));
    }
    span.set("metrics", metrics(row));
    span.putObject("evaluation");
    return node;
  }

  // By label; the list is in the order of time, and of two with one label the last counts.
  private static void evaluated(ObjectNode span, List<Views.Evaluation> all) {
    ObjectNode evaluation = (ObjectNode) span.at("/attributes/evaluation");
    for (Views.Evaluation one : all) {
      ObjectNode node = evaluation.putObject(one.label());
      node.put("eval_metric_type", one.type());
      node.set("value", one.value());
      node.put("status", one.status().toUpperCase(Locale.ROOT));
      put(node, "assessment", one.assessment());
      put(node, "reasoning", one.reasoning());
      if (one.error() != null) {
        ObjectNode error = node.putObject("error");
        error.put("type", one.error().type());
        error.put("message", one.error().message());
      }
      if (one.kind().equals("feedback")) {
        node.put("event_kind", "feedback");
        ObjectNode submitter = node.putObject("submitter");
        put(submitter, "id", one.submitter());
        put(submitter, "type", one.submitterType());
      }
      node.put("timestamp_ms", Long.parseLong(one.timeNs()) / 1_000_000);
      ArrayNode tags = node.putArray("tags");
      one.tags().forEach(tags::add);
      node.set("metadata", one.metadata());
    }
  }

  private static void put(ObjectNode node, String name, @Nullable String value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  private static Content content(Row row, String format, String text) {
    return new Content(ContentFormat.fromWireName(row.string(format)), row.string(text));
  }

  private static ObjectNode io(Content system, Content content, String role, boolean attachments) {
    ObjectNode node = Values.JSON.createObjectNode();
    if (!attachments && content.text().length() + system.text().length() > MAX_ATTACHED_CHARS) {
      return node;
    }
    List<Message> messages = new ArrayList<>(Messages.read(system, "system"));
    boolean plain =
        content.format() == ContentFormat.TEXT
            || content.format() == ContentFormat.JSON
            || content.format() == ContentFormat.DOCUMENTS;
    if (!plain) {
      messages.addAll(Messages.read(content, role));
    }
    node.put("value", plain ? content.text() : inferred(messages));
    ArrayNode array = node.putArray("messages");
    for (Message message : messages) {
      array.add(message(message));
    }
    return node;
  }

  // As Datadog infers it: the last message where a user spoke, else all of them.
  private static String inferred(List<Message> messages) {
    if (messages.isEmpty()) {
      return "";
    }
    return messages.stream().anyMatch(message -> message.role().equals("user"))
        ? text(messages.getLast())
        : messages.stream().map(DatadogExport::text).collect(Collectors.joining("\n"));
  }

  private static String text(Message message) {
    return message.parts().stream()
        .map(part -> part instanceof Message.Part.Text text ? text.text() : "")
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  private static ObjectNode message(Message message) {
    ObjectNode node = Values.JSON.createObjectNode();
    node.put("role", message.role());
    node.put("content", text(message));
    for (Message.Part part : message.parts()) {
      if (part instanceof Message.Part.ToolCall call) {
        ObjectNode one = node.withArray("tool_calls").addObject();
        one.put("name", call.name());
        one.set("arguments", Values.object(call.arguments()));
        one.put("tool_id", call.id() == null ? "" : call.id());
        one.put("type", "function");
      } else if (part instanceof Message.Part.ToolResult result) {
        ObjectNode one = node.withArray("tool_results").addObject();
        one.put("name", result.name() == null ? "" : result.name());
        one.put("result", result.result());
        one.put("tool_id", result.id() == null ? "" : result.id());
        one.put("type", "function");
      }
    }
    return node;
  }

  private static ObjectNode metrics(Row row) {
    ObjectNode metrics = Values.JSON.createObjectNode();
    long input = row.int64("input_tokens");
    long output = row.int64("output_tokens");
    long cacheRead = row.int64("cache_read_tokens");
    long cacheWrite = row.int64("cache_write_tokens");
    tokens(metrics, "input_tokens", input);
    tokens(metrics, "output_tokens", output);
    if (input >= 0 || output >= 0) {
      metrics.put("total_tokens", Math.max(input, 0) + Math.max(output, 0));
    }
    tokens(metrics, "cache_read_input_tokens", cacheRead);
    tokens(metrics, "cache_write_input_tokens", cacheWrite);
    if (input >= 0 && (cacheRead >= 0 || cacheWrite >= 0)) {
      metrics.put(
          "non_cached_input_tokens", input - Math.max(cacheRead, 0) - Math.max(cacheWrite, 0));
    }
    tokens(metrics, "reasoning_output_tokens", row.int64("reasoning_tokens"));
    long ttft = row.int64("ttft_ns");
    if (ttft >= 0) {
      metrics.put("time_to_first_token", ttft / 1e9);
    }
    nanodollars(metrics, "estimated_total_cost", row.decimal("cost"));
    nanodollars(metrics, "estimated_non_cached_input_cost", row.decimal("cost_input"));
    nanodollars(metrics, "estimated_cache_read_input_cost", row.decimal("cost_cache_read"));
    nanodollars(metrics, "estimated_cache_write_input_cost", row.decimal("cost_cache_write"));
    nanodollars(metrics, "estimated_output_cost", row.decimal("cost_output"));
    if (row.string("dialects").equals("datadog")) {
      // Figures of the sender's own; those that are understood stand there already, as understood.
      Values.object(row.string("usage_raw"))
          .properties()
          .forEach(
              sent -> {
                if (sent.getValue().isNumber()
                    && !sent.getKey().endsWith("_tokens")
                    && !metrics.has(sent.getKey())) {
                  metrics.set(sent.getKey(), sent.getValue());
                }
              });
    }
    return metrics;
  }

  private static void tokens(ObjectNode metrics, String name, long value) {
    if (value >= 0) {
      metrics.put(name, value);
    }
  }

  private static void nanodollars(ObjectNode metrics, String name, @Nullable BigDecimal usd) {
    if (usd != null) {
      metrics.put(name, usd.movePointRight(9).stripTrailingZeros());
    }
  }
}
