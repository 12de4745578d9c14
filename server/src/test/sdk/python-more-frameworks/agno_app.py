"""A program with Agno, traced by OpenInference."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from tracing import provider

from openinference.instrumentation.agno import AgnoInstrumentor

AgnoInstrumentor().instrument(tracer_provider=provider)

from agno.agent import Agent
from agno.models.anthropic import Claude
from agno.models.openai import OpenAIChat
from agno.team import Team

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


def gpt():
    return OpenAIChat(id="gpt-4.1-mini", max_retries=0, temperature=0.2)


def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


guide = Agent(name="guide", model=gpt(), instructions="You answer in one sentence.", telemetry=False)
print("plain:", guide.run(USED + " Où est le colis 77? 世界", session_id="s-1", user_id="u-1").content)
print("streamed:", "".join(part.content or "" for part in guide.run(USED + " Count to three, streamed.", stream=True)))
helper = Agent(name="helper", model=gpt(), tools=[get_weather], instructions="You help.", telemetry=False)
print("tool:", helper.run("What is the weather in Paris?").content)
claude = Agent(name="claude", model=Claude(id="claude-sonnet-4-5", max_tokens=1000), telemetry=False)
print("claude:", claude.run("[[fake input=5323 cached=1100 cache-write=1000 output=41]] Where is parcel 78?").content)
print("refused:", guide.run("[[fake status=400]] Once more?").status)
team = Team(name="desk", members=[helper], model=gpt(), telemetry=False)
print("team:", team.run("Where is parcel 79?").content)
