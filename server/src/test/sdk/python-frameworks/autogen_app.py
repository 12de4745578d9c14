"""A program with AutoGen, which traces agents and tools itself; the calls are traced by OpenInference."""

import asyncio

import tracing

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

from openinference.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument(tracer_provider=tracing.provider)

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
gpt = OpenAIChatCompletionClient(model="gpt-4.1-mini", max_retries=0, timeout=20)


async def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


async def main():
    guide = AssistantAgent("guide", model_client=gpt, system_message="You answer in one sentence.")
    print("plain:", (await guide.run(task=USED + " Où est le colis 77? 世界")).messages[-1].content)
    helper = AssistantAgent("helper", model_client=gpt, tools=[get_weather], reflect_on_tool_use=True, system_message="You help.")
    print("tool:", (await helper.run(task="What is the weather in Paris?")).messages[-1].content)
    try:
        await guide.run(task="[[fake status=400]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
