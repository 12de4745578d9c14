-- Spans, their slim heads, traces, logs, rollups and the commit log. See docs/architecture.md and storage.md for why.
-- Statements end with a semicolon at the end of a line. ${…} is filled in by Migrations: engine names, retention, settings.
-- Keys: trace_key and span_key are io.tracewell.core.Ids; money is picodollars as Decimal(38,12) USD; times are UTC nanoseconds.

CREATE TABLE IF NOT EXISTS spans
(
    -- placement: fixed at the first sight of the trace and the span, never changed by a later version
    project_id    LowCardinality(String),
    place_app     LowCardinality(String),
    place_bucket  DateTime('UTC'),                    -- the hour of the trace's first span
    lkey          UInt64,                             -- locality: session of the first span, else the trace
    place_start   DateTime64(9, 'UTC'),               -- start at the first sight of the span
    trace_key     UInt128,
    span_key      UInt64,
    ver           UInt64,                             -- completeness, then spool order: the greatest wins

    server_id     UUID,
    seq           UInt64,                             -- position in the commit log of server_id

    trace_id      String CODEC(ZSTD(1)),              -- as sent
    span_id       String CODEC(ZSTD(1)),
    parent_id     String CODEC(ZSTD(1)),
    parent_key    UInt64,                             -- 0 for a root

    application   LowCardinality(String),
    service       LowCardinality(String),
    service_version LowCardinality(String),
    environment   LowCardinality(String),
    host          LowCardinality(String),
    sdk           LowCardinality(String),
    scope         LowCardinality(String),
    dialects      LowCardinality(String),
    transport     LowCardinality(String),

    name          String CODEC(ZSTD(1)),
    kind          LowCardinality(String),
    kind_rule     LowCardinality(String),
    start         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end           DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    pending       Bool,
    status        LowCardinality(String),
    error_type    LowCardinality(String),
    error_message String CODEC(ZSTD(1)),
    error_stack   String CODEC(ZSTD(3)),
    session_id    String CODEC(ZSTD(1)),
    user_id       String CODEC(ZSTD(1)),

    provider      LowCardinality(String),
    model         LowCardinality(String),             -- what answered, else what was asked for
    model_requested LowCardinality(String),
    response_id   String CODEC(ZSTD(1)),
    operation     LowCardinality(String),
    parameters    String CODEC(ZSTD(1)),
    finish_reasons LowCardinality(String),
    ttft_ns       Int64,                              -- -1 where unknown, as every figure below

    input_tokens        Int64,
    cache_read_tokens   Int64,
    cache_write_tokens  Int64,
    cache_write_1h_tokens Int64,
    input_audio_tokens  Int64,
    output_tokens       Int64,
    reasoning_tokens    Int64,
    output_audio_tokens Int64,
    usage_rule    LowCardinality(String),
    usage_raw     String CODEC(ZSTD(1)),

    cost          Nullable(Decimal(38, 12)),
    cost_input    Nullable(Decimal(38, 12)),
    cost_cache_read  Nullable(Decimal(38, 12)),
    cost_cache_write Nullable(Decimal(38, 12)),
    cost_output   Nullable(Decimal(38, 12)),
    cost_source   LowCardinality(String),
    cost_price    LowCardinality(String),
    cost_reason   LowCardinality(String),

    -- large text, once, as sent; *_format says how to read it (io.tracewell.core.ContentFormat)
    system_format LowCardinality(String),
    system        String CODEC(ZSTD(3)),
    input_format  LowCardinality(String),
    input         String CODEC(ZSTD(3)),
    output_format LowCardinality(String),
    output        String CODEC(ZSTD(3)),
    tools_format  LowCardinality(String),
    tool_definitions String CODEC(ZSTD(1)),
    documents_format LowCardinality(String),
    documents     String CODEC(ZSTD(3)),
    input_preview String CODEC(ZSTD(3)),
    output_preview String CODEC(ZSTD(3)),
    input_hashes  Array(UInt64) CODEC(ZSTD(1)),       -- one a message: "new in this turn"
    -- What is new in the span within (lkey, place_bucket). Empty where that is most of the columns above and they can be
    -- read as they are (store.Writer): then no second copy is kept.
    search_text   String CODEC(ZSTD(3)),

    tool_name     LowCardinality(String),
    tool_call_id  String CODEC(ZSTD(1)),
    agent_name    LowCardinality(String),
    prompt_id     LowCardinality(String),
    prompt_name   LowCardinality(String),
    prompt_version LowCardinality(String),
    prompt_template String CODEC(ZSTD(1)),
    prompt_variables String CODEC(ZSTD(1)),
    tags          Array(String) CODEC(ZSTD(1)),
    metadata      String CODEC(ZSTD(1)),
    link_trace_ids Array(String) CODEC(ZSTD(1)),
    link_span_ids Array(String) CODEC(ZSTD(1)),
    link_attributes Array(String) CODEC(ZSTD(1)),
    warnings      Array(String) CODEC(ZSTD(1)),
    raw           String CODEC(ZSTD(3)),
    size_bytes    UInt32,
    received      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),

    INDEX by_trace trace_key TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_start start TYPE minmax GRANULARITY 1,
    -- What the word index holds; a search names the alias.
    searchable    String ALIAS ${searchable},
    INDEX words ${searchable} TYPE text(tokenizer = 'asciiCJK', posting_list_codec = 'bitpacking')
)
-- Not a replacing table: whether rows are dropped is known only after a merge, so that every merge would make the word
-- index anew (twice the cost of joining the indexes of the parts). Readers take the greatest ver, as they must anyway.
ENGINE = ${merge_tree}
PARTITION BY toDate(place_bucket)
ORDER BY (project_id, place_app, place_bucket, lkey, place_start, trace_key, span_key)
TTL toDateTime(place_bucket) + INTERVAL ${retention_spans_days} DAY DELETE
-- A granule is the least that is read to look at one text.
SETTINGS ${durable}, ttl_only_drop_parts = 1, merge_selector_base = 12, index_granularity_bytes = 2097152;

