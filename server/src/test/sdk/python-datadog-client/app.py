"""Datadog's API client against the control plane; prints what it got back as JSON."""

import json
import os
import time

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.model.llm_obs_project_request import LLMObsProjectRequest
from datadog_api_client.v2.model.llm_obs_project_data_request import LLMObsProjectDataRequest
from datadog_api_client.v2.model.llm_obs_project_data_attributes_request import LLMObsProjectDataAttributesRequest
from datadog_api_client.v2.model.llm_obs_project_type import LLMObsProjectType
from datadog_api_client.v2.model.llm_obs_dataset_request import LLMObsDatasetRequest
from datadog_api_client.v2.model.llm_obs_dataset_data_request import LLMObsDatasetDataRequest
from datadog_api_client.v2.model.llm_obs_dataset_data_attributes_request import LLMObsDatasetDataAttributesRequest
from datadog_api_client.v2.model.llm_obs_dataset_type import LLMObsDatasetType
from datadog_api_client.v2.model.llm_obs_dataset_records_request import LLMObsDatasetRecordsRequest
from datadog_api_client.v2.model.llm_obs_dataset_records_data_request import LLMObsDatasetRecordsDataRequest
from datadog_api_client.v2.model.llm_obs_dataset_records_data_attributes_request import LLMObsDatasetRecordsDataAttributesRequest
from datadog_api_client.v2.model.llm_obs_dataset_record_item import LLMObsDatasetRecordItem
from datadog_api_client.v2.model.llm_obs_record_type import LLMObsRecordType
from datadog_api_client.v2.model.llm_obs_experiment_request import LLMObsExperimentRequest
from datadog_api_client.v2.model.llm_obs_experiment_data_request import LLMObsExperimentDataRequest
from datadog_api_client.v2.model.llm_obs_experiment_data_attributes_request import LLMObsExperimentDataAttributesRequest
from datadog_api_client.v2.model.llm_obs_experiment_type import LLMObsExperimentType
from datadog_api_client.v2.model.llm_obs_experiment_events_request import LLMObsExperimentEventsRequest
from datadog_api_client.v2.model.llm_obs_experiment_events_data_request import LLMObsExperimentEventsDataRequest
from datadog_api_client.v2.model.llm_obs_experiment_events_data_attributes_request import LLMObsExperimentEventsDataAttributesRequest
from datadog_api_client.v2.model.llm_obs_event_type import LLMObsEventType
from datadog_api_client.v2.model.llm_obs_experiment_span import LLMObsExperimentSpan
from datadog_api_client.v2.model.llm_obs_experiment_span_meta import LLMObsExperimentSpanMeta
from datadog_api_client.v2.model.llm_obs_experiment_span_status import LLMObsExperimentSpanStatus
from datadog_api_client.v2.model.llm_obs_experiment_metric import LLMObsExperimentMetric
from datadog_api_client.v2.model.llm_obs_metric_score_type import LLMObsMetricScoreType
from datadog_api_client.v2.model.llm_obs_experimentation_filter import LLMObsExperimentationFilter
from datadog_api_client.v2.model.llm_obs_experimentation_simple_search_request import LLMObsExperimentationSimpleSearchRequest
from datadog_api_client.v2.model.llm_obs_experimentation_simple_search_data_request import LLMObsExperimentationSimpleSearchDataRequest
from datadog_api_client.v2.model.llm_obs_experimentation_simple_search_data_attributes_request import (
    LLMObsExperimentationSimpleSearchDataAttributesRequest,
)
from datadog_api_client.v2.model.llm_obs_experimentation_type import LLMObsExperimentationType
from datadog_api_client.v2.model.llm_obs_create_prompt_request import LLMObsCreatePromptRequest
from datadog_api_client.v2.model.llm_obs_create_prompt_data import LLMObsCreatePromptData
from datadog_api_client.v2.model.llm_obs_create_prompt_data_attributes import LLMObsCreatePromptDataAttributes
from datadog_api_client.v2.model.llm_obs_prompt_type import LLMObsPromptType

try:
    from datadog_api_client.v2.api.agent_observability_api import AgentObservabilityApi as Api
except ImportError:
    from datadog_api_client.v2.api.llm_observability_api import LLMObservabilityApi as Api

configuration = Configuration(host=os.environ["ENDPOINT"], api_key={"apiKeyAuth": os.environ["KEY"], "appKeyAuth": "x"})
for operation in configuration.unstable_operations.values:
    if "llm_obs" in operation:
        configuration.unstable_operations.values[operation] = True
