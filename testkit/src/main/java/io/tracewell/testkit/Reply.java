package io.tracewell.testkit;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the fake provider answers. Start from a factory method and change parts with the {@code
 * with…} methods.
 *
 * @param status HTTP status; anything but 200 sends the provider's error body
 * @param text the answer, or the error's message
 * @param reasoning a reasoning summary (Anthropic: a thinking block), or empty
 * @param refusal the model declines: OpenAI's {@code refusal} field, Anthropic's stop reason
 * @param truncated the answer was cut at the token limit
 * @param usage what is reported; null to have it estimated from the texts
 * @param firstToken time until the first byte of a stream; null for a natural time
 * @param total time until the answer is complete; null for a natural time
 * @param retryAfter sent with an error where it is not null
 */
public record Reply(
    int status,
    String text,
    String reasoning,
    List<Ask.ToolCall> toolCalls,
    boolean refusal,
    boolean truncated,
    @Nullable Usage usage,
    @Nullable Duration firstToken,
    @Nullable Duration total,
    @Nullable Duration retryAfter) {

  /**
   * Tokens. {@code input} counts all of the prompt, cache included (OpenAI's way; Anthropic's wire
   * form is derived); {@code output} includes {@code reasoning}, {@code cacheWrite} those kept for
   * an hour ({@code cacheWrite1h}).
   */
  public record Usage(
      int input, int cacheRead, int cacheWrite, int cacheWrite1h, int output, int reasoning) {}

  /** A plain answer. */
  public static Reply text(String text) {
    return new Reply(200, text, "", List.of(), false, false, null, null, null, null);
  }

  /** One call of a tool; {@code arguments} is JSON text. */
  public static Reply call(String tool, String arguments) {
    return text("").withToolCalls(List.of(new Ask.ToolCall(tool, arguments)));
  }

  /** The model declines. */
  public static Reply refuse(String text) {
    return new Reply(200, text, "", List.of(), true, false, null, null, null, null);
  }

  /** An HTTP error in the provider's own form. */
  public static Reply error(int status, String message) {
    return new Reply(status, message, "", List.of(), false, false, null, null, null, null);
  }

  /** 429; {@code retryAfter} is rounded up to whole seconds on the wire. */
  public static Reply rateLimited(String message, Duration retryAfter) {
    return new Reply(
        429, message, "", List.of(), false, false, null, null, Duration.ofMillis(40), retryAfter);
  }

  public Reply withToolCalls(List<Ask.ToolCall> calls) {
    return new Reply(
        status, text, reasoning, calls, refusal, truncated, usage, firstToken, total, retryAfter);
  }

  public Reply withText(String newText) {
    return new Reply(
        status,
        newText,
        reasoning,
        toolCalls,
        refusal,
        truncated,
        usage,
        firstToken,
        total,
        retryAfter);
  }

  public Reply withReasoning(String newReasoning) {
    return new Reply(
        status,
        text,
        newReasoning,
        toolCalls,
        refusal,
        truncated,
        usage,
        firstToken,
        total,
        retryAfter);
  }

  public Reply withTruncated() {
    return new Reply(
        status, text, reasoning, toolCalls, refusal, true, usage, firstToken, total, retryAfter);
  }

  public Reply withUsage(Usage newUsage) {
    return new Reply(
        status,
        text,
        reasoning,
        toolCalls,
        refusal,
        truncated,
        newUsage,
        firstToken,
        total,
        retryAfter);
  }

  /** Exact times, whatever the provider's latency factor is. */
  public Reply withLatency(Duration newFirstToken, Duration newTotal) {
    return new Reply(
        status,
        text,
        reasoning,
        toolCalls,
        refusal,
        truncated,
        usage,
        newFirstToken,
        newTotal,
        retryAfter);
  }
}
