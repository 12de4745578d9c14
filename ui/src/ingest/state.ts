/** How far back the page looks. */
export const RANGES = ["1h", "1d", "7d"] as const;
export type Range = (typeof RANGES)[number];
export interface IngestSearch { range?: Range }

/** What the address says of the page. */
export function ingestSearch(search: Record<string, unknown>): IngestSearch {
  const range = RANGES.find(r => r === search.range);
  return range && range !== "1d" ? { range } : {};
}
