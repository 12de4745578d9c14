import { Fragment, memo, useMemo, useState } from "react";
import { t } from "../i18n";
import { bytes } from "../format/numbers";
import { chunks, pieces } from "./text";

/** Untrusted text as text nodes: nothing hidden, redactions as tags. Takes its direction from its surroundings. */
export const Safe = memo(function Safe({ text }: { text: string }) {
  const parts = pieces(text);
  if (parts.length === 1 && parts[0]!.kind === "text") return <>{parts[0]!.text}</>;
  return (
    <>
      {parts.map((p, i) =>
        p.kind === "text" ? <Fragment key={i}>{p.text}</Fragment>
        : p.kind === "redacted" ? <span key={i} className="rd" title={t("trace.redacted", { type: p.text })}>{p.text}</span>
        : <span key={i} className="ctl" title={t("trace.control", { code: p.title ?? "" })}>{p.text}</span>)}
    </>
  );
});

/** A name or another short value inside a line: isolated, one line. */
export function SafeInline({ text, className = "" }: { text: string; className?: string }) {
  return <bdi className={`untrusted ${className}`}><Safe text={text.replace(/\s+/g, " ")} /></bdi>;
}

const SHOWN_AT_FIRST = 20_000;

/** Text of any length with its own direction. Long text is laid out only where it can be seen, and without `all` only its beginning until asked. */
export const LongText = memo(function LongText({ text, mono = false, all: wanted = false }: { text: string; mono?: boolean; all?: boolean }) {
  const [asked, setAll] = useState(false);
  const all = asked || wanted || text.length <= SHOWN_AT_FIRST * 1.1;
  const shown = useMemo(() => chunks(all ? text : text.slice(0, SHOWN_AT_FIRST)), [all, text]);
  return (
    <>
      <div dir="auto" className={`lt untrusted ${mono ? "mono" : ""}`}>{shown.length === 1 ? <Safe text={shown[0]!} /> : shown.map((c, i) => <div key={i} className="lt-c"><Safe text={c} /></div>)}</div>
      {!all && <button type="button" className="btn sm mt-2" onClick={() => setAll(true)}>{t("trace.showMore", { size: bytes(text.length - SHOWN_AT_FIRST) })}</button>}
    </>
  );
});
