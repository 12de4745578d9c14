package io.tracewell.server.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.Routes;
import io.tracewell.server.metadata.Datasets.Dataset;
import io.tracewell.server.metadata.Datasets.Item;
import io.tracewell.server.metadata.Experiments.Experiment;
import io.tracewell.server.metadata.Projects.Project;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's search over projects, datasets, their records and experiments: page by page with a
 * cursor ({@code search}), or sorted and counted ({@code simple-search}). Everything is looked at;
 * there is not much of it.
 */
final class ExperimentationSearch implements Routes {
  private static final List<String> SCOPES =
      List.of("projects", "datasets", "dataset_records", "experiments");
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 5_000;
  private static final int BATCH = 1_000;

  /** Most that are looked at for one answer. */
  private static final int MAX_LOOKED_AT = 200_000;

  /** {@code -key:value}, {@code @key:"two words"}, {@code word}. */
  private static final Pattern TERM =
      Pattern.compile("(-)?(?:@?([A-Za-z_][\\w.]*):)?(?:\"([^\"]*)\"|(\\S+))");

  private final Projects projects;
  private final Datasets datasets;
  private final Experiments experiments;

  ExperimentationSearch(Projects projects, Datasets datasets, Experiments experiments) {
    this.projects = projects;
    this.datasets = datasets;
    this.experiments = experiments;
  }

  @Override
  public void register(RoutesConfig routes) {
    ControlPlane.on(routes, HandlerType.POST, "/experimentation/search", this::search);
    ControlPlane.on(routes, HandlerType.POST, "/experimentation/simple-search", this::simple);
  }

  private record Found(String scope, ObjectNode item) {}

  private void search(Context ctx) {
    JsonNode sent = ControlPlane.attributes(ctx);
    int limit = limit(sent.path("page"));
    String cursor = Documents.text(sent.path("page"), "cursor", "");
    int from;
    try {
      from = cursor.isEmpty() ? 0 : Integer.parseInt(cursor, 36);
    } catch (NumberFormatException e) {
      from = -1;
    }
    if (from < 0 || from > MAX_LOOKED_AT) {
      throw ApiException.badRequest(
          "“page.cursor” must be what “meta.after” of the page before was.");
    }
    List<Found> found = find(sent.path("filter"), from + limit + 1L);
    boolean more = found.size() > from + limit;
    ObjectNode body =
        results(
            sent,
            found.subList(Math.min(from, found.size()), Math.min(from + limit, found.size())));
    body.putObject("meta").put("after", more ? Integer.toString(from + limit, 36) : null);
    ControlPlane.answer(ctx, more ? 206 : 200, body);
  }

  private void simple(Context ctx) {
    JsonNode sent = ControlPlane.attributes(ctx);
    int limit = limit(sent.path("page"));
    int number = sent.path("page").path("number").asInt(1);
    if (number < 1) {
      throw ApiException.badRequest("“page.number” counts from 1.");
    }
    List<Found> found = find(sent.path("filter"), Long.MAX_VALUE);
    Comparator<Found> order = order(sent.path("sort"));
    if (order != null) {
      found.sort(order);
    }
    int from = (int) Math.min((number - 1L) * limit, found.size());
    ObjectNode body = results(sent, found.subList(from, Math.min(from + limit, found.size())));
    ObjectNode page = body.putObject("meta").putObject("page");
    page.put("current", number);
    page.put("limit", limit);
    page.put("total_count", found.size());
    page.put("total_pages", (found.size() + limit - 1) / limit);
    ControlPlane.answer(ctx, 200, body);
  }

  private static int limit(JsonNode page) {
    JsonNode sent = page.path("limit");
    int limit = sent.isMissingNode() || sent.isNull() ? DEFAULT_LIMIT : sent.asInt(0);
    if (limit < 1) {
      throw ApiException.badRequest(
          "“page.limit” must be a whole number from 1 to " + MAX_LIMIT + ".");
    }
    return Math.min(limit, MAX_LIMIT);
  }

