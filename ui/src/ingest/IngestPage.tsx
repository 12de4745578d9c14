import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, type CSSProperties, type ReactNode } from "react";
import { get, type Answer } from "../api/client";
import { Count, ErrorNotice, OneLine, Segmented, visible } from "../components";
import { count } from "../format/numbers";
import { ago, browserZone, timestamp } from "../format/time";
import { rich, t } from "../i18n";
import { RANGES, type IngestSearch, type Range } from "./state";

type Health = Answer<"/ingest/health">;
type Source = Health["sources"][number];

const SOURCES = "minmax(120px,1.2fr) minmax(200px,2.2fr) 120px minmax(120px,1.4fr) 84px 72px 72px 92px";
const REFUSALS = "64px minmax(240px,4fr) minmax(160px,1.6fr) 84px 116px 92px";
const LOGS = "minmax(140px,1fr) minmax(240px,3fr) 92px 92px";
const UNPRICED = "minmax(180px,1.6fr) minmax(110px,1fr) minmax(220px,3fr) 72px 92px 92px";

/** Who sends what, what was mended of it and why, what was refused and why, and which models have no price. */
export function IngestPage() {
  const search: IngestSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const range = search.range ?? "1d", from = `now-${range}`;
  const health = useQuery({ queryKey: ["ingest", "health", range], queryFn: ({ signal }) => get("/ingest/health", { query: { from }, signal }), refetchInterval: 10_000, placeholderData: keepPreviousData });
  const unpriced = useQuery({ queryKey: ["prices", "unpriced", range], queryFn: ({ signal }) => get("/prices/unpriced", { query: { from }, signal }), refetchInterval: 30_000, placeholderData: keepPreviousData });
  const zone = browserZone(), now = new Date();
  useEffect(() => { document.title = `${t("ingest.title")} · ${t("app.name")}`; }, []);
  const since = (ns: string) => <span className="d3 nw">{ago(new Date(Number(BigInt(ns) / 1_000_000n)), now)}</span>;
  return (
    <main id="content" tabIndex={-1} className="scroll h-full px-6 pt-5 pb-8 focus-visible:outline-none">
      <div className="row">
        <h1 className="t16">{t("ingest.title")}</h1><span className="sp" />
        <Segmented small label={t("ingest.range")} value={range} onChange={value => void navigate({ to: ".", search: before => ({ ...before, range: value === "1d" ? undefined : (value as Range) }), replace: true })} options={RANGES.map(value => ({ value, label: t(`ingest.range.${value}`) }))} />
      </div>
      <p className="d2 t12 mt-0.5">{t("ingest.intro", { range: t(`ingest.range.${range}`) })}</p>
      {health.error && !health.data && <ErrorNotice error={health.error} retry={() => void health.refetch()} className="mt-4" />}
      {health.data && (
        <>
          <Section title={t("ingest.sources")} note={t("ingest.sources.count", { count: health.data.sources.length })} empty={health.data.sources.length === 0 && <><span className="d2">{t("ingest.sources.none")}</span> {rich("ingest.sources.none.text", { link: <Link key="l" to="/connect" className="lk">{t("nav.connect")}</Link> })}</>}>
            <Table label={t("ingest.sources")} columns={SOURCES} head={[t("ingest.service"), t("ingest.scope"), t("ingest.transport"), t("ingest.dialects"), right(t("ingest.spans")), right(t("ingest.errors")), right(t("ingest.warned")), right(t("ingest.last"))]}>
              {health.data.sources.map((source, i) => <SourceRows key={i} source={source} last={since(source.last_ns)} />)}
            </Table>
          </Section>
          <Section title={t("ingest.refused")} note={t("ingest.refused.since", { time: timestamp(new Date(health.data.refused_since), zone).replace(/\.\d+$/, "") })} empty={health.data.refusals.length === 0 && <span className="d3">{t("ingest.refused.none")}</span>}>
            <Table label={t("ingest.refused")} columns={REFUSALS} head={[t("ingest.refused.status"), t("ingest.refused.reason"), t("ingest.refused.where"), right(t("ingest.refused.requests")), right(t("ingest.refused.rejected")), right(t("ingest.refused.last"))]}>
              {health.data.refusals.map((refusal, i) => (
                <Row key={i} tall>
                  <span role="cell" className={refusal.status >= 400 ? "err m" : "wrn m"}>{refusal.status}</span>
                  <span role="cell" className="py-1 break-words whitespace-normal">{visible(refusal.reason)}</span>
                  <span role="cell" className="d2 ell" title={`${refusal.transport} ${refusal.path}`}><OneLine text={`${refusal.transport} ${refusal.path}`} /></span>
                  <span role="cell" className="num"><Count value={refusal.requests} /></span>
                  <span role="cell" className="num">{refusal.status >= 400 ? <span className="d3">{t("ingest.refused.rejected.all")}</span> : <Count value={refusal.rejected} />}</span>
                  <span role="cell" className="num d3">{ago(new Date(refusal.last), now)}</span>
                </Row>
              ))}
            </Table>
          </Section>
          {health.data.logs.length > 0 && (
            <Section title={t("ingest.logs")}>
              <Table label={t("ingest.logs")} columns={LOGS} head={[t("ingest.logs.application"), t("ingest.logs.event"), right(t("ingest.logs.records")), right(t("ingest.logs.last"))]}>
                {health.data.logs.map((log, i) => (
                  <Row key={i}>
                    <span role="cell" className="ell"><OneLine text={log.application} /></span>
                    <span role="cell" className="mono ell text-[11px]"><OneLine text={log.event} /></span>
                    <span role="cell" className="num"><Count value={log.records} /></span>
                    <span role="cell" className="num">{since(log.last_ns)}</span>
                  </Row>
                ))}
              </Table>
            </Section>
          )}
        </>
      )}
      {unpriced.error && !unpriced.data && <ErrorNotice error={unpriced.error} retry={() => void unpriced.refetch()} className="mt-4" />}
      {unpriced.data && (
        <Section title={t("ingest.unpriced")} note={t("ingest.unpriced.note")} empty={unpriced.data.models.length === 0 && <span className="d3">{t("ingest.unpriced.none")}</span>}>
          <Table label={t("ingest.unpriced")} columns={UNPRICED} head={[t("ingest.unpriced.model"), t("ingest.unpriced.provider"), t("ingest.unpriced.reason"), right(t("ingest.unpriced.calls")), right(t("ingest.unpriced.tokens")), right(t("ingest.unpriced.last"))]}>
            {unpriced.data.models.map((model, i) => (
              <Row key={i}>
                <span role="cell" className="ell"><OneLine text={model.model} /></span>
                <span role="cell" className="d2 ell"><OneLine text={model.provider ?? t("common.unknown")} /></span>
                <span role="cell" className="d2 ell" title={visible(model.reason)}><OneLine text={model.reason} /></span>
                <span role="cell" className="num"><Count value={model.calls} /></span>
                <span role="cell" className="num"><Count value={String(BigInt(model.input_tokens) + BigInt(model.output_tokens))} /></span>
                <span role="cell" className="num">{since(model.last_ns)}</span>
              </Row>
            ))}
          </Table>
        </Section>
      )}
    </main>
  );
}

