import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { get } from "../api/client";
import type { Facet } from "../api/types";
import { Count, Icon, KindIcon, visible } from "../components";
import { t } from "../i18n";
import { boundsOf, excludeValue, filterOf, toggleValue, withBounds, withFilter } from "./query";
import type { ListQuery } from "./state";

/** Which facets are open before anybody chose. */
const OPEN = new Set(["app", "status", "kind", "model", "error", "tool"]);
const NUMERIC = [["duration", "1s", "10s"], ["cost", "$0.01", "$1"], ["tokens", "1000", "50000"]] as const;

function readOpen(): Record<string, boolean> {
  try {
    return JSON.parse(localStorage.getItem("tracewell.facets") ?? "{}") as Record<string, boolean>;
  } catch {
    return {};
  }
}

/** Values of every field with their share, at the left edge: a click narrows the list down. `q` is the query whose filters are shown as taken. */
export function Facets({ facets, failed, stale, q, scope, onQuery }: { facets: readonly Facet[] | undefined; failed: boolean; stale: boolean; q: string; scope: ListQuery; onQuery: (q: string) => void }) {
  const [find, setFind] = useState("");
  const [open, setOpen] = useState(readOpen);
  const isOpen = (field: string) => open[field] ?? OPEN.has(field);
  const toggle = (field: string) => {
    const next = { ...open, [field]: !isOpen(field) };
    setOpen(next);
    try { localStorage.setItem("tracewell.facets", JSON.stringify(next)); } catch { /* storage is switched off: holds for this page */ }
  };
  const term = find.trim().toLowerCase();
  const found = useQuery({
    queryKey: ["facets", "find", scope, term],
    queryFn: ({ signal }) => get("/traces/facets", { query: { ...scope, contains: term, values: 8 }, signal }),
    enabled: term.length > 0,
    placeholderData: before => before,
  });
  const byLabel = (f: Facet) => f.label.toLowerCase().includes(term) || f.field.includes(term);
  const shown = !term ? facets : facets?.map(f => (byLabel(f) ? f : found.data?.facets.find(x => x.field === f.field && x.values.length))).filter((f): f is Facet => f !== undefined);
  const numeric = NUMERIC.filter(([field]) => !term || t(`facet.${field}`).toLowerCase().includes(term));
  return (
    <aside className={`facets scroll ${stale ? "stale" : ""}`} aria-label={t("facets.label")}>
      <div className="px-3 pb-1.5"><label className="in h-[26px] border-line-strong focus-within:border-accent"><Icon name="filter" size={12} className="text-text-3" /><input className="min-w-0 flex-1 bg-transparent placeholder:text-text-3 placeholder:opacity-100 focus-visible:outline-none" type="search" aria-label={t("facets.find")} placeholder={t("facets.find")} value={find} onChange={e => setFind(e.target.value)} onKeyDown={e => { if (e.key === "Escape") { e.stopPropagation(); if (find) setFind(""); else e.currentTarget.blur(); } }} /></label></div>
      {!facets && (failed ? <p className="d3 px-3 py-2">{t("facets.failed")}</p> : <FacetSkeleton />)}
      {shown?.filter(f => f.distinct > 0 || filterOf(q, f.field).taken.length > 0).map(facet => <FacetSection key={facet.field} facet={facet} open={term ? true : isOpen(facet.field) && (facet.values.length > 0 || filterOf(q, facet.field).taken.length > 0)} onToggle={() => toggle(facet.field)} q={q} scope={scope} onQuery={onQuery} />)}
      {facets && numeric.map(([field, low, high]) => <NumericSection key={field} field={field} low={low} high={high} open={term ? true : isOpen(field) || boundsOf(q, field).above !== "" || boundsOf(q, field).below !== ""} onToggle={() => toggle(field)} q={q} onQuery={onQuery} />)}
      {term && found.data && shown?.length === 0 && numeric.length === 0 && <p className="d3 px-3 py-2">{t("facets.nothing", { text: find })}</p>}
    </aside>
  );
}

function FacetHeader({ label, count, open, onToggle, controls }: { label: string; count?: number; open: boolean; onToggle: () => void; controls: string }) {
  return (
    <h2><button type="button" className={`facet-head ${open ? "" : "closed"}`} aria-expanded={open} aria-controls={controls} onClick={onToggle}><Icon name={open ? "down" : "right"} size={12} /><span className="ell">{label}</span>{count ? <span><Count value={count} /></span> : null}</button></h2>
  );
}

