import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, get } from "../api/client";
import { useStatus } from "../api/queries";
import type { TraceRow } from "../api/types";
import { useKeys } from "../app/keyboard";
import { stringifySearch } from "../app/search";
import { copyText, ErrorBoundary, ErrorNotice, Icon, Notice, stripScale, toast } from "../components";
import { ConnectPage } from "../firstrun/ConnectPage";
import { count, cost, duration, exact, rate } from "../format/numbers";
import { t } from "../i18n";
import { TracePanel } from "../trace";
import { columnsOf, columnsText, type ShownColumn } from "./columns";
import { ColumnsMenu } from "./ColumnsMenu";
import { EmptyTraces } from "./EmptyTraces";
import { Facets } from "./Facets";
import { Histogram } from "./Histogram";
import { excludeValue, toggleValue } from "./query";
import { QueryField } from "./QueryField";
import { absolute, bounds, endsNow, rangeLabel, shifted, type Range } from "./range";
import { rangeOf, sortOf, TRACES_PARAMETERS, zoneOf, type ListQuery, type TracesSearch } from "./state";
import { TimeRange } from "./TimeRange";
import { TraceTable, type TableActions } from "./TraceTable";
import { useTraceList } from "./useTraceList";

const route = getRouteApi("/traces");
const REFRESH_MS = 5_000;

/** Traces, or the way to connect an application while there is none. */
export function TracesPage() {
  const status = useStatus();
  // Whoever watched the first trace arrive goes on to the list by a click or by waiting, not in the middle of reading.
  const [connecting, setConnecting] = useState(false);
  const empty = status.data?.has_spans === false;
  useEffect(() => { if (empty) setConnecting(true); }, [empty]);
  if (!status.data && !status.error) return null;
  if (empty || connecting) return <ConnectPage onDone={() => setConnecting(false)} />;
  return <Traces />;
}

/** The last value that was there: what stays on the screen while the next one is on its way, or failed. */
function useSticky<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  if (value !== undefined) last.current = value;
  return value ?? last.current;
}

function isBadQuery(error: Error | null): error is ApiError {
  return error instanceof ApiError && error.status === 400;
}

