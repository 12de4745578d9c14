import { Popover } from "radix-ui";
import { useEffect, useId, useState, type FormEvent } from "react";
import { copyText, Icon, toast } from "../components";
import { browserZone, isZone, localInput, zoneName } from "../format/time";
import { t } from "../i18n";
import { absolute, bounds, instant, PRESETS, rangeLabel, readEnd, type Range } from "./range";

/** The time range of a page with its zone: presets, two ends of one's own, and a link that stays at this moment. */
export function TimeRange({ range, zone, open, onOpenChange, onRange, onZone, linkTo }: {
  range: Range; zone: string; open: boolean; onOpenChange: (open: boolean) => void; onRange: (range: Range) => void; onZone: (zone: string) => void; linkTo: (range: Range) => string;
}) {
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>
        <button type="button" className="btn" aria-label={`${t("range.label")}: ${rangeLabel(range, zone)}, ${zoneName(zone)}`}><Icon name="clock" size={14} />{rangeLabel(range, zone)}<span className="d3 font-normal">{zoneName(zone)}</span><Icon name="down" size={12} className="end" /></button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={4} aria-label={t("range.label")}>
          <RangeForm range={range} zone={zone} onRange={r => { onRange(r); onOpenChange(false); }} onZone={onZone} linkTo={linkTo} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function RangeForm({ range, zone, onRange, onZone, linkTo }: { range: Range; zone: string; onRange: (range: Range) => void; onZone: (zone: string) => void; linkTo: (range: Range) => string }) {
  const shown = (end: string) => (/^now/.test(end) ? end : localInput(new Date(instant(end, Date.now()) ?? Date.now()), zone).replace("T", " "));
  const [from, setFrom] = useState(shown(range.from));
  const [to, setTo] = useState(shown(range.to));
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => { setFrom(shown(range.from)); setTo(shown(range.to)); }, [range.from, range.to, zone]); // eslint-disable-line react-hooks/exhaustive-deps
  const ids = { from: useId(), to: useId(), zone: useId(), problem: useId() };
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const a = readEnd(from, zone), b = readEnd(to, zone);
    if (a === null || b === null) { setProblem(t("range.bad", { example: localInput(new Date(), zone).replace("T", " ") })); return; }
    const now = Date.now();
    if (instant(a, now)! >= instant(b, now)!) { setProblem(t("range.order")); return; }
    onRange({ from: a, to: b });
  };
  const freeze = async () => {
    const [a, b] = bounds(range);
    if (await copyText(linkTo(absolute(a, b)))) toast(t("range.frozen", { minutes: Math.max(1, Math.round((b - a) / 60_000)) }));
  };
  return (
    <div className="flex">
      <ul className="w-[132px] border-e border-line p-1">
        {PRESETS.map(preset => {
          const value = { from: "now-" + preset, to: "now" }, on = range.from === value.from && range.to === "now";
          return <li key={preset}><button type="button" className={`menu-item ${on ? "b bg-hover" : ""}`} aria-pressed={on} onClick={() => onRange(value)}>{rangeLabel(value, zone)}</button></li>;
        })}
      </ul>
      <form className="w-[248px] p-3" onSubmit={apply}>
        <label className="lab" htmlFor={ids.from}>{t("range.from")}</label>
        <input id={ids.from} className="in w-full" value={from} aria-invalid={problem !== null} aria-describedby={problem ? ids.problem : undefined} onChange={e => { setFrom(e.target.value); setProblem(null); }} />
        <label className="lab mt-2" htmlFor={ids.to}>{t("range.to")}</label>
        <input id={ids.to} className="in w-full" value={to} aria-invalid={problem !== null} aria-describedby={problem ? ids.problem : undefined} onChange={e => { setTo(e.target.value); setProblem(null); }} />
        {problem && <p id={ids.problem} className="t12 err mt-1" role="alert">{problem}</p>}
        <label className="lab mt-2" htmlFor={ids.zone}>{t("range.zone")}</label>
        <select id={ids.zone} className="in w-full" value={zone} onChange={e => onZone(e.target.value)}>
          {zones(zone).map(z => <option key={z} value={z}>{z}</option>)}
        </select>
        <div className="row mt-3"><button type="submit" className="btn">{t("range.apply")}</button><button type="button" className="btn quiet" onClick={() => void freeze()}><Icon name="link" size={14} />{t("range.freeze")}</button></div>
      </form>
    </div>
  );
}

function zones(current: string): string[] {
  const first = [browserZone(), "UTC", current];
  return [...new Set([...first, ...Intl.supportedValuesOf("timeZone")])].filter(isZone);
}
