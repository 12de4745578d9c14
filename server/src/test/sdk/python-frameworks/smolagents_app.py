"""A program with smolagents, traced by OpenInference."""

from tracing import provider

from openinference.instrumentation.smolagents import SmolagentsInstrumentor

SmolagentsInstrumentor().instrument(tracer_provider=provider)

from smolagents import OpenAIModel, ToolCallingAgent, tool

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
gpt = OpenAIModel("gpt-4.1-mini", client_kwargs={"max_retries": 0, "timeout": 20})


@tool
def get_weather(city: str) -> str:
    """Weather of a city

    Args:
        city: its name
    """
    return f"21 degrees and clear in {city}"


print("plain:", gpt([{"role": "user", "content": USED + " Où est le colis 77? 世界"}]).content)
agent = ToolCallingAgent(tools=[get_weather], model=gpt, max_steps=2, verbosity_level=0)
print("agent:", agent.run("What is the weather in Paris?"))
try:
    gpt([{"role": "user", "content": "[[fake status=400]] Once more?"}])
except Exception as error:
    print("refused:", type(error).__name__)
