import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Fragment, useEffect, useRef, useState, type ReactNode } from "react";
import { apiUrl, get } from "../api/client";
import { spanQuery, traceQuery, useStatus } from "../api/queries";
import { stream } from "../api/sse";
import type { IngestRequest, Listener, TraceRow } from "../api/types";
import { CopyButton, Cost, Count, Duration, ErrorNotice, Icon, KindIcon, OneLine, Segmented, TraceStrip, visible } from "../components";
import { bytes, count, duration } from "../format/numbers";
import { ago, browserZone, timestamp } from "../format/time";
import { rich, t } from "../i18n";
import { SDKS, steps, type Addresses, type Sdk } from "./sdks";

/** How long the first trace is shown before the list takes over. */
const STAY_S = 10;

/**
 * How to connect each SDK, and what has arrived meanwhile, port by port and request by request. Before the first span it stands in for the list, and goes over to it by
 * itself (`onDone`); later it is a page of its own.
 */
export function ConnectPage({ onDone }: { onDone?: () => void }) {
  const status = useStatus(1_000);
  const requests = useQuery({ queryKey: ["ingest"], queryFn: ({ signal }) => get("/ingest/requests", { query: { limit: 12 }, signal }), refetchInterval: 1_000 });
  const [sdk, setSdk] = useState<Sdk>("OpenTelemetry");
  const first = useFirstTrace();
  const addresses = addressesOf(status.data?.listeners ?? [], status.data?.key_required ?? false);
  const zone = browserZone();
  useEffect(() => { document.title = `${t("firstrun.title")} · ${t("app.name")}`; }, []);
  return (
    <div className="grid h-full grid-cols-[minmax(0,1fr)_minmax(420px,560px)] max-[1179px]:grid-cols-1 max-[1179px]:overflow-auto">
      <main id="content" tabIndex={-1} className="scroll px-[72px] pt-11 pb-8 focus-visible:outline-none max-[1179px]:overflow-visible">
        <h1 className="t28">{t("firstrun.title")}</h1>
        <p className="t14 d2 mt-1.5 mb-[22px] max-w-[620px]">{t("firstrun.intro")}</p>
        <div className="mb-3"><Segmented label={t("firstrun.sdk")} value={sdk} onChange={setSdk} options={SDKS.map(value => ({ value, label: value }))} wrap /></div>
        <div className="col max-w-[700px] gap-3">
          {steps(sdk, addresses).map((step, i, all) => <CodeBlock key={step.title + i} title={all.length > 1 ? t("firstrun.step", { n: i + 1, title: t(`firstrun.step.${step.title}`) }) : t(`firstrun.step.${step.title}`)} note={step.note} code={step.code} />)}
        </div>
        <div className="t12 mt-[26px] grid max-w-[700px] grid-cols-2 gap-7">
          <div><h2 className="m">{t("firstrun.demo")}</h2><p className="d2 mt-0.5 mb-2">{t("firstrun.demo.text")}</p><Command text="./tracewell demo" /></div>
          <div><h2 className="m">{t("firstrun.network")}</h2><p className="d2 mt-0.5 mb-2">{t("firstrun.network.text")}</p><Command text="./tracewell up --listen 0.0.0.0:8080 --api-key …" /></div>
        </div>
        <section className="t12 mt-[30px] max-w-[700px] border-t border-line pt-3.5">
          <h2 className="m mb-1.5">{t("firstrun.nothing")}</h2>
          <ol className="d2 grid grid-cols-[16px_1fr] gap-y-[5px]">
            {[rich("firstrun.nothing.1", { command: <code key="c">curl -s {addresses.otlpHttp}/healthz</code> }), t("firstrun.nothing.2"), rich("firstrun.nothing.3", { call: <code key="c">force_flush()</code> })].map((text, i) => <li key={i} className="contents"><span className="d3">{i + 1}</span><span>{text}</span></li>)}
          </ol>
        </section>
      </main>
      <aside className="pane scroll edge-l px-8 pt-11 pb-8 max-[1179px]:overflow-visible" aria-label={t("firstrun.listening")}>
        <div className="row"><h2 className="t16">{t("firstrun.listening")}</h2><span className="sp" />{status.data && <span className="d3 t12">{t("firstrun.since", { time: timestamp(new Date(status.data.started), zone).replace(/\.\d+$/, "") })}</span>}</div>
        {status.error && !status.data && <ErrorNotice error={status.error} retry={() => void status.refetch()} className="mt-3" />}
        <ul className="mt-2.5 border-t border-line">{status.data?.listeners.map(listener => <Port key={`${listener.host}:${listener.port}`} listener={listener} now={new Date(status.data.now)} />)}</ul>
        {status.data?.notices.map(notice => <p key={notice} className="t12 d2 mt-2">{notice}</p>)}
        {first.trace && <FirstTrace trace={first.trace} arrivedMs={first.arrivedMs} onDone={onDone} />}
        {first.trace && <HowRead trace={first.trace} />}
        <section className="t12 mt-[22px]">
          <h2 className="m row h-7">{t("firstrun.requests")}</h2>
          {requests.data?.requests.length === 0 && <p className="d3 border-t border-line pt-1.5">{t("firstrun.requests.none")}</p>}
          <ul>{requests.data?.requests.map((request, i) => <Request key={request.time + i} request={request} zone={zone} />)}</ul>
        </section>
      </aside>
    </div>
  );
}

