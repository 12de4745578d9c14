package io.tracewell.server.ingest;

/**
 * Bounds of intake requests, bytes.
 *
 * @param maxWireBytes one body as sent
 * @param maxDecodedBytes one body decompressed; at most 2 GiB
 * @param maxInFlightBytes decompressed bodies of all requests that are being taken in together
 */
public record IntakeLimits(long maxWireBytes, long maxDecodedBytes, long maxInFlightBytes) {
  /** 64 MiB, 256 MiB, 512 MiB. */
  public static final IntakeLimits DEFAULT = new IntakeLimits(64L << 20, 256L << 20, 512L << 20);

  /** Checks the bounds against each other. */
  public IntakeLimits {
    if (maxDecodedBytes > Integer.MAX_VALUE - 16L || maxInFlightBytes < maxDecodedBytes) {
      throw new IllegalArgumentException(
          "a decoded body has at most 2 GiB, and room for one is needed");
    }
  }
}
