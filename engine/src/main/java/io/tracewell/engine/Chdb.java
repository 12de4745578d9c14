package io.tracewell.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libchdb that the host needs, through the Foreign Function and Memory API. Calls
 * block a platform thread. A connection runs one statement at a time; its caller sees to that.
 */
final class Chdb {
  private final MethodHandle connect;
  private final MethodHandle closeConn;
  private final MethodHandle query;
  private final MethodHandle streamQuery;
  private final MethodHandle streamFetch;
  private final MethodHandle streamCancel;
  private final MethodHandle destroyResult;
  private final MethodHandle insertBegin;
  private final MethodHandle insertAppend;
  private final MethodHandle insertDone;
  private final MethodHandle insertCancel;
  private final MethodHandle insertError;
  private final MethodHandle insertDestroy;
  private final MethodHandle resultBuffer;
  private final MethodHandle resultLength;
  private final MethodHandle resultError;
  private final MethodHandle rowsRead;
  private final MethodHandle bytesRead;
  private final MethodHandle rowsWritten;
  private final MethodHandle bytesWritten;

  private Chdb(SymbolLookup library) throws Throwable {
    Binder bind = new Binder(library);
    connect = bind.function("chdb_connect", ADDRESS, JAVA_INT, ADDRESS);
    closeConn = bind.procedure("chdb_close_conn", ADDRESS);
    query = bind.function("chdb_query_n", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
    streamQuery =
        bind.function(
            "chdb_stream_query_n", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
    streamFetch = bind.function("chdb_stream_fetch_result", ADDRESS, ADDRESS, ADDRESS);
    streamCancel = bind.procedure("chdb_stream_cancel_query", ADDRESS, ADDRESS);
    destroyResult = bind.procedure("chdb_destroy_query_result", ADDRESS);
    insertBegin =
        bind.function(
            "chdb_stream_insert_n", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
    insertAppend = bind.function("chdb_stream_append", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    insertDone = bind.function("chdb_stream_done", ADDRESS, ADDRESS);
    insertCancel = bind.procedure("chdb_stream_cancel_insert", ADDRESS);
    insertError = bind.function("chdb_stream_insert_error", ADDRESS, ADDRESS);
    insertDestroy = bind.procedure("chdb_destroy_insert_stream", ADDRESS);
    resultBuffer = bind.function("chdb_result_buffer", ADDRESS, ADDRESS);
    resultLength = bind.function("chdb_result_length", JAVA_LONG, ADDRESS);
    resultError = bind.function("chdb_result_error", ADDRESS, ADDRESS);
    rowsRead = bind.function("chdb_result_storage_rows_read", JAVA_LONG, ADDRESS);
    bytesRead = bind.function("chdb_result_storage_bytes_read", JAVA_LONG, ADDRESS);
    rowsWritten = bind.function("chdb_result_rows_written", JAVA_LONG, ADDRESS);
    bytesWritten = bind.function("chdb_result_bytes_written", JAVA_LONG, ADDRESS);
    // Before the first connection, or libchdb takes over the handlers that the JVM relies on.
    MethodHandle handlers = bind.procedure("chdb_set_signal_handlers_enabled", JAVA_INT);
    handlers.invokeExact(0);
  }

  private record Binder(SymbolLookup library) {
    MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
      return handle(name, FunctionDescriptor.of(result, arguments));
    }

    MethodHandle procedure(String name, MemoryLayout... arguments) {
      return handle(name, FunctionDescriptor.ofVoid(arguments));
    }

    private MethodHandle handle(String name, FunctionDescriptor descriptor) {
      MemorySegment symbol =
          library
              .find(name)
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          "The engine library has no function "
                              + name
                              + "; version "
                              + EngineLibrary.VERSION
                              + " is expected."));
      return Linker.nativeLinker().downcallHandle(symbol, descriptor);
    }
  }

  /** Loads the library into this process, for good. */
  static Chdb load(Path library) {
    try {
      return new Chdb(SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Opens a connection. The arguments of the first one start the engine. */
  Connection connect(List<String> arguments) throws EngineException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argv = arena.allocate(ADDRESS, arguments.size() + 1);
      argv.setAtIndex(ADDRESS, 0, arena.allocateFrom("clickhouse"));
      for (int i = 0; i < arguments.size(); i++)
        argv.setAtIndex(ADDRESS, i + 1, arena.allocateFrom(arguments.get(i)));
      MemorySegment handle = (MemorySegment) connect.invokeExact(arguments.size() + 1, argv);
      if (isNull(handle))
        throw new EngineException(
            EngineException.UNKNOWN_EXCEPTION,
            "the engine could not be opened; its own message is on the line above");
      return new Connection(handle);
    } catch (EngineException e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** What a statement read and wrote. */
  record Progress(long readRows, long readBytes, long writtenRows, long writtenBytes) {
    static final Progress NONE = new Progress(0, 0, 0, 0);
  }

  /** Takes pieces of a result; the bytes are valid during the call only. */
  @FunctionalInterface
  interface Sink {
    void accept(MemorySegment piece) throws IOException;
  }

  /** One session with the engine. */
  final class Connection {
    private final MemorySegment handle;
    private final MemorySegment connection;

    private Connection(MemorySegment handle) {
      this.handle = handle;
      this.connection = handle.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
    }

    /** Runs a statement and drops what it returns. */
    Progress execute(String sql) throws EngineException {
      return query(sql, "Null", piece -> {});
    }

    /** Runs a statement whose result is small, or that has none. */
    Progress query(String sql, String format, Sink sink) throws EngineException {
      MemorySegment result = MemorySegment.NULL;
      try (Arena arena = Arena.ofConfined()) {
        Text text = Text.of(arena, sql);
        Text form = Text.of(arena, format);
        result =
            (MemorySegment)
                query.invokeExact(connection, text.at, text.length, form.at, form.length);
        return take(result, sink);
      } catch (EngineException e) {
        throw e;
      } catch (Throwable e) {
        throw unexpected(e);
      } finally {
        destroy(result);
      }
    }

    /**
     * Runs a query and hands its result on piece by piece. Where the sink fails, it is cancelled.
     */
    Progress stream(String sql, String format, Sink sink) throws EngineException, IOException {
      MemorySegment stream = MemorySegment.NULL;
      boolean finished = false;
      try (Arena arena = Arena.ofConfined()) {
        Text text = Text.of(arena, sql);
        Text form = Text.of(arena, format);
        stream =
            (MemorySegment)
                streamQuery.invokeExact(connection, text.at, text.length, form.at, form.length);
        check(stream);
        while (true) {
          MemorySegment piece = (MemorySegment) streamFetch.invokeExact(connection, stream);
          try {
            Progress progress = take(piece, sink);
            if ((long) resultLength.invokeExact(piece) == 0) {
              finished = true;
              return progress;
            }
          } catch (EngineException e) {
            finished = true;
            throw e;
          } finally {
            destroy(piece);
          }
        }
      } catch (EngineException | IOException e) {
        throw e;
      } catch (Throwable e) {
        throw unexpected(e);
      } finally {
        if (!finished && !isNull(stream)) cancel(stream);
        destroy(stream);
      }
    }

    /** Begins an INSERT whose rows follow in {@code format}; the statement has no FORMAT clause. */
    Insert insert(String sql, String format) throws EngineException {
      try (Arena arena = Arena.ofConfined()) {
        Text text = Text.of(arena, sql);
        Text form = Text.of(arena, format);
        MemorySegment stream =
            (MemorySegment)
                insertBegin.invokeExact(connection, text.at, text.length, form.at, form.length);
        Insert insert = new Insert(stream);
        String error = insert.error();
        if (error != null) {
          insert.close();
          throw EngineException.of(error);
        }
        return insert;
      } catch (EngineException e) {
        throw e;
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    void close() {
      try {
        closeConn.invokeExact(handle);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    private void cancel(MemorySegment stream) {
      try {
        streamCancel.invokeExact(connection, stream);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }
  }

  /** An INSERT under way. Closing it before {@link #finish} gives it up. */
  final class Insert implements AutoCloseable {
    private final MemorySegment stream;
    private boolean finished;

    private Insert(MemorySegment stream) {
      this.stream = stream;
    }

    /** Adds bytes; they are copied. Blocks while the engine is behind. */
    void append(MemorySegment bytes) throws EngineException {
      try {
        int state = (int) insertAppend.invokeExact(stream, bytes, bytes.byteSize());
        if (state == 0) return;
        String error = error();
        throw EngineException.of(error == null ? "the insert has failed" : error);
      } catch (EngineException e) {
        throw e;
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    /** Commits. */
    Progress finish() throws EngineException {
      MemorySegment result = MemorySegment.NULL;
      try {
        finished = true;
        result = (MemorySegment) insertDone.invokeExact(stream);
        return take(result, piece -> {});
      } catch (EngineException e) {
        throw e;
      } catch (Throwable e) {
        throw unexpected(e);
      } finally {
        destroy(result);
      }
    }

    private @Nullable String error() throws Throwable {
      return string((MemorySegment) insertError.invokeExact(stream));
    }

    @Override
    public void close() {
      try {
        if (!finished) insertCancel.invokeExact(stream);
        insertDestroy.invokeExact(stream);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }
  }

  private Progress take(MemorySegment result, Sink sink) throws Throwable {
    check(result);
    long length = (long) resultLength.invokeExact(result);
    if (length > 0)
      sink.accept(((MemorySegment) resultBuffer.invokeExact(result)).reinterpret(length));
    return new Progress(
        (long) rowsRead.invokeExact(result),
        (long) bytesRead.invokeExact(result),
        (long) rowsWritten.invokeExact(result),
        (long) bytesWritten.invokeExact(result));
  }

  private void check(MemorySegment result) throws Throwable {
    if (isNull(result))
      throw new EngineException(EngineException.UNKNOWN_EXCEPTION, "the engine gave no answer");
    String error = string((MemorySegment) resultError.invokeExact(result));
    if (error != null) throw EngineException.of(error);
  }

  private void destroy(MemorySegment result) {
    try {
      if (!isNull(result)) destroyResult.invokeExact(result);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private record Text(MemorySegment at, long length) {
    static Text of(Arena arena, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      // One byte more, zero: the engine's parser looks at the byte after the end.
      MemorySegment at = arena.allocate(bytes.length + 1L);
      MemorySegment.copy(bytes, 0, at, JAVA_BYTE, 0, bytes.length);
      return new Text(at, bytes.length);
    }
  }

  private static @Nullable String string(MemorySegment address) {
    return isNull(address) ? null : address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static boolean isNull(MemorySegment address) {
    return address.address() == 0;
  }

  private static RuntimeException unexpected(Throwable e) {
    return switch (e) {
      case RuntimeException runtime -> runtime;
      case Error error -> throw error;
      default -> new IllegalStateException(e);
    };
  }
}
