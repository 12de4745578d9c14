package io.tracewell.server.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.metadata.Datasets.Changed;
import io.tracewell.server.metadata.Datasets.Dataset;
import io.tracewell.server.metadata.Datasets.Insert;
import io.tracewell.server.metadata.Datasets.Item;
import io.tracewell.server.metadata.Datasets.Update;
import io.tracewell.server.metadata.Experiments.Experiment;
import io.tracewell.server.metadata.Projects.Made;
import io.tracewell.server.metadata.Projects.Project;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's API for projects, datasets and experiments, as its SDKs and its API clients call it:
 * under {@code /api/unstable} and {@code /api/v2}, with a project in the path of datasets or
 * without, also behind the agent's proxy. The two kinds of callers read answers differently, so
 * answers hold what both look for.
 */
final class ControlPlane implements Routes {
  private static final String MEDIA_TYPE = "application/json";
  private static final List<String> APIS =
      List.of("/api/unstable/llm-obs/v1", "/api/v2/llm-obs/v1");
  private static final int DEFAULT_LIMIT = 1_000;
  private static final int MAX_LIMIT = 5_000;
  private static final long MAX_ANSWER_CHARS = 20_000_000;
  private static final Pattern RECORD_ID = Pattern.compile("[A-Za-z0-9_.-]{1,128}");
  private static final String DEFAULT_PROJECT = "default-project";

  private final Projects projects;
  private final Datasets datasets;
  private final Experiments experiments;

  ControlPlane(Projects projects, Datasets datasets, Experiments experiments) {
    this.projects = projects;
    this.datasets = datasets;
    this.experiments = experiments;
  }

  @Override
  public void register(RoutesConfig routes) {
    on(routes, HandlerType.GET, "/projects", this::listProjects);
    on(routes, HandlerType.POST, "/projects", this::createProject);
    on(routes, HandlerType.PATCH, "/projects/{project}", this::updateProject);
    on(routes, HandlerType.POST, "/projects/delete", this::deleteProjects);

    on(routes, HandlerType.GET, "/experiments", this::listExperiments);
    on(routes, HandlerType.POST, "/experiments", this::createExperiment);
    on(routes, HandlerType.POST, "/experiments/delete", this::deleteExperiments);
    on(routes, HandlerType.PATCH, "/experiments/{experiment}", this::updateExperiment);

    for (String base : List.of("/datasets", "/{project}/datasets")) {
      on(routes, HandlerType.GET, base, this::listDatasets);
      on(routes, HandlerType.POST, base, this::createDataset);
      on(routes, HandlerType.POST, base + "/delete", this::deleteDatasets);
      on(routes, HandlerType.PATCH, base + "/{dataset}", this::updateDataset);
      on(routes, HandlerType.GET, base + "/{dataset}/records", this::listRecords);
      on(routes, HandlerType.POST, base + "/{dataset}/records", this::addRecords);
      on(routes, HandlerType.PATCH, base + "/{dataset}/records", this::updateRecords);
      on(routes, HandlerType.POST, base + "/{dataset}/records/delete", this::deleteRecords);
      on(routes, HandlerType.POST, base + "/{dataset}/records/upload", this::uploadRecords);
      on(routes, HandlerType.POST, base + "/{dataset}/batch_update", this::batchUpdate);
      on(routes, HandlerType.GET, base + "/{dataset}/versions", this::versions);
      on(routes, HandlerType.POST, base + "/{dataset}/restore", this::restore);
      on(routes, HandlerType.POST, base + "/{dataset}/clone", this::copy);
      on(routes, HandlerType.GET, base + "/{dataset}/export", this::export);
    }
    routes.addHttpHandler(
        HandlerType.POST,
        "/api/v2/llm-obs/v2/{project}/datasets/{dataset}/records/upload",
        answering(this::uploadRecords));
  }

  /** Under both APIs, and behind the agent's proxy. */
  static void on(RoutesConfig routes, HandlerType method, String path, Handler handler) {
    for (String api : APIS) {
      routes.addHttpHandler(method, api + path, answering(handler));
      routes.addHttpHandler(method, "/evp_proxy/{proxy}" + api + path, answering(handler));
    }
  }

  /** Refusals in the shape that Datadog's clients read, {@code detail} for those of its SDKs. */
  static Handler answering(Handler handler) {
    return ctx -> {
      try {
        handler.handle(ctx);
      } catch (ApiException e) {
        ObjectNode body = Documents.object();
        ObjectNode error = body.putArray("errors").addObject();
        error.put("title", e.code());
        error.put("status", Integer.toString(e.status()));
        error.put("detail", e.getMessage());
        body.put("detail", e.getMessage());
        ctx.status(e.status()).contentType(MEDIA_TYPE).result(Documents.write(body));
      }
    };
  }

