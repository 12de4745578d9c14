package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import io.tracewell.core.Content;
import io.tracewell.core.Cost;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanLog;
import io.tracewell.core.Usage;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** Rows of one table, of which any may be left out that the engine refuses. */
final class Rows {
  static final List<String> SPANS =
      columns(
          "project_id place_app place_bucket lkey place_start trace_key span_key ver server_id seq"
              + " trace_id span_id parent_id parent_key application service service_version"
              + " environment host sdk scope dialects transport name kind kind_rule start end"
              + " pending status error_type error_message error_stack session_id user_id provider"
              + " model model_requested response_id operation parameters finish_reasons ttft_ns"
              + " input_tokens cache_read_tokens cache_write_tokens cache_write_1h_tokens"
              + " input_audio_tokens output_tokens reasoning_tokens output_audio_tokens usage_rule"
              + " usage_raw usage_more cost cost_input cost_cache_read cost_cache_write cost_output cost_source"
              + " cost_price cost_reason system_format system input_format input output_format output"
              + " tools_format tool_definitions documents_format documents input_preview"
              + " output_preview input_hashes search_text text_keys new_texts tool_name tool_call_id agent_name prompt_id"
              + " prompt_name prompt_version prompt_template prompt_variables tags metadata"
              + " link_trace_ids link_span_ids link_attributes warnings raw size_bytes received");
  static final List<String> HEADS =
      columns(
          "project_id place_app place_minute trace_key span_key ver lkey place_bucket place_start"
              + " server_id seq parent_key application service_version environment name kind start"
              + " end pending status error_type session_id user_id provider model response_id ttft_ns"
              + " input_tokens cache_read_tokens cache_write_tokens output_tokens reasoning_tokens"
              + " cost cost_source cost_reason tool_name agent_name prompt_name prompt_version"
              + " dialects tags size_bytes content_hash");
  static final List<String> LOGS =
      columns(
          "project_id trace_key span_key time sequence event_name hash trace_id span_id application"
              + " body attributes server_id seq received");
  static final List<String> EVALUATIONS =
      columns(
          "project_id trace_key span_key address key ver server_id seq trace_id span_id kind scope id"
              + " label type value score status error_type error_message error_stack assessment"
              + " reasoning application submitter submitter_type experiment_id tags metadata time"
              + " source received");
  static final List<String> UNCOUNTED =
      columns("project_id place_app place_minute trace_key span_key ver uncounted");
  static final List<String> ALIASES = columns("project_id alias_key trace_key top_key seen");
  static final List<String> INGEST_LOG =
      columns("server_id seq project_id place_app minute trace_keys spans logs committed");
  private static final long KEEP_BYTES = 64 << 20;

  private final String table;
  private final List<String> columns;
  private final Map<String, String> types;
  private NativeBlock block;

  /**
   * @param types of the columns by name
   */
  Rows(String table, List<String> columns, Map<String, String> types) {
    this.table = table;
    this.columns = columns;
    this.types = types;
    block = new NativeBlock(columns, types);
  }

  static List<String> columns(String names) {
    return List.of(names.split(" "));
  }

  String table() {
    return table;
  }

  List<String> columns() {
    return columns;
  }

  int count() {
    return block.rows();
  }

  /** Forgets all rows. */
  void clear() {
    if (block.capacity() > KEEP_BYTES) {
      block = new NativeBlock(columns, types);
    }
    block.clear();
  }

  /** Begins a row. */
  NativeBlock row() {
    block.begin();
    return block;
  }

  /** Rows from one to another; valid until the next row is written. */
  InputStream stream(int from, int to) {
    return block.stream(from, to);
  }

  // ---- parts ----

  // Decimal(38, 12) counts picodollars.
  static void money(NativeBlock row, long picodollars) {
    if (picodollars < 0) {
      row.none();
    } else {
      row.int128(0, picodollars);
    }
  }

  private static void content(NativeBlock row, Content content) {
    row.string(content.format().wireName());
    row.string(content.text());
  }

  private static void links(
      NativeBlock row, List<SpanLink> links, Function<SpanLink, String> part) {
    NativeBlock.Column elements = row.array(links.size());
    for (SpanLink link : links) {
      elements.string(part.apply(link));
    }
  }

  // ---- rows ----

