import { locale } from "../i18n";
import { GAP } from "./numbers";

const formats = new Map<string, Intl.DateTimeFormat>();
function format(zone: string, options: Intl.DateTimeFormatOptions, name: string): Intl.DateTimeFormat {
  const key = name + zone;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })));
  return found;
}

const QUARTER_MS = 900_000;
const offsets = new Map<string, number>();

/** What a zone adds to UTC at an instant, in milliseconds. Zones change their clocks at full quarters only, so each quarter is asked for once: a list of rows needs thousands. */
function offset(at: number, zone: string): number {
  const quarter = Math.floor(at / QUARTER_MS), key = zone + quarter;
  let found = offsets.get(key);
  if (found === undefined) {
    const parts = format(zone, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" }, "o").formatToParts(quarter * QUARTER_MS);
    const of = (type: string) => Number(parts.find(p => p.type === type)?.value);
    found = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - quarter * QUARTER_MS;
    if (offsets.size > 10_000) offsets.clear();
    offsets.set(key, found);
  }
  return found;
}

interface Fields { year: string; month: string; monthName: string; day: string; hour: string; minute: string; second: string; milli: string }
function fields(at: Date, zone: string): Fields {
  const local = new Date(at.getTime() + offset(at.getTime(), zone)), two = (n: number) => String(n).padStart(2, "0");
  return {
    year: String(local.getUTCFullYear()), month: two(local.getUTCMonth() + 1), monthName: monthName(local.getUTCMonth()), day: String(local.getUTCDate()),
    hour: two(local.getUTCHours()), minute: two(local.getUTCMinutes()), second: two(local.getUTCSeconds()), milli: String(local.getUTCMilliseconds()).padStart(3, "0"),
  };
}

const months: string[] = [];
function monthName(month: number): string {
  return (months[month] ??= format("UTC", { month: "short" }, "m").format(Date.UTC(2026, month, 15)));
}

/** The zone of this browser, by its IANA name. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Whether the browser knows a time zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The short name of a zone at an instant: `CET`, `UTC`, `GMT+8`. */
export function zoneName(zone: string, at = new Date()): string {
  const quarter = Math.floor(at.getTime() / QUARTER_MS), key = zone + quarter;
  let found = zoneNames.get(key);
  if (found === undefined) {
    let names = zoneFormats.get(zone);
    if (!names) zoneFormats.set(zone, (names = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" })));
    found = names.formatToParts(at).find(p => p.type === "timeZoneName")?.value ?? zone;
    if (zoneNames.size > 1_000) zoneNames.clear();
    zoneNames.set(key, found);
  }
  return found;
}
const zoneNames = new Map<string, string>(), zoneFormats = new Map<string, Intl.DateTimeFormat>();

/** `16:42:07`, with milliseconds apart so that they can be drawn lighter. */
export function clockParts(at: Date, zone: string): [clock: string, millis: string] {
  const f = fields(at, zone);
  return [`${f.hour}:${f.minute}:${f.second}`, `.${f.milli}`];
}

/** Whether two instants fall on one day in a zone. */
export function sameDay(a: Date, b: Date, zone: string): boolean {
  const x = fields(a, zone), y = fields(b, zone);
  return x.year === y.year && x.month === y.month && x.day === y.day;
}

/** Today `16:42:07.318`, this year `23 Nov 14:02`, older `23 Nov 2025`. */
export function timestamp(at: Date, zone: string, now = new Date()): string {
  if (sameDay(at, now, zone)) return clockParts(at, zone).join("");
  const f = fields(at, zone);
  return f.year === fields(now, zone).year ? `${f.day} ${f.monthName} ${f.hour}:${f.minute}` : `${f.day} ${f.monthName} ${f.year}`;
}

/** Everything about an instant for a tooltip: date, time and zone. */
export function full(at: Date, zone: string): string {
  const f = fields(at, zone);
  return `${f.day} ${f.monthName} ${f.year} ${f.hour}:${f.minute}:${f.second}.${f.milli} ${zoneName(zone, at)}`;
}

/** `16:42`, or `23 Nov` at midnight where days are shown. */
export function tick(at: Date, zone: string, stepSeconds: number): string {
  const f = fields(at, zone);
  if (stepSeconds >= 86_400 || (stepSeconds >= 3_600 * 6 && f.hour === "00")) return `${f.day} ${f.monthName}`;
  if (stepSeconds >= 3_600 * 6) return `${f.day} ${f.monthName} ${f.hour}:${f.minute}`;
  return stepSeconds < 60 ? `${f.hour}:${f.minute}:${f.second}` : `${f.hour}:${f.minute}`;
}

/** `23 Nov 14:02:05` for ranges; the date is left out on the day of `now`. */
export function moment(at: Date, zone: string, now = new Date()): string {
  const f = fields(at, zone);
  const time = `${f.hour}:${f.minute}${f.second === "00" ? "" : ":" + f.second}`;
  if (sameDay(at, now, zone)) return time;
  return `${f.day} ${f.monthName}${f.year === fields(now, zone).year ? "" : " " + f.year} ${time}`;
}

/** Freshness only: `4 s ago`, `3 min ago`, `2 h ago`, `11 d ago`. */
export function ago(at: Date, now = new Date()): string {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000));
  if (seconds < 60) return `${seconds}${GAP}s ago`;
  if (seconds < 3_570) return `${Math.round(seconds / 60)}${GAP}min ago`;
  if (seconds < 47.5 * 3_600) return `${Math.round(seconds / 3_600)}${GAP}h ago`;
  return `${Math.round(seconds / 86_400)}${GAP}d ago`;
}

/** `2026-11-23T14:02:05` in a zone, as a field for date and time wants it. */
export function localInput(at: Date, zone: string): string {
  const f = fields(at, zone);
  return `${f.year}-${f.month}-${f.day.padStart(2, "0")}T${f.hour}:${f.minute}:${f.second}`;
}

/** The instant that a local date and time names in a zone; null where it cannot be read. */
export function fromLocal(text: string, zone: string): Date | null {
  const guess = new Date(text.trim().replace(" ", "T") + (/\d\d:\d\d/.test(text) ? "Z" : "T00:00:00Z"));
  if (Number.isNaN(guess.getTime())) return null;
  // Twice: the first correction may cross a change of the clock.
  let at = guess;
  for (let i = 0; i < 2; i++) at = new Date(at.getTime() + (guess.getTime() - Date.parse(localInput(at, zone) + "Z")));
  return at;
}
