/** What an operator does to a running server: prices, and reading stored spans anew. */
@NullMarked
package io.tracewell.server.admin;

import org.jspecify.annotations.NullMarked;
