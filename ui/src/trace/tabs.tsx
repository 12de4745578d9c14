import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { get } from "../api/client";
import type { Mapping, Span, Trace } from "../api/types";
import { CopyButton, Count, ErrorNotice, KindIcon, Segmented } from "../components";
import { bytes, cost as money, count, duration, exact, rate, GAP } from "../format/numbers";
import { full } from "../format/time";
import { rich, t, type MessageKey } from "../i18n";
import { buckets, withoutCache } from "./costs";
import { known, named } from "./datadog";
import { steps, type Step } from "./errors";
import { Json, JsonValue } from "./Json";
import { readJson, writeJson } from "./json";
import { AppLink } from "./link";
import type { MessageContext } from "./Messages";
import type { SpanNode, TraceModel } from "./model";
import { LongText, Safe, SafeInline } from "./Safe";
import { oneLine, shortType } from "./text";
import { useMapping, useRawSpan, useSpan } from "./useTrace";
import { frames, offset } from "./words";

function Heading({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  return <div className="row t12 tab-h"><h3 className="b nw">{title}</h3>{note && <span className="d3 ell">{note}</span>}<span className="sp" />{children}</div>;
}

// Errors ----------------------------------------------------------------------------------------------------------------

export function ErrorsTab({ trace, model, span, onGoTo }: { trace: Trace; model: TraceModel; span: Span | undefined; onGoTo: (spanId: string) => void }) {
  const list = useMemo(() => steps(model), [model]);
  const cause = model.firstCause ?? model.failed[0];
  const causeSpan = useSpan(trace.trace.trace_id, cause?.head?.span_id, false, false);
  const root = model.roots[0];
  if (!cause?.head) return <div className="tab-p d3">{t("trace.errors.none")}</div>;
  const causeName = <b key="c" className="m"><SafeInline text={cause.head.name} /></b>;
  const error = cause.head.error_type ? <b key="e" className="m" title={oneLine(cause.head.error_type)}><SafeInline text={shortType(cause.head.error_type)} /></b> : null;
  const failedRoot = root?.head && root !== cause && root.failure !== null && trace.trace.status === "error";
  return (
    <div className="tab-p">
      <p className="t14 mb-3">
        {failedRoot
          ? rich(error ? "trace.errors.because" : "trace.errors.becausePlain", { root: <SafeInline key="r" text={root.head!.name} />, cause: causeName, error })
          : root === cause ? rich(error ? "trace.errors.rootOnly" : "trace.errors.rootOnlyPlain", { cause: causeName, error }) : rich(error ? "trace.errors.caught" : "trace.errors.caughtPlain", { cause: causeName, error, root: root?.head ? <SafeInline key="r" text={root.head.name} /> : t("trace.parentMissing") })}
      </p>
      <ol className="walk">
        {list.map((step, i) => <StepView key={step.node.key} step={step} number={i + 1} onGoTo={onGoTo} />)}
      </ol>
      {span?.error?.stack && span.span_key !== cause.key && <Stack title={t("trace.errors.stackOfThis")} stack={span.error.stack} />}
      {causeSpan.error ? <ErrorNotice error={causeSpan.error} retry={() => void causeSpan.refetch()} /> : causeSpan.data?.error?.stack ? <Stack title={t("trace.errors.stack")} stack={causeSpan.data.error.stack} /> : causeSpan.data ? <p className="d3 t12 edge-t pt-2">{t("trace.errors.noStack")}</p> : null}
      {cause.head.error_type && <Elsewhere trace={trace} errorType={cause.head.error_type} />}
    </div>
  );
}

function StepView({ step, number, onGoTo }: { step: Step; number: number; onGoTo: (spanId: string) => void }) {
  const head = step.node.head!;
  const tried = step.calls.length > 1 ? t("trace.errors.tried", { count: step.calls.length, duration: duration(step.calls.reduce((n, c) => n + Number(c.head!.duration_ns), 0)) }) : "";
  return (
    <li data-n={number} className={step.role === "first" ? "first" : ""}>
      <div className="row h-5">
        <KindIcon kind={head.kind} />
        <button type="button" className="lk-plain m ell" onClick={() => onGoTo(head.span_id)}><SafeInline text={head.name} /></button>
        <span className="err m ell" title={head.error_type ? oneLine(head.error_type) : undefined}>{head.error_type ? <SafeInline text={shortType(head.error_type)} /> : t(step.role === "contains" ? "trace.failedInside" : "trace.failed")}</span>
        <span className="sp" /><span className="d3 t12 nw">{offset(step.at)}</span>
      </div>
      <div className="d2 t12 walk-b">
        {head.error_message && <div dir="auto" className="untrusted break-words"><Safe text={head.error_message.length > 500 ? head.error_message.slice(0, 500) + "…" : head.error_message} /></div>}
        {step.repeats.length > 0 && <div>{t("trace.errors.repeats", { count: step.repeats.length })} <span className="d3">({step.repeats.slice(0, 4).map(n => offset(n.start)).join(", ")}{step.repeats.length > 4 && ", …"})</span></div>}
        {tried && <div>{tried}</div>}
        {step.role === "root" && head.output === "" && <div>{t("trace.errors.noOutput")}</div>}
      </div>
    </li>
  );
}

function Stack({ title, stack }: { title: string; stack: string }) {
  const [all, setAll] = useState(false);
  const parsed = useMemo(() => frames(stack), [stack]);
  const own = parsed.frames.filter(f => !f.library);
  const canChoose = own.length > 0 && own.length < parsed.frames.length;
  const shown = canChoose && !all ? own : parsed.frames;
  return (
    <>
      <Heading title={title}>
        {canChoose && <Segmented small label={title} value={all ? "all" : "own"} onChange={v => setAll(v === "all")} options={[{ value: "own", label: t("trace.errors.ownCode") }, { value: "all", label: t("trace.errors.allFrames", { count: parsed.frames.length }) }]} />}
        <CopyButton text={stack} label={t("trace.errors.copyStack")} />
      </Heading>
      <div className="pre stack" dir="ltr">
        {parsed.lead && <div className="err"><LongText text={parsed.lead} mono /></div>}
        {shown.length > 0 && <LongText text={shown.map(f => f.text).join("\n")} mono />}
      </div>
    </>
  );
}

/** How many traces around this one met the same error. */
function Elsewhere({ trace: { trace }, errorType }: { trace: Trace; errorType: string }) {
  const middle = Date.parse(trace.start);
  const from = new Date(middle - 30 * 60_000).toISOString(), to = new Date(middle + 30 * 60_000).toISOString();
  const q = `error:${quoted(errorType)}`;
  const { data, error } = useQuery({ queryKey: ["elsewhere", trace.application, q, from], queryFn: ({ signal }) => get("/traces/summary", { query: { from, to, q, app: trace.application, buckets: 60 }, signal }), staleTime: 60_000, retry: false });
  if (error || !data) return null;
  const most = Math.max(1, ...data.buckets.map(b => b.count));
  return (
    <>
      <Heading title={t("trace.errors.elsewhere")} note={t("trace.errors.elsewhere.count", { count: Number(data.count), text: count(data.count), error: oneLine(shortType(errorType)) })}>
        <AppLink className="t12 nw" to={`/traces?${new URLSearchParams({ app: trace.application, q, from, to })}`}>{t("trace.errors.showTraces")}</AppLink>
      </Heading>
      {Number(data.count) > 1 && (
        <svg className="spark" width="100%" height="40" viewBox={`0 0 ${data.buckets.length * 10} 40`} preserveAspectRatio="none" role="img" aria-label={t("trace.errors.elsewhere.chart", { most: exact(most) })}>
          {data.buckets.map((b, i) => b.count > 0 && <rect key={b.start} x={i * 10} width="9" y={40 - (b.count / most) * 38} height={(b.count / most) * 38} fill="var(--error-data)" />)}
          <rect x="0" y="39" width={data.buckets.length * 10} height="1" fill="var(--line-strong)" />
        </svg>
      )}
    </>
  );
}

/** A value as it is written in a query. */
export function quoted(value: string): string {
  return /^[\w.@/-]+$/.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

// Cost ------------------------------------------------------------------------------------------------------------------

export function CostTab({ span, model, onGoTo }: { span: Span; model: TraceModel | undefined; onGoTo: (spanId: string) => void }) {
  const list = buckets(span);
  const most = Math.max(1e-30, ...list.map(b => b.cost ?? 0));
  const total = span.cost.total === null ? null : Number(span.cost.total);
  const uncached = withoutCache(span);
  const price = span.cost.source === "priced" ? t("trace.cost.priceOf", { price: span.cost.price ?? "" }) : span.cost.source === "reported" ? t("trace.cost.reported") : "";
  return (
    <div className="tab-p pt-[6px]">
      <Heading title={t("trace.cost.ofSpan")} note={price} />
      {list.length > 0 && (
        <div className="edge-strong" role="table" aria-label={t("trace.cost.ofSpan")}>
          {list.map(b => (
            <div key={b.name} role="rowgroup">
              <div role="row" className="tr cost-r">
                <span role="cell">{t(`trace.bucket.${b.name}`)}</span>
                <span role="cell" className="num"><Count value={b.tokens} /></span>
                <span role="cell" className="num d2">{b.perMillion !== null && <>{"× "}{pricePerMillion(b.perMillion)}{GAP}<i>{t("trace.cost.perMillion")}</i></>}</span>
                <span role="cell">{b.cost !== null && <span className="cost-b" style={{ width: `${(b.cost / most) * 60}%` }} />}</span>
                <span role="cell" className="num">{b.cost === null ? (total === null ? <i>–</i> : "") : money(b.cost)}</span>
              </div>
              {b.within.map(w => <div key={w.name} role="row" className="tr cost-r is-within"><span role="cell">{t(`trace.within.${w.name}`)}</span><span role="cell" className="num"><Count value={w.tokens} /></span><span role="cell" /><span role="cell" /><span role="cell" /></div>)}
            </div>
          ))}
          <div role="row" className="tr cost-r is-total">
            <span role="cell">{t("trace.cost.total")}</span><span role="cell" className="num"><Count value={span.usage.total} /></span><span role="cell" />
            <span role="cell" className="d2 nw r font-normal">{uncached !== null && t("trace.cost.withoutCache", { cost: money(uncached) })}</span>
            <span role="cell" className="num">{total === null ? <span className="wrn">{t("common.noPrice")}</span> : money(total)}</span>
          </div>
        </div>
      )}
      {list.length === 0 && total !== null && <p className="t12 pb-2">{rich("trace.cost.onlyTotal", { cost: <b key="c" className="m">{money(total)}</b> })}</p>}
      {list.length === 0 && total === null && !span.cost.reason && <p className="d3 t12 pb-2">{t("trace.cost.nothing")}</p>}
      {span.cost.reason && <div className={`note mt-2 ${total === null ? "w" : ""}`}><div dir="auto" className="untrusted">{total === null ? t("trace.cost.noPriceBecause") + " " : ""}<Safe text={span.cost.reason} /></div></div>}
      {model && <WhereItWent model={model} selected={span.span_key} onGoTo={onGoTo} />}
    </div>
  );
}

/** Prices are written with cents, and with more digits only where they have them. */
function pricePerMillion(usd: number): string {
  const exactly = Number(usd.toPrecision(6));
  return exactly >= 0.01 && Math.abs(exactly * 100 - Math.round(exactly * 100)) < 1e-6 ? "$" + exactly.toFixed(2) : money(exactly);
}

const SHARES = 12;

/** The cost of the trace by call. */
function WhereItWent({ model, selected, onGoTo }: { model: TraceModel; selected: string; onGoTo: (spanId: string) => void }) {
  const calls = useMemo(() => [...model.byKey.values()].filter(n => n.head!.counted && Number(n.head!.cost ?? 0) > 0).sort((a, b) => a.start - b.start), [model]);
  const total = calls.reduce((n, c) => n + Number(c.head!.cost), 0);
  if (calls.length < 2) return null;
  const large = new Set([...calls].sort((a, b) => Number(b.head!.cost) - Number(a.head!.cost)).slice(0, SHARES));
  const shown: { node: SpanNode | null; share: number; name: string }[] = calls.filter(n => large.has(n)).map(n => ({ node: n, share: Number(n.head!.cost) / total, name: n.head!.name }));
  const rest = 1 - shown.reduce((n, s) => n + s.share, 0);
  if (calls.length > large.size) shown.push({ node: null, share: Math.max(0, rest), name: t("trace.cost.others", { count: calls.length - large.size }) });
  return (
    <>
      <Heading title={t("trace.cost.where")}><span className="d3 nw">{t("trace.cost.inCalls", { cost: money(total), count: calls.length })}</span></Heading>
      <div className="shares" dir="ltr">
        {shown.map((s, i) => {
          const body = <><span className={`share-b ${s.node === null ? "is-rest" : s.node.key === selected ? "is-sel" : ""}`} />{s.share > 0.03 && <span className="t11 d2 ell"><SafeInline text={s.name} /> <span className="d3">{rate(s.share)}</span></span>}</>;
          return s.node ? <button key={s.node.key} type="button" style={{ flexGrow: s.share }} title={`${oneLine(s.name)} ${money(s.node.head!.cost!)}`} onClick={() => onGoTo(s.node!.id)}>{body}</button> : <span key={i} style={{ flexGrow: s.share }}>{body}</span>;
        })}
      </div>
    </>
  );
}

// Prompt ----------------------------------------------------------------------------------------------------------------

export function PromptTab({ span }: { span: Span }) {
  const [filled, setFilled] = useState(false);
  const prompt = span.prompt;
  if (!prompt) return <div className="tab-p d3">{t("trace.prompt.none")}</div>;
  const variables = Object.entries(prompt.variables);
  const hasVariables = variables.length > 0;
  return (
    <div className="tab-p pt-1">
      <div className="row t12 tab-h is-first">
        <h3 className="b"><SafeInline text={prompt.name ?? prompt.id ?? t("trace.prompt.unnamed")} /></h3>
        {prompt.version && <span>{rich("trace.prompt.version", { version: <SafeInline key="v" text={prompt.version} /> })}</span>}
        <span className="sp" />
        {prompt.template !== null && hasVariables && <Segmented small label={t("trace.prompt.view")} value={filled ? "filled" : "template"} onChange={v => setFilled(v === "filled")} options={[{ value: "template", label: t("trace.prompt.template") }, { value: "filled", label: t("trace.prompt.filled") }]} />}
        {prompt.template !== null && <CopyButton text={prompt.template} label={t("trace.prompt.copy")} />}
      </div>
      {prompt.template === null ? <p className="d3 t12 pb-2">{t("trace.prompt.noTemplate")}</p> : <div className="pre prompt" dir="auto"><Template text={prompt.template} variables={filled ? prompt.variables : null} /></div>}
      {hasVariables && (
        <div className="mt-3" role="table" aria-label={t("trace.prompt.variables")}>
          <div role="row" className="tr th var-r"><span role="columnheader">{t("trace.prompt.variable")}</span><span role="columnheader">{t("trace.prompt.value")}</span><span role="columnheader" className="r">{t("trace.prompt.characters")}</span></div>
          {variables.map(([name, value]) => <Variable key={name} name={name} value={value} />)}
        </div>
      )}
    </div>
  );
}

function Variable({ name, value }: { name: string; value: unknown }) {
  const [open, setOpen] = useState(false);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <>
      <div role="row" className="tr var-r">
        <span role="cell" className="mono ell text-[11.5px]"><SafeInline text={name} /></span>
        <span role="cell" className="ell"><button type="button" className="ell bid max-w-full text-start" aria-expanded={open} onClick={() => setOpen(!open)}><SafeInline text={text.slice(0, 300)} /></button></span>
        <span role="cell" className="num"><Count value={text.length} /></span>
      </div>
      {open && <div className="py-2">{typeof value === "string" ? <div className="pre"><LongText text={value} /></div> : <JsonValue value={value} />}</div>}
    </>
  );
}

const VARIABLE = /(\{\{\s*[\w.-]+\s*\}\}|\{[\w.-]+\})/g;

/** A template with its variables marked, or with their values in their places. */
function Template({ text, variables }: { text: string; variables: Readonly<Record<string, unknown>> | null }) {
  return (
    <>
      {text.split(VARIABLE).map((piece, i) => {
        if (i % 2 === 0) return <Safe key={i} text={piece} />;
        const name = piece.replace(/[{}\s]/g, "");
        if (variables === null || !Object.hasOwn(variables, name)) return <span key={i} className="var"><Safe text={piece} /></span>;
        const value = variables[name];
        return <bdi key={i} className="filled untrusted" title={name}><Safe text={typeof value === "string" ? value : JSON.stringify(value)} /></bdi>;
      })}
    </>
  );
}

// Documents -------------------------------------------------------------------------------------------------------------

export function DocumentsTab({ context }: { context: MessageContext }) {
  const { documents } = context.span;
  const scores = documents.map(d => d.score).filter((s): s is number => s !== null);
  // Scores are similarities, distances or logits: a bar is drawn only where all lie between 0 and 1.
  const bars = scores.length > 0 && scores.every(s => s >= 0 && s <= 1);
  const [limit, setLimit] = useState(50);
  return (
    <div className="tab-p pt-1">
      <Heading title={t("trace.documents")} note={t("trace.documents.order")}>{scores.length > 0 && <span className="d3 t11">{t("trace.documents.score")}</span>}</Heading>
      <ol>
        {documents.slice(0, limit).map((d, i) => (
          <li key={i} className="doc">
            <span className="d3 t12">{i + 1}</span>
            <div className="min-w-0">
              <div className="row t12">
                <span className="m ell">{d.name ? <SafeInline text={d.name} /> : d.id ? <SafeInline text={d.id} /> : t("trace.documents.unnamed")}</span>
                {d.name && d.id && <span className="d3 mono ell text-[11px]"><SafeInline text={d.id} /></span>}
                <span className="sp" />
                {d.score !== null && bars && <span className="score" aria-hidden="true"><span style={{ width: `${d.score * 100}%` }} /></span>}
                <span className="num">{d.score === null ? <i>–</i> : bars ? d.score.toFixed(2) : Number(d.score.toPrecision(3))}</span>
              </div>
              <DocumentText document={d} context={context} />
              {d.metadata && Object.keys(d.metadata).length > 0 && <details className="t12 mt-1"><summary className="d3">{t("trace.metadata")}</summary><JsonValue value={d.metadata} /></details>}
            </div>
          </li>
        ))}
      </ol>
      {documents.length > limit && <button type="button" className="btn sm mt-2" onClick={() => setLimit(limit + 200)}>{t("trace.documents.more", { count: documents.length - limit })}</button>}
    </div>
  );
}

function DocumentText({ document: d, context }: { document: Span["documents"][number]; context: MessageContext }) {
  const [open, setOpen] = useState(false);
  const text = d.text.text;
  if (!text) return <div className="d3 t12">{t("trace.documents.noText")}</div>;
  if (text.length <= 240 && !text.includes("\n")) return <div className="d2 t12 mt-[2px] untrusted" dir="auto"><Safe text={text} /></div>;
  return (
    <>
      {open ? <div className="mt-1 t13"><LongText text={text} all={context.whole} /></div> : <div className="d2 t12 mt-[2px] untrusted clamp2" dir="auto"><Safe text={text.slice(0, 400)} /></div>}
      <button type="button" className="lk t12" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t("trace.documents.fold") : t("trace.documents.unfold", { count: d.text.length, text: count(d.text.length) })}</button>
      {open && d.text.cut && <button type="button" className="btn sm ms-2" disabled={context.loadingWhole} onClick={context.onWhole}>{t("trace.showMore", { size: bytes(d.text.length - text.length) })}</button>}
    </>
  );
}

