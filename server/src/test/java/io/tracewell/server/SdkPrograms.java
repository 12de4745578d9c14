package io.tracewell.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.server.config.Config;
import io.tracewell.testkit.FakeProvider;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What tests with real SDKs share: a server, the fake provider, and programs run from outside. */
final class SdkPrograms implements AutoCloseable {
  static final Path HOME = Path.of(System.getProperty("tracewell.home"));
  static final Path SDK = HOME.resolve("server/src/test/sdk");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UV = "uv==0.13.9";

  final FakeProvider provider;
  private final Path dir;
  private final App app;

  /** Starts both; what they keep goes into {@code dir}. */
  SdkPrograms(Path dir) throws IOException, InterruptedException {
    this.dir = dir;
    provider = FakeProvider.start(FakeProvider.Options.standard());
    app =
        new App(
            Config.read(
                Map.of("listen", "127.0.0.1:0", "data-dir", dir.resolve("data").toString()),
                Map.of(),
                null),
            Clock.systemUTC());
    app.awaitReady(Duration.ofSeconds(120));
  }

  /** http://127.0.0.1:PORT of the server. */
  String endpoint() {
    return "http://127.0.0.1:" + app.listeners().getFirst().port();
  }

  /** JSON of a route of the server that must answer 200; a busy one may ask for some patience. */
  JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(endpoint() + path)).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      for (int attempt = 0; attempt < 10 && answer.statusCode() == 503; attempt++) {
        Thread.sleep(2000);
        answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      }
      assertThat(answer.statusCode()).as(path + " " + answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    }
  }

  private static List<String> pip(Path venv, Path requirements) {
    return List.of(
        venv.resolve("bin/pip").toString(),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        requirements.toString());
  }

  /** uv, which installs in seconds what takes pip minutes; null where it can't be had. */
  private static @Nullable Path uv(Path dir) throws IOException, InterruptedException {
    Path venv = HOME.resolve(".tracewell/sdk/uv");
    try (FileChannel ignored = alone(venv)) {
      return uv(dir, venv);
    }
  }

  private static @Nullable Path uv(Path dir, Path venv) throws IOException, InterruptedException {
    Path uv = venv.resolve("bin/uv");
    if (Files.isExecutable(uv)) {
      return uv;
    }
    for (List<String> command :
        List.of(
            List.of("python3", "-m", "venv", "--clear", venv.toString()),
            List.of(venv.resolve("bin/pip").toString(), "install", "--quiet", UV))) {
      try {
        Path log = Files.createTempFile(dir, "install", ".log");
        if (!failure(command, HOME, Map.of(), Duration.ofMinutes(2), log).isEmpty()) {
          return null;
        }
      } catch (IOException e) {
        return null;
      }
    }
    return uv;
  }

  /** A virtual environment with those requirements; skips the test where it can't be made. */
  Path python(String name) throws IOException, InterruptedException {
    Path venv = HOME.resolve(".tracewell/sdk").resolve(name);
    Path requirements = SDK.resolve(name).resolve("requirements.txt");
    Path fast = uv(dir);
    install(
        venv,
        requirements,
        "Python with the packages of " + name,
        List.of("python3", "-m", "venv", "--clear", venv.toString()),
        fast == null
            ? pip(venv, requirements)
            : List.of(
                fast.toString(),
                "pip",
                "install",
                "--quiet",
                "--python",
                venv.resolve("bin/python").toString(),
                "-r",
                requirements.toString()));
    return venv;
  }

  /** The packages of {@code package-lock.json}, beside the programs; skips as {@link #python}. */
  Path node(String name) throws IOException, InterruptedException {
    // npm finds its lock file to be of another place where the way there has a link.
    Path modules =
        Files.createDirectories(HOME.resolve(".tracewell/sdk").resolve(name)).toRealPath();
    try (Stream<Path> files = Files.list(SDK.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, modules.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    install(
        modules.resolve("node_modules"),
        SDK.resolve(name).resolve("package-lock.json"),
        "Node with the packages of " + name,
        List.of("npm", "ci", "--no-audit", "--no-fund", "--prefix", modules.toString()));
    return modules;
  }

  /** Major version of a Node. */
  static int nodeVersion(String node) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(node, "--version").start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return Integer.parseInt(said.strip().replaceFirst("^v(\\d+).*", "$1"));
  }

  /** The jars of {@code pom.xml} in {@code lib}; skips as {@link #python}. */
  Path java(String name) throws IOException, InterruptedException {
    Path jars = HOME.resolve(".tracewell/sdk").resolve(name);
    Files.createDirectories(jars);
    install(
        jars,
        SDK.resolve(name).resolve("pom.xml"),
        "Java with the libraries of " + name,
        List.of(
            "mvn",
            "-q",
            "-B",
            "-f",
            SDK.resolve(name).resolve("pom.xml").toString(),
            "dependency:copy-dependencies",
            "-DoutputDirectory=" + jars.resolve("lib")));
    return jars;
  }

  /** A second server that asks for a key. */
  record Keyed(App app, String key) implements AutoCloseable {
    String endpoint() {
      return "http://127.0.0.1:" + app.listeners().getFirst().port();
    }

    JsonNode get(String path) throws IOException, InterruptedException {
      try (HttpClient client = HttpClient.newHttpClient()) {
        return JSON.readTree(
            client
                .send(
                    HttpRequest.newBuilder(URI.create(endpoint() + path))
                        .header("Authorization", "Bearer " + key)
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
      }
    }

    @Override
    public void close() {
      app.close();
    }
  }

  Keyed keyed(Path data, String key) throws IOException, InterruptedException {
    App keyed =
        new App(
            Config.read(
                Map.of("listen", "127.0.0.1:0", "data-dir", data.toString(), "api-key", key),
                Map.of(),
                null),
            Clock.systemUTC());
    keyed.awaitReady(Duration.ofSeconds(120));
    return new Keyed(keyed, key);
  }

  /** Holds off other test processes from a folder until it is closed. */
  private static FileChannel alone(Path folder) throws IOException {
    Path file = folder.resolveSibling(folder.getFileName() + ".lock");
    Files.createDirectories(file.toAbsolutePath().getParent());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    assertThat(lock.isValid()).isTrue();
    return channel;
  }

  /** Installs once per content of {@code lock}; skips the test where that can't be done. */
  @SafeVarargs
  final void install(Path target, Path lock, String what, List<String>... commands)
      throws IOException, InterruptedException {
    try (FileChannel ignored = alone(target)) {
      installAlone(target, lock, what, commands);
    }
  }

  @SafeVarargs
  private void installAlone(Path target, Path lock, String what, List<String>... commands)
      throws IOException, InterruptedException {
    Path stamp = target.resolve(".tracewell-installed");
    String wanted = Files.readString(lock);
    if (Files.exists(stamp) && Files.readString(stamp).equals(wanted)) {
      return;
    }
    for (List<String> command : commands) {
      String failure;
      try {
        failure =
            failure(
                command,
                HOME,
                Map.of(),
                Duration.ofMinutes(5),
                Files.createTempFile(dir, "install", ".log"));
      } catch (IOException e) {
        failure = String.valueOf(e.getMessage());
      }
      assumeTrue(
          failure.isEmpty(),
          what
              + " could not be installed (is the package registry reachable?): "
              + failure.substring(Math.max(0, failure.length() - 300)).replace('\n', ' '));
    }
    Files.writeString(stamp, wanted);
  }

  /** Runs a program that must end well within three minutes. */
  void run(List<String> command, Path workingDir, Map<String, String> environment)
      throws IOException, InterruptedException {
    output(command, workingDir, environment);
  }

  /** Runs a program as {@link #run}; what it printed. */
  String output(List<String> command, Path workingDir, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(dir, "run", ".log");
    assertThat(failure(command, workingDir, environment, Duration.ofMinutes(3), output)).isEmpty();
    return Files.readString(output);
  }

  /** What went wrong, or nothing. SDK settings of this machine are kept away from the program. */
  private static String failure(
      List<String> command,
      Path workingDir,
      Map<String, String> environment,
      Duration most,
      Path output)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workingDir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .redirectInput(new File("/dev/null"));
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.startsWith("OTEL_") || key.startsWith("DD_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      return "it did not end within " + most + ": " + Files.readString(output);
    }
    return process.exitValue() == 0
        ? ""
        : "exit " + process.exitValue() + ": " + Files.readString(output);
  }

  @Override
  public void close() {
    app.close();
    provider.close();
  }
}
