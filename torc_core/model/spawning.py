"""Jobs that add jobs to their workflow while they run.

A lineage is a chain of such calls: an orchestrator looks at results, adds jobs that depend on it,
among them perhaps the next orchestrator, and exits.
"""

from __future__ import annotations

from typing import Any

from torc_core.model.ids import JobId
from torc_core.model.wire import Wire, stated

LINEAGE_VARIABLE = "TORC_ORCHESTRATOR_LINEAGE_ID"
"""The environment variable in which a spawned job finds its lineage."""
DEFAULT_MAX_ITERATIONS = 1_000
"""The most iterations of a lineage, unless the workflow sets another limit."""


def lineage_prefix(lineage: str) -> str:
    """Return the prefix of the names of the user data that keep a lineage's states.

    It is followed by `g` and six digits for an iteration, counted from 1, or by `final`.
    """
    return f"__torc_lineage__{lineage}__"


class SpawnJob(Wire, frozen=True, kw_only=True):
    """A job to add."""

    name: str
    command: str
    depends_on: list[str] | None = None
    """Names of jobs of the workflow, or of the same request. The calling job is always added."""
    resource_requirements: str | None = None
    """The name of resource requirements of the workflow."""
    priority: int | None = None
    cancel_on_blocking_job_failure: bool | None = None


class SpawnRequest(Wire, frozen=True, kw_only=True):
    """Jobs to add, and the state with which the next iteration starts."""

    jobs: list[SpawnJob]
    """Absent: the lineage is finished, and `state` is its final one."""
    lineage: str | None = None
    """By default the name of the calling job."""
    state: Any = None
    """Any JSON value, for the use of the lineage's orchestrators."""


class SpawnReply(Wire, frozen=True, kw_only=True):
    """What was added."""

    iteration: int
    """How many times the lineage has added jobs."""
    spawned_job_ids: list[JobId] = stated([])
    """In the order of the request; a repeated request gets the ids of the first one."""
