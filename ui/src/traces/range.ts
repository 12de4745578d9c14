import { t } from "../i18n";
import { fromLocal, moment } from "../format/time";

/** A time range as the address holds it: relative stays relative. */
export interface Range { from: string; to: string }
export const DEFAULT_RANGE: Range = { from: "now-1h", to: "now" };
export const PRESETS = ["5m", "15m", "1h", "4h", "1d", "2d", "7d", "30d"] as const;
const UNIT_MS: Record<string, number> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3, w: 7 * 86_400e3 };

/** The instant that one end of a range names; null where it cannot be read. */
export function instant(text: string, now: number): number | null {
  const relative = /^now(?:-(\d+)([smhdw]))?$/.exec(text);
  if (relative) return now - (relative[1] ? Number(relative[1]) * UNIT_MS[relative[2]!]! : 0);
  const at = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Both ends in epoch milliseconds; the default where they cannot be read. */
export function bounds({ from, to }: Range, now = Date.now()): [number, number] {
  const a = instant(from, now), b = instant(to, now);
  return a !== null && b !== null && a < b ? [a, b] : [now - 3_600e3, now];
}

/** Whether a range ends now, so that new traces belong to it. */
export function endsNow(range: Range): boolean {
  return range.to === "now";
}

/** `Past hour`, or both ends. */
export function rangeLabel(range: Range, zone: string): string {
  const preset = /^now-(\d+)([smhdw])$/.exec(range.from);
  if (preset && range.to === "now") return t("range.past", { n: Number(preset[1]), unit: preset[2]! });
  const [a, b] = bounds(range);
  return t("range.between", { from: moment(new Date(a), zone), to: range.to === "now" ? t("range.now") : moment(new Date(b), zone) });
}

/** A range of two instants as the address holds it. */
export function absolute(from: number, to: number): Range {
  return { from: new Date(Math.floor(from)).toISOString(), to: new Date(Math.ceil(to)).toISOString() };
}

/** The range before or after, of the same length; null where it would lie in the future. */
export function shifted(range: Range, direction: -1 | 1, now = Date.now()): Range | null {
  const [a, b] = bounds(range, now), width = b - a;
  if (direction > 0 && b >= now - 1_000) return null;
  return absolute(a + direction * width, Math.min(now, b + direction * width));
}

/** What somebody typed as one end: a relative form, an ISO instant, epoch milliseconds, or a local date and time of the zone. Null where it cannot be read. */
export function readEnd(text: string, zone: string): string | null {
  const value = text.trim();
  if (instant(value, 0) !== null && (/^now/.test(value) || /^\d{10,}$/.test(value) || /(Z|[+-]\d\d:?\d\d)$/.test(value))) return value;
  return fromLocal(value, zone)?.toISOString() ?? null;
}
