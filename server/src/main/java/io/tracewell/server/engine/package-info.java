/** Keeps the embedded engine, a process of its own, running. */
@NullMarked
package io.tracewell.server.engine;

import org.jspecify.annotations.NullMarked;
