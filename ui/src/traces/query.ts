/** The query language as far as the field itself needs it: where clauses begin and end, and how a filter is added or taken out. The server alone decides what it means. */

export interface Clause {
  start: number;
  end: number;
  /** Whether it excludes. */
  negated: boolean;
  /** Null for words that are searched in prompts and answers. */
  field: string | null;
  /** What follows the colon, or the word itself, quotes and parentheses included. */
  value: string;
  /** Where the value starts. */
  valueStart: number;
}

/** Fields in the order in which they are offered, with the values' nature. */
export const FIELDS = [
  ["app", "facet"], ["status", "facet"], ["kind", "facet"], ["model", "facet"], ["error", "facet"], ["name", "facet"], ["tool", "facet"], ["agent", "facet"], ["user", "facet"], ["session", "facet"], ["prompt", "facet"],
  ["version", "facet"], ["env", "facet"], ["provider", "facet"], ["tag", "facet"], ["duration", "duration"], ["cost", "cost"], ["tokens", "tokens"], ["input", "text"], ["output", "text"], ["trace", "text"],
] as const;
export type FieldName = (typeof FIELDS)[number][0];
export type FieldNature = (typeof FIELDS)[number][1];
export function natureOf(field: string): FieldNature | null {
  return FIELDS.find(([name]) => name === field)?.[1] ?? null;
}

/** The clauses of a query in order. Never fails: what cannot be understood is a word. */
export function clauses(q: string): Clause[] {
  const found: Clause[] = [];
  let i = 0;
  while (i < q.length) {
    if (/\s/.test(q[i]!)) { i++; continue; }
    const start = i;
    let depth = 0, quoted = false;
    for (; i < q.length; i++) {
      const c = q[i]!;
      if (c === "\\" && quoted) i++;
      else if (c === '"') quoted = !quoted;
      else if (quoted) continue;
      else if (c === "(") depth++;
      else if (c === ")") depth = Math.max(0, depth - 1);
      else if (/\s/.test(c) && depth === 0) break;
    }
    i = Math.min(i, q.length);
    const text = q.slice(start, i), negated = text.length > 1 && text.startsWith("-"), rest = negated ? text.slice(1) : text;
    const match = /^([A-Za-z_][\w.]*):/.exec(rest);
    const valueStart = start + (negated ? 1 : 0) + (match ? match[0].length : 0);
    found.push({ start, end: i, negated, field: match?.[1] ?? null, value: q.slice(valueStart, i), valueStart });
  }
  return found;
}

/** The clause that the caret is in or right behind. */
export function clauseAt(q: string, caret: number): Clause | null {
  return clauses(q).find(c => caret >= c.start && caret <= c.end) ?? null;
}

/** A value as it has to be written: quoted where it holds what the language uses. */
export function quote(value: string): string {
  return /^[^\s"()<>*:\\-][^\s"()*\\]*$/.test(value) && !/^(AND|OR|NOT)$/.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`;
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined).replace(/\\(["\\])/g, "$1") : value;
}

/** The values of one clause: one, or those of `(a OR b)`. */
export function valuesOf(value: string): string[] {
  if (!value.startsWith("(")) return value ? [unquote(value)] : [];
  const inner = value.slice(1, value.endsWith(")") ? -1 : undefined);
  return (inner.match(/"(?:\\.|[^"\\])*"?|[^\s]+/g) ?? []).filter(v => v !== "OR").map(unquote);
}

/** The values that a query takes, and those that it excludes, for a field. */
export function filterOf(q: string, field: string): { taken: string[]; excluded: string[] } {
  const mine = clauses(q).filter(c => c.field === field && !/^[<>]/.test(c.value));
  return { taken: mine.filter(c => !c.negated).flatMap(c => valuesOf(c.value)), excluded: mine.filter(c => c.negated).flatMap(c => valuesOf(c.value)) };
}

function tidy(q: string): string {
  return q.replace(/\s+/g, " ").trim();
}

/** A query without a clause. */
export function without(q: string, clause: Clause): string {
  return tidy(q.slice(0, clause.start) + " " + q.slice(clause.end));
}

/** A query whose filter on a field is exactly these values. */
export function withFilter(q: string, field: string, taken: readonly string[], excluded: readonly string[] = []): string {
  let rest = q;
  for (const c of clauses(q).filter(c => c.field === field && !/^[<>]/.test(c.value)).reverse()) rest = rest.slice(0, c.start) + " " + rest.slice(c.end);
  const part = (values: readonly string[], sign: string) => (values.length === 0 ? "" : values.length === 1 ? ` ${sign}${field}:${quote(values[0]!)}` : ` ${sign}${field}:(${values.map(quote).join(" OR ")})`);
  return tidy(rest + part(taken, "") + part(excluded, "-"));
}

/** A query with a value of a field switched on or off. */
export function toggleValue(q: string, field: string, value: string): string {
  const { taken, excluded } = filterOf(q, field);
  return withFilter(q, field, taken.includes(value) ? taken.filter(v => v !== value) : [...taken, value], excluded.filter(v => v !== value));
}

/** A query that excludes a value of a field. */
export function excludeValue(q: string, field: string, value: string): string {
  const { taken, excluded } = filterOf(q, field);
  return withFilter(q, field, taken.filter(v => v !== value), excluded.includes(value) ? excluded : [...excluded, value]);
}

/** The bounds that a query sets for a numeric field, as they are written. */
export function boundsOf(q: string, field: string): { above: string; below: string } {
  const mine = clauses(q).filter(c => c.field === field && !c.negated);
  const of = (sign: string) => mine.find(c => c.value.startsWith(sign))?.value.replace(/^[<>]=?/, "") ?? "";
  return { above: of(">"), below: of("<") };
}

/** A query with these bounds for a numeric field; an empty text removes one. */
export function withBounds(q: string, field: string, above: string, below: string): string {
  let rest = q;
  for (const c of clauses(q).filter(c => c.field === field && !c.negated && /^[<>]/.test(c.value)).reverse()) rest = rest.slice(0, c.start) + " " + rest.slice(c.end);
  return tidy(rest + (above.trim() ? ` ${field}:>${above.trim()}` : "") + (below.trim() ? ` ${field}:<${below.trim()}` : ""));
}

/** Whether a clause says enough to be run: a field wants a value, a comparison a figure, a quote its end. */
export function complete(clause: Clause): boolean {
  if (clause.field !== null && !/[^\s"()<>=]/.test(clause.value)) return false;
  const text = clause.value.replace(/\\./g, "");
  return (text.match(/"/g)?.length ?? 0) % 2 === 0 && (text.match(/\(/g)?.length ?? 0) === (text.match(/\)/g)?.length ?? 0);
}
