"""A program with Microsoft's Agent Framework, which traces itself."""

import asyncio

from agent_framework import Agent, tool
from agent_framework.observability import configure_otel_providers
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient
from openai import AsyncOpenAI

configure_otel_providers(enable_sensitive_data=True)
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
client = AsyncOpenAI(max_retries=0, timeout=20)


@tool(approval_mode="never_require")
def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


responses = OpenAIChatClient(model="gpt-4.1-mini", async_client=client)
chat = OpenAIChatCompletionClient(model="gpt-4.1-mini", async_client=client)


async def main():
    guide = Agent(client=responses, name="guide", instructions="You answer in one sentence.", tools=[get_weather])
    print("plain:", (await guide.run(USED + " Où est le colis 77? 世界")).text)
    print("tool:", (await guide.run("What is the weather in Paris?")).text)
    said = [update.text async for update in guide.run(USED + " Count to three, streamed.", stream=True)]
    print("streamed:", "".join(said))
    other = Agent(client=chat, name="chat", instructions="You answer in one sentence.", tools=[get_weather])
    print("chat:", (await other.run(USED + " What is the weather in Paris?")).text)
    try:
        await guide.run("[[fake status=400]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
