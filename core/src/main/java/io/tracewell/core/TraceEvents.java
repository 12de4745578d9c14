package io.tracewell.core;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Tells readers which traces have just become visible or changed. The store publishes after the
 * rows can be read; live pages subscribe. A listener must not block: it queues and returns.
 */
public final class TraceEvents {
  private final List<Consumer<Collection<Ids.TraceKey>>> listeners = new CopyOnWriteArrayList<>();

  /** Something that can be ended. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /** Calls {@code listener} with the keys of traces of each batch until the subscription ends. */
  public Subscription subscribe(Consumer<Collection<Ids.TraceKey>> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** The rows of these traces can now be read. */
  public void publish(Collection<Ids.TraceKey> traces) {
    for (Consumer<Collection<Ids.TraceKey>> listener : listeners) {
      listener.accept(traces);
    }
  }
}
