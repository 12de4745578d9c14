"""A program with Google's Agent Development Kit, which traces itself."""

import asyncio

import tracing

from google.adk.agents import LlmAgent, SequentialAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


gpt = LiteLlm(model="openai/gpt-4.1-mini", num_retries=0)
guide = LlmAgent(name="guide", model=gpt, instruction="You answer in one sentence.", tools=[get_weather])
review = SequentialAgent(name="review", sub_agents=[LlmAgent(name="writer", model=gpt, instruction="You write."), LlmAgent(name="critic", model=gpt, instruction="You judge.")])


async def ask(agent, question, session):
    runner = InMemoryRunner(agent=agent, app_name="adk")
    await runner.session_service.create_session(app_name="adk", user_id="u1", session_id=session)
    said = ""
    async for event in runner.run_async(user_id="u1", session_id=session, new_message=types.Content(role="user", parts=[types.Part(text=question)])):
        for part in (event.content.parts if event.content else None) or []:
            said = part.text or said
    return said


async def main():
    print("plain:", await ask(guide, USED + " Où est le colis 77? 世界", "s1"))
    print("tool:", await ask(guide, "What is the weather in Paris?", "s2"))
    print("sequence:", await ask(review, "Write about parcel 77.", "s3"))
    try:
        await ask(guide, "[[fake status=400]] Once more?", "s4")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
