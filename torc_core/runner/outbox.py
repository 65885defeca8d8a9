"""What a runner has to tell the server, until it has been told."""

from __future__ import annotations

from itertools import islice

from torc_core.clock import utc_text
from torc_core.model.exchange import JobEnd, JobRelease, JobStart

AT_ONCE = 5_000
"""The most reports of a kind in one turn; a server takes at most 10,000."""


class Outbox:
    """Starts, ends and releases, each in the order in which they happened."""

    def __init__(self) -> None:
        self.starts: dict[int, tuple[int, int]] = {}
        """From job id to token and moment, in milliseconds since 1970. Most jobs that are short
        end before their start is told, so nothing is made of it before."""
        self.ends: list[JobEnd] = []
        self.releases: list[JobRelease] = []

    def __bool__(self) -> bool:
        return bool(self.starts or self.ends or self.releases)

    @property
    def has_ends(self) -> bool:
        """Whether jobs may wait for what is in here."""
        return bool(self.ends or self.releases)

    def add_end(self, end: JobEnd) -> None:
        """Add an end; the start is told with it when it was not told before."""
        self.starts.pop(end.job_id, None)
        self.ends.append(end)

    def take(self) -> tuple[list[JobStart], list[JobEnd], list[JobRelease]]:
        """Take out and return everything, or the oldest of it if it is more than one turn bears."""
        starts = [
            JobStart(job_id=job_id, token=token, start_time=utc_text(started_ms))
            for job_id, (token, started_ms) in islice(self.starts.items(), AT_ONCE)
        ]
        taken = starts, self.ends[:AT_ONCE], self.releases[:AT_ONCE]
        self.starts = dict(islice(self.starts.items(), AT_ONCE, None))
        self.ends, self.releases = self.ends[AT_ONCE:], self.releases[AT_ONCE:]
        return taken