  void span(
      Span span,
      TraceState trace,
      Head head,
      UUID server,
      long seq,
      long receivedMillis,
      Searchable searchable) {
    NativeBlock row = row();
    row.string(span.projectId());
    row.string(trace.place.app());
    row.int32((int) trace.place.bucket());
    row.int64(trace.place.localityKey());
    row.int64(head.placeStart);
    row.int128(trace.id.high(), trace.id.low());
    row.int64(head.key);
    row.int64(head.ver);
    row.uuid(server);
    row.int64(seq);
    row.string(span.traceId());
    row.string(span.spanId());
    row.string(span.parentId());
    row.int64(head.parentKey);
    Origin origin = span.origin();
    row.string(origin.application());
    row.string(origin.service());
    row.string(origin.serviceVersion());
    row.string(origin.environment());
    row.string(origin.host());
    row.string(origin.sdk());
    row.string(origin.scope());
    row.string(origin.dialects());
    row.string(origin.transport());
    row.string(span.name());
    row.string(span.kind().wireName());
    row.string(span.kindRule());
    row.int64(span.startNanos());
    row.int64(span.endNanos());
    row.int8(span.pending() ? 1 : 0);
    row.string(span.status().wireName());
    row.string(span.error().type());
    row.string(span.error().message());
    row.string(span.error().stack());
    row.string(span.sessionId());
    row.string(span.userId());
    ModelCall model = span.model();
    row.string(model.provider());
    row.string(model.name());
    row.string(model.requested());
    row.string(model.responseId());
    row.string(model.operation());
    row.string(model.parameters());
    row.string(model.finishReasons());
    row.int64(model.timeToFirstTokenNanos());
    Usage usage = span.usage();
    row.int64(usage.input());
    row.int64(usage.cacheRead());
    row.int64(usage.cacheWrite());
    row.int64(usage.cacheWrite1h());
    row.int64(usage.inputAudio());
    row.int64(usage.output());
    row.int64(usage.reasoning());
    row.int64(usage.outputAudio());
    row.string(usage.rule());
    row.string(usage.raw());
    row.map(usage.more());
    Cost cost = span.cost();
    money(row, cost.total());
    money(row, cost.input());
    money(row, cost.cacheRead());
    money(row, cost.cacheWrite());
    money(row, cost.output());
    row.string(cost.source());
    row.string(cost.price());
    row.string(cost.reason());
    content(row, span.system());
    content(row, span.input());
    content(row, span.output());
    content(row, span.toolDefinitions());
    content(row, span.documents());
    row.string(span.inputPreview());
    row.string(span.outputPreview());
    NativeBlock.Column hashes = row.array(span.inputHashes().length);
    for (long hash : span.inputHashes()) {
      hashes.int64(hash);
    }
    row.string(searchable.text());
    NativeBlock.Column texts = row.array(searchable.keys().length);
    for (int key : searchable.keys()) {
      texts.int32(key);
    }
    row.int32(searchable.fresh());
    row.string(span.toolName());
    row.string(span.toolCallId());
    row.string(span.agentName());
    Prompt prompt = span.prompt();
    row.string(prompt.id());
    row.string(prompt.name());
    row.string(prompt.version());
    row.string(prompt.template());
    row.string(prompt.variables());
    row.strings(span.tags());
    row.string(span.metadata());
    links(row, span.links(), SpanLink::traceId);
    links(row, span.links(), SpanLink::spanId);
    links(row, span.links(), SpanLink::attributes);
    row.strings(span.warnings());
    row.string(span.raw());
    row.int32(span.sizeBytes());
    row.int64(receivedMillis);
  }

  void head(TraceState trace, Head head, UUID server, long seq) {
    NativeBlock row = row();
    row.string(trace.id.project());
    row.string(trace.place.app());
    row.int32((int) trace.place.minute());
    row.int128(trace.id.high(), trace.id.low());
    row.int64(head.key);
    row.int64(head.ver);
    row.int64(trace.place.localityKey());
    row.int32((int) trace.place.bucket());
    row.int64(head.placeStart);
    row.uuid(server);
    row.int64(seq);
    row.int64(head.parentKey);
    row.string(head.application);
    row.string(head.serviceVersion);
    row.string(head.environment);
    row.string(head.name);
    row.string(head.kind.wireName());
    row.int64(head.start);
    row.int64(head.end);
    row.int8(head.pending ? 1 : 0);
    row.string(head.status.wireName());
    row.string(head.errorType);
    row.string(head.sessionId);
    row.string(head.userId);
    row.string(head.provider);
    row.string(head.model);
    row.string(head.responseId);
    row.int64(head.ttft);
    row.int64(head.input);
    row.int64(head.cacheRead);
    row.int64(head.cacheWrite);
    row.int64(head.output);
    row.int64(head.reasoning);
    money(row, head.cost);
    row.string(head.costSource);
    row.string(head.costReason);
    row.string(head.toolName);
    row.string(head.agentName);
    row.string(head.promptName);
    row.string(head.promptVersion);
    row.string(head.dialects);
    row.strings(head.tags);
    row.int32(head.sizeBytes);
    row.int64(head.hash);
  }

