package io.tracewell.server.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory whose power fails after a number of operations. What was not forced is then gone,
 * there, or torn; names that were not synced are there or not.
 */
final class ForgetfulFiles implements SpoolFiles {
  private static final int SECTOR = 512;

  private final Random random;
  private final Map<String, Bytes> names = new TreeMap<>();
  private Map<String, Bytes> syncedNames = new TreeMap<>();
  private long operationsLeft = Long.MAX_VALUE;
  private double freeShare = 0.5;

  private static final class Bytes {
    private byte[] now = {};
    private byte[] synced = {};
  }

  ForgetfulFiles(Random random) {
    this.random = random;
  }

  /** Lets the power fail after that many more operations. */
  synchronized void failAfter(long operations) {
    operationsLeft = operations;
  }

  synchronized boolean failed() {
    return operationsLeft <= 0;
  }

  synchronized void freeShare(double share) {
    freeShare = share;
  }

  /** Power comes back: only what survived is there. */
  synchronized void restart() {
    Set<String> all = new TreeSet<>(names.keySet());
    all.addAll(syncedNames.keySet());
    for (String name : all) {
      Bytes file = random.nextBoolean() ? names.get(name) : syncedNames.get(name);
      if (names.get(name) == syncedNames.get(name)) {
        file = names.get(name);
      }
      if (file == null) {
        names.remove(name);
      } else {
        names.put(name, file);
      }
    }
    for (Bytes file : names.values()) {
      file.now = survivor(file);
      file.synced = file.now.clone();
    }
    syncedNames = new TreeMap<>(names);
    operationsLeft = Long.MAX_VALUE;
  }

  private byte[] survivor(Bytes file) {
    if (Arrays.equals(file.now, file.synced)) {
      return file.now;
    }
    if (file.now.length < file.synced.length) {
      return random.nextBoolean() ? file.now : file.synced;
    }
    int more = file.now.length - file.synced.length;
    byte[] result = Arrays.copyOf(file.now, file.synced.length + random.nextInt(more + 1));
    // The length reached the disk before the data of some sectors did.
    for (int at = file.synced.length; at < result.length; at += SECTOR) {
      if (random.nextInt(4) == 0) {
        Arrays.fill(result, at, Math.min(result.length, at + SECTOR), (byte) random.nextInt(2));
      }
    }
    return result;
  }

  private void operation() throws IOException {
    if (operationsLeft <= 0) {
      throw new IOException("no power");
    }
    operationsLeft--;
  }

  @Override
  public synchronized List<String> list() throws IOException {
    operation();
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized SpoolFile open(String name) throws IOException {
    operation();
    return new OpenFile(names.computeIfAbsent(name, n -> new Bytes()));
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    operation();
    names.remove(name);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    operation();
    Bytes file = names.remove(from);
    if (file != null) {
      names.put(to, file);
    }
  }

  @Override
  public synchronized void syncDirectory() throws IOException {
    operation();
    syncedNames = new TreeMap<>(names);
  }

  @Override
  public synchronized double freeShare() {
    return freeShare;
  }

  /** Turns a bit of a stored file. */
  synchronized void corrupt(String name, int at) {
    Bytes file = names.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no such file");
    }
    file.now[at] ^= 1;
    file.synced = file.now.clone();
  }

  synchronized @Nullable Integer size(String name) {
    Bytes file = names.get(name);
    return file == null ? null : file.now.length;
  }

  private final class OpenFile implements SpoolFile {
    private final Bytes file;

    private OpenFile(Bytes file) {
      this.file = file;
    }

    @Override
    public long size() {
      synchronized (ForgetfulFiles.this) {
        return file.now.length;
      }
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
      synchronized (ForgetfulFiles.this) {
        int length = file.now.length;
        boolean fails = operationsLeft == 1;
        operation();
        int count = fails ? random.nextInt(bytes.remaining() + 1) : bytes.remaining();
        file.now = Arrays.copyOf(file.now, length + count);
        bytes.get(file.now, length, count);
        if (fails) {
          throw new IOException("power failed in the middle of a write");
        }
      }
    }

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      synchronized (ForgetfulFiles.this) {
        operation();
        int from = (int) Math.min(position, file.now.length);
        into.put(file.now, from, Math.min(into.remaining(), file.now.length - from));
      }
    }

    @Override
    public void force() throws IOException {
      synchronized (ForgetfulFiles.this) {
        operation();
        file.synced = file.now.clone();
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (ForgetfulFiles.this) {
        operation();
        file.now = Arrays.copyOf(file.now, (int) Math.min(size, file.now.length));
      }
    }

    @Override
    public void close() {}
  }
}
