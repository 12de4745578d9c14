import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { drawnKind, Icon, KindIcon } from "../components";
import { cost, count, duration, GAP } from "../format/numbers";
import { t } from "../i18n";
import { bar, deepest, indent, STEP, ticks } from "./geometry";
import { isOpen, type Item, type TraceModel } from "./model";
import { SafeInline } from "./Safe";
import { oneLine, shortType } from "./text";

export const ROW = 25;
const X0 = 20;

export interface SpanTreeProps {
  model: TraceModel;
  lines: readonly Item[];
  toggled: ReadonlySet<string>;
  /** Id of the selected line. */
  selected: string | null;
  /** Keys of spans that the search found; null where nothing is searched for. */
  found: ReadonlySet<string> | null;
  words: string;
  criticalPath: boolean;
  /** Little room: names only. */
  bare: boolean;
  width: number;
  nameWidth: number;
  onSelect: (item: Item) => void;
  onToggle: (item: Item) => void;
  /** Changes when the selected line should be brought into view. */
  reveal: number;
}

/** The span tree with its waterfall. Only the rows in view are in the document. */
export const SpanTree = memo(function SpanTree(props: SpanTreeProps) {
  const { model, lines, toggled, selected, found, words, criticalPath, bare, width, nameWidth, onSelect, onToggle, reveal } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 16 });
  const index = useMemo(() => (selected === null ? -1 : lines.findIndex(l => l.id === selected)), [lines, selected]);
  const latest = useRef(index);
  useLayoutEffect(() => { latest.current = index; });
  useEffect(() => {
    if (latest.current >= 0) virtual.scrollToIndex(latest.current, { align: "auto" });
  }, [reveal, virtual]);
  const bars = width - nameWidth;
  const marks = useMemo(() => ticks(model.total, bars > 280 ? 4 : 2), [model.total, bars]);

  return (
    <>
      <div className="axis" aria-hidden="true">
        <span style={{ insetInlineStart: 14 }}>{t("trace.spans", { count: model.spanCount, text: count(model.spanCount) })}</span>
        <div className="axis-t" dir="ltr" style={{ width: bars }}>
          {marks.map(({ at, label: [figure, unit] }, i) => {
            const x = bar(at, at, model.total, bars).x;
            return x < bars - 34 && <span key={at} style={{ left: x - (i ? 12 : 0) }}>{figure}{unit && GAP + unit}</span>;
          })}
        </div>
      </div>
      <div ref={scroll} className="tt grow-y" role="treegrid" aria-label={t("trace.tree")} aria-rowcount={lines.length} aria-activedescendant={index >= 0 ? rowId(lines[index]!) : undefined} tabIndex={0}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map(row => {
            const item = lines[row.index]!;
            return (
              <Row key={item.id} item={item} index={row.index} top={row.start} model={model} selected={item.id === selected} open={isOpen(item, toggled)} dimmed={found !== null && !(item.repeat ? item.repeat.nodes.some(n => found.has(n.key)) : found.has(item.node.key))} words={found ? words : ""} criticalPath={criticalPath} bare={bare} nameWidth={nameWidth} bars={bars} onSelect={onSelect} onToggle={onToggle} />
            );
          })}
        </div>
      </div>
    </>
  );
});

function rowId(item: Item): string {
  return "span-" + item.id;
}

interface RowProps {
  item: Item;
  index: number;
  top: number;
  model: TraceModel;
  selected: boolean;
  open: boolean;
  dimmed: boolean;
  words: string;
  criticalPath: boolean;
  bare: boolean;
  nameWidth: number;
  bars: number;
  onSelect: (item: Item) => void;
  onToggle: (item: Item) => void;
}

