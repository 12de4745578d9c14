package io.tracewell.server.normalise;

/** What a convention's attribute says. */
enum Field {
  /** What the span does, in the convention's own word; said by who made the span. */
  KIND,
  /** As {@link #KIND}, but {@link #OPERATION} knows better. */
  KIND_HINT,
  /** Better than the span's name. */
  NAME,
  OPERATION,
  PROVIDER,
  MODEL_REQUESTED,
  MODEL_RESPONDED,
  /** The model that answered where the sender knew it, else the one that was asked. */
  MODEL_NAMED,
  RESPONSE_ID,
  FINISH_REASONS,
  /** Seconds. */
  TIME_TO_FIRST_TOKEN,
  TIME_TO_FIRST_TOKEN_MS,
  /** When the first token came: ISO 8601. */
  COMPLETION_START,
  INPUT_TOKENS,
  OUTPUT_TOKENS,
  TOTAL_TOKENS,
  CACHE_READ_TOKENS,
  CACHE_WRITE_TOKENS,
  CACHE_WRITE_5M_TOKENS,
  CACHE_WRITE_1H_TOKENS,
  REASONING_TOKENS,
  INPUT_AUDIO_TOKENS,
  OUTPUT_AUDIO_TOKENS,
  /** A figure of usage that has no field of its own; kept in usage.raw. */
  USAGE_OTHER,
  INPUT_IMAGE_TOKENS,
  OUTPUT_IMAGE_TOKENS,
  CACHE_READ_AUDIO_TOKENS,
  CACHE_READ_IMAGE_TOKENS,
  /** Prompt that a tool of the provider added. */
  TOOL_USE_TOKENS,
  /** Input without what was cached. */
  NO_CACHE_TOKENS,
  /** USD. */
  COST_TOTAL,
  COST_INPUT,
  COST_OUTPUT,
  SYSTEM,
  INPUT_MESSAGES,
  OUTPUT_MESSAGES,
  /** Text or JSON that is not messages. */
  INPUT_TEXT,
  OUTPUT_TEXT,
  /** The answer in pieces, which make one message. */
  ANSWER_TEXT,
  ANSWER_OBJECT,
  ANSWER_REASONING,
  ANSWER_TOOL_CALLS,
  ANSWER_FILES,
  /** What an agent gave back in the end; counts before its messages. */
  RESULT,
  /** Messages that were asked and answered, in one list. */
  CONVERSATION,
  /** Where in {@link #CONVERSATION} this run begins. */
  NEW_MESSAGES,
  /** JSON of message events. */
  EVENTS,
  /** Texts to be embedded. */
  EMBEDDED_TEXTS,
  /** What came of them; how many and how long is shown. */
  VECTORS,
  TOOL_DEFINITIONS,
  TOOL_NAME,
  /** As {@link #TOOL_NAME}, where the span's own name is the better one to show. */
  TOOL_USED,
  /** The name of the tool or agent that the span is of. */
  NAMED,
  TOOL_CALL_ID,
  TOOL_ARGUMENTS,
  TOOL_RESULT,
  DOCUMENTS,
  RETRIEVAL_QUERY,
  AGENT_NAME,
  SESSION,
  USER,
  PROMPT_ID,
  PROMPT_NAME,
  PROMPT_VERSION,
  PROMPT_TEMPLATE,
  PROMPT_VARIABLE,
  /** JSON object of a prompt's variables. */
  PROMPT_VARIABLES,
  PARAMETER,
  /** JSON object of request parameters. */
  PARAMETERS,
  TAGS,
  /** Something the user attached. */
  METADATA,
  /** {@code pending_span} for a span that announces its parent. */
  PENDING,
  PENDING_PARENT,
  /** JSON object of it. */
  METADATA_OBJECT,
  /** {@code ERROR} makes the span one that failed. */
  LEVEL,
  ENVIRONMENT,
  RELEASE,
  ERROR_TYPE,
  ERROR_MESSAGE,
  ERROR_STACK,
  MCP_METHOD,
  DB_SYSTEM,
  DB_OPERATION,
  SERVER_ADDRESS,
  /** JSON whose leaves are attributes of their own: the key, a dot, and the path. */
  NESTED,
  /** A request header, which may be a secret. */
  HEADER,
  /** Known, and of no use to a reader; it is in the raw span. */
  IGNORED;

  static final int COUNT = values().length;

  /** True for what is kept in usage.raw. */
  boolean isUsage() {
    return compareTo(INPUT_TOKENS) >= 0 && compareTo(COST_OUTPUT) <= 0;
  }
}
