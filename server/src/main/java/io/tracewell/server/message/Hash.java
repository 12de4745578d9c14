package io.tracewell.server.message;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tracewell.core.BinaryWriter;
import io.tracewell.core.Message.Part;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A fast 64-bit hash of text and messages. It tells contents apart, it does not protect against
 * someone who builds collisions on purpose. Stored: a change of it makes every message new once.
 */
public final class Hash {
  private static final long SEED = 0x9E3779B97F4A7C15L;
  private static final long PRIME = 0xD6E8FEB86659FD93L;
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int KEEP_BYTES = 1 << 20;
  // A message has its text hashed as UTF-8; arrays of that would be a seventh of all that is
  // allocated when spans are taken in.
  private static final ConcurrentLinkedQueue<BinaryWriter> IDLE = new ConcurrentLinkedQueue<>();

  private final BinaryWriter utf8;

  private Hash(BinaryWriter utf8) {
    this.utf8 = utf8;
  }

  /** Hash of a text. */
  public static long text(String text) {
    return with(hash -> hash.add(SEED, text));
  }

  /**
   * Hash of a message: role and parts, not the finish reason, so that an answer and the same
   * message in the next call's history are equal. JSON in tool calls and results counts by its
   * tokens, so that it does not matter whether it was sent as text or as structure.
   */
  public static long message(String role, List<Part> parts) {
    return with(hash -> hash.all(role, parts));
  }

  private static long with(ToLongFunction<Hash> work) {
    BinaryWriter idle = IDLE.poll();
    BinaryWriter utf8 = idle == null ? new BinaryWriter(1 << 12) : idle;
    long hash = finish(work.applyAsLong(new Hash(utf8)));
    if (utf8.capacity() <= KEEP_BYTES) {
      IDLE.offer(utf8);
    }
    return hash;
  }

  private long all(String role, List<Part> parts) {
    long hash = add(SEED, role);
    for (Part part : parts) {
      hash =
          switch (part) {
            case Part.Text text -> add(mix(hash, 1), text.text());
            case Part.Reasoning reasoning -> add(mix(hash, 2), reasoning.text());
            case Part.ToolCall call ->
                addJson(add(add(mix(hash, 3), call.id()), call.name()), call.arguments());
            case Part.ToolResult result -> addJson(add(mix(hash, 4), result.id()), result.result());
            case Part.Media media ->
                mix(
                    add(add(add(mix(hash, 5), media.modality()), media.mimeType()), media.uri()),
                    media.byteSize());
            case Part.Other other -> addJson(add(mix(hash, 6), other.type()), other.json());
          };
    }
    return hash;
  }

  private long addJson(long seed, String text) {
    if (!Json.looksStructured(text)) {
      return add(seed, text);
    }
    long hash = seed;
    try (JsonParser parser = Json.factory().createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        hash = mix(hash, token.id());
        if (token == JsonToken.FIELD_NAME || token.isScalarValue()) {
          hash = add(hash, parser.getText());
        }
      }
      return hash;
    } catch (IOException e) {
      return add(seed, text);
    }
  }

  private long add(long seed, @Nullable String text) {
    if (text == null) {
      return mix(seed, -1);
    }
    utf8.reset(0);
    utf8.utf8(text);
    byte[] bytes = utf8.array();
    int length = utf8.length();
    long hash = mix(seed, length);
    int i = 0;
    for (; i + 8 <= length; i += 8) {
      hash = mix(hash, (long) WORDS.get(bytes, i));
    }
    long rest = 0;
    for (; i < length; i++) {
      rest = rest << 8 | (bytes[i] & 0xFF);
    }
    return mix(hash, rest);
  }

  private static long mix(long hash, long word) {
    long mixed = (hash ^ word) * PRIME;
    return Long.rotateLeft(mixed, 29) + SEED;
  }

  private static long finish(long hash) {
    long mixed = (hash ^ hash >>> 32) * PRIME;
    mixed = (mixed ^ mixed >>> 29) * SEED;
    return mixed ^ mixed >>> 32;
  }
}
