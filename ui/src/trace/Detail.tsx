import { DropdownMenu } from "radix-ui";
import { useRef, type ReactNode } from "react";
import type { Span, SpanHead, Trace } from "../api/types";
import { copyText, Cost, Duration, ErrorBoundary, ErrorNotice, Icon, KindIcon, toast } from "../components";
import { count, duration, exact, GAP } from "../format/numbers";
import { t, type MessageKey } from "../i18n";
import { InputOutput, type MessageContext } from "./Messages";
import type { SpanNode, TraceModel } from "./model";
import { Safe, SafeInline } from "./Safe";
import { skewText } from "./SpanTree";
import { CostTab, DetailSkeleton, DocumentsTab, ErrorsTab, EvaluationsTab, MappingTab, MetadataTab, PromptTab, RawTab, ToolsTab } from "./tabs";
import { offset } from "./words";

export const TABS = ["io", "errors", "cost", "prompt", "documents", "tools", "evaluations", "metadata", "mapping", "raw"] as const;
export type Tab = (typeof TABS)[number];

export function isTab(text: string | undefined): text is Tab {
  return TABS.includes(text as Tab);
}

export interface DetailProps {
  trace: Trace;
  model: TraceModel;
  node: SpanNode;
  span: Span | undefined;
  error: unknown;
  retry: () => void;
  context: MessageContext | null;
  tab: Tab;
  onTab: (tab: Tab) => void;
  showAll: boolean;
  onShowAll: (all: boolean) => void;
  message: number | null;
  onMessage: (index: number | null) => void;
  onGoTo: (spanId: string) => void;
  zone: string;
  bare: boolean;
}

/** Everything about the selected span. */
export function Detail(props: DetailProps) {
  const { trace, model, node, span, error, retry, context, tab, onTab, zone, bare, onGoTo } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const head = node.head;
  if (!head) return <MissingParent node={node} onGoTo={onGoTo} />;
  const ready = span && span.span_key === head.span_key ? span : undefined;
  return (
    <aside className="detail" aria-label={t("trace.detail")}>
      <div className="detail-h">
        <div className="row">
          <KindIcon kind={head.kind} />
          <h2 className="t16 text-[14px] ell"><SafeInline text={head.name} /></h2>
          {node.firstCause && <span className="cap">{t("trace.firstCause")}</span>}
          {head.pending && <span className="live t12 okc">{t("trace.running")}</span>}
          <span className="d3 t12 nw">{place(node, model)}</span>
          <span className="sp" />
          {ready && <CopyAs span={ready} bare={bare} />}
        </div>
      </div>
      <Line head={head} span={ready} bare={bare} onTab={onTab} />
      {node.skew !== 0 && <div className="note w mx-4 mb-2"><Icon name="warn" size={14} className="text-warn" /><div>{skewText(node.skew)} {t("trace.skew.why")}</div></div>}
      {ready && <Unsent span={ready} />}
      <TabBar {...props} ready={ready} />
      <div ref={scroll} className="detail-b" role="tabpanel" id="trace-tabpanel" aria-labelledby={`trace-tab-${tab}`} tabIndex={0} key={head.span_key + tab}>
        <ErrorBoundary resetKey={head.span_key + tab}>
          {tab === "errors" ? <ErrorsTab trace={trace} model={model} span={ready} onGoTo={onGoTo} />
            : tab === "raw" ? <RawTab traceId={trace.trace.trace_id} spanId={head.span_id} />
            : error && !ready ? <div className="tab-p"><ErrorNotice error={error} retry={retry} /></div>
            : !ready || !context ? <DetailSkeleton />
            : <Content {...props} span={ready} context={context} zone={zone} />}
        </ErrorBoundary>
      </div>
    </aside>
  );
}