// Tools -----------------------------------------------------------------------------------------------------------------

export function ToolsTab({ span }: { span: Span }) {
  const called = new Map<string, number>();
  for (const m of span.output.messages) for (const p of m.parts) if (p.type === "tool_call" && p.name) called.set(p.name, (called.get(p.name) ?? 0) + 1);
  return (
    <div className="tab-p pt-1">
      <Heading title={t("trace.tools.offered")} note={called.size ? t("trace.tools.calledCount", { count: called.size }) : t("trace.tools.calledNone")} />
      <ul>
        {span.tool_definitions.map((d, i) => (
          <li key={i} className="tool">
            <div className="row t12"><KindIcon kind="tool" /><span className="m"><SafeInline text={d.name} /></span>{called.has(d.name) && <span className="tag ink">{t("trace.tools.called", { count: called.get(d.name)! })}</span>}</div>
            {d.description && <div className="d2 t12 untrusted mt-[2px]" dir="auto"><Safe text={d.description} /></div>}
            {d.schema && <details className="mt-1"><summary className="d3 t12">{t("trace.tools.schema")}</summary><JsonValue value={d.schema} /></details>}
          </li>
        ))}
      </ul>
    </div>
  );
}

// Evaluations -----------------------------------------------------------------------------------------------------------

/** What was said of the span; with the root also what was said of the trace and its session. */
export function EvaluationsTab({ span, zone }: { span: Span; zone: string }) {
  const of = (kind: string) => span.evaluations.filter(e => e.kind === kind);
  return (
    <div className="tab-p pt-1">
      {span.evaluations.length === 0 && <p className="d3 t12">{t("trace.evaluations.none")}</p>}
      {(["evaluation", "feedback"] as const).map(kind => of(kind).length > 0 && (
        <section key={kind} aria-label={t(`trace.evaluations.${kind}`)}>
          <Heading title={t(`trace.evaluations.${kind}`)} note={t("trace.evaluations.count", { count: of(kind).length })} />
          <ul>{of(kind).map((e, i) => <EvaluationView key={i} evaluation={e} zone={zone} />)}</ul>
        </section>
      ))}
    </div>
  );
}

