package io.tracewell.server.normalise;

import io.tracewell.core.Span;
import io.tracewell.core.SpanLog;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Coding agents (Claude Code, Codex CLI, Gemini CLI) report each prompt, call and tool as a log
 * record. Where no span stands behind a record, one is made of it: what a record says decides its
 * ids, so that sending it again, or in any order, gives the same trace.
 *
 * <p>A call's record comes when the call has ended and says how long it took. A prompt's span has
 * no duration, because nothing says when its work was done.
 */
public final class CodingAgents {
  /** What a record is to its trace. */
  private enum Role {
    /** The span that the others of its prompt or conversation lie under. */
    TOP,
    PROMPT,
    CALL,
    TOOL,
    /** What the model said: belongs to the span of its call. */
    ANSWER
  }

  /**
   * An agent, as data.
   *
   * @param prefix of its events' names
   * @param scope beginning of the scope its convention speaks in
   * @param session attribute with the id of the session
   * @param prompt attribute with the id of the prompt; empty where there is none
   * @param tracePerPrompt true where a prompt is a trace of its own, else the session is
   * @param ownSpans true where an agent that also sends spans says the same in them
   */
  private record Agent(
      String prefix,
      String scope,
      String session,
      String prompt,
      boolean tracePerPrompt,
      boolean ownSpans,
      Map<String, Role> events) {}

  private static final List<Agent> AGENTS =
      List.of(
          new Agent(
              "claude_code.",
              "com.anthropic.claude_code",
              "session.id",
              "prompt.id",
              true,
              true,
              Map.of(
                  "user_prompt", Role.TOP,
                  "api_request", Role.CALL,
                  "api_error", Role.CALL,
                  "tool_result", Role.TOOL,
                  "assistant_response", Role.ANSWER)),
          new Agent(
              "codex.",
              "codex",
              "conversation.id",
              "",
              false,
              false,
              Map.of(
                  "conversation_starts", Role.TOP,
                  "user_prompt", Role.PROMPT,
                  "sse_event", Role.CALL,
                  "api_request", Role.CALL,
                  "websocket_request", Role.CALL,
                  "tool_result", Role.TOOL)),
          new Agent(
              "gemini_cli.",
              "gemini-cli",
              "session.id",
              "prompt_id",
              false,
              true,
              Map.of(
                  "user_prompt", Role.TOP,
                  "api_response", Role.CALL,
                  "api_error", Role.CALL,
                  "tool_call", Role.TOOL)));

  private static final String GEMINI_CLI = "gemini-cli";
  private static final String DETAILS = "gen_ai.client.inference.operation.details";

  private CodingAgents() {}

  /**
   * What a record becomes.
   *
   * @param span null where the record only adds to a span
   * @param scope of the span
   * @param logs what is to be merged into spans
   */
  public record Made(Sent.@Nullable Span span, Sent.Scope scope, List<SpanLog> logs) {}

  /**
   * Reads a record of a coding agent.
   *
   * @param event the record's name, from wherever it was sent
   * @param sequence its position in its request
   * @return null where the record is none of these, or says nothing of calls, tools and prompts
   */
  public static @Nullable Made read(
      Sent.Resource resource, Sent.Log log, String event, long receivedNanos, int sequence) {
    if (event.equals(DETAILS)) {
      boolean within = !log.spanId().isEmpty() && !log.traceId().isEmpty();
      // What names an answer has a span somewhere, which would be counted twice (OpenLIT).
      boolean answered = !log.attributes().text("gen_ai.response.id").isEmpty();
      boolean geminiCli = resource.service.equals(GEMINI_CLI);
      return within || (answered && !geminiCli)
          ? null
          : details(resource, log, receivedNanos, sequence);
    }
    for (Agent agent : AGENTS) {
      boolean named = event.startsWith(agent.prefix);
      if (named || log.scope().name.startsWith(agent.scope)) {
        Role role = agent.events.get(named ? event.substring(agent.prefix.length()) : event);
        return role == null
            ? null
            : new Reading(agent, role, resource, log, event, receivedNanos, sequence).made();
      }
    }
    return null;
  }

