package io.tracewell.server.normalise;

import io.tracewell.core.SpanKind;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a span does: ordered rules, the first that fits decides and is recorded. */
final class Kinds {
  /** A kind and the rule that gave it. */
  record Decision(SpanKind kind, String rule) {}

  /**
   * What the rules look at. Empty where not sent.
   *
   * @param said what the span's maker said in a word of his convention
   * @param hinted the same, by one who knows less than the operation
   * @param plain true for work inside a program that no library wrote and no protocol describes
   */
  record Signs(
      @Nullable Decision said,
      @Nullable Decision hinted,
      boolean root,
      String operation,
      String mcpMethod,
      String dbSystem,
      String dbOperation,
      boolean tool,
      boolean model,
      boolean usageOrContent,
      boolean embedding,
      boolean documents,
      boolean agent,
      boolean convention,
      boolean plain) {}

  private static final Map<String, SpanKind> OPERATIONS =
      Map.ofEntries(
          Map.entry("chat", SpanKind.LLM),
          Map.entry("text_completion", SpanKind.LLM),
          Map.entry("completion", SpanKind.LLM),
          Map.entry("acompletion", SpanKind.LLM),
          Map.entry("atext_completion", SpanKind.LLM),
          Map.entry("aresponses", SpanKind.LLM),
          Map.entry("agenerate_content", SpanKind.LLM),
          Map.entry("aimage_generation", SpanKind.LLM),
          Map.entry("aspeech", SpanKind.LLM),
          Map.entry("atranscription", SpanKind.LLM),
          Map.entry("aembedding", SpanKind.EMBEDDING),
          Map.entry("arerank", SpanKind.RETRIEVAL),
          Map.entry("amoderation", SpanKind.GUARDRAIL),
          Map.entry("generate_content", SpanKind.LLM),
          Map.entry("generate", SpanKind.LLM),
          Map.entry("generate_text", SpanKind.LLM),
          Map.entry("responses", SpanKind.LLM),
          Map.entry("fetch_response", SpanKind.LLM),
          Map.entry("image_generation", SpanKind.LLM),
          Map.entry("speech", SpanKind.LLM),
          Map.entry("transcription", SpanKind.LLM),
          Map.entry("chat.completions", SpanKind.LLM),
          Map.entry("text.completions", SpanKind.LLM),
          Map.entry("image", SpanKind.LLM),
          Map.entry("embeddings", SpanKind.EMBEDDING),
          Map.entry("embedding", SpanKind.EMBEDDING),
          Map.entry("embed", SpanKind.EMBEDDING),
          Map.entry("rerank", SpanKind.RETRIEVAL),
          Map.entry("retrieval", SpanKind.RETRIEVAL),
          Map.entry("search", SpanKind.RETRIEVAL),
          Map.entry("execute_tool", SpanKind.TOOL),
          Map.entry("invoke_agent", SpanKind.AGENT),
          Map.entry("create_agent", SpanKind.AGENT),
          Map.entry("agent", SpanKind.AGENT),
          Map.entry("tool.execute", SpanKind.TOOL),
          Map.entry("agent_step", SpanKind.TASK),
          Map.entry("execute_event_loop_cycle", SpanKind.TASK),
          Map.entry("invoke_workflow", SpanKind.WORKFLOW),
          Map.entry("workflow", SpanKind.WORKFLOW),
          Map.entry("chain", SpanKind.WORKFLOW),
          Map.entry("framework", SpanKind.WORKFLOW),
          Map.entry("plan", SpanKind.TASK),
          Map.entry("task", SpanKind.TASK),
          Map.entry("evaluate", SpanKind.TASK),
          Map.entry("guardrail", SpanKind.GUARDRAIL),
          Map.entry("apply_guardrail", SpanKind.GUARDRAIL),
          Map.entry("run_guardrail", SpanKind.GUARDRAIL),
          Map.entry("guardrail_check", SpanKind.GUARDRAIL),
          Map.entry("moderation", SpanKind.GUARDRAIL));

  private static final Set<String> VECTOR_STORES =
      Set.of(
          "chroma",
          "chromadb",
          "pinecone",
          "qdrant",
          "weaviate",
          "milvus",
          "lancedb",
          "marqo",
          "pgvector");

  private static final Set<String> VECTOR_QUERIES =
      Set.of(
          "query",
          "search",
          "get",
          "similarity",
          "similarity_search",
          "hybrid_search",
          "query_points",
          "query_batch_points",
          "search_batch",
          "search_groups",
          "recommend",
          "discover");

