import { browserZone, isZone } from "../format/time";
import { DEFAULT_RANGE, instant, type Range } from "./range";

/** What the address of the Traces page holds beside the scope. */
export const TRACES_PARAMETERS = ["q", "from", "to", "tz", "sort", "cols", "live", "trace", "span", "tab", "view", "fold", "msg"] as const;
export type TracesSearch = { [K in (typeof TRACES_PARAMETERS)[number]]?: string };

export const SORTS = ["-start", "start", "-duration", "duration", "-cost", "cost", "-tokens", "tokens"] as const;
export type Sort = (typeof SORTS)[number];

/** What every operation on traces is asked with. */
export interface ListQuery { from: string; to: string; q?: string | undefined; app?: string | undefined; env?: string | undefined }

/** The range of an address; the default where it names none or one that cannot be read. */
export function rangeOf(search: TracesSearch): Range {
  const from = search.from ?? DEFAULT_RANGE.from, to = search.to ?? DEFAULT_RANGE.to, now = Date.now();
  const a = instant(from, now), b = instant(to, now);
  return a !== null && b !== null && a < b ? { from, to } : DEFAULT_RANGE;
}

export function zoneOf(search: { tz?: string }): string {
  return search.tz && isZone(search.tz) ? search.tz : browserZone();
}

export function sortOf(search: TracesSearch): Sort {
  return SORTS.includes(search.sort as Sort) ? (search.sort as Sort) : "-start";
}
