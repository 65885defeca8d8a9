"""The jobs that wait at the guard, which starts each when the one before it has completed.

Between two short jobs the way from the guard to the runner and back takes as long as a job. Only a
job that needs what the one before it has is queued behind it, so that nothing is used twice.
Neither has output files: whether those of the first are there is not known yet, and those of the
second are compared with what is there when it starts.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from torc_core.model.exchange import ClaimedJob
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.prefetch import SHORT_S
from torc_core.runner.policy.reporting import Outbox
from torc_core.runner.policy.resources.pool import Devices, ResourcePool, requirements_of
from torc_core.runner.process.attempt import Attempt, id_of
from torc_core.runner.process.start_errors import SpawnError
from torc_core.runner.running import RunningJobs, Tools


class QueuedJobs:
    """Jobs of a runner that wait at its guard.

    Args:
        tools: What they are run with.
        pool: Where they are given the place of the one before them.
        running: The jobs behind which they wait.
        outbox: Where those go that are released.
    """

    def __init__(
        self, tools: Tools, pool: ResourcePool, running: RunningJobs, outbox: Outbox
    ) -> None:
        self._tools = tools
        self._pool = pool
        self._running = running
        self._outbox = outbox
        self._chains = Chains()
        self._released: set[Attempt] = set()
        """Those that go back to the server, unless they have started by now."""

    def __len__(self) -> int:
        return len(self._chains)

    @property
    def claimed(self) -> list[ClaimedJob]:
        """Those that wait."""
        return [attempt.claimed for attempt in self._chains.attempts]

    def add(self, waiting: Sequence[ClaimedJob], depth: int) -> list[ClaimedJob]:
        """Queue jobs in their order; return those for which there is no place.

        Args:
            waiting: The jobs.
            depth: How many may wait behind one that runs; 0 for none.
        """
        left = deque(waiting)
        heads = filter(self._may_be_followed, self._running.attempts) if left and depth else ()
        for before in self._chains.places(heads, depth):
            if not self._may_follow(before.claimed, left[0]):
                break
            try:
                attempt = self._tools.launcher.queue(left[0], before)
            except SpawnError:
                break  # found again, and explained, when there is a free slot for it
            left.popleft()
            self._chains.add(before, attempt)
            self._running.add(attempt)
            if not left:
                break
        return list(left)

    def has_fitting(self) -> bool:
        """Return whether one of them could start at once."""
        return any(self._pool.fits(requirements_of(claimed)) for claimed in self.claimed)

    def withdraw(self) -> None:
        """Ask for those back that have not started by now, to let them wait here."""
        self._tools.guards.withdraw(self._chains.attempts)

    def release(self) -> None:
        """Ask for those back that have not started by now, to release them."""
        attempts = [each for each in self._chains.attempts if each not in self._released]
        self._released.update(attempts)
        self._tools.guards.withdraw(attempts)

    def inherit(self, attempt: Attempt) -> None:
        """Give an attempt the resources of the one before it, which has completed."""
        if self._chains.remove(attempt):
            self._pool.hold(attempt.job_id, requirements_of(attempt.claimed), Devices())

    def leave(self, attempt: Attempt) -> None:
        """Give the resources of an attempt that has exited to the one behind it.

        The guard has started that by now, even if the runner does not know it yet.
        """
        if (follower := self._chains.follower_of(attempt)) is not None:
            self.inherit(follower)

    def forget(self, attempt: Attempt) -> None:
        """Forget an attempt that waits no longer."""
        self._released.discard(attempt)

    def take_back(self, attempt: Attempt) -> list[ClaimedJob]:
        """Release the job of an attempt that was not started, or return it to wait again."""
        self._running.remove(attempt)
        if attempt.stop in {StopReason.CANCELED, StopReason.REVOKED}:
            return []  # the server knows
        if attempt in self._released or attempt.stop is not None:
            self._outbox.add_release(attempt.job_id, attempt.token)
            return []
        return [attempt.claimed]

    def _may_follow(self, before: ClaimedJob, claimed: ClaimedJob) -> bool:
        return (
            not (before.output_files or claimed.output_files or claimed.lost_attempts)
            and self._pool.may_inherit(requirements_of(before), requirements_of(claimed))
            and id_of(claimed) not in self._running
        )

    def _may_be_followed(self, attempt: Attempt) -> bool:
        return (
            attempt not in self._chains
            and attempt.stop is None
            and attempt.recovery is None
            and attempt.signaled is None
            and not attempt.cpus
            and self._tools.clock.monotonic() - attempt.started < SHORT_S
            and self._tools.guards.is_own(attempt)
        )


class Chains:
    """Which attempt waits for which."""

    def __init__(self) -> None:
        # Not by job: a further attempt may wait while it is not known yet that the last one is
        # skipped.
        self._next: dict[Attempt, Attempt] = {}
        self._before: dict[Attempt, Attempt] = {}

    def __len__(self) -> int:
        return len(self._next)

    def __contains__(self, attempt: Attempt) -> bool:
        return attempt in self._before

    @property
    def attempts(self) -> list[Attempt]:
        """Those that wait."""
        return list(self._next.values())

    def add(self, before: Attempt, attempt: Attempt) -> None:
        """Note that an attempt waits for another one."""
        self._next[before] = attempt
        self._before[attempt] = before

    def follower_of(self, attempt: Attempt) -> Attempt | None:
        """Return the attempt that waits for this one."""
        return self._next.get(attempt)

    def remove(self, attempt: Attempt) -> bool:
        """Note that an attempt waits no longer; return whether it has waited."""
        before = self._before.pop(attempt, None)
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
            while (follower := self._next.get(last)) is not None:
                length, last = length + 1, follower
            chains.append((length, number, last))
        heapq.heapify(chains)
        while chains and chains[0][0] < depth:
            length, number, last = chains[0]
            yield last
            heapq.heapreplace(chains, (length + 1, number, self._next[last]))
