package io.tracewell.server.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.metadata.Datasets.Dataset;
import io.tracewell.server.metadata.Datasets.Item;
import io.tracewell.server.metadata.Experiments.Experiment;
import io.tracewell.server.metadata.Prompts.Named;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Projects, datasets, experiments and prompts in the JSON API under /api/v1. Reads only. */
final class MetadataApi implements Routes {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Projects projects;
  private final Datasets datasets;
  private final Experiments experiments;
  private final Prompts prompts;

  MetadataApi(Projects projects, Datasets datasets, Experiments experiments, Prompts prompts) {
    this.projects = projects;
    this.datasets = datasets;
    this.experiments = experiments;
    this.prompts = prompts;
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get(
        "/api/v1/projects",
        ctx -> {
          Page page = page(ctx, Long.MAX_VALUE);
          answer(
              ctx,
              "projects",
              page,
              projects.list(null, null, page.from, page.limit + 1),
              Projects.Project::seq,
              project -> flat(ControlPlane.project(project)));
        });
    routes.get(
        "/api/v1/datasets",
        ctx -> {
          Page page = page(ctx, Long.MAX_VALUE);
          answer(
              ctx,
              "datasets",
              page,
              datasets.list(
                  parameter(ctx, "project"),
                  null,
                  parameter(ctx, "name"),
                  page.from,
                  page.limit + 1),
              Dataset::seq,
              this::dataset);
        });
    routes.get(
        "/api/v1/datasets/{dataset_id}",
        ctx -> {
          ObjectNode dataset = dataset(datasets.get(ctx.pathParam("dataset_id")));
          ArrayNode versions = dataset.putArray("versions");
          for (Datasets.Version version : datasets.versions(ctx.pathParam("dataset_id"))) {
            ObjectNode one = versions.addObject();
            one.put("version", version.number());
            one.put("created_at", Documents.time(version.created()));
          }
          ControlPlane.answer(ctx, 200, dataset);
        });
    routes.get(
        "/api/v1/datasets/{dataset_id}/records",
        ctx -> {
          Page page = page(ctx, 0);
          answer(
              ctx,
              "records",
              page,
              datasets.records(
                  ctx.pathParam("dataset_id"),
                  whole(ctx, "version"),
                  ctx.queryParams("tag"),
                  page.from,
                  page.limit + 1),
              Item::position,
              item ->
                  (ObjectNode) ControlPlane.record(item).without(List.of("type", "attributes")));
        });
    routes.get(
        "/api/v1/experiments",
        ctx -> {
          Page page = page(ctx, Long.MAX_VALUE);
          answer(
              ctx,
              "experiments",
              page,
              experiments.list(
                  new Experiments.Filter(
                      List.of(),
                      parameter(ctx, "project"),
                      parameter(ctx, "dataset"),
                      null,
                      parameter(ctx, "name"),
                      List.of(),
                      false),
                  page.from,
                  page.limit + 1),
              Experiment::seq,
              MetadataApi::experiment);
        });
    routes.get(
        "/api/v1/experiments/{experiment_id}",
        ctx ->
            ControlPlane.answer(
                ctx, 200, experiment(experiments.get(ctx.pathParam("experiment_id")))));
    routes.get(
        "/api/v1/prompts",
        ctx -> {
          ObjectNode body = Documents.object();
          ArrayNode list = body.putArray("prompts");
          for (Prompts.Prompt prompt : prompts.list(null)) {
            list.add(prompt(prompt));
          }
          ControlPlane.answer(ctx, 200, body);
        });
    routes.get(
        "/api/v1/prompts/{prompt_id}",
        ctx -> {
          String promptId = ctx.pathParam("prompt_id");
          ObjectNode prompt = prompt(prompts.get(promptId));
          ArrayNode versions = prompt.putArray("versions");
          for (Named named : prompts.versions(promptId)) {
            ObjectNode version = PromptRoutes.version(named);
            version.remove(
                List.of("prompt_id", "prompt_uuid", "prompt_version_uuid", "version_created_at"));
            version.put("id", named.version().id());
            versions.add(version);
          }
          ControlPlane.answer(ctx, 200, prompt);
        });
  }

  private ObjectNode dataset(Dataset dataset) {
    ObjectNode flat = flat(ControlPlane.dataset(dataset));
    flat.put("records", datasets.count(dataset.id()));
    return flat;
  }

  private static ObjectNode experiment(Experiment experiment) {
    ObjectNode flat = flat(ControlPlane.experiment(experiment));
    if (!flat.has("status")) {
      flat.putNull("status");
    }
    return flat;
  }

  private static ObjectNode prompt(Prompts.Prompt prompt) {
    ObjectNode node = PromptRoutes.prompt(prompt);
    node.remove(List.of("source", "created_from", "in_registry"));
    node.put("id", prompt.id());
    return node;
  }

  private static ObjectNode flat(ObjectNode item) {
    ObjectNode flat = ((ObjectNode) item.path("attributes")).deepCopy();
    flat.put("id", item.path("id").asText());
    return flat;
  }

  private record Page(long from, int limit) {}

  private static Page page(Context ctx, long first) {
    Integer limit = whole(ctx, "limit");
    String cursor = parameter(ctx, "cursor");
    long from = first;
    try {
      from = cursor == null ? first : Long.parseLong(cursor, 36);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest(
          "“cursor” can't be read. Send next_cursor of the page before unchanged, or leave it out.");
    }
    int rows = limit == null ? DEFAULT_LIMIT : limit;
    if (rows < 1 || rows > MAX_LIMIT) {
      throw ApiException.badRequest("“limit” must be a whole number from 1 to " + MAX_LIMIT + ".");
    }
    return new Page(from, rows);
  }

  private static @Nullable String parameter(Context ctx, String name) {
    String value = ctx.queryParam(name);
    return value == null || value.isEmpty() ? null : value;
  }

  private static @Nullable Integer whole(Context ctx, String name) {
    String value = parameter(ctx, name);
    if (value == null) {
      return null;
    }
    try {
      return Integer.valueOf(value);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("“" + name + "” must be a whole number.");
    }
  }

  private static <T> void answer(
      Context ctx,
      String name,
      Page page,
      List<T> rows,
      ToLongFunction<T> number,
      Function<T, ? extends JsonNode> view) {
    ObjectNode body = Documents.object();
    ArrayNode list = body.putArray(name);
    for (T row : rows.subList(0, Math.min(rows.size(), page.limit))) {
      list.add(view.apply(row));
    }
    body.put(
        "next_cursor",
        rows.size() > page.limit
            ? Long.toString(number.applyAsLong(rows.get(page.limit - 1)), 36)
            : null);
    ControlPlane.answer(ctx, 200, body);
  }
}
