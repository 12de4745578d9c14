import { localInput } from "../format/time";

/** The least round number that is not less: 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten. */
export function niceMax(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const m of [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) if (m * power >= value * 0.9999) return m * power;
  return 10 * power;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 2 * 86_400, 5 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400].map(s => s * 1_000);

/** Instants for the labels of a time axis: round in the zone that is shown, five to seven where there is room for as many. */
export function timeTicks(from: number, to: number, width: number, zone: string): number[] {
  const wanted = Math.max(2, Math.min(7, Math.floor(width / 110)));
  const step = STEPS.find(s => (to - from) / s <= wanted) ?? STEPS.at(-1)!;
  // Local midnight is a whole number of steps away from the zone's own zero.
  const offset = Date.parse(localInput(new Date(from), zone) + "Z") - Math.floor(from / 1_000) * 1_000;
  const found: number[] = [];
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) found.push(at);
  return found;
}
