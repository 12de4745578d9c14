import { DropdownMenu } from "radix-ui";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Trace } from "../api/types";
import { useKeys } from "../app/keyboard";
import { copyText, CopyButton, Cost, Count, Duration, ErrorBoundary, ErrorNotice, Icon, KindIcon, toast } from "../components";
import { cost as money, count, duration, rate } from "../format/numbers";
import { ago, browserZone, full, isZone, timestamp } from "../format/time";
import { t } from "../i18n";
import { Detail, isTab, TABS, type Tab } from "./Detail";
import { inOrder, nextFailure } from "./errors";
import { AppLink } from "./link";
import type { MessageContext } from "./Messages";
import { layOut, isOpen, lineOf, reveal as revealed, search as searchTree, visible, type Item, type SpanNode, type TraceModel } from "./model";
import { SafeInline } from "./Safe";
import { SpanTree, TreeSkeleton, useWidth } from "./SpanTree";
import { quoted } from "./tabs";
import { oneLine, shortId } from "./text";
import { useSpan, useTrace } from "./useTrace";
import { offset } from "./words";
import "./trace.css";

/** What of a trace view is part of the address. */
export interface TraceSearch {
  /** Id of the selected span, as it was sent. */
  span?: string;
  tab?: string;
  view?: string;
  /** `0`: repeats are not folded. */
  fold?: string;
  /** Number of a message of the input, counted from 1. */
  msg?: string;
  /** Time zone, by its IANA name. */
  tz?: string;
}

export interface TraceViewProps {
  traceId: string;
  search: TraceSearch;
  /** Replaces the named parameters of the address; `undefined` removes one. */
  onSearch: (patch: TraceSearch) => void;
}

export interface TracePanelProps extends TraceViewProps {
  onClose: () => void;
  /** Opens the same content as a page of its own. */
  onOpenPage: () => void;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
}

/** A trace in a panel over the list. */
export function TracePanel({ onClose, onOpenPage, onPrevious, onNext, ...view }: TracePanelProps) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    section.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <section ref={section} className="tv is-panel" role="dialog" data-panel aria-label={t("trace.panel")} tabIndex={-1}>
      <TraceBody {...view} panel={{ onClose, onOpenPage, onPrevious, onNext }} />
    </section>
  );
}

/** A trace as a page of its own. */
export function TracePage(view: TraceViewProps) {
  return <main id="content" className="tv is-page"><TraceBody {...view} panel={null} /></main>;
}

type PanelActions = Pick<TracePanelProps, "onClose" | "onOpenPage" | "onPrevious" | "onNext">;

function TraceBody({ traceId, search, onSearch, panel }: TraceViewProps & { panel: PanelActions | null }) {
  const { trace, model, error, loading, loadingMore, retry } = useTrace(traceId);
  // A span that the address names is fetched beside the trace, not after it.
  useSpan(traceId, search.span, false, false);
  const zone = search.tz && isZone(search.tz) ? search.tz : browserZone();
  useEffect(() => {
    if (panel || !trace) return;
    const before = document.title;
    document.title = `${oneLine(trace.trace.name).slice(0, 80)} · ${t("app.name")}`;
    return () => { document.title = before; };
  }, [panel, trace]);
  useKeys(panel ? { Escape: panel.onClose, o: panel.onOpenPage } : {}, panel !== null);
  if (!trace || !model) {
    return (
      <>
        <Header trace={undefined} traceId={traceId} panel={panel} zone={zone} />
        <div className="figs-l" aria-hidden="true">{!error && [70, 46, 40, 62, 58].map((w, i) => <span key={i} className="sk" style={{ width: w, height: 24 }} />)}</div>
        {error ? <div className="p-4"><ErrorNotice error={error} retry={retry} /></div> : <div className="tv-b" role="status" aria-busy={loading} aria-label={t("trace.loading")}><div className="pane edge-r" style={{ width: panel ? "42.4%" : "47.9%" }}>{!panel && <div className="edge-b tv-tools" />}<div className="axis" /><TreeSkeleton nameWidth={panel ? 228 : 330} /></div></div>}
      </>
    );
  }
  return <Loaded traceId={traceId} trace={trace} model={model} loadingMore={loadingMore} error={error} retry={retry} search={search} onSearch={onSearch} panel={panel} zone={zone} />;
}

