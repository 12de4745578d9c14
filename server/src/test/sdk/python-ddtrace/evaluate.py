"""Evaluations and feedback by the public API of Datadog's SDK, some before the span has been sent."""

from ddtrace.llmobs import LLMObs

with LLMObs.workflow(name="checkout", session_id="chat-77") as flow:
    LLMObs.annotate(span=flow, input_data="buy", output_data="done", tags={"order": "o-1"})
    whole = LLMObs.export_span(span=flow)
    with LLMObs.llm(model_name="gpt-4o-mini", model_provider="openai", name="ask") as ask:
        LLMObs.annotate(span=ask, input_data="Where is 77?", output_data="In Lyon.")
        span = LLMObs.export_span(span=ask)
        LLMObs.submit_evaluation(
            "helpful", "score", 0.8, span=span, tags={"judge": "gpt"}, assessment="pass", reasoning="clear", metadata={"rubric": 2}
        )
        LLMObs.submit_evaluation("toxic", "boolean", False, span=span)
        LLMObs.submit_evaluation("tone", "categorical", "friendly", span=span)
        try:
            LLMObs.submit_evaluation("detail", "json", {"misses": ["a"]}, span=span)
        except Exception as error:
            print("json:", type(error).__name__)
        LLMObs.submit_evaluation("by_tag", "score", 1, span_with_tag_value={"tag_key": "order", "tag_value": "o-1"})
try:
    LLMObs.submit_evaluation("whole", "categorical", "resolved", span=whole, eval_scope="trace")
except TypeError:
    print("eval_scope: not in this version")
if hasattr(LLMObs, "submit_feedback"):
    LLMObs.submit_feedback("thumb", "boolean", True, {"id": "u-1"}, span=span)
    LLMObs.submit_feedback("comment", "text", "great", {"id": "u-1", "type": "user"}, session_id="chat-77")
LLMObs.flush()
