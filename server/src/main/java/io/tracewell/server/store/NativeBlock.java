package io.tracewell.server.store;

import io.tracewell.core.BinaryWriter;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * Rows in the engine's Native format: one block, column by column, which it reads at a fraction of
 * what rows one after the other cost it, and in which a value that repeats is a number. Rows are
 * written value by value, in the order of the columns; a value that is not of its column's type is
 * an {@link IllegalStateException}. The memory is kept from block to block.
 *
 * <p>Format: ClickHouse's {@code Native}, at protocol revision 0 (HTTP); the values are those of
 * RowBinary, LowCardinality is a dictionary and indexes (ClickHouse, {@code
 * SerializationLowCardinality}).
 */
final class NativeBlock {
  private final Column[] columns;
  private int rows;
  // The column of the next value.
  private int at;

  /**
   * @param names of the columns
   * @param types of the table's columns by name, as the engine writes them
   */
  NativeBlock(List<String> names, Map<String, String> types) {
    columns = new Column[names.size()];
    for (int i = 0; i < columns.length; i++) {
      String type = types.get(names.get(i));
      if (type == null) {
        throw new IllegalStateException("The table has no column " + names.get(i));
      }
      columns[i] = column(names.get(i), type);
    }
    at = columns.length;
  }

  int rows() {
    return rows;
  }

  /** Bytes of memory held. */
  long capacity() {
    long bytes = 0;
    for (Column column : columns) {
      bytes += column.capacity();
    }
    return bytes;
  }

  /** Forgets all rows. */
  void clear() {
    for (Column column : columns) {
      column.clear();
    }
    rows = 0;
    at = columns.length;
  }

  /** Begins a row; the one before must be whole. */
  void begin() {
    if (at != columns.length) {
      throw new IllegalStateException("A row has " + at + " of " + columns.length + " columns");
    }
    at = 0;
    rows++;
  }

  /** The column of the next value. */
  private Column next() {
    return columns[at++];
  }

  void string(String value) {
    next().string(value);
  }

  void int8(int value) {
    next().int8(value);
  }

  void int16(int value) {
    next().int16(value);
  }

  void int32(int value) {
    next().int32(value);
  }

  void int64(long value) {
    next().int64(value);
  }

  void int128(long high, long low) {
    next().int128(high, low);
  }

  void uuid(UUID id) {
    // The engine keeps the two halves in this order.
    next().int128(id.getLeastSignificantBits(), id.getMostSignificantBits());
  }

  /** NULL. */
  void none() {
    next().none();
  }

  /** Begins an array; returns where to write so many elements. */
  Column array(int size) {
    return next().array(size);
  }

  void strings(Collection<String> values) {
    Column elements = array(values.size());
    for (String value : values) {
      elements.string(value);
    }
  }

  void map(Map<String, Long> entries) {
    next().map(entries);
  }

  /** Rows from one to another as a block; valid until the next row is written. Can be reset. */
  InputStream stream(int from, int to) {
    Parts parts = new Parts();
    BinaryWriter out = parts.own;
    out.varint(columns.length);
    out.varint(to - from);
    for (Column column : columns) {
      out.string(column.name);
      out.string(column.type);
      column.prefix(out);
      column.write(parts, from, to);
    }
    return parts.stream();
  }

  private static Column column(String name, String type) {
    if (type.equals("String")) {
      return new Text(name, type);
    }
    if (type.equals("LowCardinality(String)")) {
      return new Coded(name, type);
    }
    if (type.startsWith("Nullable(")) {
      return new Nullable(name, type, column("", inner(type)));
    }
    if (type.startsWith("Array(")) {
      return new Array(name, type, column("", inner(type)));
    }
    if (type.startsWith("Map(")) {
      String[] both = inner(type).split(", ", 2);
      return new Array(name, type, column("", both[0]), column("", both[1]));
    }
    return new Fixed(name, type, width(type));
  }

  private static String inner(String type) {
    return type.substring(type.indexOf('(') + 1, type.length() - 1);
  }

  private static int width(String type) {
    int end = type.indexOf('(');
    return switch (end < 0 ? type : type.substring(0, end)) {
      case "Bool", "UInt8", "Int8" -> 1;
      case "UInt16", "Int16", "Date" -> 2;
      case "UInt32", "Int32", "DateTime" -> 4;
      case "UInt64", "Int64", "Float64", "DateTime64" -> 8;
      case "UInt128", "Int128", "UUID" -> 16;
      case "Decimal" -> {
        if (type.startsWith("Decimal(38,")) {
          yield 16;
        }
        throw new IllegalStateException("No column of type " + type + " can be written");
      }
      default -> throw new IllegalStateException("No column of type " + type + " can be written");
    };
  }

  /** Values of one column, or the elements of its arrays. */
  abstract static class Column {
    private final String name;
    private final String type;

