package io.tracewell.bench;

/** SplitMix64: small, fast, and the same on every machine for the same seed. */
final class Random64 {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private long state;

  Random64(long seed) {
    state = mix(seed);
  }

  /** A bijection: different inputs never give one output, so it makes ids that are unique. */
  static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  long next() {
    state += GOLDEN;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** At least 0, less than {@code bound}. */
  int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /** From {@code low} to {@code high}, both included. */
  int between(int low, int high) {
    return low + below(high - low + 1);
  }

  boolean chance(double probability) {
    return (next() >>> 11) * 0x1.0p-53 < probability;
  }

  /** Normal, mean 0, deviation 1 (Box-Muller). */
  double gaussian() {
    double u = ((next() >>> 11) + 1) * 0x1.0p-53;
    double v = (next() >>> 11) * 0x1.0p-53;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }
}
