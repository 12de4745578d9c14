import { describe, expect, it } from "vitest";
import { buckets, withoutCache } from "./costs";
import { known, named } from "./datadog";
import { span } from "./fixture";
import { bar, indent, INSET, LABEL_ROOM, ticks } from "./geometry";
import { fitsOneLine, fromValue, jsonLines, readJson, writeJson } from "./json";
import { firstProblem } from "./schema";
import { chunks, looksLikeMarkdown, oneLine, pieces, shortType } from "./text";
import { frames, offset } from "./words";

describe("untrusted text", () => {
  const shown = (text: string) => pieces(text).map(p => (p.kind === "text" ? p.text : `<${p.kind} ${p.text}>`)).join("");

  it("shows what would be hidden or would turn its surroundings", () => {
    expect(shown("a\u202Eb")).toBe("a<control U+202E>b");
    expect(shown("bell\u0007 null\u0000")).toBe("bell<control \u2407> null<control \u2400>");
    expect(shown("z\u200Bw\u{E0041}")).toBe("z<control U+200B>w<control A>");
  });

  it("leaves line breaks, tabs, and the joiners of emoji and scripts alone", () => {
    for (const text of ["a\nb\tc", "\u{1F468}\u200D\u{1F469}", "می\u200Cخواهم", ""]) expect(shown(text)).toBe(text);
    expect(shown("a\r\nb")).toBe("a\nb");
  });

  it("turns redactions into tags", () => {
    expect(shown("mail [REDACTED:email], [REDACTED:]")).toBe("mail <redacted email>, [REDACTED:]");
    expect(oneLine("x\n [REDACTED:phone]")).toBe("x [phone]");
  });

  it("is cut into chunks that together are the text, never inside a character", () => {
    const text = ("line " + "\u{1F600}".repeat(50) + "\n").repeat(400);
    const cut = chunks(text, 1001);
    expect(cut.join("")).toBe(text);
    expect(cut.length).toBeGreaterThan(10);
    expect(chunks("\u{1F600}".repeat(5000), 1001).every(c => !/^[\uDC00-\uDFFF]/.test(c))).toBe(true);
  });

  it("is Markdown only where that makes a difference", () => {
    expect(looksLikeMarkdown("plain words, 3 * 4 = 12 and snake_case_name")).toBe(false);
    for (const text of ["**bold**", "- item", "1. one", "```x```", "# h", "[a](b)", "see https://x.example"]) expect(looksLikeMarkdown(text)).toBe(true);
  });
});

describe("the waterfall", () => {
  it("draws each span at its place, at least 2 px wide, and never outside", () => {
    expect(bar(0, 100, 100, 464)).toEqual({ x: INSET, width: 400, outside: null });
    expect(bar(50, 50, 100, 464)).toEqual({ x: INSET + 200, width: 2, outside: null });
    expect(bar(100, 100, 100, 464).x).toBeLessThanOrEqual(464 - LABEL_ROOM + INSET);
    expect(bar(-20, -10, 100, 464).outside).toBe("before");
    expect(bar(200, 300, 100, 464).outside).toBe("after");
    expect(bar(-50, 50, 100, 464)).toMatchObject({ x: INSET, width: 200 });
  });

  it("has round marks from nanoseconds to days", () => {
    expect(ticks(38.42e9, 4).map(m => m.label.join(" "))).toEqual(["0 ", "10 s", "20 s", "30 s"]);
    expect(ticks(2.24e9, 3).map(m => m.label.join(" "))).toEqual(["0 ", "1 s", "2 s"]);
    expect(ticks(288e9, 4).map(m => m.label.join(" "))).toEqual(["0 ", "1 min", "2 min", "3 min", "4 min"]);
    expect(ticks(1, 4).length).toBeLessThan(5);
    expect(ticks(400 * 86_400e9, 4).length).toBeLessThan(12);
  });

  it("stops indenting before the names are gone", () => {
    expect(indent(2, 330)).toBe(32);
    expect(indent(200, 330)).toBeLessThan(330 / 2 + 1);
  });
});

