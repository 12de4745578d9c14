import { locale } from "../i18n";

/** Between a figure and its unit: never the place where a line breaks. */
export const GAP = "\u00a0";
const fixed = new Map<number, Intl.NumberFormat>();
function decimal(value: number | bigint, digits: number): string {
  let format = fixed.get(digits);
  if (!format) fixed.set(digits, (format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })));
  return format.format(value);
}

/** A figure and its unit apart, so that the unit can be drawn in a lighter ink. */
export type Measure = readonly (readonly [figure: string, unit: string])[];

/** A duration in nanoseconds as three significant digits with their unit. */
export function durationParts(ns: string | number | bigint): Measure {
  const value = Number(ns);
  if (!Number.isFinite(value)) return [["–", ""]];
  if (value < 0) return durationParts(-value).map(([f, u], i) => [i ? f : "−" + f, u] as const);
  if (value < 999.5) return [[decimal(value, 0), "ns"]];
  if (value < 999_500) return [[decimal(value / 1e3, 0), "µs"]];
  const ms = value / 1e6;
  if (ms < 999.5) return [[decimal(ms, 0), "ms"]];
  if (ms < 9_995) return [[decimal(ms / 1e3, 2), "s"]];
  if (ms < 59_950) return [[decimal(ms / 1e3, 1), "s"]];
  const seconds = Math.round(ms / 1e3);
  if (seconds < 3_600) return [[String(Math.floor(seconds / 60)), "m"], [String(seconds % 60).padStart(2, "0"), "s"]];
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return [[String(Math.floor(minutes / 60)), "h"], [String(minutes % 60).padStart(2, "0"), "m"]];
  const hours = Math.round(minutes / 60);
  return [[decimal(Math.floor(hours / 24), 0), "d"], [String(hours % 24).padStart(2, "0"), "h"]];
}

/** `94 ms`, `1.84 s`, `1 m 32 s`, `2 h 04 m`. */
export function duration(ns: string | number | bigint): string {
  return durationParts(ns).map(([f, u]) => (u ? f + GAP + u : f)).join(GAP);
}

const STEPS = [[1e3, "k"], [1e6, "M"], [1e9, "B"], [1e12, "T"]] as const;

/** Tokens and counts: exact up to 9,999, then three digits. */
export function count(value: string | number | bigint): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return "–";
  if (Math.abs(number) < 9_999.5) return decimal(number, 0);
  for (let i = 0; i < STEPS.length; i++) {
    const [step, unit] = STEPS[i]!;
    const scaled = Math.abs(number) / step;
    if (scaled >= 999.5 && i < STEPS.length - 1) continue;
    const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return decimal(number / step, digits) + unit;
  }
  return decimal(number, 0);
}

/** Every digit of a whole number of any size, with separators. */
export function exact(value: string | number | bigint): string {
  try {
    return decimal(typeof value === "string" ? BigInt(value) : value, 0);
  } catch {
    return String(value);
  }
}

/** US dollars: three significant digits below $1, cents below $1,000, whole dollars above. */
export function cost(usd: string | number): string {
  const value = Number(usd);
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "$0";
  if (value < 0) return "−" + cost(-value);
  if (value < 0.000001) return "<$0.000001";
  if (value < 0.9995) {
    const rounded = Number(value.toPrecision(3));
    return "$" + decimal(rounded, Math.max(2, 2 - Math.floor(Math.log10(rounded))));
  }
  return "$" + decimal(value, value < 999.995 ? 2 : 0);
}

/** A share as a percentage: whole from 10 % up, below with one decimal, or with three significant digits where `precise`. */
export function rate(share: number, precise = false): string {
  const percent = share * 100;
  if (!Number.isFinite(percent)) return "–";
  if (percent === 0) return `0${GAP}%`;
  if (percent >= 9.995) return `${decimal(percent, 0)}${GAP}%`;
  const lowest = precise ? 0.01 : 0.1;
  if (percent < lowest / 2) return `<${decimal(lowest, precise ? 2 : 1)}${GAP}%`;
  return `${precise ? decimal(percent, 2).replace(/([.,]\d)0$/, "$1") : decimal(percent, 1)}${GAP}%`;
}

/** A change of a rate, in points: `+4.7 pt`. */
export function points(difference: number): string {
  const value = difference * 100;
  if (Math.abs(value) < 0.05) return "0";
  return `${value < 0 ? "−" : "+"}${decimal(Math.abs(value), 1)}${GAP}pt`;
}

/** Decimal bytes: `21 kB`, `7.2 MB`. */
export function bytes(value: string | number): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return "–";
  if (number < 999.5) return `${decimal(number, 0)}${GAP}B`;
  const units = ["kB", "MB", "GB", "TB"];
  for (let i = 0, scaled = number / 1e3; i < units.length; i++, scaled /= 1e3) {
    if (scaled < 999.5 || i === units.length - 1) return `${decimal(scaled, scaled < 9.95 ? 1 : 0).replace(/[.,]0$/, "")}${GAP}${units[i]}`;
  }
  return String(value);
}
