package io.tracewell.server.store;

import io.tracewell.core.SpanKind;
import io.tracewell.core.TraceShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Derives the row of a trace, and which of its usage counts, from the heads of its spans. */
final class TraceRows {
  static final List<String> COLUMNS =
      Rows.columns(
          "project_id day place_minute trace_key ver lkey place_apps place_minutes trace_id root_key root_missing"
              + " application environment service_version name kind start end running status"
              + " error_type error_message first_cause_key session_id user_id input_preview"
              + " output_preview span_count llm_work_count llm_calls tool_calls error_count"
              + " input_tokens output_tokens cache_read_tokens cost priced_calls unpriced_calls"
              + " ttft_ns models kinds tools error_types prompts tags strip");
  private static final int MAX_VALUES = 100;

  private TraceRows() {}

  /** A trace looked at whole. */
  static final class Derived {
    final TraceState trace;
    final TraceShape shape;
    final List<Head> heads;
    final int firstCause;
    // Whose texts the row shows: the root's, else those of the first and the last model call.
    private final Head root;
    private final @Nullable Head firstCall;
    private final @Nullable Head lastCall;

    Derived(TraceState trace) {
      this.trace = trace;
      shape = TraceShape.of(new ArrayList<>(trace.heads.values()), trace.elsewhere);
      heads = new ArrayList<>(shape.nodes().size());
      for (TraceShape.Node node : shape.nodes()) {
        heads.add((Head) node);
      }
      firstCause = shape.firstCause();
      root = heads.get(shape.root());
      Head first = null;
      Head last = null;
      for (Head head : heads) {
        if (head.kind == SpanKind.LLM) {
          first = first == null ? head : first;
          last = last == null || head.end >= last.end ? head : last;
        }
      }
      firstCall = first;
      lastCall = last;
    }

    /** The spans whose previews are shown but are not in memory. */
    List<Head> missingPreviews() {
      List<Head> missing = new ArrayList<>();
      for (Head head : shown()) {
        if (head.previews == null) {
          missing.add(head);
        }
      }
      return missing;
    }

    /** Lets go of the texts that are not shown; of those that can't be read back, later. */
    void dropPreviews() {
      Set<Head> shown = shown();
      for (Head head : heads) {
        if (head.previews != null) {
          head.shown = shown.contains(head);
          if (head.stored && !head.shown) {
            head.previews = null;
          }
        }
      }
    }

    private Set<Head> shown() {
      Set<Head> shown = new LinkedHashSet<>();
      shown.add(root);
      if (firstCall != null) {
        shown.add(firstCall);
      }
      if (lastCall != null) {
        shown.add(lastCall);
      }
      if (firstCause >= 0) {
        shown.add(heads.get(firstCause));
      }
      return shown;
    }

    /** Keys of spans that report usage which does not count; sorted. */
    long[] uncounted() {
      long[] keys = new long[heads.size()];
      int count = 0;
      for (int i = 0; i < heads.size(); i++) {
        if ((!shape.counted(i) && TraceShape.reportsUsage(heads.get(i)))
            || trace.elsewhere.contains(heads.get(i).key)) {
          keys[count++] = heads.get(i).key;
        }
      }
      long[] result = Arrays.copyOf(keys, count);
      Arrays.sort(result);
      return result;
    }
  }

  /** Tells what changed between two sorted sets of keys: each key with whether it was added. */
  static void changes(long[] before, long[] after, BiConsumer<Long, Boolean> change) {
    for (long key : after) {
      if (Arrays.binarySearch(before, key) < 0) {
        change.accept(key, true);
      }
    }
    for (long key : before) {
      if (Arrays.binarySearch(after, key) < 0) {
        change.accept(key, false);
      }
    }
  }