  void log(SpanLog log, UUID server, long seq, long receivedMillis) {
    Ids.TraceKey trace = Ids.traceKey(log.traceId());
    BinaryWriter hashed = new BinaryWriter(256);
    hashed.string(log.eventName());
    hashed.string(log.body());
    hashed.string(log.attributes());
    NativeBlock row = row();
    row.string(log.projectId());
    row.int128(trace.high(), trace.low());
    row.int64(Ids.spanKey(log.spanId()));
    row.int64(log.timeNanos());
    row.int32(log.sequence());
    row.string(log.eventName());
    row.int64(hashed.hash(0, hashed.length()));
    row.string(log.traceId());
    row.string(log.spanId());
    row.string(log.application());
    row.string(log.body());
    row.string(log.attributes());
    row.uuid(server);
    row.int64(seq);
    row.int32((int) (receivedMillis / 1000));
  }

  void evaluation(Evaluation evaluation, long ver, UUID server, long seq, long receivedMillis) {
    Evaluation.Target target = evaluation.target();
    Ids.TraceKey trace =
        target.traceId().isEmpty() ? new Ids.TraceKey(0, 0) : Ids.traceKey(target.traceId());
    // All protocols that carry evaluations write the ids of spans in decimal.
    long span = target.spanId().isEmpty() ? 0 : Ids.decimalSpanKey(target.spanId());
    // A trace is one target, whether its root was named or not.
    boolean whole = target.scope() == Evaluation.Scope.TRACE;
    BinaryWriter named = new BinaryWriter(256);
    named.string(evaluation.kind().wireName());
    named.string(target.scope().wireName());
    named.int64(trace.high());
    named.int64(trace.low());
    named.int64(whole ? 0 : span);
    named.string(target.address());
    named.string(evaluation.experimentId());
    named.string(evaluation.label());
    named.string(evaluation.submitter());
    named.string(evaluation.id());
    NativeBlock row = row();
    row.string(evaluation.projectId());
    row.int128(trace.high(), trace.low());
    row.int64(span);
    row.string(target.address());
    row.int64(named.hash(0, named.length()));
    row.int64(ver);
    row.uuid(server);
    row.int64(seq);
    row.string(target.traceId());
    row.string(target.spanId());
    row.string(evaluation.kind().wireName());
    row.string(target.scope().wireName());
    row.string(evaluation.id());
    row.string(evaluation.label());
    row.string(evaluation.type().wireName());
    row.string(evaluation.value());
    double score = score(evaluation);
    if (Double.isNaN(score)) {
      row.none();
    } else {
      row.int64(Double.doubleToRawLongBits(score));
    }
    row.string(evaluation.status().name().toLowerCase(Locale.ROOT));
    row.string(evaluation.error().type());
    row.string(evaluation.error().message());
    row.string(evaluation.error().stack());
    row.string(evaluation.assessment());
    row.string(evaluation.reasoning());
    row.string(evaluation.application());
    row.string(evaluation.submitter());
    row.string(evaluation.submitterType());
    row.string(evaluation.experimentId());
    row.strings(evaluation.tags());
    row.string(evaluation.metadata());
    row.int64(evaluation.timeNanos());
    row.string(evaluation.source());
    row.int64(receivedMillis);
  }

  // What can be compared as a number: scores, and booleans as 0 and 1; NaN for the rest.
  private static double score(Evaluation evaluation) {
    return switch (evaluation.type()) {
      case BOOLEAN ->
          evaluation.value().equals("true")
              ? 1
              : evaluation.value().equals("false") ? 0 : Double.NaN;
      case SCORE -> {
        try {
          yield Double.parseDouble(evaluation.value());
        } catch (NumberFormatException e) {
          yield Double.NaN;
        }
      }
      case CATEGORICAL, JSON, TEXT -> Double.NaN;
    };
  }

  void alias(TraceState trace, Ids.TraceKey alias, long top, long millis) {
    NativeBlock row = row();
    row.string(trace.id.project());
    row.int128(alias.high(), alias.low());
    row.int128(trace.id.high(), trace.id.low());
    row.int64(top);
    row.int32((int) (millis / 1000));
  }

  void uncounted(TraceState trace, long key, long ver, boolean uncounted) {
    NativeBlock row = row();
    row.string(trace.id.project());
    row.string(trace.place.app());
    row.int32((int) trace.place.minute());
    row.int128(trace.id.high(), trace.id.low());
    row.int64(key);
    row.int64(ver);
    row.int8(uncounted ? 1 : 0);
  }

  void committed(
      UUID server,
      long seq,
      String project,
      String app,
      long minute,
      List<TraceState> traces,
      int spans,
      int logs,
      long millis) {
    NativeBlock row = row();
    row.uuid(server);
    row.int64(seq);
    row.string(project);
    row.string(app);
    row.int32((int) minute);
    NativeBlock.Column keys = row.array(traces.size());
    for (TraceState trace : traces) {
      keys.int128(trace.id.high(), trace.id.low());
    }
    row.int32(spans);
    row.int32(logs);
    row.int64(millis);
  }
}
