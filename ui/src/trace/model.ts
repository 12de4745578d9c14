import type { SpanHead, Trace } from "../api/types";

/** How a span takes part in a failure: it failed by itself, or it only contains one that did. */
export type Failure = "own" | "through" | null;

/** A span in its place in the tree. Times are nanoseconds since the origin of the trace. */
export interface SpanNode {
  readonly key: string;
  /** Null for a stand-in whose children name it as their parent although it never arrived. */
  readonly head: SpanHead | null;
  /** The id as it was sent; of a stand-in, the id its children name. */
  readonly id: string;
  start: number;
  end: number;
  parent: SpanNode | null;
  children: SpanNode[];
  failure: Failure;
  firstCause: boolean;
  critical: boolean;
  /** On the way from the first cause to the root. */
  thread: boolean;
  /** It begins before its parent began, or after it ended: two clocks. Nanoseconds outside, with their sign; 0 where all is well. */
  skew: number;
  /** Its parents form a ring; it was cut here. */
  cycle: boolean;
}

export interface TraceModel {
  /** Nanoseconds since the epoch at which the waterfall begins. */
  readonly origin: bigint;
  /** Width of the waterfall in nanoseconds, at least 1. */
  readonly total: number;
  readonly roots: readonly SpanNode[];
  readonly byKey: ReadonlyMap<string, SpanNode>;
  /** By the id as it was sent, and by key. */
  find(id: string): SpanNode | undefined;
  /** Spans that failed by themselves, first cause first, then by the time they ended. */
  readonly failed: readonly SpanNode[];
  readonly firstCause: SpanNode | null;
  readonly spanCount: number;
  readonly hasCriticalPath: boolean;
}

const byStart = (a: SpanNode, b: SpanNode) => a.start - b.start || b.end - a.end || (a.key < b.key ? -1 : 1);
const HOUR = 3_600e9;

function ns(text: string): bigint {
  try {
    return BigInt(text);
  } catch {
    return 0n;
  }
}

/**
 * Builds the tree of a trace. Whatever senders did (parents that never came, parents in a ring, clocks that differ), every span is in it exactly once.
 *
 * @param now nanoseconds since the epoch: how far the bars of running spans reach
 */
export function buildModel(trace: Trace, now: bigint): TraceModel {
  const heads = trace.spans;
  const root = heads.find(h => h.parent_key === null) ?? null;
  const starts = heads.map(h => ns(h.start_ns));
  let origin = starts[0] ?? ns(trace.trace.start_ns);
  for (const start of starts) if (start < origin) origin = start;
  // One clock that is days off must not squeeze everything else into a pixel: the root then sets the scale.
  if (root && ns(root.start_ns) - origin > BigInt(HOUR) && Number(ns(root.start_ns) - origin) > 20 * Number(ns(root.duration_ns))) origin = ns(root.start_ns);

  const byKey = new Map<string, SpanNode>();
  const byId = new Map<string, SpanNode>();
  for (const [i, head] of heads.entries()) {
    if (byKey.has(head.span_key)) continue;
    const start = Number(starts[i]! - origin);
    const running = head.pending ? Math.max(0, Number(now - starts[i]!)) : 0;
    const node = fresh(head.span_key, head, head.span_id, start, start + Math.max(0, Number(head.duration_ns) || 0, running));
    byKey.set(node.key, node);
    if (!byId.has(node.id)) byId.set(node.id, node);
  }

  const roots: SpanNode[] = [];
  const missing = new Map<string, SpanNode>();
  for (const node of byKey.values()) {
    const parentKey = node.head!.parent_key;
    if (parentKey === null || parentKey === node.key) {
      node.cycle = parentKey !== null;
      roots.push(node);
      continue;
    }
    let parent = byKey.get(parentKey) ?? missing.get(parentKey);
    if (!parent) {
      parent = fresh("missing:" + parentKey, null, node.head!.parent_id ?? parentKey, node.start, node.end);
      missing.set(parentKey, parent);
      roots.push(parent);
    }
    node.parent = parent;
    parent.children.push(node);
    if (!parent.head) {
      parent.start = Math.min(parent.start, node.start);
      parent.end = Math.max(parent.end, node.end);
    }
  }
  cutRings(byKey, roots);
  roots.sort(byStart);
  for (const node of byKey.values()) {
    if (node.children.length > 1) node.children.sort(byStart);
    const parent = node.parent;
    if (parent?.head && !parent.head.pending) node.skew = node.start < parent.start ? node.start - parent.start : node.start > parent.end ? node.start - parent.end : 0;
  }
  for (const node of missing.values()) node.children.sort(byStart);

  for (const key of trace.red_thread.through) mark(byKey.get(key), node => (node.failure = "through"));
  for (const key of trace.red_thread.failed) mark(byKey.get(key), node => (node.failure = "own"));
  for (const key of trace.critical_path) mark(byKey.get(key), node => (node.critical = true));
  const firstCause = (trace.red_thread.first_cause && byKey.get(trace.red_thread.first_cause)) || null;
  if (firstCause) firstCause.firstCause = true;
  // The line in the gutter has to reach the root, whether or not the spans between failed themselves.
  for (const node of byKey.values()) if (node.failure === "own") for (let at: SpanNode | null = node; at && !at.thread; at = at.parent) at.thread = true;

  const failed = [...byKey.values()].filter(n => n.failure === "own").sort((a, b) => Number(b.firstCause) - Number(a.firstCause) || a.end - b.end || byStart(a, b));
  const window = root && byKey.get(root.span_key);
  let end = 1;
  for (const node of byKey.values()) if (node.end > end) end = node.end;
  if (window && window.end > 0 && end - window.end > HOUR && end > 20 * window.end) end = window.end;
  return { origin, total: Math.max(1, end), roots, byKey, find: id => byId.get(id) ?? byKey.get(id), failed, firstCause, spanCount: byKey.size, hasCriticalPath: trace.critical_path.length > 0 };
}

