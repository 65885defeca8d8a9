"""Delete workflows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import AccessError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import count_lines, first_lines, title_of
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted

NAMED_BEYOND = 100
"""With more jobs the name of the workflow is to be typed."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """Workflows were deleted."""

    workflows: tuple[Workflow, ...]

    @property
    def sentence(self) -> str:
        """What was done."""
        if len(self.workflows) == 1:
            return f"Deleted workflow {title_of(self.workflows[0])}."
        return f"Deleted {counted(len(self.workflows), 'workflow')}."


def propose_delete(
    client: TorcClient, workflow_ids: Sequence[WorkflowId], *, user: str
) -> Proposal[Deleted]:
    """Propose to delete workflows with their jobs, results and events.

    Args:
        client: The server.
        workflow_ids: Which, at least one.
        user: The user who asks.

    Raises:
        NotFoundError: One of them does not exist; none is deleted.
    """
    found = [client.get_workflow(workflow_id) for workflow_id in workflow_ids]
    counts = [
        client.get_workflow_status(id_of(workflow)).jobs_by_status or workflow.job_counts or {}
        for workflow in found
    ]

    def perform(_reporter: Reporter, **_force: bool) -> Deleted:
        return Deleted(workflows=tuple(client.delete_workflow(id_of(each)) for each in found))

    return Proposal(
        question=_question(found, counts), objection=find_foreign(found, user), perform=perform
    )


def find_foreign(workflows: Sequence[Workflow], user: str) -> AccessError | None:
    """Return the objection to deleting a workflow of another user."""
    for workflow in workflows:
        if workflow.user != user:
            return AccessError(
                f"Workflow {workflow.id} ({workflow.name}) belongs to {workflow.user}.",
                hint="Add --force to delete it anyway.",
            )
    return None


def _question(workflows: Sequence[Workflow], counts: Sequence[Mapping[str, int]]) -> Question:
    jobs = [sum(each.values()) for each in counts]
    consequence = "{}, {} results and events will be deleted. Files stay."
    if len(workflows) == 1:
        (workflow,) = workflows
        return Question(
            sentence=f"Delete workflow {title_of(workflow)}?",
            lines=(
                consequence.format(counted(sum(jobs), "job"), "its" if sum(jobs) == 1 else "their"),
                *count_lines(*counts),
            ),
            is_danger=True,
            typed_name=workflow.name if sum(jobs) > NAMED_BEYOND else None,
        )
    return Question(
        sentence=f"Delete {counted(len(workflows), 'workflow')}?",
        lines=(
            *first_lines(
                f"{title_of(workflow)} with {counted(number, 'job')}"
                for workflow, number in zip(workflows, jobs, strict=True)
            ),
            consequence.format("Jobs", "their"),
        ),
        is_danger=True,
    )
