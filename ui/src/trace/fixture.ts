import type { Span, SpanHead, Trace } from "../api/types";

/** Spans and traces for tests: everything that a test does not name is absent. */
export function head(key: string, patch: Partial<SpanHead> & { at?: number; ms?: number; parent?: string | null } = {}): SpanHead {
  const { at = 0, ms = 10, parent = null, ...rest } = patch;
  return {
    span_id: key, span_key: key, parent_id: parent, parent_key: parent, name: key, kind: "task", start_ns: String(BigInt(1_700_000_000_000 + at) * 1_000_000n), duration_ns: String(ms * 1e6), status: "ok", error_type: null, error_message: null,
    model: null, provider: null, tokens: null, input_tokens: null, output_tokens: null, cost: null, cost_reason: null, counted: true, pending: false, tool_name: null, agent_name: null, prompt_name: null, prompt_version: null,
    ttft_ns: null, input: "", output: "", attempt: 1, documents: 0, ...rest,
  };
}

export function trace(spans: SpanHead[], patch: { failed?: string[]; through?: string[]; cause?: string; critical?: string[] } = {}): Trace {
  return {
    trace: {
      trace_id: "t", trace_key: "t", root_span_id: spans[0]?.span_id ?? "", root_missing: false, application: "app", environment: "", service_version: "", name: "n", kind: "agent", start: "2023-11-14T22:13:20Z", start_ns: spans[0]?.start_ns ?? "0",
      duration_ns: "0", running: false, status: "ok", error_type: null, error_message: null, first_cause_span_id: null, session_id: null, user_id: null, input: "", output: "", span_count: spans.length, llm_calls: 0, tool_calls: 0, error_count: 0,
      tokens: null, input_tokens: null, output_tokens: null, cache_read_tokens: null, cost: null, unpriced_calls: 0, ttft_ns: null, models: [], tools: [], prompts: [], strip: [], evaluations: [],
    },
    spans, next_cursor: null, critical_path: patch.critical ?? [], red_thread: { first_cause: patch.cause ?? null, failed: patch.failed ?? [], through: patch.through ?? [] }, p50_duration_ns: null, failed_cost: null, evaluations: [], warnings: [],
  };
}

export function span(patch: Partial<Span>): Span {
  return { usage: { input: null, cache_read: null, cache_write: null, input_audio: null, output: null, reasoning: null, output_audio: null, total: null, rule: null, raw: {} }, cost: { total: null, input: null, cache_read: null, cache_write: null, output: null, source: "none", price: null, reason: null }, ...patch } as Span;
}
