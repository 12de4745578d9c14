import { memo, useMemo, useState } from "react";
import { t } from "../i18n";
import { exact } from "../format/numbers";
import { Icon } from "../components";
import { fitsOneLine, fromValue, jsonLines, type JsonLine, type JsonNode } from "./json";
import { Safe } from "./Safe";

const PAGE = 400;
const LONG = 2_000;

/** JSON with folding. Large containers start folded, long strings and long documents are shown piece by piece. */
export const Json = memo(function Json({ node }: { node: JsonNode }) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(() => new Set());
  const [limit, setLimit] = useState(PAGE);
  const short = useMemo(() => fitsOneLine(node), [node]);
  const { lines, more } = useMemo(() => jsonLines(node, toggled, limit), [node, toggled, limit]);
  if (short !== null) return <div className="pre js"><Flat node={node} /></div>;
  const toggle = (path: string) => setToggled(before => {
    const after = new Set(before);
    if (!after.delete(path)) after.add(path);
    return after;
  });
  return (
    <div className="pre js">
      {lines.map((line, i) => <Line key={line.path + i} line={line} onToggle={toggle} />)}
      {more && <button type="button" className="btn sm mt-1" onClick={() => setLimit(limit + PAGE * 5)}>{t("trace.json.more", { count: PAGE * 5 })}</button>}
    </div>
  );
});

/** The same for a value that is already parsed. */
export function JsonValue({ value }: { value: unknown }) {
  return <Json node={useMemo(() => fromValue(value), [value])} />;
}

function Line({ line, onToggle }: { line: JsonLine; onToggle: (path: string) => void }) {
  const { fold } = line;
  return (
    <div className="js-l" style={{ paddingInlineStart: Math.min(line.depth, 40) * 14 + 14 }}>
      {fold && (
        <button type="button" className="js-f" style={{ insetInlineStart: Math.min(line.depth, 40) * 14 - 2 }} aria-expanded={fold.open} aria-label={t(fold.open ? "trace.json.fold" : "trace.json.unfold", { name: line.key ?? line.bracket[0]! })} onClick={() => onToggle(line.path)}>
          <Icon name={fold.open ? "down" : "right"} size={12} />
        </button>
      )}
      {line.key !== null && <><bdi className="key">"<Safe text={escaped(line.key)} />"</bdi>: </>}
      {line.scalar ? <Scalar node={line.scalar} /> : line.bracket}
      {fold && !fold.open && <span className="cm"> {t("trace.json.count", { count: fold.count, text: exact(fold.count) })}</span>}
      {line.comma && ","}
    </div>
  );
}

function Scalar({ node }: { node: JsonNode }) {
  const [all, setAll] = useState(false);
  if (node.type !== "string") return <span className="nu">{node.type === "literal" ? node.text : ""}</span>;
  const cut = !all && node.value.length > LONG;
  return (
    <>
      <bdi className="str untrusted">"<Safe text={escaped(cut ? node.value.slice(0, LONG) : node.value)} />{cut ? "…" : '"'}</bdi>
      {cut && <button type="button" className="lk" onClick={() => setAll(true)}>{t("trace.json.all", { count: exact(node.value.length) })}</button>}
    </>
  );
}

/** Line breaks stay line breaks, since prompts inside JSON are read by people; only what would end the string is escaped. */
function escaped(text: string): string {
  return text.replace(/[\\"]/g, "\\$&");
}

function Flat({ node }: { node: JsonNode }) {
  switch (node.type) {
    case "string": return <Scalar node={node} />;
    case "literal": return <span className="nu">{node.text}</span>;
    case "array": return <>[{node.items.map((n, i) => <span key={i}>{i > 0 && ", "}<Flat node={n} /></span>)}]</>;
    case "object": return <>{"{"}{node.entries.map(([k, v], i) => <span key={i}>{i > 0 && ", "}<bdi className="key">"<Safe text={escaped(k)} />"</bdi>: <Flat node={v} /></span>)}{"}"}</>;
  }
}
