"""A program with CrewAI, traced by OpenInference; the calls of its models by OpenInference for OpenAI's client or LiteLLM."""

import os
import sys
from typing import Literal

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from tracing import provider

from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.litellm import LiteLLMInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

by = sys.argv[1]
CrewAIInstrumentor().instrument(tracer_provider=provider)
(LiteLLMInstrumentor if by == "litellm" else OpenAIInstrumentor)().instrument(tracer_provider=provider)

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

gpt = LLM(model="gpt-4.1-mini", base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-none", is_litellm=by == "litellm", max_retries=0)
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


@tool("get_weather")
def get_weather(city: Literal["Paris", "Lyon"]) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


guide = Agent(role="guide", goal="Answer in one sentence", backstory="You know parcels.", llm=gpt, max_retry_limit=0)
helper = Agent(role="helper", goal="Help", backstory="You help.", llm=gpt, tools=[get_weather], max_retry_limit=0)


def crew(agent, question):
    task = Task(description=question, expected_output="one sentence", agent=agent)
    return Crew(agents=[agent], tasks=[task]).kickoff().raw


print("plain:", crew(guide, USED + " Où est le colis 77? 世界"))
print("tool:", crew(helper, "What is the weather in Paris?"))
try:
    print(crew(guide, "[[fake status=400]] Once more?"))
except Exception as error:
    print("refused:", type(error).__name__)
