"""LiteLLM with Datadog's loggers, which know this server by DD_BASE_URL alone."""

import asyncio
import os

import litellm

litellm.callbacks = os.environ["LOGGER"].split(",")


async def main():
    answer = await litellm.acompletion(
        model="openai/gpt-4o-mini", api_base=os.environ["OPENAI_BASE_URL"], messages=[{"role": "user", "content": "Where is parcel 77?"}], user="u-1"
    )
    print(answer.choices[0].message.content)
    await asyncio.sleep(1)
    for logger in litellm._async_success_callback + litellm.callbacks:
        if hasattr(logger, "async_send_batch"):
            await logger.async_send_batch()


asyncio.run(main())