const SYNC_MS = 120;

function Loaded({ traceId, trace, model, loadingMore, error, retry, search, onSearch, panel, zone }: { traceId: string; trace: Trace; model: TraceModel; loadingMore: boolean; error: unknown; retry: () => void; search: TraceSearch; onSearch: (patch: TraceSearch) => void; panel: PanelActions | null; zone: string }) {
  const collapse = search.fold !== "0";
  const [kinds, setKinds] = useState<ReadonlySet<string>>(() => new Set());
  const [toggled, setToggled] = useState<ReadonlySet<string>>(() => new Set());
  const [criticalPath, setCriticalPath] = useState(true);
  const [words, setWords] = useState("");
  const [tools, setTools] = useState(panel === null);
  const [showAll, setShowAll] = useState(false);
  const [whole, setWhole] = useState<string | null>(null);
  const [revealAt, setRevealAt] = useState(0);
  const searchField = useRef<HTMLInputElement>(null);

  const items = useMemo(() => layOut(model, { collapse, kinds }), [model, collapse, kinds]);
  const lines = useMemo(() => visible(items, toggled), [items, toggled]);
  const late = useDeferredValue(words);
  const found = useMemo(() => (late.trim() ? searchTree(model, late) : null), [model, late]);
  const foundKeys = useMemo(() => (found ? new Set(found.map(n => n.key)) : null), [found]);

  // The selected span moves at once; the address follows when the hand rests, because browsers limit how often it may change.
  const [picked, setPicked] = useState<string | null>(null);
  const node = model.find(picked ?? search.span ?? "") ?? (picked?.startsWith("missing:") ? model.roots.find(r => r.key === picked) : undefined) ?? model.firstCause ?? model.roots[0];
  const searchSpan = useRef(search.span);
  useEffect(() => {
    // The address changed from outside: back, or a link.
    if (search.span !== searchSpan.current) setPicked(null);
    searchSpan.current = search.span;
  }, [search.span]);
  useEffect(() => {
    if (picked === null) return;
    const timer = setTimeout(() => {
      const id = model.find(picked)?.head?.span_id;
      if (id && id !== searchSpan.current) {
        searchSpan.current = id;
        onSearch({ span: id, msg: undefined });
      }
    }, SYNC_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new callback is no reason to write the address again
  }, [picked]);

  const [line, setLine] = useState<string | null>(null);
  const selectedLine = useMemo(() => {
    if (line !== null && lines.some(l => l.id === line && l.node === node)) return line;
    return node ? (lines.find(l => !l.repeat && l.node === node)?.id ?? lines.find(l => l.repeat?.nodes.includes(node))?.id ?? null) : null;
  }, [line, lines, node]);

  const select = useCallback((item: Item) => {
    setLine(item.id);
    setPicked(item.node.head ? item.node.head.span_id : item.node.key);
    setShowAll(false);
  }, []);
  const toggle = useCallback((item: Item) => {
    setToggled(before => {
      const after = new Set(before);
      if (!after.delete(item.id)) after.add(item.id);
      return after;
    });
  }, []);
  const goTo = useCallback((to: SpanNode) => {
    const item = lineOf(items, to);
    if (item) setToggled(before => revealed(item, before));
    setLine(item?.id ?? null);
    setPicked(to.head ? to.head.span_id : to.key);
    setShowAll(false);
    setRevealAt(n => n + 1);
  }, [items]);
  const goToId = useCallback((spanId: string) => {
    const to = model.find(spanId);
    if (to) goTo(to);
    else toast(t("trace.notHere"));
  }, [model, goTo]);

  // What is selected when the trace opens must be in view, also where it lies in a fold.
  const first = useRef(false);
  useEffect(() => {
    if (first.current || !node) return;
    first.current = true;
    const item = lineOf(items, node);
    if (item) setToggled(before => revealed(item, before));
    setRevealAt(n => n + 1);
  }, [items, node]);

  const tab: Tab = isTab(search.tab) ? search.tab : "io";
  const onTab = useCallback((name: Tab) => onSearch({ tab: name === "io" ? undefined : name }), [onSearch]);
  const step = (by: number) => {
    const at = lines.findIndex(l => l.id === selectedLine);
    const to = lines[Math.max(0, Math.min(lines.length - 1, at + by))];
    if (!to) return;
    select(to);
    setRevealAt(n => n + 1);
  };
  const current = () => lines.find(l => l.id === selectedLine);
  const inWidget = (event: KeyboardEvent) => event.target instanceof Element && event.target.closest("[role=tablist],[role=separator],[role=group]") !== null;
  const next = (forward: "first" | "next") => {
    const to = forward === "first" ? (model.firstCause ?? model.failed[0]) : nextFailure(model, inOrder(model), node);
    if (to) goTo(to);
    else toast(t("trace.errors.none"));
  };
  const nextHit = (by: 1 | -1) => {
    if (!found?.length) return;
    const at = node ? found.indexOf(node) : -1;
    goTo(found[(at < 0 ? (by > 0 ? 0 : found.length - 1) : at + by + found.length) % found.length]!);
  };
  useKeys({
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    Home: () => step(-lines.length),
    End: () => step(lines.length),
    ArrowLeft: e => {
      const at = current();
      if (!at || inWidget(e)) return false;
      if (at.children.length && isOpen(at, toggled)) toggle(at);
      else if (at.parent) { select(at.parent); setRevealAt(n => n + 1); }
    },
    ArrowRight: e => {
      const at = current();
      if (!at || inWidget(e)) return false;
      if (at.children.length && !isOpen(at, toggled)) toggle(at);
      else if (at.children.length) step(1);
    },
    e: () => next("first"),
    "Shift+E": () => next("next"),
    c: () => setCriticalPath(on => !on),
    m: () => setShowAll(all => !all),
    ...Object.fromEntries(TABS.map((name, i) => [String(i + 1), () => onTab(name)])),
    ...(panel ? {} : { "/": () => searchField.current?.focus() }),
  });

  const spanId = node?.head?.span_id;
  const span = useSpan(traceId, spanId, whole === node?.key, node?.head?.pending ?? false);
  // The cut texts stay on the screen while the whole ones are on their way.
  const short = useSpan(traceId, spanId, false, false);
  const shown = span.data ?? short.data;
  const context = useMemo<MessageContext | null>(() => (shown ? { span: shown, model, onGoTo: goToId, onWhole: () => setWhole(node?.key ?? null), whole: whole === node?.key && span.data !== undefined, loadingWhole: whole === node?.key && span.isFetching && span.data === undefined } : null), [shown, model, goToId, node, whole, span.isFetching, span.data]);

  const [bodyRef, bodyWidth] = useWidth();
  const [treeWidth, setTreeWidth] = useTreeWidth(panel ? "panel" : "page", bodyWidth, panel ? 400 / 944 : 690 / 1440);
  const stacked = bodyWidth > 0 && bodyWidth < 640;
  const tree = stacked ? bodyWidth : treeWidth;
  const nameWidth = Math.round(tree * (panel ? 0.57 : 0.478));
  const hasRepeats = useMemo(() => (collapse ? items.some(hasRepeat) : true), [collapse, items]);

  return (
    <>
      <Header trace={trace} traceId={traceId} panel={panel} zone={zone} />
      <Summary trace={trace} model={model} panel={panel !== null} onGoTo={goTo} />
      {(trace.warnings.length > 0 || error !== null) && (
        <div className="tv-n">
          {error ? <ErrorNotice error={error} retry={retry} /> : <div className="note w"><Icon name="warn" size={14} className="text-warn" /><div className="grow">{trace.warnings.map((w, i) => <div key={i} className="untrusted" dir="auto"><SafeInline text={w} /></div>)}</div></div>}
        </div>
      )}
      <div ref={bodyRef} className={`tv-b ${stacked ? "is-stacked" : ""}`}>
        {bodyWidth > 0 && (
          <>
            <div className="pane tv-t" style={{ width: tree }}>
              <ErrorBoundary resetKey={traceId}>
                {tools && (
                  <div className="row edge-b tv-tools">
                    <label className="find">
                      <Icon name="search" size={12} />
                      <span className="vh">{t("trace.find")}</span>
                      <input
                        ref={searchField} type="search" placeholder={t("trace.find")} value={words} autoFocus={panel !== null} spellCheck={false} onChange={e => setWords(e.target.value)}
                        onKeyDown={e => {
                          if (e.key === "Enter") nextHit(e.shiftKey ? -1 : 1);
                          else if (e.key === "Escape") {
                            e.preventDefault();
                            setWords("");
                            if (panel) setTools(false);
                            e.currentTarget.blur();
                          } else return;
                          e.preventDefault();
                        }}
                      />
                      <span className="d3 t11 nw" role="status">{found ? (found.length ? (node && found.includes(node) ? t("trace.find.at", { at: found.indexOf(node) + 1, count: found.length }) : t("trace.find.count", { count: found.length })) : t("trace.find.none")) : ""}</span>
                    </label>
                    <KindMenu model={model} kinds={kinds} onKinds={setKinds} icon={panel !== null} />
                    {!panel && model.hasCriticalPath && <button type="button" className={`btn quiet sm ${criticalPath ? "is-on" : ""}`} aria-pressed={criticalPath} title={t("trace.criticalPath.key")} onClick={() => setCriticalPath(!criticalPath)}><span className="crit-i" />{t("trace.criticalPath")}</button>}
                    {!panel && <button type="button" className={`btn quiet sm ${collapse && hasRepeats ? "is-on" : ""}`} aria-pressed={collapse} title={t("trace.collapse.why")} onClick={() => onSearch({ fold: collapse ? "0" : undefined })}>{t("trace.collapse")}</button>}
                  </div>
                )}
                {panel && !tools && <button type="button" className="ib find-open" aria-label={t("trace.find")} onClick={() => setTools(true)}><Icon name="search" size={12} /></button>}
                {lines.length === 0 ? <p className="tab-p d3">{kinds.size ? t("trace.noKind") : t("trace.noSpans")}</p>
                  : <SpanTree model={model} lines={lines} toggled={toggled} selected={selectedLine} found={foundKeys} words={late} criticalPath={criticalPath} bare={panel !== null || tree < 520} width={tree} nameWidth={nameWidth} onSelect={select} onToggle={toggle} reveal={revealAt} />}
                {loadingMore && <div className="tv-more d3 t12" role="status">{t("trace.loadingSpans", { count: count(model.spanCount), all: count(trace.trace.span_count) })}</div>}
              </ErrorBoundary>
            </div>
            {!stacked && <Splitter value={treeWidth} min={260} max={Math.max(260, bodyWidth - 380)} onChange={setTreeWidth} />}
            {node && (
              <ErrorBoundary resetKey={node.key}>
                <Detail trace={trace} model={model} node={node} span={shown} error={span.error} retry={() => void span.refetch()} context={context} tab={tab} onTab={onTab} showAll={showAll} onShowAll={setShowAll} message={messageNumber(search.msg)} onMessage={i => onSearch({ msg: i === null ? undefined : String(i + 1), span: node.head?.span_id })} onGoTo={goToId} zone={zone} bare={panel !== null || bodyWidth - tree < 680} />
              </ErrorBoundary>
            )}
          </>
        )}
      </div>
    </>
  );
}

function messageNumber(text: string | undefined): number | null {
  const n = Number(text);
  return text !== undefined && Number.isInteger(n) && n > 0 ? n - 1 : null;
}

function hasRepeat(item: Item): boolean {
  const stack = [item];
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at.repeat) return true;
    for (const child of at.children) stack.push(child);
  }
  return false;
}

