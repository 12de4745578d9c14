package io.tracewell.server.normalise;

import com.fasterxml.jackson.databind.JsonNode;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.Document;
import io.tracewell.core.Mapping;
import io.tracewell.core.Message;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Pricer;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanExplainer;
import io.tracewell.core.SpanKeys;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import io.tracewell.server.message.Json;
import io.tracewell.server.message.Messages;
import io.tracewell.server.normalise.Figures.Figure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** From a span as OTLP carries it to the model of core. Thread-safe. */
public final class Normaliser implements SpanExplainer {
  private static final int STATUS_OK = 1;
  private static final int STATUS_ERROR = 2;

  /** Values shorter than this are written into the raw copy even where a column holds them. */
  private static final int REF_CHARS = 48;

  private static final int METADATA_REF_CHARS = 256;

  /** Raised to steer a graph, not because something failed. */
  private static final Set<String> CONTROL_FLOW =
      Set.of("GraphInterrupt", "ParentCommand", "GeneratorExit", "GraphBubbleUp", "NodeInterrupt");

  /** In the place of what may be a secret. */
  private static final String HIDDEN = "[hidden]";

  /** One of them is in every JSON that holds messages. */
  private static final String[] MESSAGE_SIGNS = {
    "\"role\"",
    "\"parts\"",
    "\"function_call\"",
    "\"generations\"",
    "\"constructor\"",
    "\"additional_kwargs\""
  };

  /** Parameters of a request that are what a system message is. */
  private static final Set<String> INSTRUCTIONS = Set.of("instructions", "system");

  /** LangChain names its agent in the metadata of each span; OpenInference says CHAIN of it. */
  private static final Kinds.Decision LANGCHAIN_AGENT =
      new Kinds.Decision(SpanKind.AGENT, "metadata.lc_agent_name is the span's name");

  private static final Kinds.Decision EMBEDDER =
      new Kinds.Decision(SpanKind.EMBEDDING, "the model's name, and no answer");

  /** An id in a name makes each span's name its own. */
  private static final Pattern UUID =
      Pattern.compile("[ _:.-]?(?<![0-9a-f])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])");

  /** JSON shorter than this holds no vector worth to be looked for. */
  private static final int LEAST_VECTOR = 1_024;

  private static final String PENDING_SPAN = "pending_span";
  private static final String NO_SPAN = "0000000000000000";

  /** In the place of an embedding. */
  static final String VECTOR = "[vectors are not kept]";

  private static final int OTLP_INTERNAL = 1;

  private static final Set<Field> OF_WHOM =
      Set.of(Field.SESSION, Field.USER, Field.TAGS, Field.ERROR_TYPE, Field.ERROR_MESSAGE);

  private static final String GEN_AI_USAGE = "gen_ai.usage.";

  /** Longer JSON is not searched for attributes. */
  private static final int MOST_NESTED = 1 << 20;

  private static final int MOST_PYTHON = 1_000;

