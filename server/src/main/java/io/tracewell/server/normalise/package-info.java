/** From a sender's conventions to the model of core; messages, usage. */
@NullMarked
package io.tracewell.server.normalise;

import org.jspecify.annotations.NullMarked;
