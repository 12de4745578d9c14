package io.tracewell.server.query;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the API answers with; fields as openapi.yaml describes them, in snake case. */
final class Views {
  private Views() {}

  record TraceRow(
      String traceId,
      String traceKey,
      String rootSpanId,
      boolean rootMissing,
      String application,
      String environment,
      String serviceVersion,
      String name,
      String kind,
      String start,
      String startNs,
      String durationNs,
      boolean running,
      String status,
      @Nullable String errorType,
      @Nullable String errorMessage,
      @Nullable String firstCauseSpanId,
      @Nullable String sessionId,
      @Nullable String userId,
      String input,
      String output,
      long spanCount,
      long llmCalls,
      long toolCalls,
      long errorCount,
      @Nullable String tokens,
      @Nullable String inputTokens,
      @Nullable String outputTokens,
      @Nullable String cacheReadTokens,
      @Nullable String cost,
      long unpricedCalls,
      @Nullable String ttftNs,
      List<String> models,
      List<String> tools,
      List<String> prompts,
      JsonNode strip,
      List<Object> evaluations,
      List<String> highlights) {}

  record TracePage(
      List<TraceRow> traces, @Nullable String nextCursor, @Nullable String partial, long tookMs) {}

  record Bucket(String start, long count, long errors) {}

  record Mark(String time, String field, String value) {}

  record TraceSummary(
      String count,
      String errors,
      @Nullable String p1Ns,
      @Nullable String p50Ns,
      @Nullable String p95Ns,
      @Nullable String p99Ns,
      @Nullable String tokens,
      @Nullable String cost,
      String unpricedCalls,
      String llmCalls,
      long bucketSeconds,
      List<Bucket> buckets,
      List<Mark> marks,
      @Nullable String partial,
      long tookMs) {}

  record FacetValue(String value, long count, long errors) {}

  record Facet(String field, String label, long distinct, List<FacetValue> values) {}

  record Facets(List<Facet> facets, @Nullable String partial) {}

  record SpanHead(
      String spanId,
      String spanKey,
      @Nullable String parentId,
      @Nullable String parentKey,
      String name,
      String kind,
      String startNs,
      String durationNs,
      String status,
      @Nullable String errorType,
      @Nullable String errorMessage,
      @Nullable String model,
      @Nullable String provider,
      @Nullable String tokens,
      @Nullable String inputTokens,
      @Nullable String outputTokens,
      @Nullable String cost,
      @Nullable String costReason,
      boolean counted,
      boolean pending,
      @Nullable String toolName,
      @Nullable String agentName,
      @Nullable String promptName,
      @Nullable String promptVersion,
      @Nullable String ttftNs,
      String input,
      String output,
      int attempt,
      long documents) {}

  record RedThread(@Nullable String firstCause, List<String> failed, List<String> through) {}

  record Trace(
      TraceRow trace,
      List<SpanHead> spans,
      @Nullable String nextCursor,
      List<String> criticalPath,
      RedThread redThread,
      @Nullable String p50DurationNs,
      @Nullable String failedCost,
      List<Evaluation> evaluations,
      List<String> warnings) {}

  /**
   * @param joinedBy {@code session:ID} or {@code tag:KEY:VALUE} where ids do not say what it is
   *     about
   * @param ambiguous the tag is on more than one span
   */
  record Evaluation(
      String kind,
      String scope,
      String label,
      String type,
      JsonNode value,
      String status,
      @Nullable SpanFailure error,
      @Nullable String assessment,
      @Nullable String reasoning,
      @Nullable String submitter,
      @Nullable String submitterType,
      @Nullable String experimentId,
      List<String> tags,
      JsonNode metadata,
      String time,
      String timeNs,
      String source,
      @Nullable String traceId,
      @Nullable String spanId,
      @Nullable String spanKey,
      @Nullable String joinedBy,
      boolean ambiguous) {
    /** The same, joined. */
    Evaluation at(@Nullable String key, boolean toSeveral) {
      return new Evaluation(
          kind,
          scope,
          label,
          type,
          value,
          status,
          error,
          assessment,
          reasoning,
          submitter,
          submitterType,
          experimentId,
          tags,
          metadata,
          time,
          timeNs,
          source,
          traceId,
          spanId,
          key,
          joinedBy,
          toSeveral);
    }
  }

  /** One record of a dataset as an experiment ran it. */
  record ExperimentRow(
      String traceId,
      String spanId,
      String name,
      @Nullable String recordId,
      String start,
      String durationNs,
      String status,
      JsonNode input,
      JsonNode output,
      JsonNode expectedOutput,
      @Nullable SpanFailure error,
      List<Evaluation> evaluations) {}

  record ExperimentResult(
      List<ExperimentRow> rows, List<Evaluation> summary, @Nullable String partial) {}

  record TextPart(String text, long length, boolean cut) {}