describe("JSON", () => {
  it("keeps digits and repeated keys that JSON.parse would lose", () => {
    const text = '{"id": 12345678901234567890, "a": 1, "a": 1.50, "e": "\\u00e9\\n"}';
    const node = readJson(text)!;
    expect(writeJson(node)).toBe('{\n  "id": 12345678901234567890,\n  "a": 1,\n  "a": 1.50,\n  "e": "é\\n"\n}');
  });

  it("is only what is JSON", () => {
    for (const text of ["", "{", "[1,]", "{a:1}", "01", '"a', '{"a" 1}', "[1] x", "[".repeat(5000), "NaN"]) expect(readJson(text)).toBeUndefined();
    for (const text of ["[]", "{}", " null ", "-1e9", '"\\\\"', '[{"a":[]}]']) expect(readJson(text)).toBeDefined();
  });

  it("reads megabytes", () => {
    const long = JSON.stringify({ text: "x\\\"".repeat(1_000_000), list: Array.from({ length: 50_000 }, (_, i) => i) });
    expect(writeJson(readJson(long)!).length).toBeGreaterThan(long.length);
  }, 60_000);

  it("starts with large containers folded, and shows no more lines than asked for", () => {
    const node = fromValue({ small: [1], large: Array.from({ length: 500 }, (_, i) => i) });
    const { lines, more } = jsonLines(node, new Set(), 100);
    expect(lines.map(l => (l.key ?? "") + l.bracket)).toEqual(["{", "small[", "", "]", "large[…]", "}"]);
    expect(more).toBe(false);
    expect(jsonLines(node, new Set(["/1"]), 100)).toMatchObject({ more: true });
    expect(jsonLines(node, new Set(["/1"]), 100).lines).toHaveLength(100);
  });

  it("runs on in a line while it is short", () => {
    expect(fitsOneLine(fromValue({ a: 1, b: [true, null] }))).toBe('{"a": 1, "b": [true, null]}');
    expect(fitsOneLine(fromValue(Array.from({ length: 99 })))).toBeNull();
  });
});

describe("arguments of a tool call", () => {
  const schema = { type: "object", required: ["city"], properties: { city: { type: "string" }, nights: { type: "integer" }, class: { enum: ["a", "b"] }, tags: { type: "array", items: { type: "string" } } }, additionalProperties: false };
  const check = (value: unknown, by: unknown = schema) => firstProblem(fromValue(value), by);

  it("are held against the schema", () => {
    expect(check({ city: "Lisbon", nights: 2, class: "a", tags: ["x"] })).toBeNull();
    expect(check({})).toEqual({ path: "city", problem: "missing", expected: "" });
    expect(check({ city: 4 })).toMatchObject({ path: "city", problem: "type", expected: "string" });
    expect(check({ city: "x", nights: 1.5 })).toMatchObject({ path: "nights", problem: "type" });
    expect(check({ city: "x", class: "c" })).toMatchObject({ problem: "enum" });
    expect(check({ city: "x", more: 1 })).toMatchObject({ path: "more", problem: "extra" });
    expect(check({ city: "x", tags: ["a", 1] })).toMatchObject({ path: "tags[1]", problem: "type" });
  });

  it("get no verdict where the schema says more than is understood", () => {
    expect(check({ city: "x" }, { ...schema, oneOf: [] })).toBeUndefined();
    expect(check({ city: "x" }, { type: "object", properties: { city: { $ref: "#/x" } } })).toBeUndefined();
  });
});