function Content({ tab, span, context, model, onGoTo, zone, showAll, onShowAll, message, onMessage }: DetailProps & { span: Span; context: MessageContext }): ReactNode {
  switch (tab) {
    case "cost": return <CostTab span={span} model={model} onGoTo={onGoTo} />;
    case "prompt": return <PromptTab span={span} />;
    case "documents": return span.documents.length ? <DocumentsTab context={context} /> : <div className="tab-p d3">{t("trace.documents.none")}</div>;
    case "tools": return span.tool_definitions.length ? <ToolsTab span={span} /> : <div className="tab-p d3">{t("trace.tools.none")}</div>;
    case "evaluations": return <EvaluationsTab span={span} zone={zone} />;
    case "metadata": return <MetadataTab span={span} model={model} zone={zone} onGoTo={onGoTo} />;
    case "mapping": return <MappingTab span={span} zone={zone} />;
    default: return <InputOutput context={context} showAll={showAll} onShowAll={onShowAll} message={message} onMessage={onMessage} />;
  }
}

/** What the sender itself says that it left out, or what was cut: what is read below is not all. */
function Unsent({ span }: { span: Span }) {
  const lost = span.warnings.filter(w => /^(text_cut:|[^:]+: the SDK reports )/.test(w));
  return lost.length > 0 && <div className="note w mx-4 mb-2"><Icon name="warn" size={14} className="text-warn" /><div>{lost.map((w, i) => <div key={i} className="untrusted" dir="auto"><Safe text={w} /></div>)}</div></div>;
}

/** Where a span stands: "call 3 of 8, +16.26 s". */
function place(node: SpanNode, model: TraceModel): string {
  const at = offset(node.start);
  if (node.head!.kind !== "llm") return at;
  let number = 0, all = 0;
  for (const other of model.byKey.values()) {
    if (other.head!.kind !== "llm") continue;
    all++;
    if (other.start < node.start || (other.start === node.start && other.key <= node.key)) number++;
  }
  return all > 1 ? `${t("trace.callOf", { number, all })}, ${at}` : at;
}

function Line({ head, span, bare, onTab }: { head: SpanHead; span: Span | undefined; bare: boolean; onTab: (tab: Tab) => void }) {
  const label = (key: MessageKey) => !bare && <span className="d3">{t(key)} </span>;
  const temperature = span?.parameters.temperature;
  return (
    <div className="row g16 t12 d2 detail-l">
      {head.model && <span className="ell" title={head.model}>{label("trace.fact.model")}<SafeInline text={head.model} /></span>}
      <span className="u">{label("trace.fig.duration")}{head.pending ? t("trace.running") : duration(head.duration_ns)}</span>
      {head.ttft_ns && <span>{<span className="d3">{t("trace.fig.firstToken")} </span>}{duration(head.ttft_ns)}</span>}
      {head.tokens !== null && <span title={exact(head.tokens)}>{<span className="d3">{t("trace.fig.tokens")} </span>}{count(head.tokens)}</span>}
      {(head.cost !== null || head.cost_reason) && <span><span className="d3">{t("trace.fig.cost")} </span><button type="button" className={head.cost === null ? "lk wrn" : "lk-plain"} title={head.cost_reason ?? undefined} onClick={() => onTab("cost")}><Cost usd={head.cost} unpriced={head.cost === null ? 1 : 0} calls={1} /></button></span>}
      {head.attempt > 1 && <span className="d3">{t("trace.try", { attempt: head.attempt })}</span>}
      {head.prompt_name && <span className="ell"><span className="d3">{t("trace.tab.prompt")} </span><button type="button" className="lk" onClick={() => onTab("prompt")}><SafeInline text={head.prompt_name} />{head.prompt_version && <> <SafeInline text={head.prompt_version} /></>}</button></span>}
      {typeof temperature === "number" && !bare && !head.prompt_name && <span><span className="d3">{t("trace.fig.temperature")} </span>{String(temperature)}</span>}
    </div>
  );
}

