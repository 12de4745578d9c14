package io.tracewell.server.query;

import io.javalin.http.sse.SseClient;
import io.tracewell.core.Ids;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.http.ApiException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells open pages of traces that appear or change, each at most twice a second. */
final class LiveTraces {
  private static final Logger log = LoggerFactory.getLogger(LiveTraces.class);
  private static final long PAUSE_MILLIS = 500;
  private static final long PING_NANOS = 15_000_000_000L;
  private static final int MAX_WAITING = 2_000;
  private static final int BATCH = 200;

  private final TraceLists lists;
  private final TraceEvents events;
  private final int maxClients;
  private final AtomicInteger clients = new AtomicInteger();

  LiveTraces(TraceLists lists, TraceEvents events, int maxClients) {
    this.lists = lists;
    this.events = events;
    this.maxClients = maxClients;
  }

  /** Keeps a place for a client, or refuses it. Given back when {@link #serve} ends. */
  void admit() {
    if (clients.incrementAndGet() > maxClients) {
      clients.decrementAndGet();
      throw ApiException.unavailable(
          "As many live pages as allowed ("
              + maxClients
              + ") are open. Close one, or reload later.",
          30);
    }
  }

  /** Sends events until the client goes away; returns at once. */
  void serve(SseClient client, Query query) {
    Feed feed = new Feed();
    TraceEvents.Subscription subscription = events.subscribe(feed::add);
    client.keepAlive();
    Thread sender = Thread.ofVirtual().name("live").unstarted(() -> send(client, query, feed));
    client.onClose(
        () -> {
          subscription.close();
          sender.interrupt();
          clients.decrementAndGet();
        });
    sender.start();
  }

  private void send(SseClient client, Query query, Feed feed) {
    long lastSent = System.nanoTime();
    try {
      // So that the client knows that what happens from now on will be told.
      client.sendEvent("ping", "{}");
      while (!client.terminated()) {
        Set<BigInteger> keys = feed.take();
        if (!keys.isEmpty() && send(client, query, keys)) {
          lastSent = System.nanoTime();
        }
        if (System.nanoTime() - lastSent > PING_NANOS) {
          client.sendEvent("ping", "{}");
          lastSent = System.nanoTime();
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.debug("live page ended", e);
    } finally {
      client.close();
    }
  }

  private boolean send(SseClient client, Query query, Set<BigInteger> keys) {
    List<TraceLists.Found> found;
    try {
      found = lists.newest(query, null, keys);
    } catch (ApiException e) {
      // The engine restarts: the page asks for the list again when it needs it.
      return false;
    }
    for (TraceLists.Found trace : found) {
      client.sendEvent("trace", json(trace.row()), trace.row().traceKey());
    }
    return !found.isEmpty();
  }

  private static String json(Views.TraceRow row) {
    try {
      return Values.JSON.writeValueAsString(row);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException("views are always JSON", e);
    }
  }

  /** Keys that wait to be told; the oldest are dropped where a client is too slow for all. */
  private static final class Feed {
    private final LinkedHashSet<BigInteger> waiting = new LinkedHashSet<>();

    synchronized void add(Collection<Ids.TraceKey> keys) {
      for (Ids.TraceKey key : keys) {
        waiting.add(new BigInteger(key.hex(), 16));
      }
      Iterator<BigInteger> oldest = waiting.iterator();
      while (waiting.size() > MAX_WAITING) {
        oldest.next();
        oldest.remove();
      }
    }

    synchronized Set<BigInteger> take() {
      List<BigInteger> taken = new ArrayList<>();
      Iterator<BigInteger> oldest = waiting.iterator();
      while (oldest.hasNext() && taken.size() < BATCH) {
        taken.add(oldest.next());
        oldest.remove();
      }
      return new LinkedHashSet<>(taken);
    }
  }
}
