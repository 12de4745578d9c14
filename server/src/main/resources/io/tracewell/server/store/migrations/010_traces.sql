-- Its rows are in trace_heads. A migration of its own: the one before may run again.
DROP TABLE IF EXISTS traces SYNC;
