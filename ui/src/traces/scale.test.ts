import { expect, test } from "vitest";
import { niceMax, timeTicks } from "./scale";

test.each([[1, 1], [2, 2], [7, 8], [84, 100], [150, 150], [151, 200], [12_345, 15_000], [0.3, 0.3]])("the axis for %d ends at %d", (value, max) => expect(niceMax(value)).toBeCloseTo(max, 9));

test("an hour has a label every ten minutes", () => {
  const from = Date.parse("2026-11-23T14:45:12Z");
  expect(timeTicks(from, from + 3_600_000, 1_200, "Europe/Berlin").map(at => new Date(at).toISOString().slice(11, 16))).toEqual(["14:50", "15:00", "15:10", "15:20", "15:30", "15:40"]);
});
test("days begin at midnight of the zone", () => {
  const from = Date.parse("2026-11-16T15:00:00Z");
  expect(timeTicks(from, from + 7 * 86_400_000, 1_200, "Asia/Kolkata").every(at => new Date(at).toISOString().slice(11, 16) === "18:30")).toBe(true);
});
