import { memo, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Body, Message, Part, Span, TextPart } from "../api/types";
import { CopyButton, Icon, KindIcon, Segmented } from "../components";
import { bytes, count } from "../format/numbers";
import { rich, t, type MessageKey } from "../i18n";
import { known } from "./datadog";
import { Json, JsonValue } from "./Json";
import { readJson, type JsonNode } from "./json";
import { BlockedImage, InertLink, LONGEST_MARKDOWN, Markdown } from "./Markdown";
import type { TraceModel } from "./model";
import { LongText, Safe, SafeInline } from "./Safe";
import { firstProblem } from "./schema";
import { looksLikeMarkdown, oneLine, shortId, shortType } from "./text";
import { offset } from "./words";

/** What messages need of the view around them. */
export interface MessageContext {
  span: Span;
  model: TraceModel | undefined;
  onGoTo: (spanId: string) => void;
  /** Asks the server for the texts that it cut. */
  onWhole: () => void;
  /** The texts are whole because they were asked for. */
  whole: boolean;
  loadingWhole: boolean;
}

const FIRST_MESSAGES = 60;

/** Input and output of a span. */
export function InputOutput({ context, showAll, onShowAll, message, onMessage }: { context: MessageContext; showAll: boolean; onShowAll: (all: boolean) => void; message: number | null; onMessage: (index: number | null) => void }) {
  const { span } = context;
  const [as, setAs] = useState<"text" | "json">("text");
  const { messages } = span.input;
  const { intent } = known(span);
  const seen = messages.filter(m => m.seen_before).length;
  const canFold = seen > 0 && seen < messages.length;
  const usage = span.usage;
  const inputFacts = [
    usage.input !== null && t("trace.tokens", { count: Number(usage.input), text: count(usage.input) }),
    usage.cache_read !== null && Number(usage.cache_read) > 0 && t("trace.fromCache", { tokens: count(usage.cache_read) }),
  ].filter(Boolean).join(", ");
  const seconds = Number(span.duration_ns) / 1e9;
  const outputFacts = [
    usage.output !== null && (span.output.format !== "none" || usage.output !== "0") && t("trace.tokens", { count: Number(usage.output), text: count(usage.output) }),
    usage.reasoning !== null && Number(usage.reasoning) > 0 && t("trace.ofReasoning", { tokens: count(usage.reasoning) }),
    usage.output !== null && Number(usage.output) > 0 && seconds > 0.001 && t("trace.perSecond", { rate: rateOf(Number(usage.output) / seconds) }),
    ...[...new Set(span.finish_reasons)].map(finish),
  ].filter(Boolean).join(", ");
  return (
    <div className="io">
      {span.error && <OwnError context={context} />}
      {intent !== null && (
        <section aria-label={t("trace.intent")} className="pb-3">
          <div className="row t12 io-h"><h3 className="b">{t("trace.intent")}</h3><span className="d3 ell">{t("trace.intent.note")}</span></div>
          <LongText text={intent} />
        </section>
      )}
      <div className={`row t12 io-h ${intent === null ? "" : "edge-t"}`}>
        <h3 className="b">{t("trace.input")}</h3><span className="d3 ell">{inputFacts || (span.input.format === "none" ? t("trace.none") : "")}</span><span className="sp" />
        {canFold && <Segmented small label={t("trace.whichMessages")} value={showAll ? "all" : "new"} onChange={v => onShowAll(v === "all")} options={[{ value: "new", label: t("trace.newInTurn") }, { value: "all", label: t("trace.allMessages", { count: messages.length }) }]} />}
        {(span.input.format !== "none" || span.output.format !== "none") && <Segmented small label={t("trace.showAs")} value={as} onChange={setAs} options={[{ value: "text", label: t("trace.asText") }, { value: "json", label: t("trace.asJson") }]} />}
      </div>
      <BodyView body={span.input} as={as} context={context} fold={canFold && !showAll} message={message} onMessage={onMessage} empty={t("trace.input.none")} />
      <div className="row t12 io-h edge-t">
        <h3 className="b">{t("trace.output")}</h3><span className="d3 ell">{outputFacts || (span.output.format === "none" ? t("trace.none") : "")}</span>
      </div>
      <BodyView body={span.output} as={as} context={context} fold={false} message={null} onMessage={null} empty={span.pending ? t("trace.output.pending") : span.error ? t("trace.output.failed") : t("trace.output.none")} />
    </div>
  );
}

