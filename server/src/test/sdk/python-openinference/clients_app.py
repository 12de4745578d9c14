"""The OpenAI and the Anthropic client, traced by OpenInference."""

from tracing import provider

from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument(tracer_provider=provider)
AnthropicInstrumentor().instrument(tracer_provider=provider)

import anthropic_calls
import openai_calls

openai_calls.main(["chat", "streamed", "tool", "responses", "embedding", "refused"])
anthropic_calls.main()
