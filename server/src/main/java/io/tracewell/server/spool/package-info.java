/** Durable queue between intake and store. */
@NullMarked
package io.tracewell.server.spool;

import org.jspecify.annotations.NullMarked;
