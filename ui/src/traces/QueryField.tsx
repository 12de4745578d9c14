import { useQuery } from "@tanstack/react-query";
import { Fragment, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { get, type ApiError } from "../api/client";
import { Count, Icon, KindIcon } from "../components";
import { locale, rich, t, type MessageKey } from "../i18n";
import { clauseAt, clauses, complete, FIELDS, natureOf, quote, valuesOf, type Clause } from "./query";

interface Suggestion { id: string; insert: string; label: ReactNode; description: string; count?: number; kind?: string; heading: string }
interface Scope { from: string; to: string; app?: string | undefined; env?: string | undefined }

const COMPARE: Record<"duration" | "cost" | "tokens", readonly (readonly [string, MessageKey])[]> = {
  duration: [[">1s", "compare.duration1"], [">10s", "compare.duration10"], [">1m", "compare.durationMin"]],
  cost: [[">$0.01", "compare.cost1"], [">$0.10", "compare.cost2"], [">$1", "compare.cost3"]],
  tokens: [[">1000", "compare.tokens1"], [">10000", "compare.tokens2"], [">100000", "compare.tokens3"]],
};

/**
 * The query as text, its clauses tinted, with completion and what it means in words. `onPreview` hears what can be run while typing (without the clause being written),
 * `onRun` what was confirmed.
 */
export function QueryField({ value, error, stays, scope, rangeText, onRun, onPreview, inputRef }: {
  value: string; error: ApiError | null; /** Whether an earlier answer is on the screen. */ stays: boolean; scope: Scope; rangeText: string; onRun: (q: string) => void; onPreview: (q: string | null) => void; inputRef: RefObject<HTMLInputElement | null>;
}) {
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState(0);
  const [focus, setFocus] = useState(false);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const overlay = useRef<HTMLDivElement>(null);
  const list = useId();
  useEffect(() => { setDraft(value); }, [value]);

  const current = focus ? clauseAt(draft, caret) : null;
  const suggestions = useSuggestions(current, caret, draft, open, scope);
  useEffect(() => { setActive(-1); }, [draft]);

  // What can be run while typing: everything but a clause that is still being written.
  const preview = useMemo(() => {
    if (!focus || draft === value) return null;
    const writing = current && (open || !complete(current)) ? current : null;
    return clauses(draft).filter(c => complete(c) && c.start !== writing?.start).map(c => draft.slice(c.start, c.end)).join(" ");
  }, [focus, draft, value, current, open]);
  useEffect(() => {
    if (preview === null) { onPreview(null); return; }
    const timer = setTimeout(() => onPreview(preview), 350);
    return () => clearTimeout(timer);
  }, [preview, onPreview]);

  const syncScroll = () => { if (overlay.current && inputRef.current) overlay.current.scrollLeft = inputRef.current.scrollLeft; };
  useLayoutEffect(syncScroll);

  const run = (text: string) => {
    setOpen(false);
    setDraft(text.trim());
    onRun(text.trim());
  };
  const take = (s: Suggestion) => {
    const start = current ? current.start : caret, end = current ? current.end : caret;
    const whole = s.insert.endsWith(":") ? s.insert : s.insert + " ";
    const text = draft.slice(0, start) + whole + draft.slice(end).replace(/^ /, "");
    setDraft(text);
    const at = start + whole.length;
    setCaret(at);
    requestAnimationFrame(() => inputRef.current?.setSelectionRange(at, at));
    setOpen(true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) { setOpen(true); return; }
      const n = suggestions.items.length;
      if (n) setActive(a => (event.key === "ArrowDown" ? (a + 1) % n : (a <= 0 ? n : a) - 1));
    } else if (event.key === "Tab" && !event.shiftKey && open && suggestions.items.length && (active >= 0 || (current && current.end === caret))) {
      event.preventDefault();
      take(suggestions.items[Math.max(0, active)]!);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const chosen = open && active >= 0 ? suggestions.items[active] : undefined;
      if (chosen?.insert.endsWith(":")) take(chosen);
      else if (chosen) { const c = current; run(draft.slice(0, c ? c.start : caret) + chosen.insert + " " + draft.slice(c ? c.end : caret)); }
      else run(draft);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (open) setOpen(false);
      else { setDraft(value); inputRef.current?.blur(); }
    }
  };

  const failed = error !== null && draft === value ? error : null;
  const shownSuggestions = open && focus && suggestions.items.length > 0;
  return (
    <div className="relative min-w-0 flex-1" role="search">
      <div className={`q ${focus ? "focus" : ""} ${failed ? "bad-q" : ""}`} onMouseDown={event => { if (event.target !== inputRef.current) { event.preventDefault(); inputRef.current?.focus(); } }}>
        <Icon name="search" size={14} />
        <div className="relative h-full min-w-0 flex-1">
          <div ref={overlay} className="q-ink" aria-hidden="true">{tinted(draft, failed?.position ?? null)}</div>
          <input
            ref={inputRef} className="q-input" dir="auto" spellCheck={false} autoComplete="off" autoCapitalize="off" aria-label={t("query.label")} placeholder={t("query.example")}
            role="combobox" aria-expanded={shownSuggestions} aria-controls={list} aria-autocomplete="list" aria-activedescendant={shownSuggestions && active >= 0 ? `${list}-${active}` : undefined} aria-invalid={failed !== null}
            value={draft} onScroll={syncScroll} onKeyDown={onKeyDown}
            onChange={e => { setDraft(e.target.value); setCaret(e.target.selectionStart ?? 0); setOpen(true); }}
            onSelect={e => { setCaret(e.currentTarget.selectionStart ?? 0); syncScroll(); }}
            onFocus={() => { setFocus(true); setOpen(true); }}
            onBlur={() => { setFocus(false); setOpen(false); if (draft.trim() !== value) run(draft); }}
          />
        </div>
        {draft ? <button type="button" className="ib -me-1 h-6 w-6" aria-label={t("query.clear")} onMouseDown={e => e.preventDefault()} onClick={() => run("")}><Icon name="x" size={12} /></button> : !focus && <kbd>/</kbd>}
      </div>
      {failed && (
        <div className="pop start-0 top-9 max-w-[min(760px,100%)] px-3 py-2" role="alert">
          <Problem error={failed} onFix={run} />
          {stays && <div className="d3 mt-1">{t("query.stays")}</div>}
        </div>
      )}
      {open && focus && !failed && (
        <div className="pop q-pop" style={{ "--at": `${current?.start ?? draft.length}ch` } as React.CSSProperties} onMouseDown={e => e.preventDefault()}>
          <div role="listbox" id={list} aria-label={suggestions.title}>
            {suggestions.items.map((s, i) => (
              <Fragment key={s.id}>
                {(i === 0 || suggestions.items[i - 1]!.heading !== s.heading) && <div className="row d3 t11 px-2.5 pt-2 pb-0.5" role="presentation"><span className="grow">{s.heading}</span>{i === 0 && <span>{t("query.in", { range: rangeText })}</span>}</div>}
                <div id={`${list}-${i}`} role="option" aria-selected={i === active} className={`q-option ${i === active ? "bg-selected" : ""}`} onMouseMove={() => { if (active !== i) setActive(i); }} onClick={() => take(s)}>
                  {s.kind ? <KindIcon kind={s.kind} /> : <span className="w-3.5" />}
                  <span className="mono ell w-[236px] text-[12px]"><bdi>{s.label}</bdi></span><span className="d3 ell grow">{s.description}</span>{s.count !== undefined && <span className="num d3"><Count value={s.count} /></span>}
                </div>
              </Fragment>
            ))}
          </div>
          {suggestions.empty && <div className="d3 px-2.5 py-2">{suggestions.empty}</div>}
          <div className="q-foot">
            <span className="d3">{t("query.readsAs")}</span> <ReadsAs q={draft} />
            <div className="row g12 d3 t11 mt-1.5"><span><kbd>↑</kbd> <kbd>↓</kbd> {t("query.keys.choose")}</span><span><kbd>Tab</kbd> {t("query.keys.take")}</span><span><kbd>↵</kbd> {t("query.keys.run")}</span><span><kbd>"</kbd> {t("query.keys.exact")}</span><span><kbd>-</kbd> {t("query.keys.exclude")}</span></div>
          </div>
        </div>
      )}
    </div>
  );
}