  /** The name of a record: Claude Code's older versions have it only as the record's text. */
  public static String nameOf(Sent.Log log) {
    String name = log.eventName();
    if (name.isEmpty()) {
      name = log.attributes().text("event.name");
    }
    return name.isEmpty() && log.body() instanceof String text && text.startsWith("claude_code.")
        ? text
        : name;
  }

  /**
   * OpenTelemetry's record of a whole call, of which no span was made. Gemini CLI sends one beside
   * its own record of the call, at the same instant; others nothing else.
   */
  private static Made details(
      Sent.Resource resource, Sent.Log log, long receivedNanos, int sequence) {
    Attributes attributes = log.attributes();
    String session = attributes.text("session.id");
    String instant = attributes.text("event.timestamp");
    if (resource.service.equals(GEMINI_CLI) && !session.isEmpty() && !instant.isEmpty()) {
      String model = attributes.text("gen_ai.request.model");
      return new Made(
          null,
          log.scope(),
          List.of(
              new SpanLog(
                  Span.DEFAULT_PROJECT,
                  hash(32, "gemini_cli.", session),
                  hash(16, "gemini_cli.", session, "call", instant, model),
                  time(log, receivedNanos),
                  DETAILS,
                  sequence,
                  JsonText.of(log.body()),
                  JsonText.of(attributes),
                  resource.application)));
    }
    Sent.Span span = new Sent.Span();
    span.attributes = log.body() instanceof Attributes body ? body : attributes;
    if (attributes != span.attributes) {
      for (int i = 0; i < attributes.size(); i++) {
        span.attributes.add(attributes.key(i), attributes.value(i));
      }
    }
    String all = JsonText.of(span.attributes);
    String time = Long.toString(log.timeNanos());
    String trace = log.traceId();
    span.traceId = trace.isEmpty() ? hash(32, DETAILS, time, all) : trace;
    span.spanId = hash(16, DETAILS, time, all);
    span.name =
        (span.attributes.text("gen_ai.operation.name")
                + ' '
                + span.attributes.text("gen_ai.request.model"))
            .strip();
    span.startNanos = time(log, receivedNanos);
    span.endNanos = span.startNanos;
    span.sizeBytes = all.length();
    return new Made(span, log.scope(), List.of());
  }

  private static long time(Sent.Log log, long receivedNanos) {
    return log.timeNanos() > 0 ? log.timeNanos() : receivedNanos;
  }