/** Where programs send to: the port made for it, else the address of this page, which serves every route as well. */
function addressesOf(listeners: readonly Listener[], key: boolean): Addresses {
  const host = location.hostname || "127.0.0.1", of = (purpose: Listener["purpose"]) => listeners.find(l => l.purpose === purpose);
  const http = of("otlp-http"), grpc = of("otlp-grpc"), at = (port: number) => `http://${host}:${port}`;
  return { origin: location.origin, otlpHttp: http ? at(http.port) : location.origin, otlpGrpc: grpc ? at(grpc.port) : null, key };
}

/** The newest trace, and how long after its end it came when one saw it come. */
function useFirstTrace(): { trace: TraceRow | null; arrivedMs: number | null } {
  const [found, setFound] = useState<{ trace: TraceRow; arrivedMs: number | null } | null>(null);
  const latest = useQuery({ queryKey: ["traces", "newest"], queryFn: ({ signal }) => get("/traces", { query: { from: "now-1h", limit: 1 }, signal }), refetchInterval: found ? false : 1_500, enabled: !found });
  useEffect(() => stream(apiUrl("/traces/live"), {
    onEvent: (name, text) => {
      if (name !== "trace") return;
      const trace = JSON.parse(text) as TraceRow, end = Date.parse(trace.start) + Number(trace.duration_ns) / 1e6;
      // One trace stays on the page, also when others follow; what it lacked at first is filled in.
      setFound(before => (before === null ? { trace, arrivedMs: Math.max(0, Date.now() - end) } : before.trace.trace_key === trace.trace_key ? { ...before, trace } : before));
    },
    onState: () => {},
  }), []);
  const polled = latest.data?.traces[0];
  return found ?? { trace: polled ?? null, arrivedMs: null };
}

function Port({ listener, now }: { listener: Listener; now: Date }) {
  const spans = Number(listener.spans), refused = Number(listener.refused);
  const text = spans > 0 ? t("firstrun.port.spans", { count: spans, shown: count(listener.spans), ago: listener.last ? ago(new Date(listener.last), now) : "" }) : refused > 0 ? t("firstrun.port.refused", { count: refused }) : t(listener.purpose === "ui" ? "firstrun.port.ready" : "firstrun.port.waiting");
  return (
    <li className="t12 grid h-10 grid-cols-[72px_minmax(0,1fr)_minmax(0,1fr)] items-center border-b border-line">
      <span className="mono m text-[13px]" title={`${listener.host}:${listener.port}`}>{listener.port}</span>
      <span className="d2 ell">{t(`firstrun.purpose.${listener.purpose}`)}</span>
      <span className={spans > 0 ? "live" : refused > 0 ? "err" : "d3"}><span className="ell">{text}</span>{spans > 0 && refused > 0 && <span className="err nw">{t("firstrun.port.refused", { count: refused })}</span>}</span>
    </li>
  );
}

