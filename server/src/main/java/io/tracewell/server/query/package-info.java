/** Reads of the engine's tables for the API. */
@NullMarked
package io.tracewell.server.query;

import org.jspecify.annotations.NullMarked;
