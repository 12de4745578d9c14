package io.tracewell.bench;

import java.io.IOException;

/** Sends export requests over one connection. Not thread-safe. */
interface Transport extends AutoCloseable {
  /** How a request is sent. */
  enum Protocol {
    HTTP,
    GRPC
  }

  /** What the server said. */
  sealed interface Reply {
    /** Acknowledged, but for {@code rejected} spans. */
    record Accepted(long rejected, String reason) implements Reply {}

    /** To be sent again after {@code afterMillis}. */
    record Later(int afterMillis) implements Reply {}

    /** Refused for good. */
    record Refused(String reason) implements Reply {}
  }

  /** Sends and waits for the reply. Throws where the outcome is unknown. */
  Reply send(byte[] body) throws IOException;

  @Override
  void close();
}