api = Api(ApiClient(configuration))
found = {}
project = api.create_llm_obs_project(
    body=LLMObsProjectRequest(
        data=LLMObsProjectDataRequest(
            type=LLMObsProjectType("projects"), attributes=LLMObsProjectDataAttributesRequest(name="client-project")
        )
    )
).data
found["project"] = project.attributes.name
dataset = api.create_llm_obs_dataset(
    project_id=project.id,
    body=LLMObsDatasetRequest(
        data=LLMObsDatasetDataRequest(
            type=LLMObsDatasetType("datasets"), attributes=LLMObsDatasetDataAttributesRequest(name="capitals", description="d")
        )
    ),
).data
found["dataset"] = [dataset.attributes.name, dataset.attributes.current_version]
made = api.create_llm_obs_dataset_records(
    project_id=project.id,
    dataset_id=dataset.id,
    body=LLMObsDatasetRecordsRequest(
        data=LLMObsDatasetRecordsDataRequest(
            type=LLMObsRecordType("records"),
            attributes=LLMObsDatasetRecordsDataAttributesRequest(
                records=[LLMObsDatasetRecordItem(input="France", expected_output="Paris", metadata={"easy": True})]
            ),
        )
    ),
)
found["made"] = [str(r.expected_output) for d in made.data for r in d.records]
listed = api.list_llm_obs_dataset_records(project_id=project.id, dataset_id=dataset.id)
found["records"] = [str(r.input) for r in listed.data]
experiment = api.create_llm_obs_experiment(
    body=LLMObsExperimentRequest(
        data=LLMObsExperimentDataRequest(
            type=LLMObsExperimentType("experiments"),
            attributes=LLMObsExperimentDataAttributesRequest(name="exp", project_id=project.id, dataset_id=dataset.id),
        )
    )
).data
found["experiment"] = [experiment.attributes.name, experiment.attributes.dataset_version]
now = time.time_ns()
api.create_llm_obs_experiment_events(
    experiment_id=experiment.id,
    body=LLMObsExperimentEventsRequest(
        data=LLMObsExperimentEventsDataRequest(
            type=LLMObsEventType("events"),
            attributes=LLMObsExperimentEventsDataAttributesRequest(
                spans=[
                    LLMObsExperimentSpan(
                        trace_id="910",
                        span_id="911",
                        project_id=project.id,
                        dataset_id=dataset.id,
                        name="answer",
                        start_ns=now,
                        duration=9000,
                        status=LLMObsExperimentSpanStatus("ok"),
                        meta=LLMObsExperimentSpanMeta(input="France", output="Paris"),
                        tags=["run_iteration:1"],
                    )
                ],
                metrics=[
                    LLMObsExperimentMetric(
                        span_id="911", label="exact", metric_type=LLMObsMetricScoreType("score"), score_value=1.0, timestamp_ms=now // 1_000_000
                    )
                ],
            ),
        )
    ),
)
found["experiments"] = [e.attributes.name for e in api.list_llm_obs_experiments(filter_project_id=project.id).data]
for attempt in range(50):
    spans = api.list_llm_obs_spans(filter_span_id="911").data
    if spans and spans[0].attributes.get("evaluation"):
        break
    time.sleep(0.2)
found["spans"] = [[s.attributes.name, s.attributes.span_kind] for s in spans]
found["evaluation"] = {k: v.value for k, v in spans[0].attributes.evaluation.items()} if spans else None
api.create_llm_obs_prompt(
    body=LLMObsCreatePromptRequest(
        data=LLMObsCreatePromptData(
            type=LLMObsPromptType("prompt-templates"),
            attributes=LLMObsCreatePromptDataAttributes(prompt_id="locate", template="Where is {{p}}?"),
        )
    )
)
found["prompt"] = api.get_llm_obs_prompt(prompt_id="locate").data.attributes.template
found["prompts"] = [p.attributes.prompt_id for p in api.list_llm_obs_prompts().data]
api.lock_llm_obs_dataset_draft_state(project_id=project.id, dataset_id=dataset.id)
found["draft"] = api.get_llm_obs_dataset_draft_state(project_id=project.id, dataset_id=dataset.id).data.attributes.user.id
api.unlock_llm_obs_dataset_draft_state(project_id=project.id, dataset_id=dataset.id)
searched = api.simple_search_llm_obs_experimentation(
    body=LLMObsExperimentationSimpleSearchRequest(
        data=LLMObsExperimentationSimpleSearchDataRequest(
            type=LLMObsExperimentationType("experimentation"),
            attributes=LLMObsExperimentationSimpleSearchDataAttributesRequest(
                filter=LLMObsExperimentationFilter(scope=["datasets", "dataset_records", "experiments"], query="project_id:%s" % project.id)
            ),
        )
    )
)
found["searched"] = [
    [d.attributes.name for d in searched.data.attributes.datasets],
    [e.name for e in searched.data.attributes.experiments],
    searched.meta.page.total_count,
]
print("RESULT " + json.dumps(found))