  static void answer(Context ctx, int status, JsonNode body) {
    ctx.status(status).contentType(MEDIA_TYPE).result(Documents.write(body));
  }

  /** {@code data.attributes}, whatever the type says. */
  static JsonNode attributes(Context ctx) {
    JsonNode attributes = Documents.body(ctx.bodyAsBytes()).path("data").path("attributes");
    if (!attributes.isObject()) {
      throw ApiException.badRequest(
          "“data.attributes” is missing. Send {\"data\":{\"type\":…,\"attributes\":{…}}}.");
    }
    return attributes;
  }

  // SDKs take nothing but 200 on the older paths; the documented ones tell what was made.
  private static int made(Context ctx, boolean isNew) {
    return isNew && ctx.path().contains("/api/v2/") ? 201 : 200;
  }

  private static void deleted(Context ctx) {
    if (ctx.path().contains("/api/v2/")) {
      ctx.status(204);
    } else {
      answer(ctx, 200, Documents.object());
    }
  }

  private static @Nullable String filter(Context ctx, String name) {
    String value = ctx.queryParam("filter[" + name + "]");
    return value == null || value.isEmpty() ? null : value;
  }

  /** A page of a list; the cursor is the number of the last row, opaque to callers. */
  private static <T> void page(
      Context ctx,
      long first,
      BiFunction<Long, Integer, List<T>> read,
      ToLongFunction<T> number,
      java.util.function.Function<T, ObjectNode> item) {
    String sent = ctx.queryParam("page[limit]");
    int limit = DEFAULT_LIMIT;
    long from = first;
    try {
      limit = sent == null || sent.isEmpty() ? limit : Integer.parseInt(sent);
      String cursor = ctx.queryParam("page[cursor]");
      from = cursor == null || cursor.isEmpty() ? from : Long.parseLong(cursor, 36);
    } catch (NumberFormatException e) {
      limit = 0;
    }
    if (limit < 1) {
      throw ApiException.badRequest(
          "“page[limit]” must be a whole number from 1 to "
              + MAX_LIMIT
              + ", and “page[cursor]” what “meta.after” of the page before was.");
    }
    limit = Math.min(limit, MAX_LIMIT);
    List<T> rows = read.apply(from, limit + 1);
    ObjectNode body = Documents.object();
    ArrayNode data = body.putArray("data");
    String after = null;
    long chars = 0;
    for (int i = 0; i < rows.size(); i++) {
      if (i == limit || chars > MAX_ANSWER_CHARS) {
        after = Long.toString(number.applyAsLong(rows.get(i - 1)), 36);
        break;
      }
      ObjectNode one = item.apply(rows.get(i));
      chars += Documents.write(one).length();
      data.add(one);
    }
    body.putObject("meta").put("after", after);
    answer(ctx, 200, body);
  }

  static ObjectNode item(String type, String id, ObjectNode attributes) {
    ObjectNode node = Documents.object();
    node.put("id", id);
    node.put("type", type);
    node.set("attributes", attributes);
    return node;
  }

  static ObjectNode data(ObjectNode item) {
    ObjectNode body = Documents.object();
    body.set("data", item);
    return body;
  }

  // ---- projects ----

  private void listProjects(Context ctx) {
    page(
        ctx,
        Long.MAX_VALUE,
        (before, limit) -> projects.list(filter(ctx, "id"), filter(ctx, "name"), before, limit),
        Project::seq,
        ControlPlane::project);
  }

  private void createProject(Context ctx) {
    JsonNode sent = attributes(ctx);
    Made<Project> made =
        projects.getOrCreate(
            Documents.required(sent, "name"), Documents.text(sent, "description", ""));
    answer(ctx, made(ctx, made.isNew()), data(project(made.value())));
  }

  private void updateProject(Context ctx) {
    JsonNode sent = attributes(ctx);
    Project project =
        projects.update(
            ctx.pathParam("project"),
            Documents.text(sent, "name"),
            Documents.text(sent, "description"));
    answer(ctx, 200, data(project(project)));
  }

  private void deleteProjects(Context ctx) {
    projects.delete(Documents.strings(attributes(ctx).path("project_ids")));
    deleted(ctx);
  }