function EvaluationView({ evaluation: e, zone }: { evaluation: Span["evaluations"][number]; zone: string }) {
  const structured = typeof e.value === "object" && e.value !== null;
  return (
    <li className="doc">
      <span aria-hidden="true" className={`t12 ${e.assessment === "fail" || e.status === "error" ? "err" : e.assessment === "pass" ? "okc" : "d3"}`}>●</span>
      <div className="min-w-0">
        <div className="row t12">
          <span className="m ell"><SafeInline text={e.label} /></span>
          {e.status === "error" ? <span className="err">{t("trace.evaluations.failed")}</span> : e.status === "warn" ? <span className="wrn">{t("trace.evaluations.skipped")}</span> : null}
          {!structured && e.value !== null && <b className="ell"><SafeInline text={typeof e.value === "number" ? String(Number(e.value.toPrecision(6))) : String(e.value)} /></b>}
          {e.assessment && <span className={e.assessment === "fail" ? "err" : "okc"}><SafeInline text={e.assessment} /></span>}
          {e.scope !== "span" && <span className="tag">{t("trace.evaluations.of", { scope: e.scope })}</span>}
          {e.ambiguous && <span className="tag wrn">{t("trace.evaluations.ambiguous")}</span>}
          <span className="sp" />
          {e.submitter && <span className="d3 ell"><SafeInline text={e.submitter} /></span>}
          <span className="d3 nw"><SafeInline text={e.source} />{GAP}<time dateTime={e.time}>{full(new Date(e.time), zone)}</time></span>
        </div>
        {structured && <JsonValue value={e.value} />}
        {e.reasoning && <div className="d2 t12 mt-[2px] untrusted break-words" dir="auto"><LongText text={e.reasoning} /></div>}
        {e.error && <div className="err t12 mt-[2px] untrusted break-words" dir="auto"><Safe text={[e.error.type, e.error.message].filter(Boolean).join(": ")} /></div>}
        {(e.tags.length > 0 || Object.keys(e.metadata).length > 0) && (
          <details className="t12 mt-1"><summary className="d3">{t("trace.metadata")}</summary>
            {e.tags.length > 0 && <div className="row wrap g4 py-1">{e.tags.map((tag, i) => <span key={i} className="tag"><SafeInline text={tag} /></span>)}</div>}
            {Object.keys(e.metadata).length > 0 && <JsonValue value={e.metadata} />}
          </details>
        )}
      </div>
    </li>
  );
}

