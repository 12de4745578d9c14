package io.tracewell.bench;

/** Words and groups of words of a seed, and the generators that write texts with them. */
final class Corpus {
  /** Applications, each with a generator of its own: service.name of what is sent. */
  static final String[] APPLICATIONS = {
    "support-bot",
    "trip-planner",
    "deep-research",
    "ask-sql",
    "code-helper",
    "mail-writer",
    "contract-reader",
    "shop-guide"
  };

  final Vocabulary vocabulary;
  final Texts.Phrases phrases;

  Corpus(long seed) {
    vocabulary = new Vocabulary(seed);
    phrases = new Texts.Phrases(vocabulary, seed + 1);
  }

  /**
   * Requests of one application.
   *
   * @param number tells generators of one seed apart
   * @param version service.version of what is sent
   */
  BodyGenerator bodies(
      Shape shape, long seed, int number, String version, int maxSpans, int maxBytes) {
    String application = APPLICATIONS[number % APPLICATIONS.length];
    return new BodyGenerator(
        new TraceGenerator(shape, vocabulary, phrases, seed, number, application),
        application,
        version,
        maxSpans,
        maxBytes);
  }
}
