package io.tracewell.server.store;

import io.tracewell.core.TraceShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which model calls of different traces are one: a provider's own client makes spans too, and often
 * as roots of traces of their own. Told by the id of the answer, within an application, among the
 * calls that came last. Which record counts follows from the records alone, so that it does not
 * matter in which order they come. Of one thread.
 */
final class Answers {
  private static final int MAX_ANSWERS = 100_000;
  private static final int MAX_RECORDS = 16;
  // A client's span of a failed call has no answer; it lies within the span of the call.
  private static final long SLACK_NANOS = 20_000_000;
  private static final int MAX_FAILED = 256;
  private static final int MAX_ALIKE = 20_000;

  private record Key(String project, String application, String answer) {}

  private record Record(TraceState.Id trace, Head head) {}

  /** Records with the same figures, of which some may have no id of their answer. */
  private record Figures(
      String project, String application, String provider, long input, long output, long cached) {}

  /**
   * @param paired keys of the clients' spans of which another trace has the record that counts
   */
  private record Alike(List<Record> records, Set<Long> paired) {}

  private final Map<Key, List<Record>> answers = new LinkedHashMap<>(1024, 0.75f, true);
  private final Map<Key, List<Record>> failed = new LinkedHashMap<>(64, 0.75f, true);
  private final Map<Figures, Alike> alike = new LinkedHashMap<>(64, 0.75f, true);

  /** The traces of which a span may count, or no longer count, because of another trace. */
  interface Traces {
    /** Changes nothing. */
    Traces NONE =
        new Traces() {
          @Override
          public @Nullable TraceState load(TraceState.Id id) {
            return null;
          }

          @Override
          public void changed(TraceState trace) {}
        };

    /** The state of the trace; null where it is not stored any more. */
    @Nullable TraceState load(TraceState.Id id);

    void changed(TraceState trace);
  }

  /** Takes in a span of a trace, or a newer version of it. */
  void add(TraceState.Id trace, Head head, Traces traces) {
    String answer = TraceShape.answer(head);
    if (!answer.isEmpty()) {
      List<Record> records = records(answers, key(trace, head, answer), MAX_ANSWERS);
      put(records, new Record(trace, head), MAX_RECORDS);
      if (records.size() > 1) {
        judge(records, best(records), traces);
      }
      if (TraceShape.isProviderClient(head) && TraceShape.reportsUsage(head)) {
        pair(new Record(trace, head), traces);
      }
    } else if (TraceShape.mayRepeatClient(head)) {
      pair(new Record(trace, head), traces);
    } else if (head.failed() && TraceShape.isModel(head) && !TraceShape.reportsUsage(head)) {
      List<Record> records = records(failed, key(trace, head, head.model), 1_000);
      put(records, new Record(trace, head), MAX_FAILED);
      for (Record record : List.copyOf(records)) {
        Record call = TraceShape.isProviderClient(record.head) ? around(records, record) : null;
        if (call != null) {
          judge(List.of(record, call), call, traces);
        }
      }
    }
  }

  /** A stream's record and the client's span of its call, where they have no id in common. */
  private void pair(Record one, Traces traces) {
    Head head = one.head;
    Alike group =
        alike.computeIfAbsent(
            new Figures(
                one.trace.project(),
                head.application,
                head.provider,
                head.input,
                head.output,
                Math.max(0, head.cacheRead)),
            figures -> new Alike(new ArrayList<>(1), new HashSet<>(0)));
    if (alike.size() > MAX_ALIKE) {
      alike.remove(alike.keySet().iterator().next());
    }
    put(group.records, one, MAX_FAILED);
    List<Record> clients = new ArrayList<>();
    List<Record> records = new ArrayList<>();
    for (Record record : group.records) {
      (TraceShape.isProviderClient(record.head) ? clients : records).add(record);
    }
    if (clients.isEmpty() || records.isEmpty()) {
      return;
    }
    // What is in one trace is told apart by its shape.
    Set<TraceState.Id> own = new HashSet<>();
    records.forEach(record -> own.add(record.trace));
    clients.removeIf(client -> own.contains(client.trace));
    own.clear();
    group.records.stream()
        .filter(record -> TraceShape.isProviderClient(record.head))
        .filter(client -> !clients.contains(client))
        .forEach(client -> own.add(client.trace));
    records.removeIf(record -> own.contains(record.trace));
    // Whose record has the same id of its answer needs no other, which would be of another call.
    clients.removeIf(this::isToldById);
    int[] found =
        TraceShape.recordsOf(
            clients.stream().map(Record::head).toList(),
            records.stream().map(Record::head).toList());
    for (int i = 0; i < found.length; i++) {
      Record client = clients.get(i);
      if (found[i] >= 0) {
        group.paired.add(client.head.key);
        judge(List.of(client), records.get(found[i]), traces);
      } else if (group.paired.remove(client.head.key)) {
        judge(List.of(client), client, traces);
      }
    }
  }

  private boolean isToldById(Record client) {
    List<Record> records =
        answers.get(key(client.trace, client.head, TraceShape.answer(client.head)));
    return records != null
        && records.stream().anyMatch(record -> !TraceShape.isProviderClient(record.head));
  }

  private static Key key(TraceState.Id trace, Head head, String answer) {
    return new Key(trace.project(), head.application, answer);
  }

  private static List<Record> records(Map<Key, List<Record>> map, Key key, int most) {
    List<Record> records = map.computeIfAbsent(key, k -> new ArrayList<>(1));
    if (map.size() > most) {
      map.remove(map.keySet().iterator().next());
    }
    return records;
  }

  private static void put(List<Record> records, Record record, int most) {
    records.removeIf(old -> old.head.key == record.head.key && old.trace.equals(record.trace));
    if (records.size() >= most) {
      records.removeFirst();
    }
    records.add(record);
    // So that the best does not depend on which came first.
    records.sort(
        Comparator.comparingLong((Record one) -> one.head.start)
            .thenComparingLong(one -> one.head.key));
  }

  private static Record best(List<Record> records) {
    Record best = records.getFirst();
    for (Record record : records) {
      if (compare(record.head, best.head) > 0) {
        best = record;
      }
    }
    return best;
  }

  private static int compare(Head one, Head other) {
    int better = TraceShape.compareRecords(one, other);
    if (better == 0) {
      better = Boolean.compare(one.parentKey != 0, other.parentKey != 0);
    }
    if (better == 0) {
      better = Long.compare(other.start, one.start);
    }
    return better == 0 ? Long.compareUnsigned(other.key, one.key) : better;
  }

  private static @Nullable Record around(List<Record> records, Record client) {
    for (Record record : records) {
      if (!TraceShape.isProviderClient(record.head)
          && !record.trace.equals(client.trace)
          && record.head.start - SLACK_NANOS <= client.head.start
          && record.head.end + SLACK_NANOS >= client.head.end) {
        return record;
      }
    }
    return null;
  }

  // Records of the trace that has the best are told apart by its shape.
  private static void judge(List<Record> records, Record best, Traces traces) {
    for (Record record : records) {
      boolean elsewhere = !record.trace.equals(best.trace);
      TraceState trace = traces.load(record.trace);
      if (trace == null || trace.elsewhere.contains(record.head.key) == elsewhere) {
        continue;
      }
      Set<Long> keys = new HashSet<>(trace.elsewhere);
      if (elsewhere) {
        keys.add(record.head.key);
      } else {
        keys.remove(record.head.key);
      }
      trace.elsewhere = keys;
      traces.changed(trace);
    }
  }
}
