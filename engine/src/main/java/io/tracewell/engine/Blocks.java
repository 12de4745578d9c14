package io.tracewell.engine;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * ClickHouse's own compression of HTTP bodies ({@code compress=1}, {@code decompress=1}): blocks of
 * check sum (16 bytes), method (1), size with this header (4), size of the data (4), data.
 */
final class Blocks {
  private static final int CHECKSUM = 16;
  private static final int HEADER = 9;
  private static final byte LZ4 = (byte) 0x82;
  private static final byte NONE = 0x02;
  private static final byte ZSTD = (byte) 0x90;

  /** Most that one block may hold; ClickHouse's own limit is 1 GiB, its blocks are about 1 MiB. */
  private static final int MOST = 128 << 20;

  private Blocks() {}

  /** Reads compressed blocks. */
  static final class Input extends InputStream {
    private final InputStream in;
    private final LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    private byte[] packed = new byte[0];
    private byte[] data = new byte[0];
    private int at;
    private int end;

    Input(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      return at < end || fill() ? data[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) return 0;
      if (at == end && !fill()) return -1;
      int count = Math.min(length, end - at);
      System.arraycopy(data, at, target, offset, count);
      at += count;
      return count;
    }

    private boolean fill() throws IOException {
      byte[] head = in.readNBytes(CHECKSUM + HEADER);
      if (head.length == 0) return false;
      if (head.length < CHECKSUM + HEADER)
        throw new EOFException("a compressed block ends in its header");
      ByteBuffer header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
      byte method = header.get(CHECKSUM);
      int size = header.getInt(CHECKSUM + 1);
      int plain = header.getInt(CHECKSUM + 5);
      if (size < HEADER || size > MOST || plain < 0 || plain > MOST)
        throw new IOException("the sizes of a compressed block are out of range");
      if (packed.length < size) packed = new byte[size];
      System.arraycopy(head, CHECKSUM, packed, 0, HEADER);
      if (in.readNBytes(packed, HEADER, size - HEADER) < size - HEADER)
        throw new EOFException("a compressed block ends early");
      CityHash.Hash hash = CityHash.hash128(packed, 0, size);
      if (hash.low() != header.getLong(0) || hash.high() != header.getLong(8))
        throw new IOException("the check sum of a compressed block does not match");
      if (data.length < plain) data = new byte[plain];
      int got;
      try {
        got =
            switch (method) {
              case LZ4 -> lz4.decompress(packed, HEADER, size - HEADER, data, 0, plain);
              case ZSTD ->
                  (int) Zstd.decompressByteArray(data, 0, plain, packed, HEADER, size - HEADER);
              case NONE -> {
                if (size - HEADER != plain) yield -1;
                System.arraycopy(packed, HEADER, data, 0, plain);
                yield plain;
              }
              default -> throw new IOException("unknown compression method " + (method & 0xff));
            };
      } catch (LZ4Exception | ZstdException e) {
        throw new IOException("a compressed block is damaged", e);
      }
      if (got != plain) throw new IOException("a compressed block has another size than it says");
      at = 0;
      end = plain;
      return plain > 0 || fill();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Writes LZ4 blocks of up to 1 MiB. */
  static final class Output extends OutputStream {
    private final OutputStream out;
    private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
    private final byte[] data = new byte[1 << 20];
    private final byte[] packed = new byte[CHECKSUM + HEADER + lz4.maxCompressedLength(1 << 20)];
    private int count;

    Output(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      if (count == data.length) block();
      data[count++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      int from = offset;
      int left = length;
      while (left > 0) {
        if (count == data.length) block();
        int piece = Math.min(left, data.length - count);
        System.arraycopy(source, from, data, count, piece);
        count += piece;
        from += piece;
        left -= piece;
      }
    }

    private void block() throws IOException {
      if (count == 0) return;
      int size =
          HEADER
              + lz4.compress(
                  data, 0, count, packed, CHECKSUM + HEADER, packed.length - CHECKSUM - HEADER);
      ByteBuffer header = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
      header.put(CHECKSUM, LZ4).putInt(CHECKSUM + 1, size).putInt(CHECKSUM + 5, count);
      CityHash.Hash hash = CityHash.hash128(packed, CHECKSUM, size);
      header.putLong(0, hash.low()).putLong(8, hash.high());
      out.write(packed, 0, CHECKSUM + size);
      count = 0;
    }

    @Override
    public void flush() throws IOException {
      block();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      block();
      out.close();
    }
  }
}
