package io.tracewell.server.http;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What senders asked of us: counters per port, the newest {@value #KEPT} requests, and what was
 * refused since the start, by reason. In memory only. Thread-safe.
 */
public final class IngestLog {
  /** Requests kept. */
  public static final int KEPT = 500;

  /** Different refusals kept; the one that was longest not seen makes room. */
  public static final int REFUSALS = 200;

  // How often a reason applied is counted; in its text it would make each request another reason.
  private static final Pattern TIMES = Pattern.compile(" \\(\\d+ times\\)");

  private final Clock clock;
  private final Map<Refused, Refusal> refusals = new LinkedHashMap<>(16, 0.75f, true);
  private final ArrayDeque<Request> newest = new ArrayDeque<>();
  private final Map<Integer, Counters> ports = new HashMap<>();

  /** An empty log. */
  public IngestLog(Clock clock) {
    this.clock = clock;
  }

  /**
   * One intake request.
   *
   * @param port local port it came in by
   * @param transport as {@code Origin.transport}
   * @param path HTTP path
   * @param status HTTP status, or the nearest of a gRPC status
   * @param spans spans and log records accepted
   * @param rejected spans and log records refused
   * @param bytes body on the wire
   * @param reason why something was refused; null where nothing was. Never contains what was sent.
   */
  public record Request(
      Instant time,
      int port,
      String transport,
      String path,
      int status,
      int spans,
      int rejected,
      long bytes,
      @Nullable String reason) {}

  private record Refused(String transport, String path, int status, String reason) {}

  /**
   * What was refused for one reason since the start.
   *
   * @param requests requests that it applied to
   * @param rejected spans, log records and evaluations that were refused of requests that were
   *     taken otherwise
   */
  public record Refusal(
      String transport,
      String path,
      int status,
      String reason,
      long requests,
      long rejected,
      Instant first,
      Instant last) {}

  /** Sums of a port since start. */
  public record PortSums(long requests, long spans, long refused, @Nullable Instant last) {}

  private static final class Counters {
    private long requests;
    private long spans;
    private long refused;
    private @Nullable Instant last;
  }

  /** Notes a request that was answered. */
  public synchronized void record(
      int port,
      String transport,
      String path,
      int status,
      int spans,
      int rejected,
      long bytes,
      @Nullable String reason) {
    Instant now = clock.instant();
    Counters counters = ports.computeIfAbsent(port, p -> new Counters());
    counters.requests++;
    counters.spans += spans;
    counters.refused += status >= 400 ? 1 : 0;
    counters.last = now;
    if (reason != null) {
      String kind = TIMES.matcher(reason).replaceAll("");
      refusals.merge(
          new Refused(transport, path, status, kind),
          new Refusal(transport, path, status, kind, 1, rejected, now, now),
          (before, one) ->
              new Refusal(
                  transport,
                  path,
                  status,
                  kind,
                  before.requests + 1,
                  before.rejected + rejected,
                  before.first,
                  now));
      if (refusals.size() > REFUSALS) {
        refusals.remove(refusals.keySet().iterator().next());
      }
    }
    newest.addFirst(
        new Request(now, port, transport, path, status, spans, rejected, bytes, reason));
    if (newest.size() > KEPT) {
      newest.removeLast();
    }
  }

  /** Newest first. */
  public synchronized List<Request> newest(int limit) {
    List<Request> result = new ArrayList<>(Math.min(limit, newest.size()));
    Iterator<Request> requests = newest.iterator();
    while (requests.hasNext() && result.size() < limit) {
      result.add(requests.next());
    }
    return result;
  }

  /** What was refused, the last one first. */
  public synchronized List<Refusal> refusals() {
    List<Refusal> result = new ArrayList<>(refusals.values());
    result.sort(Comparator.comparing(Refusal::last).reversed());
    return result;
  }

  /** Sums of one port since start. */
  public synchronized PortSums port(int port) {
    Counters counters = ports.get(port);
    return counters == null
        ? new PortSums(0, 0, 0, null)
        : new PortSums(counters.requests, counters.spans, counters.refused, counters.last);
  }
}
