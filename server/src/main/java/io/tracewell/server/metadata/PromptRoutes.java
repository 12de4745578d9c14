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
import io.tracewell.server.metadata.Prompts.Draft;
import io.tracewell.server.metadata.Prompts.Named;
import io.tracewell.server.metadata.Prompts.Prompt;
import io.tracewell.server.metadata.Prompts.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's prompts in both encodings: flat JSON under {@code /api/unstable}, which SDKs speak, and
 * JSON:API under {@code /api/v2}, which API clients speak.
 */
final class PromptRoutes implements Routes {
  private static final String FLAT = "/api/unstable/llm-obs/v1/prompts";
  private static final String TYPED = "/api/v2/llm-obs/v1/prompts";
  private static final String PROMPT = "prompt-templates";
  private static final String VERSION = "prompt-template-versions";

  private final Prompts prompts;

  PromptRoutes(Prompts prompts) {
    this.prompts = prompts;
  }

  @Override
  public void register(RoutesConfig routes) {
    on(routes, HandlerType.GET, "", this::list);
    on(routes, HandlerType.POST, "", this::create);
    on(routes, HandlerType.GET, "/{prompt}", this::latest);
    on(routes, HandlerType.PATCH, "/{prompt}", this::update);
    on(routes, HandlerType.DELETE, "/{prompt}", this::delete);
    on(routes, HandlerType.POST, "/{prompt}/resolve", this::resolve);
    on(routes, HandlerType.GET, "/{prompt}/versions", this::versions);
    on(routes, HandlerType.POST, "/{prompt}/versions", this::addVersion);
    on(routes, HandlerType.GET, "/{prompt}/versions/{version}", this::version);
    on(routes, HandlerType.PATCH, "/{prompt}/versions/{version}", this::updateVersion);
  }

  private static void on(RoutesConfig routes, HandlerType method, String path, Handler handler) {
    for (String base : List.of(FLAT, TYPED)) {
      routes.addHttpHandler(method, base + path, ControlPlane.answering(handler));
      routes.addHttpHandler(
          method, "/evp_proxy/{proxy}" + base + path, ControlPlane.answering(handler));
    }
  }

  private static boolean isFlat(Context ctx) {
    return ctx.path().contains("/api/unstable/");
  }

  private static JsonNode sent(Context ctx) {
    JsonNode body = Documents.body(ctx.bodyAsBytes());
    JsonNode attributes = body.path("data").path("attributes");
    return attributes.isObject() ? attributes : body;
  }

  // Flat JSON is the attributes with the id among them.
  private static JsonNode one(Context ctx, String type, String id, ObjectNode attributes) {
    if (isFlat(ctx)) {
      attributes.put("id", id);
      return attributes;
    }
    ObjectNode item = Documents.object();
    item.put("id", id);
    item.put("type", type);
    item.set("attributes", attributes);
    return item;
  }

  private static void answer(Context ctx, String type, String id, ObjectNode attributes) {
    JsonNode one = one(ctx, type, id, attributes);
    if (isFlat(ctx)) {
      ControlPlane.answer(ctx, 200, one);
    } else {
      ObjectNode body = Documents.object();
      body.set("data", one);
      ControlPlane.answer(ctx, 200, body);
    }
  }

  private static void answer(Context ctx, List<JsonNode> all) {
    ArrayNode list = Documents.JSON.createArrayNode();
    all.forEach(list::add);
    if (isFlat(ctx)) {
      ControlPlane.answer(ctx, 200, list);
    } else {
      ObjectNode body = Documents.object();
      body.set("data", list);
      ControlPlane.answer(ctx, 200, body);
    }
  }

  private void list(Context ctx) {
    answer(
        ctx,
        prompts.list(ctx.queryParam("filter[prompt_id]")).stream()
            .map(prompt -> one(ctx, PROMPT, prompt.id(), prompt(prompt)))
            .toList());
  }

  private void create(Context ctx) {
    JsonNode sent = sent(ctx);
    Named made =
        prompts.create(
            Documents.required(sent, "prompt_id"), Documents.text(sent, "title", ""), draft(sent));
    ObjectNode attributes = prompt(made.prompt());
    if (isFlat(ctx)) {
      attributes.setAll(version(made));
    }
    answer(ctx, PROMPT, made.prompt().id(), attributes);
  }

  private static Draft draft(JsonNode sent) {
    JsonNode template = sent.path("template");
    boolean messages = template.isArray() && !template.isEmpty();
    for (JsonNode message : template) {
      messages &= message.path("role").isTextual() && message.path("content").isTextual();
    }
    if (!template.isTextual() && !messages) {
      throw ApiException.badRequest(
          "“template” must be a text, or a list of messages {\"role\":…,\"content\":…}.");
    }
    return new Draft(
        Documents.write(template),
        Documents.text(sent, "user_version", ""),
        Documents.text(sent, "description", ""),
        Documents.strings(sent.path("labels")),
        Documents.strings(sent.path("env_ids")),
        Documents.objectAt(sent, "config"));
  }