/** What is wrong with the query, and the query as it was probably meant as a link: in its place in the message, else behind it. */
function Problem({ error, onFix }: { error: ApiError; onFix: (q: string) => void }) {
  const { message, suggestion } = error;
  if (suggestion === null) return <span className="err m">{message}</span>;
  const fix = <button key="fix" type="button" className="link mono" dir="auto" onMouseDown={e => e.preventDefault()} onClick={() => onFix(suggestion)}>{suggestion}</button>;
  const at = message.lastIndexOf(suggestion);
  if (at < 0) return <><span className="err m">{message}</span> {rich("query.meant", { query: fix })}</>;
  return <><span className="err m">{message.slice(0, at)}</span>{fix}<span className="err m">{message.slice(at + suggestion.length)}</span></>;
}

/** The text with its clauses tinted; exactly as wide as the text of the input above it. */
function tinted(q: string, errorAt: number | null): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const c of clauses(q)) {
    if (c.start > at) out.push(q.slice(at, c.start));
    const operator = c.field === null && /^(AND|OR|NOT)$/.test(c.value);
    const comparison = c.field === null ? null : /^([<>]=?)(.*)$/s.exec(c.value);
    // The server's offset may point at the clause or at its value: what is underlined is from there to the end of the clause.
    const bad = errorAt !== null && errorAt >= c.start && errorAt < Math.max(c.end, c.start + 1);
    const value = comparison ? <><span className="o">{comparison[1]}</span>{comparison[2]}</> : c.value;
    const split = bad && errorAt > c.valueStart ? errorAt - c.valueStart : 0;
    out.push(
      operator ? <span key={c.start} className="o">{c.value}</span> : (
        <span key={c.start} className={`c ${bad && errorAt <= c.start ? "bad" : ""}`}>
          {c.negated && <span className="n">-</span>}{c.field !== null && <span className="f">{c.field}:</span>}
          {split ? <span className="s">{c.value.slice(0, split)}<span className="bad">{c.value.slice(split)}</span></span> : <span className={`s ${bad && errorAt > c.start ? "bad" : ""}`}>{value}</span>}
        </span>
      ),
    );
    at = c.end;
  }
  if (at < q.length) out.push(q.slice(at));
  return out;
}

