import { expect, test } from "vitest";
import { eventParser } from "./sse";

const TEXT = ': hello\n\nevent: trace\ndata: {"a":1}\n\ndata: one\r\ndata: two\r\n\r\nevent: ping\n\nevent: trace\ndata:x\n\n';
const EVENTS = [["trace", '{"a":1}'], ["message", "one\ntwo"], ["trace", "x"]];

test.each([1, 2, 3, 7, 1_000])("events are the same when the stream is cut every %d characters", size => {
  const seen: string[][] = [];
  const parse = eventParser((name, data) => seen.push([name, data]));
  for (let i = 0; i < TEXT.length; i += size) parse(TEXT.slice(i, i + size));
  expect(seen).toEqual(EVENTS);
});
