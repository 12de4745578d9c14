"""A program with OpenAI's Agents SDK; the argument says who traces it."""

import sys

how = sys.argv[1]
if how == "openinference":
    from tracing import provider

    from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
elif how == "logfire":
    import logfire

    logfire.configure(send_to_logfire=False, console=False)
    logfire.instrument_openai_agents()
elif how == "v2":
    from tracing import provider

    from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor

    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)

import asyncio

from agents import Agent, GuardrailFunctionOutput, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool, input_guardrail, set_default_openai_client
from openai import AsyncOpenAI

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
client = AsyncOpenAI(max_retries=0, timeout=20)
set_default_openai_client(client)


@function_tool
def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


@input_guardrail
async def polite(context, agent, question) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info="fine", tripwire_triggered=False)


parcels = Agent(name="parcels", instructions="You know parcels.", model="gpt-4.1-mini")
guide = Agent(
    name="guide",
    instructions="You answer in one sentence.",
    model="gpt-4.1-mini",
    model_settings=ModelSettings(temperature=0.2),
    tools=[get_weather],
    handoffs=[parcels],
    input_guardrails=[polite],
)
chat = Agent(name="chat", instructions="You answer.", model=OpenAIChatCompletionsModel("gpt-4.1-mini", client), tools=[get_weather])


async def main():
    print("plain:", (await Runner.run(guide, USED + " Où est le colis 77? 世界")).final_output)
    print("tool:", (await Runner.run(guide, "What is the weather in Paris?")).final_output)
    print("handoff:", (await Runner.run(guide, "[[fake tool=transfer_to_parcels:{} times=1]] Transfer me to somebody who knows about 77.", max_turns=3)).final_output)
    stream = Runner.run_streamed(parcels, USED + " Count to three, streamed.")
    async for _ in stream.stream_events():
        pass
    print("streamed:", stream.final_output)
    # The others leave out what was cached and thought of chat completions.
    used = USED if how == "logfire" else ""
    print("chat:", (await Runner.run(chat, used + " What is the weather in Paris?")).final_output)
    try:
        await Runner.run(parcels, "[[fake status=400]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


asyncio.run(main())
