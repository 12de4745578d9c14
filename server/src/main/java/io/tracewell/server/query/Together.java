package io.tracewell.server.query;

import io.tracewell.server.http.ApiException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Questions that are asked at once: they take as long as the slowest. What is still asked when this
 * is closed is given up.
 */
final class Together implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  <T extends @Nullable Object> Future<T> ask(Callable<T> question) {
    return threads.submit(question);
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