  // Decided once: a rule with the operation's name in it is a string that would be built per span.
  private static final Map<String, Decision> BY_OPERATION = new java.util.HashMap<>();

  static {
    OPERATIONS.forEach(
        (name, kind) ->
            BY_OPERATION.put(name, new Decision(kind, "gen_ai.operation.name=" + name)));
  }

  private static final Decision OTHER_MODEL_OPERATION =
      new Decision(SpanKind.LLM, "gen_ai.operation.name=other, with a model and content");
  private static final Decision OTHER_OPERATION =
      new Decision(SpanKind.TASK, "gen_ai.operation.name=other");
  private static final Decision MCP_TOOL =
      new Decision(SpanKind.TOOL, "mcp.method.name=tools/call");
  private static final Decision MCP_OTHER = new Decision(SpanKind.TASK, "mcp.method.name");
  private static final Decision VECTOR_QUERY =
      new Decision(SpanKind.RETRIEVAL, "db.system: query of a vector store");
  private static final Decision VECTOR_OTHER =
      new Decision(SpanKind.TASK, "db.system: other work of a vector store");
  private static final Decision TOOL = new Decision(SpanKind.TOOL, "has a tool and no model");
  private static final Decision EMBEDDING =
      new Decision(SpanKind.EMBEDDING, "has embedding dimensions");
  private static final Decision MODEL =
      new Decision(SpanKind.LLM, "has a model and usage or messages");
  private static final Decision DOCUMENTS = new Decision(SpanKind.RETRIEVAL, "has documents");
  private static final Decision AGENT = new Decision(SpanKind.AGENT, "has an agent and no model");
  private static final Decision GENAI =
      new Decision(SpanKind.TASK, "has a convention's attributes");
  private static final Decision ROOT =
      new Decision(SpanKind.WORKFLOW, "has a convention's attributes and no parent");
  private static final Decision PLAIN_ROOT =
      new Decision(
          SpanKind.WORKFLOW,
          "begins a trace, inside a program, and nothing says another product's work");
  private static final Decision NOTHING = new Decision(SpanKind.SPAN, "no sign of LLM work");

  /** A span that a convention marks as LLM work and that does none. */
  static final Decision NOISE = new Decision(SpanKind.SPAN, "an instrumentation's own work");

  private Kinds() {}

  static Decision decide(Signs signs) {
    if (signs.said != null) {
      return signs.said;
    }
    if (!signs.operation.isEmpty()) {
      Decision known = ofOperation(signs.operation);
      if (known != null) {
        return known;
      }
      if (isVectorStore(signs)) {
        return ofVectorStore(signs);
      }
      return signs.model && signs.usageOrContent ? OTHER_MODEL_OPERATION : OTHER_OPERATION;
    }
    if (signs.hinted != null) {
      return signs.hinted;
    }
    if (!signs.mcpMethod.isEmpty()) {
      return signs.mcpMethod.equals("tools/call") ? MCP_TOOL : MCP_OTHER;
    }
    if (isVectorStore(signs)) {
      return ofVectorStore(signs);
    }
    if (signs.tool && !signs.model) {
      return TOOL;
    }
    if (signs.embedding) {
      return EMBEDDING;
    }
    if (signs.model && signs.usageOrContent) {
      return MODEL;
    }
    if (signs.documents) {
      return DOCUMENTS;
    }
    if (signs.agent && !signs.model) {
      return AGENT;
    }
    if (!signs.convention) {
      return signs.root && signs.plain ? PLAIN_ROOT : NOTHING;
    }
    return signs.root ? ROOT : GENAI;
  }

  private static boolean isVectorStore(Signs signs) {
    return !signs.dbSystem.isEmpty()
        && VECTOR_STORES.contains(signs.dbSystem.toLowerCase(Locale.ROOT));
  }

  private static Decision ofVectorStore(Signs signs) {
    return VECTOR_QUERIES.contains(signs.dbOperation.toLowerCase(Locale.ROOT))
        ? VECTOR_QUERY
        : VECTOR_OTHER;
  }

  /** True for the name of an operation. */
  static boolean isOperation(String name) {
    return BY_OPERATION.containsKey(name);
  }

  private static @Nullable Decision ofOperation(String operation) {
    Decision exact = BY_OPERATION.get(operation);
    if (exact != null) {
      return exact;
    }
    String lower = operation.toLowerCase(Locale.ROOT);
    if (lower.endsWith("_memory")) {
      return new Decision(SpanKind.TASK, "gen_ai.operation.name=*_memory");
    }
    return BY_OPERATION.get(lower);
  }
}
