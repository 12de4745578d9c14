// A LlamaIndex program, traced by OpenLLMetry.
const traceloop = require("@traceloop/node-server-sdk");
traceloop.initialize({ appName: process.env.OTEL_SERVICE_NAME, disableBatch: true, silenceInitializationMessage: true });
const { OpenAI, OpenAIEmbedding } = require("@llamaindex/openai");
const { agent } = require("@llamaindex/workflow");
const { Document, Settings, VectorStoreIndex, tool } = require("llamaindex");
const { z } = require("zod");

const USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const common = { maxRetries: 0, timeout: 20_000 };
const gpt = new OpenAI({ ...common, model: "gpt-4.1-mini", temperature: 0.2 });
Settings.llm = gpt;
Settings.embedModel = new OpenAIEmbedding({ model: "text-embedding-3-small" });
const weather = tool({ name: "get_weather", description: "Weather of a city", parameters: z.object({ city: z.string() }), execute: ({ city }) => `21 degrees and clear in ${city}` });

async function main() {
  const asked = { messages: [{ role: "system", content: "You answer in one sentence." }, { role: "user", content: `${USED} Où est le colis 77? 世界` }] };
  console.log("chat:", (await gpt.chat(asked)).message.content);
  let text = "";
  for await (const part of await gpt.chat({ messages: [{ role: "user", content: `${USED} Count to three, streamed.` }], stream: true })) text += part.delta;
  console.log("streamed:", text);
  const index = await VectorStoreIndex.fromDocuments([new Document({ text: "Parcels take two days." }), new Document({ text: "The depot is in Lyon." })]);
  console.log("query:", String((await index.asQueryEngine().query({ query: "How many days do parcels take?" })).message.content));
  const helper = agent({ name: "weather", llm: gpt, tools: [weather], systemPrompt: "You help." });
  console.log("agent:", (await helper.run("What is the weather in Paris?")).data.result);
  try {
    await gpt.chat({ messages: [{ role: "user", content: "[[fake status=400]] Once more?" }] });
  } catch (error) {
    console.log("refused:", error.status);
  }
  await traceloop.forceFlush();
}
main();
