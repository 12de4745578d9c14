package io.tracewell.server.ingest;

import io.tracewell.server.normalise.Attributes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LLM calls among log lines: LiteLLM's logger {@code datadog} writes each of its calls as JSON into
 * the message of one. They become the span event that its other logger would have sent, with more
 * in it: what the model answered to, why it stopped, the parameters.
 */
final class LiteLlmLogs {
  private static final String MARK = "\"litellm_call_id\"";

  private LiteLlmLogs() {}

  /** The span event of a log line; null for a line that is no LLM call. */
  static @Nullable Attributes call(Attributes line) {
    if (!(line.get("message") instanceof String message) || !message.contains(MARK)) {
      return null;
    }
    try {
      byte[] json = message.getBytes(StandardCharsets.UTF_8);
      return LenientJson.read(json, json.length) instanceof Attributes call
              && call.get("litellm_call_id") instanceof String id
              && !id.isEmpty()
              && call.get("call_type") instanceof String type
          ? event(line, call, id, type)
          : null;
    } catch (DatadogUnreadable e) {
      // Other programs may write that word into a line as well.
      return null;
    }
  }

  private static Attributes event(Attributes line, Attributes call, String id, String type) {
    Attributes response = map(call.get("response"));
    Attributes event = new Attributes(16);
    event.add("span_id", id);
    event.add("trace_id", call.text("trace_id").isEmpty() ? id : call.get("trace_id"));
    event.add("parent_id", "undefined");
    event.add("name", type);
    double start = number(call.get("startTime"));
    double end = number(call.get("endTime"));
    if (start > 0) {
      event.add("start_ns", nanos(start));
      event.add("duration", Math.max(0, nanos(end) - nanos(start)));
    }
    boolean failed = call.text("status").equals("failure");
    event.add("status", failed ? "error" : "ok");
    event.add("service", line.get("service"));
    event.add("session_id", call.text("session_id"));
    event.add("tags", tags(line.text("ddtags")));
    event.add("meta", meta(call, type, response, failed));
    event.add("metrics", metrics(call, response));
    event.add("litellm", call);
    return event;
  }

  private static Attributes meta(
      Attributes call, String type, Attributes response, boolean failed) {
    Attributes meta = new Attributes(12);
    boolean embedding = type.contains("embedding");
    meta.add(
        "kind",
        embedding
            ? "embedding"
            : type.contains("rerank") ? "retrieval" : type.contains("mcp_tool") ? "tool" : "llm");
    String model = response.text("model");
    meta.add("model_name", model.isEmpty() ? call.get("model") : model);
    meta.add("model_provider", call.get("custom_llm_provider"));
    meta.add("input", input(call.get("messages"), embedding));
    meta.add("output", output(response, embedding));
    Attributes parameters = map(call.get("model_parameters"));
    if (parameters.get("tools") instanceof List<?> tools && !tools.isEmpty()) {
      meta.add("tool_definitions", tools);
    }
    meta.add("metadata", metadata(call, parameters));
    if (failed) {
      Attributes information = map(call.get("error_information"));
      Attributes error = new Attributes(3);
      error.add("type", information.get("error_class"));
      error.add("message", call.get("error_str"));
      error.add("stack", information.get("traceback"));
      meta.add("error", error);
    }
    return meta;
  }

  private static Attributes input(@Nullable Object messages, boolean embedding) {
    Attributes input = new Attributes(1);
    if (!(messages instanceof List<?> list)) {
      // What LiteLLM writes where it was told not to log messages, or had to cut them.
      input.add("value", messages);
    } else if (embedding) {
      List<Object> documents = new ArrayList<>();
      for (Object message : list) {
        Attributes document = new Attributes(1);
        document.add("text", message instanceof Attributes one ? one.get("content") : message);
        documents.add(document);
      }
      input.add("documents", documents);
    } else {
      input.add("messages", list);
    }
    return input;
  }