function fresh(key: string, head: SpanHead | null, id: string, start: number, end: number): SpanNode {
  return { key, head, id, start, end, parent: null, children: [], failure: null, firstCause: false, critical: false, thread: false, skew: 0, cycle: false };
}

function mark(node: SpanNode | undefined, change: (node: SpanNode) => void): void {
  if (node) change(node);
}

/** Spans that no root reaches have parents in a ring: each ring is opened at its earliest span. */
function cutRings(byKey: ReadonlyMap<string, SpanNode>, roots: SpanNode[]): void {
  const reached = new Set<SpanNode>();
  const visit = (from: readonly SpanNode[]) => {
    const stack = [...from];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      stack.push(...node.children);
    }
  };
  visit(roots);
  if ([...byKey.values()].every(n => reached.has(n))) return;
  for (const node of [...byKey.values()].sort(byStart)) {
    if (reached.has(node)) continue;
    // Up to the ring itself: a span that merely hangs below one keeps its parent.
    const seen = new Set<SpanNode>();
    let at: SpanNode = node;
    while (!seen.has(at)) {
      seen.add(at);
      at = at.parent!;
    }
    let first = at;
    for (let on = at.parent!; on !== at; on = on.parent!) if (byStart(on, first) < 0) first = on;
    first.parent!.children.splice(first.parent!.children.indexOf(first), 1);
    first.parent = null;
    first.cycle = true;
    roots.push(first);
    visit([first]);
  }
}

/** A line of the tree: a span, or a run of siblings that repeat and are folded into one. */
export interface Item {
  readonly id: string;
  /** The span; of a run, its first one. */
  readonly node: SpanNode;
  readonly repeat: Repeat | null;
  readonly depth: number;
  parent: Item | null;
  children: Item[];
  /** No sibling follows. */
  last: boolean;
  /** The red thread passes through this line, or one of its later siblings. */
  red: boolean;
  redBelow: boolean;
  start: number;
  end: number;
}

export interface Repeat {
  /** How many times. */
  readonly times: number;
  /** The names that follow one another each time. */
  readonly names: readonly string[];
  readonly nodes: readonly SpanNode[];
  readonly failed: number;
  readonly cost: number | null;
}

/** Fewer repeats than this stay apart: three attempts are a story, thirty are a loop. */
export const MIN_REPEATS = 4;
const MAX_PERIOD = 6;

/** Lays the tree out in lines, with repeats folded where asked. Kinds, where given, keep only spans of these kinds and what leads to them. */
export function layOut(model: TraceModel, { collapse, kinds }: { collapse: boolean; kinds?: ReadonlySet<string> | null }): Item[] {
  const keep = kinds?.size ? kept(model, kinds) : null;
  const top: Item[] = [];
  // No recursion: a chain of 100,000 spans is a tree too.
  const work: { nodes: readonly SpanNode[]; into: Item[]; parent: Item | null; depth: number; collapse: boolean }[] = [{ nodes: model.roots, into: top, parent: null, depth: 0, collapse }];
  for (let task = work.pop(); task; task = work.pop()) {
    const nodes = keep ? task.nodes.filter(n => keep.has(n)) : task.nodes;
    for (const part of task.collapse ? runs(nodes) : nodes.map(n => [n])) {
      const node = part[0]!;
      const group = part.length > 1;
      const repeat = group ? describe(part as Run) : null;
      const item: Item = { id: (group ? "run:" : "") + node.key, node, repeat, depth: task.depth, parent: task.parent, children: [], last: false, red: part.some(n => n.thread), redBelow: false, start: node.start, end: part.reduce((a, n) => Math.max(a, n.end), node.end) };
      task.into.push(item);
      const below = group ? part : node.children;
      if (below.length) work.push({ nodes: below, into: item.children, parent: item, depth: task.depth + 1, collapse: group ? false : collapse });
    }
    let red = false;
    for (let i = task.into.length - 1; i >= 0; i--) {
      const item = task.into[i]!;
      item.last = i === task.into.length - 1;
      item.redBelow = red;
      red ||= item.red;
    }
  }
  return top;
}

