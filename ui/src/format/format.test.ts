import { describe, expect, test } from "vitest";
import { bytes, cost, count, duration, exact, points, rate } from "./numbers";
import { ago, fromLocal, moment, tick, timestamp, zoneName } from "./time";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const ms = (value: number) => plain(duration(Math.round(value * 1e6)));

describe("duration", () => {
  test.each([
    [0.00085, "850 ns"], [0.41, "410 µs"], [0.9996, "1 ms"], [94, "94 ms"], [842, "842 ms"], [999.6, "1.00 s"], [1_840, "1.84 s"], [9_996, "10.0 s"], [38_400, "38.4 s"],
    [59_949, "59.9 s"], [59_960, "1 m 00 s"], [92_000, "1 m 32 s"], [119_600, "2 m 00 s"], [7_440_000, "2 h 04 m"], [3_599_600, "1 h 00 m"], [273_600_000, "3 d 04 h"],
  ])("%d ms is %s", (value, text) => expect(ms(value)).toBe(text));
  test("zero and nonsense", () => {
    expect(plain(duration("0"))).toBe("0 ns");
    expect(duration("x")).toBe("–");
    expect(plain(duration("-94000000"))).toBe("−94 ms");
  });
});

test.each([
  [0, "0"], [2_496, "2,496"], [9_999, "9,999"], [10_000, "10.0k"], [61_300, "61.3k"], [99_960, "100k"], [215_000, "215k"], [999_600, "1.00M"], [4_910_000, "4.91M"], [31_400_000_000, "31.4B"],
])("count %d is %s", (value, text) => expect(count(value)).toBe(text));

test("a 64-bit number keeps every digit", () => expect(exact("18446744073709551615")).toBe("18,446,744,073,709,551,615"));

test.each([
  ["0", "$0"], ["0.0000004", "<$0.000001"], ["0.000001", "$0.00000100"], ["0.000912", "$0.000912"], ["0.00231", "$0.00231"], ["0.0011", "$0.00110"], ["0.587", "$0.587"], ["0.99951", "$1.00"], ["12.8", "$12.80"],
  ["999.99", "$999.99"], ["999.996", "$1,000"], ["52480", "$52,480"], ["1000000", "$1,000,000"], ["0.09996", "$0.100"],
])("cost %s is %s", (value, text) => expect(cost(value)).toBe(text));

test.each([
  [0, false, "0 %"], [0.006, false, "0.6 %"], [0.22, false, "22 %"], [0.0299, true, "2.99 %"], [0.0299, false, "3.0 %"], [0.00001, true, "<0.01 %"], [1, true, "100 %"],
])("rate %d (precise %s) is %s", (value, precise, text) => expect(plain(rate(value, precise))).toBe(text));

test("change of a rate", () => {
  expect(plain(points(0.047))).toBe("+4.7 pt");
  expect(plain(points(-0.003))).toBe("−0.3 pt");
  expect(points(0)).toBe("0");
});

test.each([[812, "812 B"], [2_100, "2.1 kB"], [21_000, "21 kB"], [7_200_000, "7.2 MB"], [1_000, "1 kB"]])("%d bytes are %s", (value, text) => expect(plain(bytes(value))).toBe(text));

describe("time", () => {
  const now = new Date("2026-11-23T15:42:10Z"), zone = "Europe/Berlin";
  test("today with milliseconds, this year with the day, older with the year", () => {
    expect(timestamp(new Date("2026-11-23T15:42:07.318Z"), zone, now)).toBe("16:42:07.318");
    expect(timestamp(new Date("2026-11-22T13:02:00Z"), zone, now)).toBe("22 Nov 14:02");
    expect(timestamp(new Date("2025-11-23T13:02:00Z"), zone, now)).toBe("23 Nov 2025");
  });
  test("the clock of a zone changes at the instant it changes, and half-hour zones are exact", () => {
    expect(timestamp(new Date("2026-10-25T00:59:59.999Z"), zone, new Date("2026-10-25T12:00:00Z"))).toBe("02:59:59.999");
    expect(timestamp(new Date("2026-10-25T01:00:00Z"), zone, new Date("2026-10-25T12:00:00Z"))).toBe("02:00:00.000");
    expect(timestamp(new Date("2026-11-23T20:00:00.5Z"), "Asia/Kathmandu", new Date("2026-11-23T20:30:00Z"))).toBe("01:45:00.500");
    expect(timestamp(new Date("1969-12-31T23:59:59.750Z"), "UTC", new Date("1969-12-31T23:59:59.900Z"))).toBe("23:59:59.750");
  });
  test("freshness", () => {
    expect(plain(ago(new Date(now.getTime() - 4_000), now))).toBe("4 s ago");
    expect(plain(ago(new Date(now.getTime() - 180_000), now))).toBe("3 min ago");
    expect(plain(ago(new Date(now.getTime() - 7_200_000), now))).toBe("2 h ago");
    expect(plain(ago(new Date(now.getTime() - 11 * 86_400_000), now))).toBe("11 d ago");
  });
  test("a local time is read in the zone that is shown, also when the clock changes", () => {
    expect(fromLocal("2026-11-23T16:42:07", zone)?.toISOString()).toBe("2026-11-23T15:42:07.000Z");
    expect(fromLocal("2026-07-01 12:00", zone)?.toISOString()).toBe("2026-07-01T10:00:00.000Z");
    expect(fromLocal("2026-10-25T04:00", zone)?.toISOString()).toBe("2026-10-25T03:00:00.000Z");
    expect(fromLocal("2026-11-23", "UTC")?.toISOString()).toBe("2026-11-23T00:00:00.000Z");
    expect(fromLocal("yesterday", zone)).toBeNull();
  });
  test("axis and range texts", () => {
    expect(tick(new Date("2026-11-23T15:45:00Z"), zone, 600)).toBe("16:45");
    expect(tick(new Date("2026-11-22T23:00:00Z"), zone, 86_400)).toBe("23 Nov");
    expect(moment(new Date("2026-11-23T15:22:00Z"), zone, now)).toBe("16:22");
    expect(moment(new Date("2026-11-22T15:22:30Z"), zone, now)).toBe("22 Nov 16:22:30");
    expect(zoneName("UTC")).toBe("UTC");
    expect(zoneName(zone, now)).toBe("CET");
  });
});
