"""A Strands program with its own tracing."""

from strands import Agent, tool
from strands.models.anthropic import AnthropicModel
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

StrandsTelemetry().setup_otlp_exporter()

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
client = {"timeout": 20, "max_retries": 0}
gpt = OpenAIModel(model_id="gpt-4.1-mini", client_args=client, params={"temperature": 0.2})
claude = AnthropicModel(model_id="claude-sonnet-4-5", client_args=client, max_tokens=1000)


@tool
def get_weather(city: str) -> str:
    """Weather of a city

    Args:
        city: its name
    """
    return f"21 degrees and clear in {city}"


guide = Agent(name="guide", model=gpt, system_prompt="You answer in one sentence.", tools=[get_weather], callback_handler=None)
print("plain:", guide(USED + " Où est le colis 77? 世界"))
print("tool:", guide("What is the weather in Paris?"))
parcels = Agent(name="parcels", model=claude, system_prompt="The manual of the parcel service.", callback_handler=None)
print("claude:", parcels("[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?"))
try:
    Agent(name="failing", model=gpt, callback_handler=None)("[[fake status=400 text=\"This model's maximum context length is 128000 tokens.\"]] Once more?")
except Exception as error:
    print("refused:", type(error).__name__)