function Header({ trace, traceId, panel, zone }: { trace: Trace | undefined; traceId: string; panel: PanelActions | null; zone: string }) {
  const row = trace?.trace;
  const link = () => new URL(`/trace/${encodeURIComponent(traceId)}${location.search.replace(/^\?/, "?")}`, location.href).href;
  const share = async () => {
    if (await copyText(panel ? location.href : link())) toast(t("trace.linkCopied"));
  };
  const status = row && (row.running ? <span className="live t12 okc">{t("trace.running")}</span> : row.status === "error" ? <span className="tag e">{t("trace.error")}</span> : null);
  const title = <>{row ? <KindIcon kind={row.kind} /> : <span className="sk" style={{ width: 14, height: 14 }} />}<h1 className="t16 text-[14px] ell">{row ? <SafeInline text={row.name} /> : <span className="sk" style={{ width: 120 }} />}</h1>{row && <span className="d2 ell app-n"><SafeInline text={row.application} /></span>}{status}{row?.root_missing && <span className="tag w" title={t("trace.rootMissing.why")}>{t("trace.rootMissing")}</span>}</>;
  if (panel) {
    const date = row && new Date(row.start);
    return (
      <div className="row edge-b tv-h">
        {title}
        {date && <time className="d3 t12 nw" dateTime={row.start} title={full(date, zone)}>{timestamp(date, zone)}, {ago(date)}</time>}
        <span className="sp" />
        {panel.onPrevious && <button type="button" className="ib" aria-label={t("trace.previous")} title={t("trace.previous")} onClick={panel.onPrevious}><Icon name="up" size={14} /></button>}
        {panel.onNext && <button type="button" className="ib" aria-label={t("trace.next")} title={t("trace.next")} onClick={panel.onNext}><Icon name="down" size={14} /></button>}
        <button type="button" className="ib" aria-label={t("trace.openPage")} title={t("trace.openPage")} onClick={panel.onOpenPage}><Icon name="expand" size={14} /></button>
        <button type="button" className="ib" aria-label={t("trace.copyLink")} title={t("trace.copyLink")} onClick={() => void share()}><Icon name="link" size={14} /></button>
        <button type="button" className="ib" aria-label={t("trace.close")} title={t("trace.close")} onClick={panel.onClose}><Icon name="x" size={14} /></button>
      </div>
    );
  }
  const date = row && new Date(row.start);
  return (
    <header className="bar edge-b tv-h">
      <AppLink to="/traces" className="row g4 d2 nw"><Icon name="left" size={14} />{t("nav.traces")}</AppLink><span className="d3">/</span>
      {title}
      <span className="mono d3 text-[11px] nw" title={row?.trace_id ?? traceId}>{shortId(row?.trace_id ?? traceId)}</span><CopyButton text={row?.trace_id ?? traceId} label={t("trace.copyOf", { name: t("trace.fact.traceId") })} />
      <span className="sp" />
      {date && <time className="d3 t12 nw" dateTime={row.start} title={full(date, zone)}>{timestamp(date, zone)}, {ago(date)}</time>}
      <button type="button" className="btn" onClick={() => void share()}><Icon name="link" size={14} />{t("trace.share")}</button>
    </header>
  );
}