function rateOf(perSecond: number): string {
  return perSecond >= 99.5 ? count(Math.round(perSecond)) : String(Number(perSecond.toPrecision(3)));
}

const FINISH: Record<string, MessageKey> = {
  stop: "trace.finish.stop", end_turn: "trace.finish.stop", stop_sequence: "trace.finish.stop", completed: "trace.finish.stop", complete: "trace.finish.stop",
  length: "trace.finish.length", max_tokens: "trace.finish.length", incomplete: "trace.finish.length",
  tool_calls: "trace.finish.tool", tool_use: "trace.finish.tool", tool_call: "trace.finish.tool", function_call: "trace.finish.tool",
  content_filter: "trace.finish.filter", safety: "trace.finish.filter", refusal: "trace.finish.refusal", error: "trace.finish.error",
};
function finish(reason: string): string {
  const key = FINISH[reason.toLowerCase()];
  return key ? t(key) : t("trace.finish.other", { reason });
}

/** What this span failed with, and where the failure began if that was earlier. */
function OwnError({ context: { span, model, onGoTo } }: { context: MessageContext }) {
  const error = span.error!;
  const cause = model?.firstCause;
  return (
    <div className="note e mt-3" role="alert">
      <Icon name="x" size={14} className="mt-[1px]" />
      <div className="grow">
        <div dir="auto" className="untrusted break-words"><b className="b" title={error.type ? oneLine(error.type) : undefined}><Safe text={error.type ? shortType(error.type) : t("trace.failed")} /></b>{error.message && <> <Safe text={error.message.length > 600 ? error.message.slice(0, 600) + "…" : error.message} /></>}</div>
        {cause && cause.key !== span.span_key && cause.head && (
          <div className="d2">{rich("trace.causeEarlier", { name: <SafeInline key="n" text={cause.head.name} />, at: offset(cause.start), a: c => <button key="a" type="button" className="lk" onClick={() => onGoTo(cause.id)}>{c}</button> })}</div>
        )}
      </div>
    </div>
  );
}

function BodyView({ body, as, context, fold, message, onMessage, empty }: { body: Body; as: "text" | "json"; context: MessageContext; fold: boolean; message: number | null; onMessage: ((index: number | null) => void) | null; empty: string }) {
  if (body.format === "none" || (body.format === "messages" && body.messages.length === 0)) return <div className="d3 pb-3 pt-1">{empty}</div>;
  if (body.format === "messages") {
    if (as === "json") return <div className="pb-3"><Copy text={() => JSON.stringify(body.messages.map(plain), null, 2)} /><JsonValue value={body.messages.map(plain)} /></div>;
    return <Thread messages={body.messages} context={context} fold={fold} message={message} onMessage={onMessage} />;
  }
  if (!body.value) return <div className="d3 pb-3 pt-1">{body.format === "documents" ? t("trace.seeDocuments") : empty}</div>;
  return <div className="pb-3"><Value value={body.value} as={as} context={context} /></div>;
}

/** A message as people write it in JSON: without hashes and flags. */
function plain(m: Message): unknown {
  return {
    role: m.role, ...(m.name !== null && { name: m.name }),
    parts: m.parts.map(p => ({
      type: p.type, ...(p.id != null && { id: p.id }), ...(p.name != null && { name: p.name }), ...(p.error && { error: true }), ...(p.modality && { modality: p.modality }), ...(p.mime_type && { mime_type: p.mime_type }), ...(p.uri && { uri: p.uri }),
      ...(p.text && { content: p.text.cut ? `${p.text.text}… ${t("trace.cutOf", { length: p.text.length })}` : p.text.text }),
    })),
    ...(m.finish_reason !== null && { finish_reason: m.finish_reason }),
  };
}

