"""A LlamaIndex program, traced by OpenInference."""

import asyncio

from tracing import provider

from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

LlamaIndexInstrumentor().instrument(tracer_provider=provider)

from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
Settings.llm = OpenAI(model="gpt-4.1-mini", temperature=0.2, max_retries=0, timeout=20)
Settings.embed_model = OpenAIEmbedding(model="text-embedding-3-small", max_retries=0, timeout=20)


def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


def chat():
    messages = [ChatMessage(role="system", content="You answer in one sentence."), ChatMessage(role="user", content=USED + " Où est le colis 77? 世界")]
    print("chat:", Settings.llm.chat(messages).message.content)
    question = [ChatMessage(role="user", content=USED + " Count to three, streamed.")]
    stream = Settings.llm.stream_chat(question, stream_options={"include_usage": True})
    print("streamed:", "".join(part.delta or "" for part in stream))


def query():
    index = VectorStoreIndex.from_documents([Document(text="Parcels take two days.", id_="d1"), Document(text="The depot is in Lyon.", id_="d2")])
    print("query:", index.as_query_engine(similarity_top_k=1).query("How many days do parcels take?"))


async def agent():
    helper = FunctionAgent(name="weather-agent", tools=[get_weather], llm=Settings.llm, system_prompt="You help.", streaming=False)
    print("agent:", await helper.run("What is the weather in Paris?"))


def refused():
    try:
        Settings.llm.chat([ChatMessage(role="user", content="[[fake status=429]] Once more?")])
    except Exception as error:
        print("refused:", type(error).__name__)


chat()
query()
asyncio.run(agent())
refused()
