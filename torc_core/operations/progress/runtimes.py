"""What results and requirements say of how long jobs take, and how many run together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.observation import stated_by
from torc_core.model.ids import JobId, ResultId, WorkflowId, id_of
from torc_core.model.job import kind_name
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment

MOST_RESULTS = 5_000
"""The latest results say how long jobs take; older ones say little more."""
_STEPS = (100, 1_000)
"""How many results are asked for in search of the newest that is known; after that, all."""


class Ended(NamedTuple):
    """An attempt that is over, in short: there are thousands of them."""

    result_id: ResultId
    job_id: JobId
    kind: str
    """What `kind_name` makes of the job's name; empty if the server did not name it."""
    seconds: float
    end: float | None
    """Seconds since 1970; None if it is not known."""
    is_completed: bool

    @property
    def span(self) -> tuple[float, float] | None:
        """When it began and ended, in seconds since 1970; None if that is not known."""
        return None if self.end is None else (self.end - self.seconds, self.end)


class Recent(NamedTuple):
    """The attempts of a run that ended last."""

    run_id: int
    ended: tuple[Ended, ...] = ()
    """The latest first."""
    at_once: int = 0
    """The most that ran together."""

    @property
    def moments(self) -> list[float]:
        """When they ended, in ascending order."""
        return sorted(each.end for each in self.ended if each.end is not None)

    def followed_by(self, new: Sequence[Ended]) -> Recent:
        """Return these and newer ones, the latest first. Of a job only the latest attempt counts.

        How many ran together is recounted only for the time since the first of the new began.
        """
        if not new:
            return self
        jobs = {each.job_id for each in new}
        known = (each for each in self.ended if each.job_id not in jobs)
        ended = (*new, *known)[:MOST_RESULTS]
        spans = [each.span for each in ended]
        since = min((span[0] for span in spans[: len(new)] if span), default=float("inf"))
        together = most_at_once([span for span in spans if span is not None and span[1] > since])
        return Recent(self.run_id, ended, max(self.at_once, together))


def ended_of(result: Result) -> Ended:
    """Return what a result says of its attempt."""
    return Ended(
        id_of(result),
        result.job_id,
        kind_name(result.job_name or ""),
        max(0.0, result.exec_time_minutes * 60),
        read_moment(result.completion_time),
        result.status is JobStatus.COMPLETED,
    )


def read_recent(
    client: TorcClient, workflow_id: WorkflowId, run_id: int, before: Recent | None = None
) -> Recent:
    """Read the attempts of a run that ended last.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: The run.
        before: What was read before: only what came after it is asked for.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    known = before if before is not None and before.run_id == run_id else Recent(run_id)
    newest = known.ended[0].result_id if known.ended else 0
    for limit in (*(_STEPS if newest else ()), MOST_RESULTS):
        found = client.list_results(
            workflow_id, run_id=run_id, limit=limit, sort_by="id", reverse_sort=True
        ).items
        new = list(takewhile(lambda each: id_of(each) > newest, found))
        if len(new) < limit:
            break
    return known.followed_by([ended_of(each) for each in new])


def stated_runtimes(client: TorcClient, workflow_id: WorkflowId) -> dict[int, float | None]:
    """Return the runtimes that requirements state, in seconds, by their ids.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    requirements = every_item(client.list_resource_requirements, workflow_id)
    return {each.id or 0: stated_by(each).runtime_s for each in requirements}


def span_of(result: Result) -> tuple[float, float] | None:
    """Return when an attempt began and ended, in seconds since 1970; None if that is not known."""
    return ended_of(result).span


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """Return how many of these spans of time overlap, at the most."""
    changes = sorted(change for begin, end in spans for change in ((begin, 1), (end, -1)))
    most = present = 0
    for _, change in changes:
        present += change
        most = max(most, present)
    return most
