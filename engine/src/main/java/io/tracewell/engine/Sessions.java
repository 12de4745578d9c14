package io.tracewell.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections to the engine: a bounded number for statements, and one more to end statements
 * from. A caller waits for a free one for a bounded time.
 */
final class Sessions implements AutoCloseable {
  private static final int MOST_WAITING = 128;
  private static final long WAIT_SECONDS = 20;

  private final Chdb library;
  private final List<String> arguments;
  private final Map<String, String> base;
  private final int most;
  private final Semaphore free;
  private final Deque<Session> idle = new ArrayDeque<>();
  private final Chdb.Connection control;
  private final List<Session> busy = new ArrayList<>();
  private int opened;

  /**
   * Opens the engine.
   *
   * @param server options of the engine as a whole, for example its data folder
   * @param base settings that every statement starts from
   * @param most statements that run at the same time
   */
  Sessions(Chdb library, List<String> server, Map<String, String> base, int most)
      throws EngineException {
    this.library = library;
    this.base = Map.copyOf(base);
    this.most = most;
    this.free = new Semaphore(most, true);
    arguments = new ArrayList<>(server);
    base.forEach((name, value) -> arguments.add("--" + name + "=" + value));
    control = library.connect(arguments);
  }

  /** A connection that is free, to be given back with {@link Session#close}. */
  Session take() throws EngineException {
    try {
      if (free.getQueueLength() > MOST_WAITING || !free.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS))
        throw new EngineException(
            EngineException.TOO_MANY_SIMULTANEOUS_QUERIES,
            "Too many simultaneous queries. Maximum: "
                + most
                + ", and no place came free in time. (TOO_MANY_SIMULTANEOUS_QUERIES)");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(
          EngineException.QUERY_WAS_CANCELLED, "The engine is stopping. (QUERY_WAS_CANCELLED)");
    }
    boolean done = false;
    try {
      Session session = reuse();
      if (session == null) session = new Session();
      synchronized (this) {
        busy.add(session);
      }
      done = true;
      return session;
    } finally {
      if (!done) free.release();
    }
  }

  private synchronized @Nullable Session reuse() {
    return idle.pollLast();
  }

  /**
   * Ends every statement, waits for them, and closes all connections. False where some still run.
   */
  boolean shutDown(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      while (!free.tryAcquire(most, 200, TimeUnit.MILLISECONDS)) {
        List<Session> running;
        synchronized (this) {
          running = List.copyOf(busy);
        }
        for (Session session : running) session.kill();
        if (System.nanoTime() > end) return false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    close();
    return true;
  }

  @Override
  public synchronized void close() {
    for (Session session : idle) session.connection.close();
    idle.clear();
    control.close();
  }

  /** One connection in the hands of one request. */
  final class Session implements AutoCloseable {
    private final Chdb.Connection connection;
    private final String mark;
    private Map<String, String> applied = Map.of();
    private String database = "default";
    private boolean spoilt;
    private boolean running;

    private Session() throws EngineException {
      synchronized (Sessions.this) {
        mark = "session-" + ++opened;
      }
      List<String> all = new ArrayList<>(arguments);
      // Names this connection in system.processes, so that its statement can be ended.
      all.add("--log_comment=" + mark);
      connection = library.connect(all);
    }

    Chdb.Connection connection() {
      return connection;
    }

    /** Makes the connection as a request wants it: only what differs from the last one costs. */
    void prepare(String wantedDatabase, Map<String, String> wanted) throws EngineException {
      if (!wantedDatabase.equals(database)) {
        connection.execute("USE " + quoted(wantedDatabase, '`'));
        database = wantedDatabase;
      }
      if (!wanted.equals(applied)) {
        Map<String, String> changes = new HashMap<>();
        Set<String> gone = new HashSet<>(applied.keySet());
        gone.removeAll(wanted.keySet());
        for (String name : gone) {
          String value = base.get(name);
          changes.put(name, value == null ? "DEFAULT" : quoted(value, '\''));
        }
        wanted.forEach(
            (name, value) -> {
              if (!value.equals(applied.get(name))) changes.put(name, quoted(value, '\''));
            });
        StringBuilder sql = new StringBuilder("SET ");
        changes.forEach(
            (name, value) ->
                sql.append(sql.length() > 4 ? ", " : "").append(name).append(" = ").append(value));
        connection.execute(sql.toString());
        applied = Map.copyOf(wanted);
      }
      synchronized (this) {
        running = true;
      }
    }

    /** The statement has changed the session, or failed: nobody gets it after this. */
    void spoil() {
      spoilt = true;
    }

    /**
     * Ends the statement that runs, if one does. To be called again until the session is closed.
     */
    synchronized void kill() {
      if (!running) return;
      try {
        synchronized (control) {
          // Without SYNC: it waits for the query to leave the list, which it does after this.
          control.execute("KILL QUERY WHERE Settings['log_comment'] = '" + mark + "' ASYNC");
        }
      } catch (EngineException e) {
        System.err.println("engine: a query could not be ended, code " + e.code());
      }
    }

    @Override
    public void close() {
      synchronized (this) {
        running = false;
      }
      synchronized (Sessions.this) {
        busy.remove(this);
        if (!spoilt) idle.addLast(this);
      }
      if (spoilt) connection.close();
      free.release();
    }
  }

  static String quoted(String text, char quote) {
    StringBuilder out = new StringBuilder(text.length() + 8).append(quote);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' || c == quote) out.append('\\');
      if (c == 0) out.append("\\0");
      else out.append(c);
    }
    return out.append(quote).toString();
  }
}