const Row = memo(function Row({ item, index, top, model, selected, open, dimmed, words, criticalPath, bare, nameWidth, bars, onSelect, onToggle }: RowProps) {
  const { node, repeat } = item;
  const head = node.head;
  const left = X0 + indent(item.depth, nameWidth) - 7;
  const hasChildren = item.children.length > 0;
  const own = repeat ? node.failure === "own" : node.failure === "own";
  const dim = head?.kind === "span" && !own;
  const deep = item.depth > deepest(nameWidth);
  const toggle = useCallback(() => onToggle(item), [item, onToggle]);
  return (
    <div
      id={rowId(item)} role="row" aria-level={item.depth + 1} aria-rowindex={index + 1} aria-selected={selected} aria-expanded={hasChildren ? open : undefined} aria-label={label(item, model)}
      className={`sr ${selected ? "is-sel" : ""} ${dimmed ? "is-dim" : ""} ${head ? "" : "is-missing"}`} style={{ gridTemplateColumns: `${nameWidth}px 1fr`, top }} onClick={() => onSelect(item)} onDoubleClick={hasChildren ? toggle : undefined}
    >
      <div className="nm" role="gridcell" style={{ paddingInlineStart: left }}>
        <Guides item={item} open={open && hasChildren} nameWidth={nameWidth} />
        {hasChildren && (
          <button type="button" tabIndex={-1} aria-hidden="true" className={`fold ${open ? "" : "is-shut"}`} style={{ insetInlineStart: left - 14 }} onClick={e => { e.stopPropagation(); toggle(); }}><Icon name={open ? "down" : "right"} size={12} /></button>
        )}
        {head ? <KindIcon kind={head.kind} /> : <span className="k-missing" />}
        {deep && <span className="d3 t11 nw" title={t("trace.level", { level: item.depth + 1 })}>{item.depth + 1}</span>}
        {head === null ? <span className="d3 ell nm-n" title={node.id}>{t("trace.parentMissing")}</span>
          : repeat ? <span className={`ell nm-n ${own ? "err m" : selected ? "m" : ""}`}>{repeat.names.map((n, i) => <span key={i}>{i > 0 && <span className="d3">, </span>}<SafeInline text={n} /></span>)}</span>
          : <span className={`ell nm-n ${own ? "err m" : selected ? "m" : ""} ${dim ? "d3" : ""}`} title={head.name.length > 24 ? oneLine(head.name) : undefined}>{words ? <Marked text={head.name} words={words} /> : <SafeInline text={head.name} />}</span>}
        {repeat && <span className="times nw">{"×" + count(repeat.times)}</span>}
        {repeat && repeat.failed > 0 && <span className="err t11 nw">{t("trace.failedCount", { count: repeat.failed, text: count(repeat.failed) })}</span>}
        {!repeat && head && (
          <>
            {head.attempt > 1 && <span className="d3 t11 nw">{t("trace.try", { attempt: head.attempt })}</span>}
            {!bare && head.model && <span className="d3 ell t11 nm-m" title={oneLine(head.model)}><SafeInline text={shortModel(head.model)} /></span>}
            {head.documents > 0 && <span className="d3 t11 nw">{t("trace.documentsCount", { count: head.documents, text: count(head.documents) })}</span>}
            {own && !bare && head.error_type && <span className="err t11 ell nm-e" title={oneLine(head.error_type)}><SafeInline text={shortType(head.error_type)} /></span>}
            {node.firstCause && <span className="cap">{t("trace.firstCause")}</span>}
            {node.skew !== 0 && <span className="wrn" title={skewText(node.skew)}><Icon name="warn" size={12} /></span>}
            {node.cycle && <span className="tag w" title={t("trace.cycle.why")}>{t("trace.cycle")}</span>}
          </>
        )}
        {hasChildren && !open && !repeat && <span className="d3 t11 nw">{"+" + count(below(item))}</span>}
        <span className="sp" />
        {!bare && (repeat ? repeat.cost !== null && <span className="d3 t11 nw">{cost(repeat.cost)}</span> : head && <RowCost cost={head.cost} counted={head.counted} reason={head.cost_reason} />)}
      </div>
      <div className="wf" role="gridcell" dir="ltr"><Bars item={item} total={model.total} bars={bars} container={hasChildren} own={own} dim={dim} criticalPath={criticalPath} /></div>
    </div>
  );
});

