package io.tracewell.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server of our own, started by the launcher as a user starts it, on a data directory. */
final class ServerProcess implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(60);

  final URI endpoint;
  final Path dataDir;
  final Path log;

  /** From the command to ready. */
  final Duration startTime;

  private final Process process;

  private ServerProcess(URI endpoint, Path dataDir, Path log, Process process, Duration startTime) {
    this.endpoint = endpoint;
    this.dataDir = dataDir;
    this.log = log;
    this.process = process;
    this.startTime = startTime;
  }

  /** Starts {@code home/tracewell up} and waits until it is ready. */
  static ServerProcess start(Path home, Path dataDir, int port, List<String> more)
      throws IOException, InterruptedException {
    Files.createDirectories(dataDir);
    Path log = dataDir.resolveSibling(dataDir.getFileName() + ".log");
    List<String> command =
        new ArrayList<>(
            List.of(
                home.resolve("tracewell").toString(),
                "up",
                "--listen",
                "127.0.0.1:" + port,
                "--data-dir",
                dataDir.toString()));
    command.addAll(more);
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    URI endpoint = URI.create("http://127.0.0.1:" + port);
    awaitReady(process, endpoint, log);
    return new ServerProcess(
        endpoint, dataDir, log, process, Duration.ofNanos(System.nanoTime() - start));
  }

  private static void awaitReady(Process process, URI endpoint, Path log)
      throws IOException, InterruptedException {
    Api api = new Api(endpoint);
    long deadline = System.nanoTime() + START.toNanos();
    while (!api.ready()) {
      boolean alive = process.isAlive();
      if (!alive || System.nanoTime() > deadline) {
        process.destroyForcibly();
        String reason = alive ? "was not ready in two minutes" : "ended by itself";
        throw new IOException("the server " + reason + "; its output is in " + log);
      }
      Thread.sleep(50);
    }
  }

  /** Waits until it can store and answer. */
  void awaitReady() throws IOException, InterruptedException {
    awaitReady(process, endpoint, log);
  }

  /** Ends the server as a crash would, and nothing else. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Its engine. */
  ProcessHandle engine() throws IOException {
    return process
        .descendants()
        .findFirst()
        .orElseThrow(() -> new IOException("the server has no engine; its output is in " + log));
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The server and its children. */
  List<ProcessWatch> processes() {
    return processes(process.toHandle());
  }

  /** The process and its children; those are engines. */
  static List<ProcessWatch> processes(ProcessHandle server) {
    List<ProcessWatch> result = new ArrayList<>();
    result.add(new ProcessWatch("server", server.pid()));
    server.descendants().forEach(child -> result.add(new ProcessWatch("engine", child.pid())));
    return result;
  }

  @Override
  public void close() {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
