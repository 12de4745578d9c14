// An ordinary program with three clients of model providers. It knows nothing of tracing: --require dd-trace/init adds that from outside.
const OpenAI = require("openai");
const Anthropic = require("@anthropic-ai/sdk");
const { generateText } = require("ai");
const { createOpenAI } = require("@ai-sdk/openai");

async function main() {
  const openai = new OpenAI({ maxRetries: 0, timeout: 20000 });
  const plain = await openai.chat.completions.create({
    model: "gpt-4.1-mini",
    temperature: 0.2,
    messages: [{ role: "system", content: "You answer in one sentence." }, { role: "user", content: "Where is C:\\users\\77? 世界" }],
  });
  console.log("openai:", plain.choices[0].message.content);
  const stream = await openai.chat.completions.create({
    model: "gpt-4.1-mini", stream: true, stream_options: { include_usage: true },
    messages: [{ role: "user", content: "Count from one to three, streamed." }],
  });
  for await (const chunk of stream) if (chunk.choices[0]) process.stdout.write(chunk.choices[0].delta.content ?? "");
  try {
    await openai.chat.completions.create({ model: "gpt-4.1-mini", messages: [{ role: "user", content: "[[fake status=429]] no" }] });
  } catch (error) {
    console.log("refused:", error.constructor.name);
  }
  const anthropic = new Anthropic({ maxRetries: 0 });
  const answer = await anthropic.messages.create({ model: "claude-sonnet-4-5", max_tokens: 100, messages: [{ role: "user", content: "Where is parcel 78?" }] });
  console.log("anthropic:", answer.content[0].text);
  const text = await generateText({ model: createOpenAI({ baseURL: process.env.OPENAI_BASE_URL }).chat("gpt-4.1-mini"), prompt: "Where is parcel 79?" });
  console.log("ai:", text.text);
}

main().then(() => setTimeout(() => process.exit(0), 3000), error => { console.error(error); process.exit(1); });
