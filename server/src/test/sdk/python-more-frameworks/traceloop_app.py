"""A program with LangGraph, LlamaIndex or CrewAI, traced by OpenLLMetry."""

import os
import sys
from typing import Literal

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from traceloop.sdk import Traceloop

Traceloop.init(app_name=os.environ["OTEL_SERVICE_NAME"])

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
CLAUDE = "[[fake input=5323 cached=1100 cache-write=1000 output=41]] Where is parcel 78?"


def get_weather(city: Literal["Paris", "Lyon"]) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


def langgraph():
    from langchain.agents import create_agent
    from langchain_anthropic import ChatAnthropic
    from langchain_openai import ChatOpenAI

    gpt = ChatOpenAI(model="gpt-4.1-mini", max_retries=0)
    helper = create_agent(gpt, [get_weather], system_prompt="You help.", name="weather-agent")
    print("agent:", helper.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]}, {"configurable": {"thread_id": "t-1"}})["messages"][-1].content)
    print("streamed:", "".join(part.text for part in gpt.stream(USED + " Count to three, streamed.", stream_usage=True)))
    print("claude:", ChatAnthropic(model="claude-sonnet-4-5", max_tokens=1000, max_retries=0).invoke(CLAUDE).content)
    try:
        gpt.invoke("[[fake status=400]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


def llama_index():
    import asyncio

    from llama_index.core import Document, Settings, VectorStoreIndex
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.embeddings.openai import OpenAIEmbedding
    from llama_index.llms.openai import OpenAI

    Settings.llm = OpenAI(model="gpt-4.1-mini", temperature=0.2, max_retries=0, timeout=20)
    Settings.embed_model = OpenAIEmbedding(model="text-embedding-3-small", max_retries=0, timeout=20)
    print("chat:", Settings.llm.complete(USED + " Où est le colis 77? 世界").text)
    index = VectorStoreIndex.from_documents([Document(text="Parcels take two days.", id_="d1"), Document(text="The depot is in Lyon.", id_="d2")])
    print("query:", index.as_query_engine(similarity_top_k=1).query("How many days do parcels take?"))

    async def run():
        helper = FunctionAgent(name="weather-agent", tools=[get_weather], llm=Settings.llm, system_prompt="You help.", streaming=False)
        print("agent:", await helper.run("What is the weather in Paris?"))

    asyncio.run(run())


def crewai():
    from crewai import LLM, Agent, Crew, Task
    from crewai.tools import tool

    gpt = LLM(model="gpt-4.1-mini", base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-none", max_retries=0)
    guide = Agent(role="guide", goal="Answer in one sentence", backstory="You know parcels.", llm=gpt, max_retry_limit=0)
    helper = Agent(role="helper", goal="Help", backstory="You help.", llm=gpt, tools=[tool("get_weather")(get_weather)], max_retry_limit=0)

    def crew(agent, question):
        task = Task(name="look", description=question, expected_output="one sentence", agent=agent)
        return Crew(name="parcels", agents=[agent], tasks=[task]).kickoff().raw

    print("plain:", crew(guide, USED + " Où est le colis 77? 世界"))
    print("tool:", crew(helper, "What is the weather in Paris?"))
    try:
        print(crew(guide, "[[fake status=400]] Once more?"))
    except Exception as error:
        print("refused:", type(error).__name__)


{"langgraph": langgraph, "llama-index": llama_index, "crewai": crewai}[sys.argv[1]]()