  /** Only the fields of the part's own type are written. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Part(
      String type,
      @Nullable TextPart text,
      @Nullable String id,
      @Nullable String name,
      @Nullable Boolean error,
      @Nullable String toolSpanId,
      @Nullable String modality,
      @Nullable String mimeType,
      @Nullable String uri,
      @Nullable String byteSize) {}

  record Message(
      String role,
      @Nullable String name,
      List<Part> parts,
      @Nullable String finishReason,
      String hash,
      boolean seenBefore) {}

  record Body(String format, List<Message> messages, @Nullable TextPart value) {}

  record CostSplit(
      @Nullable String total,
      @Nullable String input,
      @Nullable String cacheRead,
      @Nullable String cacheWrite,
      @Nullable String output,
      String source,
      @Nullable String price,
      @Nullable String reason) {}

  record SpanFailure(String type, String message, String stack) {}

  record SpanUsage(
      @Nullable String input,
      @Nullable String cacheRead,
      @Nullable String cacheWrite,
      @com.fasterxml.jackson.annotation.JsonProperty("cache_write_1h")
          @Nullable String cacheWrite1h,
      @Nullable String inputAudio,
      @Nullable String output,
      @Nullable String reasoning,
      @Nullable String outputAudio,
      @Nullable String total,
      @Nullable String rule,
      JsonNode raw) {}

  record PreviousCall(String spanId, String name, String startNs, String traceId) {}

  record ToolDefinition(String name, @Nullable String description, @Nullable JsonNode schema) {}

  record Document(
      @Nullable String id,
      @Nullable String name,
      TextPart text,
      @Nullable Double score,
      @Nullable JsonNode metadata) {}

  record PromptUse(
      @Nullable String id,
      @Nullable String name,
      @Nullable String version,
      @Nullable String template,
      JsonNode variables) {}

  record Link(String traceId, String spanId, JsonNode attributes) {}

  record Span(
      String traceId,
      String spanId,
      String spanKey,
      @Nullable String parentId,
      String application,
      @Nullable String service,
      @Nullable String serviceVersion,
      @Nullable String environment,
      @Nullable String host,
      @Nullable String sdk,
      @Nullable String scope,
      List<String> dialects,
      String transport,
      String name,
      String kind,
      String kindRule,
      String start,
      String startNs,
      String durationNs,
      String status,
      boolean pending,
      @Nullable SpanFailure error,
      @Nullable String sessionId,
      @Nullable String userId,
      @Nullable String provider,
      @Nullable String model,
      @Nullable String modelRequested,
      @Nullable String responseId,
      @Nullable String operation,
      JsonNode parameters,
      List<String> finishReasons,
      @Nullable String ttftNs,
      SpanUsage usage,
      CostSplit cost,
      Body input,
      Body output,
      @Nullable PreviousCall previousCall,
      List<ToolDefinition> toolDefinitions,
      List<Document> documents,
      @Nullable String toolName,
      @Nullable String toolCallId,
      @Nullable String agentName,
      @Nullable PromptUse prompt,
      List<String> tags,
      JsonNode metadata,
      List<Link> links,
      List<Evaluation> evaluations,
      List<String> warnings,
      long sizeBytes,
      String received) {}

  record SpanRow(
      String traceId,
      String spanId,
      String application,
      String environment,
      String name,
      String kind,
      String start,
      String startNs,
      String durationNs,
      String status,
      @Nullable String errorType,
      @Nullable String model,
      @Nullable String tokens,
      @Nullable String cost,
      String input,
      String output,
      @Nullable String sessionId,
      @Nullable String userId) {}

  record SpanPage(
      List<SpanRow> spans, @Nullable String nextCursor, @Nullable String partial, long tookMs) {}

  /** How a span's attributes became its fields. */
  record Mapping(
      boolean rules,
      String kind,
      String kindRule,
      List<io.tracewell.core.Mapping.Dialect> dialects,
      List<MappedAttribute> attributes,
      List<io.tracewell.core.Mapping.Empty> empty,
      List<String> warnings) {
    static Mapping of(io.tracewell.core.Mapping mapping) {
      return new Mapping(
          mapping.rules(),
          mapping.kind().wireName(),
          mapping.kindRule(),
          mapping.dialects(),
          mapping.attributes().stream().map(MappedAttribute::of).toList(),
          mapping.empty(),
          mapping.warnings());
    }
  }

  /** What became of one attribute. */
  record MappedAttribute(
      String key,
      @Nullable String event,
      String outcome,
      @Nullable String field,
      @Nullable String dialect,
      @Nullable String by) {
    static MappedAttribute of(io.tracewell.core.Mapping.Attribute attribute) {
      return new MappedAttribute(
          attribute.key(),
          Values.text(attribute.event()),
          attribute.outcome().name().toLowerCase(java.util.Locale.ROOT),
          Values.text(attribute.field()),
          Values.text(attribute.dialect()),
          Values.text(attribute.by()));
    }
  }
}
