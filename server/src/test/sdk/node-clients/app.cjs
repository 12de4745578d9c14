// A program with OpenAI's and Anthropic's clients; the argument says who traces it.
const how = process.argv[2];
let flush = async () => {};
let user = work => work();
let observe = client => client;
if (how === "openinference") {
  const { NodeSDK } = require("@opentelemetry/sdk-node");
  const { OpenAIInstrumentation } = require("@arizeai/openinference-instrumentation-openai");
  const { AnthropicInstrumentation } = require("@arizeai/openinference-instrumentation-anthropic");
  const sdk = new NodeSDK({ instrumentations: [new OpenAIInstrumentation(), new AnthropicInstrumentation()] });
  sdk.start();
  flush = () => sdk.shutdown();
} else if (how === "openllmetry") {
  const traceloop = require("@traceloop/node-server-sdk");
  traceloop.initialize({ appName: process.env.OTEL_SERVICE_NAME, disableBatch: true, silenceInitializationMessage: true });
  flush = () => traceloop.forceFlush();
  user = work => traceloop.withWorkflow({ name: "ask", associationProperties: { session_id: "s-1", user_id: "u-1" } }, work);
} else if (how === "langfuse") {
  const { NodeSDK } = require("@opentelemetry/sdk-node");
  const { LangfuseSpanProcessor } = require("@langfuse/otel");
  const { propagateAttributes, startActiveObservation } = require("@langfuse/tracing");
  const processor = new LangfuseSpanProcessor({ publicKey: "pk-none", secretKey: "sk-none" });
  const sdk = new NodeSDK({ spanProcessors: [processor] });
  sdk.start();
  observe = require("@langfuse/openai").observeOpenAI;
  user = work => startActiveObservation("ask", () => propagateAttributes({ sessionId: "s-1", userId: "u-1" }, work));
  flush = () => sdk.shutdown();
} else if (how === "langsmith") {
  process.env.LANGSMITH_TRACING = "true";
  process.env.LANGSMITH_OTEL_ENABLED = "true";
  const { trace } = require("@opentelemetry/api");
  const { NodeSDK } = require("@opentelemetry/sdk-node");
  const { RunTree } = require("langsmith");
  const { LangSmithOTLPTraceExporter } = require("langsmith/experimental/otel/exporter");
  const { LangSmithOTLPSpanProcessor } = require("langsmith/experimental/otel/processor");
  const { initializeOTEL } = require("langsmith/experimental/otel/setup");
  const { traceable } = require("langsmith/traceable");
  const sdk = new NodeSDK({ spanProcessors: [new LangSmithOTLPSpanProcessor(new LangSmithOTLPTraceExporter())] });
  sdk.start();
  initializeOTEL({ globalTracerProvider: trace.getTracerProvider(), skipGlobalContextManagerSetup: true });
  observe = require("langsmith/wrappers").wrapOpenAI;
  user = work => traceable(work, { name: "ask", metadata: { session_id: "s-1", user_id: "u-1" } })();
  flush = async () => {
    await RunTree.getSharedClient().awaitPendingTraceBatches();
    await sdk.shutdown();
  };
}
const { Anthropic } = require("@anthropic-ai/sdk");
const { OpenAI } = require("openai");

// OpenLLMetry leaves out what was cached and thought.
const USED = how === "openllmetry" ? "[[fake input=5210 output=937]]" : "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const common = { maxRetries: 0, timeout: 20_000 };
const openai = observe(new OpenAI(common));
const anthropic = new Anthropic(common);
const weather = { name: "get_weather", description: "Weather of a city", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };
const model = "gpt-4.1-mini";
const system = { role: "system", content: "You answer in one sentence." };

async function chat() {
  const stream = await openai.chat.completions.create({ model, stream: true, stream_options: { include_usage: true }, messages: [{ role: "user", content: `${USED} Count to three, streamed.` }] });
  let text = "";
  for await (const part of stream) text += part.choices[0]?.delta?.content ?? "";
  console.log("streamed:", text);
  const plain = await openai.chat.completions.create({ model, temperature: 0.2, messages: [system, { role: "user", content: `${USED} Où est le colis 77? 世界` }] });
  console.log("chat:", plain.choices[0].message.content);
}

async function tool() {
  const messages = [{ role: "user", content: "What is the weather in Paris?" }];
  const ask = { model, messages, tools: [{ type: "function", function: weather }] };
  const first = (await openai.chat.completions.create(ask)).choices[0].message;
  const result = { role: "tool", tool_call_id: first.tool_calls[0].id, content: "21 degrees and clear in Paris" };
  console.log("tool:", (await openai.chat.completions.create({ ...ask, messages: [...messages, first, result] })).choices[0].message.content);
}

async function responses() {
  // OpenLLMetry leaves instructions out.
  const ask = { model: "o4-mini", ...(how === "openllmetry" ? {} : { instructions: "You answer." }), input: `${USED} [[fake reasoning-text="Tides follow the moon."]] Why are there tides?` };
  console.log("responses:", (await openai.responses.create(ask)).output_text);
  // These two leave out a stream of this API, or one that nothing is around.
  if (how === "openllmetry" || how === "langsmith") return;
  let text = "";
  for await (const event of await openai.responses.create({ ...ask, input: `${USED} Why, streamed?`, stream: true })) if (event.type === "response.output_text.delta") text += event.delta;
  console.log("responses, streamed:", text);
}

async function embedding() {
  console.log("embedding:", (await openai.embeddings.create({ model: "text-embedding-3-small", input: "the tower of Paris" })).data.length);
}

async function claude() {
  const cached = [{ type: "text", text: "The manual of the parcel service.", cache_control: { type: "ephemeral" } }];
  const ask = { model: "claude-sonnet-4-5", max_tokens: 1000, system: cached, messages: [{ role: "user", content: "[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?" }] };
  console.log("claude:", (await anthropic.messages.create(ask)).content[0].text);
  let text = "";
  for await (const event of await anthropic.messages.create({ ...ask, stream: true })) text += event.delta?.text ?? "";
  console.log("claude, streamed:", text);
  const messages = [{ role: "user", content: "What is the weather in Paris?" }];
  const tools = [{ name: "get_weather", description: "Weather of a city", input_schema: weather.parameters }];
  const first = await anthropic.messages.create({ model: "claude-sonnet-4-5", max_tokens: 1000, messages, tools });
  const use = first.content.find(block => block.type === "tool_use");
  messages.push({ role: "assistant", content: first.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "21 degrees and clear in Paris" }] });
  console.log("claude, tool:", (await anthropic.messages.create({ model: "claude-sonnet-4-5", max_tokens: 1000, messages, tools })).content[0].text);
}

async function refused() {
  try {
    await openai.chat.completions.create({ model, messages: [{ role: "user", content: "[[fake status=400]] Once more?" }] });
  } catch (error) {
    console.log("refused:", error.status);
  }
}

(async () => {
  await user(async () => {
    await chat();
    await tool();
  });
  // The two others wrap OpenAI's client alone.
  const claudeToo = how === "openinference" || how === "openllmetry";
  for (const step of [responses, embedding, ...(claudeToo ? [claude] : []), refused]) await step();
  await flush();
})();
