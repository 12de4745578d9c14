/** Room at the right of the waterfall for the label of the longest bar, px. */
export const LABEL_ROOM = 64;
/** Left edge of the first bar, px. */
export const INSET = 6;

export interface Bar {
  readonly x: number;
  readonly width: number;
  /** The span lies outside what the axis shows. */
  readonly outside: "before" | "after" | null;
}

/** Where a span is drawn in a waterfall of the given width. A span is never thinner than 2 px, and never outside. */
export function bar(start: number, end: number, total: number, width: number): Bar {
  const room = Math.max(1, width - LABEL_ROOM);
  if (end < 0) return { x: INSET, width: 2, outside: "before" };
  if (start > total) return { x: INSET + room - 2, width: 2, outside: "after" };
  const from = Math.max(0, start), to = Math.min(total, end);
  const w = Math.max(2, ((to - from) / total) * room);
  return { x: Math.min(INSET + (from / total) * room, INSET + room - 2), width: w, outside: null };
}

const UNITS: readonly (readonly [ns: number, unit: string])[] = [[1e3, "µs"], [1e6, "ms"], [1e9, "s"], [60e9, "min"], [3_600e9, "h"], [86_400e9, "d"]];
const TIME_STEPS = [1, 2, 5, 10, 15, 30];

/** Marks of the time axis: about as many as wanted, at round steps, each with its label. */
export function ticks(total: number, wanted: number): { at: number; label: readonly [figure: string, unit: string] }[] {
  const raw = total / wanted;
  let step: number;
  if (raw >= 60e9) {
    const unit = [...UNITS].reverse().find(([ns]) => raw >= ns * 0.75)!;
    step = unit[0] * (unit[0] === 86_400e9 ? decimalStep(raw / unit[0]) : (TIME_STEPS.find(m => m * unit[0] >= raw * 0.75) ?? 30));
  } else step = Math.max(1, decimalStep(raw));
  const out: { at: number; label: readonly [string, string] }[] = [];
  for (let at = 0; at <= total && out.length < 50; at += step) {
    const unit = at === 0 ? null : [...UNITS].reverse().find(([ns]) => at >= ns);
    out.push({ at, label: unit ? [String(Number((at / unit[0]).toPrecision(4))), unit[1]] : [String(at), at === 0 ? "" : "ns"] });
  }
  return out;
}

function decimalStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find(m => m * power >= raw * 0.75) ?? 10);
}

/** How far a level is indented, px. Deep levels share the last indent, so that names stay readable at 200 levels. */
export function indent(depth: number, nameWidth: number): number {
  return Math.min(depth, deepest(nameWidth)) * STEP;
}
export const STEP = 16;

/** The deepest level that still gets an indent of its own. */
export function deepest(nameWidth: number): number {
  return Math.max(3, Math.floor((nameWidth * 0.5) / STEP));
}
