/** A JSON value that keeps what `JSON.parse` would lose: the digits of large numbers, the order and the repetition of keys. */
export type JsonNode =
  | { readonly type: "object"; readonly entries: readonly (readonly [key: string, value: JsonNode])[] }
  | { readonly type: "array"; readonly items: readonly JsonNode[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "literal"; readonly text: string };

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const DEEPEST = 1_000;

/** Reads JSON; undefined where the text is not JSON, or nested deeper than anyone could look at. */
export function readJson(text: string): JsonNode | undefined {
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const take = (sign: string) => {
    match(SPACE);
    if (text[at] !== sign) return false;
    at++;
    return true;
  };
  const fail = (): never => {
    throw new SyntaxError("not JSON");
  };
  const value = (depth: number): JsonNode => {
    if (depth > DEEPEST) fail();
    if (take("{")) {
      const entries: [string, JsonNode][] = [];
      if (take("}")) return { type: "object", entries };
      do {
        match(SPACE);
        const key = text[at] === '"' ? longString() : fail();
        if (!take(":")) fail();
        entries.push([key, value(depth + 1)]);
      } while (take(","));
      return take("}") ? { type: "object", entries } : fail();
    }
    if (take("[")) {
      const items: JsonNode[] = [];
      if (take("]")) return { type: "array", items };
      do items.push(value(depth + 1));
      while (take(","));
      return take("]") ? { type: "array", items } : fail();
    }
    match(SPACE);
    const string = text[at] === '"' ? longString() : undefined;
    if (string !== undefined) return { type: "string", value: string };
    return { type: "literal", text: match(LITERAL) ?? fail() };
  };
  // The pattern for strings may run out of stack on strings of megabytes, so their end is looked for by hand.
  const longString = (): string => {
    const from = at;
    for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
    at++;
    return JSON.parse(text.slice(from, at)) as string;
  };
  try {
    const node = value(0);
    match(SPACE);
    return at === text.length ? node : undefined;
  } catch {
    return undefined;
  }
}

/** The same for a value that is already parsed. */
export function fromValue(value: unknown): JsonNode {
  if (Array.isArray(value)) return { type: "array", items: value.map(fromValue) };
  if (value !== null && typeof value === "object") return { type: "object", entries: Object.entries(value).map(([k, v]) => [k, fromValue(v)] as const) };
  if (typeof value === "string") return { type: "string", value };
  return { type: "literal", text: String(value ?? null) };
}

/** JSON text, indented by two. */
export function writeJson(node: JsonNode, indent = ""): string {
  const inner = indent + "  ";
  switch (node.type) {
    case "string": return JSON.stringify(node.value);
    case "literal": return node.text;
    case "array": return node.items.length ? `[\n${node.items.map(i => inner + writeJson(i, inner)).join(",\n")}\n${indent}]` : "[]";
    case "object": return node.entries.length ? `{\n${node.entries.map(([k, v]) => `${inner}${JSON.stringify(k)}: ${writeJson(v, inner)}`).join(",\n")}\n${indent}}` : "{}";
  }
}

/** One line of a JSON text that can be folded. */
export interface JsonLine {
  readonly path: string;
  readonly depth: number;
  readonly key: string | null;
  /** A scalar, or null for brackets. */
  readonly scalar: JsonNode | null;
  /** `{`, `[`, `}`, `]`, or the whole of an empty or folded container. */
  readonly bracket: string;
  readonly comma: boolean;
  /** The container that this line opens, and whether it is open; null on all other lines. */
  readonly fold: { readonly open: boolean; readonly count: number } | null;
}

/** Containers with more values than this start folded; those right under the outermost one may be larger. */
const SMALL = 60;
const SMALL_AT_TOP = 400;

/** How many values a node holds, counted up to a bound. */
function size(node: JsonNode, bound: number): number {
  let count = 0;
  const stack: JsonNode[] = [node];
  for (let at = stack.pop(); at && count <= bound; at = stack.pop()) {
    count++;
    if (at.type === "array") for (let i = 0; i < at.items.length && i <= bound; i++) stack.push(at.items[i]!);
    if (at.type === "object") for (let i = 0; i < at.entries.length && i <= bound; i++) stack.push(at.entries[i]![1]);
  }
  return count;
}

/** The lines to draw: at most `limit`, containers whose path is in `toggled` the other way round than by default (small ones open, large ones closed, the outermost open). */
export function jsonLines(root: JsonNode, toggled: ReadonlySet<string>, limit: number): { lines: JsonLine[]; more: boolean } {
  const lines: JsonLine[] = [];
  let more = false;
  const walk = (node: JsonNode, path: string, depth: number, key: string | null, comma: boolean) => {
    if (lines.length >= limit) {
      more = true;
      return;
    }
    const count = node.type === "array" ? node.items.length : node.type === "object" ? node.entries.length : 0;
    if (node.type === "string" || node.type === "literal") {
      lines.push({ path, depth, key, scalar: node, bracket: "", comma, fold: null });
      return;
    }
    const [left, right] = node.type === "array" ? ["[", "]"] : ["{", "}"];
    if (!count) {
      lines.push({ path, depth, key, scalar: null, bracket: left + right, comma, fold: null });
      return;
    }
    const small = depth === 1 ? SMALL_AT_TOP : SMALL;
    const open = (depth === 0 || size(node, small) <= small) !== toggled.has(path);
    lines.push({ path, depth, key, scalar: null, bracket: open ? left : `${left}…${right}`, comma: comma && !open, fold: { open, count } });
    if (!open) return;
    for (let i = 0; i < count && !more; i++) {
      if (node.type === "array") walk(node.items[i]!, `${path}/${i}`, depth + 1, null, i < count - 1);
      else walk(node.entries[i]![1], `${path}/${i}`, depth + 1, node.entries[i]![0], i < count - 1);
    }
    if (!more) lines.push({ path: path + "/", depth, key: null, scalar: null, bracket: right, comma, fold: null });
  };
  walk(root, "", 0, null, false);
  return { lines, more };
}

/** A few short values run on like a sentence, as people write them; null where they are too many for that. */
export function fitsOneLine(node: JsonNode): string | null {
  if (size(node, 16) > 16) return null;
  const flat = (n: JsonNode): string => (n.type === "string" ? JSON.stringify(n.value) : n.type === "literal" ? n.text : n.type === "array" ? `[${n.items.map(flat).join(", ")}]` : `{${n.entries.map(([k, v]) => `${JSON.stringify(k)}: ${flat(v)}`).join(", ")}}`);
  const text = flat(node);
  return text.length <= 260 ? text : null;
}