/** Text or JSON that is not messages. */
function Value({ value, as, context }: { value: TextPart; as: "text" | "json"; context: MessageContext }) {
  const json = useMemo(() => (value.cut ? undefined : readJson(value.text)), [value]);
  const structured = json && (json.type === "object" || json.type === "array") ? json : undefined;
  return (
    <div className="has-copy">
      <Copy text={() => value.text} />
      {structured ? <Json node={structured} /> : as === "json" ? <div className="pre"><LongText text={JSON.stringify(value.text)} mono all={context.whole} /></div> : <Prose text={value.text} all={context.whole} />}
      <Rest text={value} context={context} />
    </div>
  );
}

/** Text to read: Markdown where it has any, plain where it is too long to parse. */
function Prose({ text, all }: { text: string; all: boolean }) {
  return text.length <= LONGEST_MARKDOWN && looksLikeMarkdown(text) ? <Markdown text={text} /> : <LongText text={text} all={all} />;
}

/** Fetches what the server cut off. */
function Rest({ text, context }: { text: TextPart; context: MessageContext }) {
  if (!text.cut) return null;
  return <button type="button" className="btn sm mt-2" disabled={context.loadingWhole} onClick={context.onWhole}>{context.loadingWhole ? t("trace.loadingMore") : t("trace.showMore", { size: bytes(text.length - text.text.length) })}</button>;
}

function Copy({ text }: { text: () => string }) {
  // The text is made when the button is used: of a long conversation it is megabytes.
  const [value, setValue] = useState("");
  return <span className="copy-at" onPointerEnter={() => setValue(text())} onFocus={() => setValue(text())}><CopyButton text={value} label={t("common.copy")} /></span>;
}

type Stretch = { readonly folded: boolean; readonly from: number; readonly messages: readonly Message[] };

/** Messages in order, with stretches that the previous call already had folded into one line each. */
function Thread({ messages, context, fold, message, onMessage }: { messages: readonly Message[]; context: MessageContext; fold: boolean; message: number | null; onMessage: ((index: number | null) => void) | null }) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(() => new Set());
  const [limit, setLimit] = useState(FIRST_MESSAGES);
  const stretches = useMemo(() => {
    const out: Stretch[] = [];
    messages.forEach((m, i) => {
      const folded = fold && m.seen_before && i !== message;
      const last = out.at(-1);
      if (last && last.folded === folded) (last.messages as Message[]).push(m);
      else out.push({ folded, from: i, messages: [m] });
    });
    return out;
  }, [messages, fold, message]);
  // Of a long thread the newest messages matter: the ones before are a click away.
  const total = stretches.reduce((n, s) => n + (s.folded && !opened.has(s.from) ? 1 : s.messages.length), 0);
  let skip = Math.max(0, total - limit);
  const hidden = skip;
  return (
    <>
      {hidden > 0 && <button type="button" className="folded" onClick={() => setLimit(limit + FIRST_MESSAGES * 4)}><Icon name="right" size={12} />{t("trace.earlierHidden", { count: hidden })}</button>}
      {stretches.map(s => {
        const shut = s.folded && !opened.has(s.from);
        if (shut) return skip > 0 ? (skip--, null) : <Folded key={s.from} stretch={s} context={context} onOpen={() => setOpened(new Set([...opened, s.from]))} />;
        const dropped = Math.min(skip, s.messages.length);
        skip -= dropped;
        return s.messages.slice(dropped).map((m, i) => <Turn key={s.from + dropped + i} index={s.from + dropped + i} message={m} context={context} target={message === s.from + dropped + i} onMessage={onMessage} />);
      })}
    </>
  );
}