function FirstTrace({ trace, arrivedMs, onDone }: { trace: TraceRow; arrivedMs: number | null; onDone: (() => void) | undefined }) {
  const navigate = useNavigate();
  const [left, setLeft] = useState(STAY_S);
  const [stays, setStays] = useState(false);
  const done = useRef(onDone);
  done.current = onDone;
  const counting = onDone !== undefined && !stays;
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setLeft(s => s - 1), 1_000);
    return () => clearInterval(timer);
  }, [counting]);
  useEffect(() => { if (counting && left <= 0) done.current?.(); }, [counting, left]);
  const toList = () => { if (onDone) onDone(); else void navigate({ to: "/traces" }); };
  return (
    <section className="mt-[26px] overflow-hidden rounded-3 border border-ok-data" aria-live="polite">
      <header className="row bg-ok-soft px-3.5 py-2.5"><Icon name="check" className="text-ok" /><h2 className="m">{t(arrivedMs === null ? "firstrun.first.newest" : "firstrun.first")}</h2><span className="sp" />{arrivedMs !== null && <span className="d2 t12">{t("firstrun.first.after", { time: duration(arrivedMs * 1e6) })}</span>}</header>
      <div className="px-3.5 py-3">
        <div className="row"><KindIcon kind={trace.kind} /><span className="m min-w-0"><OneLine text={trace.name} /></span><span className="d2 min-w-0"><OneLine text={trace.application} /></span><span className="sp" /><span className="num"><Duration ns={trace.duration_ns} /></span></div>
        <div className="my-2"><TraceStrip segments={trace.strip} durationNs={trace.duration_ns} width={464} height={18} full running={trace.running} /></div>
        {trace.input && <div className="t12 d2"><OneLine text={`“${trace.input}”`} /></div>}
        <dl className="t12 mt-3 grid grid-cols-3">
          {([["tokens", <Count key="t" value={trace.tokens} />], ["cost", <Cost key="c" usd={trace.cost} unpriced={trace.unpriced_calls} calls={trace.llm_calls} />], ["spans", <Count key="s" value={trace.span_count} />]] as const).map(([name, value]) => <div key={name}><dt className="d3 t11">{t(`firstrun.first.${name}`)}</dt><dd className="num text-start">{value}</dd></div>)}
        </dl>
      </div>
      <footer className="row border-t border-line px-3.5 py-2.5">
        <button type="button" className="btn primary" onClick={() => { void navigate({ to: "/trace/$traceId", params: { traceId: trace.trace_id } }); }}>{t("firstrun.first.open")}</button>
        <button type="button" className="btn" onClick={toList}>{t("firstrun.first.list")}</button>
        {counting && <><span className="sp" /><span className="d3 t12">{t("firstrun.first.soon", { seconds: Math.max(0, left) })}</span><button type="button" className="btn quiet sm" onClick={() => setStays(true)}>{t("firstrun.first.stay")}</button></>}
      </footer>
    </section>
  );
}

