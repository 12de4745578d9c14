package io.tracewell.server.query;

import io.tracewell.server.http.ApiException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Questions that are asked at once, a few at a time: those take as long as the slowest. What is
 * still asked when this is closed is given up.
 */
final class Together implements AutoCloseable {
  // A search may have many words, and is not to keep the inserts waiting.
  private static final int AT_ONCE = 4;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore places = new Semaphore(AT_ONCE);

  <T extends @Nullable Object> Future<T> ask(Callable<T> question) {
    return threads.submit(
        () -> {
          places.acquire();
          try {
            return question.call();
          } finally {
            places.release();
          }
        });
  }

  /** The answer; throws what the question threw. */
  static <T extends @Nullable Object> T get(Future<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.unavailable("The server is stopping. Try again in 2 s.", 2);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
