package io.tracewell.server.http;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the server's other parts say of themselves, for {@code /readyz} and {@code /api/v1/status}.
 *
 * @param hasSpans whether any span is stored; asks the engine, so readiness must not
 * @param engineState {@code starting}, {@code ready} or {@code down}
 * @param engineReason why it is not ready
 * @param engineKind {@code embedded} or {@code remote}
 * @param quarantined rows that the store refused for good
 * @param notices what an operator should know
 */
public record ServerState(
    BooleanSupplier hasSpans,
    String engineState,
    @Nullable String engineReason,
    String engineKind,
    long spoolBytes,
    long spoolMaxBytes,
    boolean spoolRefusing,
    long quarantined,
    List<String> notices) {
  ServerState withNotices(List<String> more) {
    return new ServerState(
        hasSpans,
        engineState,
        engineReason,
        engineKind,
        spoolBytes,
        spoolMaxBytes,
        spoolRefusing,
        quarantined,
        Stream.concat(more.stream(), notices.stream()).toList());
  }
}
