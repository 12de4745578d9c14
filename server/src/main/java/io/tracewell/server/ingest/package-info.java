/**
 * What listens to senders: OTLP and Datadog's public API. Decodes, normalises, hands to the sink.
 */
@NullMarked
package io.tracewell.server.ingest;

import org.jspecify.annotations.NullMarked;
