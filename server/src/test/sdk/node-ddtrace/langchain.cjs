// An ordinary LangChain program. It knows nothing of tracing: --require dd-trace/init adds that from outside.
const { ChatPromptTemplate } = require("@langchain/core/prompts");
const { ChatOpenAI } = require("@langchain/openai");

const model = new ChatOpenAI({ model: "gpt-4.1-mini", maxRetries: 0, timeout: 20000 });
const chain = ChatPromptTemplate.fromMessages([["system", "You answer in one sentence."], ["user", "{question}"]]).pipe(model);

chain.invoke({ question: "Where is parcel 77?" }).then(
  answer => { console.log(answer.content); setTimeout(() => process.exit(0), 3000); },
  error => { console.error(error); process.exit(1); },
);