function Folded({ stretch, context, onOpen }: { stretch: Stretch; context: MessageContext; onOpen: () => void }) {
  const previous = context.span.previous_call;
  const node = previous ? context.model?.find(previous.span_id) : undefined;
  const length = stretch.messages.reduce((n, m) => n + m.parts.reduce((a, p) => a + (p.text?.length ?? 0), 0), 0);
  return (
    <div className="folded">
      <button type="button" className="row t12 d2" aria-expanded="false" onClick={onOpen}><Icon name="right" size={12} /><span>{t(previous ? "trace.earlier.since" : "trace.earlier", { count: stretch.messages.length })}</span></button>
      {previous && <button type="button" className="lk" onClick={() => context.onGoTo(previous.span_id)}><SafeInline text={previous.name} /></button>}
      {node && <span>{t("trace.at", { offset: offset(node.start) })}</span>}
      <span className="sp" /><span className="d3">{t("trace.characters", { count: length, text: count(length) })}</span>
    </div>
  );
}

const ROLES: Record<string, MessageKey> = { system: "trace.role.system", developer: "trace.role.developer", user: "trace.role.user", assistant: "trace.role.assistant", model: "trace.role.assistant", ai: "trace.role.assistant", human: "trace.role.user", tool: "trace.role.tool", function: "trace.role.tool" };

/** One message. Reasoning stands as a turn of its own, since it is not part of the answer. */
const Turn = memo(function Turn({ index, message, context, target, onMessage }: { index: number; message: Message; context: MessageContext; target: boolean; onMessage: ((index: number | null) => void) | null }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (target) ref.current?.scrollIntoView({ block: "center" });
  }, [target]);
  const role = ROLES[message.role.toLowerCase()];
  const who: ReactNode = role ? t(role) : <SafeInline text={message.role} />;
  const groups: { reasoning: boolean; parts: Part[] }[] = [];
  for (const part of message.parts) {
    const reasoning = part.type === "reasoning";
    const last = groups.at(-1);
    if (last && last.reasoning === reasoning) last.parts.push(part);
    else groups.push({ reasoning, parts: [part] });
  }
  const name = message.name ?? (message.parts.length > 0 && message.parts.every(p => p.type === "tool_result") ? [...new Set(message.parts.map(p => p.name ?? callName(context.span, p.id)))].filter(Boolean).join(", ") : "");
  return (
    <>
      {(groups.length ? groups : [{ reasoning: false, parts: [] }]).map((group, g) => (
        <section key={g} ref={g === 0 ? ref : undefined} className={`turn ${target ? "is-target" : ""}`} id={g === 0 && onMessage ? `message-${index}` : undefined}>
          <div className="who">
            {onMessage && g === 0 ? <button type="button" className="who-b" title={t("trace.linkMessage", { number: index + 1 })} onClick={() => onMessage(target ? null : index)}>{who}</button> : who}
            {group.reasoning ? <small>{t("trace.thinking")}</small> : name && <small className="ell" title={name}><SafeInline text={name} /></small>}
          </div>
          <div className={`tx has-copy ${group.reasoning ? "d2" : ""}`}>
            <Copy text={() => group.parts.map(p => p.text?.text ?? "").join("\n\n")} />
            {group.parts.length === 0 && <span className="d3">{t("trace.message.empty")}</span>}
            {group.parts.map((part, i) => <PartView key={i} part={part} context={context} result={message.parts.length === 1} />)}
          </div>
        </section>
      ))}
    </>
  );
});

/** The name of a tool by the call that its result answers. */
function callName(span: Span, id: string | null | undefined): string | null {
  if (!id) return null;
  for (const m of span.input.messages) for (const p of m.parts) if (p.type === "tool_call" && p.id === id) return p.name ?? null;
  return null;
}

