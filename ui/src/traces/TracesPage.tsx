import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import { ErrorNotice, OneLine } from "../components";
import { TracePanel } from "../trace";

const route = getRouteApi("/traces");

export function TracesPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error } = useQuery({ queryKey: ["traces", search.q ?? ""], queryFn: ({ signal }) => get("/traces", { query: { q: search.q }, signal }) });
  const set = (patch: object, replace = true) => void navigate({ to: ".", search: before => ({ ...before, ...patch }), replace });
  return (
    <main id="content" className="pane relative h-full">
      {error && <ErrorNotice error={error} />}
      {data?.traces.map(row => <button key={row.trace_key} type="button" className="tr w-full" onClick={() => set({ trace: row.trace_id })}><OneLine text={row.name} /></button>)}
      {search.trace && <div className="panel"><TracePanel traceId={search.trace} search={search} onSearch={set} onClose={() => set({ trace: undefined, span: undefined })} onOpenPage={() => void navigate({ to: "/trace/$traceId", params: { traceId: search.trace! } })} /></div>}
    </main>
  );
}
