package io.tracewell.core;

import org.jspecify.annotations.Nullable;

/**
 * A retrieved document. {@code metadata} is JSON text; {@code score} is in the retriever's own
 * unit.
 */
public record Document(
    @Nullable String id,
    @Nullable String name,
    String text,
    @Nullable Double score,
    @Nullable String metadata) {}
