// A program with Genkit, its telemetry sent by OpenTelemetry.
import { openAI } from "@genkit-ai/compat-oai/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Document, genkit, z } from "genkit";
import { enableTelemetry, flushTracing } from "genkit/tracing";

await enableTelemetry({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
const USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const ai = genkit({ plugins: [openAI({ maxRetries: 0, timeout: 20_000 })] });
const gpt = openAI.model("gpt-4.1-mini");
const weather = ai.defineTool({ name: "get_weather", description: "Weather of a city", inputSchema: z.object({ city: z.string() }), outputSchema: z.any() }, async ({ city }) => ({ city, sky: "clear", celsius: 21 }));

const guide = ai.defineFlow({ name: "guide", inputSchema: z.string(), outputSchema: z.string() }, async question => (await ai.generate({ model: gpt, system: "You answer in one sentence.", prompt: question, config: { temperature: 0.2 } })).text);
console.log("flow:", await guide(`${USED} Où est le colis 77? 世界`));

const { stream } = ai.generateStream({ model: gpt, prompt: `${USED} Count to three, streamed.` });
let text = "";
for await (const part of stream) text += part.text;
console.log("streamed:", text);

console.log("tool:", (await ai.generate({ model: gpt, prompt: "What is the weather in Paris?", tools: [weather] })).text);

const depot = ai.defineRetriever({ name: "depot" }, async question => {
  await ai.embed({ embedder: openAI.embedder("text-embedding-3-small"), content: question });
  return { documents: [Document.fromText("Parcels take two days.", { id: "d1" })] };
});
console.log("retrieval:", (await ai.retrieve({ retriever: depot, query: "How many days do parcels take?" })).length);

const chat = ai.chat?.({ model: gpt });
if (chat) console.log("chat:", (await chat.send("Where is parcel 79?")).text);

try {
  await ai.generate({ model: gpt, prompt: "[[fake status=400]] Once more?" });
} catch (error) {
  console.log("refused:", error.status);
}
await flushTracing();