function kept(model: TraceModel, kinds: ReadonlySet<string>): Set<SpanNode> {
  const keep = new Set<SpanNode>();
  for (const node of model.byKey.values()) if (kinds.has(node.head!.kind)) for (let at: SpanNode | null = node; at && !keep.has(at); at = at.parent) keep.add(at);
  return keep;
}

type Run = SpanNode[] & { period?: number };

/** Splits siblings into runs of something that repeats at least {@link MIN_REPEATS} times, and single spans. */
function runs(nodes: readonly SpanNode[]): Run[] {
  if (nodes.length < MIN_REPEATS) return nodes.map(n => [n]);
  // The way to the first cause is never folded away, and a failure never hides among successes.
  const signs = nodes.map(n => (n.firstCause || (n.thread && containsFirstCause(n)) || !n.head ? n.key : `${n.head.kind}\n${n.head.name}\n${n.failure ?? ""}`));
  const out: Run[] = [];
  for (let i = 0; i < nodes.length; ) {
    let best = 0, bestPeriod = 0;
    for (let period = 1; period <= MAX_PERIOD && i + period * MIN_REPEATS <= nodes.length; period++) {
      let same = i + period;
      while (same < nodes.length && signs[same] === signs[same - period]) same++;
      const times = Math.floor((same - i) / period);
      if (times >= MIN_REPEATS && times * period > best) {
        best = times * period;
        bestPeriod = period;
      }
    }
    if (best) {
      const run: Run = nodes.slice(i, i + best);
      run.period = bestPeriod;
      out.push(run);
      i += best;
    } else out.push([nodes[i++]!]);
  }
  return out;
}

function containsFirstCause(node: SpanNode): boolean {
  const stack = [node];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at.firstCause) return true;
    for (const child of at.children) if (child.thread) stack.push(child);
  }
  return false;
}

function describe(run: Run): Repeat {
  const period = run.period ?? 1;
  let cost: number | null = null, failed = 0;
  const stack: SpanNode[] = [...run];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at.failure === "own") failed++;
    if (at.head?.cost != null && at.head.counted) cost = (cost ?? 0) + Number(at.head.cost);
    for (const child of at.children) stack.push(child);
  }
  return { times: run.length / period, names: run.slice(0, period).map(n => n.head?.name ?? ""), nodes: run, failed, cost };
}

/** Lines of spans are open and lines of repeats are closed, unless their id is in `toggled`. */
export function isOpen(item: Item, toggled: ReadonlySet<string>): boolean {
  return (item.repeat === null) !== toggled.has(item.id);
}

/** The lines to draw, in order. */
export function visible(top: readonly Item[], toggled: ReadonlySet<string>): Item[] {
  const out: Item[] = [];
  const stack: Item[] = [...top].reverse();
  for (let item = stack.pop(); item; item = stack.pop()) {
    out.push(item);
    if (item.children.length && isOpen(item, toggled)) for (let i = item.children.length - 1; i >= 0; i--) stack.push(item.children[i]!);
  }
  return out;
}

/** The line of a span wherever it is, folded away or not. */
export function lineOf(top: readonly Item[], node: SpanNode): Item | undefined {
  const stack: Item[] = [...top];
  for (let item = stack.pop(); item; item = stack.pop()) {
    if (item.repeat === null && item.node === node) return item;
    for (const child of item.children) stack.push(child);
  }
  return undefined;
}

/** `toggled` changed so that a line can be seen. */
export function reveal(item: Item, toggled: ReadonlySet<string>): ReadonlySet<string> {
  let out: Set<string> | null = null;
  for (let at = item.parent; at; at = at.parent) {
    if (isOpen(at, out ?? toggled)) continue;
    out ??= new Set(toggled);
    if (out.has(at.id)) out.delete(at.id);
    else out.add(at.id);
  }
  return out ?? toggled;
}

/** Spans in which a word occurs: name, model, tool, agent, error, previews of input and output. */
export function search(model: TraceModel, words: string): SpanNode[] {
  const needle = words.trim().toLowerCase();
  if (!needle) return [];
  const found: SpanNode[] = [];
  for (const node of model.byKey.values()) {
    const h = node.head!;
    const hit = (text: string | null) => text !== null && text.toLowerCase().includes(needle);
    if (hit(h.name) || hit(h.model) || hit(h.tool_name) || hit(h.agent_name) || hit(h.error_type) || hit(h.error_message) || hit(h.input) || hit(h.output) || hit(h.span_id)) found.push(node);
  }
  return found.sort(byStart);
}
