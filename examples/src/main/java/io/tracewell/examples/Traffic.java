package io.tracewell.examples;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Who comes when, and asks what: follows from the seed and the minute alone. */
final class Traffic {
  static final List<String> APPLICATIONS =
      List.of("support-bot", "trip-planner", "deep-research", "ask-sql");

  private static final double[] BY_HOUR = {
    .35, .28, .22, .2, .22, .3, .5, .8, 1.2, 1.55, 1.7, 1.65, 1.4, 1.5, 1.7, 1.75, 1.65, 1.4, 1.15,
    1.05, .95, .8, .6, .45
  };

  private final long seed;
  private final Cases cases;
  private final Incident incident;
  private final double perMinute;

  /**
   * A conversation to come.
   *
   * @param seed of its strand
   */
  record Visit(
      Instant start,
      String application,
      String session,
      String user,
      List<String> messages,
      long seed) {}

  /**
   * @param traces how many there are to be in seven ordinary days
   */
  Traffic(long seed, Cases cases, Incident incident, int traces) {
    this.seed = seed;
    this.cases = cases;
    this.incident = incident;
    double weights = 0;
    for (double hour : BY_HOUR) {
      weights += hour / 24 * (5 + 2 * 0.5) / 7;
    }
    SplittableRandom random = new SplittableRandom(seed);
    int messages = 0;
    for (int i = 0; i < 2000; i++) {
      messages += cases.conversation(application(random, 0), random).size();
    }
    this.perMinute = traces / (7 * 1440.0) / weights / (messages / 2000.0);
  }

  /** The conversations that begin in a minute since the epoch. */
  List<Visit> minute(long minute) {
    SplittableRandom random = new SplittableRandom(mix(seed, minute));
    Instant from = Instant.ofEpochSecond(minute * 60);
    int count = poisson(perMinute * weight(from), random);
    List<Visit> visits = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      visits.add(visit(from.plusMillis(random.nextInt(60_000)), random.split(), trips(from)));
    }
    return visits;
  }

  /** A conversation that begins at {@code start}. */
  Visit visit(Instant start, SplittableRandom random, double trips) {
    String application = application(random, trips);
    // A few users come often.
    int user = (int) (1800 * Math.pow(random.nextDouble(), 1.7));
    return new Visit(
        start,
        application,
        "chat-" + (10_000 + random.nextInt(900_000)),
        "u_" + (10_000 + user * 7),
        cases.conversation(application, random),
        random.nextLong());
  }

  /**
   * Runs a conversation in the strand of this thread: its messages one after the other, with time
   * to read and type between them, and none at {@code end} or later. A failure is the application's
   * to report and ends the conversation now and then.
   */
  static int run(Visit visit, Application application, Instant end) {
    Application.Conversation conversation = application.open(visit.session, visit.user);
    int traces = 0;
    for (String message : visit.messages) {
      if (traces > 0) {
        Strand.current().sleep(Duration.ofSeconds(18 + Strand.current().random().nextInt(110)));
      }
      if (!Strand.current().now().isBefore(end)) {
        break;
      }
      traces++;
      boolean failed =
          Telemetry.request(visit.session, visit.user)
              .wrapSupplier(
                  () -> {
                    try {
                      conversation.say(message);
                      return false;
                    } catch (RuntimeException e) {
                      return true;
                    }
                  })
              .get();
      if (failed && Strand.current().chance(0.5)) {
        break;
      }
    }
    return traces;
  }

  private double weight(Instant at) {
    OffsetDateTime time = at.atOffset(ZoneOffset.UTC);
    double next = BY_HOUR[(time.getHour() + 1) % 24];
    double here = BY_HOUR[time.getHour()];
    double weight = here + (next - here) * time.getMinute() / 60;
    DayOfWeek day = time.getDayOfWeek();
    if (day == DayOfWeek.SATURDAY || day == DayOfWeek.SUNDAY) {
      weight *= 0.5;
    }
    if (incident.peak(at)) {
      return weight * 8;
    }
    boolean near =
        at.isAfter(incident.at(Incident.PLANNER_V14).minusSeconds(1800))
            && at.isBefore(incident.at(Incident.PEAK_ENDS).plusSeconds(900));
    return near ? weight * 2.5 : weight;
  }

  /** The added share of trips: the week's offers went out in the afternoon of the incident. */
  private double trips(Instant at) {
    return incident.peak(at)
        ? 0.4
        : incident.plannerV14(at) && incident.tokenExpired(at) ? 0.12 : 0;
  }

  private static String application(SplittableRandom random, double trips) {
    double lot = random.nextDouble();
    if (lot < trips) {
      return "trip-planner";
    }
    lot = random.nextDouble();
    return lot < 0.72
        ? "support-bot"
        : lot < 0.885 ? "ask-sql" : lot < 0.99 ? "trip-planner" : "deep-research";
  }

  private static int poisson(double mean, SplittableRandom random) {
    double limit = Math.exp(-mean);
    double product = random.nextDouble();
    int count = 0;
    while (product > limit) {
      product *= random.nextDouble();
      count++;
    }
    return count;
  }

  static long mix(long a, long b) {
    long z = (a * 0x9E3779B97F4A7C15L + b) * 0xBF58476D1CE4E5B9L;
    return (z ^ z >>> 31) * 0x94D049BB133111EBL;
  }
}
