@NullMarked
package io.tracewell.examples;

import org.jspecify.annotations.NullMarked;
