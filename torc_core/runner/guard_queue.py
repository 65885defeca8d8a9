"""The jobs that wait at the guard, which starts each when the one before it has completed.

Between two short jobs the way from the guard to the runner and back takes as long as a job. Only a
job that needs what the one before it had is queued behind it, so that nothing is used twice. What
a job holds until it is known what it has left, such as output files, is of no use to the next one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from torc_core.model.exchange import ClaimedJob
from torc_core.model.ids import JobId
from torc_core.runner.policy.resources.pool import requirements_of
from torc_core.runner.process.attempt import Attempt


def may_follow(before: ClaimedJob, claimed: ClaimedJob) -> bool:
    """Return whether a job may start as soon as another one has exited with 0."""
    return (
        not before.output_files
        and not before.num_gpus
        and requirements_of(before) == requirements_of(claimed)
    )


class GuardQueue:
    """Attempts that wait at the guard, in chains behind attempts that run."""

    def __init__(self) -> None:
        self._next: dict[JobId, Attempt] = {}
        """By the job before it."""
        self._before: dict[JobId, JobId] = {}
        """The reverse."""

    def __len__(self) -> int:
        return len(self._next)

    def __contains__(self, attempt: Attempt) -> bool:
        return attempt.job_id in self._before

    @property
    def attempts(self) -> list[Attempt]:
        """Those that wait."""
        return list(self._next.values())

    def add(self, before: Attempt, attempt: Attempt) -> None:
        """Note that an attempt waits for another one."""
        self._next[before.job_id] = attempt
        self._before[attempt.job_id] = before.job_id

    def follower_of(self, attempt: Attempt) -> Attempt | None:
        """Return the attempt that waits for this one."""
        return self._next.get(attempt.job_id)

    def remove(self, attempt: Attempt) -> bool:
        """Note that an attempt waits no longer; return whether it has waited."""
        before = self._before.pop(attempt.job_id, None)
        if before is None:
            return False
        del self._next[before]
        return True

    def places(self, running: Iterable[Attempt], depth: int) -> Iterator[Attempt]:
        """Yield the attempt behind which to queue next, as long as chains are shorter than `depth`.

        The shortest chain comes first. What is yielded must be followed before the next one is.

        Args:
            running: Attempts that may be followed.
            depth: How many may wait behind one.
        """
        chains = []
        for number, attempt in enumerate(running):
            length, last = 0, attempt
            while (follower := self._next.get(last.job_id)) is not None:
                length, last = length + 1, follower
            chains.append((length, number, last))
        heapq.heapify(chains)
        while chains and chains[0][0] < depth:
            length, number, last = chains[0]
            yield last
            heapq.heapreplace(chains, (length + 1, number, self._next[last.job_id]))
