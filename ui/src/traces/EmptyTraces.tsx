import { useQueries, useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import { count } from "../format/numbers";
import { ago } from "../format/time";
import { rich, t } from "../i18n";
import { clauses, without } from "./query";
import type { Range } from "./range";
import type { ListQuery } from "./state";

/** Nothing found: which clause excludes everything, how many there are in 7 days, when the last one came. */
export function EmptyTraces({ query, rangeText, onQuery, onRange }: { query: ListQuery; rangeText: string; onQuery: (q: string) => void; onRange: (range: Range) => void }) {
  const q = query.q ?? "", filtered = q !== "";
  const parts = filtered ? clauses(q).filter(c => !(c.field === null && /^(AND|OR|NOT)$/.test(c.value))).slice(0, 5) : [];
  const ask = (some: ListQuery) => ({ queryKey: ["summary", some, "count"], queryFn: ({ signal }: { signal: AbortSignal }) => get("/traces/summary", { query: { ...some, buckets: 1 }, signal }), retry: false });
  const less = useQueries({ queries: parts.map(c => ask({ ...query, q: without(q, c) || undefined })) });
  const week = useQuery(ask({ ...query, from: "now-7d", to: "now" }));
  const last = useQuery({ queryKey: ["traces", "last", query.app, query.env], queryFn: ({ signal }) => get("/traces", { query: { from: "now-30d", app: query.app, env: query.env, limit: 1 }, signal }), enabled: !filtered });
  const weekly = Number(week.data?.count ?? 0), newest = last.data?.traces[0];
  return (
    <div className="t12 px-4 py-4 leading-6">
      <p className="d2">{t(filtered ? "empty.match" : "empty.range", { range: rangeText })}</p>
      {parts.map((c, i) => {
        const found = Number(less[i]?.data?.count ?? 0);
        return found > 0 && <p key={c.start}>{rich("empty.without", { clause: <code key="c" dir="auto">{q.slice(c.start, c.end)}</code>, count: <button key="n" type="button" className="link" onClick={() => onQuery(without(q, c))}>{count(found)}</button> })}</p>;
      })}
      {weekly > 0 && <p>{rich("empty.week", { count: <button key="n" type="button" className="link" onClick={() => onRange({ from: "now-7d", to: "now" })}>{count(weekly)}</button> })}</p>}
      {!filtered && newest && <p>{t("empty.last", { ago: ago(new Date(newest.start)) })}</p>}
      {!filtered && last.data && !newest && <p className="d3">{t("empty.none")}</p>}
    </div>
  );
}
