"""What jobs write, as they write it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TransportError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.event_feed import EventFeed
from torc_core.operations.jobs.growth import GrowingFiles
from torc_core.operations.jobs.logs import JobLog, LogChoice, LogStream, find_log, will_run

FOLLOW_S = 0.25
"""How often a file is checked for growth; network file systems announce no changes."""
SEARCH_S = 2.0
"""How often to look for the files of a running job."""


class WantedStreams(msgspec.Struct, frozen=True, kw_only=True):
    """Which files of an attempt are wanted: both, if both or neither is named."""

    stdout: bool
    stderr: bool

    @property
    def is_all(self) -> bool:
        """Whether all of them are."""
        return self.stdout == self.stderr

    def of(self, job: Job, log: JobLog) -> list[LogStream]:
        """Return those files.

        Raises:
            NotFoundError: What is wanted is not kept.
        """
        name = "stdout" if self.stdout else "stderr"
        wanted = {name, "output"}
        found = [each for each in log.streams if self.is_all or each.name.split()[-1] in wanted]
        if not found:
            raise NotFoundError(f"The {name} of job {job.id} ({job.name}) is not kept.")
        return found


class JobFollower:
    """What a job writes, attempt after attempt; iterating ends when it will not run again.

    Args:
        client: The server.
        job: The job.
        wanted: Which files.
        files: Those that are read.
        output_dir: The output directory of its runner, if that is not to be looked for.
    """

    def __init__(
        self,
        client: TorcClient,
        job: Job,
        wanted: WantedStreams,
        files: GrowingFiles,
        output_dir: Path | None,
    ) -> None:
        self.job = job
        """In the state that was seen last."""
        self._client = client
        self._wanted = wanted
        self._files = files
        self._choice = LogChoice(output_dir=output_dir, is_current=True)

    def __iter__(self) -> Iterator[tuple[LogStream, bytes]]:
        """Yield pieces of its files.

        Raises:
            NotFoundError: What is wanted is not kept, or the job was deleted.
            MachineError: A file cannot be read.
        """
        has_changed = threading.Event()
        feed = EventFeed(lambda: self._client, self.job.workflow_id, has_changed.set)
        try:
            yield from self._follow(feed, has_changed)
        finally:
            feed.close()

    def _follow(
        self, feed: EventFeed, has_changed: threading.Event
    ) -> Iterator[tuple[LogStream, bytes]]:
        log = find_log(self._client, self.job, self._choice)
        goes_on = will_run(self._client, self.job)
        while True:
            yield from self._read(log)
            if not goes_on or log.remark:
                return
            time.sleep(FOLLOW_S if log.is_found else SEARCH_S)
            is_awaited = not log.is_found and self.job.status is JobStatus.RUNNING
            if not has_changed.is_set() and not is_awaited:
                continue
            has_changed.clear()
            feed.acknowledge()
            with contextlib.suppress(TransportError):  # the feed says when there is an answer again
                now = self._client.get_job(id_of(self.job))
                if now != self.job or not log.is_found:
                    yield from self._read(log)  # the end of this attempt
                    log = find_log(self._client, now, self._choice)
                self.job, goes_on = now, will_run(self._client, now)

    def _read(self, log: JobLog) -> Iterator[tuple[LogStream, bytes]]:
        return self._files.read(self._wanted.of(self.job, log))
