package io.tracewell.bench;

import io.tracewell.bench.SpanWriter.Key;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Makes one trace after the other, as the OpenTelemetry GenAI instrumentations send them: messages
 * as JSON in attributes, usage, tools, documents. Spans come in the order in which they end, the
 * root last. Ids are unique over all generators of one seed. Not thread-safe.
 */
final class TraceGenerator {
  /** Spans of the trace that {@link #next} made; used again for the next one. */
  static final class Trace {
    long high;
    long low;
    int count;
    Bytes[] spans = new Bytes[32];
    long[] ids = new long[32];

    Bytes add(long id) {
      if (spans[count] == null) {
        spans[count] = new Bytes(4_096);
      }
      ids[count] = id;
      return spans[count++];
    }
  }

  private static final int SESSIONS = 48;
  private static final int HISTORY_LIMIT = 45_000;
  private static final int MAX_SPANS = 20;
  private static final double FAILURES = 0.03;

  private static final Key OPERATION = new Key("gen_ai.operation.name");
  private static final Key PROVIDER = new Key("gen_ai.provider.name");
  private static final Key REQUEST_MODEL = new Key("gen_ai.request.model");
  private static final Key RESPONSE_MODEL = new Key("gen_ai.response.model");
  private static final Key RESPONSE_ID = new Key("gen_ai.response.id");
  private static final Key FINISH = new Key("gen_ai.response.finish_reasons");
  private static final Key TEMPERATURE = new Key("gen_ai.request.temperature");
  private static final Key MAX_TOKENS = new Key("gen_ai.request.max_tokens");
  private static final Key INPUT_TOKENS = new Key("gen_ai.usage.input_tokens");
  private static final Key OUTPUT_TOKENS = new Key("gen_ai.usage.output_tokens");
  private static final Key CACHED_TOKENS = new Key("gen_ai.usage.cache_read.input_tokens");
  private static final Key SYSTEM = new Key("gen_ai.system_instructions");
  private static final Key INPUT = new Key("gen_ai.input.messages");
  private static final Key OUTPUT = new Key("gen_ai.output.messages");
  private static final Key CONVERSATION = new Key("gen_ai.conversation.id");
  private static final Key USER = new Key("user.id");
  private static final Key AGENT = new Key("gen_ai.agent.name");
  private static final Key TOOL_NAME = new Key("gen_ai.tool.name");
  private static final Key TOOL_CALL_ID = new Key("gen_ai.tool.call.id");
  private static final Key TOOL_ARGUMENTS = new Key("gen_ai.tool.call.arguments");
  private static final Key TOOL_RESULT = new Key("gen_ai.tool.call.result");
  private static final Key QUERY = new Key("gen_ai.retrieval.query.text");
  private static final Key DOCUMENTS = new Key("gen_ai.retrieval.documents");
  private static final Key SOURCE = new Key("gen_ai.data_source.id");
  private static final Key DIMENSIONS = new Key("gen_ai.embeddings.dimension.count");
  private static final Key SERVER = new Key("server.address");
  private static final Key METHOD = new Key("http.request.method");
  private static final Key URL = new Key("url.full");
  private static final Key HTTP_STATUS = new Key("http.response.status_code");
  private static final Key ERROR_TYPE = new Key("error.type");

  private static final byte[] CHAT = ascii("chat");
  private static final byte[] INVOKE_AGENT = ascii("invoke_agent");
  private static final byte[] EXECUTE_TOOL = ascii("execute_tool");
  private static final byte[] RETRIEVAL = ascii("retrieval");
  private static final byte[] EMBEDDINGS = ascii("embeddings");
  private static final byte[] STOP = ascii("stop");
  private static final byte[] TOOL_CALLS = ascii("tool_calls");
  private static final byte[] EMBEDDING_MODEL = ascii("text-embedding-3-small");
  private static final byte[] EMBEDDING_NAME = ascii("embeddings text-embedding-3-small");
  private static final byte[] RETRIEVAL_NAME = ascii("retrieval knowledge-base");
  private static final byte[] SOURCE_ID = ascii("knowledge-base");
  private static final byte[] POST = ascii("POST");
  private static final byte[] TIMEOUT = ascii("TimeoutError");
  private static final byte[] TIMEOUT_TEXT = ascii("the upstream service did not answer in 30 s");
  private static final byte[] TIMEOUT_STACK =
      ascii(
          "Traceback (most recent call last):\n  File \"/app/tools/client.py\", line 214, in call\n"
              + "    response = self.session.post(url, json=body, timeout=30)\n"
              + "  File \"/app/tools/session.py\", line 88, in post\n    raise TimeoutError(url)\n"
              + "TimeoutError: the upstream service did not answer in 30 s\n");

