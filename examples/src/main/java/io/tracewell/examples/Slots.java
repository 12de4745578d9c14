package io.tracewell.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Which minutes have their traffic, in a file: a second start fills only the rest. A minute is
 * noted once the server has acknowledged all its spans, and synced. The file's first line names the
 * day of the incident, which must not move between starts.
 */
final class Slots implements AutoCloseable {
  private final TreeSet<Long> done = new TreeSet<>();
  private final FileChannel channel;
  private final Incident incident;

  private Slots(FileChannel channel, Incident incident) {
    this.channel = channel;
    this.incident = incident;
  }

  /**
   * Opens the notes of one seed.
   *
   * @param oldest epoch minute; what is older is dropped, and an incident older than that moves to
   *     the newest day on which it can lie
   */
  static Slots open(Path folder, long seed, long oldest, Instant now) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("demo-slots-" + seed + ".txt");
    LocalDate day = null;
    TreeSet<Long> done = new TreeSet<>();
    if (Files.exists(file)) {
      for (String line : Files.readString(file).lines().toList()) {
        String[] words = line.split(" ");
        if (words.length != 3) {
          continue; // a line cut by a crash
        }
        if (words[0].equals("incident")) {
          day = LocalDate.parse(words[1]);
        } else if (words[0].equals("done")) {
          long to = Long.parseLong(words[2]);
          for (long m = Math.max(oldest, Long.parseLong(words[1])); m <= to; m++) {
            done.add(m);
          }
        }
      }
    }
    if (day == null || day.toEpochDay() * 1440 < oldest) {
      LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
      Instant over = new Incident(today).at(Incident.TOKEN_RENEWED.plusHours(1));
      day = now.isAfter(over) ? today : today.minusDays(1);
    }
    StringBuilder text = new StringBuilder("incident " + day + " utc\n");
    for (long[] range : ranges(done)) {
      text.append("done ").append(range[0]).append(' ').append(range[1]).append('\n');
    }
    Path fresh = folder.resolve(file.getFileName() + ".new");
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    channel.force(true);
    Slots slots = new Slots(channel, new Incident(day));
    slots.done.addAll(done);
    return slots;
  }

  Incident incident() {
    return incident;
  }

  /** The minutes in [from, to) without traffic, newest first, in runs of at most {@code length}. */
  synchronized List<List<Long>> missing(long from, long to, int length) {
    List<List<Long>> runs = new ArrayList<>();
    List<Long> run = new ArrayList<>();
    for (long m = to - 1; m >= from; m--) {
      if (!done.contains(m)) {
        run.add(m);
        if (run.size() == length) {
          runs.add(run);
          run = new ArrayList<>();
        }
      }
    }
    if (!run.isEmpty()) {
      runs.add(run);
    }
    return runs;
  }

  /** Notes minutes as done; returns when that is on disk. */
  synchronized void done(List<Long> minutes) {
    TreeSet<Long> fresh = new TreeSet<>(minutes);
    fresh.removeAll(done);
    if (fresh.isEmpty()) {
      return;
    }
    done.addAll(fresh);
    StringBuilder text = new StringBuilder();
    for (long[] range : ranges(fresh)) {
      text.append("done ").append(range[0]).append(' ').append(range[1]).append('\n');
    }
    try {
      channel.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
      channel.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<long[]> ranges(TreeSet<Long> minutes) {
    List<long[]> ranges = new ArrayList<>();
    for (long m : minutes) {
      if (!ranges.isEmpty() && ranges.getLast()[1] == m - 1) {
        ranges.getLast()[1] = m;
      } else {
        ranges.add(new long[] {m, m});
      }
    }
    return ranges;
  }
}
