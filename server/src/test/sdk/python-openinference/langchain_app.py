"""A LangChain program, traced by OpenInference."""

from tracing import provider

from openinference.instrumentation.langchain import LangChainInstrumentor

LangChainInstrumentor().instrument(tracer_provider=provider)

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
gpt = ChatOpenAI(model="gpt-4.1-mini", temperature=0.2, max_retries=0, timeout=20, stream_usage=True)
claude = ChatAnthropic(model="claude-sonnet-4-5", max_retries=0, timeout=20, max_tokens=1000)


@tool
def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


def chain():
    prompt = ChatPromptTemplate.from_messages([("system", "You answer in one sentence."), ("user", "{question}")])
    steps = prompt | gpt | StrOutputParser()
    print("chain:", steps.invoke({"question": USED + " Où est le colis 77? 世界"}))
    print("streamed:", "".join(steps.stream({"question": USED + " Count to three, streamed."})))


def retrieval():
    store = InMemoryVectorStore(OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False))
    store.add_documents([Document("Parcels take two days.", id="d1"), Document("The depot is in Lyon.", id="d2")])
    found = store.as_retriever(search_kwargs={"k": 1}).invoke("How many days do parcels take?")
    print("retrieval:", found[0].page_content)


def agent():
    helper = create_agent(gpt, tools=[get_weather], system_prompt="You help.", name="weather-agent")
    state = helper.invoke({"messages": [{"role": "user", "content": "What is the weather in Paris?"}]})
    print("agent:", state["messages"][-1].content)


def anthropic():
    manual = [{"type": "text", "text": "The manual of the parcel service.", "cache_control": {"type": "ephemeral"}}]
    question = "[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 78?"
    print("claude:", claude.invoke([("system", manual), ("user", question)]).content)
    streamed = claude.stream([("system", manual), ("user", question + " Streamed.")])
    print("claude, streamed:", "".join(chunk.text for chunk in streamed))


def refused():
    try:
        gpt.invoke("[[fake status=429]] Once more?")
    except Exception as error:
        print("refused:", type(error).__name__)


for step in (chain, retrieval, agent, anthropic, refused):
    step()
