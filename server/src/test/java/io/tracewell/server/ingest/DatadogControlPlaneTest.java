package io.tracewell.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.server.http.HttpServer;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Listen;
import io.tracewell.server.http.ServerState;
import io.tracewell.server.ingest.Recordings.Recorded;
import io.tracewell.server.metadata.Metadata;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What SDKs do with projects, datasets, experiments and prompts: their recorded requests, with the
 * ids that the recorder had given out exchanged for ours, against what the programs did.
 */
class DatadogControlPlaneTest {
  private static final ObjectMapper JSON = Recordings.JSON;
  private static final String P = "/api/v2/llm-obs/v1";

  /** What the recorder answered, by what it was the id of. */
  private static final Map<String, String> RECORDED =
      Map.of(
          "18a5939d-77f8-5e14-b649-8225885ff11a", "project default-project",
          "eba57c86-bb8e-5484-8df5-ed42581fe098", "project demo",
          "c79f00e6-28b6-5c6b-8694-c2274d2ef141", "dataset parcels",
          "f6cdb27c-2291-5078-94b9-dc9071ce2ac0", "experiment exp1",
          "115e6cdf-1fbd-5bac-a542-332abed13aca", "experiment exp2",
          "11111111-1111-1111-1111-111111111111", "project default-project",
          "22222222-2222-2222-2222-222222222222", "dataset ds",
          "33333333-3333-3333-3333-333333333333", "experiment exp1");

