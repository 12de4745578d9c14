-- The words of the index of spans, for searches for parts of words: the index itself is read twenty times as slowly. Filled
-- behind the inserts (store.Words); what is not in here yet is read from the index.
CREATE TABLE IF NOT EXISTS words
(
    day           Date,                               -- of the place, as the partitions of spans
    word          String CODEC(ZSTD(1))
)
ENGINE = ${replacing_merge_tree}
PARTITION BY day
ORDER BY word
TTL day + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;

-- Blocks of spans whose words are in there.
CREATE TABLE IF NOT EXISTS word_blocks
(
    day           Date,
    first         UInt64,
    last          UInt64
)
ENGINE = ${replacing_merge_tree}
PARTITION BY day
ORDER BY (day, first, last)
TTL day + INTERVAL ${retention_spans_days} DAY DELETE
SETTINGS ${durable}, ttl_only_drop_parts = 1;
