// Spans of every kind, evaluations and feedback by the public API of Datadog's SDK.
const { llmobs } = require("dd-trace");

llmobs.trace({ kind: "workflow", name: "answer", sessionId: "session-1" }, flow => {
  llmobs.annotate(flow, { inputData: "Where is parcel 77?", outputData: "In Lyon.", tags: { team: "logistics" } });
  llmobs.trace({ kind: "agent", name: "router" }, () => {
    llmobs.trace({ kind: "retrieval", name: "documents" }, span => llmobs.annotate(span, { inputData: "policy", outputData: [{ text: "Two days. 世界", name: "policy", id: "d-1", score: 0.91 }] }));
    llmobs.trace({ kind: "embedding", name: "embed", modelName: "text-embedding-3-small", modelProvider: "openai" }, span => llmobs.annotate(span, { inputData: [{ text: "policy" }], outputData: "[1 embedding]", metrics: { inputTokens: 4 } }));
    llmobs.trace({ kind: "llm", name: "ask", modelName: "gpt-4o-mini", modelProvider: "openai" }, span => {
      llmobs.annotate(span, { inputData: [{ role: "user", content: "Where is 77?" }], outputData: [{ role: "assistant", content: "In Lyon." }], metrics: { inputTokens: 120, outputTokens: 30, totalTokens: 150 } });
      const exported = llmobs.exportSpan(span);
      llmobs.submitEvaluation(exported, { label: "helpful", metricType: "score", value: 0.8, tags: { judge: "gpt" }, assessment: "pass", reasoning: "clear" });
      llmobs.submitEvaluation(exported, { label: "tone", metricType: "categorical", value: "friendly" });
      if (llmobs.submitFeedback) llmobs.submitFeedback({ label: "thumb", metricType: "boolean", value: true, submitter: { id: "u-1" }, spanId: exported.spanId });
    });
  });
  try {
    llmobs.trace({ kind: "tool", name: "broken" }, span => { llmobs.annotate(span, { inputData: "x" }); throw new TypeError("parcel lost: ümlaut"); });
  } catch { /* shown on the span */ }
  for (let i = 0; i < Number(process.env.TASKS ?? 0); i++) llmobs.trace({ kind: "task", name: "task" }, span => llmobs.annotate(span, { inputData: String(i) }));
});
llmobs.flush();
setTimeout(() => process.exit(0), 3000);