// Metadata --------------------------------------------------------------------------------------------------------------

export function MetadataTab({ span, model, zone, onGoTo }: { span: Span; model: TraceModel | undefined; zone: string; onGoTo: (spanId: string) => void }) {
  const id = (value: string, name: string) => <span className="row g4"><bdi className="mono break-all">{value}</bdi><CopyButton text={value} label={t("trace.copyOf", { name })} /></span>;
  const text = (value: string | null) => (value ? <SafeInline text={value} /> : null);
  const filter = (field: string, value: string | null) => value && <AppLink to={`/traces?${new URLSearchParams({ q: `${field}:${quoted(value)}` })}`}><SafeInline text={value} /></AppLink>;
  const parent = span.parent_id ? model?.find(span.parent_id) : undefined;
  const startMs = Number(BigInt(span.start_ns) / 1_000_000n);
  const { manifest, rest } = known(span);
  // Datadog's senders put figures of their own beside tokens and costs.
  const metrics = span.dialects.includes("datadog") ? Object.entries(span.usage.raw).filter(([k, v]) => typeof v === "number" && !/(_tokens|_cost|^time_to_first_token)$/.test(k)) : [];
  const facts: [string, ReactNode][] = [
    [t("trace.fact.application"), text(span.application)],
    [t("trace.fact.environment"), text(span.environment)],
    [t("trace.fact.service"), span.service === span.application ? null : text(span.service)],
    [t("trace.fact.version"), text(span.service_version)],
    [t("trace.fact.host"), text(span.host)],
    [t("trace.fact.user"), filter("user", span.user_id)],
    [t("trace.fact.session"), filter("session", span.session_id)],
    [t("trace.fact.provider"), text(span.provider)],
    [t("trace.fact.model"), text(span.model)],
    [t("trace.fact.modelRequested"), span.model_requested !== span.model ? text(span.model_requested) : null],
    [t("trace.fact.operation"), text(span.operation)],
    [t("trace.fact.agent"), text(span.agent_name)],
    [t("trace.fact.tool"), text(span.tool_name)],
    [t("trace.fact.toolCall"), span.tool_call_id && id(span.tool_call_id, t("trace.fact.toolCall"))],
    [t("trace.fact.response"), span.response_id && id(span.response_id, t("trace.fact.response"))],
    [t("trace.fact.start"), <span key="s" className="row g4"><time dateTime={span.start}>{full(new Date(startMs), zone)}</time><CopyButton text={span.start} label={t("trace.copyOf", { name: "ISO 8601" })} /><CopyButton text={span.start_ns} label={t("trace.copyOf", { name: t("trace.fact.epochNs") })} /></span>],
    [t("trace.fact.spanId"), id(span.span_id, t("trace.fact.spanId"))],
    [t("trace.fact.traceId"), id(span.trace_id, t("trace.fact.traceId"))],
    [t("trace.fact.parent"), span.parent_id && (parent?.head ? <button type="button" className="lk" onClick={() => onGoTo(parent.id)}><SafeInline text={parent.head.name} /></button> : <span className="row g4">{id(span.parent_id, t("trace.fact.parent"))}<span className="wrn">{t("trace.parentMissing")}</span></span>)],
  ];
  return (
    <div className="tab-p pt-1">
      {span.tags.length > 0 && <><Heading title={t("trace.tags")} /><div className="row wrap g4 pb-2">{span.tags.map((tag, i) => <span key={i} className="tag"><SafeInline text={tag} /></span>)}</div></>}
      {Object.keys(span.parameters).length > 0 && <><Heading title={t("trace.parameters")} /><dl className="kv">{Object.entries(span.parameters).map(([k, v]) => <Fact key={k} name={<bdi className="mono">{k}</bdi>}>{typeof v === "object" && v !== null ? <JsonValue value={v} /> : <SafeInline text={String(v)} />}</Fact>)}</dl></>}
      {metrics.length > 0 && <><Heading title={t("trace.metrics")} /><dl className="kv">{metrics.map(([k, v]) => <Fact key={k} name={<bdi className="mono">{k}</bdi>}><SafeInline text={String(v)} /></Fact>)}</dl></>}
      {manifest && <Manifest manifest={manifest} />}
      {Object.keys(rest).length > 0 && <><Heading title={t("trace.metadata")}><CopyButton text={JSON.stringify(rest, null, 2)} label={t("trace.metadata.copy")} /></Heading><JsonValue value={rest} /></>}
      <Heading title={t("trace.facts")} />
      <dl className="kv">{facts.map(([name, value]) => value && <Fact key={name} name={name}>{value}</Fact>)}</dl>
      {span.links.length > 0 && (
        <>
          <Heading title={t("trace.links")} />
          <ul>{span.links.map((l, i) => <li key={i} className="t12 py-1"><AppLink to={`/trace/${encodeURIComponent(l.trace_id)}?span=${encodeURIComponent(l.span_id)}`} className="mono">{l.trace_id} / {l.span_id}</AppLink>{Object.keys(l.attributes).length > 0 && <JsonValue value={l.attributes} />}</li>)}</ul>
        </>
      )}
    </div>
  );
}