/** The figures of the trace; each that names a span leads to it. */
function Summary({ trace: { trace: row, p50_duration_ns, failed_cost }, model, panel, onGoTo }: { trace: Trace; model: TraceModel; panel: boolean; onGoTo: (node: SpanNode) => void }) {
  const facts = useMemo(() => {
    const models = new Set<string>();
    let llmFailed = 0, toolsFailed = 0, documents = 0, firstToken: SpanNode | null = null;
    for (const node of model.byKey.values()) {
      const h = node.head!;
      if (h.kind === "llm" && h.status === "error") llmFailed++;
      if (h.kind === "llm" && h.model) models.add(h.model);
      if (h.kind === "tool" && (h.status === "error" || node.failure)) toolsFailed++;
      documents += h.documents;
      if (h.ttft_ns !== null && (firstToken === null || node.start + Number(h.ttft_ns) < firstToken.start + Number(firstToken.head!.ttft_ns))) firstToken = node;
    }
    return { llmFailed, toolsFailed, documents, firstToken, models: [...models] };
  }, [model]);
  const failed = (n: number) => (n ? t("trace.failedCount", { count: n, text: count(n) }) : "");
  const cached = row.input_tokens && Number(row.input_tokens) > 0 && row.cache_read_tokens && Number(row.cache_read_tokens) > 0 ? t("trace.fig.cached", { rate: rate(Number(row.cache_read_tokens) / Number(row.input_tokens)) }) : "";
  const figures: [label: string, value: ReactNode, note: ReactNode][] = [
    [t("trace.fig.duration"), row.running ? <span className="live">{duration(Math.max(1, model.total))}</span> : <Duration ns={row.duration_ns} />, p50_duration_ns ? t("trace.fig.p50", { duration: duration(p50_duration_ns) }) : ""],
  ];
  if (!panel && facts.firstToken) figures.push([t("trace.fig.firstToken"), <Duration key="v" ns={facts.firstToken.head!.ttft_ns!} />, <SafeInline key="n" text={facts.firstToken.head!.name} />]);
  figures.push([t("trace.fig.llmCalls"), <Count key="v" value={row.llm_calls} />, facts.llmFailed ? failed(facts.llmFailed) : facts.models.length === 1 ? <SafeInline key="n" text={facts.models[0]!} /> : facts.models.length > 1 ? t("trace.fig.models", { count: facts.models.length }) : ""]);
  if (row.tool_calls > 0) figures.push([t("trace.fig.toolCalls"), <Count key="v" value={row.tool_calls} />, failed(facts.toolsFailed)]);
  if (!panel && facts.documents > 0 && row.tool_calls === 0) figures.push([t("trace.documents"), <Count key="v" value={facts.documents} />, ""]);
  figures.push([t("trace.fig.tokens"), row.tokens === null ? <i className="d3">–</i> : <span key="v" title={row.tokens}>{Number(row.tokens) < 1e6 ? Number(row.tokens).toLocaleString("en") : <Count value={row.tokens} />}</span>, cached]);
  figures.push([t("trace.fig.cost"), <Cost key="v" usd={row.cost} unpriced={row.unpriced_calls} calls={row.llm_calls} />, failed_cost && Number(failed_cost) > 0 ? t("trace.fig.failedCost", { cost: money(failed_cost) }) : ""]);
  const cause = model.firstCause ?? model.failed[0];
  if (model.failed.length > 0) figures.push([t("trace.fig.errors"), <span key="v" className="err"><Count value={model.failed.length} /></span>, cause?.head ? <button key="b" type="button" className="lk-plain" onClick={() => onGoTo(cause)} title={t("trace.fig.first.key")}>{t("trace.fig.first", { name: oneLine(cause.head.name).slice(0, 60), at: offset(cause.start) })}</button> : ""]);
  return (
    <div className={`row edge-b figs-l ${panel ? "is-panel" : ""}`}>
      <dl className="figs">{figures.map(([label, value, note]) => <div key={label} className="fig"><dt className="l">{label}</dt><dd className="v fv-u">{value}</dd>{!panel && <dd className="c ell">{note || "\u00a0"}</dd>}</div>)}</dl>
      <span className="sp" />
      {!panel && (row.user_id || row.session_id) && (
        <dl className="kv who-kv">
          {row.user_id && <><dt>{t("trace.fact.user")}</dt><dd className="ell"><AppLink to={`/traces?${new URLSearchParams({ q: `user:${quoted(row.user_id)}` })}`}><SafeInline text={row.user_id} /></AppLink></dd></>}
          {row.session_id && <><dt>{t("trace.fact.session")}</dt><dd className="ell"><AppLink to={`/traces?${new URLSearchParams({ q: `session:${quoted(row.session_id)}` })}`}><SafeInline text={row.session_id} /></AppLink></dd></>}
        </dl>
      )}
    </div>
  );
}

