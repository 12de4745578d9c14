@NullMarked
package io.tracewell.testkit;

import org.jspecify.annotations.NullMarked;
