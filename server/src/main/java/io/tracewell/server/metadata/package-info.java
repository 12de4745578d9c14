/** What teams make: projects, datasets, experiments, prompts; and the APIs that make them. */
@NullMarked
package io.tracewell.server.metadata;

import org.jspecify.annotations.NullMarked;
