"""A program with Haystack: a pipeline that retrieves, plain and streamed calls, embeddings, an agent with a tool; by its own tracing or OpenInference."""

import os
import sys
from typing import Annotated

os.environ["HAYSTACK_CONTENT_TRACING_ENABLED"] = "true"
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "false"

from tracing import provider

from haystack import Document, Pipeline
from haystack.components.agents import Agent
from haystack.components.builders import ChatPromptBuilder
from haystack.components.embedders import OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.tools import tool

if sys.argv[1] == "own":
    import haystack.tracing
    from haystack_integrations.tracing.opentelemetry import OpenTelemetryTracer

    haystack.tracing.enable_tracing(OpenTelemetryTracer(provider.get_tracer("my_application")))
else:
    # It sees components outside of pipelines only where they were imported before.
    from openinference.instrumentation.haystack import HaystackInstrumentor

    HaystackInstrumentor().instrument(tracer_provider=provider)

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


def gpt(**more):
    return OpenAIChatGenerator(model="gpt-4.1-mini", max_retries=0, **more)


store = InMemoryDocumentStore()
store.write_documents([Document(content="Parcel 77 is in Lyon.", meta={"page": 1}), Document(content="Paris is far.")])
rag = Pipeline()
rag.add_component("retriever", InMemoryBM25Retriever(store, top_k=1))
rag.add_component("prompt", ChatPromptBuilder(template=[ChatMessage.from_system("You answer in one sentence."), ChatMessage.from_user(USED + " {% for d in documents %}{{d.content}}{% endfor %} {{question}} 世界")], required_variables="*"))
rag.add_component("llm", gpt(generation_kwargs={"temperature": 0.2}))
rag.connect("retriever", "prompt.documents")
rag.connect("prompt", "llm.messages")
question = "Où est le colis 77? parcel"
print("rag:", rag.run({"retriever": {"query": question}, "prompt": {"question": question}})["llm"]["replies"][0].text)

plain = Pipeline()
plain.add_component("llm", gpt(streaming_callback=lambda chunk: None, generation_kwargs={"stream_options": {"include_usage": True}}))
print("streamed:", plain.run({"llm": {"messages": [ChatMessage.from_user(USED + " Count to three, streamed.")]}})["llm"]["replies"][0].text)

embed = Pipeline()
embed.add_component("embedder", OpenAITextEmbedder(model="text-embedding-3-small"))
print("embedding:", len(embed.run({"embedder": {"text": "the tower of Paris"}})["embedder"]["embedding"]))


@tool
def get_weather(city: Annotated[str, "its name"]) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


agent = Agent(chat_generator=gpt(), tools=[get_weather], system_prompt="You help.")
print("agent:", agent.run(messages=[ChatMessage.from_user("What is the weather in Paris?")])["messages"][-1].text)
if sys.argv[1] != "own":
    print("alone:", gpt().run(messages=[ChatMessage.from_user("Where is parcel 78?")])["replies"][0].text)
try:
    plain.run({"llm": {"messages": [ChatMessage.from_user("[[fake status=400]] Once more?")]}})
except Exception as error:
    print("refused:", type(error).__name__)