function Traces() {
  const search = route.useSearch() as TracesSearch & { app?: string; env?: string };
  const navigate = useNavigate();
  const change = useCallback((patch: TracesSearch, replace: boolean) => void navigate({ to: "/traces", search: before => ({ ...before, ...patch }) as never, replace, resetScroll: false }), [navigate]);

  const range = useMemo(() => rangeOf(search), [search.from, search.to]); // eslint-disable-line react-hooks/exhaustive-deps
  const zone = zoneOf(search), sort = sortOf(search), columns = useMemo(() => columnsOf(search.cols), [search.cols]);
  const q = search.q ?? "";
  const [preview, setPreview] = useState<string | null>(null);
  const asked = preview ?? q;
  const query: ListQuery = useMemo(() => ({ from: range.from, to: range.to, q: asked || undefined, app: search.app, env: search.env }), [range, asked, search.app, search.env]);

  const liveable = endsNow(range) && sort === "-start", live = liveable && search.live !== "0";
  const gridRef = useRef<HTMLDivElement>(null), scrollRef = useRef<HTMLDivElement>(null), queryRef = useRef<HTMLInputElement>(null), panelRef = useRef<HTMLDivElement>(null);
  const hovering = useRef(false), cursorRef = useRef<number | null>(null);
  const atTop = useCallback(() => (scrollRef.current?.scrollTop ?? 0) <= 0, []);
  const mayEnter = useCallback(() => atTop() && !hovering.current && !document.hidden, [atTop]);

  const summary = useQuery({ queryKey: ["summary", query], queryFn: ({ signal }) => get("/traces/summary", { query: { ...query, buckets: 90 }, signal }), refetchInterval: state => (live && !state.state.error ? REFRESH_MS : false) });
  const facets = useQuery({ queryKey: ["facets", query], queryFn: ({ signal }) => get("/traces/facets", { query: { ...query, values: 5 }, signal }), refetchInterval: state => (live && !state.state.error ? 2 * REFRESH_MS : false) });
  const badQuery = isBadQuery(summary.error) ? summary.error : null;
  const list = useTraceList(query, sort, live && !badQuery && preview === null, mayEnter);
  const figures = useSticky(summary.data), facetList = useSticky(facets.data);
  const scale = useMemo(() => stripScale(figures?.p1_ns ?? null, figures?.p99_ns ?? null), [figures?.p1_ns, figures?.p99_ns]);

  const rows = list.rows;
  const words = rows?.[0]?.highlights, wordsKey = words?.join("\n");
  const link = useCallback((row: TraceRow) => "/trace/" + encodeURIComponent(row.trace_id) + stringifySearch({ app: search.app, env: search.env }), [search.app, search.env]);
  const slow = Number(figures?.p99_ns ?? Infinity);
  const context = useMemo(() => ({ zone, scale, slow, words, href: link }), [zone, scale, slow, wordsKey, link]); // eslint-disable-line react-hooks/exhaustive-deps

  // The row under the keyboard, by identity: new rows above must not move it to another trace.
  const [cursorKey, setCursorKey] = useState<string | null>(null);
  const cursor = useMemo(() => { const at = cursorKey === null ? -1 : (rows?.findIndex(r => r.trace_key === cursorKey) ?? -1); return at < 0 ? null : at; }, [rows, cursorKey]);
  cursorRef.current = cursor;
  const [checked, setChecked] = useState<ReadonlySet<string>>(new Set());
  const lastChecked = useRef<string | null>(null);
  const [rangeOpen, setRangeOpen] = useState(false);
  const [facetsShown, setFacetsShown] = useState(() => matchMedia("(min-width: 1180px)").matches);

  const openPanel = useCallback((row: TraceRow) => { setCursorKey(row.trace_key); change({ trace: row.trace_id, span: undefined, msg: undefined, fold: undefined }, true); }, [change]);
  const openPage = (row: TraceRow) => void navigate({ to: "/trace/$traceId", params: { traceId: row.trace_id }, search: { app: search.app, env: search.env, tz: search.tz } as never });
  const closePanel = useCallback(() => { change({ trace: undefined, span: undefined, tab: undefined, view: undefined, fold: undefined, msg: undefined }, true); gridRef.current?.focus(); }, [change]);
  const setQuery = (text: string) => { setPreview(null); if (text !== q) change({ q: text || undefined }, false); };
  const setRange = (next: Range) => change({ from: next.from === "now-1h" && next.to === "now" ? undefined : next.from, to: next.to === "now" ? undefined : next.to }, false);
  const check = (row: TraceRow, through: boolean) => setChecked(before => {
    const next = new Set(before), on = !before.has(row.trace_key), from = through && lastChecked.current !== null ? (rows?.findIndex(r => r.trace_key === lastChecked.current) ?? -1) : -1, to = rows?.findIndex(r => r.trace_key === row.trace_key) ?? -1;
    for (const r of from >= 0 && to >= 0 ? rows!.slice(Math.min(from, to), Math.max(from, to) + 1) : [row]) { if (on) next.add(r.trace_key); else next.delete(r.trace_key); }
    lastChecked.current = row.trace_key;
    return next;
  });
  const actions: TableActions = { open: openPanel, openPage, check, link, filter: (column, value, exclude) => setQuery(exclude ? excludeValue(q, column.field!, value) : toggleValue(q, column.field!, value)) };

  const panelOpen = search.trace !== undefined;
  const move = (by: number) => {
    if (!rows?.length) return;
    const open = panelOpen ? rows.findIndex(r => r.trace_id === search.trace || r.trace_key === search.trace) : -1, at = cursorRef.current ?? open;
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))]!;
    if (panelOpen) openPanel(next);
    else setCursorKey(next.trace_key);
  };
  const current = () => (cursorRef.current !== null ? rows?.[cursorRef.current] : undefined);
  const shift = (direction: -1 | 1) => { const next = shifted(range, direction); if (next) setRange(next); };
  const toggleLive = () => { if (!liveable) { toast(t("traces.live.why")); return; } change({ live: live ? "0" : undefined }, true); if (live) toast(t("traces.live.off")); };
  useKeys({
    "/": () => queryRef.current?.focus(),
    t: () => setRangeOpen(true),
    l: toggleLive,
    f: () => setFacetsShown(!facetsShown),
    "[": () => shift(-1),
    "]": () => shift(1),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: event => (inGrid(event, gridRef.current) ? move(1) : false),
    ArrowUp: event => (inGrid(event, gridRef.current) ? move(-1) : false),
    Home: event => (inGrid(event, gridRef.current) ? move(-Infinity) : false),
    End: event => (inGrid(event, gridRef.current) ? move(Infinity) : false),
    PageDown: event => (inGrid(event, gridRef.current) ? move(20) : false),
    PageUp: event => (inGrid(event, gridRef.current) ? move(-20) : false),
    Enter: event => { const row = current(); if (!row || !inGrid(event, gridRef.current)) return false; openPanel(row); },
    o: () => { const row = panelOpen ? rows?.find(r => r.trace_id === search.trace) ?? current() : current(); if (!row) return false; openPage(row); },
    x: () => { const row = current(); if (!row) return false; check(row, false); },
    Escape: () => { if (panelOpen) closePanel(); else if (checked.size) setChecked(new Set()); else if (cursorKey !== null) setCursorKey(null); else return false; },
  });

  // Focus moves into the panel when it opens, and the list comes back when it closes.
  useEffect(() => { if (panelOpen) panelRef.current?.focus(); }, [panelOpen]);
  const announced = useAnnouncement(list.pending > 0 ? t("traces.new", { count: list.pending }) : figures && summary.data ? t("traces.found", { traces: Number(figures.count), errors: Number(figures.errors) }) : "");
  const unknown = useMemo(() => Object.keys(Object.fromEntries(new URLSearchParams(location.search))).filter(name => !["app", "env", ...TRACES_PARAMETERS].includes(name)), []);

  const total = figures ? Number(figures.count) : null, errors = figures ? Number(figures.errors) : 0;
  const span = bounds(range);
  const rangeText = /^now-(\d+)([smhdw])$/.exec(range.from) && endsNow(range) ? t("range.inPast", { n: Number(/\d+/.exec(range.from)![0]), unit: range.from.at(-1)! }) : t("range.inThis");
  return (
    <div className="flex h-full flex-col">
      <div className="bar relative z-20 flex-none">
        <button type="button" className={`btn px-2 ${facetsShown ? "bg-hover" : ""}`} aria-pressed={facetsShown} aria-label={t("facets.show")} title={`${t("facets.show")} (f)`} onClick={() => setFacetsShown(!facetsShown)}><Icon name="filter" size={14} className="mx-0" /></button>
        <QueryField value={q} error={badQuery} stays={rows !== undefined} scope={{ from: range.from, to: range.to, app: search.app, env: search.env }} rangeText={rangeText} onRun={setQuery} onPreview={setPreview} inputRef={queryRef} />
        <TimeRange range={range} zone={zone} open={rangeOpen} onOpenChange={setRangeOpen} onRange={setRange} onZone={z => change({ tz: z }, true)} linkTo={r => location.origin + "/traces" + stringifySearch({ ...search, from: r.from, to: r.to })} />
        <button type="button" className="btn" aria-pressed={live} title={liveable ? `${t(live ? "traces.live.on" : "traces.live.off")} (l)` : t("traces.live.why")} onClick={toggleLive}>
          <span className={`live ${live && list.liveState !== "lost" ? "" : "off"}`}>{live && list.liveState === "lost" ? t("traces.live.lost") : t("traces.live")}</span>
        </button>
      </div>
      <div className="relative flex min-h-0 flex-1 border-t border-line">
        {facetsShown && <Facets facets={facetList?.facets} failed={facets.isError} stale={!facets.data && facets.isFetching && facetList !== undefined} q={q} scope={query} onQuery={setQuery} />}
        <main id="content" tabIndex={-1} className="pane flex min-w-0 flex-1 flex-col focus-visible:outline-none">
          <h1 className="vh">{t("traces.title")}</h1>
          {unknown.length > 0 && <Notice className="mx-3 mt-2">{t("notice.ignoredParameters", { names: unknown.join(", ") })}</Notice>}
          <div className="relative z-10 flex-none ps-2.5 pe-3 pt-2">
            {figures ? <Histogram summary={figures} range={span} zone={zone} stale={!summary.data && !summary.error} onZoom={(a, b) => setRange(absolute(a, b))} onReset={() => setRange({ from: "now-1h", to: "now" })} />
              : summary.error && !badQuery ? <ErrorNotice error={summary.error} retry={() => void summary.refetch()} /> : <div className="h-[78px]" />}
          </div>
          <div className="row t12 h-8 flex-none border-b border-line ps-2.5 pe-3">
            {checked.size > 0 ? (
              <>
                <span className="m">{t("table.checked", { count: checked.size })}</span>
                <button type="button" className="btn quiet sm" onClick={() => void copyText((rows ?? []).filter(r => checked.has(r.trace_key)).map(r => r.trace_id).join("\n")).then(ok => { if (ok) toast(t("common.copied")); })}><Icon name="copy" size={14} />{t("table.copyIds")}</button>
                <button type="button" className="btn quiet sm" onClick={() => setChecked(new Set())}>{t("table.uncheck")}</button>
              </>
            ) : figures && (
              <>
                <span className="m nw" title={exact(figures.count)}>{t("figures.traces", { count: total!, shown: count(figures.count) })}</span>
                {total! > 0 && <span className="d3 nw">{errors ? t("figures.errors", { count: errors, shown: count(errors), share: rate(errors / total!, true) }) : t("figures.noErrors")}</span>}
                {figures.p95_ns !== null && <span className="d3 nw">{t("figures.p95", { duration: duration(figures.p95_ns) })}</span>}
                {figures.cost !== null && <span className="d3 nw" title={figures.unpriced_calls !== "0" ? t("figures.unpriced", { count: Number(figures.unpriced_calls) }) : undefined}>{figures.unpriced_calls !== "0" ? "≥\u00a0" : ""}{cost(figures.cost)}</span>}
                {preview !== null && <span className="d3 nw">{t("figures.before")}</span>}
                <span className="d3 nw" title={t("figures.tookTitle")}>{t("figures.took", { ms: list.tookMs ?? figures.took_ms })}</span>
              </>
            )}
            {list.pending > 0 && <button type="button" className="btn sm ms-2" onClick={() => { list.showPending(); scrollRef.current?.scrollTo({ top: 0 }); }}><Icon name="up" size={12} />{t("traces.new", { count: list.pending })}</button>}
            <span className="sp" />
            <ColumnsMenu columns={columns} onColumns={next => change({ cols: columnsText(next) }, true)} />
          </div>
          {(figures?.partial || list.partial) && <Notice tone="warn" className="flex-none rounded-none">{t("figures.partial", { reason: figures?.partial ?? list.partial! })}</Notice>}
          {list.error && !badQuery && !(rows && rows.length > 0 && !list.stale) && <ErrorNotice error={list.error} retry={list.retry} className="m-3 max-w-[760px]" />}
          <TraceTable
            list={list} total={total} columns={columns} onColumns={(next: ShownColumn[]) => change({ cols: columnsText(next) }, true)} sort={sort} onSort={next => change({ sort: next === "-start" ? undefined : next }, true)} context={context}
            cursor={cursor} selected={search.trace} checked={checked} actions={actions} gridRef={gridRef} scrollRef={scrollRef} onScrollTop={() => { if (list.pending > 0 && !hovering.current) list.showPending(); }} onHover={over => { hovering.current = over; if (!over && list.pending > 0 && atTop()) list.showPending(); }}
            empty={<EmptyTraces query={query} rangeText={rangeText} onQuery={setQuery} onRange={setRange} />}
          />
        </main>
        {panelOpen && (
          <div ref={panelRef} className="panel" role="dialog" data-panel aria-label={t("panel.label")} tabIndex={-1}>
            <ErrorBoundary resetKey={search.trace!}>
              <TracePanel traceId={search.trace!} search={search} onSearch={patch => change(patch, true)} onClose={closePanel} onOpenPage={() => void navigate({ to: "/trace/$traceId", params: { traceId: search.trace! }, search: { app: search.app, env: search.env, span: search.span, tab: search.tab, view: search.view, tz: search.tz } as never })} />
            </ErrorBoundary>
          </div>
        )}
      </div>
      <div className="vh" role="status" aria-live="polite">{announced}</div>
      <RangeTitle text={rangeLabel(range, zone)} />
    </div>
  );
}

/** Arrow keys belong to the list when nothing else has the focus. */
function inGrid(event: KeyboardEvent, grid: HTMLElement | null): boolean {
  return event.target === document.body || event.target === grid || (event.target instanceof Node && event.target.parentElement?.closest("[data-panel]") != null) || (event.target instanceof HTMLElement && (event.target.dataset.panel !== undefined || event.target.id === "content"));
}

/** What a screen reader is told: at most one message in 5 s. */
function useAnnouncement(text: string): string {
  const [said, setSaid] = useState("");
  const last = useRef(0);
  useEffect(() => {
    const timer = setTimeout(() => { last.current = Date.now(); setSaid(text); }, Math.max(300, last.current + 5_000 - Date.now()));
    return () => clearTimeout(timer);
  }, [text]);
  return said;
}

function RangeTitle({ text }: { text: string }) {
  useEffect(() => { document.title = `${t("traces.title")}, ${text} · ${t("app.name")}`; }, [text]);
  return null;
}
