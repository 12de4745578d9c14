@NullMarked
package io.tracewell.engine;

import org.jspecify.annotations.NullMarked;
