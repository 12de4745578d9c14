"""An ordinary program with the Anthropic client. It knows nothing of tracing."""

import anthropic

client = anthropic.Anthropic(timeout=20, max_retries=0)
MODEL = "claude-sonnet-4-5"
MANUAL = [{"type": "text", "text": "The manual of the parcel service.", "cache_control": {"type": "ephemeral"}}]
WEATHER = {
    "name": "get_weather",
    "description": "Weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def ask(question, **more):
    return client.messages.create(model=MODEL, max_tokens=1000, messages=[{"role": "user", "content": question}], **more)


def main():
    print("plain:", ask("Where is parcel 77? 世界 🌍", system="You answer in one sentence.").content[0].text)
    # What a directive in double brackets says is what the provider then reports.
    answer = ask("[[fake input=5323 cached=4100 cache-write=900 output=41]] Where is parcel 78?", system=MANUAL)
    print("cached:", answer.content[0].text)
    answer = ask("[[fake input=5323 cached=4100 cache-write=900 cache-write-1h=700 output=41]] Where is parcel 79?", system=MANUAL)
    print("cached for an hour:", answer.content[0].text)
    answer = client.messages.create(
        model=MODEL,
        max_tokens=4000,
        thinking={"type": "enabled", "budget_tokens": 2000},
        messages=[{"role": "user", "content": '[[fake reasoning-text="Parcels take two days."]] When does it come?'}],
    )
    print("thinking:", answer.content[-1].text)
    with client.messages.stream(
        model="claude-haiku-4-5",
        max_tokens=1000,
        system=MANUAL,
        messages=[{"role": "user", "content": "[[fake input=5323 cached=4100 cache-write=900 output=41]] Count to three, streamed."}],
    ) as stream:
        print("streamed:", "".join(stream.text_stream))
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = client.messages.create(model=MODEL, max_tokens=1000, messages=messages, tools=[WEATHER])
    messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]})
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "21 degrees, clear"} for block in answer.content if block.type == "tool_use"]
    messages.append({"role": "user", "content": results})
    print("tool:", client.messages.create(model=MODEL, max_tokens=1000, messages=messages, tools=[WEATHER]).content[0].text)
    try:
        ask("[[fake status=429]] Once more?")
    except anthropic.RateLimitError as error:
        print("refused:", error.status_code)


if __name__ == "__main__":
    main()
