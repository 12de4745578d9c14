package io.tracewell.server;

import io.tracewell.server.config.Config;
import io.tracewell.server.config.Settings;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.ServerState;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Wires the parts by hand; nothing else knows them all. */
public final class App implements AutoCloseable {
  private final Clock clock;
  private final HttpServer http;

  /** Makes and starts everything. Throws with what to do where a part can't be started. */
  public App(Config config, Clock clock) throws IOException {
    this.clock = clock;
    IngestLog ingestLog = new IngestLog(clock);
    this.http =
        new HttpServer(
            new HttpServer.Options(
                Listen.parse(config.get(Settings.LISTEN)),
                config.isDefault(Settings.LISTEN),
                config.get(Settings.API_KEY),
                config.get(Settings.MAX_BODY),
                (int) Math.min(config.get(Settings.MAX_DECODED_BODY), Integer.MAX_VALUE - 16L)),
            version(),
            clock,
            ingestLog,
            this::state,
            List.of(),
            List.of());
    http.start();
  }

  /** Runs until the process is told to stop. */
  static void run(Config config, boolean demo) throws IOException, InterruptedException {
    App app = new App(config, Clock.systemUTC());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(
                    () -> {
                      app.close();
                      stopped.countDown();
                    }));
    System.out.println(
        Banner.text(
            app.http.listeners(), app.http.notices(), !config.get(Settings.API_KEY).isEmpty()));
    stopped.await();
  }

  /**
   * Blocks until the server can store and answer.
   *
   * @throws IllegalStateException if it can't within that time, with what is missing
   */
  public void awaitReady(Duration most) throws InterruptedException {
    Instant deadline = clock.instant().plus(most);
    while (!state().engineState().equals("ready")) {
      if (clock.instant().isAfter(deadline)) {
        throw new IllegalStateException(
            "not ready after " + most + ": the engine is " + state().engineState());
      }
      Thread.sleep(20);
    }
  }

  /** Where it listens. */
  public List<Listen> listeners() {
    return http.listeners();
  }

  @Override
  public void close() {
    http.close();
  }

  /** Version of this build. */
  static String version() {
    String version = App.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private ServerState state() {
    return new ServerState(false, "starting", null, "embedded", 0, 0, false, 0, List.of());
  }
}
