// An ordinary OpenAI program. It knows nothing of tracing: --require …/register adds that from outside.
const OpenAI = require("openai");

const client = new OpenAI({ timeout: 20_000, maxRetries: 0 });
const model = process.env.MODEL ?? "gpt-4.1-mini";

async function main() {
  const plain = await client.chat.completions.create({
    model,
    messages: [
      { role: "system", content: "You answer in one sentence." },
      { role: "user", content: "Wo steht der Eiffelturm? أين يقع برج إيفل؟" },
    ],
  });
  console.log("plain:", plain.choices[0].message.content);

  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: "[[fake cached=12 reasoning=5 input=40 output=30]] Count from one to three, streamed." }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
  console.log("streamed:", text);

  const vectors = await client.embeddings.create({ model: "text-embedding-3-small", input: "the tower of Paris" });
  console.log("embedding:", vectors.data[0].embedding.length);

  try {
    await client.chat.completions.create({ model, messages: [{ role: "user", content: "[[fake status=429 retry-after=1]] again?" }] });
  } catch (error) {
    console.log("refused:", error.status);
  }
}

main();
