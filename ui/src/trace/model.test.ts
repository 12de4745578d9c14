import { describe, expect, it } from "vitest";
import { inOrder, nextFailure, steps } from "./errors";
import { head, trace } from "./fixture";
import { buildModel, isOpen, layOut, lineOf, reveal, search, visible, type Item } from "./model";

const model = (...args: Parameters<typeof trace>) => buildModel(trace(...args), 0n);
const draw = (lines: readonly Item[]) => lines.map(l => " ".repeat(l.depth) + (l.repeat ? `${l.repeat.names.join("+")}×${l.repeat.times}` : (l.node.head?.name ?? "?")));
const lines = (m: ReturnType<typeof buildModel>, collapse = true, toggled: ReadonlySet<string> = new Set()) => draw(visible(layOut(m, { collapse }), toggled));

describe("the tree of a trace", () => {
  it("puts children under their parents in order of start", () => {
    const m = model([head("root", { ms: 100 }), head("b", { parent: "root", at: 20 }), head("a", { parent: "root", at: 10 }), head("a1", { parent: "a", at: 11 })]);
    expect(lines(m)).toEqual(["root", " a", "  a1", " b"]);
    expect(m.find("a1")?.start).toBe(11e6);
  });

  it("shows a parent that was not received in the place of its children", () => {
    const m = model([head("root", { ms: 100 }), head("x", { parent: "gone", at: 5 }), head("y", { parent: "gone", at: 7, ms: 20 })]);
    expect(lines(m)).toEqual(["root", "?", " x", " y"]);
    expect(m.roots[1]).toMatchObject({ head: null, id: "gone", start: 5e6, end: 27e6 });
  });

  it("opens a ring of parents at its earliest span and keeps what hangs below it", () => {
    const m = model([head("root"), head("b", { parent: "a", at: 2 }), head("a", { parent: "b", at: 1 }), head("tail", { parent: "b", at: 0 })]);
    expect(lines(m)).toEqual(["root", "a", " b", "  tail"]);
    expect(m.find("a")?.cycle).toBe(true);
    expect(model([head("self", { parent: "self" })]).roots).toHaveLength(1);
  });

  it("counts a span that was sent twice once", () => {
    expect(model([head("root"), head("root")]).spanCount).toBe(1);
  });

  it("marks a child that begins before its parent, or after it ended", () => {
    const m = model([head("root", { at: 100, ms: 50 }), head("early", { parent: "root", at: 60 }), head("late", { parent: "root", at: 200 }), head("fine", { parent: "root", at: 120, ms: 500 })]);
    expect([m.find("early")?.skew, m.find("late")?.skew, m.find("fine")?.skew]).toEqual([-40e6, 50e6, 0]);
  });

  it("does not let one wrong clock squeeze the rest into a pixel", () => {
    const days = 30 * 86_400_000;
    const m = model([head("root", { ms: 1000 }), head("wrong", { parent: "root", at: days }), head("older", { parent: "root", at: -days })]);
    expect(m.total).toBe(1000e6);
    expect(m.find("root")?.start).toBe(0);
  });

  it("lets a running span reach to now", () => {
    const h = head("root", { pending: true, ms: 0 });
    expect(buildModel(trace([h]), BigInt(h.start_ns) + 5_000_000_000n).total).toBe(5e9);
  });

  it("holds a chain of 100,000 spans", () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => head("s" + i, { parent: i ? "s" + (i - 1) : null, at: i }));
    const m = model(chain);
    expect(visible(layOut(m, { collapse: true }), new Set())).toHaveLength(100_000);
    expect(inOrder(m)).toHaveLength(100_000);
  }, 60_000);
});

