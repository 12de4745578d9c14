package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Document;
import io.tracewell.core.Ids;
import io.tracewell.core.Message;
import io.tracewell.core.SpanExplainer;
import io.tracewell.core.SpanKind;
import io.tracewell.core.TraceShape;
import io.tracewell.server.clickhouse.ClickHouse.Row;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.message.Messages;
import io.tracewell.server.query.TextSearch.Places;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One trace with the heads of its spans; one span whole; one span as it was sent. */
final class TraceDetails {
  /** Spans a page of a trace. */
  static final int PAGE_SPANS = 20_000;

  private static final int MAX_SPANS = 200_000;
  private static final int MEDIANS_KEPT = 1_000;
  private static final long MEDIAN_AGE_NANOS = 60_000_000_000L;
  private static final Duration MEDIAN_TIME = Duration.ofSeconds(1);
  private static final int CALLS_LOOKED_AT = 2_000;
  private static final BigDecimal PICODOLLARS = BigDecimal.TEN.pow(12);

  private final SpanExplainer explainer;
  private final Reader reader;
  private final TraceLists lists;
  private final Evaluations evaluations;
  private final String project;
  private final Map<MedianOf, Median> medians =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<MedianOf, Median> eldest) {
          return size() > MEDIANS_KEPT;
        }
      };

  /** One serves all traces of a day: it changes slowly. */
  private record MedianOf(String application, String name, long day) {}

  private record Median(@Nullable String nanos, long readAt) {}

  TraceDetails(
      Reader reader,
      TraceLists lists,
      Evaluations evaluations,
      SpanExplainer explainer,
      String project) {
    this.explainer = explainer;
    this.reader = reader;
    this.lists = lists;
    this.evaluations = evaluations;
    this.project = project;
  }

  /** A span of a trace without its text. */
  private record Head(
      String spanId,
      long key,
      String parentId,
      long parentKey,
      SpanKind kind,
      String name,
      long startNanos,
      long endNanos,
      boolean pending,
      boolean failed,
      String provider,
      String model,
      String responseId,
      String dialects,
      long inputTokens,
      long outputTokens,
      long cacheReadTokens,
      @Nullable BigDecimal costUsd,
      boolean priced,
      String costReason,
      String errorType,
      String toolName,
      String agentName,
      String promptName,
      String promptVersion,
      long ttftNanos)
      implements TraceShape.Node {
    @Override
    public long cost() {
      return costUsd == null ? -1 : costUsd.multiply(PICODOLLARS).longValue();
    }
  }

  private record Texts(String errorMessage, String input, String output, long documents) {}

  private record Read(Head head, @Nullable Texts texts) {}

  /**
   * A trace; spans in order of start.
   *
   * @param cursor offset of the page
   */
  Views.Trace trace(String traceId, @Nullable String cursor) {
    TraceLists.Found found = find(traceId);
    // Each is a statement of its own: asked at once, they take as long as the slowest.
    try (Together together = new Together()) {
      boolean onePage = found.row().spanCount() <= PAGE_SPANS;
      Future<List<Read>> reading = together.ask(() -> heads(found.places(), onePage));
      Future<Set<Long>> uncounted = together.ask(() -> uncounted(found));
      Future<@Nullable String> median = together.ask(() -> median(found.row()));
      Future<List<Views.Evaluation>> said = together.ask(() -> said(found));
      return trace(
          found,
          Together.get(reading),
          Together.get(uncounted),
          Together.get(median),
          Together.get(said),
          cursor);
    }
  }

  private Views.Trace trace(
      TraceLists.Found found,
      List<Read> read,
      Set<Long> uncounted,
      @Nullable String median,
      List<Views.Evaluation> said,
      @Nullable String cursor) {
    List<Head> heads = read.stream().map(Read::head).toList();
    List<String> warnings = new ArrayList<>();
    if (heads.isEmpty()) {
      return new Views.Trace(
          found.row(),
          List.of(),
          null,
          List.of(),
          new Views.RedThread(null, List.of(), List.of()),
          null,
          null,
          List.of(),
          List.of("The spans of this trace are not stored any more."));
    }
    if (heads.size() > MAX_SPANS) {
      heads = heads.subList(0, MAX_SPANS);
      warnings.add("Only the first " + MAX_SPANS + " spans of this trace are shown.");
    }
    TraceShape shape = TraceShape.of(heads, uncounted);
    if (shape.rootMissing()) {
      warnings.add("The root span was not received (yet).");
    }
    int offset = offset(cursor, shape.nodes().size());
    int end = Math.min(shape.nodes().size(), offset + PAGE_SPANS);
    Map<Long, Texts> texts = new HashMap<>();
    for (Read one : read) {
      if (one.texts() != null) {
        texts.put(one.head().key(), one.texts());
      }
    }
    if (texts.isEmpty()) {
      texts.putAll(texts(found.places(), shape, offset, end));
    }
    int[] attempts = shape.attempts();
    List<Views.SpanHead> spans = new ArrayList<>(end - offset);
    for (int i = offset; i < end; i++) {
      Head head = (Head) shape.nodes().get(i);
      spans.add(view(head, texts.get(head.key()), shape.counted(i), attempts[i]));
    }
    return new Views.Trace(
        found.row(),
        spans,
        end < shape.nodes().size() ? Integer.toString(end) : null,
        Arrays.stream(shape.criticalPath())
            .mapToObj(i -> Ids.hex16(shape.nodes().get(i).key()))
            .toList(),
        redThread(shape),
        median,
        failedCost(shape),
        said,
        warnings);
  }

  private List<Views.Evaluation> said(TraceLists.Found trace) {
    String session = trace.row().sessionId();
    return evaluations.ofTrace(
        trace.places(), trace.row().application(), session == null ? "" : session);
  }

  private TraceLists.Found find(String traceId) {
    TraceLists.Found found = lists.byId(traceId);
    if (found == null) {
      throw ApiException.notFound(
          "No trace has this id. It may not have arrived yet, or be older than the retention.");
    }
    return found;
  }

  private static int offset(@Nullable String cursor, int size) {
    if (cursor == null || cursor.isEmpty()) {
      return 0;
    }
    try {
      int offset = Integer.parseInt(cursor);
      if (offset >= 0 && offset <= size) {
        return offset;
      }
    } catch (NumberFormatException e) {
      // Refused below.
    }
    throw ApiException.badRequest(
        "“cursor” can't be read. Send next_cursor of the page before unchanged, or leave it out.");
  }

  // What the writer found out by looking at other traces too.
  private Set<Long> uncounted(TraceLists.Found found) {
    Params params = new Params();
    return new HashSet<>(
        reader.query(
            "SELECT span_key FROM span_uncounted FINAL WHERE project_id = "
                + params.string(project)
                + " AND place_app IN "
                + params.strings(found.places().apps())
                + " AND "
                + TextSearch.inHours("place_minute", found.places().hours(), params)
                + " AND trace_key = "
                + params.traceKey(found.places().traceKey())
                + " AND uncounted",
            params,
            row -> row.int64("span_key")));
  }

  private static final String TEXTS =
      "error_message, input_preview, output_preview, if(documents_format = 'documents',"
          + " JSONLength(documents), 0) AS document_count";

  private List<Read> heads(Places places, boolean withTexts) {
    Params params = new Params();
    String sql =
        "SELECT span_id, span_key, parent_id, parent_key, kind, name, toUnixTimestamp64Nano(start) AS start_ns,"
            + " toUnixTimestamp64Nano(end) AS end_ns, pending, status, provider, model, response_id, dialects,"
            + " input_tokens, output_tokens, cache_read_tokens, cost, cost_source, cost_reason, error_type, tool_name,"
            + " agent_name, prompt_name, prompt_version, ttft_ns"
            + (withTexts ? ", " + TEXTS : "")
            + " FROM spans WHERE "
            + TextSearch.at(List.of(places), project, params)
            + " ORDER BY ver DESC LIMIT 1 BY span_key LIMIT "
            + (MAX_SPANS + 1);
    return reader.query(sql, params, row -> new Read(head(row), withTexts ? texts(row) : null));
  }

  private static Head head(Row row) {
    SpanKind kind = SpanKind.fromWireName(row.string("kind"));
    return new Head(
        row.string("span_id"),
        row.int64("span_key"),
        row.string("parent_id"),
        row.int64("parent_key"),
        kind == null ? SpanKind.SPAN : kind,
        row.string("name"),
        row.int64("start_ns"),
        row.int64("end_ns"),
        row.bool("pending"),
        row.string("status").equals("error"),
        row.string("provider"),
        row.string("model"),
        row.string("response_id"),
        row.string("dialects"),
        row.int64("input_tokens"),
        row.int64("output_tokens"),
        row.int64("cache_read_tokens"),
        row.decimal("cost"),
        row.string("cost_source").equals("priced"),
        row.string("cost_reason"),
        row.string("error_type"),
        row.string("tool_name"),
        row.string("agent_name"),
        row.string("prompt_name"),
        row.string("prompt_version"),
        row.int64("ttft_ns"));
  }

  private Map<Long, Texts> texts(Places places, TraceShape shape, int from, int to) {
    if (from >= to) {
      return Map.of();
    }
    Params params = new Params();
    String sql =
        "SELECT span_key, "
            + TEXTS
            + " FROM spans WHERE "
            + TextSearch.at(List.of(places), project, params)
            + " AND start >= "
            + params.instant(shape.nodes().get(from).startNanos())
            + " AND start <= "
            + params.instant(shape.nodes().get(to - 1).startNanos())
            + " ORDER BY ver DESC LIMIT 1 BY span_key";
    Map<Long, Texts> result = new HashMap<>();
    reader.query(sql, params, row -> result.put(row.int64("span_key"), texts(row)));
    return result;
  }

  private static Texts texts(Row row) {
    return new Texts(
        row.string("error_message"),
        row.string("input_preview"),
        row.string("output_preview"),
        row.int64("document_count"));
  }

  private static Views.SpanHead view(
      Head head, @Nullable Texts found, boolean counted, int attempt) {
    Texts texts = found == null ? new Texts("", "", "", 0) : found;
    return new Views.SpanHead(
        head.spanId(),
        Ids.hex16(head.key()),
        Values.text(head.parentId()),
        head.parentKey() == 0 ? null : Ids.hex16(head.parentKey()),
        head.name(),
        head.kind().wireName(),
        Long.toString(head.startNanos()),
        Long.toString(head.endNanos() - head.startNanos()),
        head.failed() ? "error" : "ok",
        Values.text(head.errorType()),
        Values.text(texts.errorMessage()),
        Values.text(head.model()),
        Values.text(head.provider()),
        Values.tokens(head.inputTokens(), head.outputTokens()),
        Values.number(head.inputTokens()),
        Values.number(head.outputTokens()),
        Values.money(head.costUsd()),
        Values.text(head.costReason()),
        counted,
        head.pending(),
        Values.text(head.toolName()),
        Values.text(head.agentName()),
        Values.text(head.promptName()),
        Values.text(head.promptVersion()),
        Values.number(head.ttftNanos()),
        texts.input(),
        texts.output(),
        attempt,
        texts.documents());
  }

  private static Views.RedThread redThread(TraceShape shape) {
    List<String> failed = new ArrayList<>();
    List<String> through = new ArrayList<>();
    for (int i = 0; i < shape.nodes().size(); i++) {
      String key = Ids.hex16(shape.nodes().get(i).key());
      if (shape.failedByItself(i)) {
        failed.add(key);
      } else if (shape.failureInside(i)) {
        through.add(key);
      }
    }
    int cause = shape.firstCause();
    return new Views.RedThread(
        cause < 0 ? null : Ids.hex16(shape.nodes().get(cause).key()), failed, through);
  }

  // Nodes are in order of start, not of depth: a span knows only its own parents.
  private static @Nullable String failedCost(TraceShape shape) {
    BigDecimal sum = BigDecimal.ZERO;
    boolean any = false;
    boolean[] known = new boolean[shape.nodes().size()];
    boolean[] inFailed = new boolean[shape.nodes().size()];
    for (int i = 0; i < shape.nodes().size(); i++) {
      Head head = (Head) shape.nodes().get(i);
      if (isInFailed(i, shape, known, inFailed) && shape.counted(i) && head.costUsd() != null) {
        sum = sum.add(head.costUsd());
        any = true;
      }
    }
    return any ? Values.money(sum) : null;
  }

  // The root fails whenever the trace does: what was spent in vain is spent below it.
  private static boolean isInFailed(
      int node, TraceShape shape, boolean[] known, boolean[] inFailed) {
    List<Integer> path = new ArrayList<>();
    int at = node;
    while (at >= 0 && !known[at]) {
      path.add(at);
      at = shape.parent(at);
    }
    boolean failed = at >= 0 && inFailed[at];
    for (int i = path.size() - 1; i >= 0; i--) {
      int step = path.get(i);
      boolean top = shape.parent(step) < 0 && shape.children(step).length > 0;
      failed |= !top && shape.nodes().get(step).failed();
      known[step] = true;
      inFailed[step] = failed;
    }
    return inFailed[node];
  }

  /**
   * Median duration of the application's traces of that name over the day before. An old one is
   * given until the new one is read.
   */
  private @Nullable String median(Views.TraceRow trace) {
    long day = Math.floorDiv(Long.parseLong(trace.startNs()), 86_400_000_000_000L);
    MedianOf key = new MedianOf(trace.application(), trace.name(), day);
    Median kept;
    synchronized (medians) {
      kept = medians.get(key);
    }
    if (kept == null) {
      return readMedian(key, trace);
    }
    if (System.nanoTime() - kept.readAt() > MEDIAN_AGE_NANOS) {
      synchronized (medians) {
        // Asked for by nobody else.
        medians.put(key, new Median(kept.nanos(), System.nanoTime()));
      }
      Thread.startVirtualThread(() -> readMedian(key, trace));
    }
    return kept.nanos();
  }

  private @Nullable String readMedian(MedianOf key, Views.TraceRow trace) {
    String nanos;
    try {
      nanos = lists.medianDuration(trace, MEDIAN_TIME);
    } catch (ApiException | io.tracewell.server.clickhouse.ClickHouseException e) {
      // An addition: the trace is shown without it.
      nanos = null;
    }
    synchronized (medians) {
      medians.put(key, new Median(nanos, System.nanoTime()));
    }
    return nanos;
  }

  /**
   * One span, whole.
   *
   * @param maxChars texts longer than this are cut; 0 for no limit
   */
  Views.Span span(String traceId, String spanId, int maxChars) {
    TraceLists.Found trace = find(traceId);
    Stored span = stored(trace.places(), spanId);
    List<Message> input = new ArrayList<>(Messages.read(span.system, "system"));
    List<Message> inputMessages = Messages.read(span.input, "user");
    // Some send the system prompt apart from the messages and among them.
    input.removeIf(
        system -> inputMessages.stream().anyMatch(message -> message.hash() == system.hash()));
    input.addAll(inputMessages);
    List<Message> output = Messages.read(span.output, "assistant");
    Previous previous =
        span.inputHashes.length == 0
            ? null
            : previous(trace.places(), span.key, span.start, span.inputHashes);
    Set<Long> before = previous == null ? Set.of() : previous.hashes();
    ToolSpans tools = toolSpans(trace.places(), input, output, span.start + span.duration);
    Texter texter = new Texter(maxChars);
    String costSource = span.text("cost_source");
    return new Views.Span(
        span.text("trace_id"),
        span.text("span_id"),
        Ids.hex16(span.key),
        Values.text(span.text("parent_id")),
        span.text("application"),
        Values.text(span.text("service")),
        Values.text(span.text("service_version")),
        Values.text(span.text("environment")),
        Values.text(span.text("host")),
        Values.text(span.text("sdk")),
        Values.text(span.text("scope")),
        split(span.text("dialects")),
        span.text("transport"),
        span.text("name"),
        span.text("kind"),
        span.text("kind_rule"),
        Values.time(span.start),
        Long.toString(span.start),
        Long.toString(span.duration),
        span.text("status").equals("error") ? "error" : "ok",
        span.pending,
        failure(span),
        Values.text(span.text("session_id")),
        Values.text(span.text("user_id")),
        Values.text(span.text("provider")),
        Values.text(span.text("model")),
        Values.text(span.text("model_requested")),
        Values.text(span.text("response_id")),
        Values.text(span.text("operation")),
        Values.object(span.text("parameters")),
        split(span.text("finish_reasons")),
        Values.number(span.ttft),
        span.usage,
        new Views.CostSplit(
            Values.money(span.costs.get(0)),
            Values.money(span.costs.get(1)),
            Values.money(span.costs.get(2)),
            Values.money(span.costs.get(3)),
            Values.money(span.costs.get(4)),
            costSource.isEmpty() ? "none" : costSource,
            Values.text(span.text("cost_price")),
            Values.text(span.text("cost_reason"))),
        body(span.input, input, inputMessages.isEmpty(), before, tools, texter),
        body(span.output, output, output.isEmpty(), Set.of(), tools, texter),
        previous == null ? null : previous.call(),
        Messages.toolDefinitions(span.tools).stream()
            .map(
                tool ->
                    new Views.ToolDefinition(
                        tool.name(),
                        tool.description(),
                        tool.schema() == null ? null : objectOrNull(tool.schema())))
            .toList(),
        Messages.documents(span.documents).stream()
            .map(document -> document(document, texter))
            .toList(),
        Values.text(span.text("tool_name")),
        Values.text(span.text("tool_call_id")),
        Values.text(span.text("agent_name")),
        prompt(span),
        span.tags,
        Values.object(span.text("metadata")),
        links(span),
        Evaluations.ofSpan(
            said(trace),
            Ids.hex16(span.key),
            span.key == Ids.spanKey(trace.row().rootSpanId()),
            span.tags),
        span.warnings,
        span.sizeBytes,
        Values.time(span.received));
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .toList();
  }

  private static Views.@Nullable SpanFailure failure(Stored span) {
    String type = span.text("error_type");
    String message = span.text("error_message");
    String stack = span.text("error_stack");
    return type.isEmpty() && message.isEmpty() && stack.isEmpty()
        ? null
        : new Views.SpanFailure(type, message, stack);
  }

  private static Views.@Nullable PromptUse prompt(Stored span) {
    if (span.text("prompt_id").isEmpty()
        && span.text("prompt_name").isEmpty()
        && span.text("prompt_template").isEmpty()) {
      return null;
    }
    return new Views.PromptUse(
        Values.text(span.text("prompt_id")),
        Values.text(span.text("prompt_name")),
        Values.text(span.text("prompt_version")),
        Values.text(span.text("prompt_template")),
        Values.object(span.text("prompt_variables")));
  }

  private static List<Views.Link> links(Stored span) {
    List<Views.Link> links = new ArrayList<>();
    for (int i = 0; i < span.linkTraces.size(); i++) {
      links.add(
          new Views.Link(
              span.linkTraces.get(i),
              span.linkSpans.get(i),
              Values.object(span.linkAttributes.get(i))));
    }
    return links;
  }

  private static @Nullable JsonNode objectOrNull(String json) {
    JsonNode node = Values.json(json);
    return node != null && node.isObject() ? node : null;
  }

  private static Views.Document document(Document document, Texter texter) {
    String metadata = document.metadata();
    return new Views.Document(
        document.id(),
        document.name(),
        texter.cut(document.text()),
        document.score(),
        metadata == null ? null : objectOrNull(metadata));
  }

  private static Views.Body body(
      Content content,
      List<Message> messages,
      boolean noMessages,
      Set<Long> before,
      ToolSpans tools,
      Texter texter) {
    List<Views.Message> views =
        messages.stream()
            .map(
                message ->
                    new Views.Message(
                        message.role(),
                        message.name(),
                        message.parts().stream().map(part -> part(part, tools, texter)).toList(),
                        message.finishReason(),
                        Ids.hex16(message.hash()),
                        before.contains(message.hash())))
            .toList();
    boolean plain = content.format() == ContentFormat.TEXT;
    String format =
        switch (content.format()) {
          case NONE -> views.isEmpty() ? "none" : "messages";
          case TEXT -> "text";
          case JSON -> "json";
          case DOCUMENTS -> "documents";
          case OTEL_MESSAGES, CHAT_MESSAGES, MESSAGES -> "messages";
        };
    boolean value = !content.isEmpty() && (plain || noMessages);
    return new Views.Body(format, views, value ? texter.cut(content.text()) : null);
  }

  private static Views.Part part(Message.Part part, ToolSpans tools, Texter texter) {
    return switch (part) {
      case Message.Part.Text text ->
          new Views.Part(
              "text", texter.cut(text.text()), null, null, null, null, null, null, null, null);
      case Message.Part.Reasoning reasoning ->
          new Views.Part(
              "reasoning",
              texter.cut(reasoning.text()),
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null);
      case Message.Part.ToolCall call ->
          new Views.Part(
              "tool_call",
              texter.cut(call.arguments()),
              call.id(),
              call.name(),
              null,
              tools.of(call),
              null,
              null,
              null,
              null);
      case Message.Part.ToolResult result ->
          new Views.Part(
              "tool_result",
              texter.cut(result.result()),
              result.id(),
              result.name(),
              result.error(),
              tools.byId(result.id()),
              null,
              null,
              null,
              null);
      case Message.Part.Media media ->
          new Views.Part(
              "media",
              null,
              null,
              null,
              null,
              null,
              media.modality(),
              media.mimeType(),
              media.uri(),
              Long.toString(media.byteSize()));
      case Message.Part.Other other ->
          new Views.Part(
              "other",
              texter.cut(other.json()),
              null,
              other.type(),
              null,
              null,
              null,
              null,
              null,
              null);
    };
  }

  /** Cuts texts. */
  private record Texter(int maxChars) {
    Views.TextPart cut(String text) {
      if (maxChars == 0 || text.length() <= maxChars) {
        return new Views.TextPart(text, text.length(), false);
      }
      // Not between the two halves of one character.
      int end = Character.isHighSurrogate(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
      return new Views.TextPart(text.substring(0, end), text.length(), true);
    }
  }

  /** The tool spans that ran the calls of a model. */
  private record ToolSpans(
      Map<String, String> spanIdByCallId, Map<Message.Part.ToolCall, String> byOrder) {
    @Nullable String byId(@Nullable String callId) {
      return callId == null ? null : spanIdByCallId.get(callId);
    }

    @Nullable String of(Message.Part.ToolCall call) {
      String byId = byId(call.id());
      return byId != null ? byId : byOrder.get(call);
    }
  }

  // By the id of the call; where the tool's span does not know it, the first later spans of that
  // tool in order.
  private ToolSpans toolSpans(
      Places places, List<Message> input, List<Message> output, long endNanos) {
    boolean any =
        java.util.stream.Stream.concat(input.stream(), output.stream())
            .flatMap(message -> message.parts().stream())
            .anyMatch(
                part ->
                    part instanceof Message.Part.ToolCall
                        || part instanceof Message.Part.ToolResult);
    if (!any) {
      return new ToolSpans(Map.of(), Map.of());
    }
    record Tool(String spanId, String callId, String name, long start) {}
    Params params = new Params();
    List<Tool> tools =
        reader.query(
            "SELECT span_id, tool_call_id, if(tool_name = '', name, tool_name) AS tool, toUnixTimestamp64Nano(start) AS"
                + " start_ns FROM (SELECT * FROM spans WHERE "
                + TextSearch.at(List.of(places), project, params)
                + " AND kind = 'tool' ORDER BY ver DESC LIMIT 1 BY span_key) ORDER BY start LIMIT "
                + CALLS_LOOKED_AT,
            params,
            row ->
                new Tool(
                    row.string("span_id"),
                    row.string("tool_call_id"),
                    row.string("tool"),
                    row.int64("start_ns")));
    Map<String, String> byCallId = new HashMap<>();
    for (Tool tool : tools) {
      if (!tool.callId().isEmpty()) {
        byCallId.putIfAbsent(tool.callId(), tool.spanId());
      }
    }
    Map<Message.Part.ToolCall, String> byOrder = new java.util.IdentityHashMap<>();
    Set<String> used = new HashSet<>();
    for (Message message : output) {
      for (Message.Part part : message.parts()) {
        if (part instanceof Message.Part.ToolCall call
            && (call.id() == null || !byCallId.containsKey(call.id()))) {
          for (Tool tool : tools) {
            if (tool.callId().isEmpty()
                && tool.start() >= endNanos
                && tool.name().equals(call.name())
                && used.add(tool.spanId())) {
              byOrder.put(call, tool.spanId());
              break;
            }
          }
        }
      }
    }
    return new ToolSpans(byCallId, byOrder);
  }

  private record Previous(Views.PreviousCall call, Set<Long> hashes) {}

  private record Call(
      BigInteger traceKey, long spanKey, long start, String spanId, String traceId, String name) {}

  // The earlier call of this trace that shares most of the messages; else of the same conversation.
  private @Nullable Previous previous(Places places, long spanKey, long start, long[] hashes) {
    Params params = new Params();
    Call call =
        mostShared(TextSearch.at(List.of(places), project, params), spanKey, start, hashes, params);
    if (call == null) {
      Params session = new Params();
      call =
          mostShared(
              "project_id = "
                  + session.string(project)
                  + " AND place_app IN "
                  + session.strings(places.apps())
                  + " AND place_bucket IN (SELECT toDateTime(arrayJoin("
                  + session.numbers("UInt32", places.hours())
                  + "), 'UTC')) AND lkey = "
                  + session.key(places.lkey().longValue()),
              spanKey,
              start,
              hashes,
              session);
    }
    if (call == null) {
      return null;
    }
    // What the call before answered is not new either when it is sent back.
    Params one = new Params();
    String sql =
        "SELECT input_hashes, output_format, output FROM spans WHERE project_id = "
            + one.string(project)
            + " AND place_app IN "
            + one.strings(places.apps())
            + " AND lkey IN "
            + one.numbers("UInt64", List.of(places.lkey()))
            + " AND trace_key = "
            + one.traceKey(call.traceKey())
            + " AND span_key = "
            + one.key(call.spanKey())
            + " ORDER BY ver DESC LIMIT 1";
    Set<Long> known = new HashSet<>();
    reader.query(
        sql,
        one,
        row -> {
          for (long hash : row.longs("input_hashes")) {
            known.add(hash);
          }
          for (Message message :
              Messages.read(content(row, "output_format", "output"), "assistant")) {
            known.add(message.hash());
          }
          return row;
        });
    return new Previous(
        new Views.PreviousCall(
            call.spanId(), call.name(), Long.toString(call.start()), call.traceId()),
        known);
  }

  private @Nullable Call mostShared(
      String place, long spanKey, long start, long[] hashes, Params params) {
    List<BigInteger> own = new ArrayList<>();
    for (long hash : hashes) {
      own.add(new BigInteger(Long.toUnsignedString(hash)));
    }
    String sql =
        "SELECT trace_key, span_key, span_id, trace_id, name, toUnixTimestamp64Nano(start) AS start_ns,"
            + " length(arrayIntersect(input_hashes, "
            + params.numbers("UInt64", own)
            + ")) AS shared FROM (SELECT trace_key, span_key, span_id, trace_id, name, start, input_hashes FROM spans"
            + " WHERE "
            + place
            + " AND notEmpty(input_hashes) AND start < "
            + params.instant(start)
            + " AND span_key != "
            + params.key(spanKey)
            + " AND kind = 'llm' ORDER BY ver DESC LIMIT 1 BY trace_key, span_key) WHERE shared > 0"
            + " ORDER BY shared DESC, start DESC LIMIT 1";
    List<Call> calls =
        reader.query(
            sql,
            params,
            row ->
                new Call(
                    row.bigInteger("trace_key"),
                    row.int64("span_key"),
                    row.int64("start_ns"),
                    row.string("span_id"),
                    row.string("trace_id"),
                    row.string("name")));
    return calls.isEmpty() ? null : calls.getFirst();
  }

  private static Content content(Row row, String format, String text) {
    return new Content(ContentFormat.fromWireName(row.string(format)), row.string(text));
  }

  /** The span as it was sent: references are replaced by what they refer to. */
  JsonNode raw(String traceId, String spanId) {
    return stored(traceId, spanId, row -> resolve(Values.json(row.string("raw")), row::string));
  }

  /** How its attributes became its fields, by reading the raw span again. */
  Views.Mapping mapping(String traceId, String spanId) {
    return stored(
        traceId,
        spanId,
        row ->
            Views.Mapping.of(
                explainer.explain(
                    new SpanExplainer.Stored(
                        row.string("trace_id"),
                        row.string("span_id"),
                        row.string("parent_id"),
                        row.int64("start_ns"),
                        row.int64("end_ns"),
                        row.string("transport"),
                        Objects.requireNonNullElse(
                            SpanKind.fromWireName(row.string("kind")), SpanKind.SPAN),
                        row.string("kind_rule"),
                        row.string("dialects"),
                        row.strings("warnings")),
                    resolve(Values.json(row.string("raw")), row::string).toString())));
  }

  private <T> T stored(String traceId, String spanId, Function<Row, T> reading) {
    TraceLists.Found trace = find(traceId);
    Params params = new Params();
    List<T> rows =
        reader.query(
            "SELECT *, toUnixTimestamp64Nano(start) AS start_ns, toUnixTimestamp64Nano(end) AS"
                + " end_ns FROM spans WHERE "
                + TextSearch.at(List.of(trace.places()), project, params)
                + " AND span_key IN "
                + params.numbers("UInt64", Filters.spanKeys(spanId))
                + " ORDER BY span_key = "
                + params.key(Ids.spanKey(spanId))
                + " DESC, ver DESC LIMIT 1",
            params,
            reading::apply);
    if (rows.isEmpty()) {
      throw noSpan();
    }
    return rows.getFirst();
  }

  private static final Set<String> REFERABLE =
      Set.of(
          "system",
          "input",
          "output",
          "tool_definitions",
          "documents",
          "error_message",
          "error_stack",
          "metadata",
          "parameters",
          "usage_raw",
          "prompt_template",
          "prompt_variables",
          "name");

  /**
   * Puts what stands in columns back: {@code {"$ref":"input"}} was a string, {@code
   * {"$json":"input"}} was the JSON that the column has. What is said to be metadata is what the
   * column has under that name.
   *
   * @param column text of a column
   */
  static JsonNode resolve(@Nullable JsonNode node, UnaryOperator<String> column) {
    return node == null ? Values.JSON.createObjectNode() : new Columns(column).resolve(node);
  }

  private static final class Columns {
    private final UnaryOperator<String> text;
    // Read once for however many attributes stand in it.
    private @Nullable JsonNode metadata;

    private Columns(UnaryOperator<String> text) {
      this.text = text;
    }

    private JsonNode resolve(JsonNode node) {
      if (node instanceof ObjectNode object) {
        String name = object.path("$ref").asText("");
        if (object.size() == 1 && REFERABLE.contains(name)) {
          return TextNode.valueOf(text.apply(name));
        }
        String json = object.path("$json").asText("");
        if (object.size() == 1 && REFERABLE.contains(json)) {
          String written = text.apply(json);
          JsonNode read = Values.json(written);
          return read == null ? TextNode.valueOf(written) : read;
        }
        for (Map.Entry<String, JsonNode> property : object.properties()) {
          JsonNode named = named(property.getKey(), property.getValue());
          property.setValue(named == null ? resolve(property.getValue()) : named);
        }
      } else if (node instanceof ArrayNode array) {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, resolve(array.get(i)));
        }
      }
      return node;
    }

    private @Nullable JsonNode named(String attribute, JsonNode value) {
      if (!value.path("$ref").asText("").equals("metadata")) {
        return null;
      }
      if (metadata == null) {
        JsonNode read = Values.json(text.apply("metadata"));
        metadata = read == null ? Values.JSON.createObjectNode() : read;
      }
      return metadata.get(attribute);
    }
  }

  private static ApiException noSpan() {
    return ApiException.notFound("This trace has no span with this id, or it has not arrived yet.");
  }

  /** A row of {@code spans}. */
  private static final class Stored {
    private final Map<String, String> texts = new HashMap<>();
    private final long key;
    private final long start;
    private final long duration;
    private final boolean pending;
    private final long ttft;
    private final Views.SpanUsage usage;
    private final List<@Nullable BigDecimal> costs;
    private final Content system;
    private final Content input;
    private final Content output;
    private final Content tools;
    private final Content documents;
    private final long[] inputHashes;
    private final List<String> tags;
    private final List<String> linkTraces;
    private final List<String> linkSpans;
    private final List<String> linkAttributes;
    private final List<String> warnings;
    private final long sizeBytes;
    private final long received;

    Stored(Row row) {
      for (String column : TEXT_COLUMNS) {
        texts.put(column, row.string(column));
      }
      key = row.int64("span_key");
      start = row.int64("start_ns");
      duration = row.int64("end_ns") - start;
      pending = row.bool("pending");
      ttft = row.int64("ttft_ns");
      long inputTokens = row.int64("input_tokens");
      long outputTokens = row.int64("output_tokens");
      usage =
          new Views.SpanUsage(
              Values.number(inputTokens),
              Values.number(row.int64("cache_read_tokens")),
              Values.number(row.int64("cache_write_tokens")),
              Values.number(row.int64("cache_write_1h_tokens")),
              Values.number(row.int64("input_audio_tokens")),
              Values.number(outputTokens),
              Values.number(row.int64("reasoning_tokens")),
              Values.number(row.int64("output_audio_tokens")),
              Values.tokens(inputTokens, outputTokens),
              Values.text(row.string("usage_rule")),
              Values.object(row.string("usage_raw")));
      costs = new ArrayList<>();
      for (String column :
          List.of("cost", "cost_input", "cost_cache_read", "cost_cache_write", "cost_output")) {
        costs.add(row.decimal(column));
      }
      system = content(row, "system_format", "system");
      input = content(row, "input_format", "input");
      output = content(row, "output_format", "output");
      tools = content(row, "tools_format", "tool_definitions");
      documents = content(row, "documents_format", "documents");
      inputHashes = row.longs("input_hashes");
      tags = row.strings("tags");
      linkTraces = row.strings("link_trace_ids");
      linkSpans = row.strings("link_span_ids");
      linkAttributes = row.strings("link_attributes");
      warnings = row.strings("warnings");
      sizeBytes = row.int64("size_bytes");
      received = row.int64("received_ms") * 1_000_000;
    }

    String text(String column) {
      return Objects.requireNonNull(texts.get(column), column);
    }
  }

  private static final List<String> TEXT_COLUMNS =
      List.of(
          "trace_id",
          "span_id",
          "parent_id",
          "application",
          "service",
          "service_version",
          "environment",
          "host",
          "sdk",
          "scope",
          "dialects",
          "transport",
          "name",
          "kind",
          "kind_rule",
          "status",
          "error_type",
          "error_message",
          "error_stack",
          "session_id",
          "user_id",
          "provider",
          "model",
          "model_requested",
          "response_id",
          "operation",
          "parameters",
          "finish_reasons",
          "cost_source",
          "cost_price",
          "cost_reason",
          "tool_name",
          "tool_call_id",
          "agent_name",
          "prompt_id",
          "prompt_name",
          "prompt_version",
          "prompt_template",
          "prompt_variables",
          "metadata");

  private Stored stored(Places places, String spanId) {
    Params params = new Params();
    List<Stored> rows =
        reader.query(
            "SELECT * EXCEPT (raw, search_text), toUnixTimestamp64Nano(start) AS start_ns, toUnixTimestamp64Nano(end)"
                + " AS end_ns, toUnixTimestamp64Milli(received) AS received_ms FROM spans WHERE "
                + TextSearch.at(List.of(places), project, params)
                + " AND span_key IN "
                + params.numbers("UInt64", Filters.spanKeys(spanId))
                + " ORDER BY span_key = "
                + params.key(Ids.spanKey(spanId))
                + " DESC, ver DESC LIMIT 1",
            params,
            Stored::new);
    if (rows.isEmpty()) {
      throw noSpan();
    }
    return rows.getFirst();
  }
}