function KindMenu({ model, kinds, onKinds, icon }: { model: TraceModel; kinds: ReadonlySet<string>; onKinds: (kinds: ReadonlySet<string>) => void; icon: boolean }) {
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const node of model.byKey.values()) found.set(node.head!.kind, (found.get(node.head!.kind) ?? 0) + 1);
    return [...found].sort((a, b) => b[1] - a[1]);
  }, [model]);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild><button type="button" className={`btn quiet sm ${kinds.size ? "is-on" : ""}`} aria-label={t("trace.kind")}><Icon name="filter" size={12} />{!icon && t("trace.kind")}{kinds.size > 0 && <span className="d3">{kinds.size}</span>}</button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="tmenu" align="end" sideOffset={4}>
          {counts.map(([kind, n]) => (
            <DropdownMenu.CheckboxItem
              key={kind} checked={kinds.has(kind)} onSelect={e => e.preventDefault()}
              onCheckedChange={on => {
                const after = new Set(kinds);
                if (on) after.add(kind);
                else after.delete(kind);
                onKinds(after);
              }}
            >
              <span className={`cb ${kinds.has(kind) ? "on" : ""}`}>{kinds.has(kind) && <Icon name="check" size={12} />}</span><KindIcon kind={kind} />{kind}<span className="sp" /><span className="d3 t11">{count(n)}</span>
            </DropdownMenu.CheckboxItem>
          ))}
          {kinds.size > 0 && <><DropdownMenu.Separator className="hr my-1" /><DropdownMenu.Item onSelect={() => onKinds(new Set())}>{t("trace.kind.all")}</DropdownMenu.Item></>}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** The width of the tree: what was dragged in this browser, else a share of the room. */
