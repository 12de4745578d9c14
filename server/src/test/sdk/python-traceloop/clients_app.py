"""The OpenAI and the Anthropic client in a decorated program, traced by OpenLLMetry."""

import os

from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import tool, workflow

Traceloop.init(app_name=os.environ["OTEL_SERVICE_NAME"])

import anthropic_calls
import openai_calls


@tool(name="lookup")
def lookup(parcel):
    return {"parcel": parcel, "place": "Lyon"}


@workflow(name="deliver")
def deliver(parcel):
    lookup(parcel)
    openai_calls.main(["chat", "tool"])
    return "done"


deliver("77")
openai_calls.main(["streamed", "responses", "embedding", "refused"])
anthropic_calls.main()
