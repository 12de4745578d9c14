import type { components } from "./schema";

type Schemas = components["schemas"];
export type Status = Schemas["Status"];
export type Listener = Status["listeners"][number];
export type IngestRequest = Schemas["IngestRequest"];
export type TraceRow = Schemas["TraceRow"];
export type TracePage = Schemas["TracePage"];
export type TraceSummary = Schemas["TraceSummary"];
export type Facet = Schemas["Facet"];
export type Trace = Schemas["Trace"];
export type SpanHead = Schemas["SpanHead"];
export type Span = Schemas["Span"];
export type Mapping = Schemas["Mapping"];
export type Message = Schemas["Message"];
export type Part = Schemas["Part"];
export type TextPart = Schemas["TextPart"];
export type Body = Schemas["Body"];
export type StripSegment = Schemas["StripSegment"];