  private static final Map<Field, Figure> FIGURES =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(Field.INPUT_TOKENS, Figure.INPUT),
              Map.entry(Field.OUTPUT_TOKENS, Figure.OUTPUT),
              Map.entry(Field.TOTAL_TOKENS, Figure.TOTAL),
              Map.entry(Field.CACHE_READ_TOKENS, Figure.CACHE_READ),
              Map.entry(Field.CACHE_WRITE_TOKENS, Figure.CACHE_WRITE),
              Map.entry(Field.CACHE_WRITE_5M_TOKENS, Figure.CACHE_WRITE_5M),
              Map.entry(Field.CACHE_WRITE_1H_TOKENS, Figure.CACHE_WRITE_1H),
              Map.entry(Field.REASONING_TOKENS, Figure.REASONING),
              Map.entry(Field.INPUT_AUDIO_TOKENS, Figure.INPUT_AUDIO),
              Map.entry(Field.OUTPUT_AUDIO_TOKENS, Figure.OUTPUT_AUDIO),
              Map.entry(Field.INPUT_IMAGE_TOKENS, Figure.INPUT_IMAGE),
              Map.entry(Field.OUTPUT_IMAGE_TOKENS, Figure.OUTPUT_IMAGE),
              Map.entry(Field.CACHE_READ_AUDIO_TOKENS, Figure.CACHE_READ_AUDIO),
              Map.entry(Field.CACHE_READ_IMAGE_TOKENS, Figure.CACHE_READ_IMAGE),
              Map.entry(Field.TOOL_USE_TOKENS, Figure.TOOL_USE),
              Map.entry(Field.NO_CACHE_TOKENS, Figure.NO_CACHE)));

  private final Pricer pricer;

  /** Prices model calls by {@code pricer}. */
  public Normaliser(Pricer pricer) {
    this.pricer = pricer;
  }

  Pricer pricer() {
    return pricer;
  }

  /**
   * Normalises one span. Its ids are used as they are: the caller has judged them.
   *
   * @param transport as {@link Origin#transport}
   * @param receivedNanos now, for spans that say no time
   */
  public Span normalise(
      Sent.Resource resource,
      Sent.Scope scope,
      Sent.Span sent,
      String transport,
      long receivedNanos) {
    return new Reading(resource, scope, sent, transport, receivedNanos, null).span();
  }

  @Override
  public Mapping explain(Stored stored, String raw) {
    RawSpans.Found found = RawSpans.read(raw, null);
    if (found == null) {
      return Explaining.ofNamedFields(stored);
    }
    Sent.Span sent = found.span();
    sent.traceId = stored.traceId();
    sent.spanId = stored.spanId();
    sent.parentId = stored.parentId();
    sent.startNanos = stored.startNanos();
    sent.endNanos = stored.endNanos();
    // What the decoder mended is seen in the bytes only: it is not found again.
    sent.warnings.addAll(stored.warnings());
    Explaining explaining = new Explaining();
    Span span =
        new Reading(
                found.resource(),
                found.scope(),
                sent,
                stored.transport(),
                stored.startNanos(),
                explaining)
            .span();
    return explaining.mapping(span);
  }

  /** The reading of one span. */
  private final class Reading {
    private final Sent.Resource resource;
    private final Sent.Scope scope;
    private final Sent.Span sent;
    private final String transport;
    private final long receivedNanos;
    private final @Nullable Object[] values = new Object[Field.COUNT];
    private final int[] ranks = new int[Field.COUNT];
    private final List<String> warnings;
    private final List<String> tags = new ArrayList<>(0);
    private final StringBuilder metadata = new StringBuilder(128).append('{');
    private final StringBuilder parameters = new StringBuilder(48).append('{');
    private final StringBuilder variables = new StringBuilder(2).append('{');
    private final StringBuilder usageRaw = new StringBuilder(80).append('{');
    private final Map<String, Conventions.Entry> scopedKeys;
    // Nobody listens while spans come in.
    private final @Nullable Explaining explaining;
    // Lists that came leaf by leaf, by the field they are; null for nearly all spans.
    private @Nullable Map<Field, Flattened> flattened;
    private boolean hasChunks;
    private boolean agent;
    private long firstToken;
    private int vectors;
    private int dimensions;
    private @Nullable Convention first;
    private final List<Convention> found = new ArrayList<>(2);
    private boolean genAi;
    private Kinds.@Nullable Decision said;
    private int saidRank;
    private Kinds.@Nullable Decision hinted;
    private int hintedRank;

    // Values that stand in a column, for the raw copy; told by identity.
    private final @Nullable Object[] refValues = new Object[16];
    private final String[] refColumns = new String[16];
    private int refs;

    Reading(
        Sent.Resource resource,
        Sent.Scope scope,
        Sent.Span sent,
        String transport,
        long receivedNanos,
        @Nullable Explaining explaining) {
      this.explaining = explaining;
      this.resource = resource;
      this.scope = scope;
      this.sent = sent;
      this.transport = transport;
      this.receivedNanos = receivedNanos;
      this.warnings = sent.warnings;
      this.scopedKeys = scope.tells.keys();
    }

    Span span() {
      checkDuplicateKeys();
      for (Convention convention : scope.tells.conventions()) {
        found(convention, "scope");
      }
      attributes(sent.attributes, 0);
      MessageEvents events = new MessageEvents();
      StringBuilder results = new StringBuilder();
      Attributes exception = Attributes.NONE;
      for (Sent.Event event : sent.events) {
        String name = event.name();
        if (name.equals("exception")) {
          exception = event.attributes();
        } else if (Chunks.isFirst(event)) {
          hasChunks = true;
          firstToken = event.timeNanos();
        } else if (name.equals("First Token Stream Event")) {
          firstToken = event.timeNanos();
        } else if (name.equals("db.query.result") || name.equals("db.search.result")) {
          result(event, results);
        } else if (name.startsWith("gen_ai.")) {
          found(Conventions.OTEL_GEN_AI, name);
          genAi = true;
          if (MessageEvents.isMessage(name)) {
            events.add(name, eventBody(event.attributes()));
          } else {
            // operation.details, content.prompt, content.completion: attributes of the span.
            if (explaining != null) {
              explaining.event(name);
            }
            attributes(event.attributes(), 100);
          }
        }
      }
      events.addAll(Values.content(values[Field.EVENTS.ordinal()]));
      if (!results.isEmpty()) {
        set(Field.DOCUMENTS, results.append(']').toString());
      }

      SpanStatus status = status(exception);
      SpanError error = status == SpanStatus.ERROR ? error(exception) : new SpanError("", "", "");
      if (sent.attributes.isEmpty() && first != null) {
        byName();
      }
      if (said == null) {
        said = byConvention();
      }
      if (agent && said != null && !isModelKind(said.kind())) {
        said = LANGCHAIN_AGENT;
      }
      String operation = text(Field.OPERATION);
      whole();
      String requested = or(Field.MODEL_REQUESTED, text(Field.MODEL_NAMED));
      String responded = or(Field.MODEL_RESPONDED, text(Field.MODEL_NAMED));
      if (responded.equals("none") || responded.equals("unknown")) {
        responded = "";
      }
      String model = responded.isEmpty() ? requested : responded;
      String provider =
          genAi ? Providers.canonical(text(Field.PROVIDER), text(Field.SERVER_ADDRESS), model) : "";
      provider = Providers.ofGoogle(provider, scope.name, model);
      requested = Providers.withoutPrefix(requested, provider);
      responded = Providers.withoutPrefix(responded, provider);
      model = responded.isEmpty() ? requested : responded;
      Usage usage = usage(provider);
      Kinds.Decision noise = noise();
      Kinds.Decision kind =
          noise != null
              ? noise
              : Kinds.decide(
                  new Kinds.Signs(
                      said,
                      hinted,
                      sent.parentId.isEmpty(),
                      operation,
                      text(Field.MCP_METHOD),
                      text(Field.DB_SYSTEM),
                      // Some say what was done in the span's name alone: qdrant.query_points.
                      or(Field.DB_OPERATION, sent.name.substring(sent.name.lastIndexOf('.') + 1)),
                      has(Field.TOOL_NAME) || has(Field.TOOL_USED) || has(Field.TOOL_CALL_ID),
                      !model.isEmpty(),
                      !usage.isEmpty()
                          || has(Field.INPUT_MESSAGES)
                          || has(Field.OUTPUT_MESSAGES)
                          || has(Field.INPUT_TEXT)
                          || has(Field.FINISH_REASONS)
                          || flattened != null
                          || !events.input().isEmpty(),
                      sent.attributes.get("gen_ai.embeddings.dimension.count") != null,
                      has(Field.DOCUMENTS) || flattened(Field.DOCUMENTS) != null,
                      has(Field.AGENT_NAME),
                      genAi,
                      isPlain()));
      if (kind.kind() == SpanKind.LLM && isEmbedder(model) && !isAnswered(events)) {
        kind = EMBEDDER;
      }

      if (!usage.isEmpty() && !isModelKind(kind.kind())) {
        usage = usage.ofSeveral();
      }
      if (kind.kind() == SpanKind.TOOL) {
        set(Field.TOOL_NAME, text(Field.NAMED));
      } else if (kind.kind() == SpanKind.AGENT) {
        set(Field.AGENT_NAME, text(Field.NAMED));
      }
      Content system = system();
      Content input =
          switch (kind.kind()) {
            case TOOL -> plain(Field.TOOL_ARGUMENTS, "input");
            case RETRIEVAL -> plain(Field.RETRIEVAL_QUERY, "input");
            default -> Content.NONE;
          };
      Content output =
          kind.kind() == SpanKind.TOOL ? plain(Field.TOOL_RESULT, "output") : Content.NONE;
      if (kind.kind() == SpanKind.TOOL) {
        input = input.isEmpty() ? events.toolInput() : input;
        output = output.isEmpty() ? events.toolOutput() : output;
      }
      if (input.isEmpty()) {
        input = messages(Field.INPUT_MESSAGES, "input");
      }
      if (output.isEmpty() && !has(Field.RESULT)) {
        output = messages(Field.OUTPUT_MESSAGES, "output");
      }
      if (flattened != null) {
        input = orFlattened(input, Field.INPUT_MESSAGES);
        output = orFlattened(output, Field.OUTPUT_MESSAGES);
      }
      if (output.isEmpty()) {
        output = plain(Field.RESULT, "output");
      }
      if (input.isEmpty()) {
        input = events.input();
      }
      if (output.isEmpty()) {
        output = events.output();
      }
      if (has(Field.CONVERSATION) && (input.isEmpty() || output.isEmpty())) {
        Content[] parts =
            Conversation.split(text(Field.CONVERSATION), values[Field.NEW_MESSAGES.ordinal()]);
        input = input.isEmpty() ? parts[0] : input;
        output = output.isEmpty() ? parts[1] : output;
      }
      if (input.isEmpty()) {
        input = embedded(kind.kind());
      }
      if (input.isEmpty()) {
        input = maybeMessages(kind.kind(), Field.INPUT_TEXT, "input");
      }
      if (output.isEmpty()) {
        output = answer();
      }
      if (output.isEmpty() && vectors > 0) {
        output = embeddings(input);
      }
      if (output.isEmpty()) {
        output = maybeMessages(kind.kind(), Field.OUTPUT_TEXT, "output");
      }
      String finishReasons = FinishReasons.ofAttribute(values[Field.FINISH_REASONS.ordinal()]);
      if (kind.kind() == SpanKind.EMBEDDING
          && values[Field.OUTPUT_TEXT.ordinal()] instanceof String text
          && WholeJson.isVectors(text)) {
        // As where a provider's whole answer was sent.
        vectors = Math.max(1, WholeJson.lists(text));
        dimensions = WholeJson.firstLength(text);
        unref(text);
        sent.attributes.replace(text, VECTOR);
        output = embeddings(input);
      } else if (kind.kind() == SpanKind.EMBEDDING && output.isEmpty()) {
        output = embeddings(input);
      } else if (hasChunks && kind.kind() == SpanKind.LLM) {
        Content chunks = Chunks.answer(sent.events);
        if (!chunks.isEmpty()) {
          unref(values[Field.OUTPUT_TEXT.ordinal()]);
          output = chunks;
          finishReasons = "";
        }
      }
      if (!isModelKind(kind.kind())) {
        input = lean(input, Field.INPUT_TEXT, "input");
        output =
            lean(
                kind.kind() == SpanKind.TOOL ? carried(output) : output,
                Field.OUTPUT_TEXT,
                "output");
      }
      if (!system.isEmpty() && !input.isEmpty() && Digest.repeats(input, system)) {
        unref(values[Field.SYSTEM.ordinal()]);
        system = Content.NONE;
      }
      Content tools = json(Field.TOOL_DEFINITIONS, "tool_definitions");
      Flattened listed = flattened(Field.TOOL_DEFINITIONS);
      if (tools.isEmpty() && listed != null) {
        tools = new Content(ContentFormat.JSON, listed.json());
      }
      Content documents = documents();
      if (documents.isEmpty() && kind.kind() == SpanKind.RETRIEVAL) {
        documents = returned(output);
      }
      Content asked = kind.kind() == SpanKind.RETRIEVAL ? query(input) : called(kind.kind(), input);
      Digest digest = Digest.of(system, asked, output, documents, error);
      for (String column : digest.unreadable()) {
        warn("unreadable_messages", "the " + column + " is not JSON of messages; kept as text");
      }
      ModelCall call =
          model.isEmpty() && !isModelKind(kind.kind())
              ? ModelCall.NONE
              : new ModelCall(
                  provider,
                  requested,
                  responded,
                  text(Field.RESPONSE_ID),
                  operation,
                  closed(parameters),
                  finishReasons.isEmpty() ? digest.finishReasons() : finishReasons,
                  timeToFirstToken());
      Convention.Shape shape = shape();
      long start = shape == null || shape.startNanos() <= 0 ? start() : shape.startNanos();
      boolean pending = shape != null && shape.pending();
      long end = pending ? start : end(start);
      String spanId = shape == null ? sent.spanId : shape.spanId();
      String parentId = shape == null ? parent() : shape.parentId();
      return new Span(
          Span.DEFAULT_PROJECT,
          sent.traceId,
          spanId,
          parentId,
          SpanKeys.of(sent.traceId, spanId, parentId),
          new Origin(
              resource.application,
              resource.service,
              or(Field.RELEASE, resource.serviceVersion),
              or(Field.ENVIRONMENT, resource.environment),
              resource.host,
              resource.sdk,
              scope.title,
              dialects(),
              transport),
          name(kind.kind()),
          kind.kind(),
          kind.rule(),
          start,
          end,
          pending,
          status,
          error,
          text(Field.SESSION),
          text(Field.USER),
          call,
          usage,
          cost(call, usage, start),
          system,
          input,
          output,
          tools,
          documents,
          digest.inputPreview(),
          digest.outputPreview(),
          digest.inputHashes(),
          digest.texts(),
          kind.kind() == SpanKind.TOOL ? toolName() : "",
          text(Field.TOOL_CALL_ID),
          text(Field.AGENT_NAME),
          prompt(),
          tags,
          metadata.length() == 1 ? "" : metadata.append('}').toString(),
          links(),
          warnings,
          raw(),
          sent.sizeBytes);
    }

    /** A document that a vector store found, as OpenLLMetry writes it: an event each. */
    private static void result(Sent.Event event, StringBuilder results) {
      results.append(results.isEmpty() ? "[{" : ",{");
      Attributes attributes = event.attributes();
      for (int i = 0; i < attributes.size(); i++) {
        String key = attributes.key(i);
        if (key.startsWith(event.name()) && key.length() > event.name().length() + 1) {
          String name = key.substring(event.name().length() + 1);
          if (!name.equals("vector")) {
            JsonText.name(results, name.equals("document") ? "text" : name);
            JsonText.value(results, attributes.value(i));
          }
        }
      }
      results.append('}');
    }

    private Convention.@Nullable Shape shape() {
      if (text(Field.PENDING).equals(PENDING_SPAN)) {
        // Announced under another id, as a child of the span that it announces.
        String parent = text(Field.PENDING_PARENT);
        return new Convention.Shape(sent.parentId, parent.equals(NO_SPAN) ? "" : parent, 0, true);
      }
      for (Convention convention : found) {
        Convention.Shape shape = convention.shape(scope, sent);
        if (shape != null) {
          return shape;
        }
      }
      return null;
    }

    private Kinds.@Nullable Decision noise() {
      for (Convention convention : found) {
        Kinds.Decision decision = convention.noise(scope, sent);
        if (decision != null) {
          return decision;
        }
      }
      return null;
    }

    /** A call that failed before its attributes were set: OpenTelemetry's names say two of them. */
    private void byName() {
      int space = sent.name.indexOf(' ');
      if (space < 0 || !Kinds.isOperation(sent.name.substring(0, space))) {
        return;
      }
      genAi = true;
      set(Field.OPERATION, sent.name.substring(0, space));
      set(Field.MODEL_REQUESTED, sent.name.substring(space + 1));
      set(Field.PROVIDER, scope.name.substring(scope.name.lastIndexOf('.') + 1));
    }

    /** True for a span that the program's own code made and of which no other product says what. */
    private boolean isPlain() {
      if (sent.kind > OTLP_INTERNAL || !sent.parentId.isEmpty() || isLibrary(scope.name)) {
        return false;
      }
      for (int i = 0; i < sent.attributes.size(); i++) {
        // Who it was for says nothing of what it is; all else may be another product's work.
        Conventions.Entry entry = Conventions.find(sent.attributes.key(i));
        if (entry == null || !OF_WHOM.contains(entry.key().field())) {
          return false;
        }
      }
      return true;
    }

    /** Instrumentations of Bedrock call embedding a completion; a model's name tells. */
    private static boolean isEmbedder(String model) {
      return model.contains("embed") || model.contains("Embed");
    }

    private boolean isAnswered(MessageEvents events) {
      return has(Field.OUTPUT_MESSAGES)
          || has(Field.ANSWER_TEXT)
          || flattened(Field.OUTPUT_MESSAGES) != null
          || !events.output().isEmpty();
    }

    private static boolean isLibrary(String scopeName) {
      return scopeName.startsWith("opentelemetry.instrumentation.")
          || scopeName.startsWith("io.opentelemetry.")
          || scopeName.startsWith("@opentelemetry/")
          || scopeName.startsWith("go.opentelemetry.io/");
    }

    private @Nullable Flattened flattened(Field field) {
      return flattened == null ? null : flattened.get(field);
    }

    /** What came leaf by leaf where there is nothing else, or nothing in it. */
    private Content orFlattened(Content content, Field field) {
      Flattened leaves = flattened(field);
      if (leaves == null) {
        return content;
      }
      if (!content.isEmpty()
          && Messages.read(content, "user").stream().anyMatch(m -> !m.parts().isEmpty())) {
        return content;
      }
      unref(values[field.ordinal()]);
      if (leaves.isCut()) {
        warn("list_cut", "a list of attributes was longer or deeper than what is kept");
      }
      Content messages = new Content(ContentFormat.CHAT_MESSAGES, leaves.json());
      List<Message> read = Messages.read(messages, "user");
      // Roles alone: what was said may stand in the whole answer.
      if (read.stream().allMatch(m -> m.parts().isEmpty())) {
        return content;
      }
      // A list of parts that became no leaves: the whole request has them.
      return field == Field.INPUT_MESSAGES && read.stream().anyMatch(m -> m.parts().isEmpty())
          ? request(read.size(), messages)
          : messages;
    }

    /** The messages of the whole request where none of those is empty. */
    private Content request(int count, Content otherwise) {
      Object value = values[Field.INPUT_TEXT.ordinal()];
      Content whole = new Content(ContentFormat.CHAT_MESSAGES, Values.content(value));
      if (!(value instanceof String json) || !hasMessages(json)) {
        return otherwise;
      }
      List<Message> read = Messages.read(whole, "user");
      if (read.size() < count || read.stream().anyMatch(m -> m.parts().isEmpty())) {
        return otherwise;
      }
      ref(value, "input");
      used(Field.INPUT_TEXT);
      return whole;
    }

    /** Where the whole answer of a provider was sent, what nothing else says is taken from it. */
    private void whole() {
      if (said == null || !isModelKind(said.kind())) {
        return;
      }
      if (values[Field.OUTPUT_TEXT.ordinal()] instanceof String json && json.startsWith("{")) {
        WholeJson response = WholeJson.response(json);
        set(Field.RESPONSE_ID, response.id);
        set(Field.MODEL_RESPONDED, response.model);
        set(Field.FINISH_REASONS, response.finishReason);
        if (response.vectors > 0) {
          vectors = Math.max(vectors, response.vectors);
          dimensions = Math.max(dimensions, response.dimensions);
          // Vectors say nothing to a reader and are large.
          sent.attributes.replace(json, WholeJson.withoutVectors(json, VECTOR, 1, 0));
          values[Field.OUTPUT_TEXT.ordinal()] = null;
        }
      }
      if (values[Field.INPUT_TEXT.ordinal()] instanceof String json
          && json.startsWith("{")
          && (parameters.length() == 1 || (!has(Field.SYSTEM) && json.contains("\"system\":")))) {
        boolean known = parameters.length() > 1;
        WholeJson request =
            WholeJson.request(json, known ? new StringBuilder(parameters) : parameters);
        set(Field.SYSTEM, request.system);
        set(Field.MODEL_REQUESTED, request.model);
        set(Field.TOOL_DEFINITIONS, request.tools);
        set(Field.EMBEDDED_TEXTS, said.kind() == SpanKind.EMBEDDING ? request.input : "");
      }
    }

    private void set(Field field, String value) {
      if (!value.isEmpty() && !has(field)) {
        values[field.ordinal()] = value;
      }
    }

    private Kinds.@Nullable Decision byConvention() {
      for (Convention convention : found) {
        Kinds.Decision decision = convention.kind(scope, sent);
        if (decision != null) {
          return decision;
        }
      }
      return null;
    }

    private void checkDuplicateKeys() {
      Attributes attributes = sent.attributes;
      int size = attributes.size();
      if (size <= 48) {
        for (int i = 1; i < size; i++) {
          String key = attributes.key(i);
          int hash = key.hashCode();
          for (int j = 0; j < i; j++) {
            if (attributes.key(j).hashCode() == hash && attributes.key(j).equals(key)) {
              duplicateKey();
              return;
            }
          }
        }
        return;
      }
      Set<String> seen = new HashSet<>(size * 2);
      for (int i = 0; i < size; i++) {
        if (!seen.add(attributes.key(i))) {
          duplicateKey();
          return;
        }
      }
    }

    private void duplicateKey() {
      warn("duplicate_attribute", "an attribute was sent more than once; the last value counts");
    }

    private void found(Convention convention, String by) {
      if (first == null) {
        first = convention;
      }
      if (!found.contains(convention)) {
        found.add(convention);
        if (explaining != null) {
          explaining.found(convention, by);
        }
      }
    }

    /** The conventions that were recognised, the deciding one first. */
    private String dialects() {
      if (found.size() < 2) {
        return first == null ? "" : first.name();
      }
      StringBuilder names = new StringBuilder(32);
      for (Convention convention : found) {
        names.append(names.isEmpty() ? "" : ",").append(convention.name());
      }
      return names.toString();
    }

    private void attributes(Attributes attributes, int addedRank) {
      for (int i = 0; i < attributes.size(); i++) {
        String key = attributes.key(i);
        Object value = attributes.value(i);
        Conventions.Entry entry = scopedKeys.isEmpty() ? null : scopedKeys.get(key);
        if (entry == null) {
          entry = Conventions.find(key);
        }
        if (entry != null && !entry.key().when().isEmpty() && !holds(entry.key().when())) {
          entry = null;
        }
        String name = key;
        if (entry == null) {
          Conventions.Prefix prefix = Conventions.prefix(key);
          if (prefix == null) {
            if (addedRank == 0) {
              metadata(key, value);
            }
            if (explaining != null) {
              explaining.unknown(key);
            }
            continue;
          }
          entry = prefix.entry();
          name = key.substring(prefix.beginning().length());
        }
        if (entry.key().keep() && addedRank == 0) {
          metadata(entry.key().parameter().isEmpty() ? key : entry.key().parameter(), value);
        }
        if (entry.key().field() == Field.HEADER) {
          attributes.set(i, HIDDEN);
          if (explaining != null) {
            explaining.known(key, entry);
          }
        } else if (entry.key().field() == Field.VECTORS
            || (entry.key().flattened() && key.endsWith(".vector"))) {
          if (explaining != null) {
            explaining.known(key, entry);
            explaining.used(Field.VECTORS);
          }
          vector(value);
          attributes.set(i, VECTOR);
        } else if (entry.key().flattened()) {
          if (explaining != null) {
            explaining.known(key, entry);
          }
          flatten(entry, key, name, value, addedRank);
        } else {
          attribute(entry, key, name, value, addedRank);
        }
      }
    }

    /** True where the span has the attribute with one of the values: name=one|other. */
    private boolean holds(String condition) {
      int equals = condition.indexOf('=');
      String value = sent.attributes.text(condition.substring(0, equals));
      return List.of(condition.substring(equals + 1).split("\\|")).contains(value);
    }

    /**
     * Takes in one attribute that a convention knows.
     *
     * @param name the key, or what follows the known beginning
     */
    private void attribute(
        Conventions.Entry entry, String key, String name, @Nullable Object sentValue, int added) {
      Convention.Key known = entry.key();
      if (known.marker()) {
        found(entry.convention(), key);
        genAi = true;
      }
      if (explaining != null) {
        explaining.known(key, entry);
      }
      Object value = known.quoted() ? Values.unquoted(sentValue) : sentValue;
      int rank = known.rank() + added;
      if (known.holds()) {
        nested(key, value, added);
      }
      switch (known.field()) {
        case PARAMETER ->
            put(parameters, known.parameter().isEmpty() ? name : known.parameter(), value);
        case PROMPT_VARIABLE -> put(variables, name, value);
        case TAGS -> tag(value);
        case METADATA -> metadata(known.parameter().isEmpty() ? name : known.parameter(), value);
        case METADATA_OBJECT -> metadataObject(key, value);
        case PROMPT_VARIABLES -> variables(value);
        case NESTED -> nested(key, value, added);
        case PARAMETERS -> parameters(value);
        case KIND -> {
          Kinds.Decision decision = entry.kind(Values.text(value), !sent.parentId.isEmpty());
          if (decision != null && (said == null || rank < saidRank)) {
            said = decision;
            saidRank = rank;
            if (explaining != null) {
              explaining.won(key, Field.KIND);
            }
          }
        }
        case KIND_HINT -> {
          Kinds.Decision decision = entry.kind(Values.text(value), !sent.parentId.isEmpty());
          if (decision != null && (hinted == null || rank < hintedRank)) {
            hinted = decision;
            hintedRank = rank;
            if (explaining != null) {
              explaining.won(key, Field.KIND_HINT);
            }
          }
        }
        case IGNORED, HEADER -> {}
        default -> {
          if (known.field().isUsage()) {
            // A cost may stand under the same short name as a count.
            boolean cost = known.field().compareTo(Field.COST_TOTAL) >= 0;
            put(
                usageRaw,
                key.startsWith(GEN_AI_USAGE)
                    ? key.substring(GEN_AI_USAGE.length())
                    : cost ? key : name,
                value);
          }
          int slot = known.field().ordinal();
          if (value != null
              && !(value instanceof String text && text.isEmpty())
              && (values[slot] == null || rank <= ranks[slot])) {
            values[slot] = value;
            ranks[slot] = rank;
            if (explaining != null) {
              explaining.won(key, known.field());
            }
          }
        }
      }
    }

    private void flatten(
        Conventions.Entry entry, String key, String name, @Nullable Object value, int added) {
      int rank = entry.key().rank() + added;
      Field field = entry.key().field();
      if (flattened == null) {
        flattened = new EnumMap<>(Field.class);
      }
      Flattened leaves = flattened.get(field);
      // Two conventions on one span say the same twice.
      if (leaves == null || rank < ranks[field.ordinal()]) {
        leaves = new Flattened();
      } else if (rank > ranks[field.ordinal()]) {
        return;
      }
      if (!leaves.add(name, value)) {
        metadata(key, value);
        return;
      }
      found(entry.convention(), key);
      genAi = true;
      flattened.put(field, leaves);
      ranks[field.ordinal()] = rank;
    }

    private void vector(@Nullable Object value) {
      if (value instanceof List<?> list) {
        if (!list.isEmpty() && list.getFirst() instanceof String) {
          list.forEach(this::vector);
        } else {
          vectors++;
          dimensions = Math.max(dimensions, list.size());
        }
      } else if (value instanceof String text && text.startsWith("[")) {
        vectors++;
        dimensions = Math.max(dimensions, WholeJson.items(text));
      }
    }

    private void metadataObject(String key, @Nullable Object value) {
      JsonNode tree = value instanceof String text ? Json.tree(text) : null;
      if (tree == null || !tree.isObject()) {
        metadata(key, value);
        return;
      }
      for (Map.Entry<String, JsonNode> field : tree.properties()) {
        metadata(field.getKey(), field.getValue());
        if (field.getKey().equals("thread_id") || field.getKey().equals("session_id")) {
          set(Field.SESSION, field.getValue().asText());
        } else if (field.getKey().equals("user_id")) {
          set(Field.USER, field.getValue().asText());
        } else if (field.getKey().equals("lc_agent_name")) {
          // On all that is below the agent too.
          agent = field.getValue().asText().equals(sent.name);
        }
      }
    }

    private void variables(@Nullable Object value) {
      JsonNode tree = value instanceof String text ? Json.tree(text) : null;
      if (tree != null) {
        for (Map.Entry<String, JsonNode> field : tree.properties()) {
          put(variables, field.getKey(), field.getValue());
        }
      }
    }

    private void parameters(@Nullable Object value) {
      JsonNode tree = value instanceof String text ? Json.tree(text) : null;
      if (tree != null && tree.isObject()) {
        for (Map.Entry<String, JsonNode> field : tree.properties()) {
          JsonNode parameter = field.getValue();
          if (WholeJson.isModel(field.getKey())) {
            set(Field.MODEL_REQUESTED, parameter.asText());
          } else if (field.getKey().equals(WholeJson.TITAN_INPUT) && parameter.isTextual()) {
            // OpenInference has Titan's question nowhere else.
            set(Field.INPUT_TEXT, parameter.textValue());
          } else if (INSTRUCTIONS.contains(field.getKey()) && !parameter.isNull()) {
            set(Field.SYSTEM, parameter.isTextual() ? parameter.textValue() : parameter.toString());
          } else if (!WholeJson.isContent(field.getKey())
              && !parameter.isNull()
              && !(parameter.isTextual() && isNotGiven(parameter.asText()))) {
            if (field.getKey().equals("user") && parameter.isTextual()) {
              set(Field.USER, parameter.textValue());
            }
            put(parameters, field.getKey(), parameter);
          }
        }
      } else if (value instanceof Attributes map) {
        for (int i = 0; i < map.size(); i++) {
          put(parameters, map.key(i), map.value(i));
        }
      }
    }

    /** Python's objects without a notation of their own stand for parameters that were left out. */
    private static boolean isNotGiven(String parameter) {
      return parameter.isEmpty()
          || (parameter.startsWith("<") && parameter.contains(" object at 0x"));
    }

    /** Reads the leaves of a JSON object as attributes: those that a convention knows. */
    private void nested(String key, @Nullable Object value, int added) {
      if (value instanceof String text && text.length() < MOST_NESTED) {
        JsonNode tree = Json.tree(text);
        if (tree == null && text.startsWith("{'") && text.length() <= MOST_PYTHON) {
          // LangSmith writes details of usage in Python's notation: names and numbers.
          tree = Json.tree(text.replace('\'', '"').replace(": None", ": null"));
        }
        if (tree != null && tree.isObject()) {
          leaves(key, "", tree, added, 0);
        }
      } else if (value instanceof Attributes map) {
        for (int i = 0; i < map.size(); i++) {
          Conventions.Entry entry = Conventions.find(key + '.' + map.key(i));
          if (entry != null) {
            attribute(entry, key + '.' + map.key(i), map.key(i), map.value(i), added);
          } else {
            nested(key + '.' + map.key(i), map.value(i), added);
          }
        }
      }
    }

    private void leaves(String key, String path, JsonNode node, int added, int depth) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        String name = path.isEmpty() ? field.getKey() : path + '.' + field.getKey();
        JsonNode value = field.getValue();
        Conventions.Entry entry = Conventions.find(key + '.' + name);
        if (entry != null) {
          attribute(entry, key + '.' + name, name, scalar(value), added);
        } else if (value.isObject() && depth < 6) {
          leaves(key, name, value, added, depth + 1);
        }
      }
    }

    private static @Nullable Object scalar(JsonNode value) {
      if (value.isNull()) {
        return null;
      }
      if (value.isTextual()) {
        return value.textValue();
      }
      if (value.isBoolean()) {
        return value.booleanValue();
      }
      if (value.canConvertToExactIntegral()) {
        return value.longValue();
      }
      return value.isNumber() ? (Object) value.doubleValue() : value.toString();
    }

    private void metadata(String key, @Nullable Object value) {
      if (metadata.length() > 1) {
        metadata.append(',');
      }
      JsonText.key(metadata, key);
      JsonText.value(metadata, value);
    }

    private void put(StringBuilder object, String name, @Nullable Object value) {
      if (value != null) {
        if (object.length() > 1) {
          object.append(',');
        }
        JsonText.string(object, name);
        object.append(':');
        JsonText.value(object, value);
      }
    }

    private void tag(@Nullable Object value) {
      if (value instanceof List<?> list) {
        for (Object item : list) {
          String tag = Values.text(item);
          if (!tag.isEmpty()) {
            tags.add(tag);
          }
        }
      } else if (!Values.text(value).isEmpty()) {
        tags.add(Values.text(value));
      }
    }

    private String closed(StringBuilder object) {
      return object.length() == 1 ? "" : object.toString() + "}";
    }

    private boolean has(Field field) {
      return values[field.ordinal()] != null;
    }

    private String text(Field field) {
      return Values.text(values[field.ordinal()]);
    }

    private void warn(String code, String sentence) {
      warnings.add(code + ": " + sentence);
    }

    private String eventBody(Attributes attributes) {
      Object whole = attributes.get("gen_ai.event.content");
      if (whole != null) {
        return Values.content(whole);
      }
      Object content = attributes.get("content");
      if (!(content instanceof String text) || !isBlocks(text)) {
        return JsonText.of(attributes);
      }
      // Strands writes the blocks of a message as JSON in a text.
      StringBuilder body = new StringBuilder(text.length() + 64).append('{');
      for (int i = 0; i < attributes.size(); i++) {
        String key = attributes.key(i);
        JsonText.name(body, key.equals("content") ? "parts" : key);
        if (key.equals("content")) {
          body.append(text);
        } else {
          JsonText.value(body, attributes.value(i));
        }
      }
      return body.append('}').toString();
    }

    private static boolean isBlocks(String text) {
      return text.startsWith("[{\"")
          && (text.startsWith("text\"", 3)
              || text.startsWith("tool", 3)
              || text.startsWith("reasoningContent\"", 3))
          && Json.isStructured(text);
    }

    private SpanStatus status(Attributes exception) {
      if (sent.statusCode == STATUS_OK) {
        return SpanStatus.OK;
      }
      if (sent.statusCode != STATUS_ERROR && sent.statusCode != 0) {
        warn("bad_status", "a status code that OTLP does not have was read as unset");
        return SpanStatus.UNSET;
      }
      boolean escaped = exception.text("exception.escaped").equalsIgnoreCase("true");
      boolean error =
          sent.statusCode == STATUS_ERROR
              || has(Field.ERROR_TYPE)
              || escaped
              || text(Field.LEVEL).equalsIgnoreCase("error");
      String type = exception.text("exception.type");
      String simple = type.substring(type.lastIndexOf('.') + 1);
      return error && !CONTROL_FLOW.contains(simple) ? SpanStatus.ERROR : SpanStatus.UNSET;
    }

    private SpanError error(Attributes exception) {
      String type = exception.text("exception.type");
      String message = exception.text("exception.message");
      String stack = exception.text("exception.stacktrace");
      if (type.isEmpty()) {
        type = text(Field.ERROR_TYPE);
      }
      if (message.isEmpty()) {
        message = text(Field.ERROR_MESSAGE);
      }
      if (message.isEmpty()) {
        message = sent.statusMessage;
      }
      if (stack.isEmpty()) {
        stack = text(Field.ERROR_STACK);
      }
      ref(message, "error_message");
      ref(stack, "error_stack");
      return type.isEmpty() && message.isEmpty() && stack.isEmpty()
          ? new SpanError("error", "", "")
          : new SpanError(type, message, stack);
    }

    private long tokens(Field field) {
      Object value = values[field.ordinal()];
      if (value == null) {
        return -1;
      }
      long number = Values.number(value);
      if (number == Long.MIN_VALUE) {
        warn("bad_tokens", field.name().toLowerCase(java.util.Locale.ROOT) + " is not a number");
        return -1;
      }
      if (number < 0 || number > Usages.MOST) {
        warn(
            number < 0 ? "negative_tokens" : "absurd_tokens",
            field.name().toLowerCase(java.util.Locale.ROOT)
                + " is out of range and does not count; it is kept in usage.raw");
        return -1;
      }
      return number;
    }

    /** LangChain4j's counts have no prefix: they are counts only on a span that is LLM work. */
    private void bareUsage() {
      if (genAi && !has(Field.INPUT_TOKENS) && !has(Field.OUTPUT_TOKENS)) {
        Object input = sent.attributes.get("input_tokens");
        Object output = sent.attributes.get("output_tokens");
        if (input != null || output != null) {
          values[Field.INPUT_TOKENS.ordinal()] = input;
          values[Field.OUTPUT_TOKENS.ordinal()] = output;
          put(usageRaw, "input_tokens", input);
          put(usageRaw, "output_tokens", output);
        }
      }
    }

    private Usage usage(String provider) {
      bareUsage();
      if (usageRaw.length() == 1 && first == null) {
        return Usage.NONE;
      }
      Figures figures = new Figures();
      for (Map.Entry<Field, Figure> entry : FIGURES.entrySet()) {
        if (values[entry.getKey().ordinal()] != null) {
          figures.set(entry.getValue(), tokens(entry.getKey()));
        }
      }
      Usage usage =
          Usages.read(
              figures,
              new UsageRules.Sender(
                  scope.name, senderVersion(), first == null ? "" : first.name(), provider),
              this::providerUsage,
              closed(usageRaw));
      String note = first == null || usage.isEmpty() ? "" : first.ofUsage(sent);
      return note.isEmpty() ? usage : usage.withRule(usage.rule() + note);
    }

    /** The AI SDK's outer spans sum up several calls, and repeat the metadata of the last. */
    private @Nullable Object providerUsage(String attribute) {
      boolean outer =
          attribute.startsWith("ai.") && !sent.attributes.text("ai.operationId").contains(".do");
      // MLflow writes what any function gave back under the same name.
      boolean other =
          attribute.startsWith("mlflow.") && (said == null || !isModelKind(said.kind()));
      return outer || other ? null : sent.attributes.get(attribute);
    }

    /** The AI SDK's scope has no version; its requests name it. */
    private String senderVersion() {
      if (!scope.name.equals("ai")) {
        return scope.version;
      }
      String agent = sent.attributes.text("ai.request.headers.user-agent");
      int at = agent.startsWith("ai/") ? 0 : agent.indexOf(" ai/") + 1;
      return agent.startsWith("ai/", at) ? agent.substring(at + 3) : "";
    }

    private Cost cost(ModelCall call, Usage usage, long start) {
      double reported = Values.decimal(values[Field.COST_TOTAL.ordinal()]);
      if (reported > 0 && reported < 1e6) {
        return new Cost(
            picodollars(reported),
            picodollars(Values.decimal(values[Field.COST_INPUT.ordinal()])),
            -1,
            -1,
            picodollars(Values.decimal(values[Field.COST_OUTPUT.ordinal()])),
            "reported",
            "",
            "");
      }
      if (usage.isEmpty() || call.name().isEmpty()) {
        return Cost.NONE;
      }
      return pricer.price(call, usage, start);
    }

    private static long picodollars(double dollars) {
      return dollars >= 0 && dollars < 1e6 ? Math.round(dollars * 1e12) : -1;
    }

    private long timeToFirstToken() {
      double seconds = Values.decimal(values[Field.TIME_TO_FIRST_TOKEN.ordinal()]);
      if (!(seconds >= 0)) {
        seconds = Values.decimal(values[Field.TIME_TO_FIRST_TOKEN_MS.ordinal()]) / 1000;
      }
      if (!(seconds >= 0)) {
        long first = Values.instant(text(Field.COMPLETION_START));
        if (first < 0) {
          first = firstToken;
        }
        return first >= sent.startNanos && first <= sent.endNanos ? first - sent.startNanos : -1;
      }
      double nanos = seconds * 1e9;
      double duration = sent.endNanos - sent.startNanos;
      // Some write milliseconds: what is longer than the span can't be seconds.
      if (nanos > duration && nanos / 1000 <= duration) {
        nanos /= 1000;
      }
      return nanos < 9e18 ? (long) nanos : -1;
    }

    private static boolean isModelKind(SpanKind kind) {
      return kind == SpanKind.LLM || kind == SpanKind.EMBEDDING;
    }

    private Content messages(Field field, String column) {
      return content(field, column, ContentFormat.OTEL_MESSAGES);
    }

    private Content system() {
      Content system = messages(Field.SYSTEM, "system");
      return system.isEmpty() || Json.looksStructured(system.text())
          ? system
          : new Content(ContentFormat.TEXT, system.text());
    }

    private Content json(Field field, String column) {
      return content(field, column, ContentFormat.JSON);
    }

    private Content content(Field field, String column, ContentFormat format) {
      Object value = values[field.ordinal()];
      String text = Values.content(value);
      if (text.isEmpty()) {
        return Content.NONE;
      }
      ref(value, column);
      used(field);
      return new Content(format, text);
    }

    /** Text, or JSON where it is. */
    private Content plain(Field field, String column) {
      Object value = values[field.ordinal()];
      String text = Values.content(value);
      if (text.isEmpty()) {
        return Content.NONE;
      }
      ref(value, column);
      used(field);
      boolean json = !(value instanceof String) || Json.isStructured(text);
      if ((text.equals("{}") && field != Field.TOOL_ARGUMENTS) || Values.isNoContent(text)) {
        // Content capture is off, or the instrumentation had no words: nothing was said.
        return Content.NONE;
      }
      return new Content(json ? ContentFormat.JSON : ContentFormat.TEXT, text);
    }

    /** The oldest conventions: a string that is often JSON of messages. */
    private Content maybeMessages(SpanKind kind, Field field, String column) {
      return messagesIn(kind, plain(field, column));
    }

    private static Content messagesIn(SpanKind kind, Content content) {
      // What a tool takes and gives may have a field of such a name and be no message.
      boolean talks = kind == SpanKind.LLM || kind == SpanKind.AGENT || kind == SpanKind.WORKFLOW;
      if (!talks || content.format() != ContentFormat.JSON) {
        return content;
      }
      // Messages, or the whole request or response of a provider; not an object that holds some.
      Content read = new Content(ContentFormat.CHAT_MESSAGES, content.text());
      return (kind == SpanKind.LLM || hasMessages(content.text()))
              && Messages.read(read, "user").stream()
                  .flatMap(message -> message.parts().stream())
                  .anyMatch(part -> !(part instanceof Message.Part.Other))
          ? read
          : content;
    }

    /**
     * What a function was called with, for who looks at a list: the one of Python's {@code args}
     * and {@code kwargs} that says something, where a decorator wrote both.
     */
    private static Content called(SpanKind kind, Content input) {
      if (input.format() != ContentFormat.JSON || !input.text().contains("\"kwargs\"")) {
        return input;
      }
      JsonNode tree = Json.tree(input.text());
      if (tree == null) {
        return input;
      }
      JsonNode kwargs = tree.path("kwargs");
      JsonNode args = tree.path("args");
      boolean call = kwargs.isObject() && tree.size() == (args.isArray() ? 2 : 1);
      if (!call || (!args.isEmpty() && !kwargs.isEmpty())) {
        return input;
      }
      JsonNode only = args.isEmpty() ? kwargs : args.size() == 1 ? args.get(0) : args;
      if (only.isEmpty() && !only.isValueNode()) {
        return Content.NONE;
      }
      return only.isTextual()
          ? new Content(ContentFormat.TEXT, only.textValue())
          : messagesIn(kind, new Content(ContentFormat.JSON, only.toString()));
    }

    /** What is looked for, where the request says nothing else; likewise. */
    private static Content query(Content input) {
      JsonNode node = input.format() == ContentFormat.JSON ? Json.tree(input.text()) : null;
      while (node != null && node.isObject()) {
        JsonNode only = null;
        for (JsonNode value : node) {
          if (!value.isNull() && !value.asText().equals(VECTOR)) {
            if (only != null) {
              return input;
            }
            only = value;
          }
        }
        node = only;
      }
      return node != null && node.isTextual()
          ? new Content(ContentFormat.TEXT, node.textValue())
          : input;
    }

    /** What a tool gave back, where a framework sent an object of its own that carries it. */
    private Content carried(Content output) {
      if (output.format() != ContentFormat.JSON) {
        return output;
      }
      if (output.text().startsWith("{\"blocks\"")) {
        // LlamaIndex.
        JsonNode carrier = Json.tree(output.text());
        if (carrier != null
            && carrier.has("tool_name")
            && carrier.path("blocks").size() == 1
            && carrier.path("blocks").path(0).has("text")) {
          set(Field.TOOL_USED, carrier.path("tool_name").asText());
          unref(values[Field.OUTPUT_TEXT.ordinal()]);
          return textOrJson(carrier.path("blocks").path(0).path("text"));
        }
      }
      if (!output.text().contains("\"tool_call_id\"")) {
        return output;
      }
      // LangChain.
      JsonNode message = Json.tree(output.text());
      for (String wrapper : new String[] {"output", "kwargs"}) {
        if (message != null && message.path(wrapper).isObject() && !message.has("content")) {
          message = message.get(wrapper);
        }
      }
      if (message == null
          || !message.path("type").asText().equals("tool")
          || !message.has("content")
          || !message.has("tool_call_id")) {
        return output;
      }
      set(Field.TOOL_CALL_ID, message.path("tool_call_id").asText());
      unref(values[Field.TOOL_RESULT.ordinal()]);
      unref(values[Field.OUTPUT_TEXT.ordinal()]);
      return textOrJson(message.get("content"));
    }

    private static Content textOrJson(JsonNode node) {
      String text = node.isTextual() ? node.textValue() : node.toString();
      boolean json = !node.isTextual() || Json.isStructured(text);
      return new Content(json ? ContentFormat.JSON : ContentFormat.TEXT, text);
    }

    /** The same without vectors, which say nothing to a reader and are large. */
    private Content lean(Content content, Field field, String column) {
      if (content.format() != ContentFormat.JSON || content.text().length() < LEAST_VECTOR) {
        return content;
      }
      String text = WholeJson.withoutVectors(content.text(), VECTOR);
      if (text.equals(content.text())) {
        return content;
      }
      Object value = values[field.ordinal()];
      unref(value);
      if (value == content.text()) {
        sent.attributes.replace(value, text);
        ref(text, column);
      }
      return new Content(ContentFormat.JSON, text);
    }

    private static boolean hasMessages(String json) {
      for (String sign : MESSAGE_SIGNS) {
        if (json.contains(sign)) {
          return true;
        }
      }
      return false;
    }

    /** One message of an answer that came in pieces. */
    private Content answer() {
      Field said = has(Field.ANSWER_TEXT) ? Field.ANSWER_TEXT : Field.ANSWER_OBJECT;
      if (!has(Field.ANSWER_TOOL_CALLS)
          && !has(Field.ANSWER_REASONING)
          && !has(Field.ANSWER_FILES)) {
        return plain(said, "output");
      }
      // No column has the pieces as they were sent: they stay in the raw copy.
      used(said);
      String text = Values.content(values[said.ordinal()]);
      StringBuilder message = new StringBuilder(128).append("{\"role\":\"assistant\"");
      JsonText.field(
          message, "reasoning", Values.content(values[Field.ANSWER_REASONING.ordinal()]));
      String files = Values.content(values[Field.ANSWER_FILES.ordinal()]).strip();
      JsonText.name(message, "content");
      if (files.startsWith("[") && files.length() > 2 && Json.isStructured(files)) {
        message.append("[{\"type\":\"text\",\"text\":");
        JsonText.string(message, text);
        message.append("},").append(files, 1, files.length());
      } else {
        JsonText.string(message, text);
      }
      JsonText.field(
          message, "tool_calls", Values.content(values[Field.ANSWER_TOOL_CALLS.ordinal()]));
      return new Content(ContentFormat.CHAT_MESSAGES, message.append('}').toString());
    }

    /** How many embeddings there are: one for each text where only their length was sent. */
    private Content embeddings(Content input) {
      if (vectors == 0) {
        Object sentDimensions = sent.attributes.get("gen_ai.embeddings.dimension.count");
        long length = Values.number(sentDimensions);
        if (length <= 0) {
          return Content.NONE;
        }
        dimensions = (int) Math.min(length, Integer.MAX_VALUE);
        vectors = Messages.read(input, "user").size() + Messages.documents(input).size();
        if (vectors == 0) {
          // Without the texts nobody knows how many.
          return new Content(ContentFormat.JSON, "{\"dimensions\":" + dimensions + "}");
        }
      }
      return new Content(
          ContentFormat.JSON, "{\"vectors\":" + vectors + ",\"dimensions\":" + dimensions + "}");
    }

    /** The texts to be embedded: one, or several each of which may be in the quotes of JSON. */
    private Content embedded(SpanKind kind) {
      Flattened leaves = flattened(Field.EMBEDDED_TEXTS);
      if (leaves != null) {
        return new Content(ContentFormat.DOCUMENTS, leaves.json());
      }
      Object value = values[Field.EMBEDDED_TEXTS.ordinal()];
      if (value == null && kind == SpanKind.EMBEDDING) {
        value = values[Field.INPUT_TEXT.ordinal()];
      }
      if (value == null || (value instanceof String text && text.startsWith("{"))) {
        return Content.NONE;
      }
      used(has(Field.EMBEDDED_TEXTS) ? Field.EMBEDDED_TEXTS : Field.INPUT_TEXT);
      Object only = Values.unquoted(value);
      if (only instanceof String text) {
        boolean list = text.startsWith("[") && Json.isStructured(text);
        if (only == value) {
          ref(value, "input");
        }
        return new Content(list ? ContentFormat.DOCUMENTS : ContentFormat.TEXT, text);
      }
      StringBuilder json = new StringBuilder(64).append('[');
      for (Object item : value instanceof List<?> list ? list : List.of(value)) {
        json.append(json.length() > 1 ? "," : "");
        JsonText.value(json, Values.unquoted(item));
      }
      return new Content(ContentFormat.DOCUMENTS, json.append(']').toString());
    }

    /** What a retriever returned, where that is a list of documents and nothing else says them. */
    private static Content returned(Content output) {
      if (output.format() != ContentFormat.JSON) {
        return Content.NONE;
      }
      Content documents = new Content(ContentFormat.DOCUMENTS, output.text());
      List<Document> read = Messages.documents(documents);
      return !read.isEmpty() && read.stream().noneMatch(document -> document.text().isEmpty())
          ? documents
          : Content.NONE;
    }

    private void used(Field field) {
      if (explaining != null) {
        explaining.used(field);
      }
    }

    private Content documents() {
      Flattened leaves = flattened(Field.DOCUMENTS);
      if (leaves != null && !has(Field.DOCUMENTS)) {
        return new Content(ContentFormat.DOCUMENTS, leaves.json());
      }
      return content(Field.DOCUMENTS, "documents", ContentFormat.DOCUMENTS);
    }

    private void ref(@Nullable Object value, String column) {
      refValues[refs] = value;
      refColumns[refs++] = column;
    }

    private void unref(@Nullable Object value) {
      for (int i = 0; i < refs; i++) {
        if (refValues[i] == value) {
          refValues[i] = null;
        }
      }
    }

    private String or(Field field, String otherwise) {
      String text = text(field);
      return text.isEmpty() ? otherwise : text;
    }

    private String name(SpanKind kind) {
      String better =
          switch (kind) {
            case TOOL -> text(Field.TOOL_NAME);
            case AGENT -> text(Field.AGENT_NAME);
            default -> "";
          };
      return withoutId(better.isEmpty() ? or(Field.NAME, sent.name) : better);
    }

    private String withoutId(String name) {
      if (!genAi || name.length() < 36) {
        return name;
      }
      String plain = UUID.matcher(name).replaceFirst("");
      return plain.isBlank() ? name : plain;
    }

    private String toolName() {
      return or(Field.TOOL_NAME, or(Field.TOOL_USED, sent.name));
    }

    private String parent() {
      if (sent.parentId.equals(sent.spanId)) {
        warn("own_parent", "the span named itself as its parent; shown as a root");
        return "";
      }
      return sent.parentId;
    }

    private long start() {
      if (sent.startNanos > 0) {
        return sent.startNanos;
      }
      if (sent.startNanos < 0) {
        warn(
            "start_out_of_range",
            "the start is beyond the year 2262; the time of arrival is shown");
        return receivedNanos;
      }
      warn("start_missing", "no start was sent; the end, or the time of arrival, is shown");
      return sent.endNanos > 0 ? sent.endNanos : receivedNanos;
    }

    private long end(long start) {
      long end = sent.endNanos;
      if (end == 0) {
        warn("end_missing", "no end was sent; the span is shown with no duration");
        return start;
      }
      if (end < start) {
        warn(
            "end_before_start", "the end was before the start; the span is shown with no duration");
        return start;
      }
      return end;
    }

    private Prompt prompt() {
      if (!has(Field.PROMPT_NAME)
          && !has(Field.PROMPT_ID)
          && !has(Field.PROMPT_TEMPLATE)
          && variables.length() == 1) {
        return Prompt.NONE;
      }
      return new Prompt(
          text(Field.PROMPT_ID),
          text(Field.PROMPT_NAME),
          text(Field.PROMPT_VERSION),
          text(Field.PROMPT_TEMPLATE),
          closed(variables));
    }

    private List<SpanLink> links() {
      if (sent.links.isEmpty()) {
        return List.of();
      }
      List<SpanLink> links = new ArrayList<>(sent.links.size());
      for (Sent.Link link : sent.links) {
        links.add(
            new SpanLink(
                link.traceId(),
                link.spanId(),
                link.attributes().isEmpty() ? "" : JsonText.of(link.attributes())));
      }
      return links;
    }

    private String raw() {
      StringBuilder out =
          new StringBuilder(resource.json.length() + scope.json.length() + 768)
              .append("{\"resource\":")
              .append(resource.json)
              .append(",\"scope\":")
              .append(scope.json);
      JsonText.field(out, "name", sent.name);
      JsonText.name(out, "kind");
      out.append(sent.kind);
      JsonText.field(out, "traceState", sent.traceState);
      if (sent.flags != 0) {
        JsonText.name(out, "flags");
        out.append(sent.flags);
      }
      // Ids and times are in columns; here only where a column does not have them as sent.
      if (sent.startNanos <= 0 || sent.endNanos < sent.startNanos) {
        JsonText.field(out, "startTimeUnixNano", Long.toUnsignedString(sent.startNanos));
        JsonText.field(out, "endTimeUnixNano", Long.toUnsignedString(sent.endNanos));
      }
      if (sent.parentId.equals(sent.spanId)) {
        JsonText.field(out, "parentSpanId", sent.parentId);
      }
      if (sent.statusCode != 0 || !sent.statusMessage.isEmpty()) {
        out.append(",\"status\":{\"code\":").append(sent.statusCode);
        JsonText.field(out, "message", sent.statusMessage);
        out.append('}');
      }
      out.append(",\"attributes\":");
      attributes(out, sent.attributes);
      if (!sent.events.isEmpty()) {
        out.append(",\"events\":[");
        for (int i = 0; i < sent.events.size(); i++) {
          Sent.Event event = sent.events.get(i);
          out.append(i == 0 ? "{" : ",{");
          JsonText.field(out, "timeUnixNano", Long.toUnsignedString(event.timeNanos()));
          JsonText.field(out, "name", event.name());
          JsonText.name(out, "attributes");
          attributes(out, event.attributes());
          dropped(out, "droppedAttributesCount", event.dropped());
          out.append('}');
        }
        out.append(']');
      }
      if (!sent.links.isEmpty()) {
        out.append(",\"links\":[");
        for (int i = 0; i < sent.links.size(); i++) {
          Sent.Link link = sent.links.get(i);
          out.append(i == 0 ? "{" : ",{");
          JsonText.field(out, "traceId", link.traceId());
          JsonText.field(out, "spanId", link.spanId());
          JsonText.field(out, "traceState", link.traceState());
          JsonText.name(out, "attributes");
          attributes(out, link.attributes());
          dropped(out, "droppedAttributesCount", link.dropped());
          out.append('}');
        }
        out.append(']');
      }
      dropped(out, "droppedAttributesCount", sent.droppedAttributes);
      dropped(out, "droppedEventsCount", sent.droppedEvents);
      dropped(out, "droppedLinksCount", sent.droppedLinks);
      return out.append('}').toString();
    }

    private void dropped(StringBuilder out, String name, int count) {
      if (count != 0) {
        JsonText.name(out, name);
        out.append(count);
      }
    }

    private void attributes(StringBuilder out, Attributes attributes) {
      out.append('{');
      for (int i = 0; i < attributes.size(); i++) {
        if (i > 0) {
          out.append(',');
        }
        String key = attributes.key(i);
        JsonText.key(out, key);
        Object value = attributes.value(i);
        String column = value == null ? null : column(key, value, attributes);
        if (column == null) {
          JsonText.value(out, value);
        } else {
          // $json: the column has the JSON text of what was sent as structure.
          out.append(value instanceof String ? "{\"$ref\":\"" : "{\"$json\":\"")
              .append(column)
              .append("\"}");
        }
      }
      out.append('}');
    }

    private @Nullable String column(String key, Object value, Attributes attributes) {
      if (value instanceof String text) {
        if (text.length() < REF_CHARS) {
          return null;
        }
      } else if (!(value instanceof List<?> || value instanceof Attributes)) {
        return null;
      }
      for (int i = 0; i < refs; i++) {
        if (refValues[i] == value) {
          return refColumns[i];
        }
      }
      if (attributes == sent.attributes
          && value instanceof String text
          && text.length() > METADATA_REF_CHARS
          && !scopedKeys.containsKey(key)
          && Conventions.find(key) == null
          && Conventions.prefix(key) == null) {
        return "metadata";
      }
      return null;
    }
  }
}
