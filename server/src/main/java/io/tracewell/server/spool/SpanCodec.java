package io.tracewell.server.spool;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import io.tracewell.core.BinaryWriter;
import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Cost;
import io.tracewell.core.Evaluation;
import io.tracewell.core.Ids;
import io.tracewell.core.MessageText;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Origin;
import io.tracewell.core.Prompt;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.core.SpanError;
import io.tracewell.core.SpanKeys;
import io.tracewell.core.SpanKind;
import io.tracewell.core.SpanLink;
import io.tracewell.core.SpanLog;
import io.tracewell.core.SpanStatus;
import io.tracewell.core.Usage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * Spans, logs and evaluations as compact binary, compressed. Version {@value #VERSION}; a reader
 * keeps reading older ones. Thread-safe.
 */
public final class SpanCodec {
  static final int VERSION = 5;
  private static final int MERGED = 1;
  private static final int LEVEL = -3;
  private static final int MAX_ENTRY_BYTES = 1 << 30;
  private static final int KEEP_BYTES = 4 << 20;

  private final Function<Span, List<MessageText>> texts;
  private final ConcurrentLinkedQueue<Worker> idle = new ConcurrentLinkedQueue<>();

  /**
   * What a sender sent is written without its {@link Span#texts}: they are the content once more.
   *
   * @param texts reads them from the content again
   */
  public SpanCodec(Function<Span, List<MessageText>> texts) {
    this.texts = texts;
  }

  private static final class Worker {
    private final BinaryWriter buffer = new BinaryWriter(1 << 16);
    private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL);
    private byte[] compressed = {};
  }

  /**
   * An entry as bytes.
   *
   * @param rawBytes size before compression
   */
  public record Encoded(SpoolEntry entry, byte[] bytes, int rawBytes) {}

  /** Encodes what a sender sent; finds the content hashes. */
  public Encoded encode(SpanBatch batch) {
    return encode(
        new SpoolEntry(
            batch.spans(),
            new long[batch.spans().size()],
            batch.logs(),
            batch.evaluations(),
            false));
  }

  /** Encodes an entry; where it is not merged, its hashes are filled in. */
  public Encoded encode(SpoolEntry entry) {
    Worker worker = idle.poll();
    if (worker == null) {
      worker = new Worker();
    }
    BinaryWriter out = worker.buffer;
    out.reset(0);
    out.int8(VERSION);
    out.int8(entry.merged() ? MERGED : 0);
    out.varint(entry.spans().size());
    for (int i = 0; i < entry.spans().size(); i++) {
      int hashAt = out.length();
      out.int64(entry.hashes()[i]);
      write(out, entry.spans().get(i), entry.merged());
      if (!entry.merged()) {
        entry.hashes()[i] = out.hash(hashAt + 8, out.length());
        out.setInt64(hashAt, entry.hashes()[i]);
      }
    }
    out.varint(entry.logs().size());
    for (SpanLog log : entry.logs()) {
      write(out, log);
    }
    out.varint(entry.evaluations().size());
    for (Evaluation evaluation : entry.evaluations()) {
      write(out, evaluation);
    }
    int raw = out.length();
    int most = (int) Zstd.compressBound(raw);
    if (worker.compressed.length < most) {
      worker.compressed = new byte[most];
    }
    byte[] compressed = worker.compressed;
    int size = worker.zstd.compressByteArray(compressed, 0, compressed.length, out.array(), 0, raw);
    Encoded encoded = new Encoded(entry, Arrays.copyOf(compressed, size), raw);
    if (out.capacity() <= KEEP_BYTES) {
      idle.offer(worker);
    } else {
      worker.zstd.close();
    }
    return encoded;
  }

  /**
   * Hash of a span's content, as {@link #encode} finds it in what a sender sent. The texts are not
   * in it: they follow from the rest.
   */
  public static long contentHash(Span span) {
    BinaryWriter out = new BinaryWriter(1024);
    write(out, span, false);
    return out.hash(0, out.length());
  }

  /**
   * Reads an entry.
   *
   * @throws IllegalStateException if it can't be read
   */
  public SpoolEntry decode(byte[] bytes, int rawBytes) {
    if (rawBytes < 0 || rawBytes > MAX_ENTRY_BYTES) {
      throw new IllegalStateException("a record claims an impossible size");
    }
    byte[] raw;
    try {
      raw = Zstd.decompress(bytes, rawBytes);
    } catch (ZstdException e) {
      throw new IllegalStateException("a record can't be decompressed", e);
    }
    BinaryReader in = new BinaryReader(raw);
    int version = in.int8();
    if (version < 1 || version > VERSION) {
      throw new IllegalStateException("a record has version " + version + ", known is " + VERSION);
    }
    boolean merged = (in.int8() & MERGED) != 0;
    int count = in.count();
    List<Span> spans = new ArrayList<>(count);
    long[] hashes = new long[count];
    for (int i = 0; i < count; i++) {
      hashes[i] = in.int64();
      Span span = readSpan(in, version, merged);
      // Up to version 4 all had them.
      spans.add(merged || version < 5 ? span : span.withTexts(texts.apply(span)));
    }
    int logCount = in.count();
    List<SpanLog> logs = new ArrayList<>(logCount);
    for (int i = 0; i < logCount; i++) {
      logs.add(readLog(in));
    }
    // Version 1 had none.
    int evaluationCount = version < 2 ? 0 : in.count();
    List<Evaluation> evaluations = new ArrayList<>(evaluationCount);
    for (int i = 0; i < evaluationCount; i++) {
      evaluations.add(readEvaluation(in));
    }
    return new SpoolEntry(spans, hashes, logs, evaluations, merged);
  }

  private static void write(BinaryWriter out, Span span, boolean withTexts) {
    out.string(span.projectId());
    out.string(span.traceId());
    out.string(span.spanId());
    out.string(span.parentId());
    write(out, span.keys());
    Origin origin = span.origin();
    out.string(origin.application());
    out.string(origin.service());
    out.string(origin.serviceVersion());
    out.string(origin.environment());
    out.string(origin.host());
    out.string(origin.sdk());
    out.string(origin.scope());
    out.string(origin.dialects());
    out.string(origin.transport());
    out.string(span.name());
    out.string(span.kind().wireName());
    out.string(span.kindRule());
    out.int64(span.startNanos());
    out.int64(span.endNanos());
    out.int8(span.pending() ? 1 : 0);
    out.string(span.status().name());
    out.string(span.error().type());
    out.string(span.error().message());
    out.string(span.error().stack());
    out.string(span.sessionId());
    out.string(span.userId());
    ModelCall model = span.model();
    out.string(model.provider());
    out.string(model.requested());
    out.string(model.responded());
    out.string(model.responseId());
    out.string(model.operation());
    out.string(model.parameters());
    out.string(model.finishReasons());
    out.int64(model.timeToFirstTokenNanos());
    Usage usage = span.usage();
    out.varint(usage.input() + 1);
    out.varint(usage.cacheRead() + 1);
    out.varint(usage.cacheWrite() + 1);
    out.varint(usage.cacheWrite1h() + 1);
    out.varint(usage.inputAudio() + 1);
    out.varint(usage.output() + 1);
    out.varint(usage.reasoning() + 1);
    out.varint(usage.outputAudio() + 1);
    out.string(usage.rule());
    out.string(usage.raw());
    out.varint(usage.more().size());
    for (Map.Entry<String, Long> figure : usage.more().entrySet()) {
      out.string(figure.getKey());
      out.varint(figure.getValue());
    }
    Cost cost = span.cost();
    out.varint(cost.total() + 1);
    out.varint(cost.input() + 1);
    out.varint(cost.cacheRead() + 1);
    out.varint(cost.cacheWrite() + 1);
    out.varint(cost.output() + 1);
    out.string(cost.source());
    out.string(cost.price());
    out.string(cost.reason());
    write(out, span.system());
    write(out, span.input());
    write(out, span.output());
    write(out, span.toolDefinitions());
    write(out, span.documents());
    out.string(span.inputPreview());
    out.string(span.outputPreview());
    out.varint(span.inputHashes().length);
    for (long hash : span.inputHashes()) {
      out.int64(hash);
    }
    if (withTexts) {
      out.varint(span.texts().size());
      for (MessageText text : span.texts()) {
        out.int64(text.hash());
        out.string(text.text());
      }
    }
    out.string(span.toolName());
    out.string(span.toolCallId());
    out.string(span.agentName());
    Prompt prompt = span.prompt();
    out.string(prompt.id());
    out.string(prompt.name());
    out.string(prompt.version());
    out.string(prompt.template());
    out.string(prompt.variables());
    out.strings(span.tags());
    out.string(span.metadata());
    out.varint(span.links().size());
    for (SpanLink link : span.links()) {
      out.string(link.traceId());
      out.string(link.spanId());
      out.string(link.attributes());
    }
    out.strings(span.warnings());
    out.string(span.raw());
    out.int32(span.sizeBytes());
  }

  private static void write(BinaryWriter out, SpanKeys keys) {
    Ids.TraceKey alias = keys.alias();
    out.int8(alias == null ? 0 : 1);
    write(out, keys.trace());
    out.int64(keys.span());
    out.int64(keys.parent());
    if (alias != null) {
      write(out, alias);
    }
  }

  private static void write(BinaryWriter out, Ids.TraceKey key) {
    out.int64(key.high());
    out.int64(key.low());
  }

  private static SpanKeys readKeys(BinaryReader in) {
    boolean aliased = in.int8() != 0;
    Ids.TraceKey trace = readTraceKey(in);
    long span = in.int64();
    long parent = in.int64();
    return new SpanKeys(trace, span, parent, aliased ? readTraceKey(in) : null);
  }

  private static Ids.TraceKey readTraceKey(BinaryReader in) {
    return new Ids.TraceKey(in.int64(), in.int64());
  }

  private static Span readSpan(BinaryReader in, int version, boolean merged) {
    String project = in.string();
    String traceId = in.string();
    String spanId = in.string();
    String parentId = in.string();
    return new Span(
        project,
        traceId,
        spanId,
        parentId,
        // Version 3 had none.
        version < 4 ? SpanKeys.of(traceId, spanId, parentId) : readKeys(in),
        new Origin(
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string()),
        in.string(),
        kind(in.string()),
        in.string(),
        in.int64(),
        in.int64(),
        in.int8() != 0,
        SpanStatus.valueOf(in.string()),
        new SpanError(in.string(), in.string(), in.string()),
        in.string(),
        in.string(),
        new ModelCall(
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.string(),
            in.int64()),
        new Usage(
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.string(),
            in.string(),
            // Version 2 had none.
            version < 3 ? Map.of() : readFigures(in)),
        new Cost(
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.varint() - 1,
            in.string(),
            in.string(),
            in.string()),
        readContent(in),
        readContent(in),
        readContent(in),
        readContent(in),
        readContent(in),
        in.string(),
        in.string(),
        readLongs(in),
        merged || version < 5 ? readTexts(in) : List.of(),
        in.string(),
        in.string(),
        in.string(),
        new Prompt(in.string(), in.string(), in.string(), in.string(), in.string()),
        in.strings(),
        in.string(),
        readLinks(in),
        in.strings(),
        in.string(),
        in.int32());
  }

  private static SpanKind kind(String wireName) {
    SpanKind kind = SpanKind.fromWireName(wireName);
    return kind == null ? SpanKind.SPAN : kind;
  }

  private static void write(BinaryWriter out, Content content) {
    out.string(content.format().wireName());
    out.string(content.text());
  }

  private static Content readContent(BinaryReader in) {
    Content content = new Content(ContentFormat.fromWireName(in.string()), in.string());
    return content.equals(Content.NONE) ? Content.NONE : content;
  }

  private static Map<String, Long> readFigures(BinaryReader in) {
    int count = in.count();
    if (count == 0) {
      return Map.of();
    }
    Map<String, Long> figures = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      figures.put(in.string(), in.varint());
    }
    return figures;
  }

  private static long[] readLongs(BinaryReader in) {
    long[] values = new long[in.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.int64();
    }
    return values;
  }

  private static List<MessageText> readTexts(BinaryReader in) {
    int count = in.count();
    List<MessageText> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(new MessageText(in.int64(), in.string()));
    }
    return texts;
  }

  private static List<SpanLink> readLinks(BinaryReader in) {
    int count = in.count();
    List<SpanLink> links = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      links.add(new SpanLink(in.string(), in.string(), in.string()));
    }
    return links;
  }

  private static void write(BinaryWriter out, SpanLog log) {
    out.string(log.projectId());
    out.string(log.traceId());
    out.string(log.spanId());
    out.int64(log.timeNanos());
    out.string(log.eventName());
    out.int32(log.sequence());
    out.string(log.body());
    out.string(log.attributes());
    out.string(log.application());
  }

  private static SpanLog readLog(BinaryReader in) {
    return new SpanLog(
        in.string(),
        in.string(),
        in.string(),
        in.int64(),
        in.string(),
        in.int32(),
        in.string(),
        in.string(),
        in.string());
  }

  private static void write(BinaryWriter out, Evaluation evaluation) {
    out.string(evaluation.projectId());
    out.string(evaluation.id());
    out.string(evaluation.kind().name());
    Evaluation.Target target = evaluation.target();
    out.string(target.scope().name());
    out.string(target.traceId());
    out.string(target.spanId());
    out.string(target.sessionId());
    out.string(target.tag());
    out.string(evaluation.label());
    out.string(evaluation.type().name());
    out.string(evaluation.value());
    out.string(evaluation.status().name());
    out.string(evaluation.error().type());
    out.string(evaluation.error().message());
    out.string(evaluation.error().stack());
    out.string(evaluation.assessment());
    out.string(evaluation.reasoning());
    out.string(evaluation.application());
    out.string(evaluation.submitter());
    out.string(evaluation.submitterType());
    out.string(evaluation.experimentId());
    out.strings(evaluation.tags());
    out.string(evaluation.metadata());
    out.int64(evaluation.timeNanos());
    out.string(evaluation.source());
  }

  private static Evaluation readEvaluation(BinaryReader in) {
    return new Evaluation(
        in.string(),
        in.string(),
        Evaluation.Kind.valueOf(in.string()),
        new Evaluation.Target(
            Evaluation.Scope.valueOf(in.string()),
            in.string(),
            in.string(),
            in.string(),
            in.string()),
        in.string(),
        Evaluation.Type.valueOf(in.string()),
        in.string(),
        Evaluation.Status.valueOf(in.string()),
        new SpanError(in.string(), in.string(), in.string()),
        in.string(),
        in.string(),
        in.string(),
        in.string(),
        in.string(),
        in.string(),
        in.strings(),
        in.string(),
        in.int64(),
        in.string());
  }
}
