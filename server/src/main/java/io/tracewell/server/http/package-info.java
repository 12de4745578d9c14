/** Listeners, security checks, errors, the API and the pages. */
@NullMarked
package io.tracewell.server.http;

import org.jspecify.annotations.NullMarked;