describe("repeats", () => {
  const loop = (times: number, names: string[]) => [head("root", { ms: 1e6 }), ...Array.from({ length: times * names.length }, (_, i) => head("s" + i, { parent: "root", at: i + 1, name: names[i % names.length]!, cost: "0.5" }))];

  it("fold into one line from four times on", () => {
    expect(lines(model(loop(3, ["think"])))).toEqual(["root", " think", " think", " think"]);
    expect(lines(model(loop(31, ["think"])))).toEqual(["root", " think×31"]);
  });

  it("fold loops of several steps, with what they cost together", () => {
    const m = model(loop(5, ["think", "search"]));
    expect(lines(m)).toEqual(["root", " think+search×5"]);
    expect(layOut(m, { collapse: true })[0]!.children[0]!.repeat?.cost).toBe(5);
  });

  it("unfold, and stay apart where asked", () => {
    const m = model(loop(4, ["a"]));
    const top = layOut(m, { collapse: true });
    const run = top[0]!.children[0]!;
    expect(isOpen(run, new Set())).toBe(false);
    expect(draw(visible(top, new Set([run.id])))).toEqual(["root", " a×4", "  a", "  a", "  a", "  a"]);
    expect(lines(m, false)).toHaveLength(5);
  });

  it("never hide the way to the first cause, nor a failure among successes", () => {
    const m = model(loop(6, ["a"]), { failed: ["s2"], cause: "s2" });
    expect(lines(m)).toEqual(["root", " a", " a", " a", " a", " a", " a"]);
  });

  it("open when a span inside is looked for", () => {
    const m = model(loop(9, ["a"]));
    const top = layOut(m, { collapse: true });
    const item = lineOf(top, m.find("s5")!)!;
    expect(draw(visible(top, reveal(item, new Set())))).toHaveLength(11);
  });
});

describe("the red thread", () => {
  const failing = () => model([head("root", { ms: 100 }), head("ok", { parent: "root", at: 1 }), head("tool", { parent: "root", at: 10, ms: 20 }), head("token", { parent: "tool", at: 11 }), head("after", { parent: "root", at: 50 })], { failed: ["token"], through: ["tool", "root"], cause: "token" });

  it("leads from the failing span to the root, past siblings before it and not after it", () => {
    const [root] = layOut(failing(), { collapse: true });
    const [ok, tool, after] = root!.children;
    expect([root!.red, ok!.red, ok!.redBelow, tool!.red, tool!.redBelow, after!.red]).toEqual([true, false, true, true, false, false]);
  });

  it("tells how it failed from the first cause to the root, repeats once", () => {
    const m = model(
      [head("root", { ms: 100 }), ...[1, 2, 3].flatMap(i => [head("tool" + i, { parent: "root", name: "search", at: i * 10, ms: 9 }), head("token" + i, { parent: "tool" + i, name: "token", error_type: "Auth", at: i * 10 + 1, ms: 2 })]), head("answer", { parent: "root", at: 90, error_type: "RateLimit" })],
      { failed: ["token1", "token2", "token3", "answer"], through: ["tool1", "tool2", "tool3", "root"], cause: "token1" },
    );
    const told = steps(m);
    expect(told.map(s => [s.node.key, s.role, s.repeats.length, s.calls.length])).toEqual([["token1", "first", 2, 0], ["tool1", "contains", 0, 3], ["answer", "failed", 0, 0], ["root", "root", 0, 0]]);
    expect(steps(model([head("root")]))).toEqual([]);
  });

  it("goes from one failure to the next and around", () => {
    const m = model([head("root", { ms: 9 }), head("a", { parent: "root", at: 1 }), head("b", { parent: "root", at: 2 })], { failed: ["a", "b"], cause: "b" });
    const order = inOrder(m);
    expect(nextFailure(m, order, m.find("a"))?.key).toBe("b");
    expect(nextFailure(m, order, m.find("b"))?.key).toBe("a");
    expect(nextFailure(m, order, undefined)?.key).toBe("a");
  });
});

describe("finding", () => {
  it("looks at names, models, errors and previews, in any case", () => {
    const m = model([head("root"), head("a", { parent: "root", model: "GPT-4.1", at: 1 }), head("b", { parent: "root", output: "gpt said no", at: 2 })]);
    expect(search(m, " gpt ").map(n => n.key)).toEqual(["a", "b"]);
    expect(search(m, "  ")).toEqual([]);
  });

  it("keeps spans of a kind and what leads to them", () => {
    const m = model([head("root", { kind: "agent" }), head("t", { parent: "root", at: 1, kind: "tool" }), head("e", { parent: "t", at: 2, kind: "embedding" }), head("l", { parent: "root", at: 3, kind: "llm" })]);
    expect(draw(visible(layOut(m, { collapse: false, kinds: new Set(["embedding"]) }), new Set()))).toEqual(["root", " t", "  e"]);
  });
});
