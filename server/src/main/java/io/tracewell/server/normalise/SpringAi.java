package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Spring AI through Micrometer: every value is a string, and the scope is that of the whole
 * application.
 */
final class SpringAi extends Dialect {
  private static final Kinds.Decision QUERY =
      new Kinds.Decision(SpanKind.RETRIEVAL, "spring.ai.kind=vector_store, query");
  private static final Kinds.Decision CHANGE =
      new Kinds.Decision(SpanKind.TASK, "spring.ai.kind=vector_store");

  SpringAi() {
    super("spring-ai");
    say(LAST, Field.KIND, "spring.ai.kind");
    kind(SpanKind.WORKFLOW, "chat_client");
    kind(SpanKind.TASK, "advisor");
    // Version 1.0 gives tools the operation "framework".
    kind(SpanKind.TOOL, "tool_call");
    String tool = "spring.ai.tool.";
    say(LAST, Field.TOOL_NAME, tool + "definition.name");
    say(LAST, Field.TOOL_CALL_ID, tool + "call.id");
    say(LAST, Field.TOOL_ARGUMENTS, tool + "call.arguments");
    say(LAST, Field.TOOL_RESULT, tool + "call.result");
    say(LAST, Field.SESSION, "spring.ai.chat.client.conversation.id");
    say(LAST, Field.RETRIEVAL_QUERY, "db.vector.query.content");
    say(LAST, Field.DOCUMENTS, "db.vector.query.response.documents");
    named(Field.PARAMETER, "spring.ai.model.request.tool.names", "tool_names");
  }

  /** Any store of vectors: what it is called does not matter where Spring says that it is one. */
  @Override
  public Kinds.@Nullable Decision kind(Sent.Scope scope, Sent.Span span) {
    if (!span.attributes.text("spring.ai.kind").equals("vector_store")) {
      return null;
    }
    return span.attributes.text("db.operation.name").equals("query") ? QUERY : CHANGE;
  }
}
