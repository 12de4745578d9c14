// A program with Vercel's AI SDK and its OpenTelemetry integration, as its documentation sets it up.
import { anthropic } from "@ai-sdk/anthropic";
import { openai } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { embed, generateObject, generateText, isStepCount, registerTelemetry, streamText, tool } from "ai";
import { z } from "zod";

const sdk = new NodeSDK();
sdk.start();
registerTelemetry(new OpenTelemetry());

const USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const common = { maxRetries: 0, abortSignal: AbortSignal.timeout(20_000) };
const gpt = openai.chat("gpt-4.1-mini");
const weather = tool({
  description: "Weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, sky: "clear", celsius: 21 }),
});

const plain = await generateText({ ...common, model: gpt, temperature: 0.2, instructions: "You answer in one sentence.", prompt: `${USED} Où est le colis 77? 世界`, telemetry: { functionId: "guide" } });
console.log("plain:", plain.text);

const streamed = streamText({ ...common, model: gpt, prompt: `${USED} Count to three, streamed.` });
let text = "";
for await (const part of streamed.textStream) text += part;
console.log("streamed:", text);

const withTool = await generateText({ ...common, model: gpt, tools: { get_weather: weather }, stopWhen: isStepCount(3), prompt: "What is the weather in Paris?" });
console.log("tool:", withTool.text);

const reasoned = await generateText({ ...common, model: openai.responses("o4-mini"), prompt: `${USED} [[fake reasoning-text="Tides follow the moon."]] Why are there tides?` });
console.log("responses:", reasoned.text);

const object = await generateObject({ ...common, model: gpt, schema: z.object({ city: z.string() }), prompt: "The capital of Romania as an object: Bucharest" });
console.log("object:", object.object);

const manual = { role: "system", content: "The manual of the parcel service.", providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } };
const claude = await generateText({ ...common, model: anthropic("claude-sonnet-4-5"), maxOutputTokens: 1000, instructions: manual, prompt: "[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?" });
console.log("claude:", claude.text);

const vector = await embed({ ...common, model: openai.embedding("text-embedding-3-small"), value: "the tower of Paris" });
console.log("embedding:", vector.embedding.length);

try {
  await generateText({ ...common, model: gpt, prompt: "[[fake status=429]] Once more?" });
} catch (error) {
  console.log("refused:", error.statusCode);
}
await sdk.shutdown();
