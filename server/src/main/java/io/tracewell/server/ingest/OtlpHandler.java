package io.tracewell.server.ingest;

import io.tracewell.core.OverloadedException;
import io.tracewell.server.normalise.Sent;

/** Takes what a decoder finds, one by one, so that a large request is never held as objects. */
interface OtlpHandler {
  void span(Sent.Resource resource, Sent.Scope scope, Sent.Span span) throws OverloadedException;

  void log(Sent.Resource resource, Sent.Log log) throws OverloadedException;

  /** One span or record that was refused; {@code reason} holds nothing that was sent. */
  void rejected(String reason);
}