const MANIFEST: Record<string, MessageKey> = {
  framework: "trace.manifest.framework", name: "trace.manifest.name", description: "trace.manifest.description", instructions: "trace.manifest.instructions", system_prompts: "trace.manifest.systemPrompts",
  model: "trace.fact.model", model_provider: "trace.fact.provider", model_settings: "trace.manifest.modelSettings", agent_settings: "trace.manifest.settings", tools: "trace.tab.tools", capabilities: "trace.manifest.capabilities",
  handoffs: "trace.manifest.handoffs", guardrails: "trace.manifest.guardrails", memory_policies: "trace.manifest.memory", metadata: "trace.metadata",
};

/** What the framework says of the agent, in the order in which it says it. */
function Manifest({ manifest }: { manifest: Record<string, unknown> }) {
  const said = Object.entries(manifest).filter(([, v]) => v !== null && v !== "" && !(Array.isArray(v) && v.length === 0));
  return (
    <section aria-label={t("trace.manifest")}>
      <Heading title={t("trace.manifest")} note={t("trace.manifest.note")}><CopyButton text={JSON.stringify(manifest, null, 2)} label={t("trace.copyOf", { name: t("trace.manifest") })} /></Heading>
      <dl className="kv">{said.map(([k, v]) => <Fact key={k} name={MANIFEST[k] ? t(MANIFEST[k]) : <bdi className="mono">{k}</bdi>}><ManifestValue value={v} /></Fact>)}</dl>
    </section>
  );
}