/** The query in words, so that a misunderstanding shows before it is run. */
function ReadsAs({ q }: { q: string }) {
  const conditions = clauses(q).filter(c => complete(c) && !(c.field === null && /^(AND|OR|NOT|\(|\))$/.test(c.value))).map(condition);
  if (!conditions.length) return <>{t("query.traces")}</>;
  const parts = new Intl.ListFormat(locale, { type: "conjunction" }).formatToParts(conditions.map((_, i) => String(i)));
  return <bdi>{rich("query.where", { conditions: <Fragment key="c">{parts.map((p, i) => <Fragment key={i}>{p.type === "element" ? conditions[Number(p.value)] : p.value}</Fragment>)}</Fragment> })}</bdi>;
}

function condition(c: Clause): ReactNode {
  const values = valuesOf(c.value);
  if (c.field === null) return rich(c.negated ? "query.cond.holdsNot" : "query.cond.holds", { value: <mark key="v">{values[0] ?? c.value}</mark> });
  const comparison = /^([<>])=?(.*)$/s.exec(c.value);
  const bold = (text: string) => <b key="v" className="b">{text}</b>;
  if (comparison) return rich(comparison[1] === ">" ? "query.cond.above" : "query.cond.below", { field: c.field, value: bold(comparison[2]!) });
  const list = new Intl.ListFormat(locale, { type: "disjunction" }).format(values);
  const prefix = values.length === 1 && list.endsWith("*");
  const key = prefix ? (c.negated ? "query.cond.startsNot" : "query.cond.starts") : c.negated ? "query.cond.isNot" : "query.cond.is";
  return rich(key, { field: c.field, value: bold(prefix ? list.slice(0, -1) : list) });
}

