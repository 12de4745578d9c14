// A program with Mastra's agents and its own exporter of OpenTelemetry.
import { openai } from "@ai-sdk/openai";
import { anthropic } from "@ai-sdk/anthropic";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { Observability } from "@mastra/observability";
import { OtelExporter } from "@mastra/otel-exporter";
import { z } from "zod";

const USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const weather = createTool({
  id: "get_weather",
  description: "Weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, sky: "clear", celsius: 21 }),
});
const guide = new Agent({ id: "guide", name: "guide", instructions: "You answer in one sentence.", model: openai.chat("gpt-4.1-mini"), tools: { get_weather: weather }, maxRetries: 0 });
const thinker = new Agent({ id: "thinker", name: "thinker", instructions: "You think.", model: openai.responses("o4-mini"), maxRetries: 0 });
const claude = new Agent({
  id: "claude",
  name: "claude",
  instructions: { role: "system", content: "The manual of the parcel service.", providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } },
  model: anthropic("claude-sonnet-4-5"),
  maxRetries: 0,
});
const ask = createStep({ id: "ask", inputSchema: z.object({ question: z.string() }), outputSchema: z.object({ text: z.string() }), execute: async ({ inputData, mastra, tracingContext }) => ({ text: (await mastra.getAgent("guide").generate(inputData.question, { tracingContext })).text }) });
const flow = createWorkflow({ id: "flow", inputSchema: z.object({ question: z.string() }), outputSchema: z.object({ text: z.string() }) }).then(ask).commit();
const observability = new Observability({ configs: { otel: { serviceName: process.env.OTEL_SERVICE_NAME, exporters: [new OtelExporter({ provider: { custom: { endpoint: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, protocol: "http/protobuf" } } })] } } });
const mastra = new Mastra({ agents: { guide, thinker, claude }, workflows: { flow }, observability, logger: false });

const told = { tracingOptions: { metadata: { sessionId: "s-1", userId: "u-1" }, tags: ["test"] } };
console.log("plain:", (await mastra.getAgent("guide").generate(`${USED} Où est le colis 77? 世界`, told)).text);
const stream = await mastra.getAgent("guide").stream(`${USED} Count to three, streamed.`);
let text = "";
for await (const part of stream.textStream) text += part;
console.log("streamed:", text);
console.log("tool:", (await mastra.getAgent("guide").generate("What is the weather in Paris?")).text);
console.log("responses:", (await mastra.getAgent("thinker").generate(`${USED} [[fake reasoning-text="Tides follow the moon."]] Why are there tides?`)).text);
console.log("claude:", (await mastra.getAgent("claude").generate("[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?")).text);
const run = await mastra.getWorkflow("flow").createRun();
console.log("workflow:", (await run.start({ inputData: { question: "Where is parcel 79?" } })).status);
try {
  await mastra.getAgent("guide").generate("[[fake status=400]] Once more?");
} catch (error) {
  console.log("refused:", error.statusCode ?? error.message);
}
await observability.shutdown();