function TabBar({ tab, onTab, model, node, ready }: DetailProps & { ready: Span | undefined }) {
  const refs = useRef(new Map<Tab, HTMLButtonElement>());
  const head = node.head!;
  const has: Record<Tab, boolean> = {
    io: true,
    errors: model.failed.length > 0,
    cost: head.tokens !== null || head.cost !== null || head.cost_reason !== null,
    prompt: head.prompt_name !== null || (ready?.prompt ?? null) !== null,
    documents: head.documents > 0 || (ready?.documents.length ?? 0) > 0,
    tools: (ready?.tool_definitions.length ?? 0) > 0,
    evaluations: (ready?.evaluations.length ?? 0) > 0,
    metadata: true, mapping: true, raw: true,
  };
  const counts: Partial<Record<Tab, number>> = { errors: model.failed.length, documents: head.documents || ready?.documents.length, tools: ready?.tool_definitions.length, evaluations: ready?.evaluations.length };
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -99, End: 99 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = Math.abs(step) === 99 ? (step < 0 ? 0 : TABS.length - 1) : (TABS.indexOf(tab) + step + TABS.length) % TABS.length;
    onTab(TABS[at]!);
    refs.current.get(TABS[at]!)?.focus();
  };
  return (
    <div className="tabs tr-tabs" role="tablist" aria-label={t("trace.detail")} onKeyDown={move}>
      {TABS.map((name, i) => (
        <button
          key={name} ref={e => { if (e) refs.current.set(name, e); else refs.current.delete(name); }} type="button" role="tab" id={`trace-tab-${name}`} aria-controls="trace-tabpanel"
          aria-selected={tab === name} tabIndex={tab === name ? 0 : -1} className={has[name] ? "" : "is-empty"} aria-disabled={!has[name] && tab !== name ? true : undefined} title={has[name] ? t("trace.tab.key", { key: i + 1 }) : t("trace.tab.empty")} onClick={() => { if (has[name]) onTab(name); }}
        >
          {t(`trace.tab.${name}`)}
          {counts[name] ? <span className={`n ${name === "errors" ? "err" : ""}`}>{count(counts[name])}</span> : null}
        </button>
      ))}
    </div>
  );
}

function CopyAs({ span, bare }: { span: Span; bare: boolean }) {
  const text = (side: Span["input"]) => (side.messages.length ? side.messages.map(m => `${m.role}:\n${m.parts.map(p => p.text?.text ?? "").join("\n")}`).join("\n\n") : (side.value?.text ?? ""));
  const cut = JSON.stringify([span.input, span.output]).includes('"cut":true');
  const copy = async (value: string) => {
    if (await copyText(value)) toast(cut ? t("trace.copied.cut") : t("common.copied"));
  };
  const items: [MessageKey, () => string, boolean][] = [
    ["trace.copy.input", () => text(span.input), span.input.format === "none"],
    ["trace.copy.output", () => text(span.output), span.output.format === "none"],
    ["trace.copy.span", () => JSON.stringify(span, null, 2), false],
    ["trace.copy.spanId", () => span.span_id, false],
    ["trace.copy.link", () => new URL(`/trace/${encodeURIComponent(span.trace_id)}?span=${encodeURIComponent(span.span_id)}`, location.href).href, false],
  ];
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild><button type="button" className="btn sm"><Icon name="copy" size={12} />{t(bare ? "common.copy" : "trace.copyAs")}<Icon name="down" size={12} className="end" /></button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="tmenu" align="end" sideOffset={4}>
          {items.map(([key, value, disabled]) => <DropdownMenu.Item key={key} disabled={disabled} onSelect={() => void copy(value())}>{t(key)}</DropdownMenu.Item>)}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** A parent that others name and that never came. */
function MissingParent({ node, onGoTo }: { node: SpanNode; onGoTo: (spanId: string) => void }) {
  return (
    <aside className="detail" aria-label={t("trace.detail")}>
      <div className="detail-h row"><span className="k-missing" /><h2 className="t16 text-[14px]">{t("trace.parentMissing")}</h2></div>
      <div className="tab-p t13">
        <p>{t("trace.parentMissing.why", { count: node.children.length })}</p>
        <p className="mt-2 d3 t12">{t("trace.fact.spanId")} <bdi className="mono"><Safe text={node.id} /></bdi></p>
        <ul className="mt-3">{node.children.slice(0, 20).map(c => <li key={c.key} className="row t12 h-6">{c.head && <KindIcon kind={c.head.kind} />}<button type="button" className="lk" onClick={() => onGoTo(c.id)}><SafeInline text={c.head?.name ?? c.id} /></button><span className="d3">{offset(c.start)}{GAP}<Duration ns={c.head?.duration_ns ?? 0} /></span></li>)}</ul>
      </div>
    </aside>
  );
}
