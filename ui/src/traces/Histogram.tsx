import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { TraceSummary } from "../api/types";
import { Icon } from "../components";
import { count } from "../format/numbers";
import { clockParts, moment, tick, timestamp } from "../format/time";
import { t } from "../i18n";
import { niceMax, timeTicks } from "./scale";

const HEIGHT = 78, LEFT = 34, TOP = 6, BOTTOM = 18, PLOT = HEIGHT - TOP - BOTTOM;

/**
 * Traces over time, failed ones in red at the bottom. Drag selects and offers to zoom, a click zooms into a bar, a double click goes back to the default range; with
 * the keyboard `←` `→` walk the bars and `↵` zooms.
 */
export function Histogram({ summary, range, zone, stale, onZoom, onReset }: { summary: TraceSummary; range: readonly [number, number]; zone: string; stale: boolean; onZoom: (from: number, to: number) => void; onReset: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<number | null>(null);
  const [drag, setDrag] = useState<{ from: number; to: number; done: boolean } | null>(null);
  const [asTable, setAsTable] = useState(false);
  const pressed = useRef<{ at: number; x: number } | null>(null);
  const clickTimer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hatch = useId();
  useLayoutEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(entries => setWidth(Math.floor(entries[0]!.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => () => clearTimeout(clickTimer.current), []);
  const step = summary.bucket_seconds * 1_000;
  const buckets = useMemo(() => summary.buckets.map(b => ({ ...b, at: Date.parse(b.start) })), [summary.buckets]);
  const first = buckets[0]?.at ?? range[0], last = buckets.length ? buckets.at(-1)!.at + step : range[1];
  const inner = Math.max(1, width - LEFT), x = (at: number) => LEFT + ((at - first) / (last - first)) * inner, atX = (px: number) => first + (Math.max(0, Math.min(inner, px - LEFT)) / inner) * (last - first);
  const tallest = Math.max(0, ...buckets.map(b => b.count)), max = niceMax(Math.max(tallest * (summary.marks.length ? 1.25 : 1), 2)), now = Date.now();
  const snap = (from: number, to: number): [number, number] => [first + Math.floor((Math.min(from, to) - first) / step) * step, first + Math.ceil((Math.max(from, to) - first) / step) * step];

  const pointerX = (event: PointerEvent) => event.clientX - event.currentTarget.getBoundingClientRect().left;
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    pressed.current = { at: atX(pointerX(event)), x: pointerX(event) };
    setDrag(null);
  };
  const move = (event: PointerEvent) => {
    const px = pointerX(event), index = Math.floor((atX(px) - first) / step);
    setHover(px >= LEFT && index < buckets.length ? index : null);
    if (pressed.current && Math.abs(px - pressed.current.x) > 4) {
      const [from, to] = snap(pressed.current.at, atX(px));
      setDrag({ from, to, done: false });
    }
  };
  const up = (event: PointerEvent) => {
    const start = pressed.current;
    pressed.current = null;
    if (!start) return;
    if (drag) { setDrag({ ...drag, done: true }); return; }
    // A double click means something else: wait for its second half.
    const index = Math.floor((atX(pointerX(event)) - first) / step), bucket = buckets[index];
    clearTimeout(clickTimer.current);
    if (bucket && event.detail < 2) clickTimer.current = setTimeout(() => onZoom(bucket.at, bucket.at + step), 250);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      event.stopPropagation();
      setHover(h => Math.max(0, Math.min(buckets.length - 1, (h ?? (event.key === "ArrowLeft" ? buckets.length : -1)) + (event.key === "ArrowLeft" ? -1 : 1))));
    } else if (event.key === "Enter" && hover !== null && buckets[hover]) {
      event.preventDefault();
      onZoom(buckets[hover].at, buckets[hover].at + step);
    } else if (event.key === "Escape" && (drag || hover !== null)) {
      event.preventDefault();
      setDrag(null);
      setHover(null);
    }
  };

  const ticks = timeTicks(first, last, inner, zone);
  const label = t("histogram.label", { traces: count(summary.count), errors: count(summary.errors), max: count(tallest) });
  const bucketText = (at: number, end: number) => t("histogram.bucket", { from: clock(at, step, zone), to: clock(end, step, zone) });
  const hovered = hover !== null && !drag ? buckets[hover] : undefined;
  if (asTable) {
    return (
      <div ref={box} className="relative" style={{ height: HEIGHT }}>
        <div className="scroll h-full t12" tabIndex={0} role="region" aria-label={label}>
          <table className="w-[420px]"><thead><tr className="d3 text-start"><th className="text-start font-medium">{t("histogram.time")}</th><th className="num font-medium">{t("histogram.traces")}</th><th className="num font-medium">{t("histogram.errors")}</th></tr></thead>
            <tbody>{buckets.filter(b => b.count).map(b => <tr key={b.start}><td>{timestamp(new Date(b.at), zone)}</td><td className="num">{count(b.count)}</td><td className={`num ${b.errors ? "err" : ""}`}>{count(b.errors)}</td></tr>)}</tbody></table>
        </div>
        <TableSwitch on={asTable} set={setAsTable} />
      </div>
    );
  }
  return (
    <div ref={box} className="group/histogram relative" style={{ height: HEIGHT }}>
      <svg className={`chart block touch-none select-none ${stale ? "stale" : ""}`} width={Math.max(0, width)} height={HEIGHT} role="img" aria-label={label} tabIndex={0} onKeyDown={keys} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerLeave={() => { if (!pressed.current) setHover(null); }} onBlur={() => setHover(null)} onDoubleClick={() => { clearTimeout(clickTimer.current); setDrag(null); onReset(); }}>
        <defs><pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.5" height="4" fill="var(--hatch)" /></pattern></defs>
        {[0, 1, 2].map(i => {
          const y = Math.round(TOP + PLOT - (PLOT * i) / 2) + 0.5;
          return <g key={i}><path className={i ? "gl" : "ax"} d={`M${LEFT} ${y}H${width}`} /><text x={LEFT - 6} y={y + 4} textAnchor="end">{count((max * i) / 2)}</text></g>;
        })}
        {drag && <rect x={x(drag.from)} y={TOP} width={Math.max(1, x(drag.to) - x(drag.from))} height={PLOT} fill="var(--accent-soft)" />}
        {hovered && <rect x={x(hovered.at)} y={TOP} width={x(hovered.at + step) - x(hovered.at)} height={PLOT} fill="var(--hover)" />}
        {buckets.map((b, i) => {
          if (!b.count) return null;
          const left = x(b.at), barWidth = Math.max(1, x(b.at + step) - left - (inner / buckets.length > 3 ? 1 : 0));
          const all = Math.max(1, (b.count / max) * PLOT), red = b.errors ? Math.max(2, (b.errors / max) * PLOT) : 0, partial = i === buckets.length - 1 && b.at + step > now && range[1] >= now - 5_000;
          return (
            <g key={b.start} opacity={partial ? 0.45 : undefined}>
              {all > red && <rect className="b" x={left} y={TOP + PLOT - all} width={barWidth} height={all - red} fill="var(--grey-data)" />}
              {red > 0 && <rect className="b" x={left} y={TOP + PLOT - red} width={barWidth} height={red} fill="var(--error-data)" />}
              {partial && <rect x={left} y={TOP + PLOT - Math.max(all, red)} width={barWidth} height={Math.max(all, red)} fill={`url(#${hatch})`} />}
            </g>
          );
        })}
        {drag && <path d={`M${x(drag.from)} ${TOP}V${TOP + PLOT}M${x(drag.to)} ${TOP}V${TOP + PLOT}`} stroke="var(--accent)" strokeWidth="1.5" />}
        {placeMarks(summary.marks.map(m => ({ ...m, x: x(Date.parse(m.time)) })).filter(m => m.x >= LEFT && m.x <= width), width).map(mark => (
          <g key={mark.field + mark.value}>
            <title>{t("histogram.mark", { value: `${mark.field} ${mark.value}`, at: moment(new Date(mark.time), zone) })}</title>
            <path d={`M${mark.x} ${TOP}V${TOP + PLOT}`} stroke="var(--text-3)" strokeDasharray="2 2" />
            {mark.text && <text x={mark.x + 4} y={TOP + 8} className="mid halo">{mark.text}</text>}
          </g>
        ))}
        {ticks.map(at => <text key={at} x={x(at)} y={HEIGHT - 3} textAnchor={x(at) < LEFT + 16 ? "start" : x(at) > width - 16 ? "end" : "middle"}>{tick(new Date(at), zone, ticks.length > 1 ? (ticks[1]! - ticks[0]!) / 1_000 : 60)}</text>)}
      </svg>
      {hovered && (
        <div className="tip pointer-events-none" style={{ top: TOP + PLOT + 4, insetInlineStart: `${Math.max(0, Math.min(width - 184, x(hovered.at + step / 2) + (x(hovered.at) > width / 2 ? -196 : 12)))}px` }}>
          <div className="hd"><span>{bucketText(hovered.at, hovered.at + step)}</span>{hovered.at + step > now && <span>{t("histogram.partial")}</span>}</div>
          <div className="row justify-between"><span>{t("histogram.traces")}</span><span className="num">{count(hovered.count)}</span></div>
          <div className="row justify-between"><span>{t("histogram.errors")}</span><span className={`num ${hovered.errors ? "err m" : ""}`}>{count(hovered.errors)}</span></div>
          <div className="ft">{t("histogram.hint")}</div>
        </div>
      )}
      {drag?.done && (
        <div className="pop row top-[62px] gap-0.5 p-[3px]" style={{ insetInlineStart: Math.max(0, Math.min(width - 300, x(drag.to) - 120)) }} role="toolbar">
          <button type="button" autoFocus className="btn quiet sm text-text" onClick={() => { onZoom(drag.from, drag.to); setDrag(null); }}>{t("histogram.zoom", { from: clock(drag.from, step, zone), to: clock(drag.to, step, zone) })}</button>
          <button type="button" className="btn quiet sm" onClick={() => setDrag(null)}>{t("histogram.cancel")}</button>
        </div>
      )}
      <TableSwitch on={asTable} set={setAsTable} />
    </div>
  );
}

function TableSwitch({ on, set }: { on: boolean; set: (on: boolean) => void }) {
  const label = t(on ? "histogram.chart" : "histogram.table");
  return <button type="button" className={`ib absolute end-0 top-0 bg-surface ${on ? "" : "opacity-0 focus-visible:opacity-100 group-hover/histogram:opacity-100"}`} aria-label={label} title={label} onClick={() => set(!on)}><Icon name={on ? "flame" : "cols"} size={14} /></button>;
}

function clock(at: number, step: number, zone: string): string {
  return step < 60_000 ? clockParts(new Date(at), zone)[0] : moment(new Date(at), zone);
}

/** Marks that would lie on one another keep their line and lose their word. */
function placeMarks<M extends { x: number; value: string }>(marks: M[], width: number): (M & { text: string | null })[] {
  let free = 0;
  return marks.sort((a, b) => a.x - b.x).map(mark => {
    const text = mark.value.length > 28 ? mark.value.slice(0, 27) + "…" : mark.value, end = mark.x + 8 + text.length * 6;
    if (mark.x < free || end > width) return { ...mark, text: null };
    free = end;
    return { ...mark, text };
  });
}