/** What was made of the first trace's most telling span: dialect, messages, price, session. */
function HowRead({ trace }: { trace: TraceRow }) {
  const whole = useQuery(traceQuery(trace.trace_key));
  const head = whole.data?.spans.find(s => s.kind === "llm") ?? whole.data?.spans[0];
  const { data: span } = useQuery({ ...spanQuery(trace.trace_key, head?.span_key ?? "", 200), enabled: head !== undefined });
  if (!span) return null;
  const lines: [string, ReactNode][] = [
    [t("firstrun.read.dialect"), [span.dialects.join(", "), span.sdk].filter(Boolean).join(", ") || "–"],
    [t("firstrun.read.messages"), span.kind !== "llm" ? "–" : span.input.format === "none" && span.output.format === "none" ? <span key="m"><span className="wrn">{t("firstrun.read.noMessages")}</span> {rich("firstrun.read.noMessages.hint", { name: <code key="c">OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</code> })}</span> : t("firstrun.read.inOut", { in: span.input.messages.length || (span.input.value ? 1 : 0), out: span.output.messages.length || (span.output.value ? 1 : 0) })],
    [t("firstrun.read.model"), span.model ? `${visible(span.model)}, ${span.cost.total !== null ? t("firstrun.read.priced") : (span.cost.reason ?? t("common.noPrice"))}` : "–"],
    [t("firstrun.read.session"), span.session_id ? <bdi key="s">{visible(span.session_id)}</bdi> : <span key="s"><span className="wrn">{t("firstrun.read.none")}</span> {rich("firstrun.read.session.hint", { name: <code key="c">gen_ai.conversation.id</code> })}</span>],
  ];
  return (
    <section className="t12 mt-[22px]">
      <h2 className="m row h-7">{t("firstrun.read")}</h2>
      <dl>{lines.map(([name, value]) => <div key={name} className="flex min-h-7 items-center border-t border-line py-1"><dt className="d3 w-[110px] flex-none">{name}</dt><dd className="min-w-0 break-words">{value}</dd></div>)}</dl>
    </section>
  );
}

function Request({ request, zone }: { request: IngestRequest; zone: string }) {
  const failed = request.status >= 400 || request.rejected > 0;
  const text = request.reason ?? t("firstrun.request.spans", { count: request.spans, size: bytes(request.bytes) });
  return (
    <li className="flex min-h-7 items-center gap-3 border-t border-line py-1">
      <span className="d3 nw">{timestamp(new Date(request.time), zone).replace(/\.\d+$/, "")}</span>
      <span className="mono text-[11.5px]">{request.port}</span>
      <span className={failed ? "err m" : ""}>{request.status}</span>
      <span className={`min-w-0 break-words ${failed ? "" : "d2"}`} title={`${request.transport} ${request.path}`}>{visible(text)}{request.rejected > 0 && <> {t("firstrun.request.rejected", { count: request.rejected })}</>}</span>
    </li>
  );
}

function CodeBlock({ title, note, code }: { title: string; note: string | undefined; code: string }) {
  return (
    <section className="overflow-hidden rounded-2 border border-line-strong bg-surface">
      <header className="row h-8 border-b border-line ps-3 pe-1.5"><h2 className="t12 m">{title}</h2>{note && <span className="d3 t12">{note}</span>}<span className="sp" /><CopyButton text={code} /></header>
      <pre className="pre scroll max-h-[300px] rounded-none px-3.5 py-2.5" tabIndex={0}>{inked(code)}</pre>
    </section>
  );
}

/** Values of variables and comments in their inks; whole lines stay one text for who selects them. */
function inked(code: string): ReactNode[] {
  return code.split("\n").map((line, i) => {
    const variable = /^([A-Z_]{4,}=)(.*)$/.exec(line);
    return <Fragment key={i}>{i > 0 && "\n"}{variable ? <>{variable[1]}<span className="str">{variable[2]}</span></> : /^(#|\/\/)/.test(line) ? <span className="cm">{line}</span> : line}</Fragment>;
  });
}

function Command({ text }: { text: string }) {
  return <div className="row rounded-2 border border-line-strong bg-surface ps-2.5"><code className="ell grow">{text}</code><CopyButton text={text} label={`${t("common.copy")}: ${text}`} /></div>;
}
