"""Datasets, experiments and prompts by the public API of Datadog's SDK; prints what it got back as JSON."""

import json
import os
import time

from ddtrace.llmobs import LLMObs

LLMObs.enable(project_name=os.environ["DD_LLMOBS_PROJECT_NAME"], agentless_enabled=False)


def task(input_data, config=None):
    with LLMObs.llm(model_name="gpt-4o-mini", model_provider="openai", name="answer") as call:
        LLMObs.annotate(span=call, input_data=input_data["q"], output_data="Lyon", metrics={"input_tokens": 3, "output_tokens": 1})
    return "Lyon"


def exact(input_data, output_data, expected_output):
    return output_data == expected_output


def closeness(input_data, output_data, expected_output):
    return 0.5


def total(inputs, outputs, expected_outputs, evaluators_results):
    return len(inputs)


name = os.environ["DD_LLMOBS_ML_APP"]
dataset = LLMObs.create_dataset(
    name,
    description="where is it",
    records=[
        {"input_data": {"q": "77"}, "expected_output": "Lyon", "metadata": {"lvl": 1}},
        {"input_data": {"q": "78"}, "expected_output": "Paris", "metadata": {}},
    ],
)
dataset.update(1, {"expected_output": "Nice"})
dataset.append({"input_data": {"q": "79"}, "expected_output": "Lyon", "metadata": {}})
dataset.push()
pulled = LLMObs.pull_dataset(name)
experiment = LLMObs.experiment(
    name + "-exp", task, dataset, [exact, closeness], description="d", tags={"t": "1"}, config={"model": "gpt-4o-mini"}, summary_evaluators=[total]
)
experiment.run()
LLMObs.flush()
found = {
    "records": [[r["input_data"], r["expected_output"]] for r in pulled],
    "version": pulled._version if hasattr(pulled, "_version") else None,
}
if hasattr(LLMObs, "list_experiments"):
    found["experiments"] = [[e["experiment"], e["status"]] for e in LLMObs.list_experiments(experiment_name=name + "-exp")]
if hasattr(LLMObs, "create_prompt"):
    LLMObs.create_prompt(name, [{"role": "user", "content": "hi {{n}}"}], title="t", labels=["production"])
    found["prompt"] = LLMObs.get_prompt(name, label="production").format(n="you")
if hasattr(LLMObs, "get_spans"):
    for attempt in range(100):
        spans = list(LLMObs.get_spans(span_name="answer", limit=10))
        if len(spans) >= 3:
            break
        time.sleep(0.2)
    found["spans"] = [span["name"] for span in spans]
print("RESULT " + json.dumps(found))
