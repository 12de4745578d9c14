package io.tracewell.server.normalise;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** One name for each provider, whatever an instrumentation calls it. */
final class Providers {
  private static final Map<String, String> ALIASES = new HashMap<>();

  static {
    alias("openai", "openai", "openai_agents", "open_ai");
    alias(
        "azure.ai.openai",
        "az.ai.openai",
        "azure",
        "azure_openai",
        "azureopenai",
        "azure-openai",
        "azure.ai.openai");
    alias("azure.ai.inference", "az.ai.inference", "azure.ai.inference");
    alias("anthropic", "anthropic", "claude");
    alias(
        "aws.bedrock",
        "aws.bedrock",
        "aws",
        "bedrock",
        "bedrock_converse",
        "amazon_bedrock",
        "amazon-bedrock",
        "aws_bedrock");
    alias(
        "gcp.vertex_ai",
        "gcp.vertex_ai",
        "vertex_ai",
        "vertexai",
        "google-vertex",
        "google.vertex",
        "google_vertexai");
    alias(
        "gcp.gemini",
        "gcp.gemini",
        "gemini",
        "google",
        "google_genai",
        "googleai",
        "google-gla",
        "google.generative-ai",
        "google_generativeai",
        "google.generativeai");
    alias("x_ai", "x_ai", "xai", "x-ai");
    alias("mistral_ai", "mistral_ai", "mistral", "mistralai");
    alias("ibm.watsonx.ai", "ibm.watsonx.ai", "watsonx");
    alias("moonshot_ai", "moonshot_ai", "moonshot");
  }

  /** Beginnings of the names of models that their own makers serve. */
  private static final Map<String, String> BY_MODEL =
      Map.ofEntries(
          Map.entry("gemini-", "gcp.gemini"),
          Map.entry("amazon.", "aws.bedrock"),
          Map.entry("command-", "cohere"),
          Map.entry("rerank-", "cohere"),
          Map.entry("embed-", "cohere"),
          Map.entry("mistral-", "mistral_ai"),
          Map.entry("ministral-", "mistral_ai"),
          Map.entry("codestral-", "mistral_ai"),
          Map.entry("deepseek-", "deepseek"),
          Map.entry("grok-", "x_ai"),
          Map.entry("voyage-", "voyage"));

  private static final Set<String> FRAMEWORKS =
      Set.of(
          "langchain",
          "langgraph",
          "llamaindex",
          "llama_index",
          "crewai",
          "autogen",
          "ag2",
          "strands-agents",
          "gcp.vertex.agent",
          "spring_ai",
          "haystack",
          "agno",
          "semantic_kernel",
          "microsoft.agent_framework",
          "smolagents",
          "dspy",
          "genkit",
          "litellm",
          "unknown");

  private Providers() {}

  private static void alias(String canonical, String... names) {
    for (String name : names) {
      ALIASES.put(name, canonical);
    }
  }

  /**
   * The canonical name; inferred from the server's address or the model where the sender named none
   * or a framework; empty where nothing tells.
   */
  static String canonical(String sent, String serverAddress, String model) {
    if (!sent.isEmpty()) {
      String known = ALIASES.get(sent);
      if (known != null) {
        return known;
      }
      String lower = sent.toLowerCase(Locale.ROOT);
      known = ALIASES.get(lower);
      if (known != null) {
        return known;
      }
      int dot = lower.lastIndexOf('.');
      if (dot > 0) {
        // AI SDK: provider and API, such as openai.responses.
        known = ALIASES.get(lower.substring(0, dot));
        if (known != null) {
          return known;
        }
      }
      if (!FRAMEWORKS.contains(lower)) {
        return lower;
      }
    }
    String byHost = ofHost(serverAddress.toLowerCase(Locale.ROOT));
    return byHost.isEmpty() ? ofModel(model) : byHost;
  }

  /** A model's name without its provider's before it: LiteLLM writes openai/gpt-4.1. */
  static String withoutPrefix(String model, String provider) {
    int slash = model.indexOf('/');
    return slash > 0 && !provider.isEmpty() && provider.equals(model.substring(0, slash))
        ? model.substring(slash + 1)
        : model;
  }

  /**
   * Google serves its models twice, and Anthropic's on Vertex AI alone; some say "google" of both.
   */
  static String ofGoogle(String provider, String scopeName, String model) {
    boolean vertex = scopeName.endsWith("vertexai") || model.startsWith("claude-");
    return provider.equals("gcp.gemini") && vertex ? "gcp.vertex_ai" : provider;
  }

  private static String ofHost(String host) {
    if (host.isEmpty()) {
      return "";
    }
    if (host.equals("api.openai.com")) {
      return "openai";
    }
    if (host.endsWith(".openai.azure.com") || host.endsWith(".services.ai.azure.com")) {
      return "azure.ai.openai";
    }
    if (host.equals("api.anthropic.com")) {
      return "anthropic";
    }
    if (host.startsWith("bedrock-runtime") && host.endsWith(".amazonaws.com")) {
      return "aws.bedrock";
    }
    if (host.endsWith("aiplatform.googleapis.com")) {
      return "gcp.vertex_ai";
    }
    if (host.equals("generativelanguage.googleapis.com")) {
      return "gcp.gemini";
    }
    if (host.equals("openrouter.ai")) {
      return "openrouter";
    }
    return host.equals("api.x.ai") ? "x_ai" : "";
  }

  private static String ofModel(String model) {
    String name = model.toLowerCase(Locale.ROOT);
    int slash = name.indexOf('/');
    String before = slash < 0 ? null : ALIASES.get(name.substring(0, slash));
    if (before != null) {
      return before;
    }
    if (name.contains("anthropic.claude")) {
      return "aws.bedrock";
    }
    if (name.startsWith("claude-")) {
      return name.contains("@") ? "gcp.vertex_ai" : "anthropic";
    }
    if (name.startsWith("gpt-")
        || name.startsWith("o1")
        || name.startsWith("o3")
        || name.startsWith("o4")
        || name.startsWith("chatgpt-")
        || name.startsWith("text-embedding-")) {
      return "openai";
    }
    for (Map.Entry<String, String> beginning : BY_MODEL.entrySet()) {
      if (name.startsWith(beginning.getKey())) {
        return beginning.getValue();
      }
    }
    return "";
  }
}