  /** The first {@code most} that fulfil the filter, in the order of the scopes, newest first. */
  private List<Found> find(JsonNode filter, long most) {
    List<String> scopes = Documents.strings(filter.path("scope"));
    if (scopes.isEmpty() || !SCOPES.containsAll(scopes)) {
      throw ApiException.badRequest(
          "“filter.scope” must name some of " + String.join(", ", SCOPES) + ".");
    }
    Predicate<ObjectNode> query = query(Documents.text(filter, "query", ""));
    JsonNode version = filter.path("version");
    boolean onlyDeleted = filter.path("is_deleted").asBoolean(false);
    boolean withDeleted = filter.path("include_deleted").asBoolean(false);
    List<Found> found = new ArrayList<>();
    int[] looked = new int[1];
    for (String scope : scopes) {
      Function<ObjectNode, Boolean> take =
          item -> {
            if (++looked[0] > MAX_LOOKED_AT) {
              throw ApiException.badRequest(
                  "There are more than "
                      + MAX_LOOKED_AT
                      + " objects to look at. Name fewer scopes, or list the records of one"
                      + " dataset.");
            }
            if (query.test(item)) {
              found.add(new Found(scope, item));
            }
            return found.size() < most;
          };
      switch (scope) {
        case "projects" -> {
          if (!onlyDeleted) {
            each(
                (before, limit) -> projects.list(null, null, before, limit),
                Project::seq,
                ControlPlane::project,
                take);
          }
        }
        case "datasets" -> {
          if (!onlyDeleted) {
            each(
                (before, limit) -> datasets.list(null, null, null, before, limit),
                Dataset::seq,
                ControlPlane::dataset,
                take);
          }
        }
        case "dataset_records" -> {
          if (!onlyDeleted) {
            records(version.isInt() ? version.intValue() : null, take);
          }
        }
        default -> {
          if (!onlyDeleted) {
            experiments(false, take);
          }
          if (onlyDeleted || withDeleted) {
            experiments(true, take);
          }
        }
      }
      if (found.size() >= most) {
        break;
      }
    }
    return found;
  }

  private void experiments(boolean deleted, Function<ObjectNode, Boolean> take) {
    Experiments.Filter all =
        new Experiments.Filter(List.of(), null, null, null, null, List.of(), deleted);
    each(
        (before, limit) -> experiments.list(all, before, limit),
        Experiment::seq,
        ExperimentationSearch::flat,
        take);
  }

  // Clients read the attributes of an experiment where they read whole objects of the others.
  private static ObjectNode flat(Experiment experiment) {
    ObjectNode item = ControlPlane.experiment(experiment);
    item.setAll((ObjectNode) item.path("attributes"));
    return item;
  }

  private void records(@Nullable Integer version, Function<ObjectNode, Boolean> take) {
    each(
        (before, limit) -> datasets.list(null, null, null, before, limit),
        Dataset::seq,
        ControlPlane::dataset,
        dataset -> {
          String id = dataset.path("id").asText();
          if (version != null
              && version > dataset.path("attributes").path("current_version").asInt()) {
            return true;
          }
          boolean[] more = {true};
          long after = 0;
          while (more[0]) {
            List<Item> page = datasets.records(id, version, List.of(), after, BATCH);
            if (page.isEmpty()) {
              break;
            }
            for (Item record : page) {
              more[0] = more[0] && take.apply(ControlPlane.record(record));
            }
            after = page.getLast().position();
          }
          return more[0];
        });
  }

  private static <T> void each(
      BiFunction<Long, Integer, List<T>> list,
      ToLongFunction<T> number,
      Function<T, ObjectNode> view,
      Function<ObjectNode, Boolean> take) {
    long before = Long.MAX_VALUE;
    while (true) {
      List<T> page = list.apply(before, BATCH);
      for (T one : page) {
        if (!take.apply(view.apply(one))) {
          return;
        }
      }
      if (page.size() < BATCH) {
        return;
      }
      before = number.applyAsLong(page.getLast());
    }
  }

  // ---- query ----

