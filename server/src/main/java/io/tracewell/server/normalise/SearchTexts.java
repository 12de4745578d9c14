package io.tracewell.server.normalise;

import io.tracewell.core.MessageText;
import io.tracewell.core.Span;
import java.util.List;

/** What search needs of a span, read from its content again. */
public final class SearchTexts {
  private SearchTexts() {}

  /** The {@link Span#texts} that the span had when it was normalised. */
  public static List<MessageText> of(Span span) {
    return Digest.of(span.system(), span.input(), span.output(), span.documents(), span.error())
        .texts();
  }
}