  static ObjectNode project(Project project) {
    ObjectNode attributes = Documents.object();
    attributes.put("name", project.name());
    attributes.put("description", project.description());
    attributes.put("created_at", Documents.time(project.created()));
    attributes.put("updated_at", Documents.time(project.updated()));
    return item("projects", project.id(), attributes);
  }

  // ---- datasets ----

  /** The project of the path, by id; by name where a caller has no id; null for none. */
  private @Nullable String projectId(Context ctx) {
    return ctx.pathParamMap().containsKey("project") ? ctx.pathParam("project") : null;
  }

  private void listDatasets(Context ctx) {
    page(
        ctx,
        Long.MAX_VALUE,
        (before, limit) ->
            datasets.list(projectId(ctx), filter(ctx, "id"), filter(ctx, "name"), before, limit),
        Dataset::seq,
        ControlPlane::dataset);
  }

  private void createDataset(Context ctx) {
    JsonNode sent = attributes(ctx);
    String project = projectId(ctx);
    if (project == null) {
      project = projects.getOrCreate(DEFAULT_PROJECT, "").value().id();
    } else {
      projects.get(project);
    }
    Made<Dataset> made =
        datasets.getOrCreate(
            project,
            Documents.required(sent, "name"),
            Documents.text(sent, "description", ""),
            Documents.objectAt(sent, "metadata"));
    answer(ctx, made(ctx, made.isNew()), data(dataset(made.value())));
  }

  private void updateDataset(Context ctx) {
    JsonNode sent = attributes(ctx);
    answer(
        ctx,
        200,
        data(
            dataset(
                datasets.update(
                    ctx.pathParam("dataset"),
                    Documents.text(sent, "name"),
                    Documents.text(sent, "description"),
                    sent.has("metadata") ? Documents.objectAt(sent, "metadata") : null))));
  }

  private void deleteDatasets(Context ctx) {
    datasets.delete(Documents.strings(attributes(ctx).path("dataset_ids")));
    deleted(ctx);
  }

  static ObjectNode dataset(Dataset dataset) {
    ObjectNode attributes = Documents.object();
    attributes.put("name", dataset.name());
    attributes.put("description", dataset.description());
    attributes.set("metadata", Documents.read(dataset.metadata()));
    attributes.put("current_version", dataset.currentVersion());
    attributes.put("project_id", dataset.projectId());
    attributes.put("created_at", Documents.time(dataset.created()));
    attributes.put("updated_at", Documents.time(dataset.updated()));
    return item("datasets", dataset.id(), attributes);
  }

  private void versions(Context ctx) {
    ObjectNode body = Documents.object();
    ArrayNode data = body.putArray("data");
    for (Datasets.Version version : datasets.versions(ctx.pathParam("dataset"))) {
      ObjectNode attributes = Documents.object();
      attributes.put("dataset_id", version.datasetId());
      attributes.put("version_number", version.number());
      Long used = version.lastUsed();
      attributes.put("last_used", used == null ? null : Documents.time(used));
      data.add(item("dataset_version", version.datasetId() + "-" + version.number(), attributes));
    }
    answer(ctx, 200, body);
  }

  private void restore(Context ctx) {
    JsonNode version = attributes(ctx).path("dataset_version");
    if (!version.isInt()) {
      throw ApiException.badRequest("“dataset_version” is missing. It must be a whole number.");
    }
    answer(ctx, 200, data(dataset(datasets.restore(ctx.pathParam("dataset"), version.intValue()))));
  }

  private void copy(Context ctx) {
    JsonNode sent = attributes(ctx);
    answer(
        ctx,
        200,
        data(
            dataset(
                datasets.copy(
                    ctx.pathParam("dataset"),
                    Documents.required(sent, "name"),
                    Documents.text(sent, "description", "")))));
  }

  // ---- records ----

  private static @Nullable Integer version(Context ctx, String parameter) {
    String version = ctx.queryParam(parameter);
    if (version == null || version.isEmpty()) {
      return null;
    }
    try {
      return Integer.valueOf(version);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("“" + parameter + "” must be a whole number.");
    }
  }

  private void listRecords(Context ctx) {
    Integer version = version(ctx, "filter[version]");
    List<String> tags = ctx.queryParams("filter[tags]");
    page(
        ctx,
        0,
        (after, limit) -> datasets.records(ctx.pathParam("dataset"), version, tags, after, limit),
        Item::position,
        ControlPlane::record);
  }

