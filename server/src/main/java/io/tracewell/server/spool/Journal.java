package io.tracewell.server.spool;

import io.tracewell.server.spool.SpoolFiles.SpoolFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Which batches were cut out of the spool and which of them are stored: a batch's bounds are
 * durable before anyone tries to store it, so that a restart tries exactly the same batches again.
 * Batches are stored in the order in which they were cut. Not thread-safe.
 */
final class Journal {
  private static final String PREFIX = "journal-";
  private static final int CUT = 1;
  private static final int DONE = 2;
  private static final int ENTRY_BYTES = 48;
  private static final long MAX_BYTES = 1 << 20;

  private final SpoolFiles files;
  private SpoolFile file;
  private long number;
  private @Nullable Mark last;
  private final ArrayDeque<Mark> open = new ArrayDeque<>();

  /** The bounds of a batch: records of {@code segment} from one offset to another. */
  record Mark(long seq, long segment, long from, long to, long millis) {}

  Journal(SpoolFiles files) throws IOException {
    this.files = files;
    List<String> names =
        files.list().stream().filter(name -> name.startsWith(PREFIX)).sorted().toList();
    for (String name : names) {
      number = Math.max(number, Long.parseLong(name.substring(PREFIX.length())));
      try (SpoolFile old = files.open(name)) {
        read(old);
      }
    }
    file = start();
    for (String name : names) {
      files.delete(name);
    }
  }

  /** The last batch that was cut, or null. */
  @Nullable Mark last() {
    return last;
  }

  /** The batches that were cut and are not stored, oldest first. */
  List<Mark> open() {
    return List.copyOf(open);
  }

  /** Makes the bounds of a batch durable. */
  void cut(Mark mark) throws IOException {
    if (file.size() > MAX_BYTES) {
      long old = number;
      file.close();
      file = start();
      files.delete(name(old));
    }
    file.append(entry(CUT, mark));
    file.force();
    last = mark;
    open.add(mark);
  }

  /**
   * Notes that the oldest open batch is stored. Durable with the next {@link #cut} or {@link
   * #force}.
   */
  void done() throws IOException {
    file.append(entry(DONE, open.element()));
    open.remove();
  }

  void force() throws IOException {
    file.force();
  }

  void close() throws IOException {
    file.force();
    file.close();
  }

  // A new file with the last state; the old ones may go when it is durable.
  private SpoolFile start() throws IOException {
    number++;
    SpoolFile started = files.open(name(number));
    if (last != null && open.isEmpty()) {
      started.append(entry(CUT, last));
      started.append(entry(DONE, last));
    }
    for (Mark mark : open) {
      started.append(entry(CUT, mark));
    }
    started.force();
    files.syncDirectory();
    return started;
  }

  private void read(SpoolFile old) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) old.size()).order(ByteOrder.LITTLE_ENDIAN);
    old.read(0, bytes);
    bytes.flip();
    while (bytes.remaining() >= ENTRY_BYTES) {
      int at = bytes.position();
      CRC32C crc = new CRC32C();
      crc.update(bytes.array(), at, ENTRY_BYTES - 8);
      if (bytes.getInt(at + ENTRY_BYTES - 8) != (int) crc.getValue()) {
        return;
      }
      int type = (int) (bytes.getLong(at) >>> 56);
      Mark mark =
          new Mark(
              bytes.getLong(at) & 0xFFFFFFFFFFFFFFL,
              bytes.getLong(at + 8),
              bytes.getLong(at + 16),
              bytes.getLong(at + 24),
              bytes.getLong(at + 32));
      if (type == DONE) {
        open.removeIf(cut -> cut.seq() <= mark.seq());
      } else if (last == null || mark.seq() > last.seq()) {
        // A crash while files were changed leaves the same in both.
        open.add(mark);
        last = mark;
      }
      bytes.position(at + ENTRY_BYTES);
    }
  }

  private static ByteBuffer entry(int type, Mark mark) {
    ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(mark.seq() | ((long) type << 56));
    bytes.putLong(mark.segment()).putLong(mark.from()).putLong(mark.to()).putLong(mark.millis());
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, ENTRY_BYTES - 8);
    bytes.putInt((int) crc.getValue()).putInt(0);
    return bytes.flip();
  }

  private static String name(long number) {
    return String.format("%s%012d", PREFIX, number);
  }
}