describe("cost", () => {
  const priced = span({
    usage: { input: "5187", cache_read: "4328", cache_write: "171", input_audio: null, output: "166", reasoning: "80", output_audio: null, total: "5353", rule: "r", raw: {} },
    cost: { total: "0.00649", input: "0.002064", cache_read: "0.0012984", cache_write: "0.00064125", output: "0.00249", source: "priced", price: "p", reason: null },
  });

  it("is split into buckets that do not overlap", () => {
    expect(buckets(priced).map(b => [b.name, b.tokens, Math.round(b.perMillion! * 100) / 100])).toEqual([["input", 688, 3], ["cacheRead", 4328, 0.3], ["cacheWrite", 171, 3.75], ["output", 166, 15]]);
    expect(buckets(priced)[3]!.within).toEqual([{ name: "reasoning", tokens: 80 }]);
  });

  it("says what the cache saved, where a cache was used", () => {
    expect(withoutCache(priced)).toBeCloseTo(0.018051, 6);
    expect(withoutCache(span({ usage: { ...priced.usage, cache_read: null, cache_write: null }, cost: priced.cost }))).toBeNull();
  });

  it("keeps unknown apart from zero", () => {
    expect(buckets(span({}))).toEqual([]);
    expect(buckets(span({ usage: { ...priced.usage, input: "0", cache_read: null, cache_write: "0", output: null } })).map(b => [b.name, b.tokens, b.cost])).toEqual([["input", 0, null]]);
  });
});

describe("stacks", () => {
  it("tell the application's own frames from those of libraries", () => {
    const python = frames('Traceback (most recent call last):\n  File "/app/a.py", line 1, in f\n    g()\n  File "/x/site-packages/httpx/b.py", line 2, in g\n    raise X\nAuthError: expired');
    expect(python.lead).toBe("Traceback (most recent call last):");
    expect(python.frames.map(f => [f.text.split("\n").length, f.library])).toEqual([[2, false], [2, true], [1, false]]);
    const java = frames("java.lang.IllegalStateException: no\n\tat com.acme.Trip.plan(Trip.java:12)\n\tat java.base/java.lang.Thread.run(Thread.java:1)\n\tat org.springframework.X.y(X.java:3)\nCaused by: x\n\t... 3 more");
    expect(java.lead).toBe("java.lang.IllegalStateException: no");
    expect(java.frames.map(f => f.library)).toEqual([false, true, true, false, false]);
    const node = frames("Error: x\n    at f (/app/x.js:1:2)\n    at g (node:internal/y:3:4)");
    expect(node.frames.map(f => f.library)).toEqual([false, true]);
  });
});

it("types of errors are named by their last part", () => {
  expect(["io.acme.Trip$AuthError", "dev.x.RateLimitException", "openai::Timeout", "App\\Errors\\NotFound", "AuthError 401", "AuthError", "503", "a.b. c"].map(shortType)).toEqual(["AuthError", "RateLimitException", "Timeout", "NotFound", "AuthError 401", "AuthError", "503", "a.b. c"]);
});

it("moments of a trace have their sign", () => {
  expect(offset(0)).toBe("+0");
  expect(offset(3.208e9).replace(/\s/g, " ")).toBe("+3.21 s");
  expect(offset(16.258e9).replace(/\s/g, " ")).toBe("+16.26 s");
  expect(offset(-3e8).replace(/\s/g, " ")).toBe("−300 ms");
});

describe("what Datadog's SDKs write into metadata", () => {
  it("has places of its own, and what is left stays metadata", () => {
    const metadata = { route: "fast", intent: "find it", _dd: { cost_tags: ["team"], agent_manifest: { framework: "x" } } };
    expect(known({ dialects: ["datadog"], metadata })).toEqual({ intent: "find it", manifest: { framework: "x" }, rest: { route: "fast", _dd: { cost_tags: ["team"] } } });
    expect(known({ dialects: ["datadog"], metadata: { _dd: { agent_manifest: {} } } })).toEqual({ intent: null, manifest: null, rest: {} });
  });

  it("is not taken for it where others sent it, or where it is something else", () => {
    expect(known({ dialects: ["otel-genai"], metadata: { intent: "refund" } })).toEqual({ intent: null, manifest: null, rest: { intent: "refund" } });
    const odd = { intent: { name: "refund" }, _dd: "x" };
    expect(known({ dialects: ["datadog"], metadata: odd })).toEqual({ intent: null, manifest: null, rest: odd });
  });

  it("names tools and hand-overs where all have a name", () => {
    expect(named([{ name: "find", description: "d", schema: 1 }, "send"])).toEqual([{ name: "find", description: "d", rest: { schema: 1 } }, { name: "send", description: null, rest: {} }]);
    expect(named([{ id: 1 }])).toBeNull();
    expect(named({ name: "x" })).toBeNull();
  });
});
