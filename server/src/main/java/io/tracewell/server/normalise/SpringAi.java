package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;

/**
 * Spring AI through Micrometer: every value is a string, and the scope is that of the whole
 * application.
 */
final class SpringAi extends Dialect {
  SpringAi() {
    super("spring-ai");
    say(LAST, Field.KIND, "spring.ai.kind");
    kind(SpanKind.WORKFLOW, "chat_client");
    kind(SpanKind.TASK, "advisor");
    String tool = "spring.ai.tool.";
    say(LAST, Field.TOOL_NAME, tool + "definition.name");
    say(LAST, Field.TOOL_CALL_ID, tool + "call.id");
    say(LAST, Field.TOOL_ARGUMENTS, tool + "call.arguments");
    say(LAST, Field.TOOL_RESULT, tool + "call.result");
    say(LAST, Field.SESSION, "spring.ai.chat.client.conversation.id");
    say(LAST, Field.RETRIEVAL_QUERY, "db.vector.query.content");
    say(LAST, Field.DOCUMENTS, "db.vector.query.response.documents");
  }
}
