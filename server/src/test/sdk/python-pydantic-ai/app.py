"""A Pydantic AI program, traced by Logfire, which sends where OpenTelemetry's variables say."""

import asyncio
import os

import logfire

logfire.configure(send_to_logfire=False, console=False, service_name=os.environ["OTEL_SERVICE_NAME"])
logfire.instrument_pydantic_ai()

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
provider = OpenAIProvider(openai_client=AsyncOpenAI(timeout=20, max_retries=0))
guide = Agent(OpenAIChatModel("gpt-4.1-mini", provider=provider), name="guide", instructions="You answer in one sentence.", retries=0)


@guide.tool_plain
def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


class City(BaseModel):
    city: str
    population: int


async def main():
    print("plain:", (await guide.run(USED + " Où est le colis 77? 世界")).output)
    async with guide.run_stream(USED + " Count to three, streamed.") as result:
        print("streamed:", await result.get_output())
    print("tool:", (await guide.run("What is the weather in Paris?")).output)
    structured = Agent(OpenAIResponsesModel("o4-mini", provider=provider), name="structured", output_type=City)
    print("structured:", (await structured.run(USED + " Which city is the capital of Romania? final")).output)
    claude = Agent(AnthropicModel("claude-sonnet-4-5"), name="claude", instructions="The manual of the parcel service.")
    question = "[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?"
    print("claude:", (await claude.run(question)).output)
    try:
        await guide.run("[[fake status=429]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
