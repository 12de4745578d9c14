package io.tracewell.core;

/**
 * The model side of an LLM or embedding span. Empty strings mean "not sent".
 *
 * @param provider canonical provider name, for example {@code openai}, {@code anthropic}, {@code
 *     aws.bedrock}
 * @param requested model asked for
 * @param responded model that answered, where it is another than was asked for
 * @param responseId the provider's id of the answer
 * @param operation {@code chat}, {@code text_completion}, {@code embeddings} …
 * @param parameters JSON object of request parameters (temperature, max_tokens …)
 * @param finishReasons comma-separated, canonical
 * @param timeToFirstTokenNanos -1 where not sent
 */
public record ModelCall(
    String provider,
    String requested,
    String responded,
    String responseId,
    String operation,
    String parameters,
    String finishReasons,
    long timeToFirstTokenNanos) {
  /** A model that answered as asked for is named once. */
  public ModelCall {
    responded = responded.equals(requested) ? "" : responded;
  }

  /** No model call. */
  public static final ModelCall NONE = new ModelCall("", "", "", "", "", "", "", -1);

  /** The model to show and to price: what answered, else what was asked for. */
  public String name() {
    return responded.isEmpty() ? requested : responded;
  }
}