function useTreeWidth(place: string, room: number, share: number): [number, (width: number | null) => void] {
  const name = `tracewell.tree.${place}`;
  const [dragged, setDragged] = useState<number | null>(() => {
    try {
      return Number(localStorage.getItem(name)) || null;
    } catch {
      return null;
    }
  });
  const set = (width: number | null) => {
    setDragged(width);
    try {
      if (width === null) localStorage.removeItem(name);
      else localStorage.setItem(name, String(Math.round(width)));
    } catch {
      // Storage is switched off: the width holds for this page only.
    }
  };
  return [Math.max(260, Math.min(dragged ?? Math.round(room * share), room - 380)), set];
}

/** The line between tree and span. Drag it, or move it with the arrow keys; a double click puts it back. */
function Splitter({ value, min, max, onChange }: { value: number; min: number; max: number; onChange: (width: number | null) => void }) {
  const from = useRef<{ x: number; width: number } | null>(null);
  return (
    <div
      className="split" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={t("trace.split")} aria-valuenow={Math.round(value)} aria-valuemin={min} aria-valuemax={max}
      onDoubleClick={() => onChange(null)}
      onPointerDown={e => {
        e.currentTarget.setPointerCapture(e.pointerId);
        from.current = { x: e.clientX, width: value };
      }}
      onPointerMove={e => {
        if (!from.current) return;
        const by = (e.clientX - from.current.x) * (getComputedStyle(e.currentTarget).direction === "rtl" ? -1 : 1);
        onChange(Math.max(min, Math.min(max, from.current.width + by)));
      }}
      onPointerUp={() => { from.current = null; }}
      onPointerCancel={() => { from.current = null; }}
      onKeyDown={e => {
        const by = { ArrowLeft: -16, ArrowRight: 16 }[e.key];
        if (by === undefined) return;
        e.preventDefault();
        onChange(Math.max(min, Math.min(max, value + by)));
      }}
    />
  );
}
