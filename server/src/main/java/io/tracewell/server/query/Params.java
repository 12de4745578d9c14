package io.tracewell.server.query;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Collects the parameters of a statement: values never stand in its text. */
final class Params {
  private final Map<String, Object> values = new LinkedHashMap<>();

  /** A string. */
  String string(String value) {
    return add("String", value);
  }

  /** A whole number. */
  String int64(long value) {
    return add("Int64", Long.toString(value));
  }

  /** A floating-point number. */
  String real(java.math.BigDecimal value) {
    return add("Float64", Double.toString(value.doubleValue()));
  }

  /** An unsigned 64-bit key. */
  String key(long value) {
    return add("UInt64", Long.toUnsignedString(value));
  }

  /** A 128-bit key. */
  String traceKey(java.math.BigInteger value) {
    return add("UInt128", value.toString());
  }

  /** A list of numbers for {@code IN}: type is the type of one. */
  String numbers(String type, Collection<? extends Number> numbers) {
    return add(
        "Array(" + type + ")",
        numbers.stream()
            .map(n -> n instanceof Long l ? Long.toUnsignedString(l) : n.toString())
            .collect(Collectors.joining(",", "[", "]")));
  }

  /** A list of strings for {@code IN} or {@code has}. */
  String strings(Collection<String> strings) {
    return strings.stream().map(this::string).collect(Collectors.joining(", ", "[", "]"));
  }

  /** An instant, nanoseconds since the epoch, as DateTime64(9). */
  String instant(long nanos) {
    return "fromUnixTimestamp64Nano(" + int64(nanos) + ", 'UTC')";
  }

  /** Whole seconds since the epoch, as DateTime. */
  String second(long seconds) {
    return "toDateTime("
        + add("UInt32", Long.toString(Math.clamp(seconds, 0, 4_294_967_295L)))
        + ", 'UTC')";
  }

  /** A decimal number of USD. */
  String money(java.math.BigDecimal value) {
    return add(
        "Decimal(38, 12)", value.setScale(12, java.math.RoundingMode.HALF_UP).toPlainString());
  }

  /** What was collected, by name. */
  Map<String, Object> values() {
    return values;
  }

  private String add(String type, String value) {
    String name = "p" + values.size();
    values.put(name, value);
    return "{" + name + ":" + type + "}";
  }
}
