package io.tracewell.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds libchdb. A path in the system property {@code tracewell.engine.library} or in the
 * environment variable {@code TRACEWELL_ENGINE_LIBRARY} wins; else it is where {@code npm ci} in
 * {@code engine/} puts it, below the folder of the installation (system property {@code
 * tracewell.home}) or below the working folder or one of its parents.
 */
public final class EngineLibrary {
  /** The version that the lock file pins and that the tests run. */
  public static final String VERSION = "26.7.3-stable.1";

  /** Names a file that is used in place of the one from npm. */
  public static final String ENVIRONMENT = "TRACEWELL_ENGINE_LIBRARY";

  private static final String VERIFIED = "linux-x64-gnu";

  private EngineLibrary() {}

  /** The library is missing; the message says how to mend it. */
  public static final class MissingException extends IOException {
    private static final long serialVersionUID = 1L;

    MissingException(String message) {
      super(message);
    }
  }

  /** Linux on x64 is the platform that the tests run on; others may work. */
  public static boolean verifiedPlatform() {
    return platform().equals(VERIFIED);
  }

  /** Name of this platform as npm's packages spell it, for example {@code linux-x64-gnu}. */
  public static String platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "");
    String cpu =
        switch (arch) {
          case "amd64", "x86_64" -> "x64";
          case "aarch64", "arm64" -> "arm64";
          default -> arch;
        };
    if (os.startsWith("linux")) return "linux-" + cpu + "-gnu";
    if (os.startsWith("mac")) return "darwin-" + cpu;
    return os.replace(' ', '-') + "-" + cpu;
  }

  /** The file of the library. */
  public static Path find() throws MissingException {
    String named = System.getProperty("tracewell.engine.library", System.getenv(ENVIRONMENT));
    if (named != null && !named.isBlank()) {
      Path file = Path.of(named).toAbsolutePath();
      if (Files.isRegularFile(file)) return file;
      throw new MissingException(
          ENVIRONMENT
              + " names "
              + file
              + ", which is not a file. Name a libchdb file or unset it.");
    }
    String platform = platform();
    String inside = "engine/node_modules/@chdb/lib-" + platform;
    for (Path home : homes()) {
      for (String name : List.of("libchdb.so", "libchdb.dylib")) {
        Path file = home.resolve(inside).resolve(name);
        if (Files.isRegularFile(file)) return file;
      }
    }
    throw new MissingException(missing(platform, inside));
  }

  private static String missing(String platform, String inside) {
    if (platform.equals(VERIFIED))
      return "The storage engine (libchdb "
          + VERSION
          + ") is not installed: looked for "
          + inside
          + " below "
          + homes()
          + ". Run 'npm ci' in the folder engine/, or ./tracewell doctor.";
    return "There is no verified build of the storage engine for this platform ("
        + platform
        + "). Linux on x64 with glibc is verified. To try anyway, run 'npm install --no-save @chdb/lib-"
        + platform
        + "@"
        + VERSION
        + "' in the folder engine/ if that package exists, or set "
        + ENVIRONMENT
        + " to a libchdb file; or use a ClickHouse server with --clickhouse-url.";
  }

  private static List<Path> homes() {
    List<Path> homes = new ArrayList<>();
    String home = System.getProperty("tracewell.home");
    if (home != null) homes.add(Path.of(home).toAbsolutePath());
    for (@Nullable Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("engine/package.json"))) homes.add(at);
    }
    return homes;
  }
}
