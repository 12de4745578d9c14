package io.tracewell.server.store;

import io.tracewell.engine.EngineMain;
import io.tracewell.server.clickhouse.ClickHouse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real engine as a process of its own, on one port for all its lives. */
public final class TestEngine implements AutoCloseable {
  private final Path directory;
  private final int port;
  private Process process;

  /** Starts it; its data lies in {@code directory}. */
  public TestEngine(Path directory) throws IOException {
    this.directory = directory;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    process = launch();
  }

  /** Where it answers. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** A client of its default database. */
  public ClickHouse client() {
    return new ClickHouse(new ClickHouse.Options(url(), "test", "secret", "default"));
  }

  /** Ends it as a power cut would, as far as the process is concerned. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  void restart() throws IOException {
    process = launch();
  }

  private Process launch() throws IOException {
    Process started =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    EngineMain.class.getName(),
                    "--data-dir",
                    directory.toString(),
                    "--port",
                    Integer.toString(port)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    OutputStream in = started.getOutputStream();
    in.write("test\nsecret\n".getBytes(StandardCharsets.UTF_8));
    in.flush();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null || !line.startsWith("ready")) {
      throw new IOException("the engine did not start: " + line);
    }
    return started;
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException | InterruptedException e) {
      process.destroyForcibly();
    }
  }
}
