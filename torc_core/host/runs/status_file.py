"""Keeps `status.json` of a run directory: what the server said at first, and what happened since.

The server is asked in a thread at the beginning, so that no run waits for it, and once more when
the run is over: what other runners did, and what was canceled, is seen then.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.errors import TorcError
from torc_core.host.files.json_file import write_record
from torc_core.host.runs.directory import RunDirectory, RunMeta
from torc_core.host.runs.status import (
    ALL_STEPS,
    Before,
    RunStatus,
    all_steps,
    step_of,
    summarize,
)
from torc_core.model.records.run_step import Step


class StatusFile:
    """The status of one run.

    Args:
        directory: Where it is written.
        meta: What runs.
        client: The server.
    """

    def __init__(self, directory: RunDirectory, meta: RunMeta, client: TorcClient) -> None:
        self._path = directory.path / "status.json"
        self._meta = meta
        self._client = client
        self._before = Before(counts={})
        self._counts: Counter[str] = Counter()
        """How many attempts were completed, by status."""

    def begin(self) -> None:
        """Ask the server for the jobs, without waiting for the answer."""
        threading.Thread(target=self._begin, name="status", daemon=True).start()

    def write(self, counts: Mapping[str, int], running: int, steps: Iterable[Step]) -> None:
        """Replace the record.

        Args:
            counts: How many attempts this runner completed, by status.
            running: How many it runs.
            steps: What it knows of single jobs.

        Raises:
            OSError: It cannot be written.
        """
        self._counts = Counter(counts)
        before = self._before
        known = all_steps(before, steps)
        self._write(known, summarize(before, known, counts, running), running)

    def end(self, jobs_by_status: Mapping[str, int], steps: Iterable[Step]) -> None:
        """Write how the workflow is now that the run is over.

        Args:
            jobs_by_status: All of its jobs, as the server counts them.
            steps: What the runner knows of single jobs.

        Raises:
            OSError: It cannot be written.
        """
        now = self._look(dict(jobs_by_status))
        noted = list(steps)
        same = {(step.job_id, step.status): step for step in noted}
        known = [same.get((step.job_id, step.status), step) for step in now.steps]
        known = known or all_steps(now, noted)
        self._write(known, summarize(now, known, {}, 0), 0)

    def _begin(self) -> None:
        try:
            status = self._client.get_workflow_status(self._meta.workflow_id)
            # What was completed before this answer is counted in it.
            counts = Counter(status.jobs_by_status or {})
            counts.subtract(self._counts)
            self._before = self._look({name: max(each, 0) for name, each in counts.items()})
        except TorcError:
            return  # the record then has what the runner knows

    def _look(self, counts: dict[str, int]) -> Before:
        if sum(counts.values()) > ALL_STEPS:
            return Before(counts=counts)
        try:
            page = self._client.list_jobs(self._meta.workflow_id, limit=ALL_STEPS)
        except TorcError:
            return Before(counts=counts)
        return Before(counts=counts, steps=tuple(step_of(job) for job in page.items))

    def _write(self, steps: list[Step], summary: dict[str, int], running: int) -> None:
        status = RunStatus(
            run_id=self._meta.run_id,
            workflow_id=self._meta.workflow_id,
            updated_at=utc_now(),
            counts=dict(self._counts),
            running=running,
            summary=summary,
            steps=steps,
            steps_left_out=max(sum(summary.values()) - len(steps), 0),
        )
        write_record(self._path, status)
