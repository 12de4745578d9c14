@NullMarked
package io.tracewell.bench;

import org.jspecify.annotations.NullMarked;
