"""A program with Semantic Kernel, which traces itself."""

import asyncio

import tracing

from openai import AsyncOpenAI
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
gpt = OpenAIChatCompletion(ai_model_id="gpt-4.1-mini", async_client=AsyncOpenAI(max_retries=0, timeout=20))


class Weather:
    @kernel_function(description="Weather of a city")
    def get_weather(self, city: str) -> str:
        return f"21 degrees and clear in {city}"


async def main():
    guide = ChatCompletionAgent(name="guide", service=gpt, instructions="You answer in one sentence.", plugins=[Weather()])
    print("plain:", await guide.get_response(messages=USED + " Où est le colis 77? 世界"))
    print("tool:", await guide.get_response(messages="What is the weather in Paris?"))
    print("streamed:", "".join([str(part.content) async for part in guide.invoke_stream(messages=USED + " Count to three, streamed.")]))
    try:
        await guide.get_response(messages="[[fake status=400]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
