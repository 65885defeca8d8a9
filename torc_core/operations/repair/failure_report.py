"""A survey of failures in the shape for programs."""

from __future__ import annotations

from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.wire import Wire
from torc_core.operations.repair.failures import total
from torc_core.operations.repair.survey import Survey


class FailureRecord(Wire, frozen=True, kw_only=True):
    """A group for programs."""

    kind: str
    line: str
    """What their logs have in common, with placeholders; empty where the cause says all."""
    example: str
    need: str
    is_read: bool
    count: int
    nodes: int
    job_ids: list[JobId]


class FailureReport(Wire, frozen=True, kw_only=True):
    """The failures of a workflow for programs."""

    workflow_id: WorkflowId
    failed_jobs: int
    logs_not_read: int
    groups: list[FailureRecord]


def report_failures(workflow_id: WorkflowId, survey: Survey) -> FailureReport:
    """Return a survey for programs."""
    return FailureReport(
        workflow_id=workflow_id,
        failed_jobs=total(survey.groups),
        logs_not_read=survey.num_unread,
        groups=[
            FailureRecord(
                kind=each.signature.kind,
                line=each.signature.line,
                example=each.example,
                need=each.need,
                is_read=each.is_read,
                count=len(each.jobs),
                nodes=each.num_nodes,
                job_ids=each.job_ids,
            )
            for each in survey.groups
        ],
    )
