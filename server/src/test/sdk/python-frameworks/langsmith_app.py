"""A LangChain program and OpenAI's client, traced by LangSmith and sent to OpenTelemetry."""

import os

os.environ |= {"LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true", "LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "none"}

import tracing

import openai
from langchain.agents import create_agent
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langsmith import traceable
from langsmith.wrappers import wrap_openai

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
gpt = ChatOpenAI(model="gpt-4.1-mini", temperature=0.2, max_retries=0, timeout=20, stream_usage=True)
client = wrap_openai(openai.OpenAI(max_retries=0, timeout=20))


@tool
def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


@traceable(metadata={"session_id": "s1"})
def plain(question):
    messages = [{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": question}]
    return client.chat.completions.create(model="gpt-4.1-mini", messages=messages).choices[0].message.content


print("plain:", plain(USED + " Où est le colis 77? 世界"))
chain = ChatPromptTemplate.from_messages([("system", "You answer in one sentence."), ("user", "{question}")]) | gpt | StrOutputParser()
print("chain:", chain.invoke({"question": USED + " Où est le colis 77?"}))
print("streamed:", "".join(chain.stream({"question": USED + " Count to three, streamed."})))
agent = create_agent(gpt, tools=[get_weather], system_prompt="You help.", name="weather-agent")
print("agent:", agent.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]})["messages"][-1].content)
try:
    gpt.invoke("[[fake status=400]] Once more?")
except Exception as error:
    print("refused:", type(error).__name__)
from langchain_core.tracers.langchain import wait_for_all_tracers

wait_for_all_tracers()
tracing.provider.force_flush()
