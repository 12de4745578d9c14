import { expect, test } from "vitest";
import { absolute, bounds, rangeLabel, readEnd, shifted } from "./range";

const now = Date.parse("2026-11-23T15:45:00Z");

test("relative and absolute ends", () => {
  expect(bounds({ from: "now-1h", to: "now" }, now)).toEqual([now - 3_600_000, now]);
  expect(bounds({ from: "2026-11-23T15:00:00Z", to: String(now) }, now)).toEqual([now - 2_700_000, now]);
});
test("what cannot be read, or ends before it starts, is the past hour", () => {
  expect(bounds({ from: "yesterday", to: "now" }, now)).toEqual([now - 3_600_000, now]);
  expect(bounds({ from: "now", to: "now-1h" }, now)).toEqual([now - 3_600_000, now]);
});
test("labels", () => {
  expect(rangeLabel({ from: "now-1h", to: "now" }, "UTC")).toBe("Past hour");
  expect(rangeLabel({ from: "now-15m", to: "now" }, "UTC")).toBe("Past 15 minutes");
  expect(rangeLabel({ from: "now-7d", to: "now" }, "UTC")).toBe("Past 7 days");
  expect(rangeLabel({ from: "2025-11-23T15:00:00Z", to: "2025-11-23T16:30:00Z" }, "UTC")).toBe("23 Nov 2025 15:00 – 23 Nov 2025 16:30");
});
test("the range before has the same length, and none lies in the future", () => {
  expect(shifted({ from: "now-1h", to: "now" }, -1, now)).toEqual(absolute(now - 7_200_000, now - 3_600_000));
  expect(shifted({ from: "now-1h", to: "now" }, 1, now)).toBeNull();
});
test("typed ends", () => {
  expect(readEnd("now-3h", "UTC")).toBe("now-3h");
  expect(readEnd("2026-11-23 16:00", "Europe/Berlin")).toBe("2026-11-23T15:00:00.000Z");
  expect(readEnd("soon", "UTC")).toBeNull();
});
