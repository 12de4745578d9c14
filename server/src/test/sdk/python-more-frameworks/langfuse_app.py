"""A program with Langfuse's SDK: its decorator, its wrapper of OpenAI's client and its LangChain callback."""

import os

os.environ["LANGFUSE_PUBLIC_KEY"] = "pk-none"
os.environ["LANGFUSE_SECRET_KEY"] = "sk-none"
os.environ["LANGFUSE_BASE_URL"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]

from langfuse import get_client, observe, propagate_attributes
from langfuse.langchain import CallbackHandler
from langfuse.openai import OpenAI

client = OpenAI(max_retries=0)
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": CITY}}


def ask(messages, **more):
    return client.chat.completions.create(model="gpt-4.1-mini", messages=messages, **more)


@observe(as_type="tool")
def get_weather(city):
    return f"21 degrees and clear in {city}"


@observe(as_type="agent")
def helper(question):
    messages = [{"role": "user", "content": question}]
    message = ask(messages, tools=[WEATHER]).choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": get_weather("Paris")})
    return ask(messages, tools=[WEATHER]).choices[0].message.content


@observe()
def desk():
    with propagate_attributes(session_id="s-1", user_id="u-1", tags=["parcels"], metadata={"team": "north"}):
        print("plain:", ask([{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": USED + " Où est le colis 77? 世界"}], temperature=0.2).choices[0].message.content)
        parts = ask([{"role": "user", "content": USED + " Count to three, streamed."}], stream=True, stream_options={"include_usage": True})
        print("streamed:", "".join(part.choices[0].delta.content or "" for part in parts if part.choices))
        print("helper:", helper("What is the weather in Paris?"))
        print("responses:", client.responses.create(model="gpt-4.1-mini", input=USED + " Where is parcel 78?", instructions="You answer in one sentence.").output_text)
        print("embedding:", len(client.embeddings.create(model="text-embedding-3-small", input=["the tower of Paris"]).data[0].embedding))
    try:
        ask([{"role": "user", "content": "[[fake status=400]] Once more?"}])
    except Exception as error:
        print("refused:", type(error).__name__)


desk()

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def weather_of(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


agent = create_agent(ChatOpenAI(model="gpt-4.1-mini", max_retries=0), [weather_of], system_prompt="You help.", name="weather-agent")
config = {"callbacks": [CallbackHandler()], "metadata": {"langfuse_session_id": "s-2"}}
print("agent:", agent.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]}, config)["messages"][-1].content)
claude = ChatAnthropic(model="claude-sonnet-4-5", max_tokens=1000, max_retries=0)
print("claude:", claude.invoke("[[fake input=5323 cached=1100 cache-write=1000 output=41]] Where is parcel 78?", config).content)
get_client().flush()
