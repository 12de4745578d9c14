import type { Span } from "../api/types";

/** A bucket of tokens that is billed at one price. */
export interface Bucket {
  readonly name: "input" | "cacheRead" | "cacheWrite" | "output";
  readonly tokens: number | null;
  readonly cost: number | null;
  /** USD for a million tokens, as the figures of this span say; null where they don't. */
  readonly perMillion: number | null;
  /** Figures inside this one: reasoning, audio, the one-hour cache. */
  readonly within: readonly { readonly name: "reasoning" | "audio" | "hour"; readonly tokens: number }[];
}

const num = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text));

/** Tokens by bucket, disjoint, with what each cost. Buckets that nothing was reported for are left out. */
export function buckets(span: Span): Bucket[] {
  const { usage, cost } = span;
  const read = num(usage.cache_read), write = num(usage.cache_write), input = num(usage.input);
  const uncached = input === null ? null : Math.max(0, input - (read ?? 0) - (write ?? 0));
  const part = (name: "reasoning" | "audio" | "hour", tokens: number | null) => (tokens ? [{ name, tokens }] : []);
  const make = (name: Bucket["name"], tokens: number | null, usd: string | null, within: Bucket["within"] = []): Bucket => {
    const c = num(usd);
    return { name, tokens, cost: c, perMillion: c !== null && tokens ? (c / tokens) * 1e6 : null, within };
  };
  return [
    make("input", uncached, cost.input, part("audio", num(usage.input_audio))),
    make("cacheRead", read, cost.cache_read),
    make("cacheWrite", write, cost.cache_write, part("hour", num(usage.cache_write_1h))),
    make("output", num(usage.output), cost.output, [...part("reasoning", num(usage.reasoning)), ...part("audio", num(usage.output_audio))]),
  ].filter(b => b.tokens !== null || b.cost !== null).filter(b => b.name === "input" || b.name === "output" || b.tokens !== 0 || (b.cost ?? 0) > 0);
}

/** What the call would have cost had nothing come from or gone to a cache; null where the price of plain input is not known, or no cache was used. */
export function withoutCache(span: Span): number | null {
  const all = buckets(span);
  const input = all.find(b => b.name === "input"), output = all.find(b => b.name === "output");
  const cached = all.filter(b => b.name === "cacheRead" || b.name === "cacheWrite").reduce((n, b) => n + (b.tokens ?? 0), 0);
  if (!cached || !input?.perMillion || span.usage.input === null) return null;
  return (Number(span.usage.input) * input.perMillion) / 1e6 + (output?.cost ?? 0);
}
