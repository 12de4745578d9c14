package io.tracewell.testkit;

/** Decides what the fake provider answers. Must be thread-safe, and depend on its input alone. */
public interface Script {
  /** The answer to a chat request. */
  Reply reply(Ask ask);

  /** The vector of a text: texts that share words are near each other. */
  default float[] embed(String text, int dimensions) {
    return Embeddings.embed(text, dimensions);
  }

  /** Answers from the prompt alone; see {@link DefaultScript}. */
  static Script standard() {
    return new DefaultScript();
  }
}
