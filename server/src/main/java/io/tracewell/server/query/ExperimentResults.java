package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.Ids;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.query.Query.Clause;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What came out of experiments: a row for each record, with its evaluations, and what was said of
 * the whole. Rows are spans and carry the experiment's id as a tag; for our pages, and as Datadog's
 * SDKs and API clients read them.
 */
final class ExperimentResults implements Routes {
  private static final int MAX_ROWS = 5_000;
  private static final int PAGE = 500;
  private static final Duration AGE = Duration.ofDays(800);
  private static final String RULE = "datadog kind=experiment";
  private static final String COLUMNS =
      """
      trace_key, span_key, trace_id, span_id, parent_id, name, status, kind_rule, error_type, error_message, error_stack, \
      toUnixTimestamp64Nano(start) AS start_ns, toUnixTimestamp64Nano(end) AS end_ns, tags, metadata, input_format, \
      input, output_format, output""";

  private final SpanLists spans;
  private final Evaluations evaluations;
  private final Clock clock;

  ExperimentResults(SpanLists spans, Evaluations evaluations, Clock clock) {
    this.spans = spans;
    this.evaluations = evaluations;
    this.clock = clock;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get(
        "/api/v1/experiments/{experiment_id}/results",
        ctx -> ApiRoutes.json(ctx, results(ctx.pathParam("experiment_id"))));
    for (String proxy : List.of("", "/evp_proxy/{proxy}")) {
      String unstable = proxy + "/api/unstable/llm-obs/v1/experiments/";
      routes.get(unstable + "{id}/events", ctx -> whole(ctx, ctx.pathParam("id")));
      routes.get(unstable + "events", this::byName);
      routes.get(proxy + "/api/v2/llm-obs/v1/experiments/events", this::byName);
      routes.get(proxy + "/api/v2/llm-obs/v1/experiments/{id}/events", this::spansOnly);
      for (String version : List.of("v2", "v3")) {
        routes.get(
            proxy + "/api/v2/llm-obs/" + version + "/experiments/{id}/events",
            ctx -> whole(ctx, ctx.pathParam("id")));
      }
    }
  }

  /** A row with its place in time; {@code evaluations} in the order of time. */
  private record Found(Views.ExperimentRow view, ObjectNode span) {}

  private Views.ExperimentResult results(String id) {
    Map<String, List<Views.Evaluation>> said = new HashMap<>();
    List<Views.Evaluation> summary = said(id, said);
    List<Found> rows = rows(List.of("experiment_id:" + id), said);
    return new Views.ExperimentResult(
        rows.stream().map(Found::view).toList(),
        summary,
        rows.size() >= MAX_ROWS ? "Only the newest " + MAX_ROWS + " rows are given." : null);
  }

  // What is said of rows goes into the map, by trace and span; what is said of the whole comes
  // back.
  private List<Views.Evaluation> said(String id, Map<String, List<Views.Evaluation>> ofRows) {
    List<Views.Evaluation> summary = new ArrayList<>();
    for (Views.Evaluation one : evaluations.ofExperiment(id)) {
      String trace = one.traceId();
      if (one.scope().equals("experiment")) {
        summary.add(one);
      } else if (one.spanKey() != null) {
        String key = (trace == null ? "" : Ids.traceKey(trace).hex()) + one.spanKey();
        ofRows.computeIfAbsent(key, k -> new ArrayList<>()).add(one);
      }
    }
    return summary;
  }

  // In the order of start.
  private List<Found> rows(List<String> tags, Map<String, List<Views.Evaluation>> said) {
    List<Clause> clauses = tags.stream().<Clause>map(tag -> new Clause.HasTag(tag, false)).toList();
    Query query = new Query(clauses, List.of());
    long now = clock.millis() * 1_000_000;
    TimeRange range = new TimeRange(now - AGE.toNanos(), now + Duration.ofDays(1).toNanos());
    List<Found> rows = new ArrayList<>();
    Position after = null;
    do {
      SpanLists.Page page = spans.list(query, range, true, PAGE, after);
      List<Found> some = new ArrayList<>();
      if (!page.rows().isEmpty()) {
        spans.read(
            page.rows(),
            COLUMNS,
            row -> row.string("kind_rule").equals(RULE) && some.add(found(row, said)));
      }
      rows.addAll(some);
      after = page.next();
    } while (after != null && rows.size() < MAX_ROWS);
    rows.sort((a, b) -> Long.compareUnsigned(start(b), start(a)));
    List<Found> newest = rows.subList(0, Math.min(rows.size(), MAX_ROWS));
    Collections.reverse(newest);
    return newest;
  }

  private static long start(Found row) {
    return row.span().path("start_ns").longValue();
  }