interface Suggestions { title: string; items: Suggestion[]; empty: string | null }

function useSuggestions(current: Clause | null, caret: number, draft: string, open: boolean, scope: Scope): Suggestions {
  const inValue = current?.field != null && caret >= current.valueStart ? current : null;
  const nature = inValue ? natureOf(inValue.field!) : null;
  const typed = inValue ? inValue.value.replace(/^\(?"?|"?\)?\*?$/g, "") : current && current.field === null ? current.value.replace(/^"/, "") : "";
  // In a group the value at the caret is completed, not the whole.
  const grouped = inValue?.value.startsWith("(") ?? false;
  const term = grouped ? (/([^\s("]*)$/.exec(draft.slice(inValue!.valueStart, caret))?.[1] ?? "") : typed;
  const others = inValue ? clauses(draft).filter(c => c.start !== inValue.start && complete(c)).map(c => draft.slice(c.start, c.end)).join(" ") : "";
  const facet = useQuery({
    queryKey: ["complete", inValue?.field, term, others, scope],
    queryFn: ({ signal }) => get("/traces/facets", { query: { ...scope, q: others, field: inValue!.field!, contains: term, values: 8 }, signal }),
    enabled: open && nature === "facet",
    staleTime: 30_000,
    placeholderData: before => before,
    retry: false,
  });
  return useMemo(() => {
    const sign = current?.negated ? "-" : "";
    if (inValue && nature === "facet") {
      const heading = t("query.values", { field: inValue.field! });
      const values = facet.data?.facets.find(f => f.field === inValue.field)?.values ?? [];
      const items = values.map((v): Suggestion => ({
        id: v.value, heading, label: completed(v.value, term), description: "", count: v.count, ...(inValue.field === "kind" ? { kind: v.value } : {}),
        insert: grouped ? `${sign}${inValue.field}:${inValue.value.slice(0, Math.max(1, caret - inValue.valueStart - term.length))}${quote(v.value)})` : `${sign}${inValue.field}:${quote(v.value)}`,
      }));
      return { title: heading, items, empty: facet.data && !items.length ? t("query.noValue", { field: inValue.field!, text: term }) : null };
    }
    if (inValue && (nature === "duration" || nature === "cost" || nature === "tokens")) {
      const heading = t("query.compare");
      return { title: heading, empty: null, items: COMPARE[nature].filter(([v]) => v.startsWith(inValue.value) || inValue.value === "").map(([v, key]) => ({ id: v, heading, insert: `${sign}${inValue.field}:${v}`, label: v, description: t(key) })) };
    }
    if (inValue) return { title: "", items: [], empty: null };
    const heading = t("query.fields");
    return {
      title: heading, empty: null,
      items: FIELDS.filter(([name]) => name.startsWith(term.toLowerCase())).slice(0, term ? 8 : 10).map(([name]) => ({ id: name, heading, insert: `${sign}${name}:`, label: completed(name + ":", term), description: t(`field.${name}`) })),
    };
  }, [current?.negated, inValue, nature, facet.data, term, grouped, caret]);
}

/** A value with what would be added to the typed text in bold. */
function completed(value: string, typed: string): ReactNode {
  return typed && value.toLowerCase().startsWith(typed.toLowerCase()) ? <>{value.slice(0, typed.length)}<b className="b">{value.slice(typed.length)}</b></> : value;
}
