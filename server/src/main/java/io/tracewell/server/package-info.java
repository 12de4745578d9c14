@NullMarked
package io.tracewell.server;

import org.jspecify.annotations.NullMarked;
