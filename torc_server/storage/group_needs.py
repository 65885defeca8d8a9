"""Which groups of jobs depend on which: of a large workflow, only what is new is looked at.

What a job depends on changes only where the workflow's row notes it, as with `sizes`. So what was
found up to a job and a set of dependencies holds until then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from torc_core.model.ids import JobGroupId, JobId, WorkflowId
from torc_server.storage import tables
from torc_server.storage.recent import Recent
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

GROUP_NEEDS = "group_needs"
"""Under this name, a connection that only reads knows what was found before."""
_MOST_KNOWN = 100

Needs = Mapping[JobGroupId, Collection[JobGroupId]]
"""By group, those that its jobs depend on."""

_job = tables.job
_set = tables.dependency_set.c
_member = tables.dependency_set_member.c
_needed = tables.job.alias()
_LAST_JOB = Prepared(
    select(func.coalesce(func.max(_job.c.id), 0)).where(_job.c.workflow_id == bindparam("within"))
)
_LAST_SET = Prepared(
    select(func.coalesce(func.max(_set.id), 0)).where(_set.workflow_id == bindparam("within"))
)
# A set may have a million dependents, and another one a million members.
_dependents = (
    select(_job.c.group_id, _job.c.dependency_set_id)
    .where(
        _job.c.dependency_set_id.in_(
            select(_set.id).where(
                _set.workflow_id == bindparam("within"), _set.id > bindparam("after_set")
            )
        )
    )
    .distinct()
    .subquery()
)
_OF_NEW_SETS = Prepared(
    select(_dependents.c.group_id, _needed.c.group_id.label("needed"))
    .join(tables.dependency_set_member, _member.set_id == _dependents.c.dependency_set_id)
    .join(_needed, _needed.c.id == _member.job_id)
    .distinct()
)
_OF_NEW_JOBS = Prepared(
    select(_job.c.group_id, _needed.c.group_id.label("needed"))
    .join(tables.dependency_set_member, _member.set_id == _job.c.dependency_set_id)
    .join(_needed, _needed.c.id == _member.job_id)
    .where(_job.c.workflow_id == bindparam("within"), _job.c.id > bindparam("after_job"))
    .distinct()
)


class _Found(NamedTuple):
    needs: dict[JobGroupId, frozenset[JobGroupId]]
    last_set: int
    last_job: JobId
    deletions: int
    """See the workflow's row."""


class GroupNeeds:
    """What was found in one database; the connections of all threads share it.

    Args:
        most_known: Of how many workflows it is kept.
    """

    def __init__(self, most_known: int = _MOST_KNOWN) -> None:
        self._found: Recent[WorkflowId, _Found] = Recent(most_known)

    def of(self, connection: Connection, workflow: WorkflowRow) -> Needs:
        """Return what the groups of a workflow depend on; one that needs none may be missing.

        Args:
            connection: One that only reads.
            workflow: The row of the workflow, as the present transaction reads it.
        """
        known = self._found.get(workflow.id)
        if known is None or known.deletions != workflow.deletions:
            known = _Found({}, 0, JobId(0), workflow.deletions)
        [(last_job,)] = _LAST_JOB.all(connection, within=workflow.id)
        [(last_set,)] = _LAST_SET.all(connection, within=workflow.id)
        pairs = []
        if last_set > known.last_set:
            pairs += _OF_NEW_SETS.all(connection, within=workflow.id, after_set=known.last_set)
        if last_job > known.last_job > 0:
            pairs += _OF_NEW_JOBS.all(connection, within=workflow.id, after_job=known.last_job)
        needs = dict(known.needs)
        for group_id, needed in pairs:
            needs[group_id] = needs.get(group_id, frozenset()) | {needed}
        self._found.keep(workflow.id, _Found(needs, last_set, last_job, workflow.deletions))
        return needs


def group_needs(connection: Connection, workflow: WorkflowRow) -> Needs:
    """Return what the groups of a workflow depend on, by what the connection knows."""
    known: GroupNeeds = connection.info.get(GROUP_NEEDS) or GroupNeeds()
    return known.of(connection, workflow)
