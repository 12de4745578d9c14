import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { apiUrl, get } from "../api/client";
import { stream, type StreamState } from "../api/sse";
import type { TracePage, TraceRow } from "../api/types";
import { bounds } from "./range";
import type { ListQuery, Sort } from "./state";

/** The first page is small, so that it is there at once; those that follow are not. */
const FIRST_PAGE = 100, PAGE = 500;
/** Beyond this many live rows the list is read again, so that it does not grow for ever. */
const MOST_FRESH = 2_000;

interface Live {
  /** Rows that came after the list was read, newest first. */
  fresh: TraceRow[];
  /** Rows that wait for somebody to look at the top. */
  pending: TraceRow[];
  /** Newer versions of rows of the list. */
  changed: ReadonlyMap<string, TraceRow>;
  /** When a fresh row appeared, for its tint. */
  since: ReadonlyMap<string, number>;
}
const NOTHING: Live = { fresh: [], pending: [], changed: new Map(), since: new Map() };

export interface TraceList {
  rows: TraceRow[] | undefined;
  /** Rows shown belong to an earlier question, since this one is still open or failed. */
  stale: boolean;
  error: Error | null;
  tookMs: number | undefined;
  partial: string | null;
  more: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  retry: () => void;
  liveState: StreamState | "off";
  pending: number;
  showPending: () => void;
  since: ReadonlyMap<string, number>;
}

/** The traces that match, page by page, and those that appear while one looks. `mayEnter` tells whether new rows may push the others down now. */
export function useTraceList(query: ListQuery, sort: Sort, live: boolean, mayEnter: () => boolean): TraceList {
  const client = useQueryClient();
  const key = useMemo(() => ["traces", query, sort] as const, [query, sort]);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => get("/traces", { query: { ...query, sort, limit: pageParam === undefined ? FIRST_PAGE : PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next_cursor ?? undefined,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const last = useRef<InfiniteData<TracePage> | undefined>(undefined);
  if (list.data) last.current = list.data;
  const data = list.data ?? last.current;
  const [state, setState] = useState<Live>(NOTHING);
  const [liveState, setLiveState] = useState<StreamState | "off">("off");
  const known = useRef(new Set<string>());
  known.current = useMemo(() => new Set(data?.pages.flatMap(p => p.traces.map(r => r.trace_key))), [data]);
  const from = query.from;

  const restart = useCallback(() => {
    client.setQueryData<InfiniteData<TracePage>>(key, before => before && { pages: before.pages.slice(0, 1), pageParams: before.pageParams.slice(0, 1) });
    void client.refetchQueries({ queryKey: key, exact: true }).then(() => setState(before => ({ ...NOTHING, since: before.since })));
  }, [client, key]);

  useEffect(() => { setState(NOTHING); }, [key]);
  // A page that is come back to after a while is read again.
  useEffect(() => {
    const age = client.getQueryState(key)?.dataUpdatedAt ?? 0;
    if (age && Date.now() - age > 2_000) restart();
  }, [client, key, restart]);

  const enter = useRef(mayEnter);
  enter.current = mayEnter;
  const { q, app, env } = query;
  useEffect(() => {
    if (!live) { setLiveState("off"); return; }
    let waiting = new Map<string, TraceRow>();
    const close = stream(apiUrl("/traces/live", undefined, { q, app, env }), {
      onEvent: (name, text) => {
        if (name !== "trace") return;
        const row = JSON.parse(text) as TraceRow;
        waiting.set(row.trace_key, row);
      },
      onState: (next, reconnected) => {
        setLiveState(next);
        // What came while the line was down is not sent again.
        if (reconnected) restart();
      },
    });
    const timer = setInterval(() => {
      if (!waiting.size) return;
      const arrived = waiting;
      waiting = new Map();
      setState(before => received(before, arrived, known.current, enter.current()));
    }, 250);
    return () => {
      close();
      clearInterval(timer);
    };
  }, [live, q, app, env, restart]);

  const showPending = useCallback(() => setState(before => ({ ...before, fresh: merge(before.pending, before.fresh), pending: [], since: new Map([...before.since, ...before.pending.map(r => [r.trace_key, Date.now()] as const)]) })), []);
  const overflow = state.fresh.length + state.pending.length > MOST_FRESH;
  useEffect(() => { if (overflow) restart(); }, [overflow, restart]);

  const rows = useMemo(() => {
    if (!data) return undefined;
    const read = data.pages.flatMap(p => p.traces), shown = new Set(state.fresh.map(r => r.trace_key));
    const base = (state.changed.size || shown.size ? read.filter(r => !shown.has(r.trace_key)).map(r => state.changed.get(r.trace_key) ?? r) : read);
    if (!state.fresh.length) return base;
    const oldest = data.pages.at(-1)?.next_cursor ? read.at(-1)?.start_ns : undefined, start = bounds({ from, to: "now" })[0];
    // Traces that arrive late and lie beyond what was read come with their page.
    return merge(state.fresh.filter(r => (oldest === undefined || BigInt(r.start_ns) >= BigInt(oldest)) && Date.parse(r.start) >= start), base);
  }, [data, state.fresh, state.changed, from]);

  return {
    rows,
    stale: !list.data,
    error: list.error,
    tookMs: data?.pages[0]?.took_ms,
    partial: data?.pages.find(p => p.partial)?.partial ?? null,
    more: list.hasNextPage,
    loadingMore: list.isFetchingNextPage,
    loadMore: () => { if (list.hasNextPage && !list.isFetching && !list.isFetchNextPageError) void list.fetchNextPage(); },
    retry: () => void (list.isFetchNextPageError ? list.fetchNextPage() : list.refetch()),
    liveState,
    pending: state.pending.length,
    showPending,
    since: state.since,
  };
}

/** What a batch of live rows makes of the list: known rows change in place, new ones enter or wait. */
export function received(before: Live, arrived: ReadonlyMap<string, TraceRow>, known: ReadonlySet<string>, mayEnter: boolean, now = Date.now()): Live {
  const changed = new Map(before.changed), since = new Map([...before.since].filter(([, at]) => now - at < 10_000));
  let fresh = before.fresh, pending = before.pending;
  const entering: TraceRow[] = [];
  for (const [id, row] of arrived) {
    if (fresh.some(r => r.trace_key === id)) fresh = fresh.map(r => (r.trace_key === id ? row : r));
    else if (pending.some(r => r.trace_key === id)) pending = pending.map(r => (r.trace_key === id ? row : r));
    else if (known.has(id)) changed.set(id, row);
    else entering.push(row);
  }
  if (mayEnter) {
    const all = [...entering, ...pending];
    for (const row of all) since.set(row.trace_key, now);
    fresh = merge(all, fresh);
    pending = [];
  } else {
    pending = [...pending, ...entering];
  }
  return { fresh, pending, changed, since };
}

/** Two lists as one, newest first; the second is in order already. */
function merge(some: readonly TraceRow[], ordered: readonly TraceRow[]): TraceRow[] {
  const sorted = [...some].sort((a, b) => later(a, b)), out: TraceRow[] = [];
  let i = 0;
  for (const row of ordered) {
    while (i < sorted.length && later(sorted[i]!, row) < 0) out.push(sorted[i++]!);
    out.push(row);
  }
  return out.concat(sorted.slice(i));
}

function later(a: TraceRow, b: TraceRow): number {
  return a.start_ns.length !== b.start_ns.length ? b.start_ns.length - a.start_ns.length : a.start_ns < b.start_ns ? 1 : a.start_ns > b.start_ns ? -1 : 0;
}