-- The same spans without text, for rollups, traces and most filters.
CREATE TABLE IF NOT EXISTS span_heads
(
    project_id    LowCardinality(String),
    place_app     LowCardinality(String),
    place_minute  DateTime('UTC'),                    -- minute of the trace's first span
    trace_key     UInt128,
    span_key      UInt64,
    ver           UInt64,
    lkey          UInt64,
    place_bucket  DateTime('UTC'),
    place_start   DateTime64(9, 'UTC'),
    server_id     UUID,
    seq           UInt64,

    parent_key    UInt64,
    application   LowCardinality(String),
    service_version LowCardinality(String),
    environment   LowCardinality(String),
    name          LowCardinality(String),
    kind          LowCardinality(String),
    start         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end           DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    pending       Bool,
    status        LowCardinality(String),
    error_type    LowCardinality(String),
    session_id    String CODEC(ZSTD(1)),
    user_id       String CODEC(ZSTD(1)),
    provider      LowCardinality(String),
    model         LowCardinality(String),
    response_id   String CODEC(ZSTD(1)),
    ttft_ns       Int64,
    input_tokens  Int64,
    cache_read_tokens Int64,
    cache_write_tokens Int64,
    output_tokens Int64,
    reasoning_tokens Int64,
    cost          Nullable(Decimal(38, 12)),
    cost_source   LowCardinality(String),
    cost_reason   LowCardinality(String),
    tool_name     LowCardinality(String),
    agent_name    LowCardinality(String),
    prompt_name   LowCardinality(String),
    prompt_version LowCardinality(String),
    dialects      LowCardinality(String),
    tags          Array(String) CODEC(ZSTD(1)),
    size_bytes    UInt32,
    content_hash  UInt64,                             -- of the span as its sender sent it: a retry has the same

    INDEX by_trace trace_key TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_start start TYPE minmax GRANULARITY 1
)
ENGINE = ${replacing_merge_tree}(ver)
PARTITION BY toDate(place_minute)
ORDER BY (project_id, place_app, place_minute, trace_key, span_key)
TTL place_minute + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;

-- Spans whose usage does not count in sums, because the trace holds it a second time (io.tracewell.core.TraceShape). Most traces have none.
CREATE TABLE IF NOT EXISTS span_uncounted
(
    project_id    LowCardinality(String),
    place_app     LowCardinality(String),
    place_minute  DateTime('UTC'),
    trace_key     UInt128,
    span_key      UInt64,
    ver           UInt64,
    uncounted     Bool                                -- false where it came to count after all
)
ENGINE = ${replacing_merge_tree}(ver)
PARTITION BY toDate(place_minute)
ORDER BY (project_id, place_app, place_minute, trace_key, span_key)
TTL place_minute + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;

