package io.tracewell.core;

import java.util.List;

/**
 * A normalised span: what intake hands to the store. Strings are never null; empty means "not
 * sent". Ids are the text that was sent, {@link SpanKeys} what they are stored under.
 *
 * @param projectId the wall between tenants; {@code default}
 * @param traceId as sent
 * @param spanId as sent
 * @param parentId as sent; empty for a root
 * @param keys what it is stored under
 * @param origin who sent it
 * @param name display name
 * @param kind what it does
 * @param kindRule the rule that decided the kind
 * @param startNanos Unix epoch, nanoseconds, as sent
 * @param endNanos Unix epoch, nanoseconds, never before start (a warning says so where it was sent
 *     that way); equals start while pending
 * @param pending true while the sender has only announced the span and will send it again when it
 *     ends
 * @param status outcome
 * @param error why it failed; all parts empty where it did not
 * @param sessionId conversation or session
 * @param userId user of the application
 * @param model model call, for LLM and embedding spans
 * @param usage tokens
 * @param cost price of the call
 * @param system system instructions that were sent apart from the input
 * @param input input as sent
 * @param output output as sent
 * @param toolDefinitions tools offered to the model, JSON as sent
 * @param documents retrieved documents, JSON as sent
 * @param inputPreview first characters of what was asked (the last user message), one line, at most
 *     {@value #PREVIEW_CHARS}
 * @param outputPreview first characters of what was answered, or of the error
 * @param inputHashes {@link Message#hash} of each input message, system first, in order
 * @param texts texts to search, in order: name-independent, input messages then output
 * @param toolName name of the tool, for tool spans; else empty
 * @param toolCallId id that ties a tool span to the message that asked for it
 * @param agentName name of the agent
 * @param prompt managed prompt
 * @param tags {@code key:value} or bare
 * @param metadata JSON object of everything the user attached
 * @param links links to other spans
 * @param warnings what was wrong with the span and what was done about it, {@code code: sentence}
 * @param raw the span as sent, JSON: resource, scope, attributes, events; a value that stands
 *     unchanged in a column is {@code {"$ref":"input"}} instead
 * @param sizeBytes size of the span on the wire, decoded
 */
public record Span(
    String projectId,
    String traceId,
    String spanId,
    String parentId,
    SpanKeys keys,
    Origin origin,
    String name,
    SpanKind kind,
    String kindRule,
    long startNanos,
    long endNanos,
    boolean pending,
    SpanStatus status,
    SpanError error,
    String sessionId,
    String userId,
    ModelCall model,
    Usage usage,
    Cost cost,
    Content system,
    Content input,
    Content output,
    Content toolDefinitions,
    Content documents,
    String inputPreview,
    String outputPreview,
    long[] inputHashes,
    List<MessageText> texts,
    String toolName,
    String toolCallId,
    String agentName,
    Prompt prompt,
    List<String> tags,
    String metadata,
    List<SpanLink> links,
    List<String> warnings,
    String raw,
    int sizeBytes) {
  /** The only project until there are several. */
  public static final String DEFAULT_PROJECT = "default";

  /** Length of a preview, characters. */
  public static final int PREVIEW_CHARS = 300;

  /** Length of the span in nanoseconds. */
  public long durationNanos() {
    return endNanos - startNanos;
  }

  /** The same span with other texts to search. */
  public Span withTexts(List<MessageText> newTexts) {
    return with(cost, output, outputPreview, newTexts);
  }

  /** The same span with another cost. */
  public Span withCost(Cost newCost) {
    return with(newCost, output, outputPreview, texts);
  }

  /** The same span with another output. */
  public Span withOutput(Content newOutput, String newPreview) {
    return with(cost, newOutput, newPreview, texts);
  }

  private Span with(
      Cost newCost, Content newOutput, String newPreview, List<MessageText> newTexts) {
    return new Span(
        projectId,
        traceId,
        spanId,
        parentId,
        keys,
        origin,
        name,
        kind,
        kindRule,
        startNanos,
        endNanos,
        pending,
        status,
        error,
        sessionId,
        userId,
        model,
        usage,
        newCost,
        system,
        input,
        newOutput,
        toolDefinitions,
        documents,
        inputPreview,
        newPreview,
        inputHashes,
        newTexts,
        toolName,
        toolCallId,
        agentName,
        prompt,
        tags,
        metadata,
        links,
        warnings,
        raw,
        sizeBytes);
  }
}