function RowCost({ cost: usd, counted, reason }: { cost: string | null; counted: boolean; reason: string | null }) {
  if (usd === null) return reason ? <span className="wrn t11 nw" title={oneLine(reason)}>{t("common.noPrice")}</span> : null;
  if (!counted) return <span className="d3 t11 nw nocount" title={t("trace.notCounted")}>{cost(usd)}</span>;
  return Number(usd) > 0 ? <span className="d3 t11 nw">{cost(usd)}</span> : null;
}

function Bars({ item, total, bars, container, own, dim, criticalPath }: { item: Item; total: number; bars: number; container: boolean; own: boolean; dim: boolean; criticalPath: boolean }) {
  const { node, repeat } = item;
  const kind = drawnKind(node.head?.kind ?? "task");
  const whole = bar(item.start, item.end, total, bars);
  const thin = container && !repeat ? " is-parent" : "";
  let marks: ReactNode;
  if (repeat) {
    // Each turn of a loop that is at least a pixel away from the one before.
    const seen = new Set<number>();
    marks = repeat.nodes.flatMap(n => {
      const b = bar(n.start, n.end, total, bars);
      const at = Math.round(b.x);
      if (seen.has(at)) return [];
      seen.add(at);
      return <span key={n.key} className="bx" style={{ left: b.x, width: Math.max(1, b.width - 0.5), background: `var(${n.failure === "own" ? "--error-data" : `--kind-${drawnKind(n.head?.kind ?? "task")}`})` }} />;
    });
  } else {
    const colour = own ? "--error-data" : node.head ? `--kind-${kind}` : "--line-strong";
    marks = <span className={`bx${thin}${container && item.depth > 0 && !own ? " is-soft" : ""}${dim ? " is-dimbar" : ""}${node.head?.pending ? " is-open" : ""}${node.head ? "" : " is-missing"}`} style={{ left: whole.x, width: whole.width, background: node.head ? `var(${colour})` : undefined }} />;
  }
  return (
    <>
      {marks}
      {criticalPath && node.critical && node.parent && !repeat && <span className="crit" style={{ left: whole.x, width: whole.width }} />}
      <span className="bl" style={{ left: whole.x + whole.width + 5 }}>
        {whole.outside === "before" && "← "}
        {node.head?.pending ? <span className="live">{duration(Math.max(1, node.end - node.start))}</span> : node.head ? duration(repeat ? item.end - item.start : Math.max(0, Number(node.head.duration_ns))) : ""}
        {whole.outside === "after" && " →"}
      </span>
    </>
  );
}

/** The lines that lead from a span to its parent; red where they lead from a failure to the root. */
function Guides({ item, open, nameWidth }: { item: Item; open: boolean; nameWidth: number }) {
  const plain: string[] = [], red: string[] = [], dashed: string[] = [];
  const most = deepest(nameWidth);
  const x = (depth: number) => X0 + Math.min(depth, most) * STEP;
  const from = (at: Item) => (at.parent && at.parent.node.head === null && !at.parent.repeat ? dashed : plain);
  if (item.parent) {
    const d = item.depth - 1, cx = x(d);
    if (item.depth <= most) {
      (item.red || item.redBelow ? red : from(item)).push(`M${cx} 0V13`);
      if (!item.last) (item.redBelow ? red : from(item)).push(`M${cx} 13V25`);
      (item.red ? red : from(item)).push(`M${cx} 13H${cx + 8}`);
    }
    for (let at: Item = item.parent; at.parent; at = at.parent) if (!at.last && at.depth <= most) (at.redBelow ? red : from(at)).push(`M${x(at.depth - 1)} 0V25`);
  }
  if (open && item.depth < most) (item.children.some(c => c.red) ? red : item.node.head === null && !item.repeat ? dashed : plain).push(`M${x(item.depth)} 20V25`);
  return (
    <svg className="gd" width={nameWidth} height={ROW} fill="none" aria-hidden="true">
      {plain.length > 0 && <path d={plain.join("")} stroke="var(--line-strong)" />}
      {dashed.length > 0 && <path d={dashed.join("")} stroke="var(--control)" strokeDasharray="2 2" />}
      {red.length > 0 && <path d={red.join("")} stroke="var(--error-data)" strokeWidth="1.5" />}
    </svg>
  );
}

