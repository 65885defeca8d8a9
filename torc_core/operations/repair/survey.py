"""A survey of the failures of a workflow: read piece by piece, so that a screen can grow with it.

Results and jobs are read page by page, and only what the groups need is kept. Logs are
read from their ends, in rounds, and only as much as the caller wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, WorkflowId
from torc_core.operations.jobs.logs import possible_logs
from torc_core.operations.logs.output_directory import output_directories
from torc_core.operations.repair.failed_jobs import FailedJobs
from torc_core.operations.repair.failures import FailedJob, FailureGroup, Grouping, total
from torc_core.operations.repair.log_ends import telling_line_of
from torc_core.units import counted

MOST_LOGS = 5_000
"""So many logs are read before a user asks for more."""
_LOGS_AT_ONCE = 200


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What is known so far."""

    groups: tuple[FailureGroup, ...] = ()
    is_whole: bool = False
    """Whether all failed jobs are in the groups."""
    num_unread: int = 0
    """How many logs were not read that may tell something."""

    @property
    def sentence(self) -> str:
        """How many failed, in how many groups."""
        jobs = counted(total(self.groups), "failed job")
        if not self.groups:
            return "No job failed." if self.is_whole else "Looking for failed jobs …"
        found = f"{jobs} in {counted(len(self.groups), 'group')}"
        if not self.is_whole:
            return f"{found} so far …"
        unread = f"; {counted(self.num_unread, 'log')} not read" if self.num_unread else ""
        return f"{found}{unread}."


class FailureSurvey:
    """Reads the failures of one workflow; by one thread at a time.

    Args:
        client: The server.
        workflow_id: The workflow.
        most_logs: How many logs are read.
        output_dir: The output directory of its runner, if that is not to be looked for.
    """

    def __init__(
        self,
        client: TorcClient,
        workflow_id: WorkflowId,
        most_logs: int = MOST_LOGS,
        output_dir: Path | None = None,
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._most_logs = most_logs
        self._output_dir = output_dir
        self._grouping = Grouping()
        self._lines: dict[tuple[JobId, int, int], str] = {}
        """What the logs of attempts say."""
        self._is_whole = False
        self._steps = self._read()

    def step(self) -> bool:
        """Read a piece; return whether there is more.

        Raises:
            NotFoundError: There is no such workflow.
            TorcError: The server refused a request, or did not answer.
        """
        return next(self._steps, None) is not None

    def read_more(self, most_logs: int = MOST_LOGS) -> None:
        """Let the next steps read further logs."""
        self._most_logs = most_logs
        self._steps = self._read_logs()

    def again(self) -> FailureSurvey:
        """Return a new survey of the same workflow, which reads no log a second time."""
        most_logs = self._most_logs + len(self._lines)
        again = FailureSurvey(self._client, self._workflow_id, most_logs, self._output_dir)
        again._lines = self._lines
        return again

    def survey(self) -> Survey:
        """Return what is known so far."""
        return Survey(
            groups=self._grouping.groups(),
            is_whole=self._is_whole,
            num_unread=self._grouping.num_unread,
        )

    def _read(self) -> Iterator[bool]:
        client, workflow_id = self._client, self._workflow_id
        workflow = client.get_workflow(workflow_id)
        self._execution = stored_execution_config(workflow.execution_config)
        self._directories = output_directories(client, workflow, self._output_dir)
        reader = FailedJobs(client, workflow_id, workflow.run_id or 0, self._execution)
        for jobs in reader.pages():
            for each in jobs:
                self._grouping.add(each)
            yield True
        self._is_whole = True
        yield True
        yield from self._read_logs()

    def _read_logs(self) -> Iterator[bool]:
        left = self._most_logs
        while jobs := self._grouping.next_to_read(min(left, _LOGS_AT_ONCE)):
            left -= len(jobs)
            for job in jobs:
                self._grouping.add_line(job, self._telling_line(job))
            yield True

    def _telling_line(self, job: FailedJob) -> str:
        attempt = job.job_id, job.run_id, job.attempt_id
        if attempt not in self._lines:
            line = self._line_of_log(job)
            if not line:  # perhaps there will be one
                return ""
            self._lines[attempt] = line
        return self._lines[attempt]

    def _line_of_log(self, job: FailedJob) -> str:
        candidates = possible_logs(
            self._directories,
            self._execution.stdio_of(job.name),
            *(self._workflow_id, job.job_id, job.run_id, job.attempt_id),
        )
        lines = map(telling_line_of, candidates)
        return next((line for line in lines if line is not None), "")


def survey_failures(
    client: TorcClient,
    workflow_id: WorkflowId,
    most_logs: int = MOST_LOGS,
    output_dir: Path | None = None,
) -> Survey:
    """Read all failures of a workflow.

    Args:
        client: The server.
        workflow_id: The workflow.
        most_logs: How many logs are read.
        output_dir: The output directory of its runner, if that is not to be looked for.

    Raises:
        NotFoundError: There is no such workflow, or no such directory.
        TorcError: The server refused a request, or did not answer.
    """
    reader = FailureSurvey(client, workflow_id, most_logs, output_dir)
    while reader.step():
        pass
    return reader.survey()
