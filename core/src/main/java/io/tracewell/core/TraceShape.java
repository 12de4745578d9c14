package io.tracewell.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * What can only be said of a trace by looking at all of its spans: its tree, whose usage counts,
 * where it failed first, what it waited for, and its strip. Pure; spans may be incomplete, lack
 * their root, or have parents in a circle.
 *
 * <p>Spans are named by their index in {@link #nodes}, which is in order of start.
 */
public final class TraceShape {
  /** Most segments of a strip. */
  public static final int STRIP_SEGMENTS = 24;

  private static final int STRIP_GAP = 20;
  private static final long SIBLING_START_NANOS = 5_000_000;
  private static final int UNIQUE_RESPONSE_ID_CHARS = 12;
  // A record that an instrumentation makes when a stream has ended follows the client's at once.
  private static final long RECORD_AFTER_NANOS = 50_000_000;
  // What a framework still does between the end of the client's stream and that of its own span.
  private static final long AROUND_NANOS = 1_000_000_000;

  /** Dialect of the spans that a provider's own client library makes. */
  private static final String PROVIDER_CLIENT = "anthropic-sdk";

  /** A span as far as the shape needs it. Numbers are -1, strings empty where not known. */
  public interface Node {
    /** {@link Ids#spanKey} of the span. */
    long key();

    /** Key of the parent; 0 for a root. */
    long parentKey();

    SpanKind kind();

    String name();

    /** Unix epoch, nanoseconds. */
    long startNanos();

    /** Unix epoch, nanoseconds. */
    long endNanos();

    boolean pending();

    /** True where the status is error. */
    boolean failed();

    String provider();

    String model();

    String responseId();

    String dialects();

    long inputTokens();

    long outputTokens();

    long cacheReadTokens();

    /** Picodollars. */
    long cost();

    /** True where the cost is worked out by our price table, false where the sender said it. */
    boolean priced();
  }

  /**
   * A piece of the strip.
   *
   * @param start thousandths of the trace
   * @param end thousandths of the trace, never before start
   */
  public record Segment(SpanKind kind, int start, int end, boolean failed) {}

  private final List<Node> nodes;
  private final int[] parent;
  private final int[][] children;
  private final int[] tops;
  private final int[] preorder;
  private final int[] depth;
  private final int root;
  private final boolean rootMissing;
  private final boolean[] failureInside;
  private final boolean[] counted;
  private final boolean[] call;

  private TraceShape(List<Node> nodes, Set<Long> elsewhere) {
    this.nodes = nodes;
    int size = nodes.size();
    parent = new int[size];
    preorder = new int[size];
    depth = new int[size];
    findParents();
    children = new int[size][];
    int[] degree = new int[size];
    for (int i = 0; i < size; i++) {
      if (parent[i] >= 0) {
        degree[parent[i]]++;
      }
    }
    tops = order(degree);
    root = findRoot();
    rootMissing = nodes.get(root).parentKey() != 0;
    failureInside = new boolean[size];
    for (int at = size - 1; at >= 0; at--) {
      int i = preorder[at];
      for (int child : children[i]) {
        failureInside[i] |= failureInside[child] || nodes.get(child).failed();
      }
    }
    counted = new boolean[size];
    call = new boolean[size];
    findCounted(elsewhere);
  }

  /** The shape of a trace. {@code spans} must not be empty, nor hold a key twice. */
  public static TraceShape of(List<? extends Node> spans) {
    return of(spans, Set.of());
  }

  /**
   * The shape of a trace of which some calls are counted elsewhere.
   *
   * @param elsewhere keys of spans whose call another trace has a better record of
   */
  public static TraceShape of(List<? extends Node> spans, Set<Long> elsewhere) {
    List<Node> sorted = new ArrayList<>(spans);
    if (sorted.size() > 1) {
      sorted.sort(Comparator.comparingLong(Node::startNanos).thenComparingLong(Node::key));
    }
    return new TraceShape(sorted, elsewhere);
  }

  /** The spans in order of start. */
  public List<Node> nodes() {
    return nodes;
  }

  /** The root, or the earliest span without a parent here where the root is missing. */
  public int root() {
    return root;
  }

  /** True where no span says of itself that it has no parent. */
  public boolean rootMissing() {
    return rootMissing;
  }

  /** Index of the parent; -1 for a root and where the parent was not received. */
  public int parent(int node) {
    return parent[node];
  }

  /** Indexes of the children in order of start. */
  public int[] children(int node) {
    return children[node].clone();
  }

  /** Spans without a parent here, in order of start. */
  public int[] tops() {
    return tops.clone();
  }

  /** Steps from the top. */
  public int depth(int node) {
    return depth[node];
  }

  /**
   * Whether the usage of a span counts in the sums of the trace. It does unless a span below it
   * reports the same usage again, or another instrumentation reported the same answer.
   */
  public boolean counted(int node) {
    return counted[node];
  }

  /**
   * Whether this is one model call: an LLM or embedding span that is not a wrapper or a second
   * record of another.
   */
  public boolean call(int node) {
    return call[node];
  }

  /** True where the span reports usage or cost. */
  public static boolean reportsUsage(Node node) {
    return node.inputTokens() > 0 || node.outputTokens() > 0 || node.cost() > 0;
  }

  /** Start of the earliest span, nanoseconds. */
  public long startNanos() {
    return nodes.getFirst().startNanos();
  }

  /** End of the last span, nanoseconds. */
  public long endNanos() {
    long end = Long.MIN_VALUE;
    for (Node node : nodes) {
      end = Math.max(end, node.endNanos());
    }
    return end;
  }

  /** True where some span below failed. */
  public boolean failureInside(int node) {
    return failureInside[node];
  }

  /** True where the span failed and none below it did. */
  public boolean failedByItself(int node) {
    return nodes.get(node).failed() && !failureInside[node];
  }

  /**
   * The span that the trace's failure began with; -1 where nothing failed. A failure that a later
   * try of the same operation made good is passed over where another explains the outcome.
   */
  public int firstCause() {
    int[] cause = new int[nodes.size()];
    for (int at = preorder.length - 1; at >= 0; at--) {
      int i = preorder[at];
      cause[i] = cause(children[i], nodes.get(i).failed() ? i : -1, cause);
    }
    if (!rootMissing && cause[root] >= 0) {
      return cause[root];
    }
    return cause(tops, -1, cause);
  }

  private int cause(int[] among, int self, int[] cause) {
    int best = -1;
    int bestRank = 0;
    for (int child : among) {
      if (cause[child] < 0) {
        continue;
      }
      int rank = recovered(child, among) ? 1 : nodes.get(child).failed() ? 3 : 2;
      // What went wrong inside and was made good does not explain a failure of the span itself.
      if (self >= 0 && rank == 1) {
        continue;
      }
      if (rank > bestRank
          || (rank == bestRank
              && nodes.get(cause[child]).endNanos() < nodes.get(cause[best]).endNanos())) {
        best = child;
        bestRank = rank;
      }
    }
    return best >= 0 ? cause[best] : self;
  }

  private boolean recovered(int child, int[] siblings) {
    Node failed = nodes.get(child);
    for (int k = siblings.length - 1; k >= 0; k--) {
      Node later = nodes.get(siblings[k]);
      if (later.startNanos() < failed.endNanos()) {
        return false;
      }
      if (siblings[k] != child
          && !later.failed()
          && !later.pending()
          && later.kind() == failed.kind()
          && later.name().equals(failed.name())) {
        return true;
      }
    }
    return false;
  }

  /**
   * Which try of the same operation under the same parent each span is: 1 for the first, counting
   * on only after a try that failed.
   */
  public int[] attempts() {
    int[] attempts = new int[nodes.size()];
    Arrays.fill(attempts, 1);
    countAttempts(tops, attempts);
    for (int[] siblings : children) {
      countAttempts(siblings, attempts);
    }
    return attempts;
  }

  private void countAttempts(int[] siblings, int[] attempts) {
    if (siblings.length < 2) {
      return;
    }
    record Operation(SpanKind kind, String name) {}
    Map<Operation, Integer> last = new HashMap<>();
    for (int i : siblings) {
      Node node = nodes.get(i);
      Integer before = last.put(new Operation(node.kind(), node.name()), i);
      if (before != null
          && nodes.get(before).failed()
          && nodes.get(before).endNanos() <= node.startNanos()) {
        attempts[i] = attempts[before] + 1;
      }
    }
  }

  /** The spans that the end of the trace waited for, root first, then in order of start. */
  public int[] criticalPath() {
    boolean[] on = onCriticalPath();
    int[] path = new int[nodes.size()];
    int length = 0;
    for (int i = 0; i < on.length; i++) {
      if (on[i]) {
        path[length++] = i;
      }
    }
    return Arrays.copyOf(path, length);
  }

  private boolean[] onCriticalPath() {
    boolean[] on = new boolean[nodes.size()];
    if (rootMissing) {
      markLastFinishing(tops, endNanos(), on);
    } else {
      on[root] = true;
    }
    for (int i : preorder) {
      if (on[i]) {
        markLastFinishing(children[i], nodes.get(i).endNanos(), on);
      }
    }
    return on;
  }

  // Backwards from the end: whatever finished last was waited for; before it, what finished before
  // it began.
  private void markLastFinishing(int[] among, long end, boolean[] on) {
    if (among.length == 0) {
      return;
    }
    if (among.length == 1) {
      on[among[0]] |= nodes.get(among[0]).startNanos() <= end;
      return;
    }
    Integer[] byEnd = new Integer[among.length];
    for (int k = 0; k < among.length; k++) {
      byEnd[k] = among[k];
    }
    Arrays.sort(byEnd, Comparator.comparingLong((Integer i) -> nodes.get(i).endNanos()).reversed());
    long cursor = Long.MAX_VALUE;
    for (int i : byEnd) {
      Node node = nodes.get(i);
      if (node.startNanos() <= end && node.endNanos() <= cursor) {
        on[i] = true;
        cursor = node.startNanos();
      }
    }
  }

  /** The trace strip: leaves of LLM work in order, at most {@value #STRIP_SEGMENTS}. */
  public List<Segment> strip() {
    boolean[] workInside = new boolean[nodes.size()];
    boolean anyWork = false;
    for (int at = preorder.length - 1; at >= 0; at--) {
      int i = preorder[at];
      anyWork |= nodes.get(i).kind().isLlmWork();
      for (int child : children[i]) {
        workInside[i] |= workInside[child] || nodes.get(child).kind().isLlmWork();
      }
    }
    boolean[] critical = onCriticalPath();
    long start = startNanos();
    double length = Math.max(1, endNanos() - start);
    List<Segment> drawn = new ArrayList<>();
    List<Segment> others = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      boolean leaf = anyWork ? node.kind().isLlmWork() && !workInside[i] : children[i].length == 0;
      if (leaf) {
        // A span that ends before it starts may start after all has ended.
        int from = (int) Math.min(1000, (node.startNanos() - start) * 1000.0 / length);
        int to = (int) Math.ceil((node.endNanos() - start) * 1000.0 / length);
        (critical[i] ? drawn : others)
            .add(new Segment(node.kind(), from, Math.clamp(to, from, 1000), node.failed()));
      }
    }
    return shorten(lay(drawn, others));
  }

  // Where siblings overlap, the critical one is drawn; the rest fills what is free.
  private static List<Segment> lay(List<Segment> drawn, List<Segment> others) {
    List<Segment> all = new ArrayList<>(drawn.size() + others.size());
    int nextDrawn = 0;
    int free = 0;
    for (Segment other : others) {
      while (nextDrawn < drawn.size() && drawn.get(nextDrawn).start() <= other.start()) {
        Segment segment = drawn.get(nextDrawn++);
        all.add(segment);
        free = Math.max(free, segment.end());
      }
      boolean beforeNext = nextDrawn == drawn.size() || other.end() <= drawn.get(nextDrawn).start();
      if (other.start() >= free && beforeNext) {
        all.add(other);
        free = other.end();
      }
    }
    all.addAll(drawn.subList(nextDrawn, drawn.size()));
    return all;
  }

  private static List<Segment> shorten(List<Segment> segments) {
    List<Segment> merged = merge(segments, STRIP_GAP, 0);
    for (int shortest = 4; merged.size() > STRIP_SEGMENTS; shortest *= 2) {
      merged = merge(merged, STRIP_GAP, shortest);
    }
    return merged;
  }

  // Neighbours of one kind become one where the gap is small; what is shorter than shortest joins
  // its neighbour.
  private static List<Segment> merge(List<Segment> segments, int gap, int shortest) {
    List<Segment> result = new ArrayList<>(segments.size());
    for (Segment next : segments) {
      Segment last = result.isEmpty() ? null : result.getLast();
      boolean join =
          last != null
              && ((last.kind() == next.kind()
                      && last.failed() == next.failed()
                      && next.start() - last.end() < gap)
                  || next.end() - last.start() < shortest);
      if (last == null || !join) {
        result.add(next);
        continue;
      }
      boolean lastLonger = last.end() - last.start() >= next.end() - next.start();
      result.set(
          result.size() - 1,
          new Segment(
              lastLonger ? last.kind() : next.kind(),
              last.start(),
              Math.max(last.end(), next.end()),
              last.failed() || next.failed()));
    }
    return result;
  }

  private void findParents() {
    Map<Long, Integer> byKey = HashMap.newHashMap(nodes.size());
    for (int i = 0; i < nodes.size(); i++) {
      byKey.put(nodes.get(i).key(), i);
    }
    for (int i = 0; i < nodes.size(); i++) {
      long key = nodes.get(i).parentKey();
      Integer found = key == 0 ? null : byKey.get(key);
      parent[i] = found == null || found == i ? -1 : found;
    }
    // A circle of parents is cut at its earliest span. Marks: 0 new, 1 on the way up, 2 known to
    // end.
    byte[] mark = new byte[nodes.size()];
    for (int i = 0; i < mark.length; i++) {
      int at = i;
      while (at >= 0 && mark[at] == 0) {
        mark[at] = 1;
        at = parent[at];
      }
      if (at >= 0 && mark[at] == 1) {
        int earliest = at;
        mark[at] = 2;
        for (int k = parent[at]; k != at; k = parent[k]) {
          mark[k] = 2;
          earliest = Math.min(earliest, k);
        }
        parent[earliest] = -1;
      }
      for (int k = i; k >= 0 && mark[k] == 1; k = parent[k]) {
        mark[k] = 2;
      }
    }
  }

  private int[] order(int[] degree) {
    int size = nodes.size();
    int topCount = 0;
    for (int i = 0; i < size; i++) {
      children[i] = new int[degree[i]];
      degree[i] = 0;
      topCount += parent[i] < 0 ? 1 : 0;
    }
    int[] found = new int[topCount];
    topCount = 0;
    for (int i = 0; i < size; i++) {
      if (parent[i] < 0) {
        found[topCount++] = i;
      } else {
        children[parent[i]][degree[parent[i]]++] = i;
      }
    }
    int[] stack = new int[size];
    int top = 0;
    int at = 0;
    for (int k = found.length - 1; k >= 0; k--) {
      stack[top++] = found[k];
    }
    while (top > 0) {
      int i = stack[--top];
      preorder[at++] = i;
      for (int k = children[i].length - 1; k >= 0; k--) {
        depth[children[i][k]] = depth[i] + 1;
        stack[top++] = children[i][k];
      }
    }
    return found;
  }

  private int findRoot() {
    for (int top : tops) {
      if (nodes.get(top).parentKey() == 0) {
        return top;
      }
    }
    return tops[0];
  }

  private void findCounted(Set<Long> elsewhere) {
    int size = nodes.size();
    boolean[] again = new boolean[size];
    for (int i = 0; i < size && !elsewhere.isEmpty(); i++) {
      again[i] = elsewhere.contains(nodes.get(i).key());
    }
    findSameResponse(again);
    findRecordsOfClients(again);
    // Whether usage is reported below, and whether it is so without a tool, agent or workflow in
    // between.
    boolean[] usageBelow = new boolean[size];
    boolean[] sameCallBelow = new boolean[size];
    boolean[] modelBelow = new boolean[size];
    for (int at = size - 1; at >= 0; at--) {
      int i = preorder[at];
      for (int child : children[i]) {
        Node node = nodes.get(child);
        boolean crosses =
            switch (node.kind()) {
              case TOOL, AGENT, WORKFLOW -> true;
              default -> false;
            };
        boolean reports = reportsUsage(node) && !again[child];
        usageBelow[i] |= reports || usageBelow[child];
        sameCallBelow[i] |= !crosses && (reports || sameCallBelow[child]);
        modelBelow[i] |= !crosses && ((isModel(node) && !again[child]) || modelBelow[child]);
      }
      Node node = nodes.get(i);
      boolean model = isModel(node);
      if (sameCallBelow[i] && model && isCallOfItsOwn(i, node, again)) {
        sameCallBelow[i] = false;
        modelBelow[i] = false;
      }
      counted[i] = reportsUsage(node) && !again[i] && !(model ? sameCallBelow[i] : usageBelow[i]);
      call[i] = model && !again[i] && !modelBelow[i];
    }
    dropSiblings(tops);
    for (int[] siblings : children) {
      dropSiblings(siblings);
    }
  }

  /**
   * True where the one instrumentation tells of other answers below: it does not record a call
   * twice under two ids.
   */
  private boolean isCallOfItsOwn(int at, Node node, boolean[] again) {
    if (node.responseId().isEmpty()) {
      return false;
    }
    for (int child : children[at]) {
      Node below = nodes.get(child);
      boolean reports = isModel(below) && reportsUsage(below) && !again[child];
      if (reports
          ? below.responseId().isEmpty()
              || below.responseId().equals(node.responseId())
              || !below.dialects().equals(node.dialects())
          : children[child].length > 0) {
        return false;
      }
    }
    return true;
  }

  /** True for a model call, or the record of one. */
  public static boolean isModel(Node node) {
    return node.kind() == SpanKind.LLM || node.kind() == SpanKind.EMBEDDING;
  }

  /**
   * What tells that two records are of one answer; empty where the node does not say. Ids that are
   * short may be numbers that every provider gives.
   */
  public static String answer(Node node) {
    String id = node.responseId();
    return id.isEmpty() || !isModel(node)
        ? ""
        : id.length() < UNIQUE_RESPONSE_ID_CHARS ? node.provider() + ' ' + id : id;
  }

  /**
   * Which of two records of one answer counts, by what they say alone: the one with usage, then the
   * one that knows what was cached, then that of the provider's own client where they differ in
   * their output or their price, then one that an instrumentation made, which knows the messages
   * and the user. 0 where they do not differ in that.
   */
  public static int compareRecords(Node one, Node other) {
    int usage = Boolean.compare(reportsUsage(one), reportsUsage(other));
    if (usage != 0) {
      return usage;
    }
    int cache = Boolean.compare(one.cacheReadTokens() > 0, other.cacheReadTokens() > 0);
    if (cache != 0) {
      return cache;
    }
    // Instrumentations that add up a stream can be wrong, and most don't tell for how long the
    // cache keeps what was written, which has a price; the client has the provider's figures.
    boolean alike =
        one.outputTokens() == other.outputTokens()
            && (one.cost() == other.cost() || !one.priced() || !other.priced());
    return alike
        ? Boolean.compare(isProviderClient(other), isProviderClient(one))
        : Boolean.compare(isProviderClient(one), isProviderClient(other));
  }

  /** True where a provider's own client made the record. */
  public static boolean isProviderClient(Node node) {
    return node.dialects().startsWith(PROVIDER_CLIENT);
  }

  // Two instrumentations of one call: the better record counts, then the innermost.
  private void findSameResponse(boolean[] again) {
    Map<String, Integer> kept = null;
    for (int i = 0; i < nodes.size(); i++) {
      String answer = again[i] ? "" : answer(nodes.get(i));
      if (answer.isEmpty()) {
        continue;
      }
      if (kept == null) {
        kept = new HashMap<>();
      }
      Integer other = kept.putIfAbsent(answer, i);
      if (other != null) {
        int better = compareRecords(nodes.get(i), nodes.get(other));
        boolean wins = better > 0 || (better == 0 && depth[i] > depth[other]);
        kept.put(answer, wins ? i : other);
        again[wins ? other : i] = true;
      }
    }
  }

  /**
   * True for a record that may be of a call that a provider's client reports too, and has no id of
   * the answer that would tell.
   */
  public static boolean mayRepeatClient(Node node) {
    return isModel(node)
        && reportsUsage(node)
        && node.responseId().isEmpty()
        && !isProviderClient(node);
  }

  /**
   * Which record is of which client's call. An instrumentation may make a record when a stream has
   * ended, beside the span of the request, below which the client's is: they end together. Or the
   * client's span, a root of its own, lies within that of a framework. Both have the same figures;
   * each record is of one call.
   *
   * @param clients spans of a provider's client
   * @param records those that {@link #mayRepeatClient}
   * @return for each client the index of its record, or -1
   */
  public static int[] recordsOf(List<? extends Node> clients, List<? extends Node> records) {
    int[] found = new int[clients.size()];
    Arrays.fill(found, -1);
    boolean[] taken = new boolean[records.size()];
    // Of calls with the same figures one after the other, a record may come shortly after both; the
    // one that it lies around is sure.
    find(clients, records, TraceShape::isAround, found, taken);
    find(clients, records, TraceShape::isAfter, found, taken);
    return found;
  }

  private static void find(
      List<? extends Node> clients,
      List<? extends Node> records,
      BiPredicate<Node, Node> isOf,
      int[] found,
      boolean[] taken) {
    Integer[] recordsByEnd = byEnd(records);
    int first = 0;
    for (int c : byEnd(clients)) {
      if (found[c] >= 0) {
        continue;
      }
      Node client = clients.get(c);
      while (first < recordsByEnd.length
          && records.get(recordsByEnd[first]).endNanos() < client.endNanos() - RECORD_AFTER_NANOS) {
        first++;
      }
      for (int k = first; k < recordsByEnd.length; k++) {
        int r = recordsByEnd[k];
        Node record = records.get(r);
        if (record.endNanos() > client.endNanos() + AROUND_NANOS) {
          break;
        }
        if (!taken[r] && isOf.test(record, client) && hasFiguresOf(record, client)) {
          taken[r] = true;
          found[c] = r;
          break;
        }
      }
    }
  }

  private static boolean isAround(Node record, Node client) {
    return record.startNanos() <= client.startNanos() && record.endNanos() >= client.endNanos();
  }

  private static boolean isAfter(Node record, Node client) {
    return record.startNanos() >= client.startNanos()
        && record.endNanos() <= client.endNanos() + RECORD_AFTER_NANOS;
  }

  private static boolean hasFiguresOf(Node record, Node client) {
    return record.inputTokens() == client.inputTokens()
        && record.outputTokens() == client.outputTokens()
        && Math.max(0, record.cacheReadTokens()) == Math.max(0, client.cacheReadTokens())
        && record.provider().equals(client.provider())
        && client.model().startsWith(record.model());
  }

  private static Integer[] byEnd(List<? extends Node> nodes) {
    Integer[] order = new Integer[nodes.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Arrays.sort(
        order,
        Comparator.comparingLong((Integer i) -> nodes.get(i).endNanos())
            .thenComparingLong(i -> nodes.get(i).key()));
    return order;
  }

  // What is above a client's span is told by the tree.
  private void findRecordsOfClients(boolean[] again) {
    List<Node> clients = new ArrayList<>(0);
    List<Node> records = new ArrayList<>(0);
    List<Integer> indexes = new ArrayList<>(0);
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (again[i]) {
        continue;
      }
      if (isModel(node) && isProviderClient(node) && reportsUsage(node)) {
        clients.add(node);
        indexes.add(i);
      } else if (children[i].length == 0 && mayRepeatClient(node)) {
        records.add(node);
      }
    }
    if (!clients.isEmpty() && !records.isEmpty()) {
      int[] found = recordsOf(clients, records);
      for (int c = 0; c < found.length; c++) {
        again[indexes.get(c)] |= found[c] >= 0;
      }
    }
  }

  // The same call seen by two instrumentations side by side. Equal calls of one instrumentation are
  // real.
  private void dropSiblings(int[] siblings) {
    for (int k = 1; k < siblings.length; k++) {
      Node node = nodes.get(siblings[k]);
      if (!counted[siblings[k]] || !isModel(node)) {
        continue;
      }
      for (int j = k - 1; j >= 0; j--) {
        Node other = nodes.get(siblings[j]);
        if (node.startNanos() - other.startNanos() > SIBLING_START_NANOS) {
          break;
        }
        if (counted[siblings[j]]
            && isModel(other)
            && node.model().equals(other.model())
            && node.inputTokens() == other.inputTokens()
            && node.outputTokens() == other.outputTokens()
            && !node.dialects().equals(other.dialects())) {
          int loser = node.cacheReadTokens() >= 0 && other.cacheReadTokens() < 0 ? j : k;
          counted[siblings[loser]] = false;
          call[siblings[loser]] = false;
          break;
        }
      }
    }
  }
}
