package io.tracewell.server.store;

/**
 * Where the spans of a trace lie: fixed when the trace is first seen, never changed, whatever later
 * spans say of themselves.
 *
 * @param app application of the first span
 * @param minute its start, seconds since the epoch, rounded down to the minute
 * @param localityKey hash of the session of the first span, or of the trace
 */
record Place(String app, long minute, long localityKey) {
  /** Start of the hour, seconds since the epoch. */
  long bucket() {
    return minute - Math.floorMod(minute, 3600L);
  }

  /** Days since the epoch. */
  long day() {
    return Math.floorDiv(minute, 86_400L);
  }
}