-- One row a trace, recomputed from its heads whenever a span of it arrives; the greatest ver wins.
CREATE TABLE IF NOT EXISTS traces
(
    project_id    LowCardinality(String),
    day           Date,                               -- of the place, so that it never moves
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
ORDER BY (project_id, trace_key)
TTL day + INTERVAL ${retention_spans_days} DAY DELETE
-- A page of a list reads traces from all over the table.
SETTINGS ${durable}, ttl_only_drop_parts = 1, index_granularity = 512;

-- Log records that belong to spans, until and after they are merged into them.
CREATE TABLE IF NOT EXISTS span_logs
(
    project_id    LowCardinality(String),
    trace_key     UInt128,
    span_key      UInt64,
    time          DateTime64(9, 'UTC'),
    sequence      UInt32,
    event_name    LowCardinality(String),
    hash          UInt64,                             -- of name, body and attributes: a retry is the same row
    trace_id      String CODEC(ZSTD(1)),
    span_id       String CODEC(ZSTD(1)),
    application   LowCardinality(String),
    body          String CODEC(ZSTD(1)),
    attributes    String CODEC(ZSTD(1)),
    server_id     UUID,
    seq           UInt64,
    received      DateTime('UTC')
)
ENGINE = ${replacing_merge_tree}
PARTITION BY toDate(time)
ORDER BY (project_id, trace_key, span_key, time, sequence, hash)
TTL toDateTime(time) + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;

-- The commit log: written after the INSERT of a batch has returned. seq has no holes within a server.
CREATE TABLE IF NOT EXISTS ingest_log
(
    server_id     UUID,
    seq           UInt64,
    project_id    LowCardinality(String),
    place_app     LowCardinality(String),
    minute        DateTime('UTC'),
    trace_keys    Array(UInt128) CODEC(ZSTD(1)),      -- traces of that minute that the batch touched
    spans         UInt32,
    logs          UInt32,
    committed     DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replacing_merge_tree}
PARTITION BY toDate(committed)
ORDER BY (server_id, seq, project_id, place_app, minute)
TTL toDateTime(committed) + INTERVAL 7 DAY DELETE
SETTINGS ${durable};

-- Where each follower stands.
CREATE TABLE IF NOT EXISTS follower_cursor
(
    follower      LowCardinality(String),
    server_id     UUID,
    seq           UInt64
)
ENGINE = ${replacing_merge_tree}(seq)
ORDER BY (follower, server_id)
SETTINGS ${durable};

-- Minute rollups: rows of a generation, valid once rollup_current names it. Recomputed, never incremented.
CREATE TABLE IF NOT EXISTS metrics_1m
(
    project_id    LowCardinality(String),
    application   LowCardinality(String),             -- of the place
    minute        DateTime('UTC'),
    generation    UInt64,
    name          LowCardinality(String),
    kind          LowCardinality(String),
    model         LowCardinality(String),
    provider      LowCardinality(String),
    environment   LowCardinality(String),
    service_version LowCardinality(String),
    status        LowCardinality(String),
    error_type    LowCardinality(String),
    is_root       Bool,
    spans         UInt64,
    errors        UInt64,
    input_tokens  Int64,
    cache_read_tokens Int64,
    cache_write_tokens Int64,
    output_tokens Int64,
    reasoning_tokens Int64,
    cost          Decimal(38, 12),
    unpriced      UInt64,
    duration      AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64),
    ttft          AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64)
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(minute)
ORDER BY (project_id, application, minute, generation)
TTL minute + INTERVAL ${retention_rollups_days} DAY DELETE
SETTINGS ${durable};

CREATE TABLE IF NOT EXISTS rollup_current
(
    project_id    LowCardinality(String),
    application   LowCardinality(String),
    minute        DateTime('UTC'),
    generation    UInt64
)
ENGINE = ${replacing_merge_tree}(generation)
PARTITION BY toYYYYMM(minute)
ORDER BY (project_id, application, minute)
TTL minute + INTERVAL ${retention_rollups_days} DAY DELETE
SETTINGS ${durable};
