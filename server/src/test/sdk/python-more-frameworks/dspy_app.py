"""A program with DSPy, traced by OpenInference; its calls go through LiteLLM, which is traced too."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from tracing import provider

from openinference.instrumentation.dspy import DSPyInstrumentor
from openinference.instrumentation.litellm import LiteLLMInstrumentor

DSPyInstrumentor().instrument(tracer_provider=provider)
LiteLLMInstrumentor().instrument(tracer_provider=provider)

import dspy

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
lm = dspy.LM("openai/gpt-4.1-mini", api_base=os.environ["OPENAI_BASE_URL"], api_key="sk-none", cache=False, num_retries=0, temperature=0.2)
dspy.configure(lm=lm, adapter=dspy.JSONAdapter())


def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"21 degrees and clear in {city}"


print("plain:", lm(messages=[{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": USED + " Où est le colis 77? 世界"}]))
print("thought:", dspy.ChainOfThought("question -> answer")(question="Where is parcel 78?").answer)
steps = '{"next_thought": "t", "next_tool_name": "get_weather", "next_tool_args": {"city": "Paris"}, "reasoning": "r", "answer": "It is clear."}'
told = '[[fake text="' + steps.replace('"', '\\"') + '" ]] What is the weather in Paris?'
print("react:", dspy.ReAct("question -> answer", tools=[get_weather], max_iters=1)(question=told).answer)
embed = dspy.Embedder("openai/text-embedding-3-small", api_base=os.environ["OPENAI_BASE_URL"], api_key="sk-none", caching=False)
print("embedding:", embed(["the tower of Paris"]).shape)
try:
    lm("[[fake status=400]] Once more?")
except Exception as error:
    print("refused:", type(error).__name__)