function PartView({ part, context }: { part: Part; context: MessageContext; result: boolean }) {
  switch (part.type) {
    case "text": case "reasoning":
      return part.text && part.text.text ? <div className="part"><Prose text={part.text.text} all={context.whole} /><Rest text={part.text} context={context} /></div> : <span className="d3">{t("trace.message.empty")}</span>;
    case "tool_call": case "tool_result": return <Call part={part} context={context} />;
    case "media": return <Media part={part} />;
    case "other": return part.text ? <Call part={part} context={context} /> : null;
  }
}

/** A call of a tool or what came of it, with the way to the span that ran it. */
function Call({ part, context }: { part: Part; context: MessageContext }) {
  const text = part.text;
  const json = useMemo(() => (text && !text.cut ? readJson(text.text) : undefined), [text]);
  const isResult = part.type === "tool_result";
  const name = part.name ?? (isResult ? callName(context.span, part.id) : null);
  const failed = part.error === true;
  return (
    <div className={`call ${failed ? "e" : ""}`}>
      <header>
        {part.type !== "other" && <KindIcon kind="tool" />}
        {name ? <span className="m ell"><SafeInline text={name} /></span> : <span className="m">{t(isResult ? "trace.part.result" : part.type === "other" ? "trace.part.other" : "trace.part.call")}</span>}
        {part.id && <span className="mono d3 call-id" title={part.id}><SafeInline text={shortId(part.id)} /></span>}
        {failed && <span className="err">{t("trace.failed")}</span>}
        <span className="sp" />
        {part.type === "tool_call" && json && <Verdict json={json} name={name} context={context} />}
        {part.tool_span_id && part.tool_span_id !== context.span.span_id && <button type="button" className="lk t11 nw" onClick={() => context.onGoTo(part.tool_span_id!)}>{t("trace.goToSpan")}</button>}
      </header>
      {json && json.type !== "string" && json.type !== "literal" ? <Json node={json} /> : text && text.text ? <div className="pre"><LongText text={json?.type === "string" ? json.value : text.text} mono={!isResult} all={context.whole} /></div> : <div className="pre cm">{t("trace.message.empty")}</div>}
      {text?.cut && <div className="px-2 pb-2"><Rest text={text} context={context} /></div>}
    </div>
  );
}

/** Whether the arguments are what the tool asked for. Says nothing where that can't be told. */
function Verdict({ json, name, context }: { json: JsonNode; name: string | null; context: MessageContext }) {
  const definition = context.span.tool_definitions.find(d => d.name === name);
  const problem = useMemo(() => (definition?.schema ? firstProblem(json, definition.schema) : undefined), [json, definition]);
  if (problem === undefined) return null;
  if (problem === null) return <span className="okc t11 row g4 nw"><Icon name="check" size={12} />{t("trace.schema.ok")}</span>;
  return <span className="err t11 ell">{t(`trace.schema.${problem.problem}`, { path: problem.path || t("trace.schema.root"), expected: problem.expected })}</span>;
}

const INLINE_IMAGE = /^data:image\/(png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+$/;

function Media({ part }: { part: Part }) {
  const [shown, setShown] = useState(false);
  const uri = part.uri ?? "";
  const facts = [part.modality || t("trace.media"), part.mime_type, part.byte_size && part.byte_size !== "0" && Number(part.byte_size) > 0 ? bytes(part.byte_size) : null].filter(Boolean).join(", ");
  if (INLINE_IMAGE.test(uri)) {
    return (
      <div className="part">
        {shown ? <img src={uri} alt={t("trace.media.alt", { facts })} className="thumb" /> : <button type="button" className="btn sm" onClick={() => setShown(true)}><Icon name="eye" size={12} />{t("trace.media.show", { facts })}</button>}
      </div>
    );
  }
  return (
    <div className="part blk">
      <span className="m"><SafeInline text={facts} /></span>
      {uri === "" ? <span className="d3">{t("trace.media.notKept")}</span> : part.modality === "image" && /^https?:/i.test(uri) ? <BlockedImage src={uri} alt="" /> : <InertLink href={uri}>{uri.length > 80 ? uri.slice(0, 80) + "…" : uri}</InertLink>}
    </div>
  );
}

