import { useQuery } from "@tanstack/react-query";
import { traceQuery } from "../api/queries";
import { Duration, ErrorNotice, Icon, KindIcon, OneLine } from "../components";
import { t } from "../i18n";

/** What of a trace view is part of the address. */
export interface TraceSearch { span?: string; tab?: string; view?: string; fold?: string; msg?: string; tz?: string }

export interface TraceViewProps {
  traceId: string;
  search: TraceSearch;
  /** Replaces the named parameters of the address; `undefined` removes one. */
  onSearch: (patch: TraceSearch) => void;
}

export interface TracePanelProps extends TraceViewProps {
  onClose: () => void;
  /** Opens the same content as a page of its own. */
  onOpenPage: () => void;
}

/** A trace in a panel over the list. */
export function TracePanel({ onClose, ...view }: TracePanelProps) {
  return <section className="h-full overflow-auto"><button type="button" className="ib" aria-label={t("common.close")} onClick={onClose}><Icon name="x" size={14} /></button><Spans {...view} /></section>;
}

/** A trace as a page. */
export function TracePage(view: TraceViewProps) {
  return <main id="content" className="pane h-full overflow-auto"><Spans {...view} /></main>;
}

function Spans({ traceId, search, onSearch }: TraceViewProps) {
  const { data, error, refetch } = useQuery(traceQuery(traceId));
  if (error) return <ErrorNotice error={error} retry={() => void refetch()} />;
  return (
    <ol className="p-4">
      {data?.spans.map(span => (
        <li key={span.span_key}>
          <button type="button" className={`row h-[25px] ${search.span === span.span_id ? "b" : ""}`} onClick={() => onSearch({ span: span.span_id })}><KindIcon kind={span.kind} /><OneLine text={span.name} /><span className="num"><Duration ns={span.duration_ns} /></span></button>
        </li>
      ))}
    </ol>
  );
}