  /** Terms that must all hold: {@code field:value} with {@code *}, or words anywhere. */
  private static Predicate<ObjectNode> query(String query) {
    Predicate<ObjectNode> all = item -> true;
    Matcher terms = TERM.matcher(query);
    while (terms.find()) {
      String word = terms.group(3) == null ? terms.group(4) : terms.group(3);
      boolean plain = terms.group(2) == null && terms.group(3) == null;
      if (plain && word.equals("AND") || word.equals("*") && terms.group(2) == null) {
        continue;
      }
      if (plain && (word.equals("OR") || word.startsWith("("))) {
        throw ApiException.badRequest(
            "“filter.query” takes terms that must all hold: field:value with * and -, and words. OR"
                + " and parentheses are not known here.");
      }
      Predicate<ObjectNode> term = term(terms.group(2), word);
      all = all.and(terms.group(1) == null ? term : term.negate());
    }
    return all;
  }

  private static Predicate<ObjectNode> term(@Nullable String field, String word) {
    if (field == null) {
      String part = word.toLowerCase(Locale.ROOT);
      return item ->
          Documents.write(item.path("attributes")).toLowerCase(Locale.ROOT).contains(part);
    }
    String[] parts = word.toLowerCase(Locale.ROOT).split("\\*", -1);
    return item -> matches(at(item, field), parts);
  }

  private static JsonNode at(ObjectNode item, String field) {
    JsonNode node = field.equals("id") ? item : item.path("attributes");
    for (String name : field.split("\\.")) {
      node = node.path(name);
    }
    return node;
  }

  private static boolean matches(JsonNode node, String[] parts) {
    if (node.isArray()) {
      return StreamSupport.stream(node.spliterator(), false).anyMatch(one -> matches(one, parts));
    }
    return node.isValueNode()
        && !node.isNull()
        && matches(node.asText().toLowerCase(Locale.ROOT), parts);
  }

  /** True where the text is the parts in that order, with anything between them. */
  private static boolean matches(String text, String[] parts) {
    String first = parts[0];
    String last = parts[parts.length - 1];
    if (parts.length == 1) {
      return text.equals(first);
    }
    if (!text.startsWith(first) || !text.endsWith(last)) {
      return false;
    }
    int at = first.length();
    for (int i = 1; i < parts.length - 1; i++) {
      int found = text.indexOf(parts[i], at);
      if (found < 0) {
        return false;
      }
      at = found + parts[i].length();
    }
    return at + last.length() <= text.length();
  }

  private static @Nullable Comparator<Found> order(JsonNode sort) {
    Comparator<Found> order = null;
    for (JsonNode one : sort) {
      String field = Documents.required(one, "field");
      Comparator<Found> by =
          Comparator.comparing(found -> at(found.item(), field), ExperimentationSearch::compare);
      by = Documents.text(one, "direction", "asc").equals("desc") ? by.reversed() : by;
      order = order == null ? by : order.thenComparing(by);
    }
    return order;
  }

  private static int compare(JsonNode one, JsonNode other) {
    return one.isNumber() && other.isNumber()
        ? one.decimalValue().compareTo(other.decimalValue())
        : one.asText().compareTo(other.asText());
  }

  // ---- answer ----

  private static ObjectNode results(JsonNode sent, List<Found> found) {
    JsonNode preview = sent.path("content_preview").path("limit");
    ObjectNode attributes = Documents.object();
    Documents.strings(sent.path("filter").path("scope")).forEach(attributes::putArray);
    for (Found one : found) {
      if (preview.isInt() && preview.intValue() > 0) {
        cut(one.item(), preview.intValue());
        cut((ObjectNode) one.item().path("attributes"), preview.intValue());
      }
      attributes.withArray(one.scope()).add(one.item());
    }
    return ControlPlane.data(
        ControlPlane.item("experimentation", UUID.randomUUID().toString(), attributes));
  }

  // What is cut becomes the beginning of its JSON.
  private static void cut(ObjectNode record, int chars) {
    for (String field : new String[] {"input", "expected_output"}) {
      JsonNode value = record.path(field);
      String text = value.isTextual() ? value.textValue() : Documents.write(value);
      if (!value.isMissingNode() && text.length() > chars) {
        record.put(field, text.substring(0, chars));
      }
    }
  }
}
