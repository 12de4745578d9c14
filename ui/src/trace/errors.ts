import type { SpanNode, TraceModel } from "./model";

/** A step from the first cause to what came of it. */
export interface Step {
  readonly node: SpanNode;
  /** When it is told: failures by the moment they began, those that only contain one by the moment they ended. */
  readonly at: number;
  readonly role: "first" | "failed" | "contains" | "root";
  /** Later failures of the same span name with the same error. */
  readonly repeats: readonly SpanNode[];
  /** Calls of the same name beside this one, itself included: how often it was tried. */
  readonly calls: readonly SpanNode[];
}

const MOST = 40;

/** How a trace failed, from the first cause to the root, each kind of failure once. Nothing is inferred: each step is a span. */
export function steps(model: TraceModel): Step[] {
  if (!model.failed.length) return [];
  const sign = (n: SpanNode) => `${n.head?.kind}\n${n.head?.name}\n${n.head?.error_type}`;
  const bySign = new Map<string, SpanNode[]>();
  for (const node of model.failed) bySign.set(sign(node), [...(bySign.get(sign(node)) ?? []), node]);
  const out: Step[] = [];
  for (const [first, ...repeats] of bySign.values()) out.push({ node: first!, at: first!.start, role: first!.firstCause ? "first" : "failed", repeats, calls: [] });
  const cause = model.firstCause ?? model.failed[0]!;
  const names = new Set<string>();
  for (let at = cause.parent; at; at = at.parent) {
    if (!at.head || at.failure === "own") continue;
    if (!at.parent) {
      if (at.failure === "through") out.push({ node: at, at: at.end, role: "root", repeats: [], calls: [] });
    } else if (!names.has(sign(at))) {
      names.add(sign(at));
      const calls = at.parent.children.filter(n => n.head?.name === at!.head!.name && n.head.kind === at!.head!.kind);
      out.push({ node: at, at: at.end, role: "contains", repeats: [], calls });
    }
  }
  const rank = { first: 0, failed: 1, contains: 1, root: 2 };
  return out.sort((a, b) => rank[a.role] - rank[b.role] || a.at - b.at).slice(0, MOST);
}

/** Failures after the selected span, in the order of the tree, then again from the first. */
export function nextFailure(model: TraceModel, order: readonly SpanNode[], from: SpanNode | undefined): SpanNode | undefined {
  const at = from ? order.indexOf(from) : -1;
  for (let i = 1; i <= order.length; i++) {
    const node = order[(at + i) % order.length]!;
    if (node.failure === "own") return node;
  }
  return model.failed[0];
}

/** All spans in the order of the unfolded tree. */
export function inOrder(model: TraceModel): SpanNode[] {
  const out: SpanNode[] = [];
  const stack = [...model.roots].reverse();
  for (let at = stack.pop(); at; at = stack.pop()) {
    out.push(at);
    for (let i = at.children.length - 1; i >= 0; i--) stack.push(at.children[i]!);
  }
  return out;
}
