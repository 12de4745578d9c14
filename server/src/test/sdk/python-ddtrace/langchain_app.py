"""An ordinary LangChain program. It knows nothing of tracing: ddtrace-run adds that from outside."""

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4.1-mini", max_retries=0, timeout=20)
chain = ChatPromptTemplate.from_messages([("system", "You answer in one sentence."), ("user", "{question}")]) | model
print(chain.invoke({"question": "Where is parcel 77?"}).content)