  private void addRecords(Context ctx) {
    JsonNode sent = attributes(ctx);
    Changed changed =
        datasets.change(
            ctx.pathParam("dataset"),
            inserts(sent.path("records")),
            List.of(),
            List.of(),
            sent.path("deduplicate").asBoolean(true),
            true);
    records(ctx, made(ctx, true), changed.version(), changed.inserted());
  }

  private void updateRecords(Context ctx) {
    Changed changed =
        datasets.change(
            ctx.pathParam("dataset"),
            List.of(),
            updates(attributes(ctx).path("records")),
            List.of(),
            false,
            true);
    records(ctx, 200, changed.version(), changed.updated());
  }

  private void deleteRecords(Context ctx) {
    datasets.change(
        ctx.pathParam("dataset"),
        List.of(),
        List.of(),
        Documents.strings(attributes(ctx).path("record_ids")),
        false,
        true);
    deleted(ctx);
  }

  private void batchUpdate(Context ctx) {
    JsonNode sent = attributes(ctx);
    List<String> forAll = Documents.strings(sent.path("tags"));
    List<Insert> inserts = new ArrayList<>();
    for (Insert insert : inserts(sent.path("insert_records"))) {
      List<String> tags = new ArrayList<>(insert.tags());
      tags.addAll(forAll);
      inserts.add(
          new Insert(
              insert.id(),
              insert.input(),
              insert.expectedOutput(),
              insert.metadata(),
              tags.stream().distinct().toList()));
    }
    Changed changed =
        datasets.change(
            ctx.pathParam("dataset"),
            inserts,
            updates(sent.path("update_records")),
            Documents.strings(sent.path("delete_records")),
            sent.path("deduplicate").asBoolean(true),
            sent.path("create_new_version").asBoolean(true));
    List<Item> both = new ArrayList<>(changed.inserted());
    both.addAll(changed.updated());
    records(ctx, 200, changed.version(), both);
  }

  private static List<Insert> inserts(JsonNode records) {
    List<Insert> inserts = new ArrayList<>();
    for (JsonNode record : records) {
      if (!record.has("input")) {
        throw ApiException.badRequest("A record has no “input”. Nothing was changed.");
      }
      JsonNode tags = record.path("tag_operations");
      List<String> all = new ArrayList<>(Documents.strings(record.path("tags")));
      all.addAll(Documents.strings(tags.path("add")));
      all.addAll(Documents.strings(tags.path("set")));
      inserts.add(
          new Insert(
              recordId(record),
              Documents.write(record.path("input")),
              record.has("expected_output")
                  ? Documents.write(record.path("expected_output"))
                  : "null",
              Documents.objectAt(record, "metadata"),
              all.stream().distinct().toList()));
    }
    return inserts;
  }

  private static @Nullable String recordId(JsonNode record) {
    String id = Documents.text(record, "id");
    if (id == null || id.isEmpty()) {
      return null;
    }
    if (!RECORD_ID.matcher(id).matches()) {
      throw ApiException.badRequest(
          "The id of a record must have 1 to 128 of the characters A-Z a-z 0-9 _ . -. Nothing was"
              + " changed.");
    }
    return id;
  }

  // Null is "as it is"; Python erases with "" and {}.
  private static List<Update> updates(JsonNode records) {
    List<Update> updates = new ArrayList<>();
    for (JsonNode record : records) {
      String id = recordId(record);
      if (id == null) {
        throw ApiException.badRequest("A record to be updated has no “id”. Nothing was changed.");
      }
      JsonNode tags = record.path("tag_operations");
      updates.add(
          new Update(
              id,
              record.hasNonNull("input") ? Documents.write(record.path("input")) : null,
              record.hasNonNull("expected_output")
                  ? Documents.write(record.path("expected_output"))
                  : null,
              record.hasNonNull("metadata") ? Documents.objectAt(record, "metadata") : null,
              Documents.strings(tags.path("remove")),
              Documents.strings(tags.path("add")),
              Documents.strings(tags.path("set"))));
    }
    return updates;
  }

  // One item a record for SDKs; API clients read the list of records within the items.
  // Python takes the version of the dataset from the first item.
  private static void records(Context ctx, int status, int version, List<Item> items) {
    ObjectNode body = Documents.object();
    ArrayNode data = body.putArray("data");
    ArrayNode flat = body.putArray("records");
    for (Item item : items) {
      ObjectNode record = record(item);
      record.put("version", version);
      ((ObjectNode) record.path("attributes")).put("version", version);
      flat.add(record);
      ObjectNode one = record.deepCopy();
      one.putArray("records").add(record);
      data.add(one);
    }
    answer(ctx, status, body);
  }

