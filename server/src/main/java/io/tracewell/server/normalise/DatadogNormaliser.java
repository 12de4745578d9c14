package io.tracewell.server.normalise;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Pricer;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKeys;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import io.tracewell.server.message.Json;
import io.tracewell.server.normalise.Figures.Figure;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From spans as Datadog's SDKs write them to the model of core. Thread-safe. */
public final class DatadogNormaliser {
  /** How the end of a text looks that was cut when it was read. */
  public static final String CUT_MARK = " …[cut, ";

  private static final int CUT_CHARS = 4_000_000;

  /** Values shorter than this are written into the raw copy even where a column holds them. */
  private static final int REF_CHARS = 48;

  private static final String DIALECT = "datadog";

  /** Figures of usage by the metrics that hold them, best first. */
  private static final Map<Figure, String[]> FIGURES =
      new EnumMap<>(
          Map.ofEntries(
              metric(Figure.INPUT, "input_tokens", "prompt_tokens"),
              metric(Figure.OUTPUT, "output_tokens", "completion_tokens"),
              metric(Figure.TOTAL, "total_tokens"),
              metric(Figure.CACHE_READ, "cache_read_input_tokens"),
              metric(Figure.CACHE_WRITE, "cache_write_input_tokens", "cache_creation_input_tokens"),
              metric(Figure.CACHE_WRITE_5M, "ephemeral_5m_input_tokens"),
              metric(Figure.CACHE_WRITE_1H, "ephemeral_1h_input_tokens"),
              metric(Figure.NO_CACHE, "non_cached_input_tokens"),
              metric(Figure.REASONING, "reasoning_output_tokens"),
              metric(Figure.INPUT_AUDIO, "audio_input_tokens", "input_audio_tokens"),
              metric(Figure.OUTPUT_AUDIO, "audio_output_tokens", "output_audio_tokens")));

  /** Metadata of a model call that is a parameter of the request. */
  private static final Set<String> PARAMETERS =
      Set.of(
          "temperature",
          "top_p",
          "top_k",
          "max_tokens",
          "max_completion_tokens",
          "max_output_tokens",
          "max_tokens_to_sample",
          "stop",
          "stop_sequences",
          "seed",
          "frequency_penalty",
          "presence_penalty",
          "n",
          "stream",
          "stream_options",
          "response_format",
          "tool_choice",
          "parallel_tool_calls",
          "reasoning_effort",
          "reasoning",
          "thinking",
          "logprobs",
          "top_logprobs",
          "logit_bias",
          "service_tier",
          "dimensions",
          "encoding_format");

  private final Pricer pricer;

  /** Prices model calls as {@code normaliser} does. */
  public DatadogNormaliser(Normaliser normaliser) {
    this.pricer = normaliser.pricer();
  }

  /**
   * Normalises a span of LLM Observability; null where it has no usable id.
   *
   * @param transport as {@link Origin#transport}
   * @param receivedNanos now, for spans that say no time
   */
  public @Nullable Span event(DatadogSent.Event sent, String transport, long receivedNanos) {
    String traceId = id(sent.span().get("trace_id"));
    String spanId = id(sent.span().get("span_id"));
    if (traceId.isEmpty() || spanId.isEmpty()) {
      return null;
    }
    return new Reading(sent, transport, receivedNanos).span(traceId, spanId);
  }

  /** The text of an id; empty for none, for Datadog's word for none, and for what is no id. */
  public static String id(@Nullable Object value) {
    String text =
        switch (value) {
          case String sent -> sent.strip();
          case Long number -> Long.toUnsignedString(number);
          case BigInteger number -> number.toString();
          case null, default -> "";
        };
    if (text.length() > 1 && text.length() <= 20 && text.charAt(0) == '-') {
      // Java without care prints the 64 bits with a sign.
      try {
        return Long.toUnsignedString(Long.parseLong(text));
      } catch (NumberFormatException e) {
        return text;
      }
    }
    return switch (text) {
      case "undefined", "0", "null", "None" -> "";
      default -> text.length() > 200 ? "" : text;
    };
  }

