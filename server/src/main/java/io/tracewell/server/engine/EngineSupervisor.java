package io.tracewell.server.engine;

import io.tracewell.engine.EngineLibrary;
import io.tracewell.engine.EngineMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the engine as a child process and starts it again, with growing pauses, when it ends by
 * itself. The port is chosen at the first start and kept, so {@link #url} stays true over restarts.
 * The child ends with this process, however that ends.
 */
public final class EngineSupervisor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EngineSupervisor.class);
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(15);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ANSWER_MILLIS = 5_000;
  private static final Duration HEALTHY = Duration.ofMinutes(1);
  private static final String USER = "tracewell";

  /**
   * How the child is started.
   *
   * @param javaHome folder of the JDK that runs it
   * @param classPath with the engine's classes and what they need
   * @param dataDir the engine's own folder; nothing else may lie in it
   * @param maxMemory bytes that queries, merges and caches may take together
   * @param maxQueryMemory bytes for one query; beyond half of it sorting and grouping go to disk
   * @param maxQueries statements that run at the same time; more wait
   * @param patience how long it may be alive and not answer before it is ended and started again
   */
  public record Options(
      Path javaHome,
      String classPath,
      Path dataDir,
      long maxMemory,
      long maxQueryMemory,
      int maxQueries,
      Duration patience) {
    /** This process's own JDK and class path, 12 statements, two thirds of memory for a query. */
    public static Options of(Path dataDir, long maxMemory) {
      return new Options(
          Path.of(System.getProperty("java.home")),
          System.getProperty("java.class.path"),
          dataDir,
          maxMemory,
          maxMemory * 2 / 3,
          12,
          PATIENCE);
    }
  }

  /** Where the engine is in its life. */
  public enum State {
    /** It has not answered yet. */
    STARTING,
    /** It takes statements. */
    READY,
    /** It ended by itself and will be started again; {@link EngineSupervisor#reason} says why. */
    DOWN,
    /** It was closed. */
    STOPPED
  }

  private final Options options;
  private final Runnable onReady;
  private final String password;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile State state = State.STARTING;
  private volatile @Nullable String reason;
  private volatile @Nullable Process process;
  private volatile int port;
  private @Nullable Thread thread;

  /** {@code onReady} runs on a thread of its own each time the engine has come up. */
  public EngineSupervisor(Options options, Runnable onReady) {
    this.options = options;
    this.onReady = onReady;
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    this.password = HexFormat.of().formatHex(random);
  }

  /**
   * Starts the engine and waits until it answers; from then on it is kept running.
   *
   * @throws IOException where the first start fails, with what to do about it
   */
  public void start() throws IOException {
    EngineLibrary.find();
    Files.createDirectories(options.dataDir());
    Process first = launch();
    thread = Thread.ofPlatform().daemon().name("engine-supervisor").start(() -> keep(first));
  }

  /** http://127.0.0.1:PORT, fixed after {@link #start}. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Name that the engine expects. */
  public String user() {
    return USER;
  }

  /** Random, new in each supervisor. */
  public String password() {
    return password;
  }

  /** Where the engine is in its life. */
  public State state() {
    return state;
  }

  /** Why it is down, or why it was last restarted; null where neither has happened. */
  public @Nullable String reason() {
    return reason;
  }

  /** Process id of the engine, or -1 where none runs. */
  public long pid() {
    Process current = process;
    return current != null && current.isAlive() ? current.pid() : -1;
  }

  private Process launch() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(options.javaHome().resolve("bin").resolve("java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx192m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:ErrorFile=" + options.dataDir().resolve("crash-%p.log")));
    for (String name : new String[] {"tracewell.home", "tracewell.engine.library"}) {
      String value = System.getProperty(name);
      if (value != null) command.add("-D" + name + "=" + value);
    }
    command.addAll(
        List.of(
            "-cp",
            options.classPath(),
            EngineMain.class.getName(),
            "--data-dir",
            options.dataDir().toString(),
            "--port",
            Integer.toString(port),
            "--max-memory",
            Long.toString(options.maxMemory()),
            "--max-query-memory",
            Long.toString(options.maxQueryMemory()),
            "--max-queries",
            Integer.toString(options.maxQueries())));
    ProcessBuilder builder = new ProcessBuilder(command);
    // The engine's functions that take no zone mean this one.
    builder.environment().put("TZ", "UTC");
    Process child = builder.start();
    process = child;
    List<String> said = new ArrayList<>();
    Thread.ofPlatform().daemon().name("engine-errors").start(() -> errors(child, said));
    BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    try {
      OutputStream in = child.getOutputStream();
      in.write((USER + "\n" + password + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
      port = awaitReady(child, out);
    } catch (IOException e) {
      child.destroyForcibly();
      String last;
      synchronized (said) {
        last = said.isEmpty() ? "" : " " + said.getLast();
      }
      throw new IOException("The storage engine did not start: " + e.getMessage() + last, e);
    }
    Thread.ofPlatform().daemon().name("engine-output").start(() -> drain(out));
    state = State.READY;
    Thread.ofPlatform().daemon().name("engine-ready").start(onReady);
    return child;
  }

  private static int awaitReady(Process child, BufferedReader out) throws IOException {
    // A child that neither serves nor ends in time is ended, which ends the reading too.
    Thread timer =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    Thread.sleep(START);
                    child.destroyForcibly();
                  } catch (InterruptedException e) {
                    // It is ready.
                  }
                });
    try {
      while (true) {
        String line = out.readLine();
        if (line == null) {
          // The last words come on another stream.
          child.waitFor(2, TimeUnit.SECONDS);
          Thread.sleep(50);
          throw new IOException(ended(child) + ".");
        }
        if (line.startsWith("ready ")) return Integer.parseInt(line.substring(6).strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      timer.interrupt();
    }
  }

  private void keep(Process first) {
    Process child = first;
    long since = System.nanoTime();
    Duration pause = FIRST_PAUSE;
    try {
      while (true) {
        boolean stuck = watch(child);
        if (closing.getCount() == 0) return;
        state = State.DOWN;
        reason =
            stuck ? "it did not answer for " + options.patience().toSeconds() + " s" : ended(child);
        if (System.nanoTime() - since > HEALTHY.toNanos()) pause = FIRST_PAUSE;
        while (true) {
          LOG.warn(
              "The storage engine is down ({}); starting it again in {} ms",
              reason,
              pause.toMillis());
          if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) return;
          Duration next = pause.multipliedBy(2);
          pause = next.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : next;
          try {
            child = launch();
            since = System.nanoTime();
            LOG.info("The storage engine runs again");
            break;
          } catch (IOException e) {
            reason = e.getMessage();
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for its end. True where it was alive but did not answer, and was ended for that. */
  private boolean watch(Process child) throws InterruptedException {
    long answered = System.nanoTime();
    long pause = Math.max(100, options.patience().toMillis() / 10);
    while (!child.waitFor(pause, TimeUnit.MILLISECONDS)) {
      if (answers()) {
        answered = System.nanoTime();
      } else if (System.nanoTime() - answered > options.patience().toNanos()
          && closing.getCount() > 0) {
        child.destroyForcibly().waitFor();
        return true;
      }
    }
    return false;
  }

  private boolean answers() {
    try {
      URLConnection ping = URI.create(url() + "/ping").toURL().openConnection();
      ping.setConnectTimeout(ANSWER_MILLIS);
      ping.setReadTimeout(ANSWER_MILLIS);
      try (InputStream answer = ping.getInputStream()) {
        return answer.read() >= 0;
      }
    } catch (IOException e) {
      return false;
    }
  }

  private static String ended(Process child) {
    if (child.isAlive()) return "it did not answer in time";
    int code = child.exitValue();
    // 128 + 9: killed, mostly because the machine ran out of memory.
    return code == 137 ? "it was killed (signal 9)" : "it ended with exit code " + code;
  }

  /**
   * The host's own lines go to the log; what the library prints may hold a statement and does not.
   */
  private static void errors(Process child, List<String> said) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("engine: ")) continue;
        synchronized (said) {
          if (said.size() < 20) said.add(line.substring(8));
        }
        LOG.warn("{}", line);
      }
    } catch (IOException e) {
      // The child has ended.
    }
  }

  private static void drain(BufferedReader out) {
    try (out) {
      while (out.readLine() != null) {
        // Nothing of it is for us.
      }
    } catch (IOException e) {
      // The child has ended.
    }
  }

  /** Ends the engine in order: statements are ended, connections closed. Idempotent. */
  @Override
  public void close() {
    closing.countDown();
    Process child = process;
    if (child != null) {
      try {
        // The end of its input is the sign to stop.
        child.getOutputStream().close();
      } catch (IOException e) {
        LOG.debug("the engine had closed its input");
      }
      try {
        if (!child.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
          LOG.warn("The storage engine did not stop in {} s and is killed", STOP.toSeconds());
          child.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
        }
        Thread current = thread;
        if (current != null) {
          current.interrupt();
          current.join(Duration.ofSeconds(5));
        }
      } catch (InterruptedException e) {
        child.destroyForcibly();
        Thread.currentThread().interrupt();
      }
      // A start that was under way when this was called.
      Process last = process;
      if (last != null && last.isAlive()) last.destroyForcibly();
    }
    state = State.STOPPED;
  }
}
