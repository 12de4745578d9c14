-- Traces in the order of time: those of a page lie beside one another, where the order of their keys had each in a granule of its own.
-- One row a trace, recomputed from its heads whenever a span of it arrives; the greatest ver wins.
CREATE TABLE IF NOT EXISTS trace_heads
(
    project_id    LowCardinality(String),
    day           Date,                               -- of the place, so that it never moves
    place_minute  DateTime('UTC'),                    -- minute of its first span, as in span_heads
    trace_key     UInt128,
    ver           UInt64,
    lkey          UInt64,
    place_apps    Array(LowCardinality(String)),      -- where its spans lie: (place_apps[i], place_minutes[i]); more than one only where two servers raced
    place_minutes Array(DateTime('UTC')),

    trace_id      String CODEC(ZSTD(1)),              -- as the root sent it
    root_key      UInt64,                             -- span_key of the root, or of the earliest span where the root is missing
    root_missing  Bool,
    application   LowCardinality(String),
    environment   LowCardinality(String),
    service_version LowCardinality(String),
    name          String CODEC(ZSTD(1)),
    kind          LowCardinality(String),
    start         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end           DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    running       Bool,
    status        LowCardinality(String),             -- of the root
    error_type    LowCardinality(String),             -- of the first cause
    error_message String CODEC(ZSTD(1)),
    first_cause_key UInt64,                           -- span_key; 0 where nothing failed
    session_id    String CODEC(ZSTD(1)),
    user_id       String CODEC(ZSTD(1)),
    input_preview String CODEC(ZSTD(1)),
    output_preview String CODEC(ZSTD(1)),
    span_count    UInt32,                             -- LLM work and the rest
    llm_work_count UInt32,                            -- 0: nothing but HTTP and database spans, hidden from lists by default
    llm_calls     UInt32,
    tool_calls    UInt32,
    error_count   UInt32,
    input_tokens  Int64,                              -- sums over the spans that count (leaf rule)
    output_tokens Int64,
    cache_read_tokens Int64,
    cost          Nullable(Decimal(38, 12)),
    priced_calls  UInt32,
    unpriced_calls UInt32,
    ttft_ns       Int64,
    models        Array(LowCardinality(String)),
    kinds         Array(LowCardinality(String)),
    tools         Array(LowCardinality(String)),
    error_types   Array(LowCardinality(String)),
    prompts       Array(String),                      -- name:version
    tags          Array(String) CODEC(ZSTD(1)),
    strip         String CODEC(ZSTD(1)),              -- trace strip: JSON [[kind, start‰, end‰, error], …], at most 24

    INDEX by_start start TYPE minmax GRANULARITY 1,
    INDEX by_trace trace_key TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${replacing_merge_tree}(ver)
PARTITION BY day
ORDER BY (project_id, place_minute, trace_key)
TTL day + INTERVAL ${retention_spans_days} DAY DELETE
-- A page of a list reads few rows of all columns.
SETTINGS ${durable}, ttl_only_drop_parts = 1, index_granularity = 256, min_compress_block_size = 16384;

INSERT INTO trace_heads (place_minute, project_id, day, trace_key, ver, lkey, place_apps, place_minutes, trace_id, root_key, root_missing, application, environment, service_version, name, kind, start, end, running, status, error_type, error_message, first_cause_key, session_id, user_id, input_preview, output_preview, span_count, llm_work_count, llm_calls, tool_calls, error_count, input_tokens, output_tokens, cache_read_tokens, cost, priced_calls, unpriced_calls, ttft_ns, models, kinds, tools, error_types, prompts, tags, strip)
-- Of all days at once.
SETTINGS max_partitions_per_insert_block = 0
SELECT place_minutes[1], project_id, day, trace_key, ver, lkey, place_apps, place_minutes, trace_id, root_key, root_missing, application, environment, service_version, name, kind, start, end, running, status, error_type, error_message, first_cause_key, session_id, user_id, input_preview, output_preview, span_count, llm_work_count, llm_calls, tool_calls, error_count, input_tokens, output_tokens, cache_read_tokens, cost, priced_calls, unpriced_calls, ttft_ns, models, kinds, tools, error_types, prompts, tags, strip FROM traces;
-- As do searches of columns that are not texts: the least that is unpacked of a column at once.
ALTER TABLE spans MODIFY SETTING min_compress_block_size = 16384;
