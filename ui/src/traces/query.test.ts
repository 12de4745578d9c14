import { describe, expect, test } from "vitest";
import { boundsOf, clauseAt, clauses, complete, excludeValue, filterOf, quote, toggleValue, withBounds, withFilter, without } from "./query";

describe("clauses", () => {
  test("words, phrases, filters, exclusions and groups", () => {
    const q = 'refund "late parcel" app:support-bot -status:ok model:(gpt-4.1 OR "my model") duration:>10s';
    expect(clauses(q).map(c => [c.negated, c.field, c.value])).toEqual([
      [false, null, "refund"], [false, null, '"late parcel"'], [false, "app", "support-bot"], [true, "status", "ok"], [false, "model", '(gpt-4.1 OR "my model")'], [false, "duration", ">10s"],
    ]);
    expect(clauses(q).map(c => q.slice(c.start, c.end)).join(" ")).toBe(q);
  });
  test("unfinished input stays one clause", () => {
    expect(clauses('name:"half open').map(c => c.value)).toEqual(['"half open']);
    expect(clauses("model:(a OR ").length).toBe(1);
    expect(clauses("- -x").map(c => [c.negated, c.value])).toEqual([[false, "-"], [true, "x"]]);
    expect(clauses("退款 استرداد").map(c => c.value)).toEqual(["退款", "استرداد"]);
  });
  test("the clause at the caret", () => {
    expect(clauseAt("a:b c:d", 3)?.field).toBe("a");
    expect(clauseAt("a:b c:d", 4)?.field).toBe("c");
    expect(clauseAt("a:b  c:d", 4)).toBeNull();
  });
  test("what is complete", () => {
    const last = (q: string) => complete(clauses(q).at(-1)!);
    expect(["app:", "duration:>", 'a:"x', "model:(a"].map(last)).toEqual([false, false, false, false]);
    expect(["app:x", "duration:>5s", 'a:"x"', "model:(a OR b)", "word"].map(last)).toEqual([true, true, true, true, true]);
  });
});

describe("filters", () => {
  test("values are quoted only where they must be", () => {
    expect(["gpt-4.1-mini", "a b", 'say "x"', "-x", "OR", "planner v14", "x:y", "退款"].map(quote)).toEqual(["gpt-4.1-mini", '"a b"', '"say \\"x\\""', '"-x"', '"OR"', '"planner v14"', "x:y", "退款"]);
  });
  test("a value is switched on, joined by others, and off again", () => {
    let q = toggleValue("refund", "app", "support-bot");
    expect(q).toBe("refund app:support-bot");
    q = toggleValue(q, "app", "ask sql");
    expect(q).toBe('refund app:(support-bot OR "ask sql")');
    expect(filterOf(q, "app").taken).toEqual(["support-bot", "ask sql"]);
    q = toggleValue(q, "app", "support-bot");
    expect(q).toBe('refund app:"ask sql"');
    expect(toggleValue(q, "app", "ask sql")).toBe("refund");
  });
  test("excluding takes a value out of what was taken", () => expect(excludeValue("status:error x", "status", "error")).toBe("x -status:error"));
  test("a clause is removed without a trace", () => expect(without("a b:c d", clauses("a b:c d")[1]!)).toBe("a d"));
  test("values with quotes come back as they were", () => expect(filterOf(withFilter("", "tool", ['a "b" \\c', "d"]), "tool").taken).toEqual(['a "b" \\c', "d"]));
  test("bounds are set apart from values", () => {
    const q = withBounds("x duration:>1s", "duration", "5s", "10s");
    expect(q).toBe("x duration:>5s duration:<10s");
    expect(boundsOf(q, "duration")).toEqual({ above: "5s", below: "10s" });
    expect(withBounds(q, "duration", "", "")).toBe("x");
  });
});
