/** The one reader of configuration. */
@NullMarked
package io.tracewell.server.config;

import org.jspecify.annotations.NullMarked;
