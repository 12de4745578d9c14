"""An ordinary OpenAI program. It knows nothing of tracing: opentelemetry-instrument adds that from outside."""

import os
import sys

import openai

client = openai.OpenAI(timeout=20, max_retries=0)
model = os.environ.get("MODEL", "gpt-4.1-mini")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def plain():
    answer = client.chat.completions.create(
        model=model,
        temperature=0.2,
        messages=[
            {"role": "system", "content": "You answer in one sentence."},
            {"role": "user", "content": "Où se trouve la tour Eiffel? 埃菲尔铁塔在哪里？"},
        ],
    )
    print("plain:", answer.choices[0].message.content)


def streamed():
    stream = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "[[fake cached=12 reasoning=5 input=40 output=30]] Count from one to three, streamed."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    print("streamed:", text)


def with_tool():
    messages = [{"role": "user", "content": "[[fake tool=get_weather:{\"city\":\"Paris\"}]] What is the weather in Paris?"}]
    first = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    message = first.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls or []:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": '{"sky":"clear","celsius":21}'})
    second = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    print("tool:", second.choices[0].message.content)


def embedding():
    vectors = client.embeddings.create(model="text-embedding-3-small", input="the tower of Paris")
    print("embedding:", len(vectors.data[0].embedding))


def refused():
    try:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "[[fake status=429 retry-after=1]] again?"}])
    except openai.RateLimitError as error:
        print("refused:", error.status_code)


for step in (plain, streamed, with_tool, embedding, refused):
    step()
sys.stdout.flush()
