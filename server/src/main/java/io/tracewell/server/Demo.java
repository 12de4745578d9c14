package io.tracewell.server;

import io.tracewell.server.http.Listen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The example applications as a process of their own, as real applications are. It ends when its
 * standard input closes, so also when this process is killed.
 */
final class Demo implements AutoCloseable {
  private final Process process;

  private Demo(Process process) {
    this.process = process;
  }

  /**
   * Starts them against that listener; what they remember is kept in the data directory.
   *
   * @param keys of the server, where it wants one
   */
  static Demo start(Listen listen, Path dataDir, List<String> keys) throws IOException {
    String home = System.getProperty("tracewell.home");
    if (home == null) {
      throw new IOException(
          "The demo is started by './tracewell demo' (tracewell.home is not set).");
    }
    Path target = Path.of(home, "examples", "target");
    if (!Files.isDirectory(target.resolve("lib"))) {
      throw new IOException(
          "The example applications are not built. './tracewell demo' builds them.");
    }
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx300m",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    target.resolve("tracewell-examples-0.1.0-SNAPSHOT.jar")
                        + java.io.File.pathSeparator
                        + target.resolve("lib")
                        + "/*",
                    "io.tracewell.examples.DemoMain",
                    "--endpoint",
                    "http://127.0.0.1:" + listen.port(),
                    "--state-dir",
                    dataDir.resolve("demo").toString(),
                    "--exit-with-stdin"))
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    if (!keys.isEmpty()) {
      // Not on the command line, which every user of the machine can read.
      builder.environment().put("TRACEWELL_DEMO_API_KEY", keys.getFirst());
    }
    return new Demo(builder.start());
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
