import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { apiUrl, authorization, failure, get } from "../api/client";
import { spanQuery } from "../api/queries";
import type { Trace } from "../api/types";
import { buildModel, type TraceModel } from "./model";

const LIVE_MS = 2_000;
const SETTLING_MS = 5_000;
/** Spans may still come in for this long after a trace has ended. */
const SETTLED_AFTER_MS = 60_000;

export interface LoadedTrace {
  readonly trace: Trace | undefined;
  readonly model: TraceModel | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** Spans of the trace are still on their way. */
  readonly loadingMore: boolean;
  readonly retry: () => void;
}

/** A trace with all of its spans, read page by page, and read again while it may still grow. */
export function useTrace(traceId: string): LoadedTrace {
  const query = useInfiniteQuery({
    queryKey: ["trace", traceId, "all"],
    queryFn: ({ signal, pageParam }) => get("/traces/{trace_id}", { path: { trace_id: traceId }, query: { cursor: pageParam ?? undefined }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages;
      const first = pages?.[0];
      if (!first) return false;
      const slow = pages.length > 1 ? 5 : 1;
      if (first.trace.running || first.spans.some(s => s.pending)) return LIVE_MS * slow;
      const ended = Date.parse(first.trace.start) + Number(first.trace.duration_ns) / 1e6;
      return Date.now() - ended < SETTLED_AFTER_MS ? SETTLING_MS * slow : false;
    },
  });
  const { data, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const trace = useMemo(() => (data ? { ...data.pages[0]!, spans: data.pages.length === 1 ? data.pages[0]!.spans : data.pages.flatMap(p => p.spans) } : undefined), [data]);
  const running = trace !== undefined && (trace.trace.running || trace.spans.some(s => s.pending));
  const now = useNow(running);
  const model = useMemo(() => (trace ? buildModel(trace, BigInt(now) * 1_000_000n) : undefined), [trace, now]);
  return { trace, model, error: query.error, loading: query.isPending, loadingMore: hasNextPage, retry: () => void query.refetch() };
}

/** Milliseconds since the epoch, moving on each second while something runs. */
function useNow(moving: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [moving]);
  return now;
}

/** One span whole; with `whole` no text of it is cut. While it runs it is read again. */
export function useSpan(traceId: string, spanId: string | undefined, whole: boolean, live: boolean) {
  return useQuery({
    ...spanQuery(traceId, spanId ?? "", whole ? 0 : undefined),
    enabled: spanId !== undefined,
    refetchInterval: live ? LIVE_MS : false,
  });
}

/** A span as it was sent, as text: `JSON.parse` would round the ids of some senders. */
export function useRawSpan(traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["span", traceId, spanId, "raw-text"],
    queryFn: async ({ signal }) => {
      const response = await fetch(apiUrl("/traces/{trace_id}/spans/{span_id}/raw", { trace_id: traceId, span_id: spanId }), { headers: { Accept: "application/json", ...authorization() }, signal });
      if (!response.ok) throw await failure(response);
      return response.text();
    },
  });
}

/** How a span's attributes became its fields. */
export function useMapping(traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["span", traceId, spanId, "mapping"],
    queryFn: ({ signal }) => get("/traces/{trace_id}/spans/{span_id}/mapping", { path: { trace_id: traceId, span_id: spanId }, signal }),
  });
}