  private static final byte[] USER_OPEN =
      ascii("{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"");
  private static final byte[] ASSISTANT_OPEN =
      ascii("{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"");
  private static final byte[] TEXT_CLOSE = ascii("\"}]}");
  private static final byte[] OUTPUT_CLOSE = ascii("\"}],\"finish_reason\":\"stop\"}");
  private static final byte[] CALL_OPEN =
      ascii("{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"call_");
  private static final byte[] CALL_NAME = ascii("\",\"name\":\"");
  private static final byte[] CALL_ARGUMENTS = ascii("\",\"arguments\":");
  private static final byte[] CALL_CLOSE = ascii("}]}");
  private static final byte[] CALL_OUTPUT_CLOSE = ascii("}],\"finish_reason\":\"tool_call\"}");
  private static final byte[] RESULT_OPEN =
      ascii("{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"call_");
  private static final byte[] RESULT_RESPONSE = ascii("\",\"response\":");
  private static final byte[] SYSTEM_OPEN = ascii("[{\"type\":\"text\",\"content\":\"");
  private static final byte[] SYSTEM_CLOSE = ascii("\"}]");

  private record Model(byte[] provider, byte[] requested, byte[] answered, byte[] server) {
    Model(String provider, String requested, String answered, String server) {
      this(ascii(provider), ascii(requested), ascii(answered), ascii(server));
    }
  }

  private static final Model[] MODELS = {
    new Model("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "api.openai.com"),
    new Model("openai", "gpt-4o", "gpt-4o-2024-08-06", "api.openai.com"),
    new Model("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "api.anthropic.com"),
  };
  private static final String[] TOOLS = {
    "search_orders",
    "get_invoice",
    "issue_refund",
    "get_weather",
    "run_sql",
    "read_file",
    "web_search",
    "send_mail"
  };

  /** A conversation that goes on over several traces. */
  private static final class Session {
    long id;
    int turnsLeft;
    final Bytes history = new Bytes(8_192);
  }

  private final Shape shape;
  private final Texts texts;
  private final Random64 random;
  private final long idBase;
  private final Trace trace = new Trace();
  private final SpanWriter span = new SpanWriter();
  private final Bytes a = new Bytes(65_536);
  private final Bytes b = new Bytes(65_536);
  private final Bytes history = new Bytes(65_536);
  private final Session[] sessions = new Session[SESSIONS];
  private final byte[] agentName;
  private final byte[] agentSpanName;
  private final byte[] system;
  private final Model model;
  private final byte[] chatName;

  private long nextId;
  private long rootId;
  private long clock;
  private long traceStart;
  private byte[] conversation = new byte[0];
  private byte[] user = new byte[0];

  /**
   * A generator of one application.
   *
   * @param number tells generators of one seed apart; at most 65,535
   */
  TraceGenerator(
      Shape shape,
      Vocabulary vocabulary,
      Texts.Phrases phrases,
      long seed,
      int number,
      String application) {
    this.shape = shape;
    random = new Random64(seed * 65_537 + number);
    texts = new Texts(vocabulary, phrases, random);
    idBase = Random64.mix(seed) ^ ((long) number << 48);
    agentName = ascii(application);
    agentSpanName = ascii("invoke_agent " + application);
    model = MODELS[number % MODELS.length];
    chatName = ascii("chat " + new String(model.requested, StandardCharsets.US_ASCII));
    a.raw(SYSTEM_OPEN);
    texts.prose(a, random.between(400, 900));
    a.raw(SYSTEM_CLOSE);
    system = a.toByteArray();
    for (int i = 0; i < SESSIONS; i++) {
      sessions[i] = new Session();
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private long newId() {
    // The counter stays under 2^47, so base and counter never meet those of another generator.
    long id = Random64.mix(idBase + nextId++);
    return id == 0 ? newId() : id;
  }

  /**
   * The next trace.
   *
   * @param endNanos when its root ends, Unix epoch
   */
  Trace next(long endNanos) {
    trace.count = 0;
    trace.high = newId();
    trace.low = newId();
    rootId = newId();
    conversation = ("conv_" + Ids.hex(newId())).getBytes(StandardCharsets.US_ASCII);
    user = ascii("user-" + random.below(5_000));
    // A trace takes at most some 20 s; spans follow one another from its start.
    traceStart = endNanos - 20_000_000_000L;
    clock = traceStart;
    switch (shape) {
      case UNIQUE -> unique();
      case LOOPS -> {
        if (random.below(2) == 0) {
          agentLoop();
        } else {
          chatTurn();
        }
      }
      case SMALL -> small();
    }
    return trace;
  }

  // ---- shapes

  private void unique() {
    switch (random.below(3)) {
      case 0 -> { // retrieval
        int rounds = random.between(1, 3);
        for (int i = 0; i < rounds; i++) {
          embedding();
          retrieval(texts.modelLength());
          chat(texts.modelLength(), true);
          if (random.below(2) == 0) {
            http();
          }
        }
        if (trace.count < 4) {
          chat(texts.modelLength(), true);
        }
      }
      case 1 -> { // agent
        int calls = random.between(2, 9);
        for (int i = 0; i < calls; i++) {
          chat(texts.modelLength(), i == calls - 1);
          tool(texts.modelLength());
        }
      }
      default -> { // chat
        int calls = random.between(4, 7);
        for (int i = 0; i < calls; i++) {
          chat(texts.modelLength(), true);
        }
      }
    }
    int size = texts.modelLength();
    openMessages(a, USER_OPEN);
    texts.mixed(a, size / 2);
    closeMessages(a, TEXT_CLOSE);
    openMessages(b, ASSISTANT_OPEN);
    texts.mixed(b, size / 2);
    closeMessages(b, OUTPUT_CLOSE);
    root();
  }

  private void agentLoop() {
    history.clear();
    history.raw(USER_OPEN);
    texts.prose(history, random.between(100, 800));
    history.raw(TEXT_CLOSE);
    int calls = random.between(3, (MAX_SPANS - 1) / 2);
    for (int i = 0; i < calls - 1 && history.length < HISTORY_LIMIT; i++) {
      long callId = newId();
      byte[] tool = ascii(TOOLS[random.below(TOOLS.length)]);
      int asked = history.length + 1;
      a.clear();
      a.raw((byte) '[');
      a.raw(history);
      a.raw((byte) ']');
      history.raw((byte) ',');
      toolCall(history, callId, tool);
      b.clear();
      b.raw((byte) '[');
      b.raw(history.array, asked, history.length - asked);
      b.raw(CALL_OUTPUT_CLOSE);
      b.raw((byte) ']');
      history.raw(CALL_CLOSE);
      model(TOOL_CALLS, false);

      long start = clock;
      a.clear();
      arguments(a);
      b.clear();
      result(b, (int) Math.clamp(700 * Math.exp(0.8 * random.gaussian()), 150, 6_000));
      history.raw((byte) ',');
      history.raw(RESULT_OPEN);
      history.hex(callId);
      history.raw(RESULT_RESPONSE);
      history.raw(b);
      history.raw(CALL_CLOSE);
      toolSpan(start, callId, tool, false);
    }
    a.clear();
    a.raw((byte) '[');
    a.raw(history);
    a.raw((byte) ']');
    openMessages(b, ASSISTANT_OPEN);
    texts.mixed(b, random.between(300, 2_000));
    closeMessages(b, OUTPUT_CLOSE);
    model(STOP, false);
    openMessages(a, USER_OPEN);
    texts.prose(a, random.between(100, 800));
    closeMessages(a, TEXT_CLOSE);
    root();
  }

  /** One turn of one of the conversations that are going on: a trace of its own. */
  private void chatTurn() {
    Session session = sessions[random.below(SESSIONS)];
    if (session.turnsLeft == 0 || session.history.length > HISTORY_LIMIT) {
      session.id = newId();
      session.turnsLeft = random.between(5, 20);
      session.history.clear();
    }
    session.turnsLeft--;
    conversation = ("conv_" + Ids.hex(session.id)).getBytes(StandardCharsets.US_ASCII);
    // Router, guard and answer look at the same conversation, as applications do.
    Bytes said = session.history;
    if (said.length > 0) {
      said.raw((byte) ',');
    }
    said.raw(USER_OPEN);
    texts.prose(said, random.between(60, 600));
    said.raw(TEXT_CLOSE);
    embedding();
    retrieval(random.between(500, 2_500));
    for (int i = 0; i < 3; i++) {
      a.clear();
      a.raw((byte) '[');
      a.raw(said);
      a.raw((byte) ']');
      openMessages(b, ASSISTANT_OPEN);
      int answer = b.length;
      texts.mixed(b, i == 2 ? random.between(300, 2_000) : random.between(20, 100));
      if (i == 2) {
        said.raw((byte) ',');
        said.raw(ASSISTANT_OPEN);
        said.raw(b.array, answer, b.length - answer);
        said.raw(TEXT_CLOSE);
      }
      closeMessages(b, OUTPUT_CLOSE);
      model(STOP, false);
    }
    openMessages(a, USER_OPEN);
    texts.prose(a, random.between(60, 300));
    closeMessages(a, TEXT_CLOSE);
    root();
  }

  private void small() {
    int spans = random.between(4, MAX_SPANS - 1);
    for (int i = 0; i < spans; i++) {
      smallSpan(false);
    }
    smallSpan(true);
  }

  private void smallSpan(boolean root) {
    long start = clock;
    long end = advance(20, 800);
    a.clear();
    a.raw((byte) '[');
    a.raw(USER_OPEN);
    texts.prose(a, random.between(20, 60));
    a.raw(TEXT_CLOSE);
    a.raw((byte) ']');
    long id = root ? rootId : newId();
    span.begin(
        trace.add(id),
        trace.high,
        trace.low,
        id,
        root ? 0 : rootId,
        chatName,
        SpanWriter.CLIENT,
        root ? traceStart : start,
        end);
    span.string(OPERATION, CHAT);
    span.string(PROVIDER, model.provider);
    span.string(REQUEST_MODEL, model.requested);
    span.string(RESPONSE_MODEL, model.answered);
    span.string(CONVERSATION, conversation);
    span.integer(INPUT_TOKENS, random.between(5, 400));
    span.integer(OUTPUT_TOKENS, random.between(1, 90));
    span.string(INPUT, a);
    span.end(null);
  }

  // ---- spans

  /** A model call with texts of its own, {@code size} bytes together. */
  private void chat(int size, boolean last) {
    openMessages(a, USER_OPEN);
    texts.mixed(a, size * 3 / 4);
    closeMessages(a, TEXT_CLOSE);
    if (last) {
      openMessages(b, ASSISTANT_OPEN);
      texts.mixed(b, size / 4);
      closeMessages(b, OUTPUT_CLOSE);
    } else {
      b.clear();
      b.raw((byte) '[');
      toolCall(b, newId(), ascii(TOOLS[random.below(TOOLS.length)]));
      b.raw(CALL_OUTPUT_CLOSE);
      b.raw((byte) ']');
    }
    model(last ? STOP : TOOL_CALLS, random.chance(FAILURES));
  }

  /** A model call with the messages in a and b. */
  private void model(byte[] finish, boolean failed) {
    long start = clock;
    long end = advance(200, 1_500);
    long id = newId();
    span.begin(
        trace.add(id), trace.high, trace.low, id, rootId, chatName, SpanWriter.CLIENT, start, end);
    span.string(OPERATION, CHAT);
    span.string(PROVIDER, model.provider);
    span.string(SERVER, model.server);
    span.string(REQUEST_MODEL, model.requested);
    span.real(TEMPERATURE, 0.2);
    span.integer(MAX_TOKENS, 4_096);
    span.string(CONVERSATION, conversation);
    span.string(SYSTEM, system);
    span.string(INPUT, a);
    if (!failed) {
      span.string(RESPONSE_MODEL, model.answered);
      span.string(RESPONSE_ID, ascii("chatcmpl-" + Ids.hex(newId())));
      span.strings(FINISH, finish);
      int input = (system.length + a.length) / 4;
      span.integer(INPUT_TOKENS, input);
      span.integer(CACHED_TOKENS, random.below(2) == 0 ? 0 : input / 2);
      span.integer(OUTPUT_TOKENS, Math.max(1, b.length / 4));
      span.string(OUTPUT, b);
    }
    finish(end, failed);
  }

  private void tool(int size) {
    long start = clock;
    a.clear();
    arguments(a);
    b.clear();
    result(b, size);
    toolSpan(start, newId(), ascii(TOOLS[random.below(TOOLS.length)]), random.chance(FAILURES));
  }

  private void toolSpan(long start, long callId, byte[] tool, boolean failed) {
    long end = advance(20, 600);
    long id = newId();
    span.begin(
        trace.add(id),
        trace.high,
        trace.low,
        id,
        rootId,
        ascii("execute_tool " + new String(tool, StandardCharsets.US_ASCII)),
        SpanWriter.INTERNAL,
        start,
        end);
    span.string(OPERATION, EXECUTE_TOOL);
    span.string(TOOL_NAME, tool);
    span.string(TOOL_CALL_ID, ascii("call_" + Ids.hex(callId)));
    span.string(CONVERSATION, conversation);
    span.string(TOOL_ARGUMENTS, a);
    if (!failed) {
      span.string(TOOL_RESULT, b);
    }
    finish(end, failed);
  }

  private void retrieval(int size) {
    long start = clock;
    long end = advance(10, 120);
    a.clear();
    texts.prose(a, 80);
    b.clear();
    b.raw((byte) '[');
    int documents = random.between(2, 5);
    for (int i = 0; i < documents; i++) {
      if (i > 0) {
        b.raw((byte) ',');
      }
      b.ascii("{\"id\":\"doc-");
      b.decimal(random.below(1_000_000));
      b.ascii("\",\"score\":0.");
      b.decimal(random.between(100, 999));
      b.ascii(",\"content\":\"");
      texts.mixed(b, size / documents);
      b.ascii("\"}");
    }
    b.raw((byte) ']');
    long id = newId();
    span.begin(
        trace.add(id),
        trace.high,
        trace.low,
        id,
        rootId,
        RETRIEVAL_NAME,
        SpanWriter.CLIENT,
        start,
        end);
    span.string(OPERATION, RETRIEVAL);
    span.string(SOURCE, SOURCE_ID);
    span.string(CONVERSATION, conversation);
    span.string(QUERY, a);
    span.string(DOCUMENTS, b);
    finish(end, false);
  }

  private void embedding() {
    long start = clock;
    long end = advance(5, 60);
    long id = newId();
    span.begin(
        trace.add(id),
        trace.high,
        trace.low,
        id,
        rootId,
        EMBEDDING_NAME,
        SpanWriter.CLIENT,
        start,
        end);
    span.string(OPERATION, EMBEDDINGS);
    span.string(PROVIDER, MODELS[0].provider);
    span.string(REQUEST_MODEL, EMBEDDING_MODEL);
    span.integer(DIMENSIONS, 1_536);
    span.integer(INPUT_TOKENS, random.between(8, 200));
    finish(end, false);
  }

  private void http() {
    long start = clock;
    long end = advance(5, 90);
    long id = newId();
    span.begin(
        trace.add(id), trace.high, trace.low, id, rootId, POST, SpanWriter.CLIENT, start, end);
    span.string(METHOD, POST);
    span.string(URL, ascii("https://catalog.internal.example/v1/items/" + random.below(1_000_000)));
    span.integer(HTTP_STATUS, 200);
    finish(end, false);
  }

  /** The root, with the messages in a and b. */
  private void root() {
    span.begin(
        trace.add(rootId),
        trace.high,
        trace.low,
        rootId,
        0,
        agentSpanName,
        SpanWriter.INTERNAL,
        traceStart,
        clock);
    span.string(OPERATION, INVOKE_AGENT);
    span.string(AGENT, agentName);
    span.string(CONVERSATION, conversation);
    span.string(USER, user);
    span.string(INPUT, a);
    span.string(OUTPUT, b);
    finish(clock, random.chance(FAILURES));
  }

  private void finish(long end, boolean failed) {
    if (failed) {
      span.string(ERROR_TYPE, TIMEOUT);
      span.exception(end, TIMEOUT, TIMEOUT_TEXT, TIMEOUT_STACK);
    }
    byte @Nullable [] message = failed ? TIMEOUT_TEXT : null;
    span.end(message);
  }

  // ---- parts

  private static void openMessages(Bytes out, byte[] role) {
    out.clear();
    out.raw((byte) '[');
    out.raw(role);
  }

  private static void closeMessages(Bytes out, byte[] close) {
    out.raw(close);
    out.raw((byte) ']');
  }

  /** A message that asks for a tool, without its end. */
  private void toolCall(Bytes out, long callId, byte[] tool) {
    out.raw(CALL_OPEN);
    out.hex(callId);
    out.raw(CALL_NAME);
    out.raw(tool);
    out.raw(CALL_ARGUMENTS);
    arguments(out);
  }

  private void arguments(Bytes out) {
    out.ascii("{\"query\":\"");
    texts.prose(out, random.between(20, 80));
    out.ascii("\",\"id\":");
    out.decimal(random.below(1_000_000));
    out.raw((byte) '}');
  }

  private void result(Bytes out, int size) {
    out.ascii("{\"status\":\"ok\",\"data\":\"");
    texts.mixed(out, size);
    out.ascii("\"}");
  }

  /** Moves the clock on by some milliseconds and returns it. */
  private long advance(int least, int most) {
    clock += random.between(least, most) * 1_000_000L + random.below(1_000_000);
    return clock;
  }
}
