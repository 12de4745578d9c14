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
    stream = await litellm.acompletion(
        model="openai/gpt-4o-mini",
        api_base=os.environ["OPENAI_BASE_URL"],
        messages=[{"role": "user", "content": "Count from one to three, streamed."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    print("".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]))
    answer = await litellm.acompletion(
        model="anthropic/claude-sonnet-4-5",
        api_base=os.environ["ANTHROPIC_BASE_URL"],
        api_key="sk-none",
        max_tokens=100,
        messages=[{"role": "user", "content": "Where is parcel 78?"}],
    )
    print(answer.choices[0].message.content)
    try:
        await litellm.acompletion(
            model="openai/gpt-4o-mini",
            api_base=os.environ["OPENAI_BASE_URL"],
            max_retries=0,
            messages=[{"role": "user", "content": "[[fake status=400]] no"}],
        )
    except litellm.exceptions.APIError as error:
        print(type(error).__name__)
    except litellm.exceptions.BadRequestError as error:
        print(type(error).__name__)
    # Calls are logged in the background. What is logged while a batch is on its way is lost with it, so there is one batch, of all four.
    loggers = {id(one): one for one in litellm._async_success_callback + litellm.callbacks if hasattr(one, "async_send_batch")}
    for logger in loggers.values():
        for _ in range(300):
            if len(logger.log_queue) >= 4:
                break
            await asyncio.sleep(0.1)
        await logger.async_send_batch()


asyncio.run(main())
