package io.tracewell.server.query;

import io.tracewell.core.TraceEvents;
import io.tracewell.server.http.ApiException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
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

  /**
   * Sends events until the client goes away; blocks the request's own (virtual) thread.
   *
   * @throws ApiException 503 where too many pages are open
   */
  void serve(HttpServletResponse response, Query query) throws IOException {
    if (clients.incrementAndGet() > maxClients) {
      clients.decrementAndGet();
      throw ApiException.unavailable(
          "As many live pages as allowed ("
              + maxClients
              + ") are open. Close one, or reload later.",
          30);
    }
    Feed feed = new Feed();
    try (TraceEvents.Subscription subscription = events.subscribe(feed::add)) {
      response.setContentType("text/event-stream");
      response.setCharacterEncoding("UTF-8");
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("X-Accel-Buffering", "no");
      // So that the client knows that what happens from now on will be told.
      send(response, "ping", "{}");
      long lastSent = System.nanoTime();
      while (true) {
        Thread.sleep(PAUSE_MILLIS);
        List<TraceLists.Key> keys = feed.take();
        if (!keys.isEmpty()) {
          for (Views.TraceRow row : rows(query, keys)) {
            send(response, "trace", json(row));
            lastSent = System.nanoTime();
          }
        }
        if (System.nanoTime() - lastSent > PING_NANOS) {
          send(response, "ping", "{}");
          lastSent = System.nanoTime();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.debug("live page ended", e);
    } finally {
      clients.decrementAndGet();
    }
  }

  private List<Views.TraceRow> rows(Query query, List<TraceLists.Key> keys) {
    try {
      return lists.newest(query, keys).stream().map(TraceLists.Found::row).toList();
    } catch (ApiException e) {
      // The engine restarts: the page asks for the list again when it needs it.
      return List.of();
    }
  }

  private static void send(HttpServletResponse response, String event, String data)
      throws IOException {
    ServletOutputStream out = response.getOutputStream();
    out.write(("event: " + event + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String json(Views.TraceRow row) {
    try {
      return Values.JSON.writeValueAsString(row);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException("views are always JSON", e);
    }
  }

  /** Traces that wait to be told; the oldest are dropped where a client is too slow for all. */
  private static final class Feed {
    private final LinkedHashSet<TraceLists.Key> waiting = new LinkedHashSet<>();

    synchronized void add(Collection<TraceEvents.Changed> traces) {
      for (TraceEvents.Changed trace : traces) {
        waiting.add(new TraceLists.Key(new BigInteger(trace.key().hex(), 16), trace.placeMinute()));
      }
      Iterator<TraceLists.Key> oldest = waiting.iterator();
      while (waiting.size() > MAX_WAITING) {
        oldest.next();
        oldest.remove();
      }
    }

    synchronized List<TraceLists.Key> take() {
      List<TraceLists.Key> taken = new ArrayList<>();
      Iterator<TraceLists.Key> oldest = waiting.iterator();
      while (oldest.hasNext() && taken.size() < BATCH) {
        taken.add(oldest.next());
        oldest.remove();
      }
      return taken;
    }
  }
}
