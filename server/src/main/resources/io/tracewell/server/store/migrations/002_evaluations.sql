-- Results of evaluators and feedback of users (io.tracewell.core.Evaluation). They join spans when they are read, so either may come first.
CREATE TABLE IF NOT EXISTS evaluations
(
    project_id    LowCardinality(String),
    trace_key     UInt128,                            -- 0 where no trace is named
    span_key      UInt64,                             -- 0 where no span is named
    address       String,                             -- session:ID or tag:KEY:VALUE where ids don't say it, else empty
    key           UInt64,                             -- of kind, target, experiment, label, submitter and id: the greatest ver of a key counts
    ver           UInt64,                             -- spool order

    server_id     UUID,
    seq           UInt64,
    trace_id      String CODEC(ZSTD(1)),              -- as sent
    span_id       String CODEC(ZSTD(1)),
    kind          LowCardinality(String),             -- evaluation, feedback
    scope         LowCardinality(String),
    id            String CODEC(ZSTD(1)),
    label         LowCardinality(String),
    type          LowCardinality(String),
    value         String CODEC(ZSTD(1)),              -- JSON; empty where there is none
    score         Nullable(Float64),                  -- scores, and booleans as 0 and 1
    status        LowCardinality(String),
    error_type    LowCardinality(String),
    error_message String CODEC(ZSTD(1)),
    error_stack   String CODEC(ZSTD(3)),
    assessment    LowCardinality(String),
    reasoning     String CODEC(ZSTD(1)),
    application   LowCardinality(String),
    submitter     String CODEC(ZSTD(1)),
    submitter_type LowCardinality(String),
    experiment_id LowCardinality(String),
    tags          Array(String) CODEC(ZSTD(1)),
    metadata      String CODEC(ZSTD(1)),
    time          DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    source        LowCardinality(String),
    received      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),

    INDEX by_experiment experiment_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${replacing_merge_tree}(ver)
PARTITION BY toDate(received)
ORDER BY (project_id, trace_key, span_key, address, key)
TTL toDateTime(received) + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;