  /** Writes the row of a trace. */
  static void write(NativeBlock row, Derived derived, long ver) {
    TraceState trace = derived.trace;
    TraceShape shape = derived.shape;
    List<Head> heads = derived.heads;
    Head root = derived.root;

    int work = 0;
    int calls = 0;
    int tools = 0;
    int errors = 0;
    int priced = 0;
    int unpriced = 0;
    long input = -1;
    long output = -1;
    long cacheRead = -1;
    long cost = -1;
    long ttft = root.ttft;
    boolean running = false;
    Set<String> models = new LinkedHashSet<>();
    Set<String> kinds = new LinkedHashSet<>();
    Set<String> toolNames = new LinkedHashSet<>();
    Set<String> errorTypes = new LinkedHashSet<>();
    Set<String> prompts = new LinkedHashSet<>();
    Set<String> tags = new LinkedHashSet<>();
    long start = shape.startNanos();
    for (int i = 0; i < heads.size(); i++) {
      Head head = heads.get(i);
      work += head.kind.isLlmWork() ? 1 : 0;
      errors += head.failed() ? 1 : 0;
      running |= head.pending;
      boolean call = shape.call(i);
      calls += call && head.kind == SpanKind.LLM ? 1 : 0;
      if (head.kind == SpanKind.TOOL) {
        int above = shape.parent(i);
        while (above >= 0 && heads.get(above).kind == SpanKind.SPAN) {
          above = shape.parent(above);
        }
        // One call can be seen by the agent, by its client and, behind the spans of HTTP, by the
        // server: the outermost counts.
        tools += above >= 0 && heads.get(above).kind == SpanKind.TOOL ? 0 : 1;
      }
      if (shape.counted(i)) {
        input = sum(input, head.input);
        output = sum(output, head.output);
        cacheRead = sum(cacheRead, head.cacheRead);
        cost = sum(cost, head.cost);
      }
      if (shape.counted(i) || call) {
        boolean costsNothing = head.failed() && head.input < 0 && head.output < 0;
        priced += head.cost >= 0 ? 1 : 0;
        unpriced += head.cost < 0 && !costsNothing && !head.pending ? 1 : 0;
      }
      if (call && ttft < 0 && head.ttft >= 0) {
        ttft = head.start - start + head.ttft;
      }
      add(kinds, head.kind.wireName());
      add(models, head.model);
      add(toolNames, head.toolName);
      add(errorTypes, head.failed() ? head.errorType : "");
      if (!head.promptName.isEmpty()) {
        add(prompts, head.promptName + ':' + head.promptVersion);
      }
      for (String tag : head.tags) {
        add(tags, tag);
      }
    }
    Head cause = derived.firstCause < 0 ? null : heads.get(derived.firstCause);

    row.string(trace.id.project());
    row.int16((int) trace.place.day());
    row.int32((int) trace.place.minute());
    row.int128(trace.id.high(), trace.id.low());
    row.int64(ver);
    row.int64(trace.place.localityKey());
    row.array(1).string(trace.place.app());
    row.array(1).int32((int) trace.place.minute());
    row.string(trace.traceId);
    row.int64(root.key);
    row.int8(shape.rootMissing() ? 1 : 0);
    row.string(root.application);
    row.string(first(root.environment, heads, h -> h.environment));
    row.string(first(root.serviceVersion, heads, h -> h.serviceVersion));
    row.string(root.name);
    row.string(root.kind.wireName());
    row.int64(start);
    row.int64(shape.endNanos());
    row.int8(running ? 1 : 0);
    row.string(root.status.wireName());
    row.string(cause == null ? "" : cause.errorType);
    row.string(cause == null || cause.previews == null ? "" : cause.previews.error());
    row.int64(cause == null ? 0 : cause.key);
    row.string(first(root.sessionId, heads, h -> h.sessionId));
    row.string(first(root.userId, heads, h -> h.userId));
    row.string(inputPreview(derived));
    row.string(outputPreview(derived));
    row.int32(heads.size());
    row.int32(work);
    row.int32(calls);
    row.int32(tools);
    row.int32(errors);
    row.int64(input);
    row.int64(output);
    row.int64(cacheRead);
    Rows.money(row, cost);
    row.int32(priced);
    row.int32(unpriced);
    row.int64(ttft);
    row.strings(models);
    row.strings(kinds);
    row.strings(toolNames);
    row.strings(errorTypes);
    row.strings(prompts);
    row.strings(tags);
    row.string(strip(shape));
  }

  private static String inputPreview(Derived derived) {
    Head.Previews root = derived.root.previews;
    if (root != null && !root.input().isEmpty()) {
      return root.input();
    }
    Head call = derived.firstCall;
    return call == null || call.previews == null ? "" : call.previews.input();
  }

  private static String outputPreview(Derived derived) {
    Head.Previews root = derived.root.previews;
    if (root != null && !root.output().isEmpty()) {
      return root.output();
    }
    Head call = derived.lastCall;
    return call == null || call.previews == null ? "" : call.previews.output();
  }

  private static String strip(TraceShape shape) {
    StringBuilder json = new StringBuilder(96).append('[');
    for (TraceShape.Segment segment : shape.strip()) {
      json.append(json.length() > 1 ? "," : "")
          .append("[\"")
          .append(segment.kind().wireName())
          .append("\",")
          .append(segment.start())
          .append(',')
          .append(segment.end())
          .append(',')
          .append(segment.failed())
          .append(']');
    }
    return json.append(']').toString();
  }

  private static String first(String preferred, List<Head> heads, Function<Head, String> part) {
    if (!preferred.isEmpty()) {
      return preferred;
    }
    for (Head head : heads) {
      String value = part.apply(head);
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private static long sum(long sum, long value) {
    return value < 0 ? sum : Math.max(sum, 0) + value;
  }

  private static void add(Set<String> values, String value) {
    if (!value.isEmpty() && values.size() < MAX_VALUES) {
      values.add(value);
    }
  }
}
