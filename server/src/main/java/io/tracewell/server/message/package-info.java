/**
 * Reads stored content into messages, documents and tool definitions. Normalise and query stand on
 * it.
 */
@NullMarked
package io.tracewell.server.message;

import org.jspecify.annotations.NullMarked;
