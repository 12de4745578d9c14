// A LangChain program with an agent of LangGraph, traced by OpenInference.
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import { ChatAnthropic } from "@langchain/anthropic";
import * as manager from "@langchain/core/callbacks/manager";
import { Document } from "@langchain/core/documents";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { BaseRetriever } from "@langchain/core/retrievers";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { createAgent, tool } from "langchain";
import { z } from "zod";

const sdk = new NodeSDK();
sdk.start();
new LangChainInstrumentation().manuallyInstrument(manager);

const USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]";
const common = { maxRetries: 0, timeout: 20_000 };
const gpt = new ChatOpenAI({ ...common, model: "gpt-4.1-mini", temperature: 0.2 });
const thinker = new ChatOpenAI({ ...common, model: "o4-mini", useResponsesApi: true });
const claude = new ChatAnthropic({ ...common, model: "claude-sonnet-4-5", maxTokens: 1000 });
const weather = tool(({ city }) => `21 degrees and clear in ${city}`, { name: "get_weather", description: "Weather of a city", schema: z.object({ city: z.string() }) });

class Depot extends BaseRetriever {
  lc_namespace = ["depot"];
  embeddings = new OpenAIEmbeddings({ model: "text-embedding-3-small", maxRetries: 0 });
  async _getRelevantDocuments(question) {
    await this.embeddings.embedQuery(question);
    return [new Document({ pageContent: "Parcels take two days.", metadata: { id: "d1" } })];
  }
}

const steps = ChatPromptTemplate.fromMessages([["system", "You answer in one sentence."], ["user", "{question}"]]).pipe(gpt).pipe(new StringOutputParser());
const asked = { metadata: { session_id: "s-1", user_id: "u-1" } };
console.log("chain:", await steps.invoke({ question: `${USED} Où est le colis 77? 世界` }, asked));
let text = "";
for await (const part of await steps.stream({ question: `${USED} Count to three, streamed.` }, asked)) text += part;
console.log("streamed:", text);

console.log("retrieval:", (await new Depot().invoke("How many days do parcels take?")).length);

const agent = createAgent({ model: gpt, tools: [weather], systemPrompt: "You help.", name: "weather-agent" });
const state = await agent.invoke({ messages: [{ role: "user", content: "What is the weather in Paris?" }] }, { configurable: { thread_id: "t-1" } });
console.log("agent:", state.messages.at(-1).content);

console.log("responses:", (await thinker.invoke(`${USED} [[fake reasoning-text="Tides follow the moon."]] Why are there tides?`)).text);

const manual = ["system", [{ type: "text", text: "The manual of the parcel service.", cache_control: { type: "ephemeral" } }]];
const question = "[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?";
console.log("claude:", (await claude.invoke([manual, ["user", question]])).text);

try {
  await gpt.invoke("[[fake status=400]] Once more?");
} catch (error) {
  console.log("refused:", error.status);
}
await sdk.shutdown();
