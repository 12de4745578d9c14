package io.tracewell.server.metadata;

import io.tracewell.server.http.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;

/** The metadata store with its routes. */
public final class Metadata implements AutoCloseable {
  private final Database database;
  private final List<Routes> routes;

  /**
   * Opens the store in {@code file}.
   *
   * @throws IOException with what to do where it can't be opened
   */
  public Metadata(Path file, Clock clock) throws IOException {
    database = Database.open(file);
    Projects projects = new Projects(database, clock);
    Datasets datasets = new Datasets(database, clock);
    Experiments experiments = new Experiments(database, clock);
    Prompts prompts = new Prompts(database, clock);
    routes =
        List.of(
            new ControlPlane(projects, datasets, experiments),
            new Drafts(database, datasets, clock),
            new ExperimentationSearch(projects, datasets, experiments),
            new PromptRoutes(prompts),
            new MetadataApi(projects, datasets, experiments, prompts));
  }

  /** Datadog's control plane and the reads under /api/v1. */
  public List<Routes> routes() {
    return routes;
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
