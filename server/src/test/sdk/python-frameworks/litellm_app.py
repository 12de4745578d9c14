"""A program with LiteLLM and its OpenTelemetry callback."""

import litellm

litellm.callbacks = ["otel"]
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": CITY}}


def ask(messages, model="openai/gpt-4.1-mini", **more):
    return litellm.completion(model=model, messages=messages, num_retries=0, timeout=20, **more)


question = [{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": USED + " Où est le colis 77? 世界"}]
print("plain:", ask(question, temperature=0.2).choices[0].message.content)
parts = ask([{"role": "user", "content": USED + " Count to three, streamed."}], stream=True, stream_options={"include_usage": True})
print("streamed:", "".join(part.choices[0].delta.content or "" for part in parts if part.choices))
messages = [{"role": "user", "content": "What is the weather in Paris?"}]
message = ask(messages, tools=[WEATHER]).choices[0].message
messages.append(message.model_dump(exclude_none=True))
messages += [{"role": "tool", "tool_call_id": call.id, "content": "21 degrees, clear"} for call in message.tool_calls]
print("tool:", ask(messages, tools=[WEATHER]).choices[0].message.content)
claude = "[[fake input=5323 cached=4100 output=41]] Where is parcel 78?"
print("claude:", ask([{"role": "user", "content": claude}], "anthropic/claude-sonnet-4-5", max_tokens=1000).choices[0].message.content)
print("embedding:", len(litellm.embedding(model="openai/text-embedding-3-small", input=["the tower of Paris"]).data[0]["embedding"]))
try:
    ask([{"role": "user", "content": "[[fake status=400]] Once more?"}])
except Exception as error:
    print("refused:", type(error).__name__)
import time

time.sleep(3)