/** One source, and below it a line for each warning. */
function SourceRows({ source, last }: { source: Source; last: ReactNode }) {
  return (
    <>
      <Row>
        <span role="cell" className="ell m"><OneLine text={source.service || t("common.unknown")} /></span>
        <span role="cell" className="ell" title={visible(source.sdk)}>{source.scope ? <OneLine text={source.scope} /> : <span className="d3">{t("ingest.scope.none")}</span>} <span className="d3">{visible(source.scope_version)}</span></span>
        <span role="cell" className="d2 ell">{source.transport}</span>
        <span role="cell" className="d2 ell"><OneLine text={source.dialects.join(", ") || t("common.unknown")} /></span>
        <span role="cell" className="num" title={t("ingest.spans.llm", { count: count(source.llm_spans) })}><Count value={source.spans} /></span>
        <span role="cell" className={`num ${source.errors > 0 ? "err" : ""}`}><Count value={source.errors} /></span>
        <span role="cell" className={`num ${source.warned > 0 ? "wrn" : ""}`}><Count value={source.warned} /></span>
        <span role="cell" className="num">{last}</span>
      </Row>
      {source.warnings.map(warning => (
        <div key={warning.code} role="row" className="tr h-auto! min-h-6" style={{ "--cols": "minmax(0,1fr)" } as CSSProperties}>
          <span role="cell" className="ps-7! py-0.5 break-words"><span className="wrn mono text-[11px]">{t("ingest.warning", { code: visible(warning.code), spans: warning.spans })}</span> <span className="d3">{visible(warning.meaning)}</span></span>
        </div>
      ))}
    </>
  );
}

function Section({ title, note, empty, children }: { title: string; note?: string; empty?: ReactNode; children: ReactNode }) {
  return (
    <section className="mt-6">
      <h2 className="row h-7"><span className="m">{title}</span>{note && <span className="d3 t12">{note}</span>}</h2>
      {empty ? <p className="t12 border-t border-line pt-2">{empty}</p> : children}
    </section>
  );
}

const right = (text: string) => <span key={text} className="grow text-end">{text}</span>;

function Table({ label, columns, head, children }: { label: string; columns: string; head: ReactNode[]; children: ReactNode }) {
  return (
    <div role="table" aria-label={label} className="overflow-x-auto" style={{ "--cols": columns } as CSSProperties}>
      <div role="row" className="tr th">{head.map((cell, i) => <span key={i} role="columnheader">{cell}</span>)}</div>
      {children}
    </div>
  );
}

const Row = ({ tall = false, children }: { tall?: boolean; children: ReactNode }) => <div role="row" className={`tr ${tall ? "h-auto! min-h-7" : ""}`}>{children}</div>;
