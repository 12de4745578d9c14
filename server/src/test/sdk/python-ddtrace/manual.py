"""Every kind of span by the public API of Datadog's SDK. Where it sends to is decided outside."""

import os

from ddtrace.llmobs import LLMObs

TASKS = int(os.environ.get("TASKS", "0"))

with LLMObs.workflow(name="answer", session_id="session-1") as workflow:
    LLMObs.annotate(span=workflow, input_data="Where is parcel 77?", output_data="In Lyon.", tags={"team": "logistics", "user_id": "u-1"})
    with LLMObs.agent(name="router") as agent:
        LLMObs.annotate(span=agent, input_data="route", output_data="find", metadata={"path": "C:\\users"})
        with LLMObs.retrieval(name="documents") as retrieval:
            LLMObs.annotate(
                span=retrieval,
                input_data="policy",
                output_data=[{"text": "Two days. 世界", "name": "policy", "id": "d-1", "score": 0.91}],
            )
        with LLMObs.embedding(model_name="text-embedding-3-small", model_provider="openai", name="embed") as embedding:
            LLMObs.annotate(span=embedding, input_data=[{"text": "policy"}], output_data="[1 embedding]", metrics={"input_tokens": 4})
        with LLMObs.llm(model_name="gpt-4o-mini", model_provider="openai", name="ask") as llm:
            LLMObs.annotate(
                span=llm,
                input_data=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is 77?"}],
                output_data=[{"role": "assistant", "content": "In Lyon."}],
                metadata={"temperature": 0.2},
                metrics={"input_tokens": 120, "output_tokens": 30, "total_tokens": 150},
            )
    try:
        with LLMObs.tool(name="broken") as tool:
            LLMObs.annotate(span=tool, input_data="x")
            raise ValueError("parcel lost: ümlaut")
    except ValueError:
        pass
    for i in range(TASKS):
        with LLMObs.task(name="task") as task:
            LLMObs.annotate(span=task, input_data=str(i))

LLMObs.flush()
