package io.tracewell.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The engine as a process of its own: ClickHouse's HTTP interface on loopback.
 *
 * <p>Arguments: {@code --data-dir DIR [--port N] [--max-memory BYTES] [--max-query-memory BYTES]
 * [--max-queries N]}. The first two lines of standard input are the user and the password that
 * clients must give; as long as standard input stays open the process runs, so that it ends with
 * the one that started it. When it serves, it prints {@code ready PORT}.
 *
 * <p>Exit codes: 0 stopped, 2 wrong arguments, 3 the data folder is in use, 4 the engine cannot be
 * loaded or opened.
 */
public final class EngineMain {
  private static final long LOCK_MILLIS = 15_000;
  private static final long STOP_MILLIS = 8_000;

  private EngineMain() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = options(arguments);
    String folder = options.get("data-dir");
    if (folder == null) fail(2, "--data-dir is needed");
    Path data = Path.of(Objects.requireNonNull(folder)).toAbsolutePath();
    int port = Math.toIntExact(number(options, "port", 0));
    long memory = number(options, "max-memory", 1_500L << 20);
    long queryMemory = number(options, "max-query-memory", memory * 2 / 3);
    int queries = Math.toIntExact(number(options, "max-queries", 12));

    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String user = in.readLine();
    String password = in.readLine();
    if (user == null || password == null)
      fail(2, "the first two lines of standard input must be the user and the password");

    // Ctrl-C reaches every process of the terminal; the one that started us says when to end.
    for (String signal : new String[] {"INT", "HUP"})
      Signal.handle(new Signal(signal), SignalHandler.SIG_IGN);
    Files.createDirectories(data);
    FileLock lock = lock(data);
    deleteTree(data.resolve("tmp"));

    HttpListener listener;
    Sessions sessions;
    Api api;
    try {
      Chdb library = Chdb.load(EngineLibrary.find());
      sessions = new Sessions(library, server(data, memory), base(queryMemory), queries);
      api =
          new Api(
              sessions,
              Objects.requireNonNull(user),
              Objects.requireNonNull(password),
              EngineLibrary.VERSION);
    } catch (IOException | EngineException | RuntimeException e) {
      fail(4, e.getMessage());
      return;
    }
    listener = new HttpListener(port, api);

    AtomicBoolean stopping = new AtomicBoolean();
    Runnable stop =
        () -> {
          if (stopping.getAndSet(true)) return;
          listener.stop();
          boolean orderly = sessions.shutDown(STOP_MILLIS);
          listener.close();
          if (!orderly) System.err.println("engine: stopped with statements still running");
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "stop"));
    Thread.ofPlatform().daemon().name("parent").start(() -> watchParent(in));
    Thread.ofPlatform().daemon().name("abandoned").start(() -> watchClients(api));
    listener.start();
    System.out.println("ready " + listener.port());
    System.out.flush();
    // Keeps the lock reachable for the life of the process.
    Thread.ofPlatform().name("main-wait").start(() -> hold(lock));
  }

  private static void hold(FileLock lock) {
    try {
      while (lock.isValid()) Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void watchParent(BufferedReader in) {
    try {
      while (in.read() >= 0) {
        // Only the end matters.
      }
    } catch (IOException e) {
      // The same as the end.
    }
    System.exit(0);
  }

  private static void watchClients(Api api) {
    try {
      while (true) {
        Thread.sleep(150);
        api.endAbandoned();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Options of the engine as a whole. Its defaults are made for a machine of its own. */
  private static List<String> server(Path data, long memory) {
    return List.of(
        "--path=" + data,
        "--max_server_memory_usage=" + memory,
        "--background_pool_size=2",
        "--background_merges_mutations_concurrency_ratio=2",
        "--background_move_pool_size=1",
        "--background_fetches_pool_size=1",
        "--background_common_pool_size=2",
        "--background_schedule_pool_size=4",
        "--background_buffer_flush_schedule_pool_size=1",
        "--background_message_broker_schedule_pool_size=1",
        "--background_distributed_schedule_pool_size=1",
        "--tables_loader_foreground_pool_size=2",
        "--tables_loader_background_pool_size=2",
        "--merges_mutations_memory_usage_soft_limit=" + memory / 3,
        // Four that share two threads would all end late.
        "--background_merges_mutations_scheduling_policy=shortest_task_first",
        // Merges can wait, inserts and queries can't.
        "--os_threads_nice_value_merge_mutate=10",
        "--mark_cache_size=" + (128L << 20),
        "--index_mark_cache_size=" + (32L << 20),
        "--primary_index_cache_size=" + (64L << 20),
        "--uncompressed_cache_size=0",
        "--query_cache.max_size_in_bytes=" + (16L << 20),
        "--compiled_expression_cache_size=" + (16L << 20));
  }

  /** Settings that each statement starts from. */
  private static Map<String, String> base(long memory) {
    Map<String, String> base = new LinkedHashMap<>();
    base.put("max_memory_usage", Long.toString(memory));
    base.put("max_bytes_before_external_group_by", Long.toString(memory / 2));
    base.put("max_bytes_before_external_sort", Long.toString(memory / 2));
    base.put("async_insert", "0");
    // An INSERT is one block, or its deduplication token would not cover all of it.
    base.put("input_format_parallel_parsing", "0");
    base.put("max_insert_block_size", "100000000");
    base.put("min_insert_block_size_rows", "100000000");
    base.put("min_insert_block_size_bytes", Long.toString(4L << 30));
    base.put("max_insert_threads", "1");
    // By default a query has one thread for each GB that is free: of our memory, that is one.
    base.put("max_threads_min_free_memory_per_thread", "0");
    // Reading them from each part takes longer than what they save.
    base.put("use_statistics", "0");
    base.put("use_statistics_for_part_pruning", "0");
    // Of the engine's own logs nobody reads these, and they would hold what users wrote.
    base.put("log_queries", "0");
    return base;
  }

  private static FileLock lock(Path data) throws IOException, InterruptedException {
    Path file = data.resolve("engine.lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    // The one before may still be closing.
    long end = System.nanoTime() + LOCK_MILLIS * 1_000_000;
    while (true) {
      @Nullable FileLock lock = channel.tryLock();
      if (lock != null) return lock;
      if (System.nanoTime() > end)
        fail(3, "the data folder " + data + " is in use by another engine process");
      Thread.sleep(100);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) return;
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException error)
              throws IOException {
            if (error != null) throw error;
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static Map<String, String> options(String[] arguments) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length)
        fail(2, "an option and a value were expected at " + arguments[i]);
      options.put(arguments[i].substring(2), arguments[i + 1]);
    }
    return options;
  }

  private static long number(Map<String, String> options, String name, long otherwise) {
    String value = options.get(name);
    try {
      return value == null ? otherwise : Long.parseLong(value);
    } catch (NumberFormatException e) {
      fail(2, "--" + name + " must be a number, not " + value);
      return 0;
    }
  }

  private static void fail(int code, @Nullable String message) {
    System.err.println("engine: " + message);
    Runtime.getRuntime().halt(code);
  }
}