  /** A whole number; fractions are rounded; -1 for none. */
  /** The call with the provider that its model tells, where the SDK knew none. */
  static ModelCall priced(ModelCall call) {
    return call.provider().equals("unknown") || call.provider().equals("custom")
        ? new ModelCall(
            Providers.canonical("unknown", "", call.name()),
            call.requested(),
            call.responded(),
            "",
            call.operation(),
            "",
            "",
            -1)
        : call;
  }

  private static Map.Entry<Figure, String[]> metric(Figure figure, String... names) {
    return Map.entry(figure, names);
  }

  private static long whole(@Nullable Object value) {
    if (value instanceof Double number) {
      return Double.isFinite(number) && Math.abs(number) < 9e18 ? Math.round(number) : -1;
    }
    long number = Values.number(value);
    return number == Long.MIN_VALUE ? -1 : number;
  }

  private static Attributes map(@Nullable Object value) {
    return value instanceof Attributes map ? map : Attributes.NONE;
  }

  /** Normalises a span of the trace intake that is not LLM work. */
  public Span apm(
      DatadogSent.ApmSpan sent, DatadogSent.Place place, String transport, String language) {
    Attributes meta = sent.meta();
    String traceId =
        place.traceId().isEmpty()
            ? Ids.hex16(sent.traceIdHigh()) + Ids.hex16(sent.traceId())
            : place.traceId();
    List<String> warnings = new ArrayList<>(0);
    SpanError error = sent.error() ? error(meta) : new SpanError("", "", "");
    StringBuilder metadata = new StringBuilder(256).append('{');
    add(metadata, "resource", sent.resource());
    if (!sent.type().isEmpty()) {
      add(metadata, "type", sent.type());
    }
    for (int i = 0; i < meta.size(); i++) {
      // What begins with an underscore is between the SDK and its backend; errors have columns.
      if (!meta.key(i).startsWith("_") && !meta.key(i).startsWith("error.")) {
        add(metadata, meta.key(i), meta.value(i));
      }
    }
    StringBuilder raw = new StringBuilder(512).append("{\"datadog_apm\":");
    raw(raw, apmValues(sent), List.of());
    long duration = Math.max(0, sent.duration());
    if (sent.duration() < 0) {
      warnings.add("negative_duration: the duration was negative; shown as none");
    }
    String service = sent.service();
    Origin origin =
        new Origin(
            !place.application().isEmpty()
                ? place.application()
                : service.isEmpty() ? "unknown" : service,
            service,
            meta.text("version"),
            meta.text("env"),
            meta.text("_dd.hostname"),
            language,
            meta.text("component"),
            DIALECT,
            transport);
    return new Span(
        Span.DEFAULT_PROJECT,
        traceId,
        Long.toUnsignedString(sent.spanId()),
        sent.parentId() == 0 || sent.parentId() == sent.spanId()
            ? ""
            : Long.toUnsignedString(sent.parentId()),
        new SpanKeys(
            new Ids.TraceKey(sent.traceIdHigh(), sent.traceId()),
            sent.spanId(),
            sent.parentId() == sent.spanId() ? 0 : sent.parentId(),
            null),
        origin,
        sent.name().isEmpty() ? sent.resource() : sent.name(),
        SpanKind.SPAN,
        "span of the trace intake without LLM data",
        sent.start(),
        end(sent.start(), duration),
        false,
        sent.error() ? SpanStatus.ERROR : SpanStatus.OK,
        error,
        place.sessionId(),
        meta.text("usr.id"),
        ModelCall.NONE,
        Usage.NONE,
        Cost.NONE,
        Content.NONE,
        Content.NONE,
        Content.NONE,
        Content.NONE,
        Content.NONE,
        "",
        Digest.preview(error.message().isEmpty() ? error.type() : error.message()),
        new long[0],
        List.of(),
        "",
        "",
        "",
        Prompt.NONE,
        List.of(),
        metadata.append('}').toString(),
        List.of(),
        warnings,
        raw.append('}').toString(),
        sent.sizeBytes());
  }

