package io.tracewell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed under load. Surefire sets TRACEWELL_NO_BUILD: the modules are built. */
class CrashTest {
  @TempDir Path dir;

  @Test
  void ten_kills_of_server_and_engine_lose_nothing_acknowledged_and_double_nothing() {
    int exit =
        BenchMain.execute(
            "crash",
            "--times",
            "10",
            "--home",
            System.getProperty("tracewell.home"),
            "--work-dir",
            dir.toString());
    assertThat(exit).as("0: as many spans stored as acknowledged, none twice").isZero();
  }
}
