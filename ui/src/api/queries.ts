import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { ApiError, get } from "./client";

/** One cache of what the server answered. Only failures that may pass by themselves are tried again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 3 && error instanceof ApiError && (error.status === 503 || error.code === "offline"),
      retryDelay: attempt => Math.min(1_000 * 2 ** attempt, 8_000),
    },
  },
});

/** The state of the server, looked at every few seconds. */
export function useStatus(everyMs = 10_000) {
  return useQuery({ queryKey: ["status"], queryFn: ({ signal }) => get("/status", { signal }), refetchInterval: everyMs, placeholderData: keepPreviousData });
}

/** A trace with the heads of its spans; one page, more by `cursor`. */
export function traceQuery(traceId: string, cursor?: string) {
  return { queryKey: ["trace", traceId, cursor ?? ""], queryFn: ({ signal }: { signal: AbortSignal }) => get("/traces/{trace_id}", { path: { trace_id: traceId }, query: { cursor }, signal }) };
}

/** One span whole. */
export function spanQuery(traceId: string, spanId: string, maxChars?: number) {
  return { queryKey: ["span", traceId, spanId, maxChars ?? -1], queryFn: ({ signal }: { signal: AbortSignal }) => get("/traces/{trace_id}/spans/{span_id}", { path: { trace_id: traceId, span_id: spanId }, query: { max_chars: maxChars }, signal }) };
}

/** One span as it was sent. */
export function rawSpanQuery(traceId: string, spanId: string) {
  return { queryKey: ["span", traceId, spanId, "raw"], queryFn: ({ signal }: { signal: AbortSignal }) => get("/traces/{trace_id}/spans/{span_id}/raw", { path: { trace_id: traceId, span_id: spanId }, signal }) };
}