  /** The first digits of a hash of these words. */
  private static String hash(int digits, String... words) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String word : words) {
        digest.update(word.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, digits);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The reading of one record. */
  private static final class Reading {
    private final Agent agent;
    private final Role role;
    private final Sent.Resource resource;
    private final Sent.Log log;
    private final Attributes attributes;
    private final String event;
    private final long time;
    private final int sequence;
    private final String session;
    private final String prompt;

    Reading(
        Agent agent,
        Role role,
        Sent.Resource resource,
        Sent.Log log,
        String event,
        long receivedNanos,
        int sequence) {
      this.agent = agent;
      this.role = role;
      this.resource = resource;
      this.log = log;
      this.attributes = log.attributes();
      this.event = event.startsWith(agent.prefix) ? event : agent.prefix + event;
      this.time = time(log, receivedNanos);
      this.sequence = sequence;
      this.session = attributes.text(agent.session);
      this.prompt = agent.prompt.isEmpty() ? "" : attributes.text(agent.prompt);
    }

    @Nullable Made made() {
      if (session.isEmpty()) {
        // Nothing tells which records belong together.
        return null;
      }
      boolean within = !log.traceId().isEmpty() && !log.spanId().isEmpty();
      if (within && agent.ownSpans) {
        return new Made(null, log.scope(), said(log.traceId(), log.spanId()));
      }
      if (role == Role.ANSWER) {
        List<SpanLog> logs = said(trace(), callId());
        // The last answer is what came of the prompt.
        return new Made(
            null,
            log.scope(),
            logs.isEmpty() ? logs : List.of(logs.getFirst(), said(trace(), topId()).getFirst()));
      }
      if (event.startsWith("codex.") && role == Role.CALL && !ended()) {
        return null;
      }
      Sent.Span span = new Sent.Span();
      span.traceId = within ? log.traceId() : trace();
      span.spanId =
          switch (role) {
            case TOP -> topId();
            case TOOL -> toolId();
            default -> callId();
          };
      span.parentId = within ? log.spanId() : role == Role.TOP || top().isEmpty() ? "" : topId();
      span.name = event;
      double milliseconds = Values.decimal(attributes.get("duration_ms"));
      long nanos = milliseconds > 0 && milliseconds < 1e10 ? (long) (milliseconds * 1e6) : 0;
      span.startNanos = time - nanos;
      span.endNanos = time;
      span.attributes = attributes;
      span.sizeBytes = JsonText.of(attributes).length();
      boolean failed =
          event.endsWith("_error")
              || attributes.text("success").equals("false")
              || (role == Role.CALL && !attributes.text("error.message").isEmpty());
      if (failed) {
        span.statusCode = 2;
        String message = attributes.text("error.message");
        span.statusMessage = message.isEmpty() ? attributes.text("error") : message;
      }
      return new Made(span, scope(), List.of());
    }

    /** Codex tells of each event of a stream; one of them is the call's end, as is a failure. */
    private boolean ended() {
      return attributes.text("event.kind").equals("response.completed")
          || !attributes.text("error.message").isEmpty();
    }

    /** A scope in which the attributes mean what the agent means by them. */
    private Sent.Scope scope() {
      return log.scope().name.startsWith(agent.scope)
          ? log.scope()
          : new Sent.Scope(agent.scope, log.scope().version, Attributes.NONE, "");
    }

    /** What was asked or answered, as a record that {@link LogMerge} reads. */
    private List<SpanLog> said(String traceId, String spanId) {
      String text = attributes.text(role == Role.ANSWER ? "response" : "prompt");
      if ((role != Role.ANSWER && role != Role.TOP)
          || text.isEmpty()
          || text.equals("<REDACTED>")
          || text.equals("[REDACTED]")) {
        return List.of();
      }
      StringBuilder json = new StringBuilder(text.length() + 96).append('{');
      JsonText.name(json, role == Role.ANSWER ? "gen_ai.output.messages" : "gen_ai.input.messages");
      json.append("[{\"role\":\"")
          .append(role == Role.ANSWER ? "assistant" : "user")
          .append("\",\"parts\":[{\"type\":\"text\",\"content\":");
      JsonText.string(json, text);
      json.append("}]}]}");
      return List.of(
          new SpanLog(
              Span.DEFAULT_PROJECT,
              traceId,
              spanId,
              time,
              DETAILS,
              sequence,
              "null",
              json.toString(),
              resource.application));
    }

    private String trace() {
      return agent.tracePerPrompt
          ? hash(32, agent.prefix, session, prompt)
          : hash(32, agent.prefix, session);
    }

    /** What the other spans lie under; empty where nothing is known of it. */
    private String top() {
      return agent.prompt.isEmpty() ? session : prompt;
    }

    private String topId() {
      return hash(16, agent.prefix, session, "top", top());
    }

    private String callId() {
      String request = attributes.text("request_id");
      if (!request.isEmpty() && !event.endsWith("_error")) {
        return hash(16, agent.prefix, session, "call", request);
      }
      if (agent.prefix.equals("gemini_cli.")) {
        // So does the record of OpenTelemetry's conventions that comes beside it.
        return hash(
            16,
            agent.prefix,
            session,
            "call",
            attributes.text("event.timestamp"),
            attributes.text("model"));
      }
      return hash(16, agent.prefix, session, event, position());
    }

    private String toolId() {
      String call = attributes.text("tool_use_id") + attributes.text("call_id");
      return hash(16, agent.prefix, session, "tool", call.isEmpty() ? position() : call);
    }

    private String position() {
      // All that it says: sent again, it is the same record.
      return log.timeNanos() + JsonText.of(attributes);
    }
  }
}
