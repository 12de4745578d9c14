package io.tracewell.server.ingest;

import io.tracewell.server.http.ZstdCodec;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/**
 * Reads request bodies within three bounds: bytes on the wire, bytes after decompression, and bytes
 * of all requests together, so that no number of senders can exhaust the memory.
 */
final class Bodies {
  /** A body that is not taken, with the HTTP status that says why. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    final int status;
    final int retryAfterSeconds;

    Refused(int status, String message, int retryAfterSeconds) {
      super(message, null, false, false);
      this.status = status;
      this.retryAfterSeconds = retryAfterSeconds;
    }
  }

  /** A decoded body. Closing it gives its room back. */
  final class Body implements AutoCloseable {
    byte[] bytes = new byte[0];
    int length;
    long wireBytes;
    private long reserved;

    private void reserve(long more) throws Refused {
      if (inFlight.addAndGet(more) > limits.maxInFlightBytes()) {
        inFlight.addAndGet(-more);
        throw new Refused(
            429,
            "Too many bytes are being taken in at the moment. Send again after the time in"
                + " Retry-After.",
            1);
      }
      reserved += more;
    }

    @Override
    public void close() {
      inFlight.addAndGet(-reserved);
      reserved = 0;
      bytes = new byte[0];
    }
  }

  private static final int FIRST_BYTES = 16 << 10;
  // Believed of an announced length before the bytes are there.
  private static final int MAX_FIRST_BYTES = 4 << 20;

  private final IntakeLimits limits;
  private final AtomicLong inFlight = new AtomicLong();

  Bodies(IntakeLimits limits) {
    this.limits = limits;
  }

  /** Room for a body that someone else has read already. */
  Body hold(byte[] bytes) throws Refused {
    Body body = new Body();
    body.reserve(bytes.length);
    body.bytes = bytes;
    body.length = bytes.length;
    body.wireBytes = bytes.length;
    return body;
  }

  /**
   * Reads what is left of a body and drops it, within the bound of a decoded body. An answer before
   * the body is read resets the connection, and the sender sees a failure instead of the answer.
   */
  void drain(InputStream stream) {
    byte[] buffer = new byte[64 << 10];
    long left = limits.maxDecodedBytes();
    try {
      for (int read = 0; read >= 0 && left > 0; left -= read) {
        read = stream.read(buffer);
      }
    } catch (IOException e) {
      // The sender is gone, or said itself that there is no more.
    }
  }

  /**
   * Reads a body to its end, also where it is refused; only for want of memory (429) is it left.
   *
   * @param encoding the Content-Encoding header; empty for none
   * @param contentLength as announced; -1 where not
   */
  Body read(InputStream stream, String encoding, long contentLength) throws Refused {
    try {
      return readWhole(stream, encoding, contentLength);
    } catch (Refused e) {
      if (e.status != 429) {
        drain(stream);
      }
      throw e;
    }
  }

  private Body readWhole(InputStream stream, String encoding, long contentLength) throws Refused {
    if (contentLength > limits.maxWireBytes()) {
      throw tooLong();
    }
    Counting wire = new Counting(stream, limits.maxWireBytes());
    Body body = new Body();
    try {
      InputStream decoded = decoded(wire, encoding.strip().toLowerCase(Locale.ROOT));
      boolean plain = decoded == wire;
      int first =
          plain && contentLength > 0
              ? (int) Math.min(Math.min(contentLength, MAX_FIRST_BYTES), limits.maxDecodedBytes())
              : FIRST_BYTES;
      body.reserve(first);
      body.bytes = new byte[first];
      while (true) {
        int read = decoded.read(body.bytes, body.length, body.bytes.length - body.length);
        if (read < 0) {
          break;
        }
        body.length += read;
        if (body.length == body.bytes.length) {
          int next = decoded.read();
          if (next < 0) {
            break;
          }
          if (body.length >= limits.maxDecodedBytes()) {
            throw new Refused(
                413,
                "The body is larger than "
                    + limits.maxDecodedBytes()
                    + " bytes when decompressed. Send smaller batches.",
                0);
          }
          int capacity =
              (int) Math.min(Math.max(body.length * 2L, FIRST_BYTES), limits.maxDecodedBytes());
          body.reserve(capacity - body.bytes.length);
          body.bytes = Arrays.copyOf(body.bytes, capacity);
          body.bytes[body.length++] = (byte) next;
        }
      }
      body.wireBytes = wire.count;
      return body;
    } catch (Refused e) {
      body.close();
      throw e;
    } catch (TooLong e) {
      body.close();
      throw tooLong();
    } catch (IOException e) {
      body.close();
      // The library's message may quote bytes of the body.
      throw new Refused(
          400,
          encoding.isEmpty()
              ? "The body ended before it was complete."
              : "The body is not valid " + known(encoding) + ", or ended before it was complete.",
          0);
    } catch (Throwable e) {
      body.close();
      throw e;
    }
  }

  private static String known(String encoding) {
    String name = encoding.strip().toLowerCase(Locale.ROOT);
    return name.equals("gzip") || name.equals("zstd") || name.equals("deflate")
        ? name
        : "as encoded";
  }

  private static InputStream decoded(InputStream wire, String encoding)
      throws IOException, Refused {
    return switch (encoding) {
      case "", "identity" -> wire;
      case "gzip", "x-gzip" -> new GZIPInputStream(wire, FIRST_BYTES);
      case "deflate" -> new InflaterInputStream(wire);
      case "zstd" -> ZstdCodec.reading(wire);
      default ->
          throw new Refused(
              415,
              "This Content-Encoding is not known. Send gzip, zstd, deflate, or no encoding.",
              0);
    };
  }

  private Refused tooLong() {
    return new Refused(
        413,
        "The body is larger than "
            + limits.maxWireBytes()
            + " bytes. Send smaller batches, or compress them.",
        0);
  }

  private static final class TooLong extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static final class Counting extends FilterInputStream {
    private final long most;
    private long count;

    Counting(InputStream in, long most) {
      super(in);
      this.most = most;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      if (b >= 0) {
        add(1);
      }
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      if (read > 0) {
        add(read);
      }
      return read;
    }

    private void add(int read) throws IOException {
      count += read;
      if (count > most) {
        throw new TooLong();
      }
    }
  }
}
