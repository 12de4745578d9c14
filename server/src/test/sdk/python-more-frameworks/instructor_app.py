"""A program with Instructor, traced by OpenInference for it and for OpenAI's client."""

from tracing import provider

from openinference.instrumentation.instructor import InstructorInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

InstructorInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)

import instructor
from openai import OpenAI
from pydantic import BaseModel

USED = "[[fake input=5210 cached=4096 output=937 reasoning=640]]"


class Parcel(BaseModel):
    """Where a parcel is"""

    place: str


client = instructor.from_openai(OpenAI(max_retries=0))
schema = instructor.from_openai(OpenAI(max_retries=0), mode=instructor.Mode.JSON_SCHEMA)


def ask(by, question, **more):
    return by.chat.completions.create(model="gpt-4.1-mini", response_model=Parcel, max_retries=0, messages=[{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": question}], **more)


print("schema:", ask(schema, USED + " Où est le colis 77? 世界", temperature=0.2))
print("tool:", ask(client, '[[fake tool=Parcel:{"place":"Lyon"}]] Where is parcel 77?'))
print("again:", ask(schema, "Where is parcel 78?"))
try:
    ask(schema, "[[fake status=400]] Once more?")
except Exception as error:
    print("refused:", type(error).__name__)
