package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The traces that were touched last, at most so many spans of them, and a filter that knows of
 * every trace ever placed: a trace that is in neither is new. Of one thread.
 */
final class TraceWindow {
  // 16 MiB a layer, about 8 million traces at one false answer in 10,000.
  private static final int LAYER_LONGS = 1 << 21;
  private static final int LAYER_TRACES = 6_000_000;
  private static final int HASHES = 8;
  private static final int MAX_LAYERS = 16;

  private final int maxSpans;
  private final LinkedHashMap<TraceState.Id, TraceState> traces =
      new LinkedHashMap<>(1024, 0.75f, true);
  private final List<long[]> layers = new ArrayList<>();
  private int inLayer;
  private int spans;

  TraceWindow(int maxSpans) {
    this.maxSpans = maxSpans;
  }

  @Nullable TraceState get(TraceState.Id id) {
    return traces.get(id);
  }

  void put(TraceState state) {
    traces.put(state.id, state);
    spans += state.heads.size();
    remember(state.id.high(), state.id.low());
  }

  /** Notes that a trace has one span more. */
  void grew() {
    spans++;
  }

  /**
   * Lets go of the traces that were touched longest ago, but of none that {@code batch} or a later
   * one touched.
   */
  void shrink(long batch) {
    Iterator<Map.Entry<TraceState.Id, TraceState>> oldest = traces.entrySet().iterator();
    while (spans > maxSpans && oldest.hasNext()) {
      TraceState state = oldest.next().getValue();
      if (state.touched >= batch) {
        return;
      }
      spans -= state.heads.size();
      oldest.remove();
    }
  }

  /** Forgets a trace, so that it is read from the tables when it is needed again. */
  void forget(TraceState.Id id) {
    TraceState state = traces.remove(id);
    if (state != null) {
      spans -= state.heads.size();
    }
  }

  /** Tells the filter of a trace that has been placed. */
  void remember(long high, long low) {
    if (known(high, low)) {
      return;
    }
    if (layers.isEmpty() || (inLayer >= LAYER_TRACES && layers.size() < MAX_LAYERS)) {
      layers.add(new long[LAYER_LONGS]);
      inLayer = 0;
    }
    inLayer++;
    long[] layer = layers.getLast();
    long step = low | 1;
    long hash = high ^ Long.rotateLeft(low, 32);
    for (int i = 0; i < HASHES; i++) {
      hash += step;
      int bit = (int) (BinaryWriter.mix(hash) >>> 37);
      layer[bit >>> 6] |= 1L << bit;
    }
  }

  /** True where the trace may have been placed before; false where it was not. */
  boolean known(long high, long low) {
    for (long[] layer : layers) {
      if (holds(layer, high, low)) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(long[] layer, long high, long low) {
    long step = low | 1;
    long hash = high ^ Long.rotateLeft(low, 32);
    for (int i = 0; i < HASHES; i++) {
      hash += step;
      int bit = (int) (BinaryWriter.mix(hash) >>> 37);
      if ((layer[bit >>> 6] & (1L << bit)) == 0) {
        return false;
      }
    }
    return true;
  }
}