function ManifestValue({ value }: { value: unknown }) {
  if (typeof value === "string") return <LongText text={value} />;
  if (typeof value !== "object" || value === null) return <SafeInline text={String(value)} />;
  const list = named(value);
  if (!list) return <JsonValue value={value} />;
  return (
    <ul>
      {list.map((one, i) => (
        <li key={i}>
          <span className="m"><SafeInline text={one.name} /></span>{one.description && <> <span className="d2 untrusted" dir="auto"><Safe text={one.description} /></span></>}
          {Object.keys(one.rest).length > 0 && <details><summary className="d3">{t("trace.manifest.more")}</summary><JsonValue value={one.rest} /></details>}
        </li>
      ))}
    </ul>
  );
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return <><dt>{name}</dt><dd className="break-words">{children}</dd></>;
}

// Mapping ---------------------------------------------------------------------------------------------------------------

/** Where each derived figure comes from. */
export function MappingTab({ span, zone }: { span: Span; zone: string }) {
  const usage = span.usage;
  const rows: [what: string, value: ReactNode, rule: string][] = [
    [t("trace.map.kind"), span.kind, span.kind_rule],
    ...(["input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "output", "reasoning", "output_audio"] as const).filter(k => usage[k] != null).map((k): [string, ReactNode, string] => [t(`trace.map.${k}`), exact(usage[k]!), usage.rule ?? ""]),
    ...(span.cost.source === "none" && !span.cost.reason ? [] : [[t("trace.map.cost"), span.cost.total === null ? t("common.noPrice") : money(span.cost.total), span.cost.source === "priced" ? (span.cost.price ?? "") : span.cost.source === "reported" ? t("trace.map.asReported") : (span.cost.reason ?? "")] as [string, ReactNode, string]]),
  ];
  return (
    <div className="tab-p pt-1">
      <Heading title={t("trace.map.title")}>{span.dialects.map(d => <span key={d} className="tag"><SafeInline text={d} /></span>)}</Heading>
      <div role="table" aria-label={t("trace.map.title")}>
        <div role="row" className="tr th map-r"><span role="columnheader">{t("trace.map.what")}</span><span role="columnheader">{t("trace.map.value")}</span><span role="columnheader">{t("trace.map.rule")}</span></div>
        {rows.map(([what, value, rule], i) => <div key={i} role="row" className="tr map-r"><span role="cell">{what}</span><span role="cell" className="ell">{value}</span><span role="cell" className="mono d3 ell text-[11px]" title={rule}><SafeInline text={rule || "–"} /></span></div>)}
      </div>
      {Object.keys(usage.raw).length > 0 && <><Heading title={t("trace.map.usageAsSent")} /><JsonValue value={usage.raw} /></>}
      {span.warnings.length > 0 && <><Heading title={t("trace.warnings")} note={t("trace.warnings.note")} /><ul className="warns">{span.warnings.map((w, i) => <li key={i} className="untrusted" dir="auto"><Safe text={w} /></li>)}</ul></>}
      <Attributes traceId={span.trace_id} spanId={span.span_id} />
      <Heading title={t("trace.map.cameBy")} />
      <dl className="kv">
        <Fact name={t("trace.map.transport")}><SafeInline text={span.transport} /></Fact>
        {span.sdk && <Fact name={t("trace.map.sdk")}><SafeInline text={span.sdk} /></Fact>}
        {span.scope && <Fact name={t("trace.map.scope")}><SafeInline text={span.scope} /></Fact>}
        <Fact name={t("trace.map.received")}>{full(new Date(span.received), zone)}</Fact>
        <Fact name={t("trace.map.size")}>{bytes(span.size_bytes)}</Fact>
      </dl>
    </div>
  );
}

const UNUSED = new Set(["shadowed", "ignored", "hidden"]);
type Shown = "all" | "field" | "unused";

/** Each attribute with what became of it, then the fields that stayed empty. */
function Attributes({ traceId, spanId }: { traceId: string; spanId: string }) {
  const [shown, setShown] = useState<Shown>("all");
  const { data, error, isPending, refetch } = useMapping(traceId, spanId);
  if (error) return <ErrorNotice error={error} retry={() => void refetch()} />;
  if (isPending) return <DetailSkeleton />;
  const list = data.attributes.filter(a => shown === "all" || (shown === "field" ? a.outcome === "field" : UNUSED.has(a.outcome)));
  return (
    <>
      <Heading title={t("trace.map.attributes")} note={data.rules ? t("trace.map.attributes.count", { count: data.attributes.length }) : undefined}>
        {data.rules && <Segmented small label={t("trace.map.show")} value={shown} onChange={v => setShown(v as Shown)} options={[{ value: "all", label: t("trace.map.show.all") }, { value: "field", label: t("trace.map.show.field") }, { value: "unused", label: t("trace.map.show.unused") }]} />}
      </Heading>
      {!data.rules && <p className="d3 t12 pb-2">{t("trace.map.named")}</p>}
      {data.rules && (
        <div role="table" aria-label={t("trace.map.attributes")}>
          <div role="row" className="tr th map-a"><span role="columnheader">{t("trace.map.attribute")}</span><span role="columnheader">{t("trace.map.became")}</span><span role="columnheader">{t("trace.map.by")}</span></div>
          {list.length > MANY ? <ManyAttributes list={list} /> : list.map((a, i) => <AttributeRow key={i} attribute={a} />)}
          {list.length === 0 && <p className="d3 t12 py-2">{t("trace.map.none")}</p>}
        </div>
      )}
      {data.empty.length > 0 && (
        <>
          <Heading title={t("trace.map.empty")} />
          <div role="table" aria-label={t("trace.map.empty")}>
            <div role="row" className="tr th map-e"><span role="columnheader">{t("trace.map.field")}</span><span role="columnheader">{t("trace.map.why")}</span></div>
            {data.empty.map(e => (
              <div key={e.field} role="row" className="tr map-e">
                <span role="cell" className="mono text-[11px]">{e.field}</span>
                <span role="cell" className="d2"><SafeInline text={e.why} />{e.keys.length > 0 && <div className="d3">{t("trace.map.fill")} {e.keys.map((k, i) => <span key={k}>{i > 0 && ", "}<bdi className="mono text-[11px] break-all">{k}</bdi></span>)}</div>}</span>
              </div>
            ))}
          </div>
        </>
      )}
    </>
  );
}

/** More lines than these scroll in a box of their own, of which only what is seen is drawn. */
const MANY = 200;

function ManyAttributes({ list }: { list: Mapping["attributes"] }) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: list.length, getScrollElement: () => scroll.current, estimateSize: () => ATTRIBUTE_ROW, overscan: 12 });
  return (
    <div ref={scroll} role="rowgroup" className="scroll max-h-[60vh]" tabIndex={0}>
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(item => <AttributeRow key={item.key} attribute={list[item.index]!} at={item.start} />)}
      </div>
    </div>
  );
}

