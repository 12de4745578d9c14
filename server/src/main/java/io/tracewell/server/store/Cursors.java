package io.tracewell.server.store;

import io.tracewell.server.clickhouse.ClickHouse;
import java.util.Map;
import java.util.UUID;

/** How far each follower has come in the commit log of each server. */
final class Cursors {
  private Cursors() {}

  /** Everything up to this sequence number is done; 0 for nothing. */
  static long read(ClickHouse clickHouse, String follower, UUID server) {
    return clickHouse
        .query(
            "SELECT max(seq) AS seq FROM follower_cursor WHERE follower = {follower:String}"
                + " AND server_id = {server:UUID}",
            Map.of("follower", follower, "server", server.toString()),
            ClickHouse.Limits.DEFAULT,
            row -> row.int64("seq"))
        .getFirst();
  }

  static void write(ClickHouse clickHouse, String follower, UUID server, long seq) {
    clickHouse.execute(
        "INSERT INTO follower_cursor (follower, server_id, seq) SELECT {follower:String},"
            + " {server:UUID}, {seq:UInt64}",
        Map.of("follower", follower, "server", server.toString(), "seq", seq),
        ClickHouse.Limits.DEFAULT);
  }
}