  private static Found found(Row row, Map<String, List<Views.Evaluation>> said) {
    String spanKey = Ids.hex16(row.int64("span_key"));
    List<Views.Evaluation> mine =
        said.getOrDefault(
            Ids.traceKey(row.string("trace_id")).hex() + spanKey,
            said.getOrDefault(
                Values.traceKey(row.bigInteger("trace_key")) + spanKey,
                said.getOrDefault(spanKey, List.of())));
    List<String> tags = row.strings("tags");
    String record = null;
    for (String tag : tags) {
      if (tag.startsWith("dataset_record_id:")) {
        record = tag.substring("dataset_record_id:".length());
      }
    }
    ObjectNode metadata = (ObjectNode) Values.object(row.string("metadata"));
    JsonNode expected =
        Objects.requireNonNullElse(metadata.remove("expected_output"), NullNode.instance);
    JsonNode input = value(row, "input");
    JsonNode output = value(row, "output");
    String type = row.string("error_type");
    String message = row.string("error_message");
    String stack = row.string("error_stack");
    Views.SpanFailure error =
        type.isEmpty() && message.isEmpty() ? null : new Views.SpanFailure(type, message, stack);
    String status = row.string("status").equals("error") ? "error" : "ok";
    long start = row.int64("start_ns");
    long duration = row.int64("end_ns") - start;

    ObjectNode span = Values.JSON.createObjectNode();
    span.put("id", row.string("span_id"));
    span.put("span_id", row.string("span_id"));
    span.put("trace_id", row.string("trace_id"));
    String parent = row.string("parent_id");
    span.put("parent_id", parent.isEmpty() ? "undefined" : parent);
    span.put("name", row.string("name"));
    span.put("start_ns", start);
    span.put("duration", duration);
    span.put("status", status);
    ArrayNode allTags = span.putArray("tags");
    tags.forEach(allTags::add);
    span.put("dataset_record_id", record);
    ObjectNode meta = span.putObject("meta");
    meta.set("input", input);
    meta.set("output", output);
    meta.set("expected_output", expected);
    meta.set("metadata", metadata);
    ObjectNode failure = meta.putObject("error");
    if (error != null) {
      failure.put("type", type).put("message", message).put("stack", stack);
    }
    span.putObject("metrics");
    ArrayNode metrics = span.putArray("eval_metrics");
    mine.forEach(one -> metrics.add(metric(one, "custom")));
    return new Found(
        new Views.ExperimentRow(
            row.string("trace_id"),
            row.string("span_id"),
            row.string("name"),
            record,
            Values.time(start),
            Long.toString(duration),
            status,
            input,
            output,
            expected,
            error,
            mine),
        span);
  }

  // Rows of experiments hold plain JSON; text is a JSON string.
  private static JsonNode value(Row row, String column) {
    String text = row.string(column);
    if (text.isEmpty()) {
      return NullNode.instance;
    }
    JsonNode json = row.string(column + "_format").equals("json") ? Values.json(text) : null;
    return json == null ? TextNode.valueOf(text) : json;
  }

  private static ObjectNode metric(Views.Evaluation one, String source) {
    ObjectNode metric = Values.JSON.createObjectNode();
    metric.put("label", one.label());
    metric.put("metric_type", one.type());
    metric.put("metric_source", source);
    metric.set(one.type() + "_value", one.value());
    metric.put("timestamp_ms", Long.parseLong(one.timeNs()) / 1_000_000);
    metric.put("status", one.status().toUpperCase(java.util.Locale.ROOT));
    put(metric, "assessment", one.assessment());
    put(metric, "reasoning", one.reasoning());
    put(metric, "span_id", one.spanId());
    put(metric, "trace_id", one.traceId());
    if (one.error() != null) {
      metric
          .putObject("error")
          .put("type", one.error().type())
          .put("message", one.error().message())
          .put("stack", one.error().stack());
    }
    ArrayNode tags = metric.putArray("tags");
    one.tags().forEach(tags::add);
    metric.set("metadata", one.metadata());
    return metric;
  }

  private static void put(ObjectNode node, String name, @Nullable String value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  private void whole(Context ctx, String id) {
    Map<String, List<Views.Evaluation>> said = new HashMap<>();
    List<Views.Evaluation> summary = said(id, said);
    answer(ctx, id, rows(List.of("experiment_id:" + id), said), summary);
  }

  private void byName(Context ctx) {
    String project = ctx.queryParam("filter[project_name]");
    String name = ctx.queryParam("filter[experiment_name]");
    if (project == null || name == null) {
      throw ApiException.badRequest(
          "Send filter[project_name] and filter[experiment_name], or name an experiment in the path.");
    }
    Map<String, List<Views.Evaluation>> said = new HashMap<>();
    List<String> tags = List.of("project_name:" + project, "experiment_name:" + name);
    List<Views.Evaluation> summary = new ArrayList<>();
    List<String> ids =
        rows(tags, said).stream()
            .flatMap(row -> tagged(row.span(), "experiment_id:").stream())
            .distinct()
            .toList();
    ids.forEach(id -> summary.addAll(said(id, said)));
    answer(ctx, ids.isEmpty() ? "" : ids.getLast(), rows(tags, said), summary);
  }

  private static List<String> tagged(ObjectNode span, String prefix) {
    List<String> values = new ArrayList<>();
    for (JsonNode tag : span.path("tags")) {
      if (tag.asText().startsWith(prefix)) {
        values.add(tag.asText().substring(prefix.length()));
      }
    }
    return values;
  }

  private static void answer(
      Context ctx, String id, List<Found> rows, List<Views.Evaluation> summary) {
    ObjectNode body = Values.JSON.createObjectNode();
    ObjectNode data = body.putObject("data");
    data.put("id", id);
    data.put("type", "experiment_events");
    ObjectNode attributes = data.putObject("attributes");
    ArrayNode spans = attributes.putArray("spans");
    rows.forEach(row -> spans.add(row.span()));
    ArrayNode metrics = attributes.putArray("summary_metrics");
    summary.forEach(one -> metrics.add(metric(one, "summary")));
    body.putObject("meta").putNull("after");
    ApiRoutes.json(ctx, body);
  }

  // The first version of the documented route: a list, without what is said of the whole.
  private void spansOnly(Context ctx) {
    String id = ctx.pathParam("id");
    Map<String, List<Views.Evaluation>> said = new HashMap<>();
    said(id, said);
    ObjectNode body = Values.JSON.createObjectNode();
    ArrayNode data = body.putArray("data");
    for (Found row : rows(List.of("experiment_id:" + id), said)) {
      ObjectNode item = data.addObject();
      item.put("id", row.span().path("span_id").asText());
      item.put("type", "experiments");
      item.set("attributes", row.span());
    }
    ApiRoutes.json(ctx, body);
  }
}
