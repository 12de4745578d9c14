package io.tracewell.server.spool;

import io.tracewell.core.MessageText;
import io.tracewell.core.OverloadedException;
import io.tracewell.core.Span;
import io.tracewell.core.SpanBatch;
import io.tracewell.server.spool.SpanCodec.Encoded;
import io.tracewell.server.spool.SpoolFiles.SpoolFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable queue between intake and store. What {@link #append} has returned for is on disk and
 * comes out of {@link #next} until it is {@link #done}, over any number of crashes, each time in
 * the same batch.
 *
 * <p>Segments are append-only files of records; one thread writes them, and one fsync serves all
 * that wait for it. A segment is removed when all of it is stored.
 */
public final class Spool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final String PREFIX = "segment-";
  private static final String DAMAGED = "damaged-";
  private static final String QUARANTINE = "quarantine-";
  private static final String SERVER_ID = "server-id";
  private static final long MAGIC = 0x31304C4F4F505754L; // "TWPOOL01" in little-endian order
  private static final int SEGMENT_HEADER_BYTES = 16;
  private static final int RECORD_HEADER_BYTES = 28;
  private static final int GROUP_BYTES = 16 << 20;
  private static final long DISK_CHECK_NANOS = 1_000_000_000L;
  private static final double MIN_FREE_SHARE = 0.10;
  private static final int RETRY_AFTER_SECONDS = 5;
  // Larger requests are split into several records, so that a batch stays a batch.
  private static final int RECORD_SPANS = 5_000;

  private final SpoolFiles files;
  private final Options options;
  private final Clock clock;
  private final SpanCodec codec;
  private final UUID serverId;
  private final Journal journal;
  private final LinkedBlockingQueue<Append> queue = new LinkedBlockingQueue<>();
  private final Thread writer;

  // Of the writer thread.
  private SpoolFile active;
  private long activeSegment;
  private long activeSize;
  private boolean activeFailed;
  private long nextDiskCheck;

  // Guarded by this.
  private final TreeMap<Long, Long> durable = new TreeMap<>();
  private final ArrayDeque<InMemory> inMemory = new ArrayDeque<>();
  private long inMemoryBytes;
  private long queuedBytes;
  private long waitingSpans;
  private long waitingBytes;
  private boolean diskLow;
  private boolean full;
  private long doneSegment;
  private long doneOffset;
  private boolean closed;
  private long damagedSegments;
  private long quarantined;
  private @Nullable String lastError;

  // Of the reader.
  private long readSegment;
  private long readOffset;
  private long lastMillis;
  private @Nullable SpoolFile reading;
  private long readingSegment = -1;
  // Cut by an earlier process, and not given out yet.
  private final ArrayDeque<Journal.Mark> again;
  private final ArrayDeque<Journal.Mark> unfinished = new ArrayDeque<>();
  private final List<Long> damagedNow = new ArrayList<>();

  /**
   * Bounds.
   *
   * @param maxBytes size of all segments beyond which {@link #append} refuses
   * @param segmentBytes size at which a new segment is begun
   * @param memoryBytes how much of what waits is also kept in memory, so that it need not be read
   *     back: bytes before compression, without the texts that are kept too
   */
  public record Options(long maxBytes, long segmentBytes, long memoryBytes) {
    /** 8 GiB in segments of 64 MiB, of which 64 MiB in memory. */
    public static final Options DEFAULT = new Options(8L << 30, 64L << 20, 64L << 20);
  }

  /**
   * A batch to be stored. Its bounds are durable: after a crash the same comes again.
   *
   * @param seq number of the batch, without holes
   * @param token names the batch: the same for the same batch, never the same for another
   * @param millis when it was cut, Unix epoch; grows with every batch
   * @param recovered true where an earlier process may have stored parts of it
   */
  public record Batch(
      long seq, String token, long millis, boolean recovered, List<SpoolEntry> entries) {
    /** Lets go of the entries, which are nearly all of what a batch holds. */
    public void release() {
      entries.clear();
    }
  }

  /**
   * How full it is.
   *
   * @param bytes on disk
   * @param refusing true while {@link #append} refuses
   * @param waitingSpans spans that are not stored yet, as far as this process has seen them
   * @param quarantined rows that the store refused for good, kept in files of their own
   * @param damaged segments of which a part could not be read
   * @param lastError last trouble with the disk, or null
   */
  public record State(
      long bytes,
      long maxBytes,
      boolean refusing,
      long waitingSpans,
      long quarantined,
      long damaged,
      @Nullable String lastError) {}

  private record InMemory(long segment, long offset, long end, Encoded encoded) {}

  private static final class Append {
    private final List<Encoded> records;
    private final long bytes;
    private final CountDownLatch written = new CountDownLatch(1);
    private volatile @Nullable String failure;

    private Append(List<Encoded> records, long bytes) {
      this.records = records;
      this.bytes = bytes;
    }
  }

  private record Read(SpoolEntry entry, int rawBytes, int spans, long end) {}

  /**
   * Opens what the files hold, cuts off a torn end, and starts the writing thread.
   *
   * @param texts reads a span's texts from its content, as they were when it was appended
   */
  public Spool(
      SpoolFiles files, Options options, Function<Span, List<MessageText>> texts, Clock clock)
      throws IOException {
    codec = new SpanCodec(texts);
    this.files = files;
    this.options = options;
    this.clock = clock;
    serverId = readServerId();
    journal = new Journal(files);
    again = new ArrayDeque<>(journal.open());
    findSegments();
    findPosition();
    doneSegment = readSegment;
    doneOffset = readOffset;
    activeSegment = durable.isEmpty() ? readSegment : durable.lastKey();
    active = startSegment();
    writer = Thread.ofPlatform().name("spool").start(this::write);
  }

  /** Identity of this spool: made with it, kept with it. */
  public UUID serverId() {
    return serverId;
  }

  /**
   * Makes a batch durable; blocks until it is.
   *
   * @throws OverloadedException if there is no room, or the disk failed
   */
  public void append(SpanBatch batch) throws OverloadedException {
    if (batch.isEmpty()) {
      return;
    }
    refuseWhereFull(0);
    List<Encoded> records = new ArrayList<>(1);
    if (batch.spans().size() <= RECORD_SPANS) {
      records.add(codec.encode(batch));
    } else {
      for (int i = 0; i < batch.spans().size(); i += RECORD_SPANS) {
        int end = Math.min(batch.spans().size(), i + RECORD_SPANS);
        records.add(
            codec.encode(
                new SpanBatch(
                    batch.spans().subList(i, end),
                    i == 0 ? batch.logs() : List.of(),
                    i == 0 ? batch.evaluations() : List.of())));
      }
    }
    append(records);
  }

  /** Makes an entry durable as it is; see {@link #append(SpanBatch)}. */
  public void append(SpoolEntry entry) throws OverloadedException {
    refuseWhereFull(0);
    append(List.of(codec.encode(entry)));
  }

  private void append(List<Encoded> records) throws OverloadedException {
    long bytes = 0;
    for (Encoded record : records) {
      bytes += RECORD_HEADER_BYTES + record.bytes().length;
    }
    Append append = new Append(records, bytes);
    synchronized (this) {
      refuseWhereFull(bytes);
      queuedBytes += bytes;
      queue.add(append);
    }
    boolean interrupted = false;
    while (true) {
      try {
        append.written.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (append.failure != null) {
      throw new OverloadedException(append.failure, RETRY_AFTER_SECONDS);
    }
  }

  private synchronized void refuseWhereFull(long more) throws OverloadedException {
    if (closed) {
      throw new OverloadedException(
          "The server is shutting down. Send again later.", RETRY_AFTER_SECONDS);
    }
    if (diskLow) {
      throw new OverloadedException(
          "Less than 10 % of the disk is free, so nothing more is taken in. Make room, then send"
              + " again.",
          60);
    }
    if (bytes() + queuedBytes + more > options.maxBytes()) {
      full = true;
      throw new OverloadedException(
          "The queue before the store is full ("
              + (options.maxBytes() >> 20)
              + " MiB): the store is slower than what comes in, or down. Send again later.",
          RETRY_AFTER_SECONDS);
    }
  }

  /**
   * The next batch, waiting up to {@code patience} for one: as soon as {@code maxSpans} or {@code
   * maxBytes} wait, or {@code linger} after the first span came. Null where none came. Batches
   * before need not be {@link #done}.
   */
  public @Nullable Batch next(int maxSpans, long maxBytes, Duration linger, Duration patience)
      throws IOException, InterruptedException {
    Journal.Mark before = again.poll();
    if (before != null) {
      return again(before);
    }
    if (!await(maxSpans, maxBytes, linger, patience)) {
      return null;
    }
    long segment = readSegment;
    long from = readOffset;
    long end = durableEnd(segment);
    List<SpoolEntry> entries = new ArrayList<>();
    int spans = 0;
    long rawBytes = 0;
    while (readOffset < end && (entries.isEmpty() || (spans < maxSpans && rawBytes < maxBytes))) {
      Read read = read(readOffset);
      if (read == null) {
        damaged(segment);
        readOffset = end;
        break;
      }
      if (!entries.isEmpty()
          && (spans + read.spans() > maxSpans || rawBytes + read.rawBytes() > maxBytes)) {
        // It stays for the next batch; what was taken out of memory is read back then.
        break;
      }
      entries.add(read.entry());
      spans += read.spans();
      rawBytes += read.rawBytes();
      readOffset = read.end();
      took(read);
    }
    lastMillis = Math.max(clock.millis(), lastMillis + 1);
    Journal.Mark last = journal.last();
    long seq = last == null ? 1 : last.seq() + 1;
    Journal.Mark mark = new Journal.Mark(seq, segment, from, readOffset, lastMillis);
    journal.cut(mark);
    return batch(mark, entries, false);
  }

  /** Says that all of a batch is stored: the oldest of those that were given out. */
  public void done(Batch batch) throws IOException {
    Journal.Mark mark = unfinished.peek();
    if (mark == null || batch.seq() != mark.seq()) {
      throw new IllegalArgumentException("not the oldest batch that was given out");
    }
    journal.done();
    unfinished.remove();
    List<Long> finished = new ArrayList<>();
    synchronized (this) {
      doneSegment = mark.segment();
      doneOffset = mark.to();
      for (Map.Entry<Long, Long> segment : durable.headMap(durable.lastKey()).entrySet()) {
        if (segment.getKey() < doneSegment
            || (segment.getKey() == doneSegment && doneOffset >= segment.getValue())) {
          finished.add(segment.getKey());
        }
      }
    }
    if (!finished.isEmpty()) {
      journal.force();
      for (long segment : finished) {
        remove(segment);
      }
      files.syncDirectory();
    }
  }

  /** Keeps what can't be stored in a file of its own, durably. */
  public void quarantine(SpoolEntry entry) throws IOException {
    Encoded encoded = codec.encode(entry);
    Append append = new Append(List.of(encoded), RECORD_HEADER_BYTES + encoded.bytes().length);
    String name;
    synchronized (this) {
      quarantined++;
      name = String.format("%s%013d-%06d", QUARANTINE, clock.millis(), quarantined);
    }
    try (SpoolFile file = files.open(name)) {
      file.append(frame(List.of(append), (int) append.bytes));
      file.force();
    }
    files.syncDirectory();
  }

  /** True where everything that was taken in is stored. */
  public synchronized boolean drained() {
    boolean none = queuedBytes == 0;
    for (Map.Entry<Long, Long> segment : durable.tailMap(doneSegment).entrySet()) {
      long done = segment.getKey() == doneSegment ? doneOffset : SEGMENT_HEADER_BYTES;
      none &= segment.getValue() <= done;
    }
    return none;
  }

  /** Spans that wait to be stored; those of the batch that is being stored are not among them. */
  public synchronized long waitingSpans() {
    return waitingSpans;
  }

  /** True where more than so many spans, or bytes of them, wait to be stored. */
  public synchronized boolean waitsMore(int spans, long bytes) {
    return waitingSpans > spans || waitingBytes > bytes;
  }

  /**
   * Waits until no {@link #waitsMore more} wait to be stored, for at most {@code patience} or until
   * intake stops.
   */
  public void awaitWaiting(int spans, long bytes, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (this) {
      try {
        long left = patience.toNanos();
        while (waitsMore(spans, bytes) && !closed && left > 0) {
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
          left = end - System.nanoTime();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** How full it is. */
  public synchronized State state() {
    return new State(
        bytes(),
        options.maxBytes(),
        diskLow || full,
        waitingSpans,
        quarantined,
        damagedSegments,
        lastError);
  }

  /**
   * Takes nothing more in and waits until what was taken in is on disk. {@link #next} still works.
   */
  public void stopIntake() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      queue.add(new Append(List.of(), 0));
    }
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    stopIntake();
    active.close();
    if (reading != null) {
      reading.close();
    }
    journal.close();
  }

  // ---- writing ----

  private void write() {
    List<Append> group = new ArrayList<>();
    while (true) {
      group.clear();
      try {
        Append first = queue.poll(1, TimeUnit.SECONDS);
        checkDisk();
        if (first == null) {
          continue;
        }
        group.add(first);
      } catch (InterruptedException e) {
        continue;
      }
      long bytes = group.getFirst().bytes;
      while (bytes < GROUP_BYTES) {
        Append more = queue.poll();
        if (more == null) {
          break;
        }
        group.add(more);
        bytes += more.bytes;
      }
      boolean last = write(group, bytes);
      if (last) {
        return;
      }
    }
  }

  // True where the group held the mark that ends the writing.
  private boolean write(List<Append> group, long bytes) {
    String failure = null;
    long offset = activeSize;
    try {
      if (activeFailed
          || (activeSize + bytes > options.segmentBytes() && activeSize > SEGMENT_HEADER_BYTES)) {
        active.close();
        active = startSegment();
        activeFailed = false;
        offset = activeSize;
      }
      if (bytes > 0) {
        active.append(frame(group, (int) bytes));
        active.force();
        activeSize += bytes;
      }
    } catch (IOException | RuntimeException e) {
      // What was written may or may not be there. It is in no batch of this process, and a retry of
      // the sender is the same span, so either is right.
      LOG.error("The spool could not be written: {}", e.toString());
      activeFailed = true;
      failure =
          "The server could not write to its disk ("
              + e.getClass().getSimpleName()
              + "). Send again later.";
      try {
        active.truncate(offset);
      } catch (IOException | RuntimeException ignored) {
        LOG.warn("The end of a segment could not be cut off");
      }
    }
    synchronized (this) {
      queuedBytes -= bytes;
      if (failure == null) {
        durable.put(activeSegment, activeSize);
        for (Append append : group) {
          for (Encoded record : append.records) {
            long end = offset + RECORD_HEADER_BYTES + record.bytes().length;
            waitingSpans += weight(record.entry());
            waitingBytes += record.rawBytes();
            if (inMemoryBytes + record.rawBytes() <= options.memoryBytes()) {
              inMemory.add(new InMemory(activeSegment, offset, end, record));
              inMemoryBytes += record.rawBytes();
            }
            offset = end;
          }
        }
      } else {
        lastError = failure;
      }
      notifyAll();
    }
    boolean last = false;
    for (Append append : group) {
      append.failure = failure;
      append.written.countDown();
      last |= append.records.isEmpty();
    }
    return last;
  }

  private ByteBuffer frame(List<Append> group, int bytes) {
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long millis = clock.millis();
    for (Append append : group) {
      for (Encoded record : append.records) {
        int at = out.position();
        out.putInt(record.bytes().length).putInt(0).putLong(millis);
        out.putInt(weight(record.entry())).putInt(record.rawBytes()).putInt(0);
        out.put(record.bytes());
        out.putInt(at + 4, crc(out.array(), at + 8, out.position()));
      }
    }
    return out.flip();
  }

  // A log record or an evaluation weighs as much as a span.
  private static int weight(SpoolEntry entry) {
    return entry.spans().size() + entry.logs().size() + entry.evaluations().size();
  }

  private SpoolFile startSegment() throws IOException {
    long number = activeSegment + 1;
    SpoolFile file = files.open(name(number));
    file.truncate(0);
    ByteBuffer header = ByteBuffer.allocate(SEGMENT_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.append(header.putLong(MAGIC).putLong(number).flip());
    file.force();
    files.syncDirectory();
    activeSegment = number;
    activeSize = SEGMENT_HEADER_BYTES;
    synchronized (this) {
      durable.put(number, activeSize);
    }
    return file;
  }

  private void checkDisk() {
    long now = System.nanoTime();
    if (now - nextDiskCheck < 0) {
      return;
    }
    nextDiskCheck = now + DISK_CHECK_NANOS;
    try {
      boolean low = files.freeShare() < MIN_FREE_SHARE;
      synchronized (this) {
        if (low && !diskLow) {
          LOG.warn("Less than 10 % of the disk is free: intake stops until there is room");
        }
        diskLow = low;
      }
    } catch (IOException e) {
      LOG.warn("The free space of the disk can't be read", e);
    }
  }

  // ---- reading ----

  private boolean await(int maxSpans, long maxBytes, Duration linger, Duration patience)
      throws InterruptedException, IOException {
    long now = System.nanoTime();
    long deadline = now + patience.toNanos();
    long cutAt = Long.MAX_VALUE;
    synchronized (this) {
      while (true) {
        long end = durable.getOrDefault(readSegment, 0L);
        if (readOffset >= end) {
          Long next = durable.higherKey(readSegment);
          if (next != null) {
            readSegment = next;
            readOffset = SEGMENT_HEADER_BYTES;
            continue;
          }
        } else if (readSegment < durable.lastKey()
            || closed
            || waitingSpans >= maxSpans
            || waitingBytes >= maxBytes
            || now >= cutAt) {
          return true;
        } else if (cutAt == Long.MAX_VALUE) {
          cutAt = now + linger.toNanos();
        }
        long until = Math.min(cutAt, deadline);
        if (cutAt == Long.MAX_VALUE && (now >= deadline || (closed && !writer.isAlive()))) {
          return false;
        }
        long wait = (cutAt == Long.MAX_VALUE ? until : cutAt) - now;
        if (wait > 0) {
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(wait, 1_000_000));
        }
        now = System.nanoTime();
      }
    }
  }

  private synchronized long durableEnd(long segment) {
    return durable.getOrDefault(segment, 0L);
  }

  private Batch again(Journal.Mark mark) throws IOException {
    lastMillis = mark.millis();
    if (durableEnd(mark.segment()) < mark.to()) {
      // Its segment is only removed when all of it is stored.
      return batch(mark, new ArrayList<>(), true);
    }
    List<SpoolEntry> entries = new ArrayList<>();
    readSegment = mark.segment();
    readOffset = mark.from();
    while (readOffset < mark.to()) {
      Read read = read(readOffset);
      if (read == null) {
        damaged(mark.segment());
        break;
      }
      entries.add(read.entry());
      readOffset = read.end();
    }
    readOffset = mark.to();
    return batch(mark, entries, true);
  }

  private Batch batch(Journal.Mark mark, List<SpoolEntry> entries, boolean recovered) {
    String token =
        serverId + ":" + mark.segment() + ":" + mark.from() + "-" + mark.to() + ":" + mark.seq();
    unfinished.add(mark);
    return new Batch(mark.seq(), token, mark.millis(), recovered, entries);
  }

  private synchronized void took(Read read) {
    waitingSpans = Math.max(0, waitingSpans - read.spans());
    waitingBytes = Math.max(0, waitingBytes - read.rawBytes());
    notifyAll();
    InMemory head = inMemory.peek();
    if (head != null && head.segment() == readSegment && head.end() <= readOffset) {
      inMemory.remove();
      inMemoryBytes -= head.encoded().rawBytes();
    }
  }

  // Null where the record is damaged.
  private @Nullable Read read(long offset) throws IOException {
    synchronized (this) {
      InMemory head = inMemory.peek();
      while (head != null
          && (head.segment() < readSegment
              || (head.segment() == readSegment && head.offset() < offset))) {
        inMemoryBytes -= inMemory.remove().encoded().rawBytes();
        head = inMemory.peek();
      }
      if (head != null && head.segment() == readSegment && head.offset() == offset) {
        Encoded encoded = head.encoded();
        return new Read(encoded.entry(), encoded.rawBytes(), weight(encoded.entry()), head.end());
      }
    }
    if (readingSegment != readSegment || reading == null) {
      if (reading != null) {
        reading.close();
      }
      reading = files.open(name(readSegment));
      readingSegment = readSegment;
    }
    byte[] record = readRecord(reading, offset, durableEnd(readSegment));
    if (record == null) {
      return null;
    }
    ByteBuffer header = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
    int rawBytes = header.getInt(20);
    byte[] body = Arrays.copyOfRange(record, RECORD_HEADER_BYTES, record.length);
    try {
      SpoolEntry entry = codec.decode(body, rawBytes);
      return new Read(entry, rawBytes, weight(entry), offset + record.length);
    } catch (IllegalStateException e) {
      LOG.error("A record of the spool can't be read: {}", e.toString());
      return null;
    }
  }

  // Header and body of the record at offset, or null where there is no whole one.
  private static byte @Nullable [] readRecord(SpoolFile file, long offset, long end)
      throws IOException {
    if (end - offset < RECORD_HEADER_BYTES) {
      return null;
    }
    ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    file.read(offset, length);
    long size = length.position() < 4 ? -1 : length.getInt(0);
    if (size <= 0 || size > end - offset - RECORD_HEADER_BYTES) {
      return null;
    }
    byte[] record = new byte[(int) size + RECORD_HEADER_BYTES];
    ByteBuffer into = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
    file.read(offset, into);
    boolean whole = !into.hasRemaining() && into.getInt(4) == crc(record, 8, record.length);
    return whole ? record : null;
  }

  private void damaged(long segment) {
    LOG.error("A part of spool segment {} is damaged and is set aside", segment);
    synchronized (this) {
      damagedSegments++;
      lastError = "A part of the spool could not be read; the segment was set aside.";
    }
    damagedNow.add(segment);
  }

  private void remove(long segment) throws IOException {
    if (readingSegment == segment && reading != null) {
      reading.close();
      reading = null;
      readingSegment = -1;
    }
    if (damagedNow.remove(segment)) {
      files.rename(name(segment), DAMAGED + name(segment));
    } else {
      files.delete(name(segment));
    }
    synchronized (this) {
      durable.remove(segment);
      full &= bytes() > options.maxBytes() / 10 * 9;
    }
  }

  // ---- opening ----

  private UUID readServerId() throws IOException {
    ByteBuffer id = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
    try (SpoolFile file = files.open(SERVER_ID)) {
      file.read(0, id);
      if (id.position() == 20 && id.getInt(16) == crc(id.array(), 0, 16)) {
        return new UUID(id.getLong(0), id.getLong(8));
      }
      // Nothing can have been acknowledged before this file was durable.
      UUID made = UUID.randomUUID();
      id.clear();
      id.putLong(made.getMostSignificantBits()).putLong(made.getLeastSignificantBits());
      id.putInt(crc(id.array(), 0, 16)).flip();
      file.truncate(0);
      file.append(id);
      file.force();
      files.syncDirectory();
      return made;
    }
  }

  private void findSegments() throws IOException {
    List<String> names = files.list();
    quarantined = names.stream().filter(name -> name.startsWith(QUARANTINE)).count();
    List<Long> numbers =
        names.stream()
            .filter(name -> name.startsWith(PREFIX))
            .map(name -> Long.parseLong(name.substring(PREFIX.length())))
            .sorted()
            .toList();
    for (int i = 0; i < numbers.size(); i++) {
      long number = numbers.get(i);
      try (SpoolFile file = files.open(name(number))) {
        // A segment is whole before the next one is begun: only the last can have a torn end.
        boolean last = i == numbers.size() - 1;
        long size = last ? wholeEnd(file) : file.size();
        if (last && size < file.size()) {
          LOG.info("Cut {} bytes of an unfinished write off the spool", file.size() - size);
          file.truncate(size);
          file.force();
        }
        durable.put(number, Math.max(size, SEGMENT_HEADER_BYTES));
      }
    }
  }

  private static long wholeEnd(SpoolFile file) throws IOException {
    long end = file.size();
    ByteBuffer header = ByteBuffer.allocate(SEGMENT_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(0, header);
    if (header.hasRemaining() || header.getLong(0) != MAGIC) {
      return 0;
    }
    long at = SEGMENT_HEADER_BYTES;
    while (true) {
      byte[] record = readRecord(file, at, end);
      if (record == null) {
        return at;
      }
      at += record.length;
    }
  }

  private void findPosition() {
    Journal.Mark last = again.isEmpty() ? journal.last() : again.getFirst();
    readSegment = durable.isEmpty() ? 0 : durable.firstKey();
    readOffset = SEGMENT_HEADER_BYTES;
    if (last != null) {
      lastMillis = last.millis();
      if (last.segment() >= readSegment) {
        readSegment = last.segment();
        readOffset = again.isEmpty() ? last.to() : last.from();
      }
    }
  }

  private synchronized long bytes() {
    long bytes = 0;
    for (long size : durable.values()) {
      bytes += size;
    }
    return bytes;
  }

  private static int crc(byte[] bytes, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }

  private static String name(long segment) {
    return String.format("%s%016d", PREFIX, segment);
  }
}
