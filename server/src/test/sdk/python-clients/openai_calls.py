"""An ordinary program with the OpenAI client. It knows nothing of tracing; the arguments name what to do."""

import json
import os
import sys

import openai

client = openai.OpenAI(timeout=20, max_retries=0)
MODEL = "gpt-4.1-mini"
REASONING = "o4-mini"
# What a directive in double brackets says is what the provider then reports; see the provider's documentation.
USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def get_weather(city):
    return json.dumps({"city": city, "sky": "clear", "celsius": 21})


def chat():
    answer = client.chat.completions.create(
        model=MODEL,
        temperature=0.2,
        messages=[
            {"role": "system", "content": "You answer in one sentence."},
            {"role": "user", "content": "Où se trouve la tour Eiffel? 埃菲尔铁塔在哪里？ 🗼"},
        ],
    )
    print("chat:", answer.choices[0].message.content)
    answer = client.chat.completions.create(model=REASONING, messages=[{"role": "user", "content": USED + " Why is the sky blue?"}])
    print("reasoning:", answer.choices[0].message.content)


def streamed():
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": USED + " Count from one to three, streamed."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    print("streamed:", "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))


def tool():
    offered = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": CITY}}]
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    message = client.chat.completions.create(model=MODEL, messages=messages, tools=offered).choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": get_weather(**json.loads(call.function.arguments))})
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=offered)
    print("tool:", answer.choices[0].message.content)


def responses():
    answer = client.responses.create(
        model=REASONING,
        instructions="You answer in one sentence.",
        input=USED + ' [[fake reasoning-text="Tides follow the moon."]] Why are there tides?',
    )
    print("responses:", answer.output_text)
    with client.responses.stream(model=MODEL, input=USED + " Count from four to six, streamed.") as stream:
        for _ in stream:
            pass
        print("responses, streamed:", stream.get_final_response().output_text)
    offered = [{"type": "function", "name": "get_weather", "description": "Weather of a city", "parameters": CITY, "strict": False}]
    items = [{"role": "user", "content": "What is the weather in Lyon?"}]
    answer = client.responses.create(model=MODEL, input=items, tools=offered)
    for item in answer.output:
        items.append(item.model_dump(exclude_none=True))
        items.append({"type": "function_call_output", "call_id": item.call_id, "output": get_weather(**json.loads(item.arguments))})
    print("responses, tool:", client.responses.create(model=MODEL, input=items, tools=offered).output_text)


def embedding():
    vectors = client.embeddings.create(model="text-embedding-3-small", input="the tower of Paris")
    print("embedding:", len(vectors.data[0].embedding))


def refused():
    try:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "[[fake status=429]] Once more?"}])
    except openai.RateLimitError as error:
        print("refused:", error.status_code)


def main(steps):
    for step in steps:
        globals()[step]()


if __name__ == "__main__":
    main(sys.argv[1:] or os.environ["STEPS"].split())