    private Column(String name, String type) {
      this.name = name;
      this.type = type;
    }

    void string(String value) {
      throw wrong("String");
    }

    void int8(int value) {
      throw wrong("8 bits");
    }

    void int16(int value) {
      throw wrong("16 bits");
    }

    void int32(int value) {
      throw wrong("32 bits");
    }

    void int64(long value) {
      throw wrong("64 bits");
    }

    void int128(long high, long low) {
      throw wrong("128 bits");
    }

    void none() {
      throw wrong("NULL");
    }

    Column array(int size) {
      throw wrong("Array");
    }

    void map(Map<String, Long> entries) {
      throw wrong("Map");
    }

    /** Writes the value that stands where there is none. */
    void zero() {
      throw wrong("NULL");
    }

    private IllegalStateException wrong(String given) {
      return new IllegalStateException(
          "Column " + name + " is of type " + type + ", not of " + given);
    }

    abstract long capacity();

    abstract void clear();

    /** What stands before the values of the block. */
    void prefix(BinaryWriter out) {}

    abstract void write(Parts parts, int from, int to);
  }

  private static final class Fixed extends Column {
    private final int width;
    private final BinaryWriter values = new BinaryWriter(1024);

    private Fixed(String name, String type, int width) {
      super(name, type);
      this.width = width;
    }

    @Override
    void int8(int value) {
      if (width != 1) {
        super.int8(value);
      }
      values.int8(value);
    }

    @Override
    void int16(int value) {
      if (width != 2) {
        super.int16(value);
      }
      values.int8(value);
      values.int8(value >> 8);
    }

    @Override
    void int32(int value) {
      if (width != 4) {
        super.int32(value);
      }
      values.int32(value);
    }

    @Override
    void int64(long value) {
      if (width != 8) {
        super.int64(value);
      }
      values.int64(value);
    }

    @Override
    void int128(long high, long low) {
      if (width != 16) {
        super.int128(high, low);
      }
      values.int64(low);
      values.int64(high);
    }

    @Override
    void zero() {
      for (int i = 0; i < width; i++) {
        values.int8(0);
      }
    }

    @Override
    long capacity() {
      return values.capacity();
    }

    @Override
    void clear() {
      values.reset(0);
    }

    @Override
    void write(Parts parts, int from, int to) {
      parts.add(values, from * width, to * width);
    }
  }

  private static final class Text extends Column {
    private final BinaryWriter values = new BinaryWriter(1024);
    private int count;

    private Text(String name, String type) {
      super(name, type);
    }

    @Override
    void string(String value) {
      values.string(value);
      count++;
    }

    @Override
    long capacity() {
      return values.capacity();
    }

    @Override
    void clear() {
      values.reset(0);
      count = 0;
    }

    @Override
    void write(Parts parts, int from, int to) {
      int start = from == 0 ? 0 : skip(0, from);
      parts.add(values, start, to == count ? values.length() : skip(start, to - from));
    }

    // Only where a row was refused.
    private int skip(int start, int strings) {
      ByteBuffer bytes = values.view(start, values.length());
      for (int i = 0; i < strings; i++) {
        int length = 0;
        int shift = 0;
        byte part;
        do {
          part = bytes.get();
          length |= (part & 0x7F) << shift;
          shift += 7;
        } while (part < 0);
        bytes.position(bytes.position() + length);
      }
      return bytes.position();
    }
  }

  /** LowCardinality(String): each value once, and which of them each row has. */
  private static final class Coded extends Column {
    private static final long VERSION = 1; // SharedDictionariesWithAdditionalKeys
    private static final long OWN_KEYS = 1 << 9; // HasAdditionalKeysBit
    // A table that has grown beyond this takes longer to clear than to make anew.
    private static final int KEEP_KEYS = 4096;

    private Map<String, Integer> known = new HashMap<>();
    private final BinaryWriter keys = new BinaryWriter(256);
    private int[] codes = new int[256];
    private int count;
    // Most values are those of the row before.
    private String last = "";
    private int lastCode = -1;