const ATTRIBUTE_ROW = 28;

function AttributeRow({ attribute: a, at }: { attribute: Mapping["attributes"][number]; at?: number }) {
  const placed = at === undefined ? undefined : { position: "absolute" as const, insetInline: 0, top: at, height: ATTRIBUTE_ROW };
  return (
    <div role="row" className={`tr map-a ${a.outcome === "field" ? "" : "d3"}`} style={placed}>
      <span role="cell" className="mono ell text-[11px]" title={oneLine(a.key)}><SafeInline text={a.key} /></span>
      <span role="cell" className={`ell ${a.outcome === "field" ? "mono text-[11px]" : ""}`} title={outcome(a)}><SafeInline text={outcome(a)} /></span>
      <span role="cell" className="ell d3"><SafeInline text={[a.dialect, a.event && t("trace.map.onEvent", { event: a.event })].filter(Boolean).join(", ") || "–"} /></span>
    </div>
  );
}

function outcome(a: Mapping["attributes"][number]): string {
  switch (a.outcome) {
    case "field": return a.field ?? "";
    case "shadowed": return a.by ? t("trace.map.outcome.shadowed", { by: a.by }) : t("trace.map.outcome.shadowedPlain");
    default: return t(`trace.map.outcome.${a.outcome}`);
  }
}

