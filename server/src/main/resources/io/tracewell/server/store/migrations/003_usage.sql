-- Figures of usage that few calls have: images, video, cached audio, web searches (io.tracewell.core.Usage).
ALTER TABLE spans ADD COLUMN IF NOT EXISTS usage_more Map(LowCardinality(String), Int64) CODEC(ZSTD(1)) AFTER usage_raw;