    private Coded(String name, String type) {
      super(name, type);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // Cheaper, and only the first question.
    void string(String value) {
      if (lastCode < 0 || (value != last && !value.equals(last))) {
        Integer code = known.get(value);
        if (code == null) {
          code = known.size();
          known.put(value, code);
          keys.string(value);
        }
        last = value;
        lastCode = code;
      }
      if (count == codes.length) {
        codes = Arrays.copyOf(codes, count * 2);
      }
      codes[count++] = lastCode;
    }

    @Override
    long capacity() {
      return keys.capacity() + codes.length * 4L;
    }

    @Override
    void clear() {
      if (known.size() > KEEP_KEYS) {
        known = new HashMap<>();
      } else {
        known.clear();
      }
      keys.reset(0);
      count = 0;
      last = "";
      lastCode = -1;
    }

    @Override
    void prefix(BinaryWriter out) {
      out.int64(VERSION);
    }

    @Override
    void write(Parts parts, int from, int to) {
      if (from == to) {
        return;
      }
      BinaryWriter out = parts.own;
      int size = known.size();
      int width = size <= 1 << 8 ? 0 : size <= 1 << 16 ? 1 : 2;
      out.int64(OWN_KEYS | width);
      out.int64(size);
      parts.add(keys, 0, keys.length());
      out.int64(to - from);
      for (int i = from; i < to; i++) {
        switch (width) {
          case 0 -> out.int8(codes[i]);
          case 1 -> {
            out.int8(codes[i]);
            out.int8(codes[i] >> 8);
          }
          default -> out.int32(codes[i]);
        }
      }
    }
  }

  private static final class Nullable extends Column {
    private final BinaryWriter nulls = new BinaryWriter(256);
    private final Column values;

    private Nullable(String name, String type, Column values) {
      super(name, type);
      this.values = values;
    }

    @Override
    void int64(long value) {
      nulls.int8(0);
      values.int64(value);
    }

    @Override
    void int128(long high, long low) {
      nulls.int8(0);
      values.int128(high, low);
    }

    @Override
    void none() {
      nulls.int8(1);
      values.zero();
    }

    @Override
    long capacity() {
      return nulls.capacity() + values.capacity();
    }

    @Override
    void clear() {
      nulls.reset(0);
      values.clear();
    }

    @Override
    void write(Parts parts, int from, int to) {
      parts.add(nulls, from, to);
      values.write(parts, from, to);
    }
  }

  /** Arrays, and maps, which are arrays of keys and values. */
  private static final class Array extends Column {
    private final Column[] elements;
    private int[] ends = new int[256];
    private int count;

    private Array(String name, String type, Column... elements) {
      super(name, type);
      this.elements = elements;
    }

    @Override
    Column array(int size) {
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, count * 2);
      }
      ends[count] = end(count) + size;
      count++;
      return elements[0];
    }

    @Override
    void map(Map<String, Long> entries) {
      array(entries.size());
      for (Map.Entry<String, Long> entry : entries.entrySet()) {
        elements[0].string(entry.getKey());
        elements[1].int64(entry.getValue());
      }
    }

    // Of the elements of the rows before.
    private int end(int row) {
      return row == 0 ? 0 : ends[row - 1];
    }

    @Override
    long capacity() {
      long bytes = ends.length * 4L;
      for (Column element : elements) {
        bytes += element.capacity();
      }
      return bytes;
    }

    @Override
    void clear() {
      count = 0;
      for (Column element : elements) {
        element.clear();
      }
    }

    @Override
    void prefix(BinaryWriter out) {
      for (Column element : elements) {
        element.prefix(out);
      }
    }

    @Override
    void write(Parts parts, int from, int to) {
      int first = end(from);
      for (int i = from; i < to; i++) {
        parts.own.int64(ends[i] - first);
      }
      for (Column element : elements) {
        element.write(parts, first, end(to));
      }
    }
  }

  /** A block as it is sent: pieces of the columns' memory, and what stands between them. */
  private static final class Parts {
    private record Part(BinaryWriter of, int from, int to) {}

    private final BinaryWriter own = new BinaryWriter(1 << 14);
    private final List<Part> parts = new ArrayList<>();
    private int ownDone;

    private void add(BinaryWriter of, int from, int to) {
      flush();
      parts.add(new Part(of, from, to));
    }

    private void flush() {
      if (own.length() > ownDone) {
        parts.add(new Part(own, ownDone, own.length()));
        ownDone = own.length();
      }
    }

    private InputStream stream() {
      flush();
      return new Stream(
          parts.stream()
              .filter(part -> part.to > part.from)
              .map(part -> part.of.view(part.from, part.to))
              .toArray(ByteBuffer[]::new));
    }
  }

  private static final class Stream extends InputStream {
    private final ByteBuffer[] parts;
    private int part;

    private Stream(ByteBuffer[] parts) {
      this.parts = parts;
      for (ByteBuffer each : parts) {
        each.mark();
      }
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      int done = 0;
      while (done < length && part < parts.length) {
        ByteBuffer from = parts[part];
        int count = Math.min(length - done, from.remaining());
        from.get(bytes, offset + done, count);
        done += count;
        if (!from.hasRemaining()) {
          part++;
        }
      }
      return done == 0 && length > 0 ? -1 : done;
    }

    @Override
    public boolean markSupported() {
      return true;
    }

    @Override
    public void mark(int limit) {
      // Always at the start.
    }

    @Override
    public void reset() {
      for (ByteBuffer each : parts) {
        each.reset();
      }
      part = 0;
    }
  }
}
