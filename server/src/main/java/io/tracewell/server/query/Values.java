package io.tracewell.server.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How stored values are written in the API. */
final class Values {
  /** Writes {@link Views} in snake case; reads what senders wrote without changing its numbers. */
  static final JsonMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNestingDepth(1_000)
                          .build())
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private Values() {}

  /** ISO instant of nanoseconds since the epoch. */
  static String time(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }

  /** Null for the empty string. */
  static @Nullable String text(String value) {
    return value.isEmpty() ? null : value;
  }

  /** Null for what is not known. */
  static @Nullable String number(long value) {
    return value < 0 ? null : Long.toString(value);
  }

  /** Input and output together; null where neither is known. */
  static @Nullable String tokens(long input, long output) {
    return input < 0 && output < 0 ? null : Long.toString(Math.max(input, 0) + Math.max(output, 0));
  }

  /** USD without needless zeros. */
  static @Nullable String money(@Nullable BigDecimal value) {
    if (value == null) {
      return null;
    }
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }

  /** 32 hex digits. */
  static String traceKey(BigInteger key) {
    String hex = key.toString(16);
    return "0".repeat(32 - hex.length()) + hex;
  }

  /** A JSON object as stored; an empty one where it is empty or no object. */
  static JsonNode object(String json) {
    JsonNode node = json(json);
    return node != null && node.isObject() ? node : JSON.createObjectNode();
  }

  /** JSON as stored, or null where it is none. */
  static @Nullable JsonNode json(String json) {
    if (json.isEmpty()) {
      return null;
    }
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
