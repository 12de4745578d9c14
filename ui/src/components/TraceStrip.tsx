import { memo } from "react";
import type { StripSegment } from "../api/types";
import { duration } from "../format/numbers";
import { t } from "../i18n";
import { drawnKind } from "./Icon";

/** The durations that the shortest and the longest strip stand for, in nanoseconds; the same for all rows. */
export interface StripScale { low: number; high: number }
export const DEFAULT_SCALE: StripScale = { low: 300e6, high: 120e9 };

/** The scale of a page from the first and the 99th percentile of what it shows. */
export function stripScale(p1: string | null, p99: string | null): StripScale {
  const low = Number(p1 ?? DEFAULT_SCALE.low), high = Number(p99 ?? DEFAULT_SCALE.high);
  // Durations that hardly differ would make noise look like a difference: the scale spans at least a factor of 20.
  return low > 0 && high > low ? { low, high: Math.max(high, low * 20) } : DEFAULT_SCALE;
}

/** Length of a strip in pixels: the logarithm of the duration between the two ends of the scale. */
export function stripLength(ns: number, width: number, { low, high }: StripScale): number {
  const length = 14 + ((width - 14) * Math.log(Math.max(1, ns) / low)) / Math.log(high / low);
  return Math.max(12, Math.min(width, length));
}

/**
 * One glyph that shows how a trace went: its length is the duration on a log scale, its segments are the leaf spans in the colours of their kinds, and a failed leaf is
 * red and overhangs.
 */
export const TraceStrip = memo(function TraceStrip({ segments, durationNs, scale = DEFAULT_SCALE, width = 92, height = 12, full = false, running = false }: { segments: readonly StripSegment[]; durationNs: string; scale?: StripScale; width?: number; height?: number; full?: boolean; running?: boolean }) {
  const length = full ? width : stripLength(Number(durationNs), width, scale);
  const failures = segments.filter(s => s[3]).length;
  return (
    <svg className="strip" width={width} height={height} role="img" aria-label={t("strip.label", { duration: duration(durationNs), parts: segments.length, failures })}>
      <rect x="0" y={height / 2 - 0.5} width={running ? width : length} height="1" fill="var(--line-strong)" />
      {segments.map(([kind, start, end, failed], i) => {
        const x = (start / 1000) * length, w = Math.max(1, ((end - start) / 1000) * length - 0.6);
        return failed
          ? <rect key={i} x={Math.min(x, length - 3)} y="0" width={Math.max(3, w)} height={height} fill="var(--error-data)" />
          : <rect key={i} x={x} y="2" width={w} height={height - 4} fill={`var(--kind-${drawnKind(kind)})`} />;
      })}
    </svg>
  );
});
