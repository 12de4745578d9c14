-- Other ids of a trace: Datadog gives LLM traces one of their own, beside the one that OpenTelemetry knows too (io.tracewell.core.SpanKeys).
CREATE TABLE IF NOT EXISTS trace_aliases
(
    project_id    LowCardinality(String),
    alias_key     UInt128,
    trace_key     UInt128,
    top_key       UInt64,                             -- span_key of a span that was sent as a root of alias_key and has a parent in the trace; else 0
    seen          DateTime('UTC'),

    INDEX by_trace trace_key TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${replacing_merge_tree}
PARTITION BY toDate(seen)
ORDER BY (project_id, alias_key, trace_key, top_key)
TTL seen + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;
