package io.tracewell.server.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tracewell.server.http.ApiException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Where a row stands in a list: by the sorted value, then by its keys.
 *
 * @param value sorted value
 * @param key trace key, without a sign
 * @param subKey span key where rows are spans, without a sign; else 0
 */
record Position(long value, BigInteger key, BigInteger subKey) implements Comparable<Position> {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Before every row of that value. */
  static Position first(long value) {
    return new Position(value, BigInteger.ZERO, BigInteger.ZERO);
  }

  /** Behind every row of that value. */
  static Position last(long value) {
    return new Position(
        value,
        BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE),
        BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE));
  }

  @Override
  public int compareTo(Position other) {
    int byValue = Long.compare(value, other.value);
    if (byValue != 0) {
      return byValue;
    }
    int byKey = key.compareTo(other.key);
    return byKey != 0 ? byKey : subKey.compareTo(other.subKey);
  }

  /**
   * What a cursor holds: the position of the last row, and the range of time, so that "now" stays
   * what it was on the first page.
   *
   * @param question hash of query and order: a cursor belongs to one list
   */
  record Cursor(Position after, TimeRange range, int question) {
    /** Opaque text for a URL. */
    String encode() {
      ObjectNode node = JSON.createObjectNode();
      node.put("v", after.value);
      node.put("k", after.key.toString(16));
      node.put("s", after.subKey.toString(16));
      node.put("f", range.from());
      node.put("t", range.to());
      node.put("q", question);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(node.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a cursor.
     *
     * @throws ApiException 400 where it is not one of ours, or of another list
     */
    static @Nullable Cursor decode(@Nullable String text, int question) {
      if (text == null || text.isEmpty()) {
        return null;
      }
      Cursor cursor;
      try {
        JsonNode node = JSON.readTree(Base64.getUrlDecoder().decode(text));
        cursor =
            new Cursor(
                new Position(
                    node.required("v").asLong(),
                    new BigInteger(node.required("k").asText(), 16),
                    new BigInteger(node.required("s").asText(), 16)),
                new TimeRange(node.required("f").asLong(), node.required("t").asLong()),
                node.required("q").asInt());
      } catch (IOException | IllegalArgumentException e) {
        throw ApiException.badRequest(
            "“cursor” can't be read. Send next_cursor of the page before unchanged, or leave it out for the first"
                + " page.");
      }
      if (cursor.question != question || cursor.after.key.signum() < 0) {
        throw ApiException.badRequest(
            "“cursor” belongs to another query or order. Leave it out for the first page.");
      }
      return cursor;
    }
  }
}
