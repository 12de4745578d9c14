/**
 * The load generator, the read-back and the query bench. Everything it sends is made up from a
 * seed; nothing is read from anywhere.
 */
@NullMarked
package io.tracewell.bench;

import org.jspecify.annotations.NullMarked;
