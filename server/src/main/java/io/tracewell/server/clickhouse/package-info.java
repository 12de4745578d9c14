/** The one way to the engine: the official client, wrapped. Store and query stand on it. */
@NullMarked
package io.tracewell.server.clickhouse;

import org.jspecify.annotations.NullMarked;