  private static Attributes output(Attributes response, boolean embedding) {
    Attributes output = new Attributes(1);
    if (response.get("choices") instanceof List<?> choices) {
      List<Object> messages = new ArrayList<>();
      for (Object item : choices) {
        Attributes choice = map(item);
        Attributes said = map(choice.get("message"));
        Attributes message = new Attributes(said.size() + 1);
        for (int i = 0; i < said.size(); i++) {
          message.add(said.key(i), said.value(i));
        }
        message.add("finish_reason", choice.get("finish_reason"));
        messages.add(message);
      }
      output.add("messages", messages);
    } else if (response.get("output") instanceof List<?> items) {
      output.add("messages", items);
    } else if (response.get("role") != null && response.get("content") != null) {
      output.add("messages", List.of(response));
    } else if (embedding && response.get("data") instanceof List<?> vectors) {
      int size =
          !vectors.isEmpty() && map(vectors.getFirst()).get("embedding") instanceof List<?> first
              ? first.size()
              : 0;
      output.add(
          "value",
          "["
              + vectors.size()
              + " embedding(s) returned"
              + (size > 0 ? " with size " + size : "")
              + "]");
    } else if (!response.isEmpty()) {
      output.add("value", response);
    }
    return output;
  }

  private static Attributes metadata(Attributes call, Attributes parameters) {
    Attributes metadata = new Attributes(16);
    for (int i = 0; i < parameters.size(); i++) {
      if (!parameters.key(i).equals("tools")) {
        metadata.add(parameters.key(i), parameters.value(i));
      }
    }
    // The other logger says it like this too.
    metadata.add("id", call.get("id"));
    for (String name : new String[] {"api_base", "cache_hit", "end_user"}) {
      if (call.get(name) != null && !call.text(name).isEmpty()) {
        metadata.add(name, call.get(name));
      }
    }
    Attributes sent = map(call.get("metadata"));
    for (int i = 0; i < sent.size(); i++) {
      boolean none =
          sent.value(i) == null || sent.value(i) instanceof List<?> list && list.isEmpty();
      if (!none && !sent.key(i).equals("usage_object")) {
        metadata.add(sent.key(i), sent.value(i));
      }
    }
    return metadata;
  }

  private static Attributes metrics(Attributes call, Attributes response) {
    Attributes metrics = new Attributes(12);
    // All zeros are what LiteLLM writes where the provider reported nothing.
    if (number(call.get("total_tokens")) > 0) {
      metrics.add("input_tokens", call.get("prompt_tokens"));
      metrics.add("output_tokens", call.get("completion_tokens"));
      metrics.add("total_tokens", call.get("total_tokens"));
      Attributes usage = map(response.get("usage"));
      Attributes of = map(usage.get("prompt_tokens_details"));
      add(metrics, "cache_read_input_tokens", of.get("cached_tokens"));
      add(metrics, "cache_write_input_tokens", usage.get("cache_creation_input_tokens"));
      add(
          metrics,
          "reasoning_output_tokens",
          map(usage.get("completion_tokens_details")).get("reasoning_tokens"));
    }
    if (number(call.get("response_cost")) > 0) {
      metrics.add("total_cost", call.get("response_cost"));
      Attributes cost = map(call.get("cost_breakdown"));
      add(metrics, "input_cost", cost.get("input_cost"));
      add(metrics, "output_cost", cost.get("output_cost"));
      add(metrics, "cache_read_input_cost", cost.get("cache_read_cost"));
      add(metrics, "cache_write_input_cost", cost.get("cache_creation_cost"));
    }
    double first = number(call.get("completionStartTime")) - number(call.get("startTime"));
    // Of a call without stream it is the end.
    if (Boolean.TRUE.equals(call.get("stream")) && first > 0 && first < 1e6) {
      metrics.add("time_to_first_token", Math.round(first * 1e6) / 1e6);
    }
    return metrics;
  }

  private static void add(Attributes to, String name, @Nullable Object value) {
    if (value instanceof Number) {
      to.add(name, value);
    }
  }

  private static List<Object> tags(String text) {
    List<Object> tags = new ArrayList<>();
    for (String tag : text.split(",", -1)) {
      if (!tag.isBlank()) {
        tags.add(tag.strip());
      }
    }
    return tags;
  }

  // Seconds with a fraction; a double has microseconds.
  private static long nanos(double seconds) {
    return Math.round(seconds * 1e6) * 1_000;
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  private static Attributes map(@Nullable Object value) {
    return value instanceof Attributes map ? map : Attributes.NONE;
  }
}