  /** The record flat, and as attributes. */
  static ObjectNode record(Item item) {
    ObjectNode attributes = Documents.object();
    attributes.put("dataset_id", item.datasetId());
    attributes.set("input", Documents.read(item.input()));
    attributes.set("expected_output", Documents.read(item.expectedOutput()));
    attributes.set("metadata", Documents.read(item.metadata()));
    ArrayNode tags = attributes.putArray("tags");
    item.tags().forEach(tags::add);
    attributes.put("version", item.version());
    attributes.put("canonical_id", item.id());
    attributes.put("created_at", Documents.time(item.created()));
    attributes.put("updated_at", Documents.time(item.updated()));
    ObjectNode record = item("records", item.id(), attributes);
    record.setAll(attributes);
    return record;
  }

  // ---- CSV ----

  private void uploadRecords(Context ctx) throws IOException {
    String text = Csv.file(ctx.contentType(), ctx.bodyAsBytes());
    boolean deduplicate = !"false".equalsIgnoreCase(ctx.queryParam("deduplicate"));
    List<String> tags = ctx.queryParams("tags");
    List<Insert> inserts = new ArrayList<>();
    for (Map<String, String> row : Csv.rows(text)) {
      String input = row.get("input");
      if (input == null) {
        throw ApiException.badRequest("The CSV has no column “input”. Nothing was changed.");
      }
      ObjectNode record = Documents.object();
      record.set("input", Csv.value(input));
      String id = row.get("id");
      if (id != null && !id.isEmpty()) {
        record.put("id", id);
      }
      record.set("expected_output", Csv.value(row.getOrDefault("expected_output", "")));
      record.set("metadata", Csv.value(row.getOrDefault("metadata", "")));
      ArrayNode all = record.putArray("tags");
      tags.forEach(all::add);
      Csv.value(row.getOrDefault("tags", "")).forEach(all::add);
      inserts.addAll(inserts(Documents.JSON.createArrayNode().add(record)));
    }
    List<String> before = new ArrayList<>();
    if ("true".equalsIgnoreCase(ctx.queryParam("overwrite"))) {
      long at = 0;
      while (true) {
        List<Item> page =
            datasets.records(ctx.pathParam("dataset"), null, List.of(), at, MAX_LIMIT);
        if (page.isEmpty()) {
          break;
        }
        page.forEach(item -> before.add(item.id()));
        at = page.getLast().position();
      }
    }
    Changed changed =
        datasets.change(ctx.pathParam("dataset"), inserts, List.of(), before, deduplicate, true);
    if (ctx.path().contains("/llm-obs/v2/")) {
      ObjectNode done = Documents.object();
      done.put("records_created", changed.inserted().size());
      ctx.contentType("text/event-stream")
          .result("event: completed\ndata: " + Documents.write(done) + "\n\n");
    } else {
      records(ctx, 200, changed.version(), changed.inserted());
    }
  }

  private void export(Context ctx) {
    String format = ctx.queryParam("format");
    if (format != null && !format.equals("csv")) {
      throw ApiException.badRequest("“format” must be csv.");
    }
    Integer version = version(ctx, "version");
    StringBuilder csv = new StringBuilder("id,input,expected_output,metadata,tags\r\n");
    long after = 0;
    while (true) {
      List<Item> page =
          datasets.records(ctx.pathParam("dataset"), version, List.of(), after, MAX_LIMIT);
      if (page.isEmpty()) {
        break;
      }
      for (Item item : page) {
        csv.append(
            Csv.row(
                item.id(),
                item.input(),
                item.expectedOutput(),
                item.metadata(),
                Documents.list(item.tags())));
      }
      after = page.getLast().position();
    }
    ctx.contentType("text/csv; charset=utf-8")
        .result(csv.toString().getBytes(StandardCharsets.UTF_8));
  }

  // ---- experiments ----

  private void listExperiments(Context ctx) {
    Experiments.Filter filter =
        new Experiments.Filter(
            ctx.queryParams("filter[id]"),
            filter(ctx, "project_id"),
            filter(ctx, "dataset_id"),
            filter(ctx, "name"),
            filter(ctx, "experiment"),
            ctx.queryParams("filter[parent_experiment_id]"),
            "true".equals(filter(ctx, "is_deleted")));
    String metadata = filter(ctx, "metadata");
    JsonNode wanted =
        metadata == null ? null : Documents.body(metadata.getBytes(StandardCharsets.UTF_8));
    page(
        ctx,
        Long.MAX_VALUE,
        (before, limit) ->
            wanted == null
                ? experiments.list(filter, before, limit)
                : holding(filter, wanted, before, limit),
        Experiment::seq,
        ControlPlane::experiment);
  }