  @TempDir Path dir;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> ours = new LinkedHashMap<>();
  private Metadata metadata;
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    metadata = new Metadata(dir.resolve("metadata.db"), Clock.systemUTC());
    server =
        new HttpServer(
            new HttpServer.Options(
                Listen.parse("127.0.0.1:0"), false, List.of(), 64 << 20, 64 << 20),
            "test",
            Clock.systemUTC(),
            new IngestLog(Clock.systemUTC()),
            () ->
                new ServerState(() -> false, "ready", null, "embedded", 0, 1, false, 0, List.of()),
            metadata.routes(),
            List.of());
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    metadata.close();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + server.listeners().getFirst().port()
                        + path.replace("[", "%5B").replace("]", "%5D")))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode ok(String method, String path, String body) throws Exception {
    HttpResponse<String> answer = send(method, path, body);
    assertThat(answer.statusCode()).as("%s %s %s", method, path, answer.body()).isBetween(200, 299);
    return answer.body().isEmpty() ? JSON.createObjectNode() : JSON.readTree(answer.body());
  }

  private JsonNode get(String path) throws Exception {
    return ok("GET", path, "");
  }

  static Stream<String> recordings() {
    return Stream.of("3.19.9", "4.10.12", "4.12.3", "4.16.0")
        .flatMap(version -> Stream.of("agentless", "override").map(mode -> version + "_" + mode))
        .map(name -> "py_ddtrace-" + name + "_experiment");
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void what_python_does_is_kept(String name) throws Exception {
    JsonNode expected = Recordings.expected("datadog").get(name);
    List<JsonNode> changes = new ArrayList<>();
    boolean sawPrompts = false;
    for (Recorded request : Recordings.read("datadog", name)) {
      String path = request.path().replaceFirst("^https?://[^/]+", "");
      if (!path.contains("/llm-obs/") || path.contains("eval-metric") || path.contains("/events")) {
        continue;
      }
      String body = new String(request.body(), StandardCharsets.UTF_8);
      HttpResponse<String> answer = send(request.method(), mapped(path), mapped(body));
      if (path.contains("/prompts/greeting?")) {
        // The recorder had this prompt from the beginning.
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(JSON.readTree(answer.body()).path("detail").asText()).isNotEmpty();
        continue;
      }
      assertThat(answer.statusCode())
          .as("%s %s %s", request.method(), path, answer.body())
          .isEqualTo(200);
      JsonNode answered = JSON.readTree(answer.body());
      sawPrompts |= path.contains("/prompts");
      if (path.endsWith("/batch_update")) {
        changes.add(answered.path("data"));
        if (changes.size() == 1) {
          // Version 3 learns the ids of its records from the answer.
          ours.put("da661a16656b4e8b88e1414eed1a2e55", answered.at("/data/0/id").asText());
          recordedRecords(name)
              .forEach(
                  (index, id) ->
                      ours.put(id, answered.path("data").path(index).path("id").asText()));
          records(expected.at("/dataset/after_create"), null);
        } else {
          records(expected.at("/dataset/after_edit"), null);
        }
        assertThat(answered.at("/data/0/attributes/version").asInt()).isEqualTo(changes.size());
      } else if (request.method().equals("GET") && path.contains("/records?")) {
        for (JsonNode record : answered.path("data")) {
          assertThat(record.at("/attributes/tags").isArray()).isTrue();
        }
        assertThat(answered.path("data")).hasSize(2);
      } else {
        learn(request.method(), path, body, answered);
      }
    }
    assertThat(changes).hasSize(2);
    assertThat(sawPrompts).isEqualTo(name.contains("4.16"));
    // What was deleted is out of lists, and its name is free.
    String project = ours.get("project default-project");
    assertThat(get(P + "/" + project + "/datasets?filter[name]=parcels").path("data")).isEmpty();
    for (JsonNode experiment : expected.path("experiments")) {
      experiment(experiment);
    }
  }

  // Ids of records that the recorder made, by their place in the first change.
  private static Map<Integer, String> recordedRecords(String name) throws Exception {
    Map<Integer, String> ids = new LinkedHashMap<>();
    for (Recorded request : Recordings.read("datadog", name)) {
      if (name.contains("3.19") && request.path().endsWith("/batch_update")) {
        JsonNode sent = JSON.readTree(request.body()).at("/data/attributes");
        if (!sent.path("update_records").isEmpty()) {
          ids.put(0, sent.at("/update_records/0/id").asText());
          ids.put(1, sent.at("/delete_records/0").asText());
        }
      }
    }
    return ids;
  }

  private String mapped(String text) {
    String mapped = text;
    for (Map.Entry<String, String> recorded : RECORDED.entrySet()) {
      String our = ours.get(recorded.getValue());
      if (our != null) {
        mapped = mapped.replace(recorded.getKey(), our);
      }
    }
    for (Map.Entry<String, String> record : ours.entrySet()) {
      if (!record.getKey().contains(" ")) {
        mapped = mapped.replace(record.getKey(), record.getValue());
      }
    }
    return mapped;
  }

  private void learn(String method, String path, String body, JsonNode answered) throws Exception {
    String kind =
        path.endsWith("/projects")
            ? "project "
            : path.endsWith("/datasets")
                ? "dataset "
                : path.endsWith("/experiments") ? "experiment " : "";
    if (method.equals("POST") && !kind.isEmpty()) {
      JsonNode data = answered.path("data");
      String name = JSON.readTree(body).at("/data/attributes/name").asText();
      assertThat(data.at("/attributes/name").asText()).isEqualTo(name);
      ours.put(kind + name, data.path("id").asText());
    }
  }

  private void records(JsonNode expected, Integer version) throws Exception {
    JsonNode page =
        get(
            "/api/v1/datasets/"
                + ours.get("dataset parcels")
                + "/records"
                + (version == null ? "" : "?version=" + version));
    assertThat(page.path("records")).hasSize(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      JsonNode record = page.path("records").path(i);
      for (Map.Entry<String, JsonNode> field : expected.get(i).properties()) {
        assertThat(record.path(field.getKey())).isEqualTo(field.getValue());
      }
    }
    if (version == null
        && page.path("records").path(0).path("expected_output").asText().equals("LYON")) {
      // The version before is still what it was.
      records(
          JSON.readTree(
              "[{\"input\":{\"q\":\"77\"},\"expected_output\":\"Lyon\"},{\"input\":{\"q\":\"78\"},\"expected_output\":\"Paris\"}]"),
          1);
    }
  }

  private void experiment(JsonNode expected) throws Exception {
    JsonNode experiment =
        get("/api/v1/experiments/" + ours.get("experiment " + expected.path("name").asText()));
    assertThat(experiment.path("experiment").asText()).isEqualTo(expected.path("name").asText());
    assertThat(experiment.path("status")).isEqualTo(expected.path("status"));
    assertThat(experiment.path("dataset_version").asInt()).isEqualTo(2);
    if (expected.has("description")) {
      assertThat(experiment.path("description")).isEqualTo(expected.path("description"));
    }
    if (expected.has("config")) {
      assertThat(experiment.path("config")).isEqualTo(expected.path("config"));
    }
    for (JsonNode tag : expected.path("tags_contain")) {
      assertThat(experiment.at("/metadata/tags")).contains(tag);
    }
    if (expected.path("status").asText().equals("failed")) {
      assertThat(experiment.path("error").asText()).contains("broke");
    }
  }

  @Test
  void what_node_does_is_kept() throws Exception {
    for (Recorded request : Recordings.read("datadog", "js_6.21.0_experiment")) {
      if (request.path().contains("/llm-obs/") && !request.path().contains("/events")) {
        String body = mapped(new String(request.body(), StandardCharsets.UTF_8));
        learn(
            request.method(),
            request.path(),
            body,
            ok(request.method(), mapped(request.path()), body));
      }
    }
    JsonNode records =
        get("/api/v1/datasets/" + ours.get("dataset ds") + "/records").path("records");
    assertThat(records).hasSize(2);
    assertThat(records.at("/0/input").asText()).isEqualTo("q1");
    assertThat(records.at("/0/tags/0").asText()).isEqualTo("k:v");
    assertThat(records.at("/1/input/q").asInt()).isEqualTo(2);
    JsonNode experiment = get("/api/v1/experiments/" + ours.get("experiment exp1"));
    assertThat(experiment.path("status").asText()).isEqualTo("completed");
    assertThat(experiment.path("description").asText()).isEqualTo("desc");
  }

  private static String data(String attributes) {
    return "{\"data\":{\"type\":\"x\",\"attributes\":" + attributes + "}}";
  }

  private HttpResponse<String> as(String key, String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.listeners().getFirst().port() + path))
            .header("DD-APPLICATION-KEY", key)
            .method(method, HttpRequest.BodyPublishers.ofString(""))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void one_person_at_a_time_has_the_draft_of_a_dataset() throws Exception {
    String project =
        ok("POST", P + "/projects", data("{\"name\":\"demo\"}")).at("/data/id").asText();
    String datasets = P + "/" + project + "/datasets";
    String id = ok("POST", datasets, data("{\"name\":\"capitals\"}")).at("/data/id").asText();
    String draft = datasets + "/" + id + "/draft_state";
    assertThat(as("ann", "GET", draft).statusCode()).isEqualTo(404);
    HttpResponse<String> locked = as("ann", "PATCH", draft + "/lock");
    assertThat(locked.statusCode()).isEqualTo(200);
    JsonNode state = JSON.readTree(locked.body()).path("data");
    assertThat(state.path("type").asText()).isEqualTo("draft_state_data");
    assertThat(state.at("/attributes/drafting_since").asText()).endsWith("Z");
    assertThat(state.at("/attributes/user/id").asText()).isNotEmpty().doesNotContain("ann");
    // Again by the same one, read by the other, who can't have it.
    assertThat(as("ann", "PATCH", draft + "/lock").body()).isEqualTo(locked.body());
    assertThat(as("bob", "GET", draft).body()).isEqualTo(locked.body());
    assertThat(as("bob", "PATCH", draft + "/lock").statusCode()).isEqualTo(409);
    assertThat(as("bob", "PATCH", draft + "/unlock").statusCode()).isEqualTo(409);
    // Programs write on.
    ok("POST", datasets + "/" + id + "/records", data("{\"records\":[{\"input\":\"Spain\"}]}"));
    assertThat(as("ann", "PATCH", draft + "/unlock").statusCode()).isEqualTo(200);
    assertThat(as("bob", "PATCH", draft + "/lock").statusCode()).isEqualTo(200);
    assertThat(as("bob", "PATCH", datasets + "/nothing/draft_state/lock").statusCode())
        .isEqualTo(404);
  }

  @Test
  void experimentation_is_searched() throws Exception {
    String project =
        ok("POST", P + "/projects", data("{\"name\":\"demo\"}")).at("/data/id").asText();
    String datasets = P + "/" + project + "/datasets";
    String dataset =
        ok("POST", datasets, data("{\"name\":\"capitals\",\"description\":\"of Europe\"}"))
            .at("/data/id")
            .asText();
    ok("POST", datasets, data("{\"name\":\"rivers\"}"));
    ok(
        "POST",
        datasets + "/" + dataset + "/records",
        data(
            "{\"records\":[{\"input\":{\"q\":\"France\"},\"expected_output\":\"Paris\",\"metadata\":{\"level\":1},\"tags\":[\"set:a\"]},"
                + "{\"input\":{\"q\":\"Spain\"},\"expected_output\":\"Madrid\",\"metadata\":{\"level\":2},\"tags\":[\"set:b\"]},"
                + "{\"input\":{\"q\":\"Italy\"},\"expected_output\":\"Rome\",\"metadata\":{\"level\":10},\"tags\":[\"set:b\"]}]}"));
    for (String name : List.of("first", "second")) {
      ok(
          "POST",
          P + "/experiments",
          data(
              "{\"name\":\"%s\",\"project_id\":\"%s\",\"dataset_id\":\"%s\"}"
                  .formatted(name, project, dataset)));
    }
    assertThat(names("[\"projects\",\"datasets\"]", "", "projects")).containsExactly("demo");
    assertThat(names("[\"projects\",\"datasets\"]", "", "datasets"))
        .containsExactly("rivers", "capitals");
    assertThat(names("[\"datasets\"]", "europe", "datasets")).containsExactly("capitals");
    assertThat(names("[\"datasets\"]", "-name:cap*", "datasets")).containsExactly("rivers");
    assertThat(names("[\"experiments\"]", "@name:*econ*", "experiments")).containsExactly("second");
    assertThat(names("[\"experiments\"]", "dataset_id:" + dataset, "experiments"))
        .containsExactly("second", "first");

    JsonNode records =
        simple(
            "{\"filter\":{\"scope\":[\"dataset_records\"],\"query\":\"tags:\\\"set:b\\\"\"},"
                + "\"sort\":[{\"field\":\"metadata.level\",\"direction\":\"desc\"}],"
                + "\"page\":{\"number\":1,\"limit\":1},\"content_preview\":{\"limit\":3}}");
    assertThat(records.at("/data/attributes/dataset_records")).hasSize(1);
    assertThat(records.at("/data/attributes/dataset_records/0/expected_output").asText())
        .isEqualTo("Rom");
    assertThat(records.at("/meta/page/total_count").asInt()).isEqualTo(2);
    assertThat(records.at("/meta/page/total_pages").asInt()).isEqualTo(2);

    // Page by page, until there is no more.
    List<String> seen = new ArrayList<>();
    String cursor = "";
    for (int page = 0; page < 3; page++) {
      HttpResponse<String> answer =
          send(
              "POST",
              P + "/experimentation/search",
              data(
                  "{\"filter\":{\"scope\":[\"dataset_records\"]},\"page\":{\"limit\":1,\"cursor\":\"%s\"}}"
                      .formatted(cursor)));
      assertThat(answer.statusCode()).isEqualTo(page < 2 ? 206 : 200);
      JsonNode body = JSON.readTree(answer.body());
      seen.add(body.at("/data/attributes/dataset_records/0/expected_output").asText());
      cursor = body.at("/meta/after").asText("");
    }
    assertThat(seen).containsExactly("Paris", "Madrid", "Rome");

    for (String wrong :
        List.of(
            "{\"filter\":{\"scope\":[]}}",
            "{\"filter\":{\"scope\":[\"experiment_runs\"]}}",
            "{\"filter\":{\"scope\":[\"projects\"],\"query\":\"a OR b\"}}",
            "{\"filter\":{\"scope\":[\"projects\"]},\"page\":{\"limit\":-1}}",
            "{\"filter\":{\"scope\":[\"projects\"]},\"page\":{\"cursor\":\"zzzzzzzz\"}}")) {
      assertThat(send("POST", P + "/experimentation/search", data(wrong)).statusCode())
          .as(wrong)
          .isEqualTo(400);
    }
  }

  private JsonNode simple(String attributes) throws Exception {
    return ok("POST", P + "/experimentation/simple-search", data(attributes));
  }

  private List<String> names(String scopes, String query, String scope) throws Exception {
    JsonNode found =
        simple("{\"filter\":{\"scope\":%s,\"query\":\"%s\"}}".formatted(scopes, query));
    List<String> names = new ArrayList<>();
    for (JsonNode one : found.at("/data/attributes/" + scope)) {
      names.add(one.at("/attributes/name").asText());
    }
    return names;
  }

  @Test
  void datasets_have_versions_copies_and_csv() throws Exception {
    HttpResponse<String> made = send("POST", P + "/projects", data("{\"name\":\"demo\"}"));
    assertThat(made.statusCode()).isEqualTo(201);
    String project = JSON.readTree(made.body()).at("/data/id").asText();
    assertThat(send("POST", P + "/projects", data("{\"name\":\"demo\"}")).statusCode())
        .isEqualTo(200);
    assertThat(get(P + "/projects?filter[name]=demo").at("/data/0/id").asText()).isEqualTo(project);
    String datasets = P + "/" + project + "/datasets";
    String id =
        ok("POST", datasets, data("{\"name\":\"capitals\",\"metadata\":{\"a\":1}}"))
            .at("/data/id")
            .asText();
    String records = datasets + "/" + id + "/records";
    JsonNode added =
        ok(
            "POST",
            records,
            data(
                "{\"records\":[{\"id\":\"r1\",\"input\":{\"q\":\"France\"},\"expected_output\":\"Paris\"},"
                    + "{\"input\":\"Spain\",\"expected_output\":null},{\"input\":\"Spain\"}]}"));
    assertThat(added.at("/data/0/records/0/input/q").asText()).isEqualTo("France");
    assertThat(added.at("/data/0/attributes/input/q").asText()).isEqualTo("France");
    // The same again is the same record.
    assertThat(added.at("/data/1/id")).isEqualTo(added.at("/data/2/id"));
    ok(
        "POST",
        datasets + "/" + id + "/batch_update",
        data(
            "{\"update_records\":[{\"id\":\"r1\",\"expected_output\":\"PARIS\",\"tag_operations\":{\"add\":[\"a:b\"]}}],"
                + "\"tags\":[\"set:1\"],\"insert_records\":[{\"input\":\"Italy, \\\"Rome\\\"\"}],\"create_new_version\":false}"));
    JsonNode now = get(records);
    assertThat(now.path("data")).hasSize(3);
    assertThat(now.at("/data/0/attributes/expected_output").asText()).isEqualTo("PARIS");
    assertThat(now.at("/data/0/attributes/tags/0").asText()).isEqualTo("a:b");
    assertThat(get(records + "?filter[tags]=set:1").path("data")).hasSize(1);
    JsonNode page = get(records + "?page[limit]=2");
    assertThat(page.path("data")).hasSize(2);
    assertThat(
            get(records + "?page[limit]=2&page[cursor]=" + page.at("/meta/after").asText())
                .path("data"))
        .hasSize(1);
    ok("POST", records + "/delete", data("{\"record_ids\":[\"r1\"]}"));
    assertThat(get(records).path("data")).hasSize(2);
    assertThat(get(records + "?filter[version]=1").path("data")).hasSize(3);
    assertThat(get(records + "?filter[version]=0").path("data")).isEmpty();
    assertThat(send("GET", records + "?filter[version]=9", "").statusCode()).isEqualTo(404);
    assertThat(get(datasets + "/" + id + "/versions").path("data")).hasSize(3);

    JsonNode restored =
        ok("POST", datasets + "/" + id + "/restore", data("{\"dataset_version\":1}"));
    assertThat(restored.at("/data/attributes/current_version").asInt()).isEqualTo(3);
    assertThat(get(records).path("data")).hasSize(3);
    String copy =
        ok("POST", datasets + "/" + id + "/clone", data("{\"name\":\"copy\"}"))
            .at("/data/id")
            .asText();
    assertThat(get(datasets + "/" + copy + "/records").path("data")).hasSize(3);
    assertThat(
            send("POST", datasets + "/" + id + "/clone", data("{\"name\":\"copy\"}")).statusCode())
        .isEqualTo(409);

    String csv = send("GET", datasets + "/" + id + "/export?format=csv", "").body();
    assertThat(csv).contains("\"r1\",\"{\"\"q\"\":\"\"France\"\"}\"");
    String fresh = ok("POST", datasets, data("{\"name\":\"fresh\"}")).at("/data/id").asText();
    HttpResponse<String> uploaded =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + server.listeners().getFirst().port()
                            + "/api/unstable/llm-obs/v1/datasets/"
                            + fresh
                            + "/records/upload?deduplicate=True"))
                .header("Content-Type", "multipart/form-data; boundary=----------boundary------")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "------------boundary------\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type:"
                            + " text/csv\r\n\r\n"
                            + csv
                            + "\r\n------------boundary--------\r\n"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(uploaded.statusCode()).as(uploaded.body()).isEqualTo(200);
    JsonNode copied = get(datasets + "/" + fresh + "/records").path("data");
    assertThat(copied).hasSize(3);
    for (int i = 0; i < 3; i++) {
      for (String field : List.of("id", "input", "expected_output", "metadata", "tags")) {
        assertThat(copied.path(i).path(field))
            .as(field)
            .isEqualTo(get(records).path("data").path(i).path(field));
      }
    }
    assertThat(
            send("POST", datasets + "/delete", data("{\"dataset_ids\":[\"" + id + "\"]}"))
                .statusCode())
        .isEqualTo(204);
    assertThat(send("GET", records, "").statusCode()).isEqualTo(404);
  }

  @Test
  void experiments_are_found_by_what_they_say() throws Exception {
    String project =
        ok("POST", P + "/projects", data("{\"name\":\"demo\"}")).at("/data/id").asText();
    String attributes =
        "{\"name\":\"exp\",\"project_id\":\""
            + project
            + "\",\"metadata\":{\"tags\":[\"sha:%s\"]}}";
    String first =
        ok("POST", P + "/experiments", data(attributes.formatted("a"))).at("/data/id").asText();
    JsonNode second = ok("POST", P + "/experiments", data(attributes.formatted("b")));
    assertThat(second.at("/data/attributes/experiment").asText()).isEqualTo("exp");
    assertThat(second.at("/data/attributes/name").asText()).isEqualTo("exp-2");
    assertThat(
            get(P + "/experiments?filter[metadata]=%7B%22tags%22:%5B%22sha:a%22%5D%7D")
                .at("/data/0/id")
                .asText())
        .isEqualTo(first);
    assertThat(get(P + "/experiments?filter[experiment]=exp&page[limit]=1").path("data"))
        .hasSize(1);
    assertThat(get(P + "/experiments?filter[id]=" + first).path("data")).hasSize(1);
    assertThat(
            send("PATCH", P + "/experiments/" + first, data("{\"status\":\"odd\"}")).statusCode())
        .isEqualTo(400);
    ok("POST", P + "/experiments/delete", data("{\"experiment_ids\":[\"" + first + "\"]}"));
    assertThat(get(P + "/experiments?filter[id]=" + first).path("data")).isEmpty();
    assertThat(get(P + "/experiments?filter[is_deleted]=true").at("/data/0/attributes/deleted_at"))
        .isNotNull();
    assertThat(send("PATCH", P + "/experiments/nope", data("{}")).statusCode()).isEqualTo(404);
  }

  @Test
  void prompts_are_one_thing_in_two_encodings() throws Exception {
    String flat = "/api/unstable/llm-obs/v1/prompts";
    JsonNode made =
        ok(
            "POST",
            flat,
            "{\"prompt_id\":\"planner\",\"template\":[{\"role\":\"user\",\"content\":\"hi {{n}}\"}],\"title\":\"t\",\"labels\":[\"production\"]}");
    assertThat(made.path("prompt_id").asText()).isEqualTo("planner");
    assertThat(send("POST", flat, "{\"prompt_id\":\"planner\",\"template\":\"x\"}").statusCode())
        .isEqualTo(409);
    ok(
        "POST",
        P + "/prompts/planner/versions",
        data("{\"template\":\"hello {{n}}\",\"user_version\":\"2026-01\"}"));
    JsonNode labelled = get(flat + "/planner?label=production");
    assertThat(labelled.path("version").asText()).isEqualTo("1");
    assertThat(labelled.at("/chat_template/0/content").asText()).isEqualTo("hi {{n}}");
    assertThat(labelled.has("template")).isFalse();
    assertThat(labelled.path("prompt_version_uuid").asText()).isNotEmpty();
    JsonNode newest = get(P + "/prompts/planner");
    assertThat(newest.at("/data/attributes/template").asText()).isEqualTo("hello {{n}}");
    assertThat(newest.at("/data/type").asText()).isEqualTo("prompt-templates");
    assertThat(send("GET", flat + "/planner?label=development", "").statusCode()).isEqualTo(404);
    ok("PATCH", flat + "/planner/versions/2", "{\"labels\":[\"production\"]}");
    assertThat(get(flat + "/planner?label=production").path("version").asText()).isEqualTo("2");
    assertThat(get(P + "/prompts/planner/versions/1").at("/data/attributes/labels")).isEmpty();
    assertThat(get(flat + "/planner/versions")).hasSize(2);
    assertThat(
            ok(
                    "POST",
                    flat + "/planner/resolve",
                    "{\"data\":{\"type\":\"prompt_resolve_requests\",\"attributes\":{\"env\":\"prod\"}}}")
                .path("template")
                .asText())
        .isEqualTo("hello {{n}}");
    assertThat(get("/api/v1/prompts/planner").path("versions")).hasSize(2);
    assertThat(ok("DELETE", flat + "/planner", "").path("deleted_at").asText()).isNotEmpty();
    assertThat(send("GET", flat + "/planner", "").statusCode()).isEqualTo(404);
    assertThat(get(P + "/prompts").path("data")).isEmpty();
  }

  @Test
  void what_was_answered_is_there_after_a_restart() throws Exception {
    ok("POST", P + "/projects", data("{\"name\":\"demo\"}"));
    stop();
    start();
    assertThat(get("/api/v1/projects").at("/projects/0/name").asText()).isEqualTo("demo");
  }

  @Test
  void wrong_requests_are_refused_and_harm_nothing() throws Exception {
    String project =
        ok("POST", P + "/projects", data("{\"name\":\"demo\"}")).at("/data/id").asText();
    String dataset =
        ok("POST", P + "/" + project + "/datasets", data("{\"name\":\"d\"}"))
            .at("/data/id")
            .asText();
    List<String> seeds =
        List.of(
            data("{\"name\":\"n\",\"project_id\":\"" + project + "\",\"config\":{\"a\":[1]}}"),
            data(
                "{\"insert_records\":[{\"input\":1,\"tags\":[\"a\"]}],\"delete_records\":[\"x\"]}"),
            data("{\"records\":[{\"id\":\"r\",\"input\":{\"a\":1}}],\"record_ids\":[\"r\"]}"),
            data(
                "{\"prompt_id\":\"p\",\"template\":[{\"role\":\"user\",\"content\":\"c\"}],\"labels\":[\"x\"]}"),
            "[".repeat(3_000),
            "{\"data\":{\"attributes\":" + "{\"name\":".repeat(700) + "1" + "}".repeat(700) + "}}");
    List<String> paths =
        List.of(
            "/projects",
            "/experiments",
            "/prompts",
            "/" + project + "/datasets",
            "/" + project + "/datasets/" + dataset + "/batch_update",
            "/" + project + "/datasets/" + dataset + "/records",
            "/" + project + "/datasets/" + dataset + "/records/delete",
            "/" + project + "/datasets/" + dataset + "/records/upload",
            "/" + project + "/datasets/" + dataset + "/restore",
            "/prompts/p/versions");
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 1_500; i++) {
      StringBuilder body = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
      for (int j = random.nextInt(4); j > 0; j--) {
        int at = random.nextInt(body.length());
        switch (random.nextInt(3)) {
          case 0 -> body.setCharAt(at, "{}[]\",:0ntf\\-".charAt(random.nextInt(13)));
          case 1 -> body.setLength(Math.max(1, at));
          default ->
              body.insert(
                  at,
                  List.of("null", "[]", "{}", "1e999", "\"\\u0000\"", "9223372036854775808")
                      .get(random.nextInt(6)));
        }
      }
      String api = random.nextBoolean() ? P : "/api/unstable/llm-obs/v1";
      HttpResponse<String> answer =
          send("POST", api + paths.get(random.nextInt(paths.size())), body.toString());
      assertThat(answer.statusCode()).as("%s %s", answer.uri(), body).isLessThan(500);
      if (answer.statusCode() >= 400) {
        refused++;
        assertThat(JSON.readTree(answer.body()).at("/errors/0/detail").asText()).isNotEmpty();
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(get(P + "/projects?filter[id]=" + project).path("data")).hasSize(1);
  }
}
