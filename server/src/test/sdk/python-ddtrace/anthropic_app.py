"""An ordinary Anthropic program. It knows nothing of tracing: ddtrace-run adds that from outside."""

import anthropic

client = anthropic.Anthropic(timeout=20, max_retries=0)
MODEL = "claude-sonnet-4-5"

answer = client.messages.create(
    model=MODEL, max_tokens=100, system="Be brief.", messages=[{"role": "user", "content": "Where is parcel 77? 世界"}]
)
print(answer.content[0].text)
with client.messages.stream(model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "Count to three, streamed."}]) as stream:
    print("".join(stream.text_stream))
try:
    client.messages.create(model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "[[fake status=429]] no"}])
except anthropic.APIStatusError as error:
    print(type(error).__name__)
