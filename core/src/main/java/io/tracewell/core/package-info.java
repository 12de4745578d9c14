/** The model of a span and pure logic on it. JDK and JSpecify only. */
@NullMarked
package io.tracewell.core;

import org.jspecify.annotations.NullMarked;
