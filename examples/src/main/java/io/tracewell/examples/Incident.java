package io.tracewell.examples;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;

/**
 * The story in the demo's data, all on one day (UTC). At 15:12 the travel agency's refresh token
 * for the flight service expires: each flight search fails from then on, yet trips are still
 * planned, because the planner's prompt says to go on after two failures. At 16:13 version 14 of
 * the prompt goes live without that rule: the agent repeats the search, and its longer
 * conversations run into the model's rate limit, most of all from 16:22, when traffic rises. At
 * 17:40 the token is renewed.
 */
public record Incident(LocalDate day) {
  static final LocalTime TOKEN_EXPIRES = LocalTime.of(15, 12, 44);
  static final LocalTime PLANNER_V14 = LocalTime.of(16, 13);
  static final LocalTime PEAK = LocalTime.of(16, 22);
  static final LocalTime PEAK_ENDS = LocalTime.of(16, 29);
  static final LocalTime TOKEN_RENEWED = LocalTime.of(17, 40);

  Instant at(LocalTime time) {
    return day.atTime(time).toInstant(ZoneOffset.UTC);
  }

  boolean tokenExpired(Instant now) {
    return !now.isBefore(at(TOKEN_EXPIRES)) && now.isBefore(at(TOKEN_RENEWED));
  }

  boolean plannerV14(Instant now) {
    return !now.isBefore(at(PLANNER_V14));
  }

  boolean peak(Instant now) {
    return !now.isBefore(at(PEAK)) && now.isBefore(at(PEAK_ENDS));
  }

  /** How likely the model's rate limit stops a long conversation at this time. */
  double rateLimit(Instant now) {
    if (peak(now)) {
      return 0.85;
    }
    return plannerV14(now) && tokenExpired(now) ? 0.4 : 0.02;
  }
}