  private List<Experiment> holding(
      Experiments.Filter filter, JsonNode wanted, long first, int limit) {
    List<Experiment> found = new ArrayList<>();
    long before = first;
    while (found.size() < limit) {
      List<Experiment> some = experiments.list(filter, before, DEFAULT_LIMIT);
      if (some.isEmpty()) {
        break;
      }
      for (Experiment one : some) {
        if (found.size() < limit && contains(Documents.read(one.metadata()), wanted)) {
          found.add(one);
        }
      }
      before = some.getLast().seq();
    }
    return found;
  }

  // As Datadog: an object holds the fields, a list the items.
  private static boolean contains(JsonNode whole, JsonNode part) {
    if (part.isObject()) {
      return part.properties().stream()
          .allMatch(field -> contains(whole.path(field.getKey()), field.getValue()));
    }
    if (part.isArray()) {
      for (JsonNode wanted : part) {
        boolean found = false;
        for (JsonNode item : whole) {
          found |= contains(item, wanted);
        }
        if (!found) {
          return false;
        }
      }
      return true;
    }
    return whole.equals(part);
  }

  private void createExperiment(Context ctx) {
    JsonNode sent = attributes(ctx);
    String project = Documents.required(sent, "project_id");
    projects.get(project);
    String dataset = Documents.text(sent, "dataset_id", "");
    if (!dataset.isEmpty()) {
      datasets.get(dataset);
    }
    Experiment made =
        experiments.create(
            Documents.required(sent, "name"),
            project,
            dataset,
            sent.path("dataset_version").isInt() ? sent.path("dataset_version").intValue() : null,
            Documents.text(sent, "description", ""),
            Documents.objectAt(sent, "config"),
            Documents.objectAt(sent, "metadata"),
            sent.path("ensure_unique").asBoolean(true),
            Math.max(1, sent.path("run_count").asInt(1)),
            Documents.text(sent, "parent_experiment_id", ""));
    answer(ctx, made(ctx, true), data(experiment(made)));
  }

  private void updateExperiment(Context ctx) {
    JsonNode sent = attributes(ctx);
    String status = Documents.text(sent, "status");
    if (status != null
        && !List.of("running", "completed", "failed", "interrupted").contains(status)) {
      throw ApiException.badRequest("“status” must be running, completed, failed or interrupted.");
    }
    answer(
        ctx,
        200,
        data(
            experiment(
                experiments.update(
                    ctx.pathParam("experiment"),
                    Documents.text(sent, "name"),
                    Documents.text(sent, "description"),
                    status,
                    Documents.text(sent, "error"),
                    sent.has("metadata") ? Documents.objectAt(sent, "metadata") : null,
                    Documents.text(sent, "dataset_id")))));
  }

  private void deleteExperiments(Context ctx) {
    experiments.delete(Documents.strings(attributes(ctx).path("experiment_ids")));
    deleted(ctx);
  }

  /** Every field is there: Python breaks where one is missing. */
  static ObjectNode experiment(Experiment experiment) {
    ObjectNode attributes = Documents.object();
    attributes.put("name", experiment.name());
    attributes.put("experiment", experiment.experiment());
    attributes.put("description", experiment.description());
    attributes.put("project_id", experiment.projectId());
    attributes.put("dataset_id", experiment.datasetId());
    attributes.put("dataset_name", experiment.datasetName());
    attributes.put("dataset_version", experiment.datasetVersion());
    attributes.set("config", Documents.read(experiment.config()));
    attributes.set("metadata", Documents.read(experiment.metadata()));
    attributes.put("run_count", experiment.runCount());
    if (!experiment.status().isEmpty()) {
      attributes.put("status", experiment.status());
    }
    attributes.put("error", experiment.error().isEmpty() ? null : experiment.error());
    attributes.put(
        "parent_experiment_id", experiment.parentId().isEmpty() ? null : experiment.parentId());
    attributes.put("created_at", Documents.time(experiment.created()));
    attributes.put("updated_at", Documents.time(experiment.updated()));
    Long deleted = experiment.deleted();
    attributes.put("deleted_at", deleted == null ? null : Documents.time(deleted));
    return item("experiments", experiment.id(), attributes);
  }
}
