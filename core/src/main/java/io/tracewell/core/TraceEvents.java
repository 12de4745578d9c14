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
  private final List<Consumer<Collection<Changed>>> listeners = new CopyOnWriteArrayList<>();

  /**
   * A trace that changed.
   *
   * @param placeMinute start of the minute that it is stored under, seconds since the epoch; {@link
   *     #UNKNOWN} where what changed was not one of its spans
   */
  public record Changed(Ids.TraceKey key, long placeMinute) {
    /** Stands for the minute of a trace that is to be looked for. */
    public static final long UNKNOWN = -1;
  }

  /** Something that can be ended. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /** Calls {@code listener} with the traces of each batch until the subscription ends. */
  public Subscription subscribe(Consumer<Collection<Changed>> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** The rows of these traces can now be read. */
  public void publish(Collection<Changed> traces) {
    for (Consumer<Collection<Changed>> listener : listeners) {
      listener.accept(traces);
    }
  }
}
