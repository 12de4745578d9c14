package io.tracewell.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.TraceEvents;
import io.tracewell.server.admin.PriceRoutes;
import io.tracewell.server.admin.RewriteRoutes;
import io.tracewell.server.clickhouse.ClickHouse;
import io.tracewell.server.clickhouse.ClickHouseException;
import io.tracewell.server.config.Config;
import io.tracewell.server.config.Settings;
import io.tracewell.server.engine.EngineSupervisor;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.Routes;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.ingest.Intake;
import io.tracewell.server.ingest.IntakeLimits;
import io.tracewell.server.metadata.Metadata;
import io.tracewell.server.normalise.LogMerge;
import io.tracewell.server.normalise.Normaliser;
import io.tracewell.server.normalise.Rewriters;
import io.tracewell.server.normalise.SearchTexts;
import io.tracewell.server.pricing.GenAiPrices;
import io.tracewell.server.pricing.Prices;
import io.tracewell.server.query.ApiRoutes;
import io.tracewell.server.query.IngestHealth;
import io.tracewell.server.query.UnpricedModels;
import io.tracewell.server.spool.Spool;
import io.tracewell.server.store.Rewrites;
import io.tracewell.server.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires the parts by hand; nothing else knows them all. */
public final class App implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(App.class);

  private final Clock clock;
  private final @Nullable EngineSupervisor engine;
  private final ClickHouse clickHouse;
  private final Store store;
  private final HttpServer http;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private volatile boolean spansSeen;

  /**
   * Makes and starts everything.
   *
   * @throws IOException with what to do where a part can't be started; nothing is left running
   */
  public App(Config config, Clock clock) throws IOException {
    this.clock = clock;
    try {
      DataDirectory data = part(DataDirectory.open(config.get(Settings.DATA_DIR)));
      ClickHouse.Options address;
      if (config.get(Settings.CLICKHOUSE_URL).isEmpty()) {
        engine =
            part(
                new EngineSupervisor(
                    EngineSupervisor.Options.of(
                        data.resolve("engine"), config.get(Settings.ENGINE_MEMORY)),
                    () -> {}));
        engine.start();
        address = new ClickHouse.Options(engine.url(), engine.user(), engine.password(), "default");
      } else {
        engine = null;
        address =
            new ClickHouse.Options(
                config.get(Settings.CLICKHOUSE_URL),
                config.get(Settings.CLICKHOUSE_USER),
                config.get(Settings.CLICKHOUSE_PASSWORD),
                config.get(Settings.CLICKHOUSE_DATABASE));
      }
      data.writeEngineNote(note(address));
      clickHouse = part(new ClickHouse(address));
      TraceEvents events = new TraceEvents();
      Path priceFile = config.get(Settings.PRICES_FILE);
      Prices prices =
          new Prices(
              GenAiPrices.vendored(),
              data.resolve("prices.json"),
              priceFile.toString().isEmpty() ? null : priceFile);
      Normaliser normaliser = new Normaliser(prices);
      Store.Options bounds = Store.Options.DEFAULT;
      store =
          part(
              new Store(
                  clickHouse,
                  data.resolve("spool"),
                  new Store.Options(
                      config.get(Settings.RETENTION_SPANS_DAYS),
                      config.get(Settings.RETENTION_ROLLUPS_DAYS),
                      bounds.windowSpans(),
                      bounds.batchSpans(),
                      bounds.batchBytes(),
                      bounds.linger(),
                      bounds.pace(),
                      new Spool.Options(
                          config.get(Settings.SPOOL_MAX),
                          bounds.spool().segmentBytes(),
                          bounds.spool().memoryBytes())),
                  events,
                  new LogMerge(),
                  SearchTexts::of,
                  clock));
      store.start();
      IngestLog ingestLog = new IngestLog(clock);
      Metadata metadata = part(new Metadata(data.resolve("metadata.db"), clock));
      List<Routes> routes = new ArrayList<>();
      Intake intake =
          new Intake(
              normaliser,
              store.sink(),
              ingestLog,
              new IntakeLimits(
                  config.get(Settings.MAX_BODY),
                  config.get(Settings.MAX_DECODED_BODY),
                  IntakeLimits.DEFAULT.maxInFlightBytes()),
              clock);
      routes.addAll(intake.routes());
      routes.addAll(metadata.routes());
      routes.add(new PriceRoutes(prices));
      routes.add(new IngestHealth(clickHouse, ingestLog, clock, ApiRoutes.Options.DEFAULT));
      routes.add(part(new UnpricedModels(clickHouse, clock, ApiRoutes.Options.DEFAULT)));
      Rewriters rewriters = new Rewriters(normaliser);
      Rewrites rewrites =
          part(
              store.rewrites(
                  Map.of(
                      "reprice", new Rewrites.Kind(rewriters.reprice(), true, false),
                      "remap", new Rewrites.Kind(rewriters.remap(), false, true)),
                  new LogMerge(),
                  clock));
      routes.add(new RewriteRoutes(rewrites, clock));
      routes.add(new ApiRoutes(clickHouse, events, normaliser, clock, ApiRoutes.Options.DEFAULT));
      http =
          part(
              new HttpServer(
                  new HttpServer.Options(
                      Listen.parse(config.get(Settings.LISTEN)),
                      config.isDefault(Settings.LISTEN),
                      config.get(Settings.API_KEY),
                      config.get(Settings.MAX_BODY),
                      (int)
                          Math.min(config.get(Settings.MAX_DECODED_BODY), Integer.MAX_VALUE - 16L)),
                  version(),
                  clock,
                  ingestLog,
                  this::state,
                  routes,
                  intake.grpcServices()));
      http.start();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
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
    app.awaitReady(Duration.ofMinutes(2));
    System.out.println(
        Banner.text(
            app.http.listeners(), app.http.notices(), !config.get(Settings.API_KEY).isEmpty()));
    if (demo) {
      app.part(
          Demo.start(
              app.http.listeners().getFirst(),
              config.get(Settings.DATA_DIR),
              config.get(Settings.API_KEY)));
    }
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
        ServerState now = state();
        throw new IllegalStateException(
            "not ready after "
                + most.toSeconds()
                + " s: the engine is "
                + now.engineState()
                + (now.engineReason() == null ? "" : " (" + now.engineReason() + ")"));
      }
      Thread.sleep(20);
    }
  }

  /** Where it listens. */
  public List<Listen> listeners() {
    return http.listeners();
  }

  /** Last started, first stopped: intake ends before the store, the store before the engine. */
  @Override
  public void close() {
    while (true) {
      AutoCloseable part;
      synchronized (parts) {
        part = parts.pollLast();
      }
      if (part == null) {
        return;
      }
      try {
        part.close();
      } catch (Exception e) {
        log.warn("stopping {} failed: {}", part.getClass().getSimpleName(), e.toString());
      }
    }
  }

  private <T extends AutoCloseable> T part(T part) {
    synchronized (parts) {
      parts.addLast(part);
    }
    return part;
  }

  /** Version of this build. */
  static String version() {
    String version = App.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private ServerState state() {
    Store.State now = store.state();
    String engineState = now.storing() ? "ready" : "starting";
    String reason = now.lastError();
    if (engine != null && engine.state() != EngineSupervisor.State.READY) {
      engineState =
          engine.state() == EngineSupervisor.State.STARTING
              ? "starting"
              : EngineSupervisor.State.DOWN.name().toLowerCase(Locale.ROOT);
      reason = engine.reason();
    }
    return new ServerState(
        this::hasSpans,
        engineState,
        reason,
        engine == null ? "remote" : "embedded",
        now.spoolBytes(),
        now.maxBytes(),
        now.refusing(),
        now.quarantined(),
        List.of());
  }

  /** Once there were some, the first-run page is over; asked of the engine until then. */
  private boolean hasSpans() {
    if (!spansSeen && store.state().storing()) {
      try {
        spansSeen =
            clickHouse
                .query(
                    "SELECT count() > 0 AS found FROM spans",
                    Map.of(),
                    ClickHouse.Limits.DEFAULT,
                    row -> row.bool("found"))
                .contains(true);
      } catch (ClickHouseException e) {
        return false;
      }
    }
    return spansSeen;
  }

  private static String note(ClickHouse.Options address) {
    try {
      return new ObjectMapper()
          .writeValueAsString(
              Map.of(
                  "url", address.url(),
                  "user", address.user(),
                  "password", address.password(),
                  "database", address.database()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings are always JSON", e);
    }
  }
}
