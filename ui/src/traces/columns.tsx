import { useEffect, useState, type ReactNode } from "react";
import type { TraceRow } from "../api/types";
import { Cost, Count, Duration, Icon, Instant, KindIcon, OneLine, shortId, TraceStrip, visible, type StripScale } from "../components";
import { count, cost, duration } from "../format/numbers";
import { t } from "../i18n";
import type { Sort } from "./state";

export interface CellContext { zone: string; scale: StripScale; slow: number; words: readonly string[] | undefined; href: (row: TraceRow) => string }

export interface Column {
  id: ColumnId;
  /** Pixels, or a share of the width that is left. */
  width: number | `${number}fr`;
  min: number;
  right?: boolean;
  /** The sort whose direction the head switches. */
  sort?: "start" | "duration" | "cost" | "tokens";
  /** The field of the query that holds the cell's value. */
  field?: string;
  value: (row: TraceRow) => string | null;
  cell: (row: TraceRow, context: CellContext) => ReactNode;
}

export type ColumnId = "time" | "app" | "name" | "input" | "output" | "duration" | "tokens" | "cost" | "model" | "user" | "session" | "env" | "version" | "spans" | "ttft";

const none = <span className="d3">–</span>;
const plain = (text: string | null) => (text ? <OneLine className="d2" text={text} /> : none);

export const COLUMNS: Record<ColumnId, Column> = {
  time: { id: "time", width: 94, min: 60, sort: "start", value: r => r.start, cell: (r, c) => <span className="nw d2"><Instant at={r.start} zone={c.zone} /></span> },
  app: { id: "app", width: 96, min: 48, field: "app", value: r => r.application, cell: r => plain(r.application) },
  name: {
    id: "name", width: 140, min: 60, field: "name", value: r => r.name,
    cell: (r, c) => (
      <span className="row gap-1.5">
        <KindIcon kind={r.kind} />
        <a className="ell text-text hover:no-underline" tabIndex={-1} href={c.href(r)} title={r.root_missing ? t("table.rootMissing") : r.name}><OneLine text={r.name || "–"} /></a>
        {r.root_missing && <span className="d3">…</span>}
      </span>
    ),
  },
  input: { id: "input", width: "1.12fr", min: 120, value: r => r.input, cell: (r, c) => (r.input ? <OneLine text={r.input} words={c.words} /> : none) },
  output: { id: "output", width: "1fr", min: 120, value: r => (r.status === "error" ? errorText(r) : r.output), cell: (r, c) => <Output row={r} words={c.words} /> },
  duration: {
    id: "duration", width: 164, min: 74, sort: "duration", value: r => duration(r.duration_ns),
    cell: (r, c) => (
      <span className="row justify-between">
        <TraceStrip segments={r.strip} durationNs={r.duration_ns} scale={c.scale} running={r.running} />
        {r.running ? <Running row={r} /> : <span className={`num ${Number(r.duration_ns) >= c.slow ? "m" : ""}`}><Duration ns={r.duration_ns} /></span>}
      </span>
    ),
  },
  tokens: { id: "tokens", width: 58, min: 44, right: true, sort: "tokens", value: r => r.tokens, cell: r => <Count value={r.tokens} /> },
  cost: { id: "cost", width: 82, min: 54, right: true, sort: "cost", value: r => (r.cost === null ? null : cost(r.cost)), cell: r => <Cost usd={r.cost} unpriced={r.unpriced_calls} calls={r.llm_calls} /> },
  model: { id: "model", width: 130, min: 60, field: "model", value: r => r.models[0] ?? null, cell: r => plain(r.models.join(", ")) },
  user: { id: "user", width: 96, min: 48, field: "user", value: r => r.user_id, cell: r => plain(r.user_id) },
  session: { id: "session", width: 110, min: 48, field: "session", value: r => r.session_id, cell: r => (r.session_id ? <span className="ell mono d2" title={r.session_id}>{shortId(visible(r.session_id))}</span> : none) },
  env: { id: "env", width: 76, min: 40, field: "env", value: r => r.environment, cell: r => plain(r.environment) },
  version: { id: "version", width: 70, min: 40, field: "version", value: r => r.service_version, cell: r => plain(r.service_version) },
  spans: { id: "spans", width: 52, min: 40, right: true, value: r => String(r.span_count), cell: r => <Count value={r.span_count} /> },
  ttft: { id: "ttft", width: 78, min: 50, right: true, value: r => (r.ttft_ns === null ? null : duration(r.ttft_ns)), cell: r => (r.ttft_ns === null ? <i>–</i> : <Duration ns={r.ttft_ns} />) },
};

/** Columns in the order of the page before anybody changed it. */
export const DEFAULT_COLUMNS: readonly ColumnId[] = ["time", "app", "name", "input", "output", "duration", "tokens", "cost"];
export const ALL_COLUMNS = Object.keys(COLUMNS) as ColumnId[];

export interface ShownColumn { column: Column; width: number | null }

/** The columns that an address names: `time,name,input:320`; the default where it names none that exist. */
export function columnsOf(text: string | undefined): ShownColumn[] {
  const named = (text ?? "").split(",").flatMap(part => {
    const [id, width] = part.split(":"), column = COLUMNS[id as ColumnId];
    const pixels = Number(width);
    return column && Object.hasOwn(COLUMNS, id!) ? [{ column, width: width && pixels >= column.min && pixels <= 2_000 ? Math.round(pixels) : null }] : [];
  });
  const unique = named.filter((c, i) => named.findIndex(x => x.column.id === c.column.id) === i);
  return unique.length ? unique : DEFAULT_COLUMNS.map(id => ({ column: COLUMNS[id], width: null }));
}

/** The same as part of an address; undefined for the default. */
export function columnsText(columns: readonly ShownColumn[]): string | undefined {
  const text = columns.map(c => c.column.id + (c.width === null ? "" : `:${c.width}`)).join(",");
  return text === DEFAULT_COLUMNS.join(",") ? undefined : text;
}

/** The grid template of a table: the checkbox, then the columns. */
export function template(columns: readonly ShownColumn[]): string {
  // Without a column that takes what is left the last one does.
  const flexible = columns.some(c => c.width === null && typeof c.column.width === "string");
  return "22px " + columns.map((c, i) => (c.width !== null ? `${c.width}px` : typeof c.column.width === "string" ? `minmax(${c.column.min}px, ${c.column.width})` : !flexible && i === columns.length - 1 ? `minmax(${c.column.width}px, 1fr)` : `${c.column.width}px`)).join(" ");
}

/** The sort that a click on a head asks for: largest or newest first, then the other way round. */
export function nextSort(column: Column, current: Sort): Sort | null {
  if (!column.sort) return null;
  return current === `-${column.sort}` ? column.sort : `-${column.sort}`;
}

export function errorText(row: TraceRow): string {
  return [row.error_type, row.error_message].filter(Boolean).join(": ") || "error";
}

function Output({ row, words }: { row: TraceRow; words: readonly string[] | undefined }) {
  if (row.status === "error") return <span className="err flex items-center gap-[3px]"><Icon name="x" size={12} /><OneLine text={errorText(row)} words={words} /></span>;
  if (row.running && !row.output) return <span className="d3">{t("table.running")}</span>;
  return row.output ? <OneLine className="d2" text={row.output} words={words} /> : none;
}

/** Seconds since the start, counted while the trace runs. */
function Running({ row }: { row: TraceRow }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - Date.parse(row.start)) / 1_000));
  return <span className="num live gap-1.5" title={t("table.running")}><span>{count(seconds)} <i>s</i></span></span>;
}
