package io.tracewell.server.normalise;

/** LangChain4j through Micrometer, whose token counts have no prefix. */
final class LangChain4j extends Dialect {
  LangChain4j() {
    super("langchain4j", "dev.langchain4j");
    inScope(LAST, Field.INPUT_TOKENS, "input_tokens");
    inScope(LAST, Field.OUTPUT_TOKENS, "output_tokens");
  }
}
