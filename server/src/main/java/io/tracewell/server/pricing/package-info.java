/** Price table and cost. */
@NullMarked
package io.tracewell.server.pricing;

import org.jspecify.annotations.NullMarked;
