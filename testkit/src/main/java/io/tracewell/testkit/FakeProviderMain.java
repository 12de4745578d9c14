package io.tracewell.testkit;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the fake provider as a program: prints {@code ready PORT} and serves until it is ended. */
@Command(
    name = "fake-provider",
    mixinStandardHelpOptions = true,
    description = "Serves the HTTP APIs of OpenAI and Anthropic with made-up answers.")
public final class FakeProviderMain implements Callable<Integer> {
  @Option(names = "--port", description = "0 for a free one (default)")
  private int port;

  @Option(names = "--seed", description = "Same seed, same answers (default 1)")
  private long seed = 1;

  @Option(names = "--latency", description = "Factor on natural answer times, 0 for none (default)")
  private double latency;

  @Option(names = "--log", description = "File that gets one JSON object for each request")
  private @Nullable Path log;

  @Option(names = "--exit-with-stdin", description = "End when standard input closes")
  private boolean exitWithStdin;

  public static void main(String[] args) {
    System.exit(new CommandLine(new FakeProviderMain()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    FakeProvider provider =
        FakeProvider.start(
            new FakeProvider.Options(port, seed, Script.standard(), latency, 100, log));
    try (provider) {
      Runtime.getRuntime().addShutdownHook(new Thread(provider::close));
      System.out.println("ready " + provider.port());
      System.out.flush();
      if (exitWithStdin) {
        while (System.in.read() >= 0) {
          // Only its end matters.
        }
      } else {
        end.await();
      }
    }
    return 0;
  }
}
