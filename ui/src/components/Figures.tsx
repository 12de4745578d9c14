import { memo, type PointerEvent } from "react";
import { t } from "../i18n";
import { cost, count, durationParts, exact, GAP } from "../format/numbers";
import { ago, clockParts, full, sameDay, timestamp } from "../format/time";

/** A duration with its unit in a lighter ink. */
export function Duration({ ns }: { ns: string | number | bigint }) {
  const parts = durationParts(ns);
  // Of two units neither is lighter: "1 m 32 s" is read as one figure.
  if (parts.length > 1) return <>{parts.map(([f, u]) => f + GAP + u).join(GAP)}</>;
  return <>{parts[0]![0]}{parts[0]![1] && <>{GAP}<i>{parts[0]![1]}</i></>}</>;
}

/** Tokens or a count, exact in the tooltip where digits were dropped. */
export function Count({ value }: { value: string | number | null }) {
  if (value === null) return <i>{t("common.unknown")}</i>;
  const short = count(value), whole = exact(value);
  return short === whole ? <>{short}</> : <span title={whole}>{short}</span>;
}

/** A cost in US dollars; a lower bound is marked as one, and a missing price is said. */
export function Cost({ usd, unpriced = 0, calls }: { usd: string | null; unpriced?: number; calls?: number }) {
  // Below what can be written, a lower bound says no more than that the rest has no price.
  if (usd === null || (unpriced > 0 && Number(usd) < 0.000001)) {
    return unpriced > 0 ? <span className="wrn" title={t("cost.unpriced", { unpriced, calls: calls ?? unpriced })}>{t("common.noPrice")}</span> : <i>{t("common.unknown")}</i>;
  }
  if (unpriced > 0) {
    return (
      <span title={t("cost.partial", { unpriced, calls: calls ?? unpriced })}>
        {"≥" + GAP}{cost(usd)} <svg className="i s12 inline align-[-1px] text-warn" viewBox="0 0 16 16" role="img" aria-label={t("cost.partial", { unpriced, calls: calls ?? unpriced })}><path d="M8 2.2 14.2 13H1.8zM8 6.5v3M8 11.3v.1" /></svg>
      </span>
    );
  }
  return <>{cost(usd)}</>;
}

/** The instant of a row: milliseconds today, the day before that; everything in the tooltip. */
export const Instant = memo(function Instant({ at, zone }: { at: string; zone: string }) {
  const date = new Date(at), now = new Date();
  // Made when somebody points at it: "ago" would be old otherwise, and most rows are only scrolled past.
  const onPointerEnter = (event: PointerEvent<HTMLElement>) => { event.currentTarget.title = `${full(date, zone)}, ${ago(date)}`; };
  if (!sameDay(date, now, zone)) return <time dateTime={at} onPointerEnter={onPointerEnter}>{timestamp(date, zone, now)}</time>;
  const [clock, millis] = clockParts(date, zone);
  return <time dateTime={at} onPointerEnter={onPointerEnter}>{clock}<span className="d3">{millis}</span></time>;
});
