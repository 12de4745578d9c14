import { describe, expect, test } from "vitest";
import type { TraceRow } from "../api/types";
import { parseSearch, stringifySearch } from "../app/search";
import { markWords, visible } from "../components/text";
import { stripLength, stripScale } from "../components/TraceStrip";
import { columnsOf, columnsText, DEFAULT_COLUMNS, template } from "./columns";
import { received } from "./useTraceList";

const row = (key: string, start: number, more: Partial<TraceRow> = {}) => ({ trace_key: key, start_ns: String(start), start: new Date(start / 1e6).toISOString(), ...more }) as TraceRow;
const nothing = { fresh: [], pending: [], changed: new Map(), since: new Map() };
const batch = (...rows: TraceRow[]) => new Map(rows.map(r => [r.trace_key, r]));

describe("live rows", () => {
  test("enter newest first, wherever they belong", () => {
    const first = received(nothing, batch(row("a", 10), row("b", 30)), new Set(), true, 1);
    expect(first.fresh.map(r => r.trace_key)).toEqual(["b", "a"]);
    expect(received(first, batch(row("c", 20)), new Set(), true, 2).fresh.map(r => r.trace_key)).toEqual(["b", "c", "a"]);
  });
  test("wait while somebody reads, and then come all at once", () => {
    const waiting = received(nothing, batch(row("a", 10)), new Set(), false, 1);
    expect([waiting.fresh.length, waiting.pending.length]).toEqual([0, 1]);
    const shown = received(waiting, batch(row("b", 20)), new Set(), true, 2);
    expect([shown.fresh.map(r => r.trace_key), shown.pending.length]).toEqual([["b", "a"], 0]);
  });
  test("a trace that is there already changes in place and is not counted again", () => {
    const known = received(nothing, batch(row("a", 10, { running: false })), new Set(["a"]), false, 1);
    expect([known.pending.length, known.fresh.length, known.changed.get("a")?.running]).toEqual([0, 0, false]);
    const twice = received(received(nothing, batch(row("b", 10, { span_count: 1 })), new Set(), true, 1), batch(row("b", 10, { span_count: 5 })), new Set(), true, 2);
    expect(twice.fresh.map(r => r.span_count)).toEqual([5]);
  });
});

describe("columns in the address", () => {
  test("the default is left out, everything else comes back as it was", () => {
    expect(columnsText(columnsOf(undefined))).toBeUndefined();
    expect(columnsText(columnsOf("time,name,input:320,cost"))).toBe("time,name,input:320,cost");
  });
  test("unknown columns, repeated ones and absurd widths are ignored", () => {
    expect(columnsText(columnsOf("time,nope,time,name:5,constructor"))).toBe("time,name");
    expect(columnsOf("nope").map(c => c.column.id)).toEqual([...DEFAULT_COLUMNS]);
  });
  test("one column always takes what is left of the width", () => expect(template(columnsOf("time,cost"))).toBe("22px 94px minmax(82px, 1fr)"));
});

test("an address can be read by people and comes back the same", () => {
  const q = 'app:support-bot -status:ok model:(a OR "b & c") cost:>$0.05 50%+1 退款';
  const text = stringifySearch({ q, from: "now-1h", empty: "", none: undefined });
  expect(text).toContain("q=app:support-bot+-status:ok+model:(a+OR+");
  expect(parseSearch(text)).toEqual({ q, from: "now-1h" });
});

test("control characters show and direction overrides lose their effect", () => {
  expect(visible("a\u0000b\u001b[31m\u202Egnp.exe\u2066x")).toBe("a␀b␛[31m\ufffdgnp.exe\ufffdx");
  expect(visible("line\nnext\ttab")).toBe("line\nnext\ttab");
});

test("words are marked whatever their case, and are never taken as a pattern", () => {
  expect(markWords("Refund (refund) .* 退款政策", ["refund", ".*", "退款"]).filter(p => p.hit).map(p => p.text)).toEqual(["Refund", "refund", ".*", "退款"]);
  expect(markWords("abc", ["", " "])).toEqual([{ text: "abc", hit: false }]);
});

test("the strip grows with the logarithm of the duration and stays in its column", () => {
  const scale = stripScale("300000000", "120000000000");
  expect(stripLength(300e6, 92, scale)).toBe(14);
  expect(stripLength(120e9, 92, scale)).toBe(92);
  expect(stripLength(6e9, 92, scale)).toBeCloseTo(53, 0);
  expect([stripLength(0, 92, scale), stripLength(1e15, 92, scale)]).toEqual([12, 92]);
});
