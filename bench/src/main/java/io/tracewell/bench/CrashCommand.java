package io.tracewell.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "crash",
    mixinStandardHelpOptions = true,
    description = {
      "Kills the server and the engine by turns (SIGKILL) in the middle of a load, starts them again,",
      "and compares what was acknowledged with what is stored; 1 where a span is lost or there twice."
    })
final class CrashCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      description = "Folder of the launcher; default: where it started this.",
      defaultValue = "${sys:tracewell.home:-.}")
  private Path home = Path.of(".");

  @Option(names = "--times", defaultValue = "10", description = "Kills; default ${DEFAULT-VALUE}.")
  private int times;

  @Option(names = "--shape", defaultValue = "unique", description = "unique, loops or small.")
  private String shape = "unique";

  @Option(names = "--seed", defaultValue = "1", description = "Seed; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--work-dir", description = "Where the store is made; default: a temporary one.")
  private @Nullable Path workDir;

  @Option(
      names = "--server-option",
      description = "Handed to 'tracewell up', for example --server-option=--engine-memory=1GB.")
  private List<String> serverOptions = List.of();

  @Mixin private LoadOptions loadOptions = new LoadOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path dir = workDir == null ? Files.createTempDirectory("tracewell-crash") : workDir;
    Path dataDir = dir.resolve("data");
    Shape kind = Shape.valueOf(shape.toUpperCase(Locale.ROOT));
    String run = "crash-" + kind.option() + "-" + seed;
    Random64 random = new Random64(seed);
    int port = ServerProcess.freePort();
    ServerProcess server = ServerProcess.start(home, dataDir, port, serverOptions);
    Api api = new Api(server.endpoint);
    boolean orphan = false;
    try (VisibilityProbe probe = new VisibilityProbe(api)) {
      Load load =
          new Load(
              loadOptions.load(
                  server.endpoint,
                  kind,
                  seed,
                  run,
                  Duration.ofHours(1),
                  Long.MAX_VALUE,
                  Duration.ZERO,
                  dir.resolve("acks")),
              new Corpus(seed),
              probe);
      CompletableFuture<Load.Result> result =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return load.run();
                } catch (IOException e) {
                  throw new CompletionException(e);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                  throw new CompletionException(e);
                }
              });
      try {
        for (int i = 0; i < times; i++) {
          Thread.sleep(random.between(1_000, 4_000));
          ProcessHandle engine = server.engine();
          if (i % 2 == 0) {
            System.err.printf("%,d acknowledged; killing the server%n", load.acknowledged());
            server.kill();
            orphan |= !endsWithin(engine, Duration.ofSeconds(15));
            server = ServerProcess.start(home, dataDir, port, serverOptions);
          } else {
            System.err.printf("%,d acknowledged; killing the engine%n", load.acknowledged());
            engine.destroyForcibly();
            orphan |= !endsWithin(engine, Duration.ofSeconds(15));
            server.awaitReady();
          }
        }
        Thread.sleep(2_000);
      } finally {
        load.stop();
      }
      Load.Result sent = result.join();
      double unused = Measurement.waitForSpool(api);
      Engine engine = Engine.of(dataDir);
      RunCommand.awaitStored(engine, run, sent.spans());
      Thread.sleep(15_000); // the rollups of the last minutes
      ReadBack.Findings found = ReadBack.compare(engine, run, sent.ids().sorted());
      System.out.printf(
          "%d kills: acknowledged %,d, lost %,d, doubled %,d, stored without acknowledgement %,d,"
              + " counted in traces %,d, in rollups %,d%s%n",
          times,
          found.acknowledged(),
          found.lost(),
          found.doubled(),
          found.extra(),
          found.inTraces(),
          found.inRollups(),
          orphan ? "; an engine outlived its server" : "");
      return found.lost() == 0 && found.doubled() == 0 && !orphan ? 0 : 1;
    } finally {
      server.close();
      if (workDir == null) {
        RunCommand.delete(dir);
      }
    }
  }

  private static boolean endsWithin(ProcessHandle process, Duration time)
      throws InterruptedException {
    long deadline = System.nanoTime() + time.toNanos();
    while (process.isAlive() && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    return !process.isAlive();
  }
}
