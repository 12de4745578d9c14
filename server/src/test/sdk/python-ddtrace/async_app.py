"""Ordinary asynchronous programs of both clients, calls at the same time. ddtrace-run traces them from outside."""

import asyncio

import anthropic
import openai

gpt = openai.AsyncOpenAI(timeout=20, max_retries=0)
claude = anthropic.AsyncAnthropic(timeout=20, max_retries=0)


async def ask(question):
    answer = await gpt.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": question}])
    return answer.choices[0].message.content


async def stream(question):
    chunks = await gpt.chat.completions.create(
        model="gpt-4.1-mini", stream=True, stream_options={"include_usage": True}, messages=[{"role": "user", "content": question}]
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])


async def message(question):
    answer = await claude.messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=[{"role": "user", "content": question}])
    return answer.content[0].text


async def main():
    for text in await asyncio.gather(ask("Where is parcel 1?"), ask("Where is parcel 2?"), stream("Count, streamed."), message("Where is parcel 3?")):
        print(text)


asyncio.run(main())
