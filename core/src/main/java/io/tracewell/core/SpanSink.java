package io.tracewell.core;

/** Where intake puts what it has normalised. The only way into the store. */
@FunctionalInterface
public interface SpanSink {
  /**
   * Makes a batch durable. Blocks until every part of it is on disk (fsync); when it returns, the
   * sender may be told so.
   *
   * @throws OverloadedException if there is no room; nothing of the batch was kept
   */
  void accept(SpanBatch batch) throws OverloadedException;
}
