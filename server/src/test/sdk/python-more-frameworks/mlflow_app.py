"""A program with MLflow's tracing of OpenAI's and Anthropic's clients and of LangChain, sent by OTLP."""

import os
import tempfile

os.environ["MLFLOW_TRACKING_URI"] = "sqlite:///" + tempfile.mkdtemp() + "/mlflow.db"
os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow

mlflow.openai.autolog()
mlflow.anthropic.autolog()
mlflow.langchain.autolog()

from anthropic import Anthropic
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import OpenAI

openai = OpenAI(max_retries=0)
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


@mlflow.trace(span_type="TOOL")
def get_weather(city: str) -> str:
    return f"21 degrees and clear in {city}"


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": CITY}}


def ask(messages, **more):
    return openai.chat.completions.create(model="gpt-4.1-mini", messages=messages, **more)


@mlflow.trace(span_type="AGENT")
def helper(question):
    messages = [{"role": "user", "content": question}]
    message = ask(messages, tools=[WEATHER]).choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": get_weather("Paris")})
    return ask(messages, tools=[WEATHER]).choices[0].message.content


print("plain:", ask([{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": USED + " Où est le colis 77? 世界"}], temperature=0.2).choices[0].message.content)
parts = ask([{"role": "user", "content": USED + " Count to three, streamed."}], stream=True, stream_options={"include_usage": True})
print("streamed:", "".join(part.choices[0].delta.content or "" for part in parts if part.choices))
print("helper:", helper("What is the weather in Paris?"))
print("responses:", openai.responses.create(model="gpt-4.1-mini", input=USED + " Where is parcel 78?", instructions="You answer in one sentence.").output_text)
print("embedding:", len(openai.embeddings.create(model="text-embedding-3-small", input=["the tower of Paris"]).data[0].embedding))
claude = Anthropic(max_retries=0)
print("claude:", claude.messages.create(model="claude-sonnet-4-5", max_tokens=1000, system="You answer in one sentence.", messages=[{"role": "user", "content": "[[fake input=5323 cached=1100 cache-write=1000 output=41]] Where is parcel 78?"}]).content[0].text)


@tool
def weather_of(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


agent = create_agent(ChatOpenAI(model="gpt-4.1-mini", max_retries=0), [weather_of], system_prompt="You help.")
print("agent:", agent.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]})["messages"][-1].content)
try:
    ask([{"role": "user", "content": "[[fake status=400]] Once more?"}])
except Exception as error:
    print("refused:", type(error).__name__)
mlflow.flush_trace_async_logging()