  private void latest(Context ctx) {
    String label = ctx.queryParam("label");
    resolved(
        ctx,
        prompts.latest(
            ctx.pathParam("prompt"), label == null || label.isEmpty() ? null : label, null),
        label);
  }

  private void resolve(Context ctx) {
    resolved(
        ctx, prompts.latest(ctx.pathParam("prompt"), null, Documents.text(sent(ctx), "env")), null);
  }

  // As SDKs use it: exactly one of template and chat_template.
  private static void resolved(Context ctx, Named named, @Nullable String label) {
    Version version = named.version();
    ObjectNode attributes = Documents.object();
    attributes.put("prompt_id", named.prompt().promptId());
    JsonNode template = Documents.read(version.template());
    attributes.set(template.isTextual() ? "template" : "chat_template", template);
    attributes.put("version", Integer.toString(version.number()));
    if (!version.userVersion().isEmpty()) {
      attributes.put("user_version", version.userVersion());
    }
    attributes.put("prompt_uuid", named.prompt().id());
    attributes.put("prompt_version_uuid", version.id());
    config(attributes, version);
    if (label != null) {
      attributes.put("label", label);
    }
    labels(attributes, version.labels());
    answer(ctx, PROMPT, isFlat(ctx) ? version.id() : named.prompt().id(), attributes);
  }

  private static void config(ObjectNode attributes, Version version) {
    JsonNode config = Documents.read(version.config());
    if (!config.isEmpty()) {
      attributes.set("config", config);
    }
  }

  private static void labels(ObjectNode attributes, List<String> labels) {
    ArrayNode array = attributes.putArray("labels");
    labels.forEach(array::add);
  }

  private void update(Context ctx) {
    JsonNode sent = sent(ctx);
    Prompt prompt =
        prompts.update(
            ctx.pathParam("prompt"),
            Documents.text(sent, "title"),
            Documents.text(sent, "description"));
    answer(ctx, PROMPT, prompt.id(), prompt(prompt));
  }

  private void delete(Context ctx) {
    String promptId = ctx.pathParam("prompt");
    String id = prompts.get(promptId).id();
    ObjectNode attributes = Documents.object();
    attributes.put("prompt_id", promptId);
    attributes.put("deleted_at", Documents.time(prompts.delete(promptId)));
    answer(ctx, PROMPT, id, attributes);
  }

  private void versions(Context ctx) {
    answer(
        ctx,
        prompts.versions(ctx.pathParam("prompt")).stream()
            .map(
                named -> {
                  ObjectNode attributes = version(named);
                  attributes.remove("template");
                  return one(ctx, VERSION, named.version().id(), attributes);
                })
            .toList());
  }

  private void addVersion(Context ctx) {
    Named made = prompts.addVersion(ctx.pathParam("prompt"), draft(sent(ctx)));
    answer(ctx, VERSION, made.version().id(), version(made));
  }

  private static int number(Context ctx) {
    try {
      return Integer.parseInt(ctx.pathParam("version"));
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("The version in the path must be a whole number, 1 or more.");
    }
  }

  private void version(Context ctx) {
    Named found = prompts.version(ctx.pathParam("prompt"), number(ctx));
    if (isFlat(ctx)) {
      resolved(ctx, found, null);
    } else {
      answer(ctx, VERSION, found.version().id(), version(found));
    }
  }

  private void updateVersion(Context ctx) {
    JsonNode sent = sent(ctx);
    Named changed =
        prompts.updateVersion(
            ctx.pathParam("prompt"),
            number(ctx),
            sent.path("labels").isArray() ? Documents.strings(sent.path("labels")) : null,
            Documents.text(sent, "description"),
            sent.path("env_ids").isArray() ? Documents.strings(sent.path("env_ids")) : null);
    answer(ctx, VERSION, changed.version().id(), version(changed));
  }

  /** What is told of a prompt. */
  static ObjectNode prompt(Prompt prompt) {
    ObjectNode attributes = Documents.object();
    attributes.put("prompt_id", prompt.promptId());
    attributes.put("title", prompt.title());
    attributes.put("description", prompt.description());
    attributes.put("source", "registry");
    attributes.put("created_from", "sdk-registry");
    attributes.put("in_registry", true);
    attributes.put("num_versions", prompt.versions());
    attributes.put("created_at", Documents.time(prompt.created()));
    attributes.put("last_version_created_at", Documents.time(prompt.lastVersion()));
    return attributes;
  }

  /** What is told of a version. */
  static ObjectNode version(Named named) {
    Version version = named.version();
    ObjectNode attributes = Documents.object();
    attributes.put("prompt_id", named.prompt().promptId());
    attributes.put("prompt_uuid", named.prompt().id());
    attributes.put("prompt_version_uuid", version.id());
    attributes.put("version", version.number());
    attributes.put("user_version", version.userVersion());
    attributes.put("description", version.description());
    attributes.set("template", Documents.read(version.template()));
    labels(attributes, version.labels());
    ArrayNode environments = attributes.putArray("env_ids");
    version.envIds().forEach(environments::add);
    config(attributes, version);
    attributes.put("created_at", Documents.time(version.created()));
    attributes.put("version_created_at", Documents.time(version.created()));
    return attributes;
  }
}
