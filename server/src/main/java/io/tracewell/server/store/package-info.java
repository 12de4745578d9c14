/** The engine's tables: migrations, writer, followers. */
@NullMarked
package io.tracewell.server.store;

import org.jspecify.annotations.NullMarked;