function FacetSection({ facet, open, onToggle, q, scope, onQuery }: { facet: Facet; open: boolean; onToggle: () => void; q: string; scope: ListQuery; onQuery: (q: string) => void }) {
  const id = useId();
  const [all, setAll] = useState(false);
  const more = useQuery({
    queryKey: ["facets", facet.field, scope],
    queryFn: ({ signal }) => get("/traces/facets", { query: { ...scope, field: facet.field, values: 100 }, signal }),
    enabled: open && all,
    placeholderData: before => before,
  });
  const { taken, excluded } = filterOf(q, facet.field);
  const values = (all ? more.data?.facets[0]?.values : undefined) ?? facet.values;
  // A value that is filtered by stays visible when nothing has it any more.
  const gone = taken.filter(v => !values.some(x => x.value === v)).map(value => ({ value, count: 0, errors: 0 }));
  const max = Math.max(1, ...values.map(v => v.count));
  const filtered = taken.length > 0;
  return (
    <section className={`facet ${open ? "" : "closed"}`}>
      <FacetHeader label={facet.label} count={facet.distinct > values.length || facet.distinct > 2 ? facet.distinct : undefined} open={open} onToggle={onToggle} controls={id} />
      {open && (
        <ul id={id}>
          {[...gone, ...values].map(v => {
            const on = taken.includes(v.value), off = excluded.includes(v.value), red = facet.field === "error" || (facet.field === "status" && v.value === "error");
            return (
              <li key={v.value} className={`fv ${red ? "e" : ""} ${(filtered && !on) || off ? "off" : ""} ${filtered ? "f" : ""}`} style={{ "--w": (v.count / max).toFixed(3) } as React.CSSProperties}>
                <button type="button" role="checkbox" aria-checked={on} className="fv-main" title={v.value} onClick={event => onQuery(event.altKey ? excludeValue(q, facet.field, v.value) : toggleValue(q, facet.field, v.value))}>
                  <span className={`cb s ${on ? "on" : ""}`} aria-hidden="true">{on && <Icon name="check" />}</span>
                  {facet.field === "kind" && <KindIcon kind={v.value} />}
                  <bdi className={`ell ${off ? "line-through" : ""}`}>{visible(facet.field === "error" ? shortClass(v.value) : v.value)}</bdi>
                </button>
                <span className="fv-side">
                  {filtered && <button type="button" className="fv-act" aria-label={t("facets.only", { value: v.value })} title={t("facets.only", { value: v.value })} onClick={() => onQuery(withFilter(q, facet.field, [v.value]))}>=</button>}
                  <button type="button" className="fv-act" aria-label={t("facets.exclude", { value: v.value })} title={t("facets.exclude", { value: v.value })} onClick={() => onQuery(excludeValue(q, facet.field, v.value))}>−</button>
                </span>
                <span className="n"><Count value={v.count} /></span>
              </li>
            );
          })}
          {facet.distinct > facet.values.length && facet.values.length > 0 && <li><button type="button" className="fv-more" onClick={() => setAll(!all)}>{all ? t("facets.less") : t("facets.more", { count: facet.distinct - facet.values.length })}</button></li>}
        </ul>
      )}
    </section>
  );
}

/** The name of a class without its packages; the whole name stays in the tooltip. */
function shortClass(name: string): string {
  return /^[\w.$]+$/.test(name) ? name.replace(/^.*[.$](?=[A-Z])/, "") : name;
}

function NumericSection({ field, low, high, open, onToggle, q, onQuery }: { field: "duration" | "cost" | "tokens"; low: string; high: string; open: boolean; onToggle: () => void; q: string; onQuery: (q: string) => void }) {
  const id = useId();
  const { above, below } = boundsOf(q, field);
  const label = t(`facet.${field}`);
  const submit = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const next = withBounds(q, field, String(data.get("above") ?? ""), String(data.get("below") ?? ""));
    if (next !== q) onQuery(next);
  };
  return (
    <section className={`facet ${open ? "" : "closed"}`}>
      <FacetHeader label={label} open={open} onToggle={onToggle} controls={id} />
      {open && (
        <form id={id} key={above + "|" + below} className="range" onSubmit={e => { e.preventDefault(); submit(e.currentTarget); }} onBlur={e => submit(e.currentTarget)}>
          <input className="in" name="above" aria-label={`${label}: ${t("facets.above")}`} placeholder={low} defaultValue={above} autoComplete="off" /><span className="d3">–</span><input className="in" name="below" aria-label={`${label}: ${t("facets.below")}`} placeholder={high} defaultValue={below} autoComplete="off" />
          <button type="submit" className="vh" tabIndex={-1}>{t("range.apply")}</button>
        </form>
      )}
    </section>
  );
}

function FacetSkeleton() {
  return <div className="px-3 pt-2" aria-hidden="true">{[120, 90, 140, 70, 110, 130, 84, 100].map((w, i) => <div key={i} className="flex h-[22px] items-center"><span className="sk" style={{ width: w }} /></div>)}</div>;
}