  private static Attributes apmValues(DatadogSent.ApmSpan sent) {
    Attributes values = new Attributes(8);
    values.add("trace_id", Ids.hex16(sent.traceIdHigh()) + Ids.hex16(sent.traceId()));
    values.add("parent_id", Long.toUnsignedString(sent.parentId()));
    values.add("service", sent.service());
    values.add("name", sent.name());
    values.add("resource", sent.resource());
    values.add("type", sent.type());
    values.add("error", sent.error() ? 1L : 0L);
    values.add("meta", sent.meta());
    values.add("metrics", sent.metrics());
    return values;
  }

  private static SpanError error(Attributes meta) {
    String message = text(meta.get("error.message"));
    if (message.isEmpty()) {
      message = text(meta.get("error.msg"));
    }
    SpanError error =
        new SpanError(text(meta.get("error.type")), message, text(meta.get("error.stack")));
    if (!error.type().isEmpty() || !error.message().isEmpty() || !error.stack().isEmpty()) {
      return error;
    }
    String status = text(meta.get("http.status_code"));
    return new SpanError(status.isEmpty() ? "error" : "HTTP " + status, "", "");
  }

  private static long end(long start, long duration) {
    long end = start + duration;
    return end < start ? Long.MAX_VALUE : end;
  }

  /** Text of a scalar as it is; JSON of structure; empty for null. */
  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case String text -> text;
      case List<?> list -> PlainJson.of(list);
      case Attributes map -> PlainJson.of(map);
      default -> PlainJson.of(value);
    };
  }

  private static void add(StringBuilder object, String name, @Nullable Object value) {
    if (object.length() > 1) {
      object.append(',');
    }
    JsonText.string(object, name);
    object.append(':');
    PlainJson.value(object, value);
  }

  private static String closed(StringBuilder object) {
    return object.length() == 1 ? "" : object + "}";
  }

  private record Ref(Object value, String column) {}

  private static void raw(StringBuilder out, @Nullable Object value, List<Ref> refs) {
    boolean mayBeColumn =
        value instanceof String text
            ? text.length() >= REF_CHARS
            : value instanceof List<?> || value instanceof Attributes;
    if (mayBeColumn) {
      for (Ref ref : refs) {
        if (ref.value == value) {
          out.append(value instanceof String ? "{\"$ref\":\"" : "{\"$json\":\"")
              .append(ref.column)
              .append("\"}");
          return;
        }
      }
    }
    if (value instanceof Attributes map) {
      out.append('{');
      for (int i = 0; i < map.size(); i++) {
        if (i > 0) {
          out.append(',');
        }
        JsonText.key(out, map.key(i));
        raw(out, map.value(i), refs);
      }
      out.append('}');
    } else if (value instanceof List<?> list) {
      out.append('[');
      for (int i = 0; i < list.size(); i++) {
        if (i > 0) {
          out.append(',');
        }
        raw(out, list.get(i), refs);
      }
      out.append(']');
    } else {
      JsonText.value(out, value);
    }
  }

  /** The reading of one span of LLM Observability. */
  private final class Reading {
    private final Attributes span;
    private final Attributes envelope;
    private final DatadogSent.@Nullable ApmSpan apm;
    private final int sizeBytes;
    private final String transport;
    private final long receivedNanos;
    private final Attributes meta;
    private final Attributes sentMetadata;
    private final List<String> tags = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>(0);
    private final List<Ref> refs = new ArrayList<>(4);

    Reading(DatadogSent.Event sent, String transport, long receivedNanos) {
      this.span = sent.span();
      this.envelope = sent.envelope();
      this.apm = sent.apm();
      this.sizeBytes = sent.sizeBytes();
      this.transport = transport;
      this.receivedNanos = receivedNanos;
      this.meta = checkedMap(span, "meta");
      this.sentMetadata = checkedMap(meta, "metadata");
      addTags(span.get("tags"));
      addTags(envelope.get("tags"));
      Object joinKey = span.get(Evaluation.Target.JOIN_KEY_TAG);
      String key = id(joinKey == null ? envelope.get(Evaluation.Target.JOIN_KEY_TAG) : joinKey);
      if (!key.isEmpty()) {
        addTag(Evaluation.Target.JOIN_KEY_TAG + ':' + key);
      }
      if (span.get("collection_errors") instanceof List<?> errors) {
        for (Object error : errors) {
          warn(
              text(error).replaceAll("[^A-Za-z0-9_]", "_"),
              "the SDK reports that it did not send everything");
        }
      }
    }

    private Attributes checkedMap(Attributes parent, String name) {
      Object value = parent.get(name);
      if (value != null && !(value instanceof Attributes)) {
        warn("bad_" + name, "the field " + name + " is not an object; it is kept in the raw span");
      }
      return map(value);
    }

    Span span(String traceId, String spanId) {
      SpanKind kind;
      String sentKind = sentKind();
      String model = modelName();
      String kindRule;
      SpanKind known = SpanKind.fromWireName(sentKind.toLowerCase(Locale.ROOT));
      if (known != null && known != SpanKind.SPAN) {
        kind = known;
        kindRule = "datadog kind=" + sentKind;
      } else if (sentKind.equals("experiment")) {
        kind = SpanKind.WORKFLOW;
        kindRule = "datadog kind=experiment";
      } else if (!model.isEmpty() || map(meta.get("input")).get("messages") != null) {
        kind = SpanKind.LLM;
        kindRule = "datadog kind is not known; has a model or messages";
      } else {
        kind = SpanKind.TASK;
        kindRule = "datadog kind is not known";
      }
      boolean experiment = sentKind.equals("experiment");
      boolean modelKind = kind == SpanKind.LLM || kind == SpanKind.EMBEDDING;

      SpanStatus status = status();
      SpanError error = status == SpanStatus.ERROR ? error() : new SpanError("", "", "");
      Object sentInput = meta.get("input");
      Object sentOutput = meta.get("output");
      SentMessages asked = content(sentInput, experiment, "user", "input");
      SentMessages answered = content(sentOutput, experiment, "assistant", "output");
      Content input = asked.content();
      Content output = answered.content();
      Content documents = Content.NONE;
      if (!experiment && map(sentOutput).get("documents") instanceof List<?> list) {
        documents = structure(ContentFormat.DOCUMENTS, list, "documents");
      }
      if (input.isEmpty() && map(sentInput).get("documents") instanceof List<?> list) {
        input = structure(ContentFormat.DOCUMENTS, list, "input");
      }
      Content tools = Content.NONE;
      Object definitions = meta.get("tool_definitions");
      if (definitions != null && !(definitions instanceof List<?> list && list.isEmpty())) {
        tools = structure(ContentFormat.JSON, definitions, "tool_definitions");
      }
      Digest digest =
          Digest.of(Content.NONE, input, output, documents, error, asked.read(), answered.read());
      for (String column : digest.unreadable()) {
        warn("unreadable_messages", "the " + column + " is not JSON of messages; kept as text");
      }
      String provider = provider(model);
      Usage usage = usage(provider);
      StringBuilder metadata = new StringBuilder(256).append('{');
      StringBuilder parameters = new StringBuilder(64).append('{');
      metadata(metadata, parameters, modelKind);
      ModelCall call =
          model.isEmpty() && !modelKind
              ? ModelCall.NONE
              : modelCall(kind, model, provider, status, closed(parameters), digest);
      long start = start();
      long end = end(start, duration());
      String name = text(span.get("name"));
      Cost cost = cost(call, usage, start);
      String parentId = parent(spanId);
      return new Span(
          Span.DEFAULT_PROJECT,
          traceId,
          spanId,
          parentId,
          keys(traceId, spanId, parentId),
          origin(),
          name,
          kind,
          kindRule,
          start,
          end,
          false,
          status,
          error,
          session(),
          user(),
          call,
          usage,
          cost,
          Content.NONE,
          input,
          output,
          tools,
          documents,
          digest.inputPreview(),
          digest.outputPreview(),
          digest.inputHashes(),
          digest.texts(),
          kind == SpanKind.TOOL ? name : "",
          "",
          kind == SpanKind.AGENT
              ? name
              : text(map(meta.get("agent_attribution")).get("pagent_name")),
          prompt(),
          tags,
          closed(metadata),
          links(),
          warnings,
          raw(),
          sizeBytes);
    }

    private void warn(String code, String sentence) {
      warnings.add(code + ": " + sentence);
    }

    /** A list of {@code key:value}, or a map; a value that is a list is several tags. */
    private void addTags(@Nullable Object sent) {
      switch (sent) {
        case List<?> list -> list.forEach(tag -> addTag(text(tag)));
        case Attributes map -> {
          for (int i = 0; i < map.size(); i++) {
            String key = map.key(i);
            if (map.value(i) instanceof List<?> list) {
              list.forEach(value -> addTag(key + ':' + text(value)));
            } else {
              addTag(key + ':' + text(map.value(i)));
            }
          }
        }
        case String text -> {
          for (String tag : text.split(",", -1)) {
            addTag(tag.strip());
          }
        }
        case null -> {}
        default -> warn("bad_tags", "the field tags is not a list; it is kept in the raw span");
      }
    }

    private void addTag(String tag) {
      if (!tag.isEmpty() && !tags.contains(tag)) {
        tags.add(tag);
      }
    }

    /** The value of the first tag of that key; empty where there is none. */
    private String tag(String key) {
      for (String tag : tags) {
        if (tag.length() > key.length() && tag.charAt(key.length()) == ':' && tag.startsWith(key)) {
          return tag.substring(key.length() + 1);
        }
      }
      return "";
    }

    private String sentKind() {
      String kind = text(map(meta.get("span")).get("kind"));
      if (kind.isEmpty()) {
        kind = text(meta.get("span.kind"));
      }
      return kind.isEmpty() ? text(meta.get("kind")) : kind;
    }

    private String modelName() {
      String model = text(meta.get("model_name"));
      if (model.isEmpty()) {
        model = text(sentMetadata.get("model_name"));
      }
      // What the SDKs write where no model was named.
      return model.equals("unknown") || model.equals("custom") ? "" : model;
    }

    /**
     * As sent, by its usual name: "unknown" says that the call went through a gateway, which the
     * model's name does not tell.
     */
    private String provider(String model) {
      String provider = text(meta.get("model_provider")).strip();
      if (provider.isEmpty()) {
        provider = text(sentMetadata.get("model_provider")).strip();
      }
      if (model.isEmpty()) {
        return provider.equals("unknown") || provider.equals("custom")
            ? ""
            : Providers.canonical(provider, "", "");
      }
      return provider.equals("unknown") ? provider : Providers.canonical(provider, "", model);
    }

    private ModelCall modelCall(
        SpanKind kind,
        String model,
        String provider,
        SpanStatus status,
        String parameters,
        Digest digest) {
      String requested =
          apm == null ? text(map(span.get("litellm")).get("model")) : requestedModel(apm.meta());
      String responded = model;
      // A call that failed was answered by no model; for Anthropic the SDK names what was asked
      // for.
      if (status == SpanStatus.ERROR || tag("integration").equals("anthropic")) {
        requested = requested.isEmpty() ? model : requested;
        responded = "";
      }
      String reason = FinishReasons.ofAttribute(sentMetadata.get("finish_reason"));
      return new ModelCall(
          provider,
          requested,
          responded,
          responseId(),
          kind == SpanKind.EMBEDDING ? "embeddings" : kind == SpanKind.LLM ? "chat" : "",
          parameters,
          reason.isEmpty() ? digest.finishReasons() : reason,
          timeToFirstToken());
    }

    /** LiteLLM alone says it; its two loggers report one call, which must be counted once. */
    private String responseId() {
      String id = text(sentMetadata.get("id"));
      return span.get("litellm") != null || text(span.get("name")).equals("litellm_llm_call")
          ? id
          : "";
    }

    private static String requestedModel(Attributes meta) {
      for (int i = 0; i < meta.size(); i++) {
        String key = meta.key(i);
        if (key.endsWith(".request.model") && !key.startsWith("gen_ai.")) {
          return text(meta.value(i));
        }
      }
      return "";
    }

    private long timeToFirstToken() {
      double seconds = Values.decimal(map(span.get("metrics")).get("time_to_first_token"));
      return seconds >= 0 && seconds < 1e9 ? Math.round(seconds * 1e9) : -1;
    }

    private SpanStatus status() {
      String sent = text(span.get("status"));
      if (sent.equals("error")) {
        return SpanStatus.ERROR;
      }
      boolean failed =
          meta.get("error") instanceof Attributes error && !isEmpty(error)
              || meta.get("error.message") != null
              || meta.get("error.type") != null;
      if (sent.equals("ok") || sent.isEmpty()) {
        return sent.isEmpty() && failed ? SpanStatus.ERROR : SpanStatus.OK;
      }
      warn("bad_status", "the status is neither ok nor error");
      return failed ? SpanStatus.ERROR : SpanStatus.UNSET;
    }

    private static boolean isEmpty(Attributes error) {
      return text(error.get("message")).isEmpty() && text(error.get("type")).isEmpty();
    }

    private SpanError error() {
      Object sent = meta.get("error");
      if (sent instanceof Attributes nested && !isEmpty(nested)) {
        String stack = text(nested.get("stack"));
        if (nested.get("stack") instanceof String same) {
          refs.add(new Ref(same, "error_stack"));
        }
        return new SpanError(text(nested.get("type")), text(nested.get("message")), stack);
      }
      if (sent instanceof String message && !message.isEmpty()) {
        return new SpanError("", message, "");
      }
      SpanError flat = DatadogNormaliser.error(meta);
      if (flat.type().equals("error") && apm != null) {
        return DatadogNormaliser.error(apm.meta());
      }
      return flat;
    }

    /** Messages that came as a list are read at once; nearly all come so. */
    private SentMessages content(
        @Nullable Object sent, boolean experiment, String defaultRole, String column) {
      if (experiment) {
        return new SentMessages(plain(sent, column), null);
      }
      if (sent instanceof Attributes map
          && map.get("messages") instanceof List<?> list
          && !list.isEmpty()) {
        SentMessages messages = SentMessages.of(list, defaultRole);
        noteCut(messages.content().text());
        refs.add(new Ref(list, column));
        return messages;
      }
      return new SentMessages(content(sent, column), null);
    }

    private Content content(@Nullable Object sent, String column) {
      if (!(sent instanceof Attributes map)) {
        return plain(sent, column);
      }
      Object messages = map.get("messages");
      if (messages instanceof String text && !text.isEmpty()) {
        return plain(text, column);
      }
      if (messages instanceof Attributes one && !one.isEmpty()) {
        return structure(ContentFormat.CHAT_MESSAGES, one, column);
      }
      Object value = map.get("value");
      if (value != null) {
        return plain(value, column);
      }
      for (int i = 0; i < map.size(); i++) {
        switch (map.key(i)) {
          case "messages", "value", "documents", "prompt", "parameters", "embedding" -> {
            return Content.NONE;
          }
          default -> {}
        }
      }
      return map.isEmpty() ? Content.NONE : plain(map, column);
    }

    /** Text, or JSON where it is. */
    private Content plain(@Nullable Object sent, String column) {
      String text = text(sent);
      if (text.isEmpty() || (sent instanceof Attributes map && map.isEmpty())) {
        return Content.NONE;
      }
      noteCut(text);
      if (sent != null) {
        refs.add(new Ref(sent, column));
      }
      boolean json = !(sent instanceof String) || Json.isStructured(text);
      return new Content(json ? ContentFormat.JSON : ContentFormat.TEXT, text);
    }

    private Content structure(ContentFormat format, Object sent, String column) {
      String text = text(sent);
      noteCut(text);
      refs.add(new Ref(sent, column));
      return new Content(format, text);
    }

    private void noteCut(String text) {
      if (text.length() > CUT_CHARS && text.contains(CUT_MARK)) {
        warn("text_cut", "a text was cut; its end says how long it was");
      }
    }

    private long tokens(Attributes metrics, String[] names) {
      for (String name : names) {
        Object value = metrics.get(name);
        if (value == null) {
          continue;
        }
        double number = Values.decimal(value);
        if (number >= 0 && number <= Usages.MOST) {
          return Math.round(number);
        }
        warn("bad_tokens", name + " is not a count and is only kept in usage.raw");
      }
      return -1;
    }

    private Usage usage(String provider) {
      Attributes metrics = checkedMap(span, "metrics");
      if (metrics.isEmpty()) {
        return Usage.NONE;
      }
      String raw = PlainJson.of(metrics);
      Figures figures = new Figures();
      FIGURES.forEach((figure, names) -> figures.set(figure, tokens(metrics, names)));
      return Usages.read(figures, new UsageRules.Sender("datadog", "", "datadog", provider), raw);
    }

    private Cost cost(ModelCall call, Usage usage, long start) {
      Attributes metrics = map(span.get("metrics"));
      double total = dollars(metrics, "total_cost");
      double input = dollars(metrics, "input_cost");
      double output = dollars(metrics, "output_cost");
      if (!(total > 0) && (input > 0 || output > 0)) {
        total = Math.max(0, input) + Math.max(0, output);
      }
      if (total > 0) {
        double read = dollars(metrics, "cache_read_input_cost");
        double write = dollars(metrics, "cache_write_input_cost");
        double uncached = dollars(metrics, "non_cached_input_cost");
        if (uncached < 0 && input >= 0) {
          uncached = Math.max(0, input - Math.max(0, read) - Math.max(0, write));
        }
        return new Cost(
            picodollars(total),
            picodollars(uncached),
            picodollars(read),
            picodollars(write),
            picodollars(output),
            "reported",
            "",
            "");
      }
      if (usage.isEmpty() || call.name().isEmpty()) {
        return Cost.NONE;
      }
      return pricer.price(priced(call), usage, start);
    }

    private static double dollars(Attributes metrics, String name) {
      double value = Values.decimal(metrics.get(name));
      return value >= 0 && value < 1e6 ? value : -1;
    }

    private static long picodollars(double dollars) {
      return dollars >= 0 ? Math.round(dollars * 1e12) : -1;
    }

    private void metadata(StringBuilder metadata, StringBuilder parameters, boolean modelKind) {
      for (int i = 0; i < sentMetadata.size(); i++) {
        String key = sentMetadata.key(i);
        add(
            modelKind && PARAMETERS.contains(key) ? parameters : metadata,
            key,
            sentMetadata.value(i));
      }
      Object given = map(meta.get("input")).get("parameters");
      if (given instanceof Attributes map) {
        for (int i = 0; i < map.size(); i++) {
          if (sentMetadata.get(map.key(i)) == null) {
            add(modelKind ? parameters : metadata, map.key(i), map.value(i));
          }
        }
      }
      for (String name : new String[] {"intent", "expected_output", "model_version"}) {
        Object value = meta.get(name);
        if (value != null && sentMetadata.get(name) == null) {
          add(metadata, name, value);
        }
      }
      if (span.get("config") instanceof Attributes config && !config.isEmpty()) {
        add(metadata, "config", config);
      }
    }

    private long start() {
      Object sent = span.get("start_ns");
      long start = sent instanceof BigInteger ? -1 : whole(sent);
      if (start > 0) {
        return start;
      }
      warn("start_missing", "no usable start was sent; the time of arrival is shown");
      return receivedNanos;
    }

    private long duration() {
      Object sent = span.get("duration");
      long duration = whole(sent);
      if (sent == null || duration < 0) {
        warn("duration_missing", "no usable duration was sent; the span is shown without one");
        return 0;
      }
      return duration;
    }

    private String parent(String spanId) {
      String parent = id(span.get("parent_id"));
      if (parent.equals(spanId)) {
        warn("own_parent", "the span named itself as its parent; shown as a root");
        return "";
      }
      return parent;
    }

    private SpanKeys keys(String traceId, String spanId, String parentId) {
      Ids.TraceKey sentKey = Ids.traceKey(traceId);
      Ids.TraceKey shared = sharedTrace(sentKey);
      long parent = parentId.isEmpty() ? 0 : Ids.decimalSpanKey(parentId);
      if (parent == 0 && apm != null && apm.parentId() != apm.spanId()) {
        // The first LLM span of a trace has a parent too, where a request led to it.
        parent = apm.parentId();
      }
      return new SpanKeys(
          shared, Ids.decimalSpanKey(spanId), parent, shared.equals(sentKey) ? null : sentKey);
    }

    /** The key of the trace that all services of the request share. */
    private Ids.TraceKey sharedTrace(Ids.TraceKey sentKey) {
      Attributes ids = map(span.get("_dd"));
      String shared = id(ids.get("apm_trace_id"));
      if (shared.isEmpty()) {
        shared = id(ids.get("trace_id"));
      }
      if (shared.isEmpty() && apm != null) {
        return new Ids.TraceKey(apm.traceIdHigh(), apm.traceId());
      }
      if (shared.isEmpty()) {
        shared = id(span.get("apm_trace_id"));
      }
      return shared.isEmpty() ? sentKey : Ids.traceKey(shared);
    }

    private String first(String... values) {
      for (String value : values) {
        if (!value.isEmpty()) {
          return value;
        }
      }
      return "";
    }

    private Origin origin() {
      Attributes apmMeta = apm == null ? Attributes.NONE : apm.meta();
      String service =
          first(text(span.get("service")), tag("service"), apm == null ? "" : apm.service());
      String application =
          first(
              text(span.get("ml_app")),
              tag("ml_app"),
              text(envelope.get("ml_app")),
              service,
              "unknown");
      String version =
          first(
              tag("ddtrace.version"),
              tag("ddtrace_version"),
              text(envelope.get("_dd.tracer_version")));
      return new Origin(
          application,
          service,
          first(tag("version"), text(apmMeta.get("version"))),
          first(tag("env"), text(apmMeta.get("env"))),
          first(text(apmMeta.get("_dd.hostname")), text(envelope.get("hostname"))),
          (tag("language") + " " + version).strip(),
          tag("integration"),
          DIALECT,
          transport);
    }

    private String session() {
      return first(
          text(span.get("session_id")), tag("session_id"), text(envelope.get("session_id")));
    }

    private String user() {
      return first(
          tag("user_id"),
          tag("usr.id"),
          tag("user_handle"),
          sentMetadata.get("user") instanceof String user ? user : "");
    }

    private Prompt prompt() {
      if (!(map(meta.get("input")).get("prompt") instanceof Attributes prompt)
          || prompt.isEmpty()) {
        return Prompt.NONE;
      }
      String template = text(prompt.get("template"));
      return new Prompt(
          text(prompt.get("id")),
          text(prompt.get("name")),
          text(prompt.get("version")),
          template.isEmpty() ? text(prompt.get("chat_template")) : template,
          text(prompt.get("variables")));
    }

    private List<SpanLink> links() {
      if (!(span.get("span_links") instanceof List<?> sent) || sent.isEmpty()) {
        return List.of();
      }
      List<SpanLink> links = new ArrayList<>(sent.size());
      for (Object item : sent) {
        if (item instanceof Attributes link) {
          Object attributes = link.get("attributes");
          links.add(
              new SpanLink(
                  id(link.get("trace_id")),
                  id(link.get("span_id")),
                  attributes == null ? "" : text(attributes)));
        }
      }
      return links;
    }

    private String raw() {
      StringBuilder out = new StringBuilder(1024).append("{\"datadog\":");
      DatadogNormaliser.raw(out, span, refs);
      boolean rest = false;
      Attributes around = new Attributes(envelope.size());
      for (int i = 0; i < envelope.size(); i++) {
        if (!envelope.key(i).equals("spans")) {
          around.add(envelope.key(i), envelope.value(i));
          rest = true;
        }
      }
      if (rest) {
        out.append(",\"envelope\":");
        DatadogNormaliser.raw(out, around, List.of());
      }
      if (apm != null) {
        out.append(",\"datadog_apm\":");
        DatadogNormaliser.raw(out, apmValues(apm), List.of());
      }
      return out.append('}').toString();
    }
  }
}
