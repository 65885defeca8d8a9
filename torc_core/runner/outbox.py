"""What a runner has to tell the server, until it has been told."""

from __future__ import annotations

from torc_core.clock import utc_text
from torc_core.model.exchange import JobEnd, JobRelease, JobStart


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
        """Return everything, and be empty."""
        starts = [
            JobStart(job_id=job_id, token=token, start_time=utc_text(started_ms))
            for job_id, (token, started_ms) in self.starts.items()
        ]
        taken = starts, self.ends, self.releases
        self.starts, self.ends, self.releases = {}, [], []
        return taken
