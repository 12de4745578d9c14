package io.tracewell.server.http;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.grpc.Codec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Compression by zstd, also of gRPC's messages: OpenTelemetry's Collector can send them so ({@code
 * compression: zstd}).
 */
public final class ZstdCodec implements Codec {
  private static final int MAX_WINDOW_LOG = 27;

  /** What was compressed; a window of more than 128 MiB is refused, as broken bytes are. */
  public static InputStream reading(InputStream compressed) throws IOException {
    ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(compressed);
    zstd.setLongMax(MAX_WINDOW_LOG);
    return zstd;
  }

  @Override
  public String getMessageEncoding() {
    return "zstd";
  }

  @Override
  public InputStream decompress(InputStream compressed) throws IOException {
    return reading(compressed);
  }

  @Override
  public OutputStream compress(OutputStream out) throws IOException {
    return new ZstdOutputStreamNoFinalizer(out);
  }
}