// Raw -------------------------------------------------------------------------------------------------------------------

export function RawTab({ traceId, spanId }: { traceId: string; spanId: string }) {
  const { data, error, isPending, refetch } = useRawSpan(traceId, spanId);
  const node = useMemo(() => (data === undefined ? undefined : readJson(data)), [data]);
  const pretty = useMemo(() => (node ? writeJson(node) : (data ?? "")), [node, data]);
  if (error) return <div className="tab-p"><ErrorNotice error={error} retry={() => void refetch()} /></div>;
  if (isPending || data === undefined) return <DetailSkeleton />;
  return (
    <div className="tab-p pt-1">
      <div className="row t12 tab-h is-first">
        <h3 className="b">{t("trace.raw.title")}</h3><span className="d3">{bytes(new Blob([data]).size)}</span><span className="sp" />
        <button type="button" className="btn sm" onClick={() => save(`span-${spanId.replace(/[^\w.-]/g, "_").slice(0, 80)}.json`, pretty)}>{t("trace.raw.save")}</button>
        <CopyButton text={pretty} />
      </div>
      {node ? <Json node={node} /> : <div className="pre"><LongText text={data} mono /></div>}
    </div>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The content of a tab while it is on its way: still lines of likely widths. */
export function DetailSkeleton() {
  return <div className="tab-p" role="status" aria-label={t("trace.loading")}>{[60, 92, 84, 40, 88, 72].map((w, i) => <div key={i} className="py-[6px]"><span className="sk" style={{ width: `${w}%` }} /></div>)}</div>;
}