function Marked({ text, words }: { text: string; words: string }) {
  const flat = text.replace(/\s+/g, " ");
  const at = flat.toLowerCase().indexOf(words.trim().toLowerCase());
  if (at < 0) return <SafeInline text={flat} />;
  const end = at + words.trim().length;
  return <bdi className="untrusted"><SafeInline text={flat.slice(0, at)} /><mark><SafeInline text={flat.slice(at, end)} /></mark><SafeInline text={flat.slice(end)} /></bdi>;
}

function below(item: Item): number {
  let n = 0;
  const stack = [...item.children];
  for (let at = stack.pop(); at; at = stack.pop()) {
    n += at.repeat ? 0 : 1;
    for (const child of at.children) stack.push(child);
  }
  return n;
}

/** `sonnet-4-5` is enough beside a name; the whole name is in the tooltip and the detail. */
export function shortModel(model: string): string {
  const base = model.slice(model.lastIndexOf("/") + 1);
  return base.replace(/^claude-(?=\w)/, "").replace(/^text-(?=embedding)/, "").replace(/-20\d{6}$|-20\d\d-\d\d-\d\d$/, "");
}

export function skewText(skew: number): string {
  return t(skew < 0 ? "trace.skew.before" : "trace.skew.after", { duration: duration(Math.abs(skew)) });
}

/** What a screen reader says of a line: "search_flights, tool, failed, 5.21 s, attempt 2". */
function label(item: Item, model: TraceModel): string {
  const { node, repeat } = item;
  if (!node.head) return t("trace.parentMissing");
  if (repeat) return [repeat.names.map(oneLine).join(", "), t("trace.repeats", { count: repeat.times }), repeat.failed ? t("trace.failedCount", { count: repeat.failed, text: String(repeat.failed) }) : "", duration(item.end - item.start)].filter(Boolean).join(", ");
  return [
    oneLine(node.head.name), node.head.kind, node.head.pending ? t("trace.running") : node.failure === "own" ? t("trace.failed") : node.failure === "through" ? t("trace.failedInside") : "",
    node === model.firstCause ? t("trace.firstCause") : "", node.head.pending ? "" : duration(node.head.duration_ns), node.head.attempt > 1 ? t("trace.try", { attempt: node.head.attempt }) : "", node.critical ? t("trace.onCriticalPath") : "",
    node.skew !== 0 ? skewText(node.skew) : "",
  ].filter(Boolean).join(", ");
}

/** The tree while it is on its way: lines of likely lengths. */
export function TreeSkeleton({ nameWidth }: { nameWidth: number }) {
  return (
    <div className="tt" aria-hidden="true">
      {[0, 1, 1, 2, 2, 1, 1, 2, 1, 1].map((depth, i) => (
        <div key={i} className="sr is-still" style={{ gridTemplateColumns: `${nameWidth}px 1fr`, position: "relative" }}>
          <div className="nm" style={{ paddingInlineStart: 13 + depth * STEP }}><span className="sk" style={{ width: 80 + ((i * 37) % 60) }} /></div>
          <div className="wf"><span className="sk" style={{ position: "absolute", top: 8, left: `${4 + ((i * 9) % 60)}%`, width: i === 0 ? "80%" : `${8 + ((i * 7) % 18)}%` }} /></div>
        </div>
      ))}
    </div>
  );
}

/** The width of an element, as it changes. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const observer = useRef<ResizeObserver | null>(null);
  const ref = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    setWidth(element.clientWidth);
    observer.current = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.current.observe(element);
  }, []);
  return [ref, width];
}
